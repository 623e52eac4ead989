# SPDX-License-Identifier: EUPL-1.2
"""The error clinic, on both databases: from pairs to texts, and what a decision changes."""

import pytest
from learning_house import LearningHouse, run

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Partition, TaskKind
from hausgeist.errors import NotFound
from hausgeist.register.clinic import mixed

WRONG = (75, 90, 105, 120, 135)


def trained(store, tmp_path):
    """A student of ninety answers, some of which are wrong."""
    made = LearningHouse(store, tmp_path)
    made.answered(*range(60))
    for number in range(60, 150):
        key = made.truth[f"i{number}"]
        other = "muell" if key == "strasse" else "strasse"
        made.answer(number, other if number in WRONG else key)
    result = run(made.trained("words"))
    student = run(made.bench.students.get(made.task, result["students"][0]))
    return made, student


def test_every_error_stands_in_a_pair_and_every_pair_leads_to_its_texts(store, tmp_path):
    """The pairs add up to the errors; the texts of a pair are those with these two answers."""
    made, student = trained(store, tmp_path)

    async def go():
        clinic = made.bench.clinic
        found = await clinic.confusion(made.task, student, Partition.POOL)
        assert found.total == 90
        assert sum(count for _, count in found.mixed) == found.total - found.right > 0
        pair, count = found.mixed[0]
        cases, total = await clinic.cases(made.task, student, Partition.POOL, pair=pair)
        assert total == count
        assert {(one.truth.labels[0], one.said.labels[0]) for one in cases} == {pair}
        return cases

    assert any(one.near for one in run(go()))


def test_a_doubt_that_is_settled_is_not_asked_again(store, tmp_path):
    """Kept or changed, it leaves the list; what was changed counts from then on."""
    made, student = trained(store, tmp_path)

    async def go():
        clinic, room = made.bench.clinic, made.bench.room
        cases, before = await clinic.suspects(made.task, student)
        assert before >= 3
        first, second = cases[:2]
        await room.decide(made.task, made.member, first.item.id, first.said)
        await room.decide(made.task, made.member, second.item.id, second.truth, "kept")
        left, after = await clinic.suspects(made.task, student)
        assert after == before - 2
        assert {first.item.id, second.item.id}.isdisjoint(one.item.id for one in left)
        await made.trained("words")
        again = await clinic.suspects(made.task, (await made.bench.students.list(made.task))[0])
        assert {first.item.id, second.item.id}.isdisjoint(one.item.id for one in again[0])
        return len({int(one.item.id[1:]) for one in cases} & set(WRONG))

    assert run(go()) >= 3


def test_of_the_gold_set_nothing_is_looked_at(store, tmp_path):
    """Neither as a whole nor by the id of a text; nor is a text of which nobody said anything."""
    made, student = trained(store, tmp_path)
    made.item(900, "Ein Text im Goldstandard", "muell", Partition.GOLD)
    made.answer(900)

    async def go():
        for item in ("i900", "i239", "nowhere"):
            with pytest.raises(NotFound):
                await made.bench.clinic.case(made.task, student, item)
        with pytest.raises(NotFound):
            await made.bench.clinic.confusion(made.task, student, Partition.GOLD)

    run(go())


def test_pairs_of_every_kind_of_task():
    """One for one label; else what is missing beside what is too much, or alone."""
    one, two = Value(("a",)), Value(("b",))
    assert mixed(TaskKind.SINGLE, one, two) == [("a", "b")]
    assert mixed(TaskKind.SINGLE, one, None) == [("a", "")]
    both = Value.of_labels(["a", "b"])
    assert mixed(TaskKind.MULTI, both, Value.of_labels(["b", "c"])) == [("b", "b"), ("a", "c")]
    assert mixed(TaskKind.MULTI, both, two) == [("b", "b"), ("a", "")]
    spans = Value.of_spans([Span(0, 2, "PER")])
    assert mixed(TaskKind.SPANS, spans, Value()) == [("PER", "")]
    fields = Value.of_fields([("day", "1")])
    assert mixed(TaskKind.RECORD, fields, Value.of_fields([("day", "2")])) == [
        ("day", ""),
        ("", "day"),
    ]
