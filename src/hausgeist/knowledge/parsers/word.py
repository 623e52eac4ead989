# SPDX-License-Identifier: EUPL-1.2
"""DOCX: bytes in, paragraphs, headings, lists, tables and footnotes in their order out.

python-docx opens the package; its elements are walked here, so that documents with macros and templates,
which it refuses, are read too. Deleted text, comments, headers and footers are left out.
"""

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from docx.opc.exceptions import OpcError
from docx.opc.package import OpcPackage
from docx.oxml.parser import parse_xml
from lxml.etree import XMLSyntaxError

from hausgeist.core.archives import DAMAGED
from hausgeist.errors import N_, FileUnreadable, FileWithoutText
from hausgeist.knowledge.parsers.kinds import DOCX
from hausgeist.knowledge.parsers.read import MACROS, TRACKED, Lines, Read

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo)\s*(\d)", re.IGNORECASE)
_DEEPEST = 200


def read(payload: bytes) -> Read:
    """The text of a document as Markdown.

    Raises:
        FileUnreadable, FileWithoutText: as their names say.
    """
    try:
        package = OpcPackage.open(io.BytesIO(payload))
        main = package.main_document_part
        root = _element(main)
    except (OpcError, XMLSyntaxError, AttributeError, *DAMAGED) as error:
        raise FileUnreadable(reason=N_("it is no complete Word file")) from error
    result = Read(media=DOCX)
    walk = _Walk(_headings(main), result)
    for block in _blocks(root):
        walk.block(block)
        if walk.lines.full:
            break
    walk.footnotes(main)
    if any("vbaProject" in str(part.partname) for part in package.iter_parts()):
        result.note(MACROS)
    if not walk.lines.finish(result).text:
        raise FileWithoutText
    return result


class _Walk:
    def __init__(self, headings: Mapping[str, int], result: Read) -> None:
        self.lines = Lines()
        self._headings = headings
        self._result = result

    def block(self, element: Any) -> None:
        """A paragraph or a table."""
        if element.tag == f"{_W}tbl":
            rows = (
                [self._cell(one) for one in row.iter(f"{_W}tc")]
                for row in element.iterchildren(f"{_W}tr")
            )
            self.lines.table(rows)
            return
        words = self.words(element).strip()
        if not words:
            return
        style = _value(element, "pPr", "pStyle")
        level = self._headings.get(style or "", 0)
        if level:
            self.lines.add(f"\n{'#' * min(level, 6)} {words}\n")
        elif element.find(f"{_W}pPr/{_W}numPr") is not None or "List" in (style or ""):
            depth = int(_value(element, "pPr", "numPr", "ilvl") or 0)
            self.lines.add(f"{'  ' * min(depth, 8)}- {words}")
        else:
            self.lines.add(f"{words}\n")

    def words(self, element: Any, depth: int = 0) -> str:
        """The words beneath an element, without what was deleted or is there twice."""
        parts: list[str] = []
        for child in element:
            tag = str(child.tag)
            if tag == f"{_W}t":
                parts.append(child.text or "")
            elif tag in {f"{_W}tab", f"{_W}ptab"}:
                parts.append("\t")
            elif tag in {f"{_W}br", f"{_W}cr"}:
                parts.append("\n")
            elif tag == f"{_W}footnoteReference":
                parts.append(f"[^{child.get(f'{_W}id')}]")
            elif tag in {f"{_W}del", f"{_W}moveFrom"}:
                self._result.note(TRACKED)
            elif not tag.endswith(("}Fallback", "}pPr", "}rPr", "}instrText")) and depth < _DEEPEST:
                parts.append(self.words(child, depth + 1))
                if tag == f"{_W}p":
                    parts.append("\n")
        return "".join(parts)

    def footnotes(self, main: Any) -> None:
        """The footnotes, each with its number."""
        for relation in main.rels.values():
            if relation.is_external or not relation.reltype.endswith("/footnotes"):
                continue
            for note in _element(relation.target_part).iter(f"{_W}footnote"):
                if note.get(f"{_W}type") is None:
                    words = " ".join(self.words(note).split())
                    self.lines.add(f"[^{note.get(f'{_W}id')}]: {words}")

    def _cell(self, element: Any) -> str:
        return self.words(element)


def _blocks(root: Any) -> Iterator[Any]:
    """Paragraphs and tables of the body in order; what wraps them (fields, content controls) is opened."""
    body = root.find(f"{_W}body")
    waiting = [iter(body if body is not None else ())]
    while waiting:
        element = next(waiting[-1], None)
        if element is None:
            waiting.pop()
        elif element.tag in {f"{_W}p", f"{_W}tbl"}:
            yield element
        elif element.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"}:
            waiting.append(iter(element))


def _headings(main: Any) -> dict[str, int]:
    """The level of each style that is a heading, by the style's id."""
    found = {"Title": 1, "Titel": 1}
    for relation in main.rels.values():
        if relation.is_external or not relation.reltype.endswith("/styles"):
            continue
        for style in _element(relation.target_part).iter(f"{_W}style"):
            key = style.get(f"{_W}styleId") or ""
            outline = _value(style, "pPr", "outlineLvl")
            named = _HEADING.fullmatch((_value(style, "name") or "").strip())
            if named:
                found[key] = int(named[1])
            elif outline is not None and outline.isdigit() and int(outline) < 6:
                found[key] = int(outline) + 1
    return found


def _element(part: Any) -> Any:
    """The root of a part, in the names of the transitional standard."""
    if _STRICT.encode() in part.blob[:4096]:
        blob = part.blob.replace(_STRICT.encode(), _W[1:-1].encode())
        return parse_xml(blob)
    known = getattr(part, "element", None)
    return known if known is not None else parse_xml(part.blob)


def _value(element: Any, *path: str) -> str | None:
    found = element.find("/".join(f"{_W}{name}" for name in path))
    return None if found is None else found.get(f"{_W}val")
