# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the administration show: people, services' keys."""

from dataclasses import dataclass

from hausgeist.web.contexts.keys import KeyForm, KeyRow, NewKey
from hausgeist.web.contexts.shell import Shell

Tabs = tuple[tuple[str, str, str], ...]
"""The administration's pages: key, words, address."""


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account. There is nothing here about when or how much anybody works."""

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
    """A password made for somebody, shown this once."""

    login: str
    password: str


@dataclass(frozen=True, slots=True)
class UsersPage:
    """Accounts, and a form for a new one. ``groups`` are suggestions."""

    shell: Shell
    tabs: Tabs
    users: tuple[UserRow, ...]
    groups: tuple[str, ...]
    new_password: NewPassword | None = None
    done: str = ""
    error: str = ""
    login: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ServiceKeysPage:
    """Keys of services; the keys of people are theirs alone."""

    shell: Shell
    tabs: Tabs
    keys: tuple[KeyRow, ...]
    key_form: KeyForm
    new_key: NewKey | None = None
    done: str = ""
