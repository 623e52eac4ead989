# SPDX-License-Identifier: EUPL-1.2
"""The first account: a one-time token that the server prints at its start, good for a day and for one use."""

from collections.abc import Callable
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.people import Role
from hausgeist.core.trail import Fact
from hausgeist.errors import NotFound
from hausgeist.identity import people
from hausgeist.identity.passwords import Passwords
from hausgeist.identity.tokens import DAY_MS, new_token, token_hash
from hausgeist.store import accounts
from hausgeist.store.db import Store

ORGANISATION = "organisation"
"""The key of the organisation's name among the facts of the house."""


class Setup:
    """Hands out the token, and turns it into the first administrator."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        passwords: Passwords,
        now_ms: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._passwords = passwords
        self._now_ms = now_ms
        self._changed = changed
        self._done = False  # once there is an account there always is one

    async def token(self) -> str | None:
        """A new token in place of earlier ones, for ``/setup?token=…``; None once somebody has an account."""
        if not await self._store.read(accounts.nobody_yet):
            return None
        token = new_token()
        now = self._now_ms()
        made = await self._store.write(
            lambda connection: accounts.renew_setup_token(
                connection, token_hash(token), now, now + DAY_MS
            )
        )
        return token if made else None

    async def pending(self) -> bool:
        """Whether nobody has an account yet."""
        if not self._done:
            self._done = not await self._store.read(accounts.nobody_yet)
        return not self._done

    async def valid(self, token: str) -> bool:
        """Whether the token opens the set-up now."""
        digest, now = token_hash(token), self._now_ms()
        return await self._store.read(
            lambda connection: accounts.setup_token_valid(connection, digest, now)
        )

    async def first_admin(
        self,
        token: str,
        *,
        organisation: str,
        login: str,
        name: str,
        password: str,
        locale: str,
    ) -> str:
        """Make the first administrator in one transaction; gives the account's id.

        Of two requests at the same time one gets an account, the other an error.

        Raises:
            NotFound: the token is unknown, used or over, or somebody has an account.
            InvalidField, WeakPassword: what is wrong with the account.
        """
        if not await self.valid(token):  # before anything costly
            raise NotFound
        row = people.new_user(
            login=login, name=name, role=Role.ADMIN, group=people.EVERYONE, locale=locale
        )
        house = people.clean_name(organisation) if organisation.strip() else ""
        row["password_hash"] = await self._passwords.hash(
            password, str(row["login"]), str(row["name"]), house
        )
        digest, now = token_hash(token), self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            if not accounts.use_setup_token(connection, digest, now):
                raise NotFound
            facts = people.add_user(connection, row, people.EVERYONE, now)
            if house:
                accounts.write_meta(connection, ORGANISATION, house)
            return {**facts, "first": True}

        user_id = str(row["id"])
        await self._trail.change("user.created", work, actor="set-up link", subject=user_id)
        self._changed()
        return user_id
