# SPDX-License-Identifier: EUPL-1.2
"""HTML: bytes in, its words with headings, lists and tables out.

Scripts, styles and addresses are dropped; nothing it points at is fetched.
"""

import re
from html.parser import HTMLParser

from hausgeist.errors import FileWithoutText
from hausgeist.knowledge.parsers.kinds import HTML
from hausgeist.knowledge.parsers.read import Lines, Read
from hausgeist.knowledge.parsers.text import decoded

_DROPPED = frozenset(
    "script style template svg math noscript iframe object embed head select audio video".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote dd details div dl dt fieldset figcaption figure footer form "
    "header hr main nav ol p pre section summary table tbody thead tfoot ul caption body html".split()
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{1,30})", re.IGNORECASE)


def read(payload: bytes) -> Read:
    """The words of a web page.

    Raises:
        FileWithoutText, FileKindUnknown: there are none; it is no text at all.
    """
    named = _CHARSET.search(payload[:4096])
    result = Read(media=HTML)
    words_of(decoded(payload, named[1].decode("ascii") if named else ""), lines := Lines())
    if not lines.finish(result).text:
        raise FileWithoutText
    return result


def words_of(source: str, lines: Lines) -> None:
    """Add the words of a piece of HTML."""
    parser = _Words(lines)
    parser.feed(source)
    parser.close()
    parser.end()


class _Words(HTMLParser):
    def __init__(self, lines: Lines) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = lines
        self._line: list[str] = []
        self._dropped = ""  # the element that is being dropped, and how often it is open in itself
        self._depth = 0
        self._pre = 0
        self._cells: list[str] | None = None
        self._lists = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if self._dropped:
            self._depth += tag == self._dropped
        elif tag in _DROPPED:
            self._dropped, self._depth = tag, 1
        elif tag in {"td", "th"}:
            if self._cells is not None:
                self._close_cell()
        elif tag == "tr":
            self.end()
            self._cells = []
        elif tag == "br":
            self._line.append("\n")
        elif tag == "li":
            self.end()
            self._line.append("  " * max(0, min(self._lists, 8) - 1) + "- ")
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.end()
            self._line.append("#" * int(tag[1]) + " ")
        elif tag in _BLOCKS and self._cells is None:
            self.end()
        self._pre += tag == "pre"
        self._lists += tag in {"ul", "ol"}

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            self._depth -= tag == self._dropped
            if not self._depth or tag == "body":
                self._dropped = ""
            return
        self._pre = max(0, self._pre - (tag == "pre"))
        self._lists = max(0, self._lists - (tag in {"ul", "ol"}))
        if tag in {"tr", "table"} and self._cells is not None:
            self._close_cell()
            cells, self._cells = self._cells, None
            if any(cells):
                self._lines.add("| " + " | ".join(cells) + " |")
        elif self._cells is None and (tag in _BLOCKS or tag[:1] == "h" or tag == "li"):
            self.end()

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self._line.append(data if self._pre else re.sub(r"\s+", " ", data))

    def _close_cell(self) -> None:
        words = " ".join("".join(self._line).split()).replace("|", "\\|")
        self._line = []
        if self._cells is not None and (words or self._cells):
            self._cells.append(words)

    def end(self) -> None:
        """Close the line."""
        words = "".join(self._line)
        words = words.rstrip() if words.lstrip().startswith("- ") or self._pre else words.strip()
        self._line = []
        if words.strip(" -#"):
            self._lines.add(words if words.lstrip().startswith("- ") else f"{words}\n")
