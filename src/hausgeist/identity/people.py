# SPDX-License-Identifier: EUPL-1.2
"""Accounts of people: made, changed, deactivated. What ends an account ends its sessions and keys at once.

No verb here tells when or how much somebody worked; there is nothing of that kind to tell.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from hausgeist.audit import Trail
from hausgeist.core.people import Role
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, LastAdmin, LoginFailed, LoginTaken, NotFound
from hausgeist.identity.passwords import Passwords
from hausgeist.identity.throttle import Throttle
from hausgeist.identity.tokens import new_id
from hausgeist.locale import LANGUAGES, translator
from hausgeist.store import accounts, closing, sessions
from hausgeist.store.db import Store

THEMES = ("auto", "light", "dark")
EVERYONE = "everyone"
EVERYONE_TITLE = N_("Everyone in the house")
"""What the first group is called, in the language of its first person; administrators may rename it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account. ``created_at`` in milliseconds since the epoch."""

    id: str
    login: str
    name: str
    role: Role
    group: str
    locale: str
    theme: Literal["auto", "light", "dark"]
    active: bool
    created_at: int
    must_change: bool = False
    """Somebody else made the password; its owner changes it at the next login."""


class People:
    """Verbs of accounts; ``by`` is the id of who does it."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        passwords: Passwords,
        throttle: Throttle,
        now_ms: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._passwords = passwords
        self._throttle = throttle
        self._now_ms = now_ms
        self._changed = changed

    async def create(
        self,
        *,
        login: str,
        name: str,
        password: str | None,
        role: Role = Role.MEMBER,
        group: str = EVERYONE,
        locale: str = "de",
        must_change: bool = False,
        by: str,
    ) -> Person:
        """Make an account; without a password nobody can log in to it.

        ``must_change``: the password was made by somebody else, and is to be changed at the first login.

        Raises:
            InvalidField, WeakPassword, LoginTaken: what is wrong with it.
        """
        row = new_user(login=login, name=name, role=role, group=group, locale=locale)
        now = self._now_ms()
        row |= {"must_change": must_change, "role_since": now, "group_since": now}
        if password is not None:
            row["password_hash"] = await self._passwords.hash(password, str(row["login"]), name)

        def work(connection: Any) -> dict[str, Fact]:
            return add_user(connection, row, group, now)

        await self._trail.change("user.created", work, actor=by, subject=str(row["id"]))
        return await self.get(str(row["id"]))

    async def get(self, user_id: str) -> Person:
        """An account.

        Raises:
            NotFound: there is none.
        """
        row = await self._store.read(lambda connection: accounts.user(connection, user_id))
        if row is None:
            raise NotFound
        return _person(row)

    async def by_login(self, login: str) -> Person:
        """The account of a login name.

        Raises:
            NotFound: there is none.
        """
        name = clean_login(login)
        row = await self._store.read(lambda connection: accounts.user_by_login(connection, name))
        if row is None:
            raise NotFound
        return _person(row)

    async def search(
        self,
        *,
        words: str = "",
        role: str = "",
        active: bool | None = None,
        group: str = "",
        offset: int = 0,
        count: int = 50,
    ) -> tuple[list[Person], int]:
        """A page of the people that match, the active first, then by name; and how many match in all."""
        rows, total = await self._store.read(
            lambda connection: accounts.search_users(
                connection,
                words=words,
                role=role,
                active=active,
                group=group,
                offset=offset,
                count=count,
            )
        )
        return [_person(row) for row in rows], total

    async def some(self, ids: Iterable[str]) -> list[Person]:
        """The accounts of these ids that there are."""
        wanted = sorted(set(ids))
        rows = await self._store.read(lambda connection: accounts.users_of(connection, wanted))
        return [_person(row) for row in rows]

    async def login_sources(self, user_id: str) -> list[tuple[str, int]]:
        """By which login sources a person is known: their ids, and since when (milliseconds)."""
        rows = await self._store.read(lambda connection: accounts.subjects_of(connection, user_id))
        return [(row["source"], row["created_at"]) for row in rows]

    async def rename(self, user_id: str, name: str, by: str) -> None:
        """Give somebody another name.

        Raises:
            NotFound, InvalidField: no such account, or no such name.
        """
        clean = clean_name(name)

        def work(connection: Any) -> dict[str, Fact] | None:
            before = accounts.user(connection, user_id)
            if before is None:
                raise NotFound
            if before["name"] == clean:
                return None
            accounts.set_user(connection, user_id, name=clean)
            return {"fields": "name"}  # names stay out of the trail

        await self._trail.change("user.changed", work, actor=by, subject=user_id)
        self._changed()

    async def all(self) -> list[Person]:
        """Everybody, the active first, then by name."""
        return [_person(row) for row in await self._store.read(accounts.list_users)]

    async def set_profile(
        self,
        user_id: str,
        *,
        name: str | None = None,
        locale: str | None = None,
        theme: str | None = None,
    ) -> None:
        """Change what people may change of their own account.

        Raises:
            InvalidField: an empty name, or a language or theme we do not have.
        """
        columns: dict[str, object] = {}
        if name is not None:
            columns["name"] = clean_name(name)
        if locale is not None:
            columns["locale"] = _one_of("language", locale, LANGUAGES)
        if theme is not None:
            columns["theme"] = _one_of("theme", theme, THEMES)

        def work(connection: Any) -> dict[str, Fact] | None:
            before = accounts.user(connection, user_id)
            if before is None:
                raise NotFound
            changed = [field for field, value in columns.items() if before[field] != value]
            if not changed:
                return None
            accounts.set_user(connection, user_id, **columns)
            return {"fields": " ".join(sorted(changed))}  # names stay out of the trail

        await self._trail.change("user.changed", work, actor=user_id, subject=user_id)
        self._changed()

    async def appoint(self, user_id: str, *, role: Role, group: str, by: str) -> None:
        """Give somebody a role and a group.

        Raises:
            LastAdmin: nobody would administer the house any more.
            NotFound, InvalidField: no such account, or no such group name.
        """
        now = self._now_ms()
        group_id = group_slug(group)

        def work(connection: Any) -> dict[str, Fact] | None:
            before = accounts.user(connection, user_id)
            if before is None:
                raise NotFound
            if (before["role"], before["group_id"]) == (role.value, group_id):
                return None
            _keep_an_admin(connection, before, stays=role is Role.ADMIN)
            accounts.add_group(connection, group_id, group.strip(), now)
            columns: dict[str, object] = {"role": role.value, "group_id": group_id}
            if before["role"] != role.value:
                columns["role_since"] = now
            if before["group_id"] != group_id:
                columns["group_since"] = now
            accounts.set_user(connection, user_id, **columns)
            accounts.pay_for_keys(connection, user_id, group_id)
            return {
                "before.role": before["role"],
                "after.role": role.value,
                "before.group": before["group_id"],
                "after.group": group_id,
            }

        await self._trail.change("user.changed", work, actor=by, subject=user_id)
        self._changed()

    async def set_active(self, user_id: str, *, active: bool, by: str) -> None:
        """Deactivate an account (its sessions and keys end in the same transaction), or open it again.

        Raises:
            LastAdmin: nobody would administer the house any more.
            NotFound: there is no such account.
        """
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            before = accounts.user(connection, user_id)
            if before is None:
                raise NotFound
            if bool(before["active"]) is active:
                return None
            facts: dict[str, Fact] = {"before.active": not active, "after.active": active}
            if not active:
                _keep_an_admin(connection, before, stays=False)
                ended, revoked = accounts.end_everything_of(connection, user_id, now)
                facts |= {"sessions_ended": ended, "keys_revoked": revoked}
            accounts.set_user(connection, user_id, active=active)
            return facts

        kind = "user.activated" if active else "user.deactivated"
        await self._trail.change(kind, work, actor=by, subject=user_id)
        self._changed()

    async def set_password(
        self,
        user_id: str,
        password: str,
        *,
        by: str,
        keep: str | None = None,
        must_change: bool = False,
    ) -> None:
        """Give an account a new password and end its sessions, ``keep`` excepted.

        ``must_change``: it was made by somebody else, and is to be changed at the next login. Where
        somebody else made it, what the account holds until now is closed (``store.closing``).

        Raises:
            WeakPassword, NotFound: as they say.
        """
        person, now = await self.get(user_id), self._now_ms()
        hashed = await self._passwords.hash(password, person.login, person.name)

        def work(connection: Any) -> dict[str, Fact]:
            before = accounts.user(connection, user_id)
            # what was there until now opens to its owner, or by two: whoever made this password knows it
            first = by if accounts.user(connection, by) is not None else None
            closed = None if by == user_id else closing.close(connection, user_id, now, first)
            accounts.set_user(connection, user_id, password_hash=hashed, must_change=must_change)
            return {
                **({} if closed is None else {"closed": closed}),
                "before.must_change": before["must_change"] if before is not None else None,
                "after.must_change": must_change,
                "sessions_ended": sessions.end_all(connection, user_id, keep),
            }

        await self._trail.change("user.password", work, actor=by, subject=user_id)
        self._changed()

    async def confirm(self, user_id: str, password: str, *, address: str) -> None:
        """Make sure that it is really this person, before something that cannot be taken back.

        Raises:
            LoginFailed: the password is wrong, or the account has none.
            LoginThrottled: too many guesses.
        """
        scope = f"change {user_id}"
        await self._throttle.charge(scope, address, self._now_ms())
        known = await self._store.read(lambda c: accounts.password_hash(c, user_id))
        if not await self._passwords.verify(known, password):
            raise LoginFailed
        await self._throttle.succeeded(scope, address, self._now_ms())

    async def has_password(self, user_id: str) -> bool:
        """Whether the account has a password of ours; without one its login is elsewhere."""
        return bool(await self._store.read(lambda c: accounts.password_hash(c, user_id)))

    async def change_password(
        self, user_id: str, old: str, new: str, *, address: str, keep: str | None
    ) -> None:
        """Change one's own password; guesses of the old one are throttled like logins.

        Raises:
            LoginFailed: the old one is wrong.
            LoginThrottled, WeakPassword: as they say.
        """
        await self.confirm(user_id, old, address=address)
        await self.set_password(user_id, new, by=user_id, keep=keep)


