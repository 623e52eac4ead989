# SPDX-License-Identifier: EUPL-1.2
"""What the list beside the chat, the search and the pages of order show, in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class SideRow:
    """A conversation in the list. ``live``: an answer is being written in it."""

    id: str
    title: str
    live: bool = False


Rows = tuple[SideRow, ...]


@dataclass(frozen=True, slots=True)
class SideFolder:
    """A folder, if it is open with what was used in it last; ``more``: its page has others."""

    id: str
    name: str
    open: bool
    rows: Rows = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Undo:
    """What has just been done, in words, and the moment by which it is taken back."""

    words: str
    field: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The list: pinned ones, folders, the others by day; addresses of the next and the first page."""

    current: str
    pinned: Rows = ()
    folders: tuple[SideFolder, ...] = ()
    days: tuple[tuple[str, Rows], ...] = ()
    older: str = ""
    newest: str = ""
    undo: Undo | None = None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A message that was found; ``passage``: words, and whether to mark them."""

    address: str
    who: str
    day: str
    passage: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class FoundView:
    """A conversation that was found."""

    id: str
    title: tuple[tuple[str, bool], ...]
    day: str
    archived: bool
    folder: str
    places: tuple[PlaceView, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a search gave; ``words`` sum it up. ``older`` is the next page's address, or empty."""

    query: str
    words: str
    found: tuple[FoundView, ...]
    older: str = ""
    preparing: bool = False
    all: str = ""
    """Where all of it is shown, for the short list."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The page of the search; without ``results`` nothing was asked yet."""

    shell: Shell
    query: str
    results: Results | None


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A conversation on a page of order. ``note`` says what will become of it."""

    id: str
    title: str
    day: str
    folder: str
    pinned: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfPage:
    """All conversations, those of a folder, the archive, or the bin; ``here`` is its address.

    ``folder`` is the folder's id where one is shown, ``folders`` are pairs of id and name.
    """

    shell: Shell
    place: str
    here: str
    tabs: tuple[tuple[str, str, str], ...]
    rows: tuple[ShelfRow, ...]
    folders: tuple[tuple[str, str], ...]
    folder: str = ""
    name: str = ""
    older: str = ""
    newest: str = ""
    undo: Undo | None = None
    done: str = ""
    error: str = ""
    bin_hours: int = 0


@dataclass(frozen=True, slots=True)
class OptionsPage:
    """Everything that can be done with one conversation, without a script."""

    shell: Shell
    id: str
    title: str
    pinned: bool
    archived: bool
    folder: str
    folders: tuple[tuple[str, str], ...]
