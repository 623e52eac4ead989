# SPDX-License-Identifier: EUPL-1.2
"""What a parser gives, and the limits all of them keep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hausgeist.errors import N_

TEXT_MOST = 2_000_000
"""Characters of a text; what is beyond is left out, and said. About half a million tokens."""
PAGES_MOST = 2000
"""Pages, slides or sheets that are read; what is beyond is left out, and said."""

CUT = N_("Only the first {chars} characters were read; the rest was left out.")
PAGES_CUT = N_("Only the first {read} of {pages} pages were read; the rest was left out.")
MACROS = N_("The file contains macros. They were ignored, and never run.")

SCANNED = N_("{count} of {pages} pages have no words (pictures or scans); they were left out.")
TRACKED = N_("The document has tracked changes; deleted text was left out.")
SHEETS_CUT = N_("Only the first {read} of {sheets} sheets were read; the rest was left out.")
ROWS_CUT = N_("Of the sheet “{sheet}” only {read} rows of {rows} were read.")
COLUMNS_CUT = N_("Of the sheet “{sheet}” only {read} columns of {columns} were read.")
GUESSED = N_("The text says nothing about its encoding; it was read as Windows-1252.")
DRAWING = N_("A drawing (SVG) is not shown as a picture; its source was read as text.")
UNREAD = N_("The attachment “{name}” of the mail could not be read.")
ATTACHMENTS_CUT = N_("Only the first {read} of {count} attachments of the mail were read.")
SHRUNK = N_(
    "The picture was made smaller: from {width} by {height} to {now_width} by {now_height} pixels."
)
CLEANED = N_("Place, camera and other data beside the picture were removed.")
MOVING = N_("The picture moves; only its first frame is used.")

NOTES = frozenset(
    {
        CUT,
        PAGES_CUT,
        MACROS,
        SCANNED,
        TRACKED,
        SHEETS_CUT,
        ROWS_CUT,
        COLUMNS_CUT,
        GUESSED,
        DRAWING,
        UNREAD,
        ATTACHMENTS_CUT,
        SHRUNK,
        CLEANED,
        MOVING,
    }
)
"""All that a note may say: whoever reads what a child tells takes nothing else."""

Note = tuple[str, Mapping[str, object]]


@dataclass(slots=True, kw_only=True)
class Read:
    """What was read out of a file.

    ``media`` is what the content is. ``text`` is Markdown or plain text. ``pages`` counts pages, slides or
    sheets, None where there is no such thing. ``notes`` are (text of the catalogue, values) pairs: what
    was left out or ignored. ``picture`` is an image, encoded anew, instead of a text.
    """

    media: str
    text: str = ""
    pages: int | None = None
    notes: list[Note] = field(default_factory=list)
    picture: bytes = b""

    def note(self, text: str, **values: object) -> None:
        """Say something about it, once."""
        if (text, values) not in self.notes:
            self.notes.append((text, values))


class Lines:
    """A text under way, which stops growing at ``TEXT_MOST``."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether there is no room left."""
        return self._size > TEXT_MOST

    def add(self, text: str) -> None:
        """Add a line, or a block of them."""
        if not self.full:
            self._parts.append(text)
            self._size += len(text) + 1

    def mark(self, number: int, of: int) -> None:
        """Begin a page. Numbers only: the words around them are in the reader's language."""
        self.add(f"\n--- {number} / {of} ---\n")

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """Add a table, its first row as the heading."""
        for number, row in enumerate(rows):
            if self.full:
                return
            self.add("| " + " | ".join(cell(one) for one in row) + " |")
            if number == 0:
                self.add("|" + "---|" * max(1, len(row)))
        self.add("")

    def finish(self, read: Read) -> Read:
        """Put the text into a ``Read``, cut where it must be."""
        text = "\n".join(self._parts).strip()
        if len(text) > TEXT_MOST:
            text = text[:TEXT_MOST]
            read.note(CUT, chars=TEXT_MOST)
        read.text = text
        return read


def cell(text: str) -> str:
    """A cell of a Markdown table: one line, without a bar of its own."""
    return " ".join(text.replace("|", "\\|").split())
