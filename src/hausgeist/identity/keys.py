# SPDX-License-Identifier: EUPL-1.2
"""API keys of people and services: made, listed, revoked. Shown once, stored as hashes.

A key never may more than its owner: an administrator's key administers only when that was asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Role
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotAllowed, NotFound
from hausgeist.identity.people import group_slug
from hausgeist.identity.tokens import new_id, new_token, token_hash
from hausgeist.store import accounts, traffic
from hausgeist.store.db import Store

PREFIX = "hg-"
MOST = 200
"""Keys one owner may have, revoked ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """What a new key shall be. ``models`` of None: all; ``expires_at`` in milliseconds or None.

    ``service`` names a service for a key that belongs to no person; then ``group`` is who pays.
    """

    name: str
    models: tuple[str, ...] | None = None
    max_class: DataClass = DataClass.SPECIAL
    expires_at: int | None = None
    administers: bool = False
    service: str | None = None
    group: str = "everyone"
    cost_centre: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as its owner sees it afterwards. ``used_day`` in days since the epoch."""

    id: str
    hint: str
    name: str
    owner: str | None
    service: str | None
    group: str
    models: tuple[str, ...] | None
    max_class: DataClass
    administers: bool
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    used_day: int | None
    collected_since: int | None
    """Since when tasks may be made of its calls, by its owner's word; None: they may not."""

    def state(self, now_ms: int) -> Literal["active", "expired", "revoked"]:
        """What has become of it."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now_ms else "active"


class Keys:
    """Makes and revokes keys."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        now_ms: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._changed = changed

    async def create(self, wish: KeyWish, owner: str | None, by: str) -> tuple[str, Key]:
        """Make a key of a person (``owner``) or of a service; gives what is shown once, and the key.

        Raises:
            InvalidField: a name is missing, or the expiry has passed.
            NotFound: there is no such active person.
            NotAllowed: it should administer, and its owner does not.
        """
        now = self._now_ms()
        if not wish.name.strip():
            raise InvalidField(field="name", reason=N_("a key needs a name"), param="name")
        if (owner is None) == (wish.service is None):
            raise InvalidField(
                field="service", reason=N_("a key belongs to a person or to a service")
            )
        if wish.expires_at is not None and wish.expires_at <= now:
            raise InvalidField(field="expires", reason=N_("this day has passed"), param="expires")
        token = PREFIX + new_token()
        key_id = new_id()

        def work(connection: Any) -> dict[str, Fact]:
            group = self._group(connection, wish, owner, now)
            if len(accounts.list_keys(connection, owner)) >= MOST:
                raise InvalidField(
                    field="name", reason=N_("there are {most} keys already"), most=MOST
                )
            accounts.add_key(
                connection,
                id=key_id,
                hash=token_hash(token),
                hint=f"{PREFIX}…{token[-4:]}",
                name=wish.name.strip(),
                user_id=owner,
                service=wish.service,
                group_id=group,
                cost_centre=wish.cost_centre,
                models=None if wish.models is None else msgspec.json.encode(wish.models).decode(),
                max_class=wish.max_class.word,
                administers=wish.administers,
                created_at=now,
                expires_at=wish.expires_at,
            )
            return {
                "after.models": "*" if wish.models is None else " ".join(wish.models),
                "after.max_class": wish.max_class.word,
                "after.expires_at": wish.expires_at,
                "after.administers": wish.administers,
                "after.group": group,
                "service": wish.service is not None,
            }

        await self._trail.change("key.created", work, actor=by, subject=key_id)
        self._changed()
        listed = await self.of(owner)
        return token, next(key for key in listed if key.id == key_id)

    async def of(self, owner: str | None) -> list[Key]:
        """A person's keys, or those of services when ``owner`` is None; the newest first."""
        rows = await self._store.read(lambda connection: accounts.list_keys(connection, owner))
        return [_key(row) for row in rows]

    async def revoke(self, key_id: str, owner: str | None, by: str) -> None:
        """Revoke a key of this person, or of a service when ``owner`` is None; it is over at once.

        Raises:
            NotFound: it is not theirs, or revoked already.
        """
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            if not accounts.revoke_key(connection, key_id, owner, now):
                raise NotFound
            return {"before.active": True, "after.active": False, "service": owner is None}

        await self._trail.change("key.revoked", work, actor=by, subject=key_id)
        self._changed()

    async def agree(
        self, key_id: str, owner: str | None, by: str, *, yes: bool, forget: bool = False
    ) -> int:
        """Say that tasks may be made of a key's calls, or no longer; it holds from now on.

        ``forget``: with a no, what was collected goes at once; gives how many samples that were. A no with
        ``forget`` is also done where the word was taken back before.

        Raises:
            NotFound: there is no such key of this person, or of a service when ``owner`` is None.
        """
        now = self._now_ms()
        gone = [0]

        def work(connection: Any) -> dict[str, Fact] | None:
            changed = traffic.agree(connection, key_id, owner, now if yes else None)
            if changed is None:
                raise NotFound
            gone[0] = traffic.forget(connection, key_id) if forget and not yes else 0
            if not changed and not gone[0]:
                return None
            return {
                "before.collected": yes is not changed,
                "after.collected": yes,
                "samples_deleted": gone[0],
                "service": owner is None,
            }

        await self._trail.change("key.agreed", work, actor=by, subject=key_id)
        self._changed()
        return gone[0]

    def _group(self, connection: Any, wish: KeyWish, owner: str | None, now: int) -> str:
        """Who pays: the owner's group, or the one that was named for a service."""
        if owner is None:
            if wish.administers:
                raise NotAllowed
            group = group_slug(wish.group)
            accounts.add_group(connection, group, wish.group.strip(), now)
            return group
        person = accounts.user(connection, owner)
        if person is None or not person["active"]:
            raise NotFound
        if wish.administers and person["role"] != Role.ADMIN:
            raise NotAllowed
        return str(person["group_id"])


def _key(row: accounts.Row) -> Key:
    models = row["models"]
    return Key(
        id=row["id"],
        hint=row["hint"],
        name=row["name"],
        owner=row["user_id"],
        service=row["service"],
        group=row["group_id"],
        models=msgspec.json.decode(models, type=tuple[str, ...]) if models else None,
        max_class=DataClass.parse(row["max_class"]),
        administers=row["administers"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        used_day=row["used_day"],
        collected_since=row["collected_since"],
    )
