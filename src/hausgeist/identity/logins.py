# SPDX-License-Identifier: EUPL-1.2
"""The login sources of the house: written, switched on and off, tried, and ready to be asked.

The rows are the truth; every process looks at their revision now and then and rebuilds what it has of them.
The hosts of a source are on the allow list while it is on. Secrets are sealed, bound to the source and its
address, and shown to nobody again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact, differences
from hausgeist.errors import N_, Conflict, HausgeistError, InvalidField, NotFound, SetupError
from hausgeist.identity.distinguished import plain_dn
from hausgeist.identity.ldap import Directory, Threads
from hausgeist.identity.oidc import OpenId, destinations
from hausgeist.identity.people import clean_login
from hausgeist.identity.sessions import ADMINS_ONLY, LOCAL_LOGIN
from hausgeist.identity.sources import (
    LdapSettings,
    OidcSettings,
    Settings,
    acceptable,
    acceptable_id,
    decoded,
    encoded,
    kind_of,
)
from hausgeist.identity.trials import Client, Tried, tried
from hausgeist.net import Destination, Outbound
from hausgeist.sealing import Seal, SealBroken
from hausgeist.store import accounts, closing
from hausgeist.store import logins as rows
from hausgeist.store.db import Store
from hausgeist.store.logins import SourceRow

SECRET_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSource:
    """A source as the administration sees it."""

    id: str
    settings: Settings
    has_secret: bool
    enabled: bool
    links: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An account that a source knows. ``created_at`` in milliseconds."""

    user_id: str
    login: str
    name: str
    subject: str
    created_at: int
    active: bool


