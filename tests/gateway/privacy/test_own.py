# SPDX-License-Identifier: EUPL-1.2
"""Own words in a text: at borders of words, in any case and spelling, patterns of the house among them."""

import pytest

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy.frames import OwnEntry
from hausgeist.gateway.privacy.own import OwnList

ENTRIES = [
    OwnEntry("person", "Erika Müller", hide=True),
    OwnEntry("own", "Projekt Nebelhorn", hide=True),
    OwnEntry("own", "Straßenamt", hide=True),
    OwnEntry("file_number", "BG-####-@@", hide=True, pattern=True),
    OwnEntry("file_number", "32.1-*/####", hide=True, pattern=True),
    OwnEntry("address", "Rathaus Musterstadt", hide=False),
]


def hidden(text: str) -> list[str]:
    """What is to be hidden of a text."""
    found, _ = OwnList.of(ENTRIES).find(text)
    return [text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Frau ERIKA MÜLLER kommt", ["ERIKA MÜLLER"]),
        ("Erika Muellers Antrag", ["Erika Muellers"]),
        ("Erika\nMüller", ["Erika\nMüller"]),
        ("das projekt nebelhorn ruht", ["projekt nebelhorn"]),
        ("Straßenamt und STRASSENAMT", ["Straßenamt", "STRASSENAMT"]),
        ("Projekt Nebelhorner", []),
        ("Unterstraßenamt", []),
        ("Akte BG-1234-ab, nicht BG-12345-ab", ["BG-1234-ab"]),
        ("32.1-7b/2024 und 32.1-/2024", ["32.1-7b/2024"]),
        (r"aus\nErika Müller\n", ["Erika Müller"]),
        ("İ 😀 Erika Müller", ["Erika Müller"]),
    ],
)
def test_own_words_are_found_at_the_borders_of_words(text: str, wanted: list[str]):
    """Whatever their case; a person's genitive belongs to the name."""
    assert hidden(text) == wanted


def test_a_never_word_is_a_span_to_be_spared():
    """It is no finding, and tells where none may be."""
    found, spared = OwnList.of(ENTRIES).find("im Rathaus Musterstadt")
    assert (found, spared) == ([], [(3, 22)])


def test_a_word_on_both_lists_is_spared():
    """Who says never means it."""
    both = [OwnEntry("own", "Quux", hide=True), OwnEntry("own", "quux", hide=False)]
    found, spared = OwnList.of(both).find("Quux")
    assert (found, spared) == ([], [(0, 4)])


def test_a_finding_carries_the_words_kind():
    """A name of the directory is a person's, and certain."""
    (found,), _ = OwnList.of(ENTRIES).find("Erika Müller")
    assert (found.kind, found.rule, found.certain) == (Kind.PERSON, "own", True)


def test_no_words_find_nothing():
    """An empty list is no obstacle."""
    assert OwnList.of([]).find("Erika Müller") == ([], [])
