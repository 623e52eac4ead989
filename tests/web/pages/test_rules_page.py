# SPDX-License-Identifier: EUPL-1.2
"""The page of a task's rules, through the server: write, try, propose, accept, order, and who may."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from visitors import Server, Visitor

from hausgeist.core.answers import Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.rules import RuleState
from hausgeist.core.tasks import Label, Partition, Task, TaskKind
from hausgeist.identity.tokens import new_id
from hausgeist.store import items
from hausgeist.workbench.review import Said

TEXTS = (("Rechnung {} ist falsch", "bill"), ("Danke für Hilfe {}", "praise"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("rules") / "home")
    server.anna = server.person("anna").id
    server.bert = server.person("bert").id
    yield server
    server.stop()


@pytest.fixture
def task(served: Server) -> Task:
    """A task of Anna's with answered texts in pool and dev."""
    made = Task(
        id="",
        name=f"task-{new_id()[:12]}",
        title="Post",
        kind=TaskKind.SINGLE,
        labels=(Label("bill", "Gebühren"), Label("praise", "Lob")),
    )
    bench = served.house.bench

    async def make() -> Task:
        task = await bench.tasks.create(made, served.anna)
        _, member = await bench.tasks.opened(task.id, served.anna)
        seq = 0
        for partition in (Partition.POOL, Partition.DEV):
            for words, label in TEXTS:
                for number in range(20):
                    seq += 1
                    text = f"{words.format(number)} {partition.value}"
                    item = Item(
                        id=new_id(),
                        task_id=task.id,
                        seq=seq,
                        text=text,
                        text_hash=fingerprint(text),
                        partition=partition,
                        rank=seq / 1000,
                    )
                    await served.house.store.write(lambda c, one=item: items.add_many(c, [one]))
                    said = Said(value=Value((label,)))
                    await bench.review.record(task, member, item.id, said)
        return task

    return served.call(make)


@pytest.fixture
def anna(served: Server) -> Visitor:
    return served.session(served.anna)


def rules_of(served: Server, task: Task) -> list[Any]:
    return served.call(lambda: served.house.bench.rules.of(task))


def write(pattern: str, **more: str) -> dict[str, object]:
    return {"kind": "words", "label": "bill", "pattern": pattern} | more


def test_a_rule_is_written_and_shows_its_figures(served, task, anna):
    """Coverage, precision with its interval, and what rules are worth."""
    here = f"/tasks/{task.id}/rules"
    assert anna.get(here).status == 200
    assert anna.form(here, write("Rechnung")).location == f"{here}?done=saved"
    page = anna.get(here).text
    assert "100 % (91–100), 40/40" in page
    assert [one.state for one in rules_of(served, task)] == [RuleState.ACTIVE]


def test_trying_keeps_nothing_and_shows_passages(served, task, anna):
    """With and without a script."""
    here = f"/tasks/{task.id}/rules"
    for answer in (
        anna.form(here, write("Rechnung", do="try")),
        anna.form(f"{here}/try", write("Rechnung")),
    ):
        assert answer.status == 200
        assert "<mark>Rechnung</mark>" in answer.text
    assert rules_of(served, task) == []


def test_a_pattern_that_cannot_be_read_is_told_with_its_place(served, task, anna):
    """What was typed stays in the form."""
    here = f"/tasks/{task.id}/rules"
    tried = anna.form(f"{here}/try", write("a(?=b)", kind="regex"))
    assert tried.status == 200
    assert 'data-at="2"' in tried.text
    kept = anna.form(here, write("a(?=b)", kind="regex"))
    assert kept.status == 400
    assert "a(?=b)</textarea>" in kept.text
    assert rules_of(served, task) == []


def test_what_is_typed_is_no_markup(task, anna):
    """Neither in the page nor in the part."""
    here = f"/tasks/{task.id}/rules"
    nasty = write("<img src=x>", must="<img src=x>")
    anna.form(here, nasty)
    for text in (anna.get(here).text, anna.form(f"{here}/try", nasty).text):
        assert "<img src" not in text


def test_proposals_are_counted_accepted_and_rejected(served, task, anna):
    """None decides before it is accepted."""
    here = f"/tasks/{task.id}/rules"
    assert anna.form(f"{here}/count").location == f"{here}?done=proposed#proposals"
    one, two = rules_of(served, task)
    assert {one.state, two.state} == {RuleState.PROPOSED}
    anna.form(f"{here}/{one.id}/switch", {"on": "1"})
    anna.form(f"{here}/{two.id}/delete")
    assert [each.state for each in rules_of(served, task)] == [RuleState.ACTIVE]


def test_rules_are_moved_and_changed(served, task, anna):
    """Up and down among those that decide."""
    here = f"/tasks/{task.id}/rules"
    for pattern in ("Rechnung", "falsch", "Danke"):
        anna.form(here, write(pattern))
    last = rules_of(served, task)[2]
    anna.form(f"{here}/{last.id}/move", {"to": "up"})
    assert [one.pattern for one in rules_of(served, task)] == ["Rechnung", "Danke", "falsch"]
    assert "Danke</textarea>" in re.sub(r"\s+<", "<", anna.get(f"{here}?rule={last.id}").text)
    anna.form(here, write("Dank", rule=last.id))
    assert [one.pattern for one in rules_of(served, task)] == ["Rechnung", "Dank", "falsch"]


def test_without_a_teacher_nobody_is_asked(task, anna):
    """The page says what to do."""
    assert anna.form(f"/tasks/{task.id}/rules/ask").status == 400


def test_who_is_not_in_the_task_finds_nothing(served, task, anna):
    """Neither the page nor a rule."""
    here = f"/tasks/{task.id}/rules"
    anna.form(here, write("Rechnung"))
    (rule,) = rules_of(served, task)
    bert = served.session(served.bert)
    assert bert.get(here).status == 404
    for path in ("", "/try", "/count", "/ask"):
        assert bert.form(here + path, write("x")).status == 404
    for path in ("switch", "move", "delete"):
        assert bert.form(f"{here}/{rule.id}/{path}").status == 404
    assert rules_of(served, task) == [rule]
