# SPDX-License-Identifier: EUPL-1.2
"""Tokens: whole words, every sign in exactly one, in linear time."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist.core.tokens import covered, snapped, tokens_of


def words(text):
    return [text[start:end] for start, end in tokens_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Die S-Bahn fällt aus.", ["Die", "S-Bahn", "fällt", "aus", "."]),
        ("am 23.03.2026, 10:30 Uhr", ["am", "23.03.2026", ",", "10:30", "Uhr"]),
        ("1.234,56 €", ["1.234,56", "€"]),
        ("#Zugausfall @bahn_info", ["#Zugausfall", "@bahn_info"]),
        ("siehe https://amt.example/a?b=1.", ["siehe", "https://amt.example/a?b=1", "."]),
        ("an post@amt.example!", ["an", "post@amt.example", "!"]),
        ("(A66/B9)", ["(", "A66", "/", "B9", ")"]),
        ("Mu\u0308ller", ["Mu\u0308ller"]),
        ("👍🏽ja 👩\u200d🚒 🇩🇪", ["👍🏽", "ja", "👩\u200d🚒", "🇩🇪"]),
        (" \n\t ", []),
        ("", []),
    ],
)
def test_tokens_are_whole_words(text, expected):
    """Words, dates, amounts, addresses and emojis are one token each; punctuation is its own."""
    assert words(text) == expected


@given(st.text(alphabet=st.sampled_from("aä\u0308.,:-'#@_1 \n👍🏽\u200d\ufe0fw/"), max_size=60))
def test_every_sign_is_in_exactly_one_token(text):
    """Tokens follow one another and leave out white space alone."""
    places = tokens_of(text)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(places))
    assert "".join(words(text)) == re.sub(r"\s", "", text)


def test_a_passage_is_widened_to_whole_tokens():
    """Half a word becomes the word; white space alone becomes nothing."""
    text = "Herr Müller wohnt  hier"
    tokens = tokens_of(text)
    assert snapped(tokens, 7, 9) == (5, 11)
    assert snapped(tokens, 3, 6) == (0, 11)
    assert snapped(tokens, 17, 19) is None
    assert covered(tokens, 5, 17) == (1, 3)
    assert covered(tokens, 17, 19) == (3, 3)


@pytest.mark.parametrize("unit", ["a", "www.", "1.", "a@", "-", "x-", "\u0308", "#", "👍\u200d"])
def test_a_long_text_of_one_kind_is_read_to_its_end(unit):
    """No text is too much for the rule: half a megabyte of the same still ends with its last sign."""
    text = unit * (500_000 // len(unit))
    places = tokens_of(text)
    assert (places[0][0], places[-1][1]) == (0, len(text))
