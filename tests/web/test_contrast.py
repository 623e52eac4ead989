# SPDX-License-Identifier: EUPL-1.2
"""The colours of the pages, measured: WCAG 2.2 AA over the tokens, light and dark."""

import re
import runpy
from itertools import product
from pathlib import Path

import pytest

from hausgeist import web

ROOT = Path(__file__).parent.parent.parent
CSS = Path(web.__file__).parent / "static/css"
PAIR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
TOKEN = re.compile(r"--([\w-]+): " + PAIR.pattern)
GROUNDS = ("sunken", "paper", "surface", "raised")
WORDS = [
    *product(("ink", "ink-soft", "accent", "accent-strong", "red-ink"), GROUNDS),
    *product(("ink", "accent", "accent-strong"), ("accent-soft",)),
    *((f"{hue}-ink", f"{hue}-soft") for hue in ("green", "yellow", "red")),
    *product(("green-ink", "yellow-ink"), GROUNDS),
    ("ink", "green-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-red", "red"),
]
SIGNS = [*product(("green", "yellow", "red", "accent", "line-strong"), GROUNDS)]


def luminance(colour):
    """Relative luminance of sRGB as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one, other):
    """Contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palettes():
    """Tokens of the four palettes: light and dark, ordinary and with more contrast."""
    plain, more = (CSS / "tokens.css").read_text(encoding="utf-8").split("(prefers-contrast: more)")
    ordinary = {name: pair for name, *pair in TOKEN.findall(plain)}
    strong = ordinary | {name: pair for name, *pair in TOKEN.findall(more)}
    return {
        f"{light}-{kind}": {name: pair[at] for name, pair in tokens.items()}
        for kind, tokens in (("ordinary", ordinary), ("more", strong))
        for at, light in enumerate(("light", "dark"))
    }


PALETTES = palettes()


def test_the_ratio_is_the_one_of_wcag():
    """Black on white is 21, and #767676 is the lightest grey that may carry words on white."""
    assert ratio("#000000", "#ffffff") == 21
    assert ratio("#767676", "#ffffff") > 4.5 > ratio("#777777", "#ffffff")


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_words_can_be_read(palette):
    """Every colour of words has at least 4.5 to 1 on every ground it stands on."""
    weak = {pair: ratio(*(palette[name] for name in pair)) for pair in WORDS}
    assert not {pair: found for pair, found in weak.items() if found < 4.5}


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_signs_and_borders_can_be_seen(palette):
    """Signs, the focus ring and the borders of fields have at least 3 to 1."""
    weak = {pair: ratio(*(palette[name] for name in pair)) for pair in SIGNS}
    assert not {pair: found for pair, found in weak.items() if found < 3}


@pytest.mark.parametrize("name", ["light-more", "dark-more"])
def test_more_contrast_gives_more(name):
    """With more contrast asked for, words reach 7 to 1 on every ground."""
    palette = PALETTES[name]
    for word, ground in product(("ink", "ink-soft", "accent"), GROUNDS):
        assert ratio(palette[word], palette[ground]) >= 7


@pytest.mark.parametrize("at", [0, 1], ids=["light", "dark"])
def test_code_can_be_read(at):
    """Every colour of source code has at least 4.5 to 1 on the ground of a code figure."""
    ground = PALETTES[("light-ordinary", "dark-ordinary")[at]]["sunken"]
    colours = {pair[at] for pair in PAIR.findall((CSS / "code.css").read_text(encoding="utf-8"))}
    assert len(colours) > 5
    assert not {found for found in colours if ratio(found, ground) < 4.5}


def test_the_colours_of_code_are_current():
    """The committed stylesheet is the one that its script writes."""
    script = runpy.run_path(str(ROOT / "scripts/code_css.py"))
    assert (CSS / "code.css").read_text(encoding="utf-8") == script["stylesheet"]()


@pytest.mark.parametrize("name", ["base.css", "components.css", "chat.css"])
def test_colours_have_names(name):
    """Outside the tokens no stylesheet names a colour of its own."""
    text = (CSS / name).read_text(encoding="utf-8")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;, )])|rgba?\(|hsl", text)
    assert set(re.findall(r"var\(--([\w-]+)", text)) <= set(
        re.findall(r"--([\w-]+):", (CSS / "tokens.css").read_text(encoding="utf-8"))
    )
