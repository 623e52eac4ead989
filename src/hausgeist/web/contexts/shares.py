# SPDX-License-Identifier: EUPL-1.2
"""What the pages of sharing show. Words are in the reader's language already."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """A share in a list: ``audience`` and ``kind`` are words, ``link`` is a whole address."""

    id: str
    title: str
    conversation: str
    audience: str
    kind: str
    link: str
    since: str
    until: str
    owner: str = ""
    data_class: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePage:
    """Share one conversation, and what is shared of it. ``new`` is the link that was just made."""

    shell: Shell
    conversation: str
    name: str
    allowed: bool
    data_class: str
    by_link: bool
    groups: Choices
    days: Choices
    kind: str
    group: str
    rows: tuple[ShareRow, ...]
    new: str = ""
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesPage:
    """All that a person shares, and what others share with their groups."""

    shell: Shell
    allowed: bool
    mine: tuple[ShareRow, ...]
    with_me: tuple[ShareRow, ...]
    done: str = ""


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that a question carries; ``href`` leads to its content, ``size`` is words."""

    name: str
    size: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTurn:
    """A question (``who`` is its author's name) or an answer, as a reader sees it."""

    id: str
    is_answer: bool
    who: str
    text: str = ""
    html: str = ""
    thought: str = ""
    zone: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    note: str = ""
    files: tuple[SharedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPage:
    """A conversation that somebody shares."""

    shell: Shell
    share: str
    name: str
    about: str
    data_class: str
    said: tuple[SharedTurn, ...]
    is_mine: bool
    conversation: str = ""
    hidden: int = 0
    shown_next: int = 0


@dataclass(frozen=True, slots=True)
class SharingPage:
    """The administration's switch."""

    shell: Shell
    tabs: Tabs
    allowed: bool
    done: str = ""
