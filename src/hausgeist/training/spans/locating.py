# SPDX-License-Identifier: EUPL-1.2
"""Where the value of a field stands in a text: a canonical value becomes a passage to learn from.

In: a text and a field. Out: the passages that could hold a value of its type, each with this value. A value
that is written in other words than the canonical ones (``zwölf``, ``morgen``) is not found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hausgeist.core.tasks import Field, FieldType
from hausgeist.core.tokens import snapped, tokens_of
from hausgeist.training.rules.fill import filled

_MONTH = r"(?:Jan|Feb|Mär|Mar|Apr|Mai|May|Jun|Jul|Aug|Sep|Okt|Oct|Nov|Dez|Dec)[^\W\d_]{0,6}"
_DATE = re.compile(
    rf"(?<!\d)(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}|\d{{1,2}}\.?\s+{_MONTH}\.?\s+\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,-])[+-]?(?:\d{1,3}(?:[.'\u00a0\u202f ]\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?)(?![\w]|[.,]\d)"
)
LOCATED = frozenset({FieldType.TEXT, FieldType.NUMBER, FieldType.DATE})
"""Types whose values stand in the text."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, ``text[start:end]``, and the canonical text of the value that it holds."""

    start: int
    end: int
    value: str


def candidates(field: Field, text: str) -> Iterator[Candidate]:
    """The passages that hold a date or a number; of other types there are none without a value."""
    if field.type is FieldType.DATE:
        for found in _DATE.finditer(text):
            value = filled(field, found[0])
            if value:
                yield Candidate(found.start(), found.end(), value)
    elif field.type is FieldType.NUMBER:
        at = 0
        for day in [*_DATE.finditer(text), None]:
            stop = day.start() if day else len(text)
            for found in _NUMBER.finditer(text, at, stop):
                yield Candidate(found.start(), found.end(), filled(field, found[0]))
            at = day.end() if day else stop


def located(field: Field, text: str, value: str) -> list[tuple[int, int]]:
    """Where a value stands, in the order of the text; empty: nowhere as it is."""
    if field.type is not FieldType.TEXT:
        return [(one.start, one.end) for one in candidates(field, text) if one.value == value]
    words = value.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words), re.IGNORECASE)
    tokens = tokens_of(text)
    places = [found.span() for found in pattern.finditer(text)]
    return [place for place in places if snapped(tokens, *place) == place]
