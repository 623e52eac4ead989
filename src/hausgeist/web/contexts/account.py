# SPDX-License-Identifier: EUPL-1.2
"""What people see of their own account: profile, password, sessions, keys."""

from dataclasses import dataclass

from hausgeist.web.contexts.keys import KeyForm, KeyRow, NewKey
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A running session; days are ready to be read."""

    created: str
    seen: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """``done`` is a sentence about what was just changed; ``password_error`` what to change.

    ``logins`` are the login sources that open the account, each with the day since: whoever links one
    reads everything, so nobody does it unseen.
    """

    shell: Shell
    login: str
    name: str
    group: str
    least: int
    sessions: tuple[SessionRow, ...]
    keys: tuple[KeyRow, ...]
    key_form: KeyForm
    logins: tuple[tuple[str, str], ...] = ()
    new_key: NewKey | None = None
    done: str = ""
    profile_error: str = ""
    password_error: str = ""


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """``due``: somebody else made the password, and nothing else can be done before it is changed."""

    shell: Shell
    due: bool
    least: int
    error: str = ""
