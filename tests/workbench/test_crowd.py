# SPDX-License-Identifier: EUPL-1.2
"""People together: agreement, anchoring, catches and the block, on both databases, with simulated people."""

import random
from dataclasses import replace

import pytest
from answering import desk, run

from hausgeist.core.answers import Value
from hausgeist.core.periods import begin_of, week_of
from hausgeist.core.tasks import Mode, Part, Partition
from hausgeist.store import schema, tasks, worth
from hausgeist.store.db import Store, sqlite_url
from hausgeist.testing.simulated import SimulatedAnnotator, SimulatedTeacher
from hausgeist.workbench.crowd import Crowd
from hausgeist.workbench.finding import Wish
from hausgeist.workbench.queue import SHARE_DONE
from hausgeist.workbench.review import Said
from hausgeist.workbench.room import Room

BILL, PRAISE, OTHER = (Value.of_labels([one]) for one in ("bill", "praise", "other"))


def opened(store, people=2, **changed):
    """A task with a crowd."""
    here = desk(store, people=people, **changed)
    here.crowd = Crowd(store, here.queue, b"s" * 32, lambda: here.now[0])
    return here


def worked(tmp_path, anchoring, *, texts=700, mode=Mode.ASSISTED, accuracy=0.7):
    """A task that two simulated people have answered, a third of it without suggestions."""
    store = Store(sqlite_url(tmp_path / "crowd.db"))
    schema.prepare(store)
    here = opened(store, mode=mode, blind_share=0.35, planted_share=0.06)
    draw = random.Random(3)
    truths = {f"Text {at}": draw.choice((BILL, PRAISE, OTHER)) for at in range(texts)}
    teacher = SimulatedTeacher(task=here.task, truths=truths, accuracy=accuracy)
    ids = here.more(list(truths))
    for item, text in zip(ids, truths, strict=True):
        here.suggest(item, teacher.says(text))

    async def work():
        for member in here.members:
            someone = SimulatedAnnotator(
                door=here.review, task=here.task, member=member, truths=truths,
                anchoring=anchoring, accuracy=0.95,
            )  # fmt: skip
            while some := await here.queue.next_items(here.task, member, count=50):
                for one in some:
                    await someone.answer(one)

    run(work())
    return here


def test_the_meter_sees_people_who_give_in(tmp_path):
    """Every second suggestion that differs is taken over: the meter says so, and few are caught."""
    here = worked(tmp_path, 0.6)
    found = run(here.crowd.meter(here.task))
    assert found.pulls is True
    assert found.pull.estimate > 0.08
    checks = run(here.crowd.checks(here.task))
    assert checks.blocked is not None or checks.caught.estimate < 0.8
    here.store.close()


def test_the_meter_sees_nothing_where_nobody_gives_in(tmp_path):
    """The arms agree with the model alike, and what is wrong on purpose is caught."""
    here = worked(tmp_path, 0.0)
    found = run(here.crowd.meter(here.task))
    assert found.pulls is False
    assert abs(found.pull.estimate) < 0.08
    checks = run(here.crowd.checks(here.task))
    assert checks.caught.estimate > 0.8
    assert checks.blocked is None
    here.store.close()


def test_own_answers_that_are_given_up_are_counted(tmp_path):
    """Where the own answer comes first, both are kept: the share that moved is the anchoring."""
    here = worked(tmp_path, 0.5, texts=400, mode=Mode.OWN_FIRST)
    found = run(here.crowd.meter(here.task))
    assert found.moved.low < 0.5 < found.moved.high
    here.store.close()


def tried(here, count, caught):
    """So many wrong suggestions are answered, so many of them caught."""
    for at, item in enumerate(
        here.more([f"tried {at} of {len(here.members)}" for at in range(count)])
    ):
        shown = here.suggest(item, BILL)
        value = BILL if at < caught else PRAISE
        said = Said(value=value, mode=Mode.ASSISTED, shown=shown, planted=PRAISE)
        run(here.review.record(here.task, here.members[0], item, said))


