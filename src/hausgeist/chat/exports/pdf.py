# SPDX-License-Identifier: EUPL-1.2
"""A letter becomes a PDF. Runs in a limited child process.

The program of the page (``conversation.typ``) is fixed; the conversation reaches it as JSON, as data. No
word of it is ever source of the typesetter's language.
"""

from pathlib import Path
from typing import Any

import msgspec

from hausgeist.chat.exports.glyphs import breakable, covered, named, printable, right_to_left
from hausgeist.chat.exports.letter import Letter
from hausgeist.render.code import language_of
from hausgeist.render.formula_tree import formula_tree
from hausgeist.render.paper import Piece, Run, pieces_of

PROGRAM = Path(__file__).with_name("conversation.typ")
CODE_COLOURED = 20_000
"""Characters of code that are coloured."""


def pdf(payload: bytes) -> bytes:
    """The PDF of a letter, given as JSON."""
    import typst  # noqa: PLC0415  40 MB that only this child needs

    letter = msgspec.json.decode(payload, type=Letter)
    fonts = typst.Fonts(include_system_fonts=True)
    families = set(fonts.families())
    own = set(typst.Fonts(include_system_fonts=False).families())
    writer = _Writer(emoji=any("emoji" in family.lower() for family in families))
    document = writer.document(letter, others=bool(families - own))
    return bytes(
        typst.compile(  # type: ignore[call-overload]  # its types want all paths of one kind
            PROGRAM.read_bytes(),
            root=".",  # the child's own folder, which is empty
            font_paths=fonts,
            sys_inputs={"letter": msgspec.json.encode(document).decode()},
            format="pdf",
        )
    )


class _Writer:
    """Makes the data. ``emoji``: the server has a font for them."""

    def __init__(self, *, emoji: bool) -> None:
        self._emoji = emoji
        self._lacking = False

    def document(self, letter: Letter, *, others: bool) -> dict[str, Any]:
        """The whole; ``others``: the server has fonts beside those that come along."""
        turns = [
            {
                "heading": turn.heading,
                "about": self._words(turn.about),
                "files": [self._words(name) for name in turn.files],
                "note": turn.note,
                "answer": turn.is_answer,
                "pieces": [self._piece(piece) for piece in pieces_of(turn.text)]
                if turn.is_answer
                else self._plain(turn.text),
            }
            for turn in letter.turns
        ]
        return {
            "title": self._words(letter.title),
            "organisation": self._words(letter.organisation),
            "language": letter.language,
            "facts": [[label, self._words(words)] for label, words in letter.facts],
            "marked": letter.marked,
            "page": letter.page,
            "turns": turns,
            "lacking": letter.lacking if self._lacking and not others else "",
        }

    def _words(self, text: str) -> str:
        found = printable(text)
        if not self._emoji:
            found = named(found)
        self._lacking = self._lacking or not covered(found)
        return breakable(found)

    def _plain(self, text: str) -> list[dict[str, Any]]:
        """A question: its lines as they were typed."""
        return [
            {
                "kind": "text",
                "runs": [{"text": self._words(part)}],
                "rtl": right_to_left(part),
                "indent": 0,
                "quote": 0,
                "marker": "",
            }
            for part in text.split("\n\n")
            if part.strip()
        ]

    def _piece(self, piece: Piece) -> dict[str, Any]:
        made: dict[str, Any] = {
            "kind": piece.kind,
            "indent": min(piece.indent, 8),
            "quote": min(piece.quote, 8),
            "marker": piece.marker,
        }
        if piece.kind == "code":
            short = len(piece.text) <= CODE_COLOURED
            made |= {
                "text": self._words(piece.text),
                "language": language_of(piece.language) if short else "",
            }
        elif piece.kind == "formula":
            made |= {
                "text": self._words(piece.text),
                "tree": formula_tree(piece.text, display=True),
            }
        elif piece.kind == "table":
            made |= {
                "rows": [[self._runs(cell) for cell in row] for row in piece.rows],
                "sides": list(piece.sides),
            }
        else:
            words = "".join(run.text for run in piece.runs)
            made |= {
                "runs": self._runs(piece.runs),
                "level": piece.level,
                "rtl": right_to_left(words),
            }
        return made

    def _runs(self, runs: tuple[Run, ...]) -> list[dict[str, Any]]:
        return [self._run(run) for run in runs]

    def _run(self, run: Run) -> dict[str, Any]:
        made: dict[str, Any] = {"text": self._words(run.text)}
        if run.formula:
            made["tree"] = formula_tree(run.text, display=False)
            made["code"] = True  # where there is no tree, its source
        for name in ("bold", "italic", "strike", "code"):
            if getattr(run, name):
                made[name] = True
        if run.link:
            made["link"] = run.link
        return made
