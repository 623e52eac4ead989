# SPDX-License-Identifier: EUPL-1.2
"""Texts into tokens."""

from hypothesis import given
from hypothesis import strategies as st

from hausgeist.gateway.privacy.names.tokens import NEWLINE, folded, tokens_of


@given(st.text(alphabet=st.sampled_from("aäÄ\u0308ßZ09.-_@/: \n\t(',’\u00adstr")))
def test_places_are_those_of_the_text(text):
    """Every token stands where it says, in order, and leaves out nothing but white space."""
    tokens = tokens_of(text)
    end = 0
    for word, start, stop in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert not text[end:start].strip()
        assert word in {text[start:stop], NEWLINE}
        end = stop
    assert not text[end:].strip()


def test_german_words_stay_whole():
    """Abbreviations, double names, initials, house numbers and decomposed umlauts are one token each."""
    text = "Fr. Dr. Mu\u0308ller-Lüdenscheid, E. Meier, Hauptstr. 12a, Emil-von-Behring-Str. 3."
    assert tokens_of(text).words == [
        "Fr.", "Dr.", "Mu\u0308ller-Lüdenscheid", ",", "E.", "Meier", ",",
        "Hauptstr.", "12a", ",", "Emil-von-Behring-Str.", "3", ".",
    ]  # fmt: skip


def test_folding_makes_spellings_equal():
    """Capitals, umlauts, accents, soft hyphens and decomposed letters do not tell words apart."""
    spellings = ("Müller", "MÜLLER", "Mueller", "Mu\u0308ller", "Mül\u00adler")
    assert {folded(one) for one in spellings} == {"mueller"}
    assert folded("Yıldız-Şahin") == folded("Yildiz-Sahin")