def test_too_few_catches_keep_suggestions_from_everybody(store):
    """The next hundred answers are blind, for everybody; then suggestions come back."""
    here = opened(store)
    tried(here, 20, 15)
    ids = here.more([f"more {at}" for at in range(104)])
    for item in ids:
        here.suggest(item, BILL)
    checks = run(here.crowd.checks(here.task))
    assert (checks.blocked is not None, checks.left) == (True, 100)
    for member in here.members:
        (one,) = run(here.queue.next_items(here.task, member, count=1))
        assert one.mode is Mode.BLIND
        run(here.queue.release(here.task, member))
    for item in ids[:100]:
        run(here.review.record(here.task, here.members[0], item, Said(value=BILL)))
    assert run(here.crowd.checks(here.task)).blocked is None
    (one,) = run(here.queue.next_items(here.task, here.members[1], count=1))
    assert one.mode is Mode.ASSISTED


def test_what_was_right_after_all_was_no_try(store):
    """The model had erred, and what was planted was the truth: once that is decided it counts no more."""
    here = opened(store)
    tried(here, 20, 15)
    room = Room(store, here.review._trail, b"s" * 32, lambda: here.now[0])
    case = run(room.next(here.task, here.members[1]))
    run(room.decide(here.task, here.members[1], case.item.id, PRAISE))
    checks = run(here.crowd.checks(here.task))
    assert (checks.tries, checks.blocked) == (19, None)


def test_agreement_is_of_answers_without_suggestions(store):
    """What was said with one in sight is counted apart; gold is a figure and never an example."""
    here = opened(store, overlap=2)
    alone = here.more([f"alone {at}" for at in range(6)])
    led = here.more([f"led {at}" for at in range(3)])
    gold = here.more(["gold"], Partition.GOLD)
    for at, item in enumerate(alone):
        for member, value in zip(here.members, (BILL, BILL if at else PRAISE), strict=True):
            run(here.review.record(here.task, member, item, Said(value=value)))
    for item in led:
        shown = here.suggest(item, PRAISE)
        for member in here.members:
            said = Said(value=PRAISE, mode=Mode.ASSISTED, shown=shown)
            run(here.review.record(here.task, member, item, said))
    for member, value in zip(here.members, (BILL, OTHER), strict=True):
        run(here.review.record(here.task, member, gold[0], Said(value=value)))
    found = run(here.crowd.together(here.task))
    assert (found.every.items, found.every.observed) == (6, pytest.approx(5 / 6))
    assert (found.assisted.items, found.assisted.observed) == (3, 1)
    assert found.gold.items == 1
    (cell,) = found.cells
    assert (cell.one, cell.other, cell.count) == ("bill", "praise", 1)
    assert [item for item, _ in cell.items] == [alone[0]]


def test_remarks_have_no_names_and_never_are_of_gold(store):
    """Newest first, with what became of the text."""
    here = opened(store)
    one, two = here.more(["a text", "another"])
    (gold,) = here.more(["gold"], Partition.GOLD)
    for item in (one, two, gold):
        said = Said(value=BILL, comment=f"about {item}")
        run(here.review.record(here.task, here.members[0], item, said))
    found = run(here.crowd.comments(here.task))
    assert [(each.item, each.words) for each in found] == [
        (two, f"about {two}"),
        (one, f"about {one}"),
    ]
    assert not any(here.members[0].id in repr(each) for each in found)


def test_figures_of_people_wait_for_five(store):
    """Four people who worked a week: no letters and no times; with a fifth both, for that week alone."""
    here = opened(store, people=6, overlap=2)
    monday = begin_of(week_of(here.now[0]) + 1)
    here.now[0] = monday
    ids = here.more([f"text {at}" for at in range(60)])

    def work(members):
        for at, item in enumerate(ids):
            for member in (members[at % len(members)], members[(at + 1) % len(members)]):
                said = Said(value=BILL, ms=1000 + at)
                run(here.review.record(here.task, member, item, said))

    work(here.members[:4])
    here.now[0] = begin_of(week_of(monday) + 1)
    assert run(here.crowd.period(here.task)) is None
    work(here.members[:5])
    assert run(here.crowd.period(here.task)) is None  # the week is not over
    here.now[0] = begin_of(week_of(monday) + 2)
    found = run(here.crowd.period(here.task))
    assert [one.letter for one in found.people] == ["A", "B", "C", "D", "E"]
    assert {one.answers % 10 for one in found.people} == {0}
    said = Said(value=PRAISE, ms=1)
    for item in ids[:50]:
        run(here.review.record(here.task, here.members[0], item, said))
    here.now[0] = begin_of(week_of(monday) + 3)
    assert run(here.crowd.period(here.task)).since <= found.since


