# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of groups: who is in one, what its members may use."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Pager, Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of the list; ``models`` are words such as "all" or a number."""

    id: str
    title: str
    cost_centre: str
    people: int
    models: str
    default_model: str


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """All groups, and a form for a new one."""

    shell: Shell
    tabs: Tabs
    groups: tuple[GroupRow, ...]
    done: str = ""
    error: str = ""
    title: str = ""
    cost_centre: str = ""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model and whether the group may use it; ``gone``: the house no longer has it."""

    id: str
    title: str
    chosen: bool
    gone: bool = False


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody in the group, or somebody who could be added."""

    id: str
    login: str
    name: str
    active: bool
    pays: bool
    source: str


@dataclass(frozen=True, slots=True)
class GroupPage:
    """One group. ``zones``: zone, words, models; ``offers``: what may be offered first, by zone."""

    shell: Shell
    tabs: Tabs
    id: str
    title: str
    cost_centre: str
    people: int
    everything: bool
    zones: tuple[tuple[str, str, tuple[ModelChoice, ...]], ...]
    default_model: str
    members: tuple[MemberRow, ...]
    pager: Pager
    words: str
    find: str
    found: tuple[MemberRow, ...]
    deletable: bool
    done: str = ""
    error: str = ""
