# SPDX-License-Identifier: EUPL-1.2
"""Sessions of people in browsers: opened by a login, ended by a logout, a change of password or disuse.

The cookie is an opaque token; the database has its hash. A session is noted as used once a day and no
finer: nobody's rhythm can be read from it.
"""

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.people import Role
from hausgeist.core.trail import Fact
from hausgeist.errors import LoginFailed
from hausgeist.identity.passwords import Passwords
from hausgeist.identity.throttle import Throttle
from hausgeist.identity.tokens import DAY_MS, new_token, token_hash
from hausgeist.store import accounts, sessions
from hausgeist.store.db import Store

LOCAL_LOGIN = "local_login"
"""The key, among the facts of the house, of who may log in with a password of ours."""
ADMINS_ONLY = "admins"

Elsewhere = Callable[[str, str], Awaitable[tuple[str, str] | None]]
"""Name and password to somebody else who may know them; gives person and login source."""

LONGEST_DAYS = 90
"""A session ends after this many days even when it is used every day."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A running session as its owner sees it. ``days`` since the epoch."""

    id: str
    created_day: int
    seen_day: int
    is_this: bool


class Sessions:
    """Opens and ends sessions. ``idle_days`` without use end one."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        passwords: Passwords,
        throttle: Throttle,
        now_ms: Callable[[], int],
        idle_days: int,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._passwords = passwords
        self._throttle = throttle
        self._now_ms = now_ms
        self._idle_ms = idle_days * DAY_MS
        self._changed = changed
        self.elsewhere: Elsewhere | None = None
        """Who is asked when a password is none of ours: directories."""

    async def login(self, name: str, password: str, address: str, old: str | None = None) -> str:
        """The cookie of a new session; the ``old`` one, if there was any, is ended.

        First the passwords of the house, then those who know passwords ``elsewhere``.

        Raises:
            LoginFailed: unknown name, wrong password or no active account; all take as long.
            LoginThrottled: too many attempts.
            LoginRefused, Upstream, UpstreamTimeout, Unavailable: as ``elsewhere`` says.
        """
        login = unicodedata.normalize("NFKC", name).strip().casefold()
        await self._throttle.charge(login, address, self._now_ms())

        def read(connection: Any) -> tuple[accounts.Row | None, bool]:
            found = accounts.user_by_login(connection, login)
            shut = accounts.read_meta(connection, LOCAL_LOGIN) == ADMINS_ONLY
            return found, shut and found is not None and found["role"] != Role.ADMIN

        row, shut = await self._store.read(read)
        known = row["password_hash"] if row is not None and row["active"] and not shut else None
        if not await self._passwords.verify(known, password) or row is None or known is None:
            came = await self.elsewhere(name, password) if self.elsewhere is not None else None
            if came is None:
                self._trail.note("login.failed", actor=row["id"] if row is not None else "nobody")
                raise LoginFailed
            await self._throttle.succeeded(login, address, self._now_ms())
            return await self.open(came[0], old, source=came[1])
        await self._throttle.succeeded(login, address, self._now_ms())
        if self._passwords.outdated(known):
            renewed = await self._passwords.hash(password)
            await self._store.write(
                lambda connection: accounts.set_user(connection, row["id"], password_hash=renewed)
            )
        return await self.open(row["id"], old)

    async def open(
        self,
        user_id: str,
        old: str | None = None,
        *,
        source: str | None = None,
        source_session: str | None = None,
    ) -> str:
        """The cookie of a new session of a person who has just shown to be that person.

        ``source``: the login source that showed it, and what that calls its session.

        Raises:
            LoginFailed: the account was deactivated meanwhile.
        """
        token = new_token()
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            person = accounts.user(connection, user_id)
            if person is None or not person["active"]:
                raise LoginFailed
            if old is not None:
                sessions.end(connection, token_hash(old))
            sessions.add(
                connection,
                token_hash(token),
                user_id,
                now,
                now + self._idle_ms,
                source=source,
                source_session=source_session,
            )
            return {"source": source} if source is not None else {}

        await self._trail.change("session.opened", work, actor=user_id, subject=user_id)
        self._changed()
        return token

    async def of(self, user_id: str, this: str | None) -> list[OpenSession]:
        """A person's running sessions, the newest first."""
        now = self._now_ms()
        rows = await self._store.read(
            lambda connection: sessions.of_person(connection, user_id, now)
        )
        return [
            OpenSession(
                id=row["id"],
                created_day=row["created_at"] // DAY_MS,
                seen_day=row["seen_at"] // DAY_MS,
                is_this=row["id"] == this,
            )
            for row in rows
        ]

    async def end(self, session_id: str, by: str) -> None:
        """End one session; one that is over already is no error."""

        def work(connection: Any) -> dict[str, Fact] | None:
            return {} if sessions.end(connection, session_id) is not None else None

        await self._trail.change("session.ended", work, actor=by, subject=by)
        self._changed()

    async def end_all(self, user_id: str, by: str, but: str | None = None) -> int:
        """End a person's sessions, ``but`` one; gives how many."""

        def work(connection: Any) -> dict[str, Fact] | None:
            ended = sessions.end_all(connection, user_id, but)
            return {"count": ended} if ended else None

        # what somebody does to another's account is no use of the house
        kind = "session.ended" if by == user_id else "user.sessions_ended"
        facts = await self._trail.change(kind, work, actor=by, subject=user_id)
        self._changed()
        return int((facts or {}).get("count") or 0)

    async def age(self, session_id: str) -> float | None:
        """How long ago a session was opened by a login, in seconds; None when it is over."""
        now = self._now_ms()
        row = await self._store.read(lambda connection: sessions.find(connection, session_id))
        if row is None or not row["user_active"] or row["expires_at"] <= now:
            return None
        return float(now - row["created_at"]) / 1000

    def used(self, row: accounts.Row) -> None:
        """Note once a day that a session was used; nobody waits for it."""
        today = self._now_ms() // DAY_MS
        if row["seen_at"] // DAY_MS >= today:
            return
        seen = today * DAY_MS
        expires = min(self._now_ms() + self._idle_ms, row["created_at"] + LONGEST_DAYS * DAY_MS)
        self._store.write_later(sessions.touch, (row["id"], seen, expires))