def new_user(*, login: str, name: str, role: Role, group: str, locale: str) -> dict[str, object]:
    """The columns of a new account, checked; ``created_at`` and the hash are still to come.

    Raises:
        InvalidField: one of them cannot be.
    """
    return {
        "id": new_id(),
        "login": clean_login(login),
        "name": clean_name(name or login),
        "role": role.value,
        "group_id": group_slug(group),
        "locale": _one_of("language", locale, LANGUAGES),
        "active": True,
    }


def add_user(connection: Any, row: dict[str, object], group: str, now_ms: int) -> dict[str, Fact]:
    """Add the account of ``new_user`` and its group; gives the facts of the event.

    Raises:
        LoginTaken: somebody has the login.
    """
    title = translator(str(row["locale"]))(EVERYONE_TITLE) if group == EVERYONE else group.strip()
    accounts.add_group(connection, str(row["group_id"]), title, now_ms)
    if not accounts.add_user(connection, **row, created_at=now_ms):
        raise LoginTaken(param="login")
    return {"after.role": str(row["role"]), "after.group": str(row["group_id"])}


def clean_login(login: str) -> str:
    """A login name as it is stored and compared: NFKC, without case.

    Raises:
        InvalidField: it is empty, too long, or has spaces or invisible characters.
    """
    clean = unicodedata.normalize("NFKC", login).strip().casefold()
    odd = any(unicodedata.category(letter)[0] in "CZ" for letter in clean)
    if not 1 <= len(clean) <= 200 or odd:
        raise InvalidField(
            field="login",
            reason=N_("use 1 to 200 letters and digits without spaces"),
            param="login",
        )
    return clean


