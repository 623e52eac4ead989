# SPDX-License-Identifier: EUPL-1.2
"""Numbers as people type and read them: what can be meant in two ways is refused, little is not nothing."""

import pytest

from hausgeist.errors import InvalidField
from hausgeist.web.amounts import amount, euros, size, whole
from hausgeist.web.forms import Form


def form(text):
    return Form({"n": [text]})


@pytest.mark.parametrize(
    ("text", "number"), [("", None), ("1500", 1500), ("1.500", 1500), ("2 000 000", 2_000_000)]
)
def test_a_whole_number_may_have_signs_for_thousands(text, number):
    """Points, commas and blanks are read where they part thousands."""
    assert whole(form(text), "n") == number


@pytest.mark.parametrize("text", ["1.5", "12,5", "1.50.000", "x", "-1", "٣"])
def test_what_is_no_whole_number_is_refused(text):
    """A decimal is not silently made ten times as much."""
    with pytest.raises(InvalidField):
        whole(form(text), "n")


def test_an_amount_that_can_be_meant_in_two_ways_is_refused():
    """1.500 is one and a half in English and fifteen hundred in German."""
    assert amount(form("1.500,5"), "n", "de") == 1500.5
    with pytest.raises(InvalidField):
        amount(form("1.500"), "n", "de")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (2048, "2,0 kB"), (98_362_432, "98,4 MB"), (5e12, "5.000 GB")],
)
def test_sizes_are_decimal(count, words):
    """As disks and providers count."""
    assert size(count, "de") == words


def test_a_little_money_is_not_nothing():
    """What is below the last decimal says so."""
    assert euros(12, "en") == "< 0.01 €"
    assert euros(1200, "en", 4) == "0.0012 €"
    assert euros(0, "en") == "0.00 €"
