# SPDX-License-Identifier: EUPL-1.2
"""JSON inside of texts: what is there to read comes out, and the JSON with some of it replaced.

Strings and long numbers are laid out line by line as ``key: value``, with escapes decoded, so that an anchor
word in a key is seen and an escaped umlaut is one. Replacing changes those literals and nothing else: order,
blanks and doubled keys stay as they were.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{3,}')
"""A string, or a number long enough to be one of a person's."""
_COLON = re.compile(r"[ \t\r\n]*:")
_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A literal: its place in the laid-out text, and in the JSON."""

    start: int
    end: int
    raw_start: int
    raw_end: int


@dataclass(frozen=True, slots=True)
class Laid:
    """A laid-out text, and where each of its pieces stands."""

    text: str
    pieces: tuple[Piece, ...]


def laid_out(raw: str) -> Laid | None:
    """The readable text of a JSON object or list; None if it is neither."""
    bare = raw.strip()
    if len(bare) < _LEAST or bare[0] + bare[-1] not in {"{}", "[]"}:
        return None
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    out: list[str] = []
    pieces: list[Piece] = []
    at = 0
    for match in _LITERAL.finditer(raw):
        literal = match[0]
        value = literal
        if literal[0] == '"':
            value = json.loads(literal) if "\\" in literal else literal[1:-1]
        pieces.append(Piece(at, at + len(value), match.start(), match.end()))
        ending = ": " if _COLON.match(raw, match.end()) else "\n"
        out += (value, ending)
        at += len(value) + len(ending)
    return Laid("".join(out), tuple(pieces))


def replaced(raw: str, pieces: Sequence[Piece], values: Sequence[str | None]) -> str:
    """The JSON with new values for some pieces; None leaves one as it is. All new ones are strings."""
    out: list[str] = []
    at = 0
    for piece, value in zip(pieces, values, strict=True):
        if value is None:
            continue
        out += (raw[at : piece.raw_start], json.dumps(value, ensure_ascii=False))
        at = piece.raw_end
    return "".join((*out, raw[at:]))
