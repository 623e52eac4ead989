# SPDX-License-Identifier: EUPL-1.2
"""The adjudication room: what is a case, who may decide it, what counts then, and undoing it."""

from dataclasses import replace

import pytest
from answering import desk, run
from sqlalchemy import insert, select

from hausgeist.audit import Trail
from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Label, Partition, TaskKind
from hausgeist.errors import AnswerNotFitting, GoldSealed, NotFound
from hausgeist.store import datasets, items, task_answers
from hausgeist.store.tables import audit_payloads, task_migrations
from hausgeist.workbench.review import Said
from hausgeist.workbench.room import Room

BILL, PRAISE, OTHER = (Value.of_labels([one]) for one in ("bill", "praise", "other"))


def opened(store, people=4, **changed):
    """A task with a room."""
    here = desk(store, people=people, **changed)
    here.room = Room(
        store, Trail(store, b"k" * 32, here.review._now_ms), b"s" * 32, here.review._now_ms
    )
    return here


def say(here, item, *values):
    """Each member in turn says one of the values of an item."""
    for member, value in zip(here.members, values, strict=False):
        run(here.review.record(here.task, member, item, Said(value=value)))


def counts(here, partition=Partition.POOL):
    """What people say of each item, as it counts."""
    found = here.store.read_now(lambda c: datasets.resolved(c, here.task, partition))
    return {one.item: one.value for one in found}


def kinds(here):
    """The kinds of events in the trail."""
    return [
        row[0]
        for row in here.store.read_now(lambda c: c.execute(select(audit_payloads.c.kind)).all())
    ]


def test_only_what_people_differ_on_is_a_case(store):
    """Agreement is none, nor is an item that not all have answered who are to."""
    here = opened(store, overlap=2)
    agree, differ, half = here.more(["one", "two", "three"])
    say(here, agree, BILL, BILL)
    say(here, differ, BILL, PRAISE)
    say(here, half, BILL)
    case = run(here.room.next(here.task, here.members[3]))
    assert case.item.id == differ
    assert {one.value for one in case.options} == {BILL, PRAISE}
    assert run(here.room.next(here.task, here.members[3], after=differ)) is None
    assert run(here.room.waiting(here.task, here.members[3])).mine == 1


def test_more_than_half_need_nobody_who_decides(store):
    """Two of three agree: that counts, and is no case."""
    here = opened(store, overlap=3)
    (one,) = here.more(["one"])
    say(here, one, BILL, PRAISE, BILL)
    assert run(here.room.next(here.task, here.members[3])) is None
    assert counts(here) == {one: BILL}


def test_a_decision_counts_and_is_undone(store):
    """One of the answers, or a third one; undone, the decision before counts again, then none."""
    here = opened(store, overlap=2)
    (one,) = here.more(["one"])
    say(here, one, BILL, PRAISE)
    judge = here.members[3]
    assert counts(here) == {}
    run(here.room.decide(here.task, judge, one, BILL, "it asks for money"))
    run(here.room.decide(here.task, judge, one, OTHER, " neither "))
    assert counts(here) == {one: OTHER}
    assert [made.reason for made, _ in run(here.room.history(here.task, judge))] == [
        "neither",
        "it asks for money",
    ]
    run(here.room.undo(here.task, judge))
    assert counts(here) == {one: BILL}
    run(here.room.undo(here.task, judge))
    assert counts(here) == {}
    assert run(here.room.undo(here.task, judge)) is None
    assert run(here.room.next(here.task, judge)).item.id == one


def test_a_decision_sent_twice_is_one(store):
    """Undoing it once is enough."""
    here = opened(store, overlap=2)
    (one,) = here.more(["one"])
    say(here, one, BILL, PRAISE)
    for _ in range(2):
        run(here.room.decide(here.task, here.members[3], one, BILL))
    run(here.room.undo(here.task, here.members[3]))
    assert counts(here) == {}


def test_nobody_undoes_anothers_decision(store):
    """It is not found."""
    here = opened(store, overlap=2)
    (one,) = here.more(["one"])
    say(here, one, BILL, PRAISE)
    made = run(here.room.decide(here.task, here.members[3], one, BILL))
    with pytest.raises(NotFound):
        run(here.room.undo(here.task, here.members[2], made.id))
    assert counts(here) == {one: BILL}


def test_letters_hide_who_said_what(store):
    """The same two people are now A and B, now B and A; at a second look they are the same."""
    here = opened(store, overlap=2)
    firsts = set()
    for item in here.more([f"text {at}" for at in range(20)]):
        say(here, item, BILL, PRAISE)
        case = run(here.room.case(here.task, here.members[3], item))
        assert case == run(here.room.case(here.task, here.members[2], item))
        firsts.add(next(one.value for one in case.options if "A" in one.letters))
    assert firsts == {BILL, PRAISE}


