# SPDX-License-Identifier: EUPL-1.2
"""The bench of rules, over both databases: figures on the pool, proposals, order, cases, the verdict."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from answering import Desk, desk, run
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.answers import Span, Value
from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.core.jobs import Job
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Usage
from hausgeist.core.rules import RuleKind, RuleState
from hausgeist.core.tasks import Field, FieldType, Label, Partition, TaskKind
from hausgeist.errors import InvalidField, NotFound, PatternWrong
from hausgeist.jobs.work import run_here
from hausgeist.register.rule_asking import Draft
from hausgeist.register.rule_scores import Enough
from hausgeist.register.rules import Rules
from hausgeist.store.tables import audit_payloads, items
from hausgeist.workbench.review import Said

BILLS = [f"Rechnung {n} ist falsch, bitte Mahngebühr streichen" for n in range(20)]
PRAISE = [f"Danke für die Hilfe, Fall {n}" for n in range(20)]
OTHER = [f"Wann haben Sie am Tag {n} geöffnet?" for n in range(20)]


def words(pattern: str, label: str = "bill", **more: Any) -> Draft:
    return Draft(kind=RuleKind.WORDS, pattern=pattern, label=label, **more)


def regex(pattern: str, label: str = "bill", **more: Any) -> Draft:
    return Draft(kind=RuleKind.REGEX, pattern=pattern, label=label, **more)


def bench(made: Desk) -> Rules:
    return Rules(made.store, Trail(made.store, b"k" * 32, lambda: 5), lambda: 5)


def say(
    made: Desk, texts: list[str], value: Value, partition: Partition = Partition.POOL
) -> list[str]:
    """Items with a person's answer."""
    ids = made.more(texts, partition)
    for one in ids:
        run(made.review.record(made.task, made.members[0], one, Said(value=value)))
    return ids


def answered(store: Any, **changed: Any) -> Desk:
    """A task with sixty answered texts of the pool and as many of dev."""
    made = desk(store, **changed)
    for partition, sign in ((Partition.POOL, ""), (Partition.DEV, " noch")):
        for texts, label in ((BILLS, "bill"), (PRAISE, "praise"), (OTHER, "other")):
            say(made, [one + sign for one in texts], Value((label,)), partition)
    return made


def test_a_rule_is_scored_on_the_pool_and_on_what_people_said(store):
    """Coverage counts texts of the pool, precision answers of pool and dev, dev is also told apart."""
    made = answered(store)
    made.more(["Rechnung ohne Antwort", "Noch eine Rechnung"])
    rules = bench(made)
    rule = run(rules.add(made.task, made.members[0], words("Rechnung, Hilfe")))
    board = run(rules.board(made.task))
    scored = board.of(rule.id)
    assert scored is not None
    assert (board.sample, board.pool, board.covered, board.answers) == (62, 62, 42, 120)
    assert (scored.hits, scored.people.right, scored.people.of) == (42, 40, 80)
    assert (scored.dev.right, scored.dev.of) == (20, 40)
    assert scored.people.interval is not None
    assert 0.39 < scored.people.interval.low < 0.5 < scored.people.interval.high < 0.61


def test_the_gold_set_is_never_looked_at(store):
    """Neither its texts nor its answers change any figure."""
    made = answered(store)
    rules = bench(made)
    rule = run(rules.add(made.task, made.members[0], words("Rechnung")))
    before = run(rules.board(made.task)).of(rule.id)
    say(
        made, ["Rechnung im Gold", "Noch eine Rechnung im Gold"], Value(("praise",)), Partition.GOLD
    )
    assert run(rules.board(made.task)).of(rule.id) == before


def test_the_teacher_is_told_apart_from_people(store):
    """What a teacher said counts for itself."""
    made = answered(store)
    for one in made.more(["Rechnung eins", "Rechnung zwei", "Rechnung drei"]):
        made.suggest(one, Value(("bill" if one.endswith("3") else "other",)))
    rules = bench(made)
    rule = run(rules.add(made.task, made.members[0], words("Rechnung")))
    scored = run(rules.board(made.task)).of(rule.id)
    assert scored is not None
    assert (scored.teacher.right, scored.teacher.of) == (1, 3)
    assert scored.people.of == 40


