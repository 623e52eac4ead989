# SPDX-License-Identifier: EUPL-1.2
"""An organisation's colour becomes tokens that can be read on every ground, in every palette."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist import web
from hausgeist.core.colours import (
    GROUNDS_DARK,
    GROUNDS_LIGHT,
    contrast,
    is_colour,
    palette,
    stylesheet,
)

TOKENS = (Path(web.__file__).parent / "static/css/tokens.css").read_text("utf-8")
INK = {"light": "#1f1d1a", "dark": "#ece8e0"}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 0xFFFFFF))
def test_every_colour_can_be_read(number):
    """Words in the accent, words on it and the ordinary ink on its soft shade reach WCAG's ratios."""
    found = palette(f"#{number:06x}")
    for one, grounds, ink, least in (
        (found.light, GROUNDS_LIGHT, INK["light"], 4.5),
        (found.dark, GROUNDS_DARK, INK["dark"], 4.5),
        (found.more_light, ("#ffffff",), "#000000", 7),
        (found.more_dark, ("#000000", "#0c0c0c"), "#ffffff", 7),
    ):
        for word, ground in product((one.accent, one.strong), (*grounds, one.soft)):
            assert contrast(word, ground) >= least
        assert contrast(one.on, one.accent) >= 4.5
        assert contrast(one.on, one.strong) >= 4.5
        assert contrast(ink, one.soft) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is():
    """A dark blue is taken as it was chosen; a yellow is darkened, and that is told."""
    assert palette("#2b5590").light.accent == "#2b5590"
    assert not palette("#2b5590").corrected
    assert palette("#ffdd00").corrected


def test_the_grounds_are_those_of_the_pages():
    """The grounds that colours are measured on are those of the stylesheet."""
    plain = TOKENS.partition("prefers-contrast: more")[0]
    grounds = re.findall(
        r"--(?:sunken|paper|surface|raised): light-dark\((#\w{6}), (#\w{6})\)", plain
    )
    assert {light for light, _ in grounds} == set(GROUNDS_LIGHT)
    assert {dark for _, dark in grounds} == set(GROUNDS_DARK)


def test_the_stylesheet_names_tokens_and_nothing_else():
    """Four tokens, twice; nothing of the colour's text gets in but digits."""
    css = stylesheet(palette("#aa0033"))
    assert re.findall(r"--([\w-]+):", css) == 2 * [
        "accent",
        "accent-strong",
        "on-accent",
        "accent-soft",
    ]
    assert re.fullmatch(r"[@\w{}:;(),# \n-]+", css)


@pytest.mark.parametrize("text", ["#AA0033", "#12345", "#12345g", "red", "#aa0033 ", ""])
def test_only_six_small_digits_are_a_colour(text):
    """Anything else is none."""
    assert not is_colour(text)
