# SPDX-License-Identifier: EUPL-1.2
"""Numbers as people type and read them: what can be meant in two ways is refused, little is not nothing."""

import pytest

from hausgeist.errors import InvalidField
from hausgeist.web.amounts import amount, euros, size, typed, whole
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


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (2048, "2,0 kB"), (98_362_432, "98,4 MB"), (5e12, "5.000 GB")],
)
def test_sizes_are_decimal(count, words):
    """As disks and providers count."""
    assert size(count, "de") == words


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("1.234,5", "de", 1234.5),
        ("1,234.5", "en", 1234.5),
        ("0,15", "de", 0.15),
        ("0.15", "de", 0.15),
        ("1.234.567", "de", 1_234_567.0),
        ("20 €", "de", 20.0),
        ("", "de", None),
    ],
)
def test_amounts_are_read_as_people_write_them(text, language, value):
    """Decimal commas and points, signs for thousands, a sign of currency."""
    assert amount(form(text), "n", language) == value


@pytest.mark.parametrize(
    ("text", "language"),
    [("1.500", "de"), ("1,500", "en"), ("-1", "de"), ("1e9", "de"), ("nan", "en"), ("٣", "de")],
)
def test_what_is_no_sure_amount_is_refused(text, language):
    """Neither guessed nor negative."""
    with pytest.raises(InvalidField):
        amount(form(text), "n", language)


def test_amounts_are_written_as_people_read_them():
    """Grouped, two decimals; a little is not made into nothing."""
    assert euros(1_234_560_000, "de") == "1.234,56 €"
    assert euros(5, "en") == "< 0.01 €"
    assert euros(1200, "en", 4) == "0.0012 €"
    assert typed(0.15, "de") == "0,15"
