# SPDX-License-Identifier: EUPL-1.2
"""What attackers tried on the workbench, each as a sentence that must stay true."""

import json
import re

import pytest

from hausgeist.core.answers import Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.tasks import METRICS, Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.store import items
from hausgeist.workbench.review import Said

HOSTILE = "<img src=x onerror=alert(1)>\"'></script><script>alert(2)</script>"
MARKDOWN = "[a](javascript:alert(3)) <script>alert(2)</script> ![x](http://evil.example/p.png)"
BEYOND = "\u00b2"
"""A digit of Unicode that no number is made of."""
PAGES = (
    "",
    "/work",
    "/work?order=similar&like={item}",
    "/work/bulk?label=a",
    "/guideline",
    "/guideline?edit=yes",
    "/items",
    "/items/{item}",
    "/suggestions",
    "/people",
    "/people/room",
    "/people/room?item={item}",
    "/rules",
    "/rules?text={item}",
    "/students",
    "/gate",
    "/service",
    "/leave",
    "/leave/card.md",
    "/leave/card.json",
    "/settings",
    "/labels",
)


class Bench:
    """A house in which dora owns tasks and emil works on them."""

    def __init__(self, server) -> None:
        self.server, self.doors = server, server.house.bench
        self.dora, self.emil = server.person("dora"), server.person("emil")
        self.owner, self.helper = server.session(self.dora.id), server.session(self.emil.id)

    def task(self, name, texts, kind=TaskKind.SINGLE, **changed):
        """A task of dora's with texts; gives it with the ids of these."""
        values = {"title": name, "labels": (Label("a", "A"), Label("b", "B"))} | changed
        wish = Task(
            id="", name=name, kind=kind, metric=METRICS[kind][0], mode=Mode.ASSISTED, **values
        )
        task = self.server.call(lambda: self.doors.tasks.create(wish, self.dora.id))
        found = [
            Item(
                id=f"{task.id[:20]}{at}",
                task_id=task.id,
                seq=at,
                text=text,
                text_hash=fingerprint(text),
                rank=at / 1000,
                meta={"channel": HOSTILE},
            )
            for at, text in enumerate(texts, 1)
        ]
        self.server.house.store.write_now(lambda c: items.add_many(c, found))
        return task, [one.id for one in found]

    def member(self, task, who):
        """Somebody in a task."""
        return self.server.call(lambda: self.doors.tasks.opened(task.id, who.id))[1]

    def joins(self, task, part):
        """Emil comes into a task."""
        return self.server.call(lambda: self.doors.members.add(task.id, "emil", part, self.dora.id))


@pytest.fixture(scope="module")
def bench(server):
    """One house for all of them."""
    return Bench(server)


@pytest.mark.parametrize("number", [BEYOND, "9" * 5_000])
def test_no_number_of_a_form_breaks_a_page(bench, number):
    """Digits that are none, and thousands of them, are answered like any other nonsense."""
    task, (item,) = bench.task(f"passages-{len(number)}", ["Anna"], TaskKind.SPANS)
    at = f"/tasks/{task.id}"
    sent = {"item": item, "span": f"{number}:{number}:a", "begun": number[:20]}
    assert bench.owner.form(f"{at}/work", sent).status < 500
    asked = "%C2%B2" if number == BEYOND else number[:2_000]
    assert bench.owner.get(f"{at}/people?comments={asked}").status == 200
    single, _ = bench.task(f"single-{len(number)}", ["Anna"])
    assert bench.owner.get(f"/tasks/{single.id}/work/bulk?label=a&least={asked}").status == 200


def test_what_is_deleted_with_a_task_leaves_no_file(bench):
    """Models that know its texts, the archive that holds them, and what was on its way in."""
    task, _ = bench.task("gone", ["a secret"])
    home = bench.server.settings.home
    files = [
        (home / "students" / task.id / "s1" / "model.npz", "students"),
        (home / "leave" / task.id / "j.zip", "leave"),
    ]
    for one, _ in files:
        one.parent.mkdir(parents=True)
        one.write_bytes(b"a secret")
    assert bench.owner.form(f"/tasks/{task.id}/delete", {"confirm": "wrong"}).status == 400
    assert all(one.exists() for one, _ in files)
    assert bench.owner.form(f"/tasks/{task.id}/delete", {"confirm": "gone"}).status == 303
    assert not any(one.exists() or (home / kind / task.id).exists() for one, kind in files)
    assert bench.owner.get(f"/tasks/{task.id}").status == 404


