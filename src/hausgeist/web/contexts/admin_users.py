# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of people. There is nothing here about when or how much anybody works."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Pager, Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account; ``group`` is the title of the one that pays."""

    id: str
    login: str
    name: str
    role: str
    group: str
    active: bool
    created: str
    is_me: bool


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password made for somebody, shown this once; ``user_id`` leads to the person's page."""

    login: str
    password: str
    user_id: str


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What the list is narrowed to; empty texts narrow nothing."""

    words: str = ""
    role: str = ""
    state: str = ""
    group: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or self.role or self.state or self.group)


@dataclass(frozen=True, slots=True)
class UsersPage:
    """A page of accounts, and a form for a new one. ``groups``: pairs of id and title."""

    shell: Shell
    tabs: Tabs
    users: tuple[UserRow, ...]
    pager: Pager
    chosen: UserFilter
    groups: tuple[tuple[str, str], ...]
    new_password: NewPassword | None = None
    error: str = ""
    login: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A group and whether the person is in it; ``source`` is the login source that says so, or empty."""

    id: str
    title: str
    inside: bool
    source: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person's account. ``sources`` are login sources with the day since when."""

    shell: Shell
    tabs: Tabs
    id: str
    login: str
    name: str
    role: str
    group: str
    active: bool
    must_change: bool
    created: str
    is_me: bool
    groups: tuple[tuple[str, str], ...]
    memberships: tuple[MembershipRow, ...]
    sources: tuple[tuple[str, str], ...]
    new_password: NewPassword | None = None
    done: str = ""
    error: str = ""
