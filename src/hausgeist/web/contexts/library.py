# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the library show. Words are in the reader's language already, content as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hausgeist.web.contexts.shell import Shell

Links: TypeAlias = tuple[tuple[str, str, str], ...]
"""Key, words, address."""
Mark: TypeAlias = Literal["old", "new", "same", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An item in the gallery. ``audience`` says whom it is for; ``owner`` is empty when nobody owns it."""

    id: str
    kind: Literal["assistant", "prompt"]
    name: str
    description: str
    audience: str
    owner: str
    mine: bool
    sign: str = ""
    colour: str = ""
    shortcut: str = ""
    archived: bool = False
    starts: str = ""
    """Where it is used: a chat with it, or its form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPage:
    """A page of cards. ``before`` and ``after`` are addresses of the neighbouring pages, or empty."""

    shell: Shell
    kind: str
    tabs: Links
    filters: Links
    whose: str
    words: str
    archived: bool
    archive: str
    cards: tuple[Card, ...]
    count: int
    before: str = ""
    after: str = ""
    done: str = ""
    error: str = ""
    empty: bool = False
    """There is nothing at all, whatever one looks for."""
    export: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A field to fill in before a prompt is used; ``id`` is its name in forms."""

    id: str
    name: str
    long: bool = False
    choices: tuple[str, ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """One item, to read, use, share and put away."""

    shell: Shell
    card: Card
    version: int
    changed: str
    text: str
    facts: tuple[tuple[str, str], ...]
    starters: tuple[str, ...]
    blanks: tuple[Blank, ...]
    may_change: bool
    may_take_over: bool
    may_delete: bool
    uses: int
    audience: str
    groups: tuple[tuple[str, str, bool], ...]
    """Groups to share with: id, title, chosen."""
    may_publish: bool
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorPage:
    """The form of an item; ``id`` is empty for a new one. ``values`` and ``faults`` are by field."""

    shell: Shell
    kind: str
    id: str
    version: int
    values: Mapping[str, str]
    faults: Mapping[str, str]
    models: tuple[tuple[str, str], ...]
    classes: tuple[tuple[str, str], ...]
    colours: tuple[tuple[str, str], ...]
    name_most: int
    text_most: int
    blanks: tuple[Blank, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a version changed in a field: lines that went, came or stayed."""

    field: str
    lines: tuple[tuple[Mark, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version: who saved it when, and how it differs from the one before."""

    version: int
    author: str
    at: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """The versions of an item, the newest first; ``older`` leads to those before."""

    shell: Shell
    card: Card
    version: int
    versions: tuple[VersionView, ...]
    older: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A file of an import: what it would make (``text`` is carried to the end), or what is wrong."""

    file: str
    card: Card | None = None
    text: str = ""
    faults: tuple[str, ...] = ()
    known: bool = False
    """One of the same name and kind is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """Files to choose, or what the chosen ones would make."""

    shell: Shell
    coming: tuple[Coming, ...] = ()
    made: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePage:
    """A prompt's variables to fill in, without a script."""

    shell: Shell
    card: Card
    blanks: tuple[Blank, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantView:
    """The assistant a chat is held with. ``newest``: a later version than ``version``, or 0.

    ``gone``: it is no longer there, or no longer for this person; then only ``id`` is known.
    """

    id: str
    name: str = ""
    description: str = ""
    sign: str = ""
    colour: str = ""
    starters: tuple[str, ...] = ()
    version: int = 0
    newest: int = 0
    gone: bool = False
    starts: str = field(default="")
