# SPDX-License-Identifier: EUPL-1.2
"""The chi-square test: as scipy computes it, and what is put together."""

import pytest

from hausgeist.core.statistics.chisquare import homogeneity, survival

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 20, 99])
@pytest.mark.parametrize("statistic", [0.0, 0.02, 1.0, 3.84, 9.5, 25.0, 140.0])
def test_the_tail_as_scipy_has_it(freedom, statistic):
    """Below and above the middle, with few and many degrees of freedom."""
    wanted = stats.chi2.sf(statistic, freedom)
    assert survival(statistic, freedom) == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def test_two_rows_as_scipy_compares_them():
    """Enough everywhere: nothing is put together."""
    first, second = (30, 50, 20), (60, 70, 70)
    wanted = stats.chi2_contingency([first, second], correction=False)
    found = homogeneity(first, second)
    assert (found.statistic, found.freedom) == (pytest.approx(wanted.statistic), wanted.dof)
    assert found.p == pytest.approx(wanted.pvalue)


def test_rare_columns_are_put_together():
    """As if they had been one column from the start."""
    assert homogeneity((30, 50, 2, 1, 4), (60, 70, 3, 2, 1)) == homogeneity(
        (30, 50, 7), (60, 70, 6)
    )


def test_too_little_has_no_answer():
    """One row empty, or one column left."""
    assert homogeneity((0, 0), (5, 5)) is None
    assert homogeneity((3, 1), (2, 2)) is None
