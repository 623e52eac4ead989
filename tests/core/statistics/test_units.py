# SPDX-License-Identifier: EUPL-1.2
"""The bootstrap over units: as wide as it should be, for few units and many, rare kinds and frequent ones."""

import pytest

from hausgeist.core.statistics.interval import wilson
from hausgeist.core.statistics.units import over_units


def share(counts):
    """The share of ones."""
    return counts.get(1, 0) / sum(counts.values())


@pytest.mark.parametrize(("ones", "of"), [(12, 40), (30, 1000), (500, 1000), (4000, 5000)])
def test_a_share_has_the_interval_of_a_share(ones, of):
    """Within what a thousand draws allow, and the percentiles' own error with few units."""
    found = over_units([1] * ones + [0] * (of - ones), share)
    wanted = wilson(ones, of)
    assert found.estimate == ones / of
    assert found.half == pytest.approx(wanted.half, rel=0.12)
    assert found.low == pytest.approx(wanted.low, abs=0.4 * wanted.half)


def test_every_draw_has_as_many_units():
    """Also with many kinds that are there once each."""
    sizes = set()

    def size(counts):
        sizes.add(sum(counts.values()))
        return float(len(counts))

    found = over_units(list(range(200)), size)
    assert sizes == {200}
    assert found.low / 200 == pytest.approx(1 - 0.368, abs=0.06)  # 1/e are not drawn


def test_the_same_seed_gives_the_same_interval():
    """Who looks twice sees the same."""
    units = [1, 0, 1, 1, 0] * 20
    assert over_units(units, share, seed=3) == over_units(units, share, seed=3)


def test_what_has_no_value_has_no_interval():
    """None of all units is None."""
    assert over_units([1, 2], lambda counts: None) is None
