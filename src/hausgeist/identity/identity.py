# SPDX-License-Identifier: EUPL-1.2
"""Credentials in, principals out. Credentials are opaque random tokens, stored as hashes.

Answers are remembered for ``REMEMBER`` seconds, so that a call costs no query; a change made by another
process is seen after that time at the latest, one made by this process at once.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal, Role
from hausgeist.identity.announcements import Announcements
from hausgeist.identity.branding import DEFAULT_MODEL, Branding
from hausgeist.identity.groups import Groups, rights
from hausgeist.identity.keys import Keys
from hausgeist.identity.passwords import Passwords
from hausgeist.identity.people import People
from hausgeist.identity.recovery import Recovery
from hausgeist.identity.second import Second
from hausgeist.identity.sessions import Sessions
from hausgeist.identity.setup import Setup
from hausgeist.identity.throttle import Throttle
from hausgeist.identity.tokens import DAY_MS, token_hash
from hausgeist.store import accounts, groups, sessions
from hausgeist.store.db import Store

REMEMBER = 2.0
REMEMBERED_MOST = 10_000


class Identity:
    """Answers who holds a credential. ``now_ms`` gives milliseconds, ``clock`` monotonic seconds.

    The verbs that change something stand in ``people``, ``groups``, ``sessions``, ``keys``, ``setup``,
    ``branding`` and ``announcements``; ``second`` says who may be the second person.
    """

    def __init__(
        self,
        store: Store,
        trail: Trail,
        now_ms: Callable[[], int],
        clock: Callable[[], float],
        *,
        session_days: int = 14,
    ) -> None:
        self._store = store
        self._now_ms = now_ms
        self._clock = clock
        self._remembered: dict[str, tuple[float, Principal | None]] = {}
        self._age = 0
        self._passwords = Passwords()
        throttle = Throttle(store, trail)
        self.setup = Setup(
            store, trail, passwords=self._passwords, now_ms=now_ms, changed=self.forget
        )
        self.second = Second(store, now_ms)
        self.recovery = Recovery(
            store,
            trail,
            passwords=self._passwords,
            throttle=throttle,
            second=self.second,
            now_ms=now_ms,
            changed=self.forget,
        )
        self.keys = Keys(store, trail, now_ms, self.forget)
        self.groups = Groups(store, trail, now_ms, self.forget)
        self.branding = Branding(store, trail, clock=clock, remember=REMEMBER, changed=self.forget)
        self.announcements = Announcements(
            store, trail, now_ms=now_ms, clock=clock, remember=REMEMBER, changed=self.forget
        )
        self.people = People(
            store,
            trail,
            passwords=self._passwords,
            throttle=throttle,
            now_ms=now_ms,
            changed=self.forget,
        )
        self.sessions = Sessions(
            store,
            trail,
            passwords=self._passwords,
            throttle=throttle,
            now_ms=now_ms,
            idle_days=session_days,
            changed=self.forget,
        )

    async def by_key(self, token: str) -> Principal | None:
        """The holder of an API key; None when it is unknown, expired, revoked or its owner inactive."""
        return await self._holder("key", token)

    async def by_session(self, cookie: str) -> Principal | None:
        """The person of a session; None when it is unknown or over, or the account inactive."""
        return await self._holder("session", cookie)

    async def organisation(self) -> str:
        """The organisation's name, or an empty text before anybody gave one."""
        return (await self.branding.shown()).organisation

    def forget(self) -> None:
        """Forget what was remembered: a credential, a role or an account has changed."""
        self._age += 1
        self._remembered.clear()
        self.branding.forget()
        self.announcements.forget()

    async def close(self) -> None:
        """End the threads that hash passwords."""
        self._passwords.close()

    async def _holder(self, kind: Literal["key", "session"], token: str) -> Principal | None:
        digest = token_hash(token)
        name = f"{kind} {digest}"  # a cookie is no key, and a key no cookie
        remembered = self._remembered.get(name)
        if remembered is not None and remembered[0] > self._clock():
            return remembered[1]
        age = self._age
        principal = await (self._by_key(digest) if kind == "key" else self._by_session(digest))
        if age == self._age:  # otherwise something changed while we were reading
            if len(self._remembered) >= REMEMBERED_MOST:
                self._remembered.clear()
            self._remembered[name] = (self._clock() + REMEMBER, principal)
        return principal

    async def _by_key(self, digest: str) -> Principal | None:
        def read(connection: Any) -> tuple[accounts.Row | None, list[accounts.Row]]:
            found = accounts.key_by_hash(connection, digest)
            if found is None or found["revoked_at"] is not None:
                return None, []
            if found["user_id"] is not None:
                return found, groups.of_person(connection, found["user_id"])
            return found, [group] if (group := groups.find(connection, found["group_id"])) else []

        row, theirs = await self._store.read(read)
        now = self._now_ms()
        if row is None:
            return None
        if row["expires_at"] is not None and row["expires_at"] <= now:
            return None
        if row["user_id"] is not None and not row["user_active"]:
            return None
        today = now // DAY_MS
        if row["used_day"] != today:
            self._store.write_later(accounts.touch_keys, (row["id"], today))
        return _of_key(row, theirs)

    async def _by_session(self, digest: str) -> Principal | None:
        def read(
            connection: Any,
        ) -> tuple[accounts.Row | None, list[accounts.Row], str | None]:
            found = sessions.find(connection, digest)
            if found is None:
                return None, [], None
            return (
                found,
                groups.of_person(connection, found["user_id"]),
                accounts.read_meta(connection, DEFAULT_MODEL),
            )

        row, theirs, default = await self._store.read(read)
        if row is None or row["expires_at"] <= self._now_ms() or not row["user_active"]:
            return None
        self.sessions.used(row)
        given = rights(theirs)
        return Principal(
            id=row["user_id"],
            name=row["user_name"],
            role=Role(row["user_role"]),
            group=row["user_group"],
            groups=given.groups,
            models=given.models,
            default_model=given.default_model or default or "",
            # whoever came by a login source has no password to change
            must_change=row["user_must_change"] and row["source"] is None,
            cost_centre=row["group_cost_centre"],
            session_id=digest,
            locale=row["user_locale"],
            theme=row["user_theme"],
        )


def _of_key(row: accounts.Row, theirs: list[accounts.Row]) -> Principal:
    person = row["user_id"]
    given = rights(theirs)
    models = msgspec.json.decode(row["models"], type=frozenset[str]) if row["models"] else None
    if given.models is not None:  # a key never may more than its groups
        models = given.models if models is None else models & given.models
    administers = person is not None and row["administers"]
    return Principal(
        id=person or f"key:{row['id']}",
        name=row["user_name"] or row["service"] or row["name"],
        role=Role(row["user_role"]) if administers else Role.MEMBER,
        group=row["group_id"],
        groups=given.groups,
        cost_centre=row["cost_centre"] or row["group_cost_centre"],
        key_id=row["id"],
        service_key=None if person else row["id"],
        models=models,
        max_class=DataClass.parse(row["max_class"]),
        collected=row["collected_since"] is not None,
        locale=row["user_locale"] or "en",
    )