def test_no_text_of_a_task_becomes_a_program(bench):
    """Titles, labels, texts, properties, guidelines, comments, reasons and notes are shown as text."""
    labels = (Label("a", HOSTILE, HOSTILE), Label("b", MARKDOWN))
    task, (item, _) = bench.task(
        "hostile", [HOSTILE, MARKDOWN], title=HOSTILE[:200], labels=labels, prompt=HOSTILE
    )
    member = bench.member(task, bench.dora)
    said = Said(value=Value.of_labels(["a"]), comment=HOSTILE, hard=True)
    bench.server.call(lambda: bench.doors.review.record(task, member, item, said))
    bench.server.call(
        lambda: bench.doors.guidelines.change(
            task.id, member, body=MARKDOWN + "\n\n" + HOSTILE, note=HOSTILE, based_on=0
        )
    )
    card = {"purpose": MARKDOWN + HOSTILE, "licence": HOSTILE, "review_on": ""}
    assert bench.owner.form(f"/tasks/{task.id}/leave/card", card).status == 303
    rule = {"kind": "words", "pattern": HOSTILE, "label": "a", "note": HOSTILE, "action": "add"}
    bench.owner.form(f"/tasks/{task.id}/rules", rule)
    for page in (*PAGES, "/items?q=" + "%3Cscript%3Ealert(2)"):
        found = bench.owner.get(f"/tasks/{task.id}{page.format(item=item)}", Accept="text/html")
        assert found.status == 200, (page, found.status)
        if "html" not in found.headers["content-type"]:
            continue
        assert "<script>alert(2)" not in found.text, page
        assert "<img src=x" not in found.text, page
        assert 'href="javascript:' not in found.text, page
        assert 'src="http://evil' not in found.text, page


def test_an_item_of_another_task_is_no_item_of_this_one(bench):
    """Whatever is asked of it under the wrong task: there is none, and nothing of it is shown."""
    ours, (here,) = bench.task("ours", ["ours"])
    theirs, (there,) = bench.task("theirs", ["the-other-secret"])
    at = f"/tasks/{ours.id}"
    for page in (
        f"/items/{there}",
        f"/work?item={there}",
        f"/work?order=similar&like={there}",
        f"/work/items/{there}",
        f"/work/reasons/{there}",
        f"/people/room?item={there}",
        f"/rules?text={there}",
    ):
        found = bench.owner.get(at + page)
        assert found.status in {200, 404}, (page, found.status)
        assert "the-other-secret" not in found.text, page
    for page, sent in (
        (f"/items/{there}/delete", {}),
        ("/guideline/example", {"item": there, "words": "x"}),
        ("/people/room", {"item": there, "label": "a"}),
        ("/work", {"item": there, "label": "a"}),
    ):
        found = bench.owner.form(at + page, sent)
        assert "the-other-secret" not in found.text, page
    sent = {"item": there, "id": "ab" * 16, "labels": ["a"]}
    assert bench.owner.json(f"{at}/work/answers", sent).status == 404
    assert bench.owner.get(f"/tasks/{theirs.id}/items/{there}").status == 200
    assert bench.owner.get(f"{at}/items/{here}").status == 200


def test_who_was_taken_out_of_a_task_finds_it_no_more(bench):
    """Every page and every verb of it, from the next request on."""
    task, (item,) = bench.task("left", ["a text"])
    made = bench.joins(task, Part.ANNOTATOR)
    at = f"/tasks/{task.id}"
    assert bench.helper.get(f"{at}/work").status == 200
    for page in ("/items", f"/items/{item}", "/settings", "/leave", "/rules", "/students", "/gate"):
        assert bench.helper.get(at + page).status == 404, page
    for page in ("/settings", "/delete", "/archive", f"/items/{item}/delete", "/people/room"):
        assert bench.helper.form(at + page, {"confirm": "left"}).status == 404, page
    bench.server.call(lambda: bench.doors.members.remove(task.id, made.id, bench.dora.id))
    for page in ("", "/work", f"/work/items/{item}", "/work/history", "/guideline", "/people"):
        assert bench.helper.get(at + page).status == 404, page
    sent = {"item": item, "id": "cd" * 16, "labels": ["a"]}
    assert bench.helper.json(f"{at}/work/answers", sent).status == 404


