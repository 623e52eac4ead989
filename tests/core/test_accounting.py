# SPDX-License-Identifier: EUPL-1.2
"""What a call costs."""

from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.messages import Usage
from hausgeist.core.models import Price


def test_a_worked_example():
    """6,000 + 3,000 tokens at 2 and 8 EUR per million cost 3.6 cents: 100,000 of them cost 3,600 EUR."""
    one = cost_micro_eur(Usage(6_000, 3_000), Price(2.0, 8.0))
    assert one == 36_000
    assert one * 100_000 == 3_600 * 1_000_000


def test_an_unknown_price_is_never_zero():
    """Without a price the cost is unknown."""
    assert cost_micro_eur(Usage(1, 1), None) is None


def test_cached_tokens_cost_their_own_price():
    """Cached input is charged at its price, the rest of the input at the full one."""
    assert cost_micro_eur(Usage(1_000, 0, cached_tokens=600), Price(1.0, 0.0, 0.1)) == 460


def test_a_fraction_is_rounded_up():
    """Half a micro-EUR is one: nothing costs less than it does."""
    assert cost_micro_eur(Usage(1, 0), Price(0.5, 0.0)) == 1
