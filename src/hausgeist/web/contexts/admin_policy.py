# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of the border's rules: the table, the rules, drafts and what they change."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell

Tone = str
"""``good``, ``warn`` or ``bad``: green, yellow, red."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One class in one zone: a word, and what it depends on, in sentences."""

    zone: str
    zone_words: str
    tone: Tone
    word: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A class with its cells."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule in words: what it fits, what it demands."""

    name: str
    release: bool
    fits: tuple[str, ...]
    demands: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy in words."""

    title: str
    note: str
    instead: str
    table: tuple[TableRow, ...]
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A difference: where, before, after; ``tone`` is ``warn`` where something is opened."""

    place: str
    before: str
    after: str
    tone: Tone
    said: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many calls end one way: as it was, by the rules in force, by the others."""

    word: str
    was: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class WhatIfView:
    """What would have happened to last week's calls."""

    calls: str
    rows: tuple[Counted, ...]
    moved: tuple[tuple[str, str, str], ...]
    merged: bool
    few: bool


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list."""

    version: str
    name: str
    state: str
    tone: Tone
    author: str
    second: str
    span: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits for a second person.

    ``own``: whoever looks has proposed it. ``closed``: why they may not put it into force, or nothing.
    """

    version: str
    author: str
    day: str
    view: PolicyView | None
    changes: tuple[Changed, ...]
    what_if: WhatIfView | None
    own: bool
    closed: str


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """``others``: how many may put into force what the reader proposes."""

    shell: Shell
    tabs: Tabs
    version: str
    view: PolicyView
    versions: tuple[VersionRow, ...]
    administers: bool
    others: int
    has_draft: bool
    proposal: Proposal | None = None
    problem: str = ""
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """A rule as it stands in the form; ``place`` numbers its fields."""

    place: int
    id: str = ""
    then: str = "allow"
    release: bool = False
    data_class: str = "public"
    purposes: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    countries: str = ""
    providers: str = ""
    assistants: str = ""
    groups: str = ""
    retention_days: str = ""
    instead: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CellForm:
    """A choice of the table."""

    name: str
    label: str
    zone_words: str
    value: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DraftForm:
    """The draft's fields as they stand."""

    title: str
    note: str
    instead: str
    cells: tuple[tuple[str, tuple[CellForm, ...]], ...]
    rules: tuple[RuleForm, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in the form."""

    thens: tuple[tuple[str, str], ...]
    classes: tuple[tuple[str, str], ...]
    purposes: tuple[tuple[str, str], ...]
    zones: tuple[tuple[str, str], ...]
    requires: tuple[tuple[str, str], ...]
    models: tuple[tuple[str, str], ...]
    providers: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftPage:
    """``strict``: it is nowhere milder than what is in force. ``unknown``: names that nobody bears."""

    shell: Shell
    tabs: Tabs
    mark: str
    form: DraftForm
    choices: Choices
    view: PolicyView | None
    changes: tuple[Changed, ...]
    what_if: WhatIfView | None
    strict: bool
    others: int
    waits: bool
    unknown: tuple[str, ...] = ()
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version."""

    shell: Shell
    tabs: Tabs
    row: VersionRow
    view: PolicyView | None
    changes: tuple[Changed, ...]
    administers: bool
