# SPDX-License-Identifier: EUPL-1.2
"""What is shown of readings: to those who oversee, and to whose conversations they are."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading in words. ``may_decide``, ``may_read``, ``may_end``: what this reader of the page can do."""

    id: str
    whose: str
    conversation: str
    asker: str
    second: str
    reason: str
    state: str
    words: str
    asked: str
    decided: str
    until: str
    read: str
    openings: int
    may_decide: bool = False
    may_read: bool = False
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A conversation that may be asked for; days are ready to be read."""

    id: str
    created: str
    used: str


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """An account of which something is closed. ``asked``: the first of the two, or empty."""

    id: str
    login: str
    name: str
    before: str
    asked: str
    may: bool


@dataclass(frozen=True, slots=True)
class ReadingsPage:
    """``possible``: there is somebody who could agree. ``found`` is None before anything was looked for."""

    shell: Shell
    tabs: Tabs
    possible: bool
    rows: tuple[ReadingRow, ...]
    closed: tuple[ClosedRow, ...]
    login: str = ""
    first: str = ""
    last: str = ""
    reason: str = ""
    found: tuple[FoundRow, ...] | None = None
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A message; ``html`` is clean."""

    who: str
    html: str
    files: str
    when: str


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Somebody else's conversation, to be read and nothing else."""

    shell: Shell
    tabs: Tabs
    row: ReadingRow
    lines: tuple[ReadLine, ...]


@dataclass(frozen=True, slots=True)
class OwnReadingPage:
    """Who asked for one's own conversations; what is closed, and the code that opens it.

    ``closed``: the day before which things are closed, or empty; ``code``: a new one, shown once.
    """

    shell: Shell
    rows: tuple[ReadingRow, ...]
    closed: str
    conversations: int
    files: int
    has_code: bool
    by_password: bool
    confirms: bool
    code: str = ""
    done: str = ""
    error: str = ""
