# SPDX-License-Identifier: EUPL-1.2
"""Amounts as people write and read them: decimal commas in German, points in English.

What can be meant in two ways, such as 1.500, is refused: a budget that is a thousand times too high is
worse than a second look.
"""

import re
from typing import Final

from hausgeist.errors import N_, InvalidField
from hausgeist.web.forms import Form

MICRO: Final = 1_000_000
"""Micro-EUR in one EUR."""

_SIGNS = re.compile(r"[ \u00a0\u202f.,']")
_WHOLE = re.compile(rf"[0-9]+|[0-9]{{1,3}}(?:{_SIGNS.pattern}[0-9]{{3}})+")
_PLAIN = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,9})?")
_GROUPED = {
    "de": re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{1,9})?"),
    "en": re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,9})?"),
}


def amount(form: Form, name: str, language: str) -> float | None:
    """A number of a form; None where the field is empty.

    Raises:
        InvalidField: it is none, is below zero, or can be meant in two ways.
    """
    text = form.text(name, "", most=40).replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    text = text.removesuffix("€").removesuffix("%")
    if not text:
        return None
    point = "," if language == "de" else "."
    group = "." if point == "," else ","
    sure = _GROUPED[language].fullmatch(text)
    if sure and (point in text or text.count(group) > 1):
        return float(text.replace(group, "").replace(",", "."))
    if sure:
        raise InvalidField(
            field=name,
            reason=N_("{text} can be meant in two ways; write it without a sign for thousands"),
            param=name,
            text=text,
        )
    if not _PLAIN.fullmatch(text):
        raise InvalidField(field=name, reason=N_("this is not a number"), param=name)
    return float(text.replace(",", "."))


def whole(form: Form, name: str) -> int | None:
    """A whole number of a form; signs for thousands allowed; None where the field is empty.

    Raises:
        InvalidField: it is none.
    """
    text = form.text(name, "", most=40)
    if not text:
        return None
    digits = _SIGNS.sub("", text)
    if not _WHOLE.fullmatch(text) or len(digits) > 18:
        raise InvalidField(field=name, reason=N_("this is not a whole number"), param=name)
    return int(digits)


def number(value: float, language: str, places: int = 0) -> str:
    """A number as it is read: grouped, with so many decimals."""
    text = f"{value:,.{places}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def size(count: int, language: str) -> str:
    """Bytes as they are read, in decimal units: 512 B, 2.0 kB, 98.4 MB."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{number(value, language, 0 if unit == 'B' or value >= 100 else 1)} {unit}"


def typed(value: float | None, language: str) -> str:
    """A number as it stands in a field: not grouped, no more decimals than it has."""
    if value is None:
        return ""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text if language == "en" else text.replace(".", ",")


def euros(micro: int | None, language: str, places: int = 2) -> str:
    """Micro-EUR as EUR with so many decimals; a little is not made into nothing."""
    if micro is None:
        return ""
    least = MICRO // 10**places
    below = "< " if 0 < micro < least else ""
    return f"{below}{number((least if below else micro) / MICRO, language, places)} €"


def price(value: float | None, language: str) -> str:
    """EUR per million tokens with as many decimals as it takes, at least two."""
    if value is None:
        return ""
    places = 2 if value >= 1 else max(2, len(f"{value:.4f}".rstrip("0").partition(".")[2]))
    return number(value, language, places)
