# SPDX-License-Identifier: EUPL-1.2
"""What the pages about people's own data show, and those of administrators about everybody's."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class SoonRow:
    """A conversation that will be deleted, and on which day."""

    id: str
    title: str
    day: str


@dataclass(frozen=True, slots=True)
class HoldNote:
    """A hold as the people it concerns read it."""

    reason: str
    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPage:
    """One's own data. ``rules`` are pairs of a data class and how long it is kept.

    ``by_password``: the account has one, which confirms an erasure; without it the login must be fresh
    (``is_fresh``). ``error`` belongs to the erasure.
    """

    shell: Shell
    login: str
    rules: tuple[tuple[str, str], ...]
    kept_for_ever: bool
    soon: tuple[SoonRow, ...]
    holds: tuple[HoldNote, ...]
    stores: tuple[str, ...]
    kept: tuple[str, ...]
    by_password: bool
    is_fresh: bool
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """A receipt: just given out (``text`` to be kept, or handed on by an administrator), or checked."""

    shell: Shell
    login: str = ""
    organisation: str = ""
    at: str = ""
    rows: tuple[tuple[str, int], ...] = ()
    kept: tuple[str, ...] = ()
    text: str = ""
    is_new: bool = False
    of_another: bool = False
    public_key: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A data class with its days (empty: kept), and what the preview would delete."""

    word: str
    title: str
    days: str
    was: str
    conversations: int = 0
    files: int = 0
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPage:
    """The rules, and with ``preview`` what the chosen ones would delete; ``people`` is in words."""

    shell: Shell
    tabs: Tabs
    rows: tuple[RuleRow, ...]
    preview: bool
    seen: str
    conversations: int = 0
    files: int = 0
    people: str = ""
    last_round: str = ""
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold as administrators see it."""

    id: str
    whom: str
    reason: str
    since: str
    until: str
    lasts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPage:
    """Holds, and the form for a new one. ``groups`` are pairs of id and title."""

    shell: Shell
    tabs: Tabs
    holds: tuple[HoldRow, ...]
    groups: tuple[tuple[str, str], ...]
    scope: str = "person"
    login: str = ""
    group: str = ""
    reason: str = ""
    until: str = ""
    done: str = ""
    error: str = ""