def test_rules_that_say_different_things_are_a_conflict(store):
    """The first by order decides; moving turns it round."""
    made = answered(store)
    rules, member = bench(made), made.members[0]
    one = run(rules.add(made.task, member, words("Rechnung", "bill")))
    two = run(rules.add(made.task, member, words("streichen", "other")))
    board = run(rules.board(made.task))
    assert [(c.first, c.second, c.texts) for c in board.conflicts] == [(one.id, two.id, 20)]
    assert [s.decides for s in board.scored] == [20, 0]
    run(rules.move(made.task, member, two.id, 0))
    board = run(rules.board(made.task))
    assert [(s.rule.id, s.decides) for s in board.scored] == [(two.id, 20), (one.id, 0)]


def test_only_a_changed_pattern_runs_again(store, monkeypatch):
    """What a pattern finds is kept in the database, also for the next process."""
    made = answered(store)
    run(bench(made).add(made.task, made.members[0], words("Rechnung")))
    run(bench(made).board(made.task))
    rules = bench(made)  # as after a restart
    run_over: list[int] = []
    ground = rules._ground
    original = ground._run

    def counted(*given: Any) -> Any:
        found = original(*given)
        run_over.append(len(found))
        return found

    monkeypatch.setattr(ground, "_run", counted)
    run(rules.board(made.task))
    run(rules.add(made.task, made.members[0], words("Danke", "praise")))
    run(rules.board(made.task))
    assert run_over[0] == 0
    assert sum(run_over) == 1


def test_new_texts_are_seen(store):
    """A sample that is no longer the pool's is drawn anew."""
    made = answered(store)
    rules = bench(made)
    rule = run(rules.add(made.task, made.members[0], words("Rechnung")))
    run(rules.board(made.task))
    made.more(["Eine ganz neue Rechnung"])
    scored = run(rules.board(made.task)).of(rule.id)
    assert scored is not None
    assert scored.hits == 21


def test_texts_that_are_kept_out_are_no_part_of_the_pool(store):
    """Who has a small pool is not told of a sample, because some resemble gold."""
    made = answered(store)
    rules = bench(made)
    run(rules.board(made.task))
    out, like = made.more(["Rechnung wie eine andere", "Rechnung wie die andere"])
    store.write_now(
        lambda c: c.execute(items.update().where(items.c.id == out).values(dup_of=like))
    )
    board = run(rules.board(made.task))
    assert (board.sample, board.pool) == (61, 61)


def test_a_rule_must_keep_to_its_own_cases(store):
    """They are tests that run at once."""
    made = desk(store)
    rules, member = bench(made), made.members[0]
    with pytest.raises(InvalidField, match="must"):
        run(rules.add(made.task, member, words("Rechnung", must=("Eine Mahnung",))))
    with pytest.raises(InvalidField, match="must_not"):
        run(rules.add(made.task, member, words("Rechnung", must_not=("Keine Rechnung",))))
    rule = run(rules.add(made.task, member, words("Rechnung", must=("Die Rechnung",))))
    with pytest.raises(InvalidField, match="must"):
        run(rules.edit(made.task, member, rule.id, words("Mahnung", must=("Die Rechnung",))))
    assert run(rules.get(made.task, rule.id)).pattern == "Rechnung"


def test_a_pattern_that_cannot_be_read_is_not_kept(store):
    """Nor one of a label that the task does not have."""
    made = desk(store)
    with pytest.raises(PatternWrong):
        run(bench(made).add(made.task, made.members[0], regex("a(b")))
    with pytest.raises(InvalidField):
        run(bench(made).add(made.task, made.members[0], words("Rechnung", "nothing")))
    assert run(bench(made).of(made.task)) == []


def test_a_rule_of_another_task_is_not_found(store):
    """By no verb."""
    made = desk(store)
    rules, member = bench(made), made.members[0]
    rule = run(rules.add(made.task, member, words("Rechnung")))
    other = replace(made.task, id="another")
    for verb in (
        rules.get(other, rule.id),
        rules.edit(other, member, rule.id, words("Mahnung")),
        rules.switch(other, member, rule.id, on=False),
        rules.move(other, member, rule.id, 0),
        rules.delete(other, member, rule.id),
    ):
        with pytest.raises(NotFound):
            run(verb)