def test_nobody_learns_a_gold_answer_by_a_page(bench):
    """What one person said of a gold text stands on no page of another's before it is opened."""
    task, (item, *_) = bench.task(
        "blind",
        ["gold text", *(f"text {at}" for at in range(5))],
        labels=(Label("a", "KEPTSECRET"), Label("b", "B")),
    )
    gold = {"partition": Partition.GOLD.value, "gold_version": 1}
    bench.server.house.store.write_now(lambda c: items.change(c, task.id, [item], **gold))
    bench.joins(task, Part.ANNOTATOR)
    before = {page: _counts(bench.owner, task, page, item) for page in PAGES}
    sent = {
        "item": item,
        "id": "ef" * 16,
        "labels": ["a"],
        "hard": True,
        "comment": "a remark that tells it",
    }
    assert bench.helper.json(f"/tasks/{task.id}/work/answers", sent).status == 200
    for page in PAGES:
        assert _counts(bench.owner, task, page, item) == before[page], page
    read = bench.owner.get(f"/tasks/{task.id}/items/{item}?answers=yes")
    assert read.status == 403


def _counts(visitor, task, page, item):
    """What a page says that could tell an answer: the label's name, remarks."""
    text = visitor.get(f"/tasks/{task.id}{page.format(item=item)}").text
    row = re.search(r"KEPTSECRET.{0,400}", text, re.DOTALL)
    told = re.sub(r"[0-9a-f]{20,}|\d{10,}", "", row[0]) if row and page == "/labels" else ""
    return text.count("KEPTSECRET"), text.count("a remark that tells it"), told


def test_a_button_pressed_often_is_one_job(bench):
    """What is asked for a hundred times while it waits is done once; somebody else's is their own."""
    task, _ = bench.task("often", ["a text"], teacher="echo")
    for _ in range(5):
        assert bench.owner.form(f"/tasks/{task.id}/students/measure").status == 303
        assert bench.owner.form(f"/tasks/{task.id}/rules/ask", {"label": "a"}).status == 303
    bench.owner.form(f"/tasks/{task.id}/rules/ask", {"label": "b"})
    jobs = bench.server.call(lambda: bench.doors.jobs.of_task(task.id))
    assert sorted(one.kind for one in jobs) == ["evaluate", "rules", "rules"]


def test_content_stands_neither_in_logs_nor_in_jobs_nor_in_the_trail(bench, caplog):
    """A word that only texts, comments and guidelines hold is found in no log, job or entry of the trail."""
    caplog.set_level("DEBUG")
    word = "Kanarienvogelwort"
    task, (item, second) = bench.task("canary", [f"{word} eins", f"{word} zwei"])
    at = f"/tasks/{task.id}"
    sent = {"item": item, "id": "12" * 16, "labels": [word], "comment": word}
    bench.owner.json(f"{at}/work/answers", sent)
    bench.owner.json(f"{at}/work/answers", sent | {"labels": ["a"], "id": "34" * 16})
    bench.owner.form(f"{at}/guideline", {"body": word, "note": word, "version": "0"})
    bench.owner.form(f"{at}/rules", {"kind": "regex", "pattern": f"({word}", "label": "a"})
    bench.owner.form(f"{at}/students", {"rung-linear": "on"})
    bench.owner.form(f"{at}/leave", {})
    bench.owner.form(f"{at}/items/{second}/delete", {})
    with bench.server.house.store.reading() as connection:
        for name in ("jobs", "audit_payloads", "audit_changes"):
            rows = connection.exec_driver_sql(f"select * from {name}").fetchall()
            assert word not in json.dumps([list(map(str, one)) for one in rows]), name
            assert rows, name
    assert word not in caplog.text
