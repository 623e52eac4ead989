# SPDX-License-Identifier: EUPL-1.2
"""Intervals and paired tests against scipy and statsmodels."""

import random
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from hausgeist.core.statistics.beta import beta_quantile, beta_share
from hausgeist.core.statistics.difference import inferior, not_inferior, paired, score
from hausgeist.core.statistics.holm import holm
from hausgeist.core.statistics.interval import at_least, at_most, clopper_pearson, wilson
from hausgeist.core.statistics.mcnemar import mcnemar, mcnemar_mid, wins_needed

counts = st.integers(0, 400)
shares = st.integers(1, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(shares, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_is_as_in_statsmodels(share, level):
    """The bounds agree to ten digits."""
    found = wilson(*share, level)
    low, high = proportion_confint(*share, alpha=1 - level, method="wilson")
    assert (found.low, found.high) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-10)


@given(shares, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_clopper_pearson_is_as_in_statsmodels(share, level):
    """The bounds agree to nine digits."""
    found = clopper_pearson(*share, level)
    low, high = proportion_confint(*share, alpha=1 - level, method="beta")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


@given(st.floats(0.01, 0.99), st.integers(1, 500), st.integers(1, 500))
def test_the_beta_distribution_is_as_in_scipy(x, a, b):
    """Share and quantile agree."""
    assert beta_share(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-10)
    assert beta_quantile(x, a, b) == pytest.approx(stats.beta.ppf(x, a, b), abs=1e-9)


@pytest.mark.parametrize(("of", "most"), [(59, 0.05), (149, 0.02), (299, 0.01)])
def test_without_an_error_seen_so_many_items_claim_so_little(of, most):
    """59 items without an error show at most 5 percent, one fewer does not."""
    assert at_most(0, of) <= most < at_most(0, of - 1)
    assert at_least(of, of) == pytest.approx(1 - at_most(0, of))


@pytest.mark.parametrize(
    ("of", "half"), [(100, 0.06), (200, 0.04), (500, 0.026), (1000, 0.019), (2000, 0.013)]
)
def test_the_interval_at_ninety_percent_is_as_wide_as_published(of, half):
    """Ninety of a hundred: plus and minus six points, and so on."""
    digits = 2 if of <= 200 else 3
    assert round(wilson(0.9 * of, of).half, digits) == half


def test_nothing_has_no_share():
    """Of no items there is no interval."""
    assert wilson(0, 0) is clopper_pearson(0, 0) is paired(0, 0, 0) is None
    assert (at_most(0, 0), at_least(0, 0)) == (1.0, 0.0)


@given(counts, counts)
def test_mcnemar_is_as_in_statsmodels_and_scipy(wins, losses):
    """The exact p value agrees with both."""
    theirs = their_mcnemar([[0, wins], [losses, 0]], exact=True).pvalue
    assert mcnemar(wins, losses) == pytest.approx(theirs, abs=1e-12)
    if wins + losses:
        assert mcnemar(wins, losses) == pytest.approx(
            stats.binomtest(wins, wins + losses).pvalue, abs=1e-12
        )


@given(counts, counts)
def test_mid_p_is_half_of_what_was_seen_below_the_exact_one(wins, losses):
    """The definition, with scipy's binomial; where both won equally often, half of that is above."""
    of, fewer = wins + losses, min(wins, losses)
    seen = stats.binom.pmf(fewer, of, 0.5)
    expected = 2 * stats.binom.cdf(fewer, of, 0.5) - seen
    if wins == losses:
        expected = 1 - seen / 2 if of else 1.0
    assert mcnemar_mid(wins, losses) == pytest.approx(expected, abs=1e-10)
    assert mcnemar_mid(wins, losses) <= mcnemar(wins, losses)


@pytest.mark.parametrize(("wins", "of"), [(6, 6), (9, 10), (15, 20), (21, 30), (39, 60)])
def test_so_many_wins_of_so_many_differing_items_are_significant(wins, of):
    """The published thresholds of the exact test, two-sided at 5 percent."""
    assert wins_needed(of) == wins
    assert mcnemar(wins, of - wins) <= 0.05 < mcnemar(wins - 1, of - wins + 1)


def test_five_differing_items_are_never_enough():
    """Not even five of five."""
    assert wins_needed(5) is None


@mock.patch("gc.collect", new=int)  # statsmodels collects in every call: seconds
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_as_in_statsmodels(values):
    """Corrected values in the order of the questions."""
    assert holm(values) == pytest.approx(list(multipletests(values, method="holm")[1]))


tables = st.integers(20, 600).flatmap(
    lambda of: st.tuples(st.integers(0, of // 3), st.integers(0, of // 3), st.just(of))
)


@given(tables, st.sampled_from([0.8, 0.9, 0.95]))
def test_the_bounds_of_a_difference_are_where_the_score_says_so(table, level):
    """At both bounds the score has the normal quantile, and the seen difference lies between them."""
    found = paired(*table, level)
    z = stats.norm.ppf((1 + level) / 2)
    assert found.low <= found.estimate <= found.high
    if found.low > -0.99 and found.high < 0.99:
        assert score(*table, found.low) == pytest.approx(z, abs=1e-4)
        assert score(*table, found.high) == pytest.approx(-z, abs=1e-4)


@given(tables)
def test_swapping_both_turns_the_difference_round(table):
    """What the first wins the second loses."""
    wins, losses, of = table
    one, other = paired(wins, losses, of), paired(losses, wins, of)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-6)


@given(tables, st.sampled_from([0.01, 0.02, 0.05]))
def test_not_inferior_is_what_the_bound_says(table, margin):
    """The one-sided p value and the bound of the 90 percent interval decide alike."""
    low = paired(*table, 0.9).low
    if abs(low + margin) > 1e-6:
        assert (not_inferior(*table, margin) < 0.05) is (low > -margin)
    assert not_inferior(*table, margin) + inferior(*table, margin) == pytest.approx(1)


def test_a_difference_without_any_is_wilsons_of_none():
    """Where nothing differs, the bound is z² / (n + z²)."""
    z = stats.norm.ppf(0.95)
    assert paired(0, 0, 100, 0.9).low == pytest.approx(-z * z / (100 + z * z), abs=1e-9)


def test_the_restricted_estimate_is_the_likeliest_one():
    """The score's hidden share of losses is the one that a search of the likelihood finds."""
    wins, losses, of, difference = 12, 9, 200, -0.05
    shares = [at / 100_000 for at in range(5_001, 20_000)]

    def likelihood(losing):
        winning = losing + difference
        return stats.multinomial.logpmf(
            [wins, losses, of - wins - losses], of, [winning, losing, 1 - winning - losing]
        )

    best = max(shares, key=likelihood)
    spread = of * (2 * best + difference - difference**2)
    expected = (wins - losses - of * difference) / spread**0.5
    assert score(wins, losses, of, difference) == pytest.approx(expected, abs=1e-3)


def test_the_false_not_inferior_rate_stays_at_five_percent():
    """Over all results there can be: whoever is worse by the margin is hardly ever let through."""
    draw = random.Random(1)
    for margin, differ, of in [(0.02, 0.06, 400), (0.05, 0.1, 200), (0.01, 0.04, 1000)]:
        worse = [margin + (differ - margin) / 2, (differ - margin) / 2]
        let = runs = 0
        while runs < 4000:
            losses = _some(draw, of, worse[0])
            wins = _some(draw, of - losses, worse[1] / (1 - worse[0]))
            let += not_inferior(wins, losses, of, margin) <= 0.05
            runs += 1
        assert let / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def _some(draw, of, share):
    """So many of so many, drawn by the quantile of the binomial."""
    return int(stats.binom.ppf(draw.random(), of, share))
