# SPDX-License-Identifier: EUPL-1.2
"""Opening again what was closed when somebody else made a password or linked a login: by one, or by two.

The owner enters a recovery code, which was shown once and written down, or the password from before; both
are kept as hashes. Otherwise two people who oversee the house release it, the second of them by the rule of
``Second``. While an account is closed it gets no new code: its holder might be anybody.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.people import Principal
from hausgeist.core.trail import Fact
from hausgeist.errors import Conflict, LoginFailed, NotFound
from hausgeist.identity.passwords import Passwords
from hausgeist.identity.second import Second
from hausgeist.identity.throttle import Throttle
from hausgeist.store import closing
from hausgeist.store.db import Store

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS = 5


@dataclass(frozen=True, slots=True)
class Closed:
    """What is closed of an account. ``before_ms`` since the epoch, or None: everything is open."""

    before_ms: int | None
    conversations: int
    files: int
    has_code: bool
    by_password: bool
    """Whether the password from before opens it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account of whom something is closed; ``asked_by`` is the first of the two, or empty."""

    id: str
    login: str
    name: str
    before_ms: int
    asked_by: str


class Recovery:
    """The verbs. ``changed`` forgets remembered principals."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        passwords: Passwords,
        throttle: Throttle,
        second: Second,
        now_ms: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._passwords = passwords
        self._throttle = throttle
        self._second = second
        self._now_ms = now_ms
        self._changed = changed

    async def state(self, user_id: str) -> Closed:
        """What is closed of an account.

        Raises:
            NotFound: there is no such account.
        """

        def read(connection: Any) -> tuple[Any, tuple[int, int]]:
            return closing.state(connection, user_id), closing.extent(connection, user_id)

        row, (talks, files) = await self._store.read(read)
        if row is None:
            raise NotFound
        return Closed(
            before_ms=row["closed_before"],
            conversations=talks,
            files=files,
            has_code=row["recovery_hash"] is not None,
            by_password=row["opens_hash"] is not None,
        )

    async def make(self, user_id: str) -> str:
        """A new recovery code in place of an older one; it is shown once.

        Raises:
            Conflict: something is closed at present.
        """
        code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(_GROUPS))
        hashed = await self._passwords.hash(code)

        def work(connection: Any) -> dict[str, Fact]:
            row = closing.state(connection, user_id)
            if row is None:
                raise NotFound
            if row["closed_before"] is not None:
                raise Conflict(what="")
            closing.set_recovery(connection, user_id, hashed)
            return {"before.code": row["recovery_hash"] is not None, "after.code": True}

        await self._trail.change("user.recovery_code", work, actor=user_id, subject=user_id)
        return code

    async def open(self, user_id: str, word: str, *, address: str) -> None:
        """Open everything again with the recovery code, or with the password from before.

        Raises:
            LoginFailed: it is neither.
            LoginThrottled: too many guesses.
        """
        scope = f"recovery {user_id}"
        await self._throttle.charge(scope, address, self._now_ms())
        row = await self._store.read(lambda c: closing.state(c, user_id))
        if row is None or row["closed_before"] is None:
            raise NotFound
        typed = word.strip()
        by_code = await self._passwords.verify(row["recovery_hash"], typed.upper())
        if not by_code and not await self._passwords.verify(row["opens_hash"], word):
            raise LoginFailed
        await self._throttle.succeeded(scope, address, self._now_ms())

        def work(connection: Any) -> dict[str, Fact] | None:
            count = closing.reopen(connection, user_id)
            if count is None:
                return None
            if by_code:  # it has been typed somewhere: a new one is made on the page
                closing.set_recovery(connection, user_id, None)
            return {"conversations": count, "way": "code" if by_code else "password"}

        await self._trail.change("user.opened", work, actor=user_id, subject=user_id)
        self._changed()

    async def waiting(self) -> list[Waiting]:
        """The accounts of whom something is closed, the longest first."""
        rows = await self._store.read(closing.accounts_closed)
        return [
            Waiting(
                row["id"], row["login"], row["name"], row["closed_before"], row["release_by"] or ""
            )
            for row in rows
        ]

    async def release(self, user_id: str, by: Principal) -> bool:
        """Agree that somebody's older things are opened; True when this was the second of two.

        Whoever made the new password on a page is the first already.

        Raises:
            NoSecondPerson: ``by`` may not agree.
            NotFound: nothing of this person is closed.
        """
        row = await self._store.read(lambda c: closing.state(c, user_id))
        if row is None or row["closed_before"] is None:
            raise NotFound
        first = row["release_by"]
        if first is None:
            await self._second.may_second("", by)  # nobody's own account opens another's

            def ask(connection: Any) -> dict[str, Fact]:
                closing.set_release(connection, user_id, by.id)
                return {"before.asked": False, "after.asked": True}

            await self._trail.change("user.release_asked", ask, actor=by.id, subject=user_id)
            return False
        if user_id == by.id:  # its holder may be anybody
            raise NotFound
        await self._second.may_second(first, by)

        def work(connection: Any) -> dict[str, Fact] | None:
            count = closing.reopen(connection, user_id)
            return None if count is None else {"conversations": count, "way": "two persons"}

        await self._trail.change("user.opened", work, actor=by.id, subject=user_id)
        self._changed()
        return True