def test_rules_are_switched_deleted_and_in_the_trail(store):
    """The trail tells what was done, not the pattern."""
    made = desk(store)
    rules, member = bench(made), made.members[0]
    rule = run(rules.add(made.task, member, words("Geheimwort")))
    run(rules.switch(made.task, member, rule.id, on=False))
    assert run(rules.get(made.task, rule.id)).state is RuleState.OFF
    run(rules.delete(made.task, member, rule.id))
    with pytest.raises(NotFound):
        run(rules.get(made.task, rule.id))
    rows = store.read_now(lambda c: list(c.execute(select(audit_payloads.c.body)).scalars()))
    text = "".join(rows)
    assert text.count("task.rule") == 3
    assert "Geheimwort" not in text


def test_candidates_are_counted_and_only_proposed(store):
    """They come from answers of the pool and decide nothing by themselves."""
    made = answered(store)
    rules, member = bench(made), made.members[0]
    assert run(rules.count(made.task, member)) >= 3
    found = run(rules.of(made.task))
    assert {one.label for one in found} == {"bill", "praise", "other"}
    assert {one.state for one in found} == {RuleState.PROPOSED}
    board = run(rules.board(made.task))
    assert board.covered == 0
    assert all(one.dev.right == one.dev.of == 20 for one in board.scored)
    assert run(rules.count(made.task, member)) == 0


class Teacher:
    """Answers each call with the next text; what it was asked is kept."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []

    async def ask(self, call: Call) -> Asked:
        self.calls.append(call)
        return Asked(
            text=self.answers.pop(0),
            usage=Usage(),
            micro_eur=None,
            ms=1,
            model=call.model,
            call_id=call.id,
            policy="1",
            terms="unknown",
        )


PROPOSALS = json.dumps(
    {
        "rules": [
            {
                "kind": "regex",
                "pattern": r"(?i)\brechnung\b",
                "why": "Wer sich beschwert, nennt die Rechnung.",
                "must": ["Die Rechnung ist falsch"],
                "must_not": ["Berechnung"],
            },
            {"kind": "regex", "pattern": "a(?=b)", "why": "", "must": [], "must_not": []},
            {"kind": "words", "pattern": "", "why": "", "must": [], "must_not": []},
        ]
    }
)


def test_a_teachers_proposals_are_compiled_scored_and_not_active(store):
    """The call is for suggestions, of the task's class, and shows answers of the pool alone."""
    made = answered(store, data_class=DataClass.PERSONAL, teacher="large")
    teacher = Teacher(PROPOSALS)
    rules = bench(made)
    new = run(rules.ask(made.task, teacher, "u1", "bill", model="", call_id="c1"))
    (rule,) = run(rules.of(made.task))
    scored = run(rules.board(made.task)).of(rule.id)
    assert (new, rule.state, rule.author) == (1, RuleState.PROPOSED, "teacher")
    assert scored is not None
    assert (scored.hits, scored.people.right, scored.people.of) == (20, 40, 40)
    (call,) = teacher.calls
    said = str(call.messages)
    assert (call.purpose, call.declared, call.model) == (
        Purpose.SUGGEST,
        DataClass.PERSONAL,
        "large",
    )
    assert BILLS[0] in said
    assert "noch" not in said


def test_the_job_asks_for_each_label_and_goes_on_where_it_was(store):
    """An answer in prose is counted; a label that was asked for is not asked for again."""
    made = answered(store, teacher="large")
    rules = bench(made)
    teacher = Teacher("Das kommt darauf an.", PROPOSALS)
    job = Job(
        id="j1",
        kind="rules",
        task_id=made.task.id,
        by="u1",
        note={"labels_done": 1, "new": 0, "unread": 0},
    )
    kept: list[Mapping[str, Any]] = []

    async def keep(done: int, total: int, note: Mapping[str, Any]) -> bool:
        kept.append(note)
        return True

    result = asyncio.run(run_here(job, rules.work, teacher, keep))
    assert result == {"new": 1, "unread": 1, "labels": 3}
    assert [one.id for one in teacher.calls] == ["j1-1", "j1-2"]


