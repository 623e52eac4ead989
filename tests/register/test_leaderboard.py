# SPDX-License-Identifier: EUPL-1.2
"""The leaderboard and the order of open texts, on both databases, with students that were really trained."""

from dataclasses import replace

import pytest
from learning_house import USER, LearningHouse, run
from sqlalchemy import select

from hausgeist.core.statistics.eprocess import meter
from hausgeist.core.tasks import Partition
from hausgeist.core.worth import Strategy
from hausgeist.errors import InvalidField
from hausgeist.register.leaderboard import break_even, stopping
from hausgeist.register.standings import Live
from hausgeist.store.tables import items, suggestions


def house(store, tmp_path, answered=90):
    """Sixty development texts and some of the pool answered; the teacher errs on every fifth."""
    made = LearningHouse(store, tmp_path)
    made.answered(*range(60 + answered))
    made.taught(range(200), wrong=range(0, 200, 5))
    return made


def test_everybody_stands_side_by_side(store, tmp_path):
    """Majority, students, teacher, in the order of the ladder; measured is shown, the rest is unknown."""
    made = house(store, tmp_path)

    async def go():
        await made.trained("majority", "words")
        return await made.bench.leaderboard.board(made.task)

    board = run(go())
    first, words, teacher = board.rows
    assert (first.student.rung, words.student.rung, teacher.kind) == (
        "majority",
        "words",
        "teacher",
    )
    assert board.best is words
    assert words.quality.estimate > 0.8 > first.quality.estimate
    assert teacher.quality.estimate == 0.8
    assert (words.items, words.wh is not None, words.size > 1000) == (60, True, True)
    assert (teacher.eur, teacher.wh, teacher.size) == (0.5, None, None)
    assert words.gold is None
    assert board.paid.answers == 150
    assert board.paid.hours is None  # one person's time is nobody's business


def test_break_even_counts_what_was_spent(store, tmp_path):
    """Suggestions alone, and with what an hour of people's work costs."""
    made = house(store, tmp_path)

    async def go():
        await made.trained("words")
        return await made.bench.leaderboard.board(made.task)

    board = run(go())
    known = replace(board, paid=replace(board.paid, ms=75 * 4_000, timed=75))
    assert known.paid.hours == 150 * 4 / 3600
    alone = break_even(board, board.best, None)
    both = break_even(known, board.best, 60.0)
    assert not break_even(board, board.best, 60.0).with_people
    assert (alone.spent, alone.with_people) == (0.1, False)
    assert 200 <= alone.texts <= 210
    assert both.spent == 0.1 + 60 * known.paid.hours
    assert break_even(board, None, None) is None


def test_open_texts_are_put_in_order_and_nothing_else(store, tmp_path):
    """Behind a training every open text of the pool has a worth; answered ones and development none."""
    made = house(store, tmp_path)

    async def go():
        return await made.trained("words")

    result = run(go())
    assert result["worth"]["looked"] == 240 - 150
    rows = store.read_now(lambda c: c.execute(select(items)).mappings().all())
    for row in rows:
        open_ = row["partition"] == Partition.POOL.value and row["answered"] == 0
        assert (row["worth"] > 0) is open_, row["id"]


def test_a_student_suggests_only_where_the_teacher_differs(store, tmp_path):
    """On open texts of which both spoke and not the same; nothing else is kept of it."""
    made = house(store, tmp_path)
    run(made.trained("words"))
    rows = store.read_now(lambda c: c.execute(select(suggestions)).mappings().all())
    taught = {row["item_id"]: row["value"] for row in rows if row["producer"] == "teacher"}
    mine = [row for row in rows if row["producer"] == "student" and row["code"] == "differs"]
    assert mine
    assert all(row["value"] != taught[row["item_id"]] for row in mine)
    assert {int(row["item_id"][1:]) for row in mine} <= set(range(150, 200))


def test_wrong_answers_are_found(store, tmp_path):
    """Of nine wrong answers of people most are on the list, and few right ones."""
    made = LearningHouse(store, tmp_path)
    wrong = set(range(64, 200, 15))
    made.answered(*range(60))
    for number in range(60, 210):
        key = made.truth[f"i{number}"]
        made.answer(number, "ausweis" if number in wrong and key != "ausweis" else key)
    planted = {one for one in wrong if made.truth[f"i{one}"] != "ausweis"}
    run(made.trained("words"))
    rows = store.read_now(lambda c: c.execute(select(suggestions)).mappings().all())
    found = {int(row["item_id"][1:]) for row in rows if row["code"] == "suspect"}
    assert len(found & planted) >= 0.7 * len(planted)
    assert len(found - planted) <= len(planted)


def test_the_stop_rules_hold_by_their_figures(store, tmp_path):
    """Nothing known: none holds; a flat curve and agreeing students: two do."""
    nothing = Live(meter(()))
    assert [one.holds for one in stopping(None, [], nothing)] == [None] * 5
    made = house(store, tmp_path)

    async def go():
        for _ in range(3):
            await made.trained("words")
        return await made.bench.leaderboard.progress(made.task)

    progress = run(go())
    steady = next(one for one in progress.stop if one.name == "steady")
    assert (steady.holds, steady.figure) == (True, 1.0)
    assert progress.answers == 150


def test_an_order_can_be_asked_for_and_needs_a_student(store, tmp_path):
    """Without a student it is refused; by novelty other texts come first than by mixture."""
    made = house(store, tmp_path)

    async def go():
        with pytest.raises(InvalidField):
            await made.bench.ordering.submit(made.task, USER)
        await made.trained("words")
        first = await made.bench.ordering.marks(made.task)
        await made.done(await made.bench.ordering.submit(made.task, USER, Strategy.NEW))
        return first, await made.bench.ordering.marks(made.task)

    first, second = run(go())
    assert (first.strategy, second.strategy) == ("mixed", "new")
