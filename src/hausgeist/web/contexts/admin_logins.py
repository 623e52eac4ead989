# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of login sources: the list, and one with its form and its people."""

from collections.abc import Mapping
from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A login source. ``place`` is where it is; ``links`` how many accounts it knows."""

    id: str
    title: str
    kind: str
    place: str
    enabled: bool
    has_secret: bool
    links: int


@dataclass(frozen=True, slots=True)
class TestedSource:
    """What a test found, ready to be read. ``facts``: pairs of words and what was found."""

    title: str
    facts: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """Hosts of the discovery document that nobody has allowed yet."""


@dataclass(frozen=True, slots=True)
class LoginsPage:
    """All sources, and who may log in with a password of the house."""

    shell: Shell
    tabs: Tabs
    sources: tuple[SourceRow, ...]
    admins_only: bool
    public_url: bool
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A group there, the group here it stands for, and whether usage is accounted to it."""

    theirs: str = ""
    ours: str = ""
    pays: bool = False


@dataclass(frozen=True, slots=True)
class LinkRow:
    """An account that the source knows."""

    user_id: str
    login: str
    name: str
    subject: str
    since: str
    active: bool


@dataclass(frozen=True, slots=True)
class LoginSourcePage:
    """One source. ``fields`` are the texts of its form, ``ticks`` its boxes; a new one has no ``id``."""

    shell: Shell
    tabs: Tabs
    id: str
    kind: str
    enabled: bool
    has_secret: bool
    fields: Mapping[str, str]
    ticks: Mapping[str, bool]
    rules: tuple[RuleRow, ...]
    groups: tuple[str, ...]
    links: tuple[LinkRow, ...]
    callback: str
    backchannel: str
    tested: TestedSource | None = None
    done: str = ""
    error: str = ""
