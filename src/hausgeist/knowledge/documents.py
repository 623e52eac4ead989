# SPDX-License-Identifier: EUPL-1.2
"""Reading a document: its content flows in piece by piece, what was read out of it flows out.

The parsers run in a limited child process; here nothing looks into a content.
"""

from collections.abc import AsyncIterable
from typing import Any

import msgspec

from hausgeist.errors import WorkCrashed
from hausgeist.jobs.confined import confined
from hausgeist.knowledge.parsers.kinds import TEXTS
from hausgeist.knowledge.parsers.read import NOTES, TEXT_MOST

SECONDS = 60.0
MEGABYTES = 1024
PICTURES = frozenset({"image/png", "image/jpeg"})
"""What pictures are encoded to."""


class Document(msgspec.Struct, frozen=True):
    """What was read: see ``parsers.read.Read``, whose fields these are."""

    media: str
    text: str
    pages: int | None = None
    notes: tuple[tuple[str, dict[str, Any]], ...] = ()
    picture: bytes = b""

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture instead of a text."""
        return bool(self.picture)


async def read_document(content: bytes | AsyncIterable[bytes], whose: str = "") -> Document:
    """Read a content, whatever it says it is; ``whose`` is the id of the person who wants it read.

    Raises:
        FileKindUnknown, FileLocked, FileBomb, FileUnreadable, FileWithoutText: as their names say.
        TookTooLong, TookTooMuch, WorkCrashed: the parser kept to no limit.
    """
    said = await confined(
        "hausgeist.knowledge.parsers.reading",
        "read",
        content,
        seconds=SECONDS,
        megabytes=MEGABYTES,
        whose=whose,
    )
    head, _, picture = said.partition(b"\n")
    try:
        found = msgspec.json.decode(head, type=Document)
    except msgspec.DecodeError as error:
        raise WorkCrashed from error
    if not _sensible(found, picture=bool(picture)):
        raise WorkCrashed
    return msgspec.structs.replace(found, picture=picture)


def _sensible(found: Document, *, picture: bool) -> bool:
    """Whether a child kept to what parsers say; one that was taken over says what it likes."""
    if found.media not in (PICTURES if picture else TEXTS) or len(found.text) > TEXT_MOST:
        return False
    try:
        return all(text in NOTES and text.format(**values) for text, values in found.notes)
    except (LookupError, ValueError, AttributeError):
        return False
