# SPDX-License-Identifier: EUPL-1.2
"""A finished Markdown text becomes a flat list of pieces for paper: what a page shows, without HTML.

Flat, because word processors want it so and typesetters may not nest deeply: lists and quotes are
numbers on a piece. The same parser and the same limits as for pages; what a page shows as it was
written is a piece of code here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from markdown_it.token import Token

from hausgeist.render.blocks import cut_blocks
from hausgeist.render.markdown import host_of, parse_block

PieceKind: TypeAlias = Literal["text", "heading", "code", "formula", "rule", "table"]


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one look. ``link`` is an http, https or mail address; ``formula``: the text is TeX."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    formula: bool = False
    link: str = ""


Runs: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A heading (``level`` from 1), a paragraph, code (``text``, ``language``), a formula, a rule, a table.

    ``indent`` counts lists around it, ``quote`` quotes; ``marker`` stands before it (a bullet is ``•``).
    ``rows`` are a table's, the first its head; ``sides`` are its columns' alignments.
    """

    kind: PieceKind
    runs: Runs = ()
    text: str = ""
    language: str = ""
    level: int = 0
    indent: int = 0
    quote: int = 0
    marker: str = ""
    rows: tuple[tuple[Runs, ...], ...] = ()
    sides: tuple[str, ...] = ()


def pieces_of(text: str) -> list[Piece]:
    """The pieces of a text."""
    found: list[Piece] = []
    for block in cut_blocks(text):
        tokens = parse_block(block)
        if tokens is None:
            found.append(Piece(kind="code", text=block))
        else:
            found.extend(_Walk().pieces(tokens))
    return found


@dataclass(slots=True)
class _Walk:
    """One pass over a block's tokens."""

    quote: int = 0
    lists: list[int | None] = field(default_factory=list)  # the next number, None for bullets
    marker: str = ""
    level: int = 0
    rows: list[list[Runs]] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    in_cell: bool = False
    found: list[Piece] = field(default_factory=list)

    def pieces(self, tokens: Sequence[Token]) -> list[Piece]:
        for token in tokens:
            self._take(token)
        return self.found

    def _take(self, token: Token) -> None:  # noqa: C901, PLR0912  one line for each kind of token
        kind = token.type
        if kind == "inline":
            self._inline(token)
        elif kind == "heading_open":
            self.level = int(token.tag[1])
        elif kind == "heading_close":
            self.level = 0
        elif kind in {"fence", "code_block"}:
            word = token.info.split(maxsplit=1)[0][:40] if token.info.strip() else ""
            self._add(Piece(kind="code", text=token.content.removesuffix("\n"), language=word))
        elif kind == "formula_block":
            self._add(Piece(kind="formula", text=token.content))
        elif kind == "hr":
            self._add(Piece(kind="rule"))
        elif kind == "blockquote_open":
            self.quote += 1
        elif kind == "blockquote_close":
            self.quote -= 1
        elif kind == "bullet_list_open":
            self.lists.append(None)
        elif kind == "ordered_list_open":
            self.lists.append(int(token.attrs.get("start", 1)))
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            self.lists.pop()
        elif kind == "list_item_open":
            self._item()
        elif kind == "list_item_close" and self.marker:
            self._add(Piece(kind="text"))
        elif kind == "table_open":
            self.rows, self.sides = [], []
        elif kind == "tr_open":
            self.rows.append([])
        elif kind in {"th_open", "td_open"}:
            self.in_cell = True
            if len(self.rows) == 1:
                side = str(token.attrs.get("style", "")).removeprefix("text-align:")
                self.sides.append(side if side in {"right", "center"} else "left")
        elif kind in {"th_close", "td_close"}:
            self.in_cell = False
        elif kind == "table_close":
            rows = tuple(tuple(row) for row in self.rows)
            self._add(Piece(kind="table", rows=rows, sides=tuple(self.sides)))

    def _item(self) -> None:
        number = self.lists[-1]
        self.marker = "•" if number is None else f"{number}."
        if number is not None:
            self.lists[-1] = number + 1

    def _inline(self, token: Token) -> None:
        runs = _runs(token.children or [])
        if self.in_cell:
            self.rows[-1].append(runs)
        elif self.level:
            self._add(Piece(kind="heading", runs=runs, level=self.level))
        else:
            self._add(Piece(kind="text", runs=runs))

    def _add(self, piece: Piece) -> None:
        self.found.append(
            replace(piece, indent=len(self.lists), quote=self.quote, marker=self.marker)
        )
        self.marker = ""


def _runs(children: Sequence[Token]) -> Runs:  # noqa: C901  one line for each kind of token
    found: list[Run] = []
    bold = italic = strike = 0
    link = ""
    for token in children:
        kind = token.type
        look = Run("", bold=bold > 0, italic=italic > 0, strike=strike > 0, link=link)
        if kind == "text":
            found.append(replace(look, text=token.content))
        elif kind == "code_inline":
            found.append(replace(look, text=token.content, code=True))
        elif kind == "formula":
            found.append(replace(look, text=token.content, formula=True))
        elif kind in {"softbreak", "hardbreak"}:
            found.append(replace(look, text="\n" if kind == "hardbreak" else " "))
        elif kind == "image":
            url = str(token.attrs.get("src", ""))
            shown = link or (url if host_of(url) else "")
            found.append(replace(look, text=token.content or "↗", italic=True, link=shown))
        elif kind == "link_open":
            url = str(token.attrs.get("href", ""))
            link = url if host_of(url) else ""
        elif kind == "link_close":
            link = ""
        elif kind.startswith("strong_"):
            bold += token.nesting
        elif kind.startswith("em_"):
            italic += token.nesting
        elif kind.startswith("s_"):
            strike += token.nesting
    return tuple(run for run in found if run.text)
