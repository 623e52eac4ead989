# SPDX-License-Identifier: EUPL-1.2
"""Texts with a count: one is one, in both languages, also where the number is as people read it."""

import pytest

from hausgeist.locale import counter


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("de", 1, "1 Text"),
        ("de", "1", "1 Text"),
        ("de", 0, "0 Texte"),
        ("de", "1.001", "1.001 Texte"),
        ("en", 1, "1 text"),
        ("en", 2, "2 texts"),
    ],
)
def test_one_is_one(language, count, said):
    """The text for one stands only with one."""
    assert counter(language)("{count} text", "{count} texts", count) == said


def test_other_values_are_filled_in_too():
    """A text may hold more than its count."""
    said = counter("de")("{count} answer, {eur} EUR", "{count} answers, {eur} EUR", 1, eur="0,02")
    assert said == "1 Antwort, 0,02 EUR"