def test_ones_own_figures_are_ones_own(store):
    """Each sees the share of their own answers that others share."""
    here = opened(store, overlap=2)
    for at, item in enumerate(here.more([f"text {at}" for at in range(6)])):
        for member, value in zip(here.members, (BILL, BILL if at else PRAISE), strict=True):
            run(here.review.record(here.task, member, item, Said(value=value, ms=2000)))
    found = run(here.crowd.own(here.task, here.members[0]))
    assert (found.answers, found.median_ms) == (6, 2000)
    assert found.agrees.estimate == pytest.approx(5 / 6)
    assert found.caught is None


def test_what_a_model_is_unsure_of_goes_to_everybody(store):
    """One person is enough for the others; of the unsure text all three get their turn."""
    here = opened(store, people=3, unsure_below=0.5)
    sure, unsure = here.more(["sure", "unsure"])
    here.suggest(sure, BILL, score=0.9)
    here.suggest(unsure, BILL, score=0.3)
    got = []
    for member in here.members:
        some = run(here.queue.next_items(here.task, member, count=5))
        got.append({one.item.id for one in some})
        for one in some:
            run(here.review.record(here.task, member, one.item.id, Said(value=BILL)))
    assert got == [{sure, unsure}, {unsure}, {unsure}]


def test_some_labels_are_for_reviewers(store):
    """An annotator does not get a text that seems to be one of them; a reviewer does."""
    here = opened(store, reviewer_labels=("praise",))
    one, two = here.more(["one", "two"])
    here.suggest(one, PRAISE)
    here.suggest(two, BILL)
    store.write_now(
        lambda c: tasks.change_member(c, here.task.id, here.members[1].id, part="reviewer")
    )
    reviewer = replace(here.members[1], part=Part.REVIEWER)
    mine = run(here.queue.next_items(here.task, here.members[0], count=5))
    assert [each.item.id for each in mine] == [two]
    theirs = run(here.queue.next_items(here.task, reviewer, count=5))
    assert [each.item.id for each in theirs] == [one]


def test_nobody_gets_more_than_a_days_share(store):
    """After three texts there are none today, and a word about it; tomorrow there are."""
    here = opened(store, daily=3)
    here.more([f"text {at}" for at in range(9)])
    mine = here.members[0]
    some = run(here.queue.next_items(here.task, mine, count=10))
    assert len(some) == 3
    for one in some:
        run(here.review.record(here.task, mine, one.item.id, Said(value=BILL)))
    drawn = run(here.queue.draw(here.task, mine, Wish(count=10)))
    assert (drawn.items, drawn.note) == ([], SHARE_DONE)
    assert len(run(here.queue.next_items(here.task, here.members[1], count=10))) == 3
    here.now[0] += 86_400_001
    assert len(run(here.queue.next_items(here.task, mine, count=10))) == 3


def test_time_is_told_of_five_people_and_of_weeks_that_are_over_alone(store):
    """A day on which one person works alone changes no figure of time; four people have none."""
    here = opened(store, people=5)
    ids = here.more([f"Text {at}" for at in range(160)])
    here.now[0] = begin_of(week_of(here.now[0]) + 10)

    def works(member, count, ms):
        for _ in range(count):
            said = Said(value=BILL, mode=Mode.BLIND, ms=ms)
            run(here.review.record(here.task, member, ids.pop(), said))

    def time():
        found = store.read_now(lambda c: worth.labour(c, here.task.id))
        return found["timed"], found["ms"]

    for member in here.members[:4]:
        works(member, 20, 4_000)
    here.now[0] += 7 * 86_400_000
    works(here.members[0], 1, 4_000)
    assert time() == (0, 0)  # four
    works(here.members[4], 20, 9_000)
    assert time() == (0, 0)  # five, but the week runs
    here.now[0] += 7 * 86_400_000
    works(here.members[0], 1, 4_000)
    known = time()
    assert known == (101, 81 * 4_000 + 20 * 9_000)
    works(here.members[1], 30, 60_000)
    assert time() == known
