# SPDX-License-Identifier: EUPL-1.2
"""Draws over documents: the figures they are of, their seed, their bounds."""

import random

import numpy as np
import pytest
from scipy import stats

from hausgeist.core.answers import Value
from hausgeist.core.quality import Count, Outcome, measured, per_item
from hausgeist.core.statistics.bootstrap import resample
from hausgeist.core.tasks import Metric, TaskKind


def answered(draw, of, right, labels=4):
    keys = [f"l{at}" for at in range(labels)]
    pairs = []
    for at in range(of):
        truth = keys[at % labels]
        said = truth if draw.random() < right else draw.choice(keys)
        pairs.append((Value((truth,)), Value((said,))))
    return per_item(TaskKind.SINGLE, pairs)


@pytest.mark.parametrize("metric", list(Metric))
def test_the_observed_difference_is_that_of_the_figures(metric):
    """Packed sums give the figure that is measured item by item."""
    draw = random.Random(3)
    one, two = answered(draw, 150, 0.9), answered(draw, 150, 0.7)
    found = resample(metric, one, two, seed=1, times=50)
    assert found.observed == pytest.approx(measured(metric, one) - measured(metric, two))


@pytest.mark.parametrize("metric", list(Metric))
def test_each_draw_scores_both_on_the_same_documents(metric):
    """Draws made by hand with the same seed give the same differences."""
    draw = random.Random(4)
    one, two = answered(draw, 30, 0.8), answered(draw, 30, 0.6)
    again, by_hand = random.Random(9), []
    for _ in range(40):
        places = again.choices(range(30), k=30)
        by_hand.append(
            measured(metric, [one[at] for at in places])
            - measured(metric, [two[at] for at in places])
        )
    found = resample(metric, one, two, seed=9, times=40)
    assert found.drawn == pytest.approx(sorted(by_hand))


def test_the_same_seed_gives_the_same_interval():
    """Anybody can repeat it; another seed differs a little."""
    draw = random.Random(5)
    one, two = answered(draw, 200, 0.9), answered(draw, 200, 0.85)
    first = resample(Metric.MACRO_F1, one, two, seed=1, times=500)
    assert first == resample(Metric.MACRO_F1, one, two, seed=1, times=500)
    assert first != resample(Metric.MACRO_F1, one, two, seed=2, times=500)


def test_percentile_and_bca_are_as_in_scipy():
    """On differences of right and wrong, both intervals agree with scipy's to the noise of drawing."""
    draw = random.Random(6)
    one, two = answered(draw, 300, 0.93), answered(draw, 300, 0.8)
    found = resample(Metric.ACCURACY, one, two, seed=1)
    rows = np.array([a.right - b.right for a, b in zip(one, two, strict=True)], dtype=float)
    for method, mine in (("percentile", found.percentile()), ("BCa", found.bca())):
        theirs = stats.bootstrap(
            (rows,), np.mean, n_resamples=10_000, method=method, rng=np.random.default_rng(1)
        ).confidence_interval
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_a_twin_is_not_told_apart():
    """The same answers twice: no difference in any draw."""
    one = answered(random.Random(7), 60, 0.8)
    found = resample(Metric.MICRO_F1, one, one, seed=1, times=200)
    assert set(found.drawn) == {0.0}
    assert found.percentile() == found.bca()


def test_large_counts_never_touch_each_other():
    """A document of a million passages leaves the other sums alone."""
    big = Outcome(False, (Count("a", 1_000_000, 3, 5),))
    small = Outcome(True, (Count("b", 1, 0, 0),))
    other = Outcome(False, (Count("b", 0, 1, 1),))
    found = resample(Metric.MACRO_F1, [big, small] * 20, [big, other] * 20, seed=1, times=20)
    one, two = [big, small] * 20, [big, other] * 20
    assert found.observed == pytest.approx(
        measured(Metric.MACRO_F1, one) - measured(Metric.MACRO_F1, two)
    )


def test_what_is_not_of_the_same_documents_is_refused():
    """Different lengths, and nothing at all."""
    one = answered(random.Random(8), 3, 1.0)
    with pytest.raises(ValueError, match="same documents"):
        resample(Metric.ACCURACY, one, one[:2], seed=1)
    with pytest.raises(ValueError, match="no documents"):
        resample(Metric.ACCURACY, [], [], seed=1)


def test_the_false_not_inferior_rate_of_f1_stays_at_five_percent():
    """Of 600 seeded experiments at the margin, hardly more than one in twenty lets the worse one through."""
    draw = random.Random(11)
    let, runs, of, margin = 0, 600, 200, 0.05
    for number in range(runs):
        one, two = [], []
        for at in range(of):
            truth = Value((f"l{at % 3}",))
            wrong = Value((f"l{(at + 1) % 3}",))
            point = draw.random()
            first = wrong if point < 0.12 else truth
            second = wrong if 0.07 <= point < 0.14 else truth
            one.append((truth, first))
            two.append((truth, second))
        found = resample(
            Metric.MACRO_F1,
            per_item(TaskKind.SINGLE, one),
            per_item(TaskKind.SINGLE, two),
            seed=number,
            times=400,
        )
        let += found.percentile(0.9).low > -margin
    assert let / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