def test_gold_is_decided_by_a_third_person(store):
    """Who answered may neither look nor decide, and trying is written down; a third person may."""
    here = opened(store)
    (one,) = here.more(["one"], Partition.GOLD)
    say(here, one, BILL, PRAISE)
    assert run(here.room.next(here.task, here.members[0])) is None
    waiting = run(here.room.waiting(here.task, here.members[0]))
    assert (waiting.mine, waiting.others) == (0, 1)
    with pytest.raises(GoldSealed):
        run(here.room.decide(here.task, here.members[0], one, BILL))
    assert "gold.peek" in kinds(here)
    third = here.members[2]
    assert run(here.room.waiting(here.task, third)).gold == 1
    run(here.room.decide(here.task, third, run(here.room.next(here.task, third)).item.id, BILL))
    assert counts(here, Partition.GOLD) == {one: BILL}
    assert "gold.adjudicated" in kinds(here)
    run(here.room.undo(here.task, third))
    assert counts(here, Partition.GOLD) == {}
    assert "gold.adjudication_undone" in kinds(here)


def test_gold_that_is_no_case_stays_sealed(store):
    """Where two agree, or one has answered, nobody is shown what they said."""
    here = opened(store)
    agreed, half = here.more(["one", "two"], Partition.GOLD)
    say(here, agreed, BILL, BILL)
    say(here, half, BILL)
    for item in (agreed, half):
        with pytest.raises(GoldSealed):
            run(here.room.case(here.task, here.members[3], item))
    assert kinds(here).count("gold.peek") == 2


def test_what_fell_for_a_planted_error_is_a_case(store):
    """An answer that took over what was wrong on purpose counts nothing, so somebody decides."""
    here = opened(store, overlap=1)
    one, two = here.more(["one", "two"])
    suggested = here.suggest(one, BILL)
    told = Said(value=PRAISE, shown=suggested, planted=PRAISE)
    run(here.review.record(here.task, here.members[0], one, told))
    run(here.review.record(here.task, here.members[0], two, Said(value=PRAISE)))
    assert run(here.room.next(here.task, here.members[3])).item.id == one


def test_a_later_schema_asks_again(store):
    """A decision from before the item was asked again is none: people differ anew."""
    here = opened(store, overlap=2)
    (one,) = here.more(["one"])
    say(here, one, BILL, PRAISE)
    run(here.room.decide(here.task, here.members[3], one, BILL))
    assert run(here.room.next(here.task, here.members[3])) is None
    change = {"task_id": here.task.id, "version": 2, "body": f'{{"again": ["{one}"]}}', "at": 2}
    store.write_now(lambda c: c.execute(insert(task_migrations).values(**change)))
    store.write_now(lambda c: items.change(c, here.task.id, [one], again=2))
    store.write_now(lambda c: task_answers.recount(c, [one]))
    here.task = replace(here.task, schema_version=2)
    say(here, one, OTHER, PRAISE)
    case = run(here.room.next(here.task, here.members[3]))
    assert {each.value for each in case.options} == {OTHER, PRAISE}


def test_what_does_not_fit_is_refused(store):
    """A third answer is held to the task's labels like any answer."""
    here = opened(store, overlap=2)
    (one,) = here.more(["one"])
    say(here, one, BILL, PRAISE)
    with pytest.raises(AnswerNotFitting):
        run(here.room.decide(here.task, here.members[3], one, Value.of_labels(["nothing"])))
    with pytest.raises(NotFound):
        run(here.room.case(here.task, here.members[3], "nothing"))


def test_passages_are_decided_too(store):
    """Two passages that differ by a word are a case; a third one is written."""
    here = opened(store, overlap=2, kind=TaskKind.SPANS, labels=(Label("ort", "Ort"),))
    (one,) = here.more(["Bad Homburg liegt hier"])
    short, long, third = (
        Value.of_spans([Span(*where, "ort")]) for where in ((4, 11), (0, 11), (0, 22))
    )
    say(here, one, short, long)
    assert run(here.room.next(here.task, here.members[3])).people == 2
    run(here.room.decide(here.task, here.members[3], one, third))
    assert counts(here) == {one: third}


def test_cases_come_in_turn(store):
    """Put off, a case comes again after the last."""
    here = opened(store, overlap=2)
    made = here.more(["one", "two", "three"])
    for item in made:
        say(here, item, BILL, PRAISE)
    seen, after = [], ""
    for _ in range(4):
        after = run(here.room.next(here.task, here.members[3], after=after)).item.id
        seen.append(after)
    assert seen == [*made, made[0]]
