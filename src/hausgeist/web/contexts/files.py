# SPDX-License-Identifier: EUPL-1.2
"""What is shown of attached files. Words are in the reader's language already."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChip:
    """A file on the composer, or in a list. ``note`` says what was read, ``problem`` why it was not.

    ``state`` is a stable word; ``chars`` of its text, 0 for a picture. ``classes`` are (word, name) pairs.
    """

    id: str
    name: str
    state: str
    note: str
    problem: str
    is_picture: bool
    chars: int
    data_class: str
    classes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """The files a person has attached and not sent. ``largest`` in bytes, ``limit`` the same in words."""

    files: tuple[FileChip, ...] = ()
    largest: int = 0
    limit: str = ""
    most: int = 0
    per_token: int = 3
    """Characters that are counted as one token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """Attach and remove files without a script. ``back`` is the chat's address."""

    shell: Shell
    attached: Attached
    back: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePage:
    """One file and what was read out of it. ``facts`` are pairs; ``more`` counts letters not shown."""

    shell: Shell
    file: FileChip
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    text: str
    more: str
    sent: bool
    back: str
