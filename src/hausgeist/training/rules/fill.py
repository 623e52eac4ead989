# SPDX-License-Identifier: EUPL-1.2
"""A passage that a rule found becomes the value of a field, in the canonical text of the field's type.

Unlike what a person types, a passage may have more around the value (``1.234,50 EUR``); what holds no such
value fills nothing.
"""

import re
from datetime import date

from hausgeist.core.tasks import Field, FieldType

_NUMBER = re.compile(
    r"[+-]?\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|[+-]?\d+(?:[.,]\d+)?"
)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_GERMAN = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_WRITTEN = re.compile(r"(?<!\d)(\d{1,2})\.?\s+([^\W\d_]{3,9})\.?\s+(\d{4})(?!\d)")
_MONTHS = (
    ("jan",), ("feb",), ("mär", "mar"), ("apr",), ("mai", "may"), ("jun",),
    ("jul",), ("aug",), ("sep",), ("okt", "oct"), ("nov",), ("dez", "dec"),
)  # fmt: skip
_YES = frozenset({"yes", "ja", "true", "wahr", "1", "x"})
_NO = frozenset({"no", "nein", "false", "falsch", "0"})


def filled(field: Field, passage: str) -> str:
    """The value of a field that a passage holds; empty where it holds none."""
    words = " ".join(passage.split())
    if field.type is FieldType.TEXT:
        return passage.strip()
    if field.type is FieldType.NUMBER:
        return _number(words)
    if field.type is FieldType.DATE:
        return _date(words)
    if field.type is FieldType.FLAG:
        return "yes" if words.casefold() in _YES else "no" if words.casefold() in _NO else ""
    return next((one for one in field.choices if one.casefold() == words.casefold()), "")


def _number(words: str) -> str:
    found = _NUMBER.search(words)
    if found is None:
        return ""
    text = found[0]
    last = max(text.rfind("."), text.rfind(","))
    after = len(text) - last - 1
    others = sum(text.count(sign) for sign in ".,") - 1
    same = text[last : last + 1] and text.count(text[last]) > 1
    # 1.234 is a thousand and more, 1.23 is not; 1.234,5 has both
    decimal = last >= 0 and not same and (after != 3 or others > 0)
    whole = text[:last] if decimal else text
    digits = re.sub(r"\D", "", whole).lstrip("0") or "0"
    rest = text[last + 1 :].rstrip("0") if decimal else ""
    made = digits + (f".{rest}" if rest else "")
    return made if made == "0" or not text.startswith("-") else "-" + made


def _date(words: str) -> str:
    iso, german, written = _ISO.search(words), _GERMAN.search(words), _WRITTEN.search(words)
    if iso:
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if german:
        return _day(int(german[3]), int(german[2]), int(german[1]))
    if written:
        name = written[2].casefold()
        for number, starts in enumerate(_MONTHS, 1):
            if name.startswith(starts):
                return _day(int(written[3]), number, int(written[1]))
    return ""


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