def test_a_trial_shows_what_a_draft_would_find(store):
    """Found, only just missed, wrong, missed, and what else fits there; nothing is kept."""
    made = answered(store)
    made.more(["Die Abrechnungen sind da", "Kostenrechnung"])
    rules = bench(made)
    run(rules.add(made.task, made.members[0], words("streichen", "other")))
    trial = run(rules.trial(made.task, words("Rechnung, Hilfe")))
    assert (trial.scored.hits, trial.scored.people.of) == (40, 80)
    assert len(trial.found) == len(trial.wrong) == 3
    assert ("Rechnung", True) in trial.found[0]
    assert {"".join(words for words, _ in one) for one in trial.near} == {
        "Die Abrechnungen sind da",
        "Kostenrechnung",
    }
    assert [(rule.label, many) for rule, many, _ in trial.against] == [("other", 20)]
    assert len(run(rules.of(made.task))) == 1


def test_rules_are_enough_when_they_are_as_good_as_the_best(store):
    """Measured on dev against the teacher, within the task's margin."""
    made = answered(store, margin=10.0)
    rules, member = bench(made), made.members[0]
    assert run(rules.board(made.task)).sufficient.enough is Enough.UNKNOWN
    run(rules.add(made.task, member, words("Rechnung", "bill")))
    told = run(rules.board(made.task)).sufficient
    assert (told.enough, told.covered.right, told.answers) == (Enough.NOT_YET, 20, 60)
    run(rules.add(made.task, member, words("Danke", "praise")))
    assert run(rules.board(made.task)).sufficient.enough is Enough.FIRST
    run(rules.add(made.task, member, words("geöffnet", "other")))
    told = run(rules.board(made.task)).sufficient
    assert (told.enough, told.precision.right, told.precision.of) == (Enough.ENOUGH, 60, 60)


def test_the_rules_in_force_are_a_model_with_a_name(store):
    """For the gate; a proposal or a rule that is off is no part of it."""
    made = answered(store)
    rules, member = bench(made), made.members[0]
    first = run(rules.subject(made.task))
    run(rules.count(made.task, member))
    assert run(rules.subject(made.task)) == first
    rule = run(rules.add(made.task, member, words("Rechnung")))
    ruleset = run(rules.ruleset(made.task))
    (guess,) = ruleset.predict(["Die Rechnung"])
    assert (guess.value, guess.by) == (Value(("bill",)), rule.id)
    assert 0.9 < guess.score < 1
    assert run(rules.subject(made.task)) != first


def test_passages_are_scored_one_by_one(store):
    """Against people's and the teacher's passages alike."""
    made = desk(store, kind=TaskKind.SPANS, labels=(Label("PLACE", "Ort"),))
    text = "Von Bad Homburg nach Homburg"
    say(made, [text], Value(spans=(Span(4, 15, "PLACE"), Span(21, 28, "PLACE"))))
    (other,) = made.more(["Homburg ist schön"])
    made.suggest(other, Value(spans=(Span(0, 7, "PLACE"),)))
    rules = bench(made)
    rule = run(rules.add(made.task, made.members[0], words("Homburg", "PLACE")))
    scored = run(rules.board(made.task)).of(rule.id)
    assert scored is not None
    assert (scored.hits, scored.people.right, scored.people.of) == (2, 1, 2)
    assert (scored.teacher.right, scored.teacher.of) == (1, 1)


def test_fields_are_scored_by_their_values(store):
    """A rule fills a field with its group, or with the value that it names."""
    fields = (Field("amount", "Betrag", FieldType.NUMBER), Field("paid", "Bezahlt", FieldType.FLAG))
    made = desk(store, kind=TaskKind.RECORD, labels=(), fields=fields)
    say(
        made,
        ["Summe 1.200,50 EUR, erhalten"],
        Value(fields=(("amount", "1200.5"), ("paid", "yes"))),
    )
    say(made, ["Summe 7 EUR"], Value(fields=(("amount", "8"),)))
    rules, member = bench(made), made.members[0]
    run(rules.add(made.task, member, regex(r"Summe ([\d.,]+) EUR", "amount")))
    run(rules.add(made.task, member, words("erhalten", "paid=yes")))
    board = run(rules.board(made.task))
    assert [(one.people.right, one.people.of) for one in board.scored] == [(1, 2), (1, 1)]
    with pytest.raises(InvalidField):
        run(rules.add(made.task, member, words("erhalten", "paid=perhaps")))
