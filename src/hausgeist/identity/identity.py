# SPDX-License-Identifier: EUPL-1.2
"""Credentials in, principals out. Credentials are opaque random tokens, stored as hashes.

Answers are remembered for ``REMEMBER`` seconds, so that a call costs no query; a change made by another
process is seen after that time at the latest, one made by this process at once.
"""

import hashlib
from collections.abc import Callable

import msgspec

from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal, Role
from hausgeist.store import accounts
from hausgeist.store.db import Store

REMEMBER = 2.0
REMEMBERED_MOST = 10_000


class Identity:
    """Answers who holds a credential. ``now_ms`` gives milliseconds, ``clock`` monotonic seconds."""

    def __init__(self, store: Store, now_ms: Callable[[], int], clock: Callable[[], float]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._clock = clock
        self._remembered: dict[str, tuple[float, Principal | None]] = {}

    async def by_key(self, token: str) -> Principal | None:
        """The holder of an API key; None when it is unknown, expired, revoked or its owner inactive."""
        digest = token_hash(token)
        remembered = self._remembered.get(digest)
        if remembered is not None and remembered[0] > self._clock():
            return remembered[1]
        row = await self._store.read(lambda connection: accounts.key_by_hash(connection, digest))
        principal = _principal(row, self._now_ms()) if row is not None else None
        if len(self._remembered) >= REMEMBERED_MOST:
            self._remembered.clear()
        self._remembered[digest] = (self._clock() + REMEMBER, principal)
        return principal

    async def by_session(self, cookie: str) -> Principal | None:
        """The person of a session; None when it is unknown or over."""
        del cookie
        return None

    def forget(self) -> None:
        """Forget what was remembered: a credential, a role or an account has changed."""
        self._remembered.clear()


def token_hash(token: str) -> str:
    """SHA-256 of a token, hexadecimal. Tokens have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _principal(row: accounts.Row, now_ms: int) -> Principal | None:
    if row["revoked_at"] is not None or (row["expires_at"] or now_ms + 1) <= now_ms:
        return None
    person = row["user_id"]
    if person is not None and not row["user_active"]:
        return None
    models = msgspec.json.decode(row["models"], type=frozenset[str]) if row["models"] else None
    return Principal(
        id=person or f"key:{row['id']}",
        name=row["user_name"] or row["service"] or row["name"],
        role=Role(row["user_role"]) if person else Role.MEMBER,
        group=row["group_id"],
        cost_centre=row["cost_centre"] or row["group_cost_centre"],
        key_id=row["id"],
        service_key=None if person else row["id"],
        models=models,
        max_class=DataClass.parse(row["max_class"]),
        locale=row["user_locale"] or "en",
    )
