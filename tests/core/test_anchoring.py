# SPDX-License-Identifier: EUPL-1.2
"""The anchoring meter, the block after too few catches, and the periods that figures of people are of."""

import random

import pytest

from hausgeist.core.anchoring import BLOCK, Seen, apart, block, caught, meter
from hausgeist.core.periods import WEEK_MS, begin_of, last_period, week_of


def seen(shown, agree, of, label="a"):
    """So many answers of an arm that agree, and the rest."""
    return [Seen(shown, at < agree, labels=(label,)) for at in range(of)]


def test_a_pull_is_seen_where_there_is_one():
    """95 of 100 agree with what they see, 70 of 100 with what they do not."""
    found = meter(seen(True, 285, 300) + seen(False, 70, 100))
    assert found.pulls is True
    assert found.pull.low < 0.25 < found.pull.high
    assert found.override.estimate == pytest.approx(0.05)


def test_no_pull_is_seen_where_there_is_none():
    """Both arms alike: not seen, and with enough answers ruled out."""
    assert meter(seen(True, 240, 300) + seen(False, 80, 100)).pulls is False
    many = meter(seen(True, 8000, 10000) + seen(False, 2400, 3000))
    assert many.clear


def test_too_few_answers_say_nothing():
    """Neither for nor against."""
    found = meter(seen(True, 290, 300) + seen(False, 5, 29))
    assert found.pulls is None
    assert found.shift is None


def test_the_difference_of_shares_as_published():
    """Newcombe 1998, table II: 56 of 70 against 48 of 80 is 0.2 (0.0524 to 0.3339)."""
    found = apart(56, 70, 48, 80)
    assert found.estimate == pytest.approx(0.2)
    assert (found.low, found.high) == (
        pytest.approx(0.0524, abs=5e-5),
        pytest.approx(0.3339, abs=5e-5),
    )


def test_labels_that_shift_are_told():
    """Half of the labels elsewhere: p is nothing; the same: it is not."""
    arms = seen(True, 0, 100, "a") + seen(True, 0, 100, "b") + seen(False, 0, 90, "a")
    assert meter([*arms, *seen(False, 0, 10, "b")]).shift.p < 0.001
    assert meter([*arms, *seen(False, 0, 90, "b")]).shift.p > 0.5


def test_moved_counts_own_answers_that_were_given_up():
    """Of three that differed at first, one was given up."""
    told = [Seen(True, True, False), Seen(True, False, False), Seen(True, False, False)]
    assert meter([*told, Seen(True, True, True)]).moved.estimate == pytest.approx(1 / 3)


def test_the_catch_rate_has_an_exact_interval():
    """Of 20, 16: 56 to 94 percent (Clopper and Pearson)."""
    found = caught([True] * 16 + [False] * 4)
    assert (found.low, found.high) == (
        pytest.approx(0.5634, abs=1e-4),
        pytest.approx(0.9427, abs=1e-4),
    )


def test_too_few_catches_begin_a_block_that_ends():
    """Fifteen of twenty begin it; after it counting begins anew."""
    tries = [(at, at % 4 != 0) for at in range(1, 21)]
    assert block(tries, lambda at: None) == 20
    assert block(tries, lambda at: at + BLOCK) is None
    after = [(200 + at, True) for at in range(30)]
    assert block(tries + after, lambda at: at + BLOCK) is None
    again = [(200 + at, at % 4 != 0) for at in range(1, 21)]
    assert block(tries + again, lambda at: at + BLOCK if at < 100 else None) == 220


def test_who_looks_is_hardly_ever_blocked():
    """Somebody who catches 19 of 20, over two thousand wrong suggestions: blocked next to never."""
    draw = random.Random(5)
    blocks = []
    block(
        [(at, draw.random() < 0.95) for at in range(2000)],
        lambda at: blocks.append(at) or at + 1,
    )
    assert len(blocks) <= 3


def test_weeks_begin_on_monday():
    """5 January 1970 was the first one."""
    monday = 4 * 86_400_000
    assert begin_of(week_of(monday)) == monday
    assert week_of(monday - 1) == week_of(monday) - 1


WHO = [f"m{at}" for at in range(6)]


def test_a_period_takes_five_people():
    """Four people for weeks are none; with the fifth all these weeks are one period."""
    done = {(week, who): 50 for week in (10, 11) for who in WHO[:4]}
    now = begin_of(14)
    assert last_period(done, now) is None
    done[12, "m5"] = 20
    since, until, who = last_period(done, now)
    assert (since, until) == (begin_of(10), begin_of(13))
    assert who == {*WHO[:4], "m5"}


def test_a_week_that_is_running_shows_nothing():
    """Nobody can watch a figure move."""
    done = dict.fromkeys(((10, who) for who in WHO), 50)
    assert last_period(done, begin_of(10) + WEEK_MS - 1) is None
    assert last_period(done, begin_of(11)) is not None


def test_one_person_more_work_changes_no_figure():
    """After a period is over, what one person does alone stays unseen until five have done enough."""
    done = dict.fromkeys(((10, who) for who in WHO), 50)
    before = last_period(done, begin_of(11))
    for week in range(11, 30):
        done[week, "m0"] = 400
        assert last_period(done, begin_of(week + 1)) == before
    done |= dict.fromkeys(((30, who) for who in WHO[1:]), 50)
    since, until, who = last_period(done, begin_of(31))
    assert (since, until) == (begin_of(11), begin_of(31))
    assert len(who) >= 5