def clean_name(name: str) -> str:
    """A person's name as it is shown.

    Raises:
        InvalidField: it is empty, too long, or has control characters.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    odd = any(unicodedata.category(letter) in {"Cc", "Cs", "Co"} for letter in clean)
    if not 1 <= len(clean) <= 200 or odd:
        raise InvalidField(field="name", reason=N_("use 1 to 200 letters"), param="name")
    return clean


def group_slug(title: str) -> str:
    """A group's id: its title in lower case, with hyphens.

    Raises:
        InvalidField: nothing is left of it.
    """
    slug = re.sub(r"[^\w]+", "-", title.casefold()).strip("-_")[:64]
    if not slug:
        raise InvalidField(field="group", reason=N_("a group needs a name"), param="group")
    return slug


def _keep_an_admin(connection: Any, person: accounts.Row, *, stays: bool) -> None:
    was = person["role"] == Role.ADMIN and person["active"]
    if was and not stays and not accounts.other_admins(connection, person["id"]):
        raise LastAdmin


def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidField(
            field=field, reason=N_("use one of {allowed}"), param=field, allowed=", ".join(allowed)
        )
    return value


def _person(row: accounts.Row) -> Person:
    return Person(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        role=Role(row["role"]),
        group=row["group_id"],
        locale=row["locale"],
        theme=row["theme"],
        active=row["active"],
        created_at=row["created_at"],
        must_change=row["must_change"],
    )
