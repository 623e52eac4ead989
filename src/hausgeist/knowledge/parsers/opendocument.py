# SPDX-License-Identifier: EUPL-1.2
"""ODT and ODP: bytes in, headings, paragraphs, lists, tables and notes out, by defusedxml."""

import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hausgeist.errors import N_, FileBomb, FileUnreadable, FileWithoutText
from hausgeist.knowledge.parsers.kinds import ODP
from hausgeist.knowledge.parsers.read import MACROS, PAGES_MOST, Lines, Read
from hausgeist.knowledge.parsers.zipped import part

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT = f"{{{_NAMES}text:1.0}}"
_TABLE = f"{{{_NAMES}table:1.0}}"
_DRAW = f"{{{_NAMES}drawing:1.0}}"
_DEEPEST = 200
_REPEAT_MOST = 100


def read(container: zipfile.ZipFile, media: str) -> Read:
    """The text of a document as Markdown.

    Raises:
        FileUnreadable, FileBomb, FileWithoutText: as their names say.
    """
    try:
        root = fromstring(part(container, "content.xml"), forbid_dtd=True)
    except DefusedXmlException as error:
        raise FileBomb(reason=N_("it declares entities of its own")) from error
    except (ParseError, LookupError, ValueError) as error:  # an unknown encoding, too
        raise FileUnreadable(reason=N_("it is no complete document")) from error
    result = Read(media=media)
    walk = _Walk()
    if media == ODP:
        result.pages = sum(1 for _ in root.iter(f"{_DRAW}page"))
    walk.block(root, result.pages or 0)
    for number, words in enumerate(walk.notes, 1):
        walk.lines.add(f"[^{number}]: {words}")
    if any(name.startswith("Basic/") for name in container.namelist()):
        result.note(MACROS)
    if not walk.words_found:
        raise FileWithoutText
    return walk.lines.finish(result)


class _Walk:
    def __init__(self) -> None:
        self.lines = Lines()
        self.notes: list[str] = []
        self.words_found = False
        self._page = 0

    def block(self, element: Any, pages: int, depth: int = 0, items: int = 0) -> None:
        """What stands beneath an element, block by block."""
        for child in element:
            if self.lines.full or self._page > PAGES_MOST:
                return
            if child.tag == f"{_TEXT}h":
                level = child.get(f"{_TEXT}outline-level", "1")
                self._add(f"\n{'#' * min(int(level) if level.isdigit() else 1, 6)} ", child, "\n")
            elif child.tag == f"{_TEXT}p":
                self._add(f"{'  ' * (items - 1)}- " if items else "", child, "" if items else "\n")
            elif child.tag == f"{_TABLE}table":
                self.lines.table(self._rows(child))
            elif child.tag == f"{_TEXT}tracked-changes":
                continue
            elif depth < _DEEPEST:
                if child.tag == f"{_DRAW}page":
                    self._page += 1
                    self.lines.mark(self._page, pages)
                deeper = items + 1 if child.tag == f"{_TEXT}list" else items
                self.block(child, pages, depth + 1, deeper)

    def _add(self, before: str, element: Any, after: str) -> None:
        words = self._words(element).strip()
        if words:
            self.words_found = True
            self.lines.add(f"{before}{words}{after}")

    def _rows(self, table: Any) -> Iterator[list[str]]:
        for row in table.iter(f"{_TABLE}table-row"):
            cells: list[str] = []
            for one in row.iterfind(f"{_TABLE}table-cell"):
                words = " ".join(self._words(paragraph) for paragraph in one.iter(f"{_TEXT}p"))
                times = one.get(f"{_TABLE}number-columns-repeated", "1")
                cells += [words] * min(int(times) if times.isdigit() else 1, _REPEAT_MOST)
            if any(cells):
                self.words_found = True
                yield cells

    def _words(self, element: Any, depth: int = 0) -> str:
        parts = [element.text or ""]
        for child in element:
            if child.tag == f"{_TEXT}note":
                body = child.find(f"{_TEXT}note-body")
                words = "" if body is None else " ".join("".join(body.itertext()).split())
                self.notes.append(words)
                parts.append(f"[^{len(self.notes)}]")
            elif child.tag == f"{_TEXT}s":
                count = child.get(f"{_TEXT}c", "1")
                parts.append(" " * min(int(count) if count.isdigit() else 1, _REPEAT_MOST))
            elif child.tag == f"{_TEXT}tab":
                parts.append("\t")
            elif child.tag == f"{_TEXT}line-break":
                parts.append("\n")
            elif depth < _DEEPEST:
                parts.append(self._words(child, depth + 1))
            parts.append(child.tail or "")
        return "".join(parts)
