# SPDX-License-Identifier: EUPL-1.2
"""What somebody brings along, whatever wrote it: conversations as trees of lines, and a summary.

Between the child that reads and the process that writes these values are JSON, compressed in pieces.
"""

import hashlib
from typing import Any

import msgspec

TITLE_MOST = 200
UNREADABLE_SHOWN = 20
"""Of what could not be read, so many are told one by one."""


class Line(msgspec.Struct, omit_defaults=True):
    """A message. ``parent`` is the place of its parent in the list, -1 for none; ``at`` milliseconds."""

    parent: int
    role: str
    text: str
    at: int
    reasoning: str = ""
    model: str | None = None
    state: str = "done"
    values: dict[str, Any] = {}
    """More of ``store.chats.Said``, from a file of our own."""


class Brought(msgspec.Struct, omit_defaults=True):
    """A conversation. ``leaf`` is the place of the end of the branch that is shown."""

    source: str
    title: str
    created_at: int
    updated_at: int
    lines: list[Line]
    leaf: int
    model: str = ""
    data_class: str = ""
    archived: bool = False
    pinned: bool = False
    mark: str = ""


class Summary(msgspec.Struct):
    """What was found. ``unreadable`` are (title or place, reason) pairs, reasons in the catalogue."""

    sources: list[str] = []
    conversations: int = 0
    messages: int = 0
    skipped: int = 0
    """Messages of tools and systems, and empty ones."""
    left_behind: int = 0
    """Files and pictures, which exports do not hold."""
    people: int = 0
    """Whose conversations they are, where the file tells."""
    unreadable: list[tuple[str, str]] = []
    unreadable_count: int = 0
    oldest: int = 0
    newest: int = 0


def mark_of(brought: Brought) -> str:
    """The same for the same conversation with the same words, and for no other."""
    digest = hashlib.sha256(f"{brought.source}\0{brought.created_at}\0{brought.title}".encode())
    for line in brought.lines:
        digest.update(f"\0{line.parent}\0{line.role}\0{line.at}\0{line.text}".encode())
    return digest.hexdigest()
