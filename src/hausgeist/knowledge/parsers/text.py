# SPDX-License-Identifier: EUPL-1.2
"""Plain text of any kind (notes, Markdown, CSV, JSON, code): bytes in, the same words out."""

import codecs

from hausgeist.errors import FileKindUnknown, FileWithoutText
from hausgeist.knowledge.parsers.kinds import SVG, TEXT
from hausgeist.knowledge.parsers.read import DRAWING, GUESSED, Lines, Read

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = frozenset(range(32)) - {9, 10, 12, 13, 27}
_CONTROLS_MOST = 0.002
"""Share of control characters beyond which it is no text."""
_NAMED = frozenset({"iso-8859-1", "iso-8859-15", "windows-1252", "latin1", "utf-16", "us-ascii"})


def read(payload: bytes, media: str = TEXT) -> Read:
    """A text as it is.

    Raises:
        FileKindUnknown: it is no text.
        FileWithoutText: it is empty.
    """
    result = Read(media=TEXT)
    lines = Lines()
    words = decoded(payload)
    lines.add(words.replace("\r\n", "\n"))
    if not _is_utf8(payload) and not payload.startswith(tuple(mark for mark, _ in _MARKS)):
        result.note(GUESSED)
    if media == SVG:
        result.note(DRAWING)
    if not lines.finish(result).text:
        raise FileWithoutText
    return result


def decoded(payload: bytes, named: str = "") -> str:
    """The words of a text: by its byte order mark, as UTF-8, as it says itself, else as Windows-1252.

    Raises:
        FileKindUnknown: it is no text.
    """
    for mark, name in _MARKS:
        if payload.startswith(mark):
            return payload.decode(name, "replace").removeprefix("\ufeff")
    controls = sum(payload.count(bytes([byte])) for byte in _CONTROL)
    if controls > len(payload) * _CONTROLS_MOST:
        raise FileKindUnknown
    if _is_utf8(payload):
        return payload.decode("utf-8")
    if named.lower() in _NAMED:
        return payload.decode(named, "replace")
    return payload.decode("cp1252", "replace")


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
