# SPDX-License-Identifier: EUPL-1.2
"""A growing Markdown text flows in as deltas; finished blocks of HTML and unfinished words flow out.

A page is the concatenation of blocks that were rendered independently. The same blocks come out for
any chunking, so an answer that was watched and one that was reloaded are equal byte for byte. Two
things follow: a link reference definition (``[1]: https://…``) is no definition here but stays visible
as text, and an HTML-looking line is text. Each character is examined once by the cutter and once by
the renderer of its block; the unfinished tail is never parsed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from hausgeist.render.cut import Cutter

_UNWANTED = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Closed:
    """Block ``index`` (from 0) is finished; ``html`` replaces everything its tail showed."""

    index: int
    html: str


@dataclass(frozen=True, slots=True)
class Tail:
    """More words of the unfinished block ``index``: append them as text, never as HTML."""

    index: int
    text: str


Op: TypeAlias = Closed | Tail


class BlockStream:
    """One text on its way to the page. Feed deltas, close once; every block comes out once.

    ``language`` chooses the few words the renderer adds itself ("Copy"); use the same for history.
    ``render`` makes something else of a block's text and the language than HTML.
    """

    def __init__(
        self, language: str = "en", render: Callable[[str, str], str] | None = None
    ) -> None:
        self._language = language
        self._render = render
        self._cutter = Cutter()
        self._index = 0
        self._block: list[str] = []  # finished lines of the open block
        self._line: list[str] = []  # pieces of the unfinished line
        self._unsent: list[str] = []  # words of the open block that no Tail has carried yet

    def feed(self, delta: str) -> list[Op]:
        """Take more text; give the blocks it finished, then the new words of the open one."""
        ops: list[Op] = []
        *ends, rest = delta.split("\n")
        for end in ends:
            self._line.append(end)
            self._unsent.append(end)
            self._unsent.append("\n")
            ops.extend(self._end_line())
        if rest:
            self._line.append(rest)
            self._unsent.append(rest)
        if self._unsent:
            tail = _UNWANTED.sub("\ufffd", "".join(self._unsent))
            self._unsent.clear()
            ops.append(Tail(self._index, tail))
        return ops

    def close(self) -> list[Closed]:
        """End the text; give what was still open: no block, one, or two."""
        closed = self._end_line() if self._line else []
        closed.extend(self._close_block())
        self._unsent.clear()
        return closed

    def _end_line(self) -> list[Closed]:
        line = _clean_line("".join(self._line))
        self._line.clear()
        verdict = self._cutter.accept(line)
        closed = self._close_block() if verdict.before else []
        if not verdict.keep:
            self._unsent.clear()
            return closed
        if verdict.before:
            self._unsent = [line, "\n"]
        self._block.append(line)
        if verdict.after:
            closed.extend(self._close_block())
            self._unsent.clear()
        return closed

    def _close_block(self) -> list[Closed]:
        if not self._block:
            return []
        render = self._render or _renderer()
        html = render("\n".join(self._block), self._language)
        self._block.clear()
        closed = Closed(self._index, html)
        self._index += 1
        return [closed]


@cache
def _renderer() -> Callable[[str, str], str]:
    """The renderer, loaded at the first block: with its parsers it is a tenth of the server's start."""
    from hausgeist.render.markdown import render_block  # noqa: PLC0415  see above

    return render_block


def _clean_line(line: str) -> str:
    """Join surrogate pairs that came in two deltas, replace what is no character, drop returns."""
    if not line.isascii() and _UNWANTED.search(line):
        line = line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return line.removesuffix("\r").replace("\r", " ").replace("\x00", "\ufffd")


def render_blocks(text: str, language: str = "en") -> list[str]:
    """The HTML of each block of a finished text; joined, it is the page."""
    stream = BlockStream(language)
    ops: list[Op] = [*stream.feed(text), *stream.close()]
    return [op.html for op in ops if isinstance(op, Closed)]


def cut_blocks(text: str) -> list[str]:
    """The Markdown of each block of a finished text, cut where its page is."""
    stream = BlockStream(render=lambda source, _language: source)
    ops: list[Op] = [*stream.feed(text), *stream.close()]
    return [op.html for op in ops if isinstance(op, Closed)]