class Logins:
    """Verbs of the administration; ``by`` is the id of who does it."""

    def __init__(
        self,
        *,
        store: Store,
        trail: Trail,
        secret: bytes,
        outbound: Outbound,
        now_ms: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._seal = Seal(secret, b"hausgeist login sources 1")
        self._outbound = outbound
        self._now_ms = now_ms
        self._changed = changed
        self._threads = Threads()
        self._seen: str | None = None
        self._clients: dict[str, tuple[SourceRow, Client]] = {}

    # -- looking ---------------------------------------------------------------------------------

    async def list(self) -> Sequence[LoginSource]:
        """All sources, by id."""

        def read(connection: Any) -> list[tuple[SourceRow, int]]:
            return [(row, rows.count_links(connection, row.id)) for row in rows.every(connection)]

        return [_shown(row, links) for row, links in await self._store.read(read)]

    async def get(self, source: str) -> LoginSource:
        """One source.

        Raises:
            NotFound: there is none of that id.
        """
        found = next((one for one in await self.list() if one.id == source), None)
        if found is None:
            raise NotFound
        return found

    async def links(self, source: str) -> Sequence[Link]:
        """The accounts that a source knows, by login."""
        found = await self._store.read(lambda connection: rows.links(connection, source))
        return [Link(**dict(row)) for row in found]

    # -- changing --------------------------------------------------------------------------------

    async def save(
        self,
        source: str,
        settings: Settings,
        *,
        by: str,
        secret: str | None = None,
        new: bool = False,
    ) -> None:
        """Write a source; a new one is off. ``secret`` of None keeps the secret.

        What names people for good never changes: with another issuer or another attribute, somebody
        else's name there could be taken for a name known here. A directory may move; whoever says where to
        could answer for everybody in it, so what its people have until then is closed as by a new password.

        Raises:
            InvalidField: something is not acceptable; ``param`` names the field.
            Conflict: ``new`` was asked for, and the id is taken.
            NotFound: it was not, and there is none.
        """
        acceptable_id(source)
        settings = _plain(acceptable(settings))
        sealed = None if secret is None else self._sealed(source, settings, secret)

        def work(connection: Any) -> dict[str, Fact] | None:
            old = rows.one(connection, source)
            if new and old is not None:
                raise Conflict(what=source, param="id")
            if not new and old is None:
                raise NotFound
            then = None if old is None else decoded(old.settings)
            if then is not None:
                _same_people(then, settings)
            kept = old.sealed_secret if old and then and then.origin == settings.origin else None
            row = SourceRow(
                id=source,
                kind=kind_of(settings),
                settings=encoded(settings),
                sealed_secret=kept if secret is None else sealed,
                enabled=old.enabled if old is not None else False,
                updated_at=self._now_ms(),
            )
            if old is not None and replace(row, updated_at=old.updated_at) == old:
                return None
            for rule in settings.rules:
                accounts.add_group(connection, rule.ours, rule.ours, self._now_ms())
            rows.save(connection, row)
            closed: dict[str, Fact] = {}
            if then is not None and _answered_by(then) != _answered_by(settings):
                closed = self._close(connection, source, by)
            return (
                _facts(then, settings)
                | closed
                | (
                    {"secret_changed": True}
                    if old is None or row.sealed_secret != old.sealed_secret
                    else {}
                )
            )

        await self._trail.change("login_source.saved", work, actor=by, subject=source)
        await self.load()

    async def set_enabled(self, source: str, *, enabled: bool, by: str) -> None:
        """Offer a source for logins, or no longer; sessions that came from it go on.

        Raises:
            NotFound: there is none of that id.
            InvalidField: a directory's service account has no password.
        """

        def work(connection: Any) -> dict[str, Fact] | None:
            old = rows.one(connection, source)
            if old is None:
                raise NotFound
            if old.enabled is enabled:
                return None
            settings = acceptable(decoded(old.settings))
            lacks = (
                isinstance(settings, LdapSettings) and settings.bind_dn and not old.sealed_secret
            )
            if enabled and lacks:
                raise InvalidField(
                    field="secret", reason=N_("this field is missing"), param="secret"
                )
            rows.save(connection, replace(old, enabled=enabled, updated_at=self._now_ms()))
            return {"before.enabled": old.enabled, "after.enabled": enabled}

        kind = "login_source.enabled" if enabled else "login_source.disabled"
        await self._trail.change(kind, work, actor=by, subject=source)
        await self.load()

    async def delete(self, source: str, *, by: str) -> None:
        """Forget a source with its secret, its links and what came by it; accounts stay.

        Raises:
            NotFound: there is none of that id.
        """

        def work(connection: Any) -> dict[str, Fact]:
            old = rows.one(connection, source)
            if old is None:
                raise NotFound
            before: dict[str, Fact] = {"before.kind": old.kind, "before.enabled": old.enabled}
            return {**before, **rows.remove(connection, source)}

        await self._trail.change("login_source.deleted", work, actor=by, subject=source)
        self._changed()
        await self.load()

    async def link(self, source: str, login: str, subject: str, *, by: str) -> None:
        """Say that an account and a subject of a source are the same person.

        Raises:
            NotFound: there is no such source or account.
            Conflict: either has a link already.
        """
        name, told = clean_login(login), subject.strip()
        if not 1 <= len(told) <= 255:
            raise InvalidField(field="subject", reason=N_("this field is missing"), param="subject")
        found: list[str] = []

        def work(connection: Any) -> dict[str, Fact]:
            person = accounts.user_by_login(connection, name)
            if person is None or rows.one(connection, source) is None:
                raise NotFound
            found.append(person["id"])
            if not rows.link(connection, source, told, person["id"], self._now_ms()):
                raise Conflict(what=told, param="subject")
            # whoever links a login may have it themselves
            first = by if accounts.user(connection, by) is not None else None
            closed = closing.close(connection, person["id"], self._now_ms(), first)
            return {
                **({} if closed is None else {"closed": closed}),
                "before.login_source": None,
                "after.login_source": source,
            }

        await self._trail.change("login.linked", work, actor=by, subject=lambda: found[-1])

    async def unlink(self, source: str, user_id: str, *, by: str) -> None:
        """Take a link back; the person's sessions from that source end.

        Raises:
            NotFound: there is none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            gone = rows.unlink(connection, source, user_id)
            if gone is None:
                raise NotFound
            return {"before.login_source": source, "after.login_source": None, **gone}

        await self._trail.change("login.unlinked", work, actor=by, subject=user_id)
        self._changed()

    async def local_for_admins_only(self) -> bool:
        """Whether passwords of the house are for administrators alone."""
        found = await self._store.read(
            lambda connection: accounts.read_meta(connection, LOCAL_LOGIN)
        )
        return found == ADMINS_ONLY

    async def set_local(self, *, admins_only: bool, by: str) -> None:
        """Say who may log in with a password of the house. Administrators always may."""
        value = ADMINS_ONLY if admins_only else "everyone"

        def work(connection: Any) -> dict[str, Fact] | None:
            before = accounts.read_meta(connection, LOCAL_LOGIN) or "everyone"
            if before == value:
                return None
            accounts.write_meta(connection, LOCAL_LOGIN, value)
            return {"before.local_login": before, "after.local_login": value}

        await self._trail.change("login.local", work, actor=by)

    async def test(self, source: str, login: str = "", *, by: str) -> Tried:
        """Try a source, on or off; its hosts are allowed for that moment only.

        A directory is also asked for ``login``, without a password.

        Raises:
            NotFound: there is none of that id.
            HausgeistError: what went wrong at the other side.
        """
        row = await self._store.read(lambda connection: rows.one(connection, source))
        if row is None:
            raise NotFound
        reason = f"test:login:{source}"
        client = self._built(row, reason)
        for one in _destinations(client.settings, reason):
            self._outbound.allow.allow(one)
        try:
            found = await tried(client, login)
        finally:
            self._outbound.allow.revoke(reason)
        await self._trail.record("login_source.tested", actor=by, subject=source)
        return found

    # -- ready to be asked ---------------------------------------------------------------------------

    def providers(self) -> Sequence[OpenId]:
        """The OpenID providers that are on, by id."""
        found = (client for _, client in self._clients.values())
        return [client for client in found if isinstance(client, OpenId)]

    def directories(self) -> Sequence[Directory]:
        """The directories that are on, in the order they are asked: by id."""
        found = (client for _, client in self._clients.values())
        return [client for client in found if isinstance(client, Directory)]

    def provider(self, source: str) -> OpenId:
        """An OpenID provider that is on.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._clients.get(source)
        if found is None or not isinstance(found[1], OpenId):
            raise NotFound
        return found[1]

    async def load(self) -> None:
        """Bring clients and allow list to what the rows say; opens no connection."""
        seen = await rows.revision(self._store)
        wanted = {row.id: row for row in await self._store.read(rows.every) if row.enabled}
        clients: dict[str, tuple[SourceRow, Client]] = {}
        for source, row in wanted.items():
            kept = self._clients.get(source)
            if kept is not None and kept[0] == row:
                clients[source] = kept
                continue
            self._outbound.allow.revoke(_reason(source))
            try:
                client = self._built(row, _reason(source))
            except HausgeistError:  # its page says what is wrong; it is not offered
                continue
            for one in _destinations(client.settings, _reason(source)):
                self._outbound.allow.allow(one)
            clients[source] = (row, client)
        for source in self._clients.keys() - wanted.keys():
            self._outbound.allow.revoke(_reason(source))
        self._clients = clients
        self._seen = seen

    async def refresh(self) -> None:
        """One look: take over what any process changed."""
        seen = await rows.revision(self._store)
        if seen is not None and seen != self._seen:
            await self.load()

    async def close(self) -> None:
        """End the threads."""
        self._threads.close()

    def _built(self, row: SourceRow, reason: str) -> Client:
        settings = acceptable(decoded(row.settings))
        secret = self._opened(row, settings)
        if isinstance(settings, OidcSettings):
            return OpenId(
                row.id,
                settings,
                secret,
                self._outbound,
                clock=time.monotonic,
                now=lambda: self._now_ms() / 1000,
            )
        return Directory(
            row.id, settings, secret, self._outbound, threads=self._threads, reason=reason
        )

    def _close(self, connection: Any, source: str, by: str) -> dict[str, Fact]:
        """Close what the people of a source have until now; ``by`` is the first of the two who open it."""
        first = by if accounts.user(connection, by) is not None else None
        now = self._now_ms()
        counts = [
            closing.close(connection, row["user_id"], now, first)
            for row in rows.links(connection, source)
        ]
        closed = [count for count in counts if count is not None]
        return {"closed_accounts": len(closed), "closed": sum(closed)} if closed else {}

    def _sealed(self, source: str, settings: Settings, secret: str) -> bytes | None:
        if len(secret) > SECRET_MOST or not secret.isprintable():
            raise InvalidField(field="secret", reason=N_("use letters and digits"), param="secret")
        return self._seal.seal(secret.encode(), _bound(source, settings)) if secret else None

    def _opened(self, row: SourceRow, settings: Settings) -> str:
        if row.sealed_secret is None:
            return ""
        try:
            return self._seal.open(row.sealed_secret, _bound(row.id, settings)).decode()
        except SealBroken as error:
            raise SetupError(
                problem=f"The secret of {row.id} cannot be opened: it belongs to another secret.key "
                "or to another address.",
                advice="Enter it again.",
            ) from error


def _shown(row: SourceRow, links: int) -> LoginSource:
    return LoginSource(
        id=row.id,
        settings=decoded(row.settings),
        has_secret=row.sealed_secret is not None,
        enabled=row.enabled,
        links=links,
    )


def _plain(settings: Settings) -> Settings:
    """The settings with a directory's groups as it will name them: DNs are compared without case."""
    if isinstance(settings, OidcSettings):
        return settings

    def plain(group: str) -> str:
        return plain_dn(group) if "=" in group else group

    return msgspec.structs.replace(
        settings,
        allowed=tuple(plain(group) for group in settings.allowed),
        admins=tuple(plain(group) for group in settings.admins),
        rules=tuple(
            msgspec.structs.replace(rule, theirs=plain(rule.theirs)) for rule in settings.rules
        ),
    )


def _same_people(before: Settings, after: Settings) -> None:
    kept = ("issuer", "client_id") if isinstance(before, OidcSettings) else ("id_attribute",)
    if kind_of(before) != kind_of(after):
        kept = ("kind",)
    for field in kept:
        if getattr(before, field, None) != getattr(after, field, "other"):
            reason = N_("this cannot be changed: make a new login source instead")
            raise InvalidField(field=field, reason=reason, param=field)


def _answered_by(settings: Settings) -> object:
    """Who vouches for people. An OpenID provider is its issuer, which never changes."""
    if isinstance(settings, OidcSettings):
        return settings.issuer
    return settings.place, settings.certificates


def _destinations(settings: Settings, reason: str) -> Sequence[Destination]:
    if isinstance(settings, OidcSettings):
        return destinations(settings, reason)
    _, host, port = settings.place
    return [Destination(host, port, reason, private=True)]


def _reason(source: str) -> str:
    return f"login:{source}"


def _bound(source: str, settings: Settings) -> str:
    return f"{source}\n{settings.origin}"


def _facts(before: Settings | None, after: Settings) -> dict[str, Fact]:
    then = {} if before is None else msgspec.to_builtins(before)
    return differences(then, msgspec.to_builtins(after))
