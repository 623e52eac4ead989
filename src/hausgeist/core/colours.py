# SPDX-License-Identifier: EUPL-1.2
"""One colour of an organisation flows in, readable tokens for light and dark flow out. Pure arithmetic.

Contrast is WCAG 2.2's: 4.5 to 1 for words, 7 to 1 where a reader asks for more contrast. The hue is
kept; lightness moves until every ground of the pages carries it.
"""

import colorsys
import re
from dataclasses import dataclass
from typing import Final

GROUNDS_LIGHT: Final = ("#f2f0eb", "#faf9f6", "#ffffff")
GROUNDS_DARK: Final = ("#131210", "#191816", "#22201d", "#2a2825")
"""The grounds of ``tokens.css``; a test compares them."""
READABLE: Final = 4.5
MORE: Final = 7.0
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEP = 0.005


@dataclass(frozen=True, slots=True)
class Accent:
    """The accent's tokens of one theme, as ``#rrggbb``."""

    accent: str
    strong: str
    on: str
    soft: str


@dataclass(frozen=True, slots=True)
class Palette:
    """Tokens for light and dark, and both again for readers who ask for more contrast.

    ``corrected``: the colour that was asked for cannot be read on light grounds and was darkened.
    """

    light: Accent
    dark: Accent
    more_light: Accent
    more_dark: Accent
    corrected: bool


def is_colour(text: str) -> bool:
    """Whether a text is ``#rrggbb`` in small letters."""
    return _HEX.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0 to 1, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palette(colour: str) -> Palette:
    """The tokens that come of a colour ``#rrggbb``."""
    hue, lightness, saturation = colorsys.rgb_to_hls(
        *(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    soft = _hex(hue, 0.94, min(saturation, 0.6))
    night = _hex(hue, 0.19, min(saturation, 0.25))
    deep = _hex(hue, 0.14, min(saturation, 0.6))
    light = _light(hue, lightness, saturation, soft, READABLE)
    return Palette(
        light=light,
        dark=_dark(hue, max(lightness, 0.72), saturation, soft=night, deep=deep, least=READABLE),
        more_light=_light(hue, min(lightness, 0.3), saturation, soft, MORE),
        more_dark=_dark(hue, max(lightness, 0.84), saturation, soft=night, deep=deep, least=MORE),
        corrected=light.accent != colour,
    )


def _light(hue: float, lightness: float, saturation: float, soft: str, least: float) -> Accent:
    """Darken until it can be read on every light ground and carries white."""
    while True:
        accent = _hex(hue, lightness, saturation)
        if lightness <= 0 or all(
            contrast(accent, ground) >= least for ground in (*GROUNDS_LIGHT, soft)
        ):
            strong = _hex(hue, max(0.0, lightness - 0.08), saturation)
            return Accent(accent, strong, "#ffffff", soft)
        lightness -= _STEP


def _dark(
    hue: float, lightness: float, saturation: float, *, soft: str, deep: str, least: float
) -> Accent:
    """Lighten until it can be read on every dark ground and carries the deep shade of its hue."""
    while True:
        accent = _hex(hue, lightness, saturation)
        if lightness >= 1 or all(
            contrast(accent, ground) >= least for ground in (*GROUNDS_DARK, soft, deep)
        ):
            strong = _hex(hue, min(1.0, lightness + 0.08), saturation)
            return Accent(accent, strong, deep, soft)
        lightness += _STEP


def stylesheet(found: Palette) -> str:
    """The palette as CSS that lies over ``tokens.css``."""

    def rules(light: Accent, dark: Accent) -> str:
        pairs = (
            ("accent", light.accent, dark.accent),
            ("accent-strong", light.strong, dark.strong),
            ("on-accent", light.on, dark.on),
            ("accent-soft", light.soft, dark.soft),
        )
        return "".join(f"--{name}:light-dark({one},{other});" for name, one, other in pairs)

    plain = rules(found.light, found.dark)
    more = rules(found.more_light, found.more_dark)
    return f"@layer tokens{{:root{{{plain}}}@media (prefers-contrast:more){{:root{{{more}}}}}}}\n"


def _hex(hue: float, lightness: float, saturation: float) -> str:
    level = min(1.0, max(0.0, lightness))
    red, green, blue = colorsys.hls_to_rgb(hue, level, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
