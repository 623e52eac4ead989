# SPDX-License-Identifier: EUPL-1.2
"""How many items it takes: published tables, the e-process, what is still to label."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hausgeist.core.statistics.eprocess import THRESHOLD, evidence, meter, wins_to_claim
from hausgeist.core.statistics.mcnemar import mcnemar
from hausgeist.core.statistics.power import (
    gap_seen,
    least,
    more_to_decide,
    power_to_differ,
    power_to_match,
    to_differ,
    to_match,
)

DIFFER = (4, 6, 10, 15, 20)
TO_DIFFER = {
    1: (3138, 4707, 7847, 11771, 15696),
    2: (783, 1175, 1960, 2941, 3923),
    3: (347, 521, 870, 1306, 1742),
    5: (None, 186, 312, 469, 626),
    8: (None, None, 121, 182, 243),
}
TO_MATCH = {2: (619, 928, 1546, 2319, 3092), 3: (275, 413, 687, 1031, 1374)}


@pytest.mark.parametrize(
    ("gap", "differ", "items"),
    [
        (gap, differ, items)
        for gap, row in TO_DIFFER.items()
        for differ, items in zip(DIFFER, row, strict=True)
    ],
)
def test_so_many_items_show_a_gap(gap, differ, items):
    """Every cell of the published table: McNemar, two-sided 5 percent, power of 80 percent."""
    assert to_differ(gap / 100, differ / 100) == items


@pytest.mark.parametrize(
    ("margin", "differ", "items"),
    [
        (margin, differ, items)
        for margin, row in TO_MATCH.items()
        for differ, items in zip(DIFFER, row, strict=True)
    ],
)
def test_so_many_items_show_that_it_is_not_worse(margin, differ, items):
    """Every cell of the published line: true gap 0, one-sided 5 percent, power of 80 percent."""
    assert to_match(margin / 100, differ / 100) == items


gaps = st.tuples(st.integers(5, 80), st.integers(0, 120)).map(
    lambda both: (both[0] / 1000, (both[0] + both[1]) / 1000)
)


@given(gaps)
def test_power_at_the_computed_size_is_what_was_asked_for(pair):
    """Size and power are two readings of one formula."""
    gap, differ = pair
    items = to_differ(gap, differ)
    assert power_to_differ(items, gap, differ) >= 0.8 - 1e-6
    if items > 50 and differ > gap * 1.5:
        assert power_to_differ(items - 2, gap, differ) < 0.8
    items = to_match(gap, differ)
    assert power_to_match(items, gap, differ) >= 0.8 - 1e-6


def test_what_cannot_be_has_no_size():
    """A gap wider than the share that differs, no gap, a margin that is no margin, a true gap beyond it."""
    assert to_differ(0.05, 0.04) is None
    assert to_differ(0.0, 0.04) is None
    assert to_match(0.0, 0.04) is None
    assert to_match(0.01, 0.04, gap=-0.01) is None
    assert power_to_differ(100, 0.05, 0.04) == 0.0
    assert power_to_match(20, 0.05, 0.1) == 0.0


@pytest.mark.parametrize(("of", "gap"), [(312, 0.05), (1960, 0.02), (121, 0.08), (100, 0.088)])
def test_the_smallest_gap_that_so_many_items_show(of, gap):
    """The table read the other way round, to a tenth of a point."""
    assert gap_seen(of, 0.10) == pytest.approx(gap, abs=0.0011)


def test_a_handful_shows_nothing():
    """Five items show no gap at all."""
    assert gap_seen(5, 0.10) is None


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.05])
def test_even_without_any_difference_it_takes_some_items(margin):
    """One item fewer than the least, and the bound of no differing item is beyond the margin."""
    z = stats.norm.ppf(0.95)
    assert z * z / (least(margin) + z * z) <= margin < z * z / (least(margin) - 1 + z * z)


def test_so_many_more_decide_what_is_seen():
    """Four points ahead in 100 items of which a tenth differ: about 170 more; what is decided needs none."""
    more = more_to_decide(7, 3, 100, 0.01)
    assert more is not None
    assert 140 < more < 200
    assert more_to_decide(0, 0, 0, 0.01) is None
    assert more_to_decide(60, 10, 400, 0.05) == 1
    assert more_to_decide(5, 5, 200, 0.02) > more_to_decide(5, 5, 200, 0.05)


@pytest.mark.parametrize(
    ("wins", "losses"), [(8, 0), (14, 2), (20, 5), (29, 10), (46, 20), (60, 30)]
)
def test_so_many_wins_beside_so_many_losses_may_be_claimed(wins, losses):
    """The published thresholds of the evidence at 20."""
    assert wins_to_claim(losses) == wins
    assert evidence(wins, losses) >= 20 > evidence(wins - 1, losses)


@given(st.integers(0, 60), st.integers(0, 60))
def test_evidence_is_a_fair_bet(wins, losses):
    """What it is expected to be after one more item is what it is now, if both win equally often."""
    after = (evidence(wins + 1, losses) + evidence(wins, losses + 1)) / 2
    assert after == pytest.approx(evidence(wins, losses), rel=1e-9)


@given(st.lists(st.booleans(), max_size=80))
def test_the_meter_goes_item_by_item_and_stays_decided(outcomes):
    """Its path is the evidence after each; a decision is the first time it reaches 20."""
    found = meter(outcomes)
    wins = sum(outcomes)
    assert (found.wins, found.losses) == (wins, len(outcomes) - wins)
    assert found.evidence == pytest.approx(evidence(wins, len(outcomes) - wins))
    over = [at for at, value in enumerate(found.path, 1) if value >= THRESHOLD]
    assert found.decided == (over[0] if over else None)


def test_peeking_after_every_item_claims_falsely_at_most_once_in_twenty():
    """Over 2,000 seeded races of equals, the evidence hardly ever reaches 20; p values often do."""
    draw = random.Random(20)
    claimed = fooled = 0
    races = 2000
    for _ in range(races):
        wins = losses = 0
        crossed = significant = False
        for _ in range(300):
            won = draw.random() < 0.5
            wins, losses = wins + won, losses + (not won)
            crossed = crossed or evidence(wins, losses) >= THRESHOLD
            if not significant and (wins + losses) % 10 == 0:
                significant = mcnemar(wins, losses) <= 0.05
        claimed += crossed
        fooled += significant
    assert claimed / races <= 0.05 + 3 * (0.05 * 0.95 / races) ** 0.5
    assert fooled / races > 0.15
