# SPDX-License-Identifier: EUPL-1.2
"""The providers the organisation has set up: the verbs of the admin page and of the command line.

Two homes: ``providers.toml`` (wins, is never written) and the table ``providers``. Out of both come
providers, cards and destinations, put into the directory and the allow list under the provider's id, and
replaced when anything changes in either home, whichever process changed it. Fails closed: what is not
acceptable, not confirmed or without its key is not offered, and ``list`` says why.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.models import ModelCard
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, HausgeistError, InvalidField, NotFound
from hausgeist.gateway.directory import Directory
from hausgeist.gateway.providers import house_file
from hausgeist.gateway.providers.catalogue import acceptable
from hausgeist.gateway.providers.changes import changed
from hausgeist.gateway.providers.config import (
    ProviderConfig,
    built,
    cards,
    destination,
    reason_of,
)
from hausgeist.gateway.providers.keys import KeySeal
from hausgeist.net import Outbound
from hausgeist.store import providers as rows
from hausgeist.store.db import Store
from hausgeist.store.providers import ProviderRow

DISCOVER_SECONDS = 300.0
RETRY_SECONDS = 30.0
MODELS = 2000
"""At most so many models that a provider lists are offered."""

ID_TAKEN = N_("Its id is taken by a part of the house.")
NOT_CONFIRMED = N_("It is outside the EU and was not confirmed.")
NO_KEY = N_("It has no key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A provider as pages show it.

    ``problem`` says in English why it is not offered, or what went wrong when it was asked; empty if
    nothing did. The three of this module are texts of the catalogue.

    ``world_confirmed_at`` is in milliseconds since the epoch; ``models`` are the ids on offer now.
    """

    config: ProviderConfig
    source: Literal["house", "file"]
    has_key: bool
    enabled: bool
    world_confirmed_at: int | None = None
    problem: str = ""
    fault: HausgeistError | None = None
    """What ``problem`` says, where it can be said in another language."""
    models: tuple[str, ...] = ()

    @property
    def editable(self) -> bool:
        """Whether it can be changed here; what comes from the file cannot."""
        return self.source == "house"


@dataclass(frozen=True, slots=True)
class _Setup:
    """A provider as read from its home. ``since`` is in seconds since the epoch."""

    listed: Listed
    key: str = ""
    since: int = 0

    @property
    def offered(self) -> bool:
        return self.listed.enabled and not self.listed.problem


class Providers:
    """The verbs. ``secret`` is the house's; ``by`` is the id of the principal, for the audit trail."""

    def __init__(
        self,
        *,
        store: Store,
        trail: Trail,
        secret: bytes,
        outbound: Outbound,
        directory: Directory,
        home: Path,
        now_ms: Callable[[], int],
        usd_eur_rate: float = 0.0,
    ) -> None:
        self.file_problems: dict[str, str] = {}
        """What is wrong in ``providers.toml``, by provider or place."""
        self._store = store
        self._trail = trail
        self._seal = KeySeal(secret)
        self._outbound = outbound
        self._directory = directory
        self._home = home
        self._now_ms = now_ms
        self._rate = usd_eur_rate
        self._loaded: dict[str, _Setup] = {}
        self._found: dict[str, list[ModelCard]] = {}
        self._faults: dict[str, HausgeistError] = {}
        self._due: dict[str, float] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._seen: tuple[object, ...] = ()
        self._lock = asyncio.Lock()

    # -- looking -------------------------------------------------------------------------------

    async def list(self) -> list[Listed]:
        """All providers, by id."""
        setups = await self._read()
        return [self._shown(setups[name]) for name in sorted(setups)]

    async def get(self, provider: str) -> Listed:
        """One provider.

        Raises:
            NotFound: there is none of that id.
        """
        setups = await self._read()
        if provider not in setups:
            raise NotFound
        return self._shown(setups[provider])

    # -- changing ------------------------------------------------------------------------------

    async def save(
        self, config: ProviderConfig, *, by: str, key: str | None = None, new: bool = False
    ) -> Listed:
        """Write a provider; a new one is off. ``key`` of None keeps the key, an empty one removes it.

        A change of the server's address, or into the zone ``world``, takes back what was granted for the
        old one: the key, the confirmation, and with them its being enabled.

        Raises:
            InvalidField: something is not acceptable, or it is set in the file; ``param`` names the field.
            Conflict: ``new`` was asked for, and the id is taken.
        """
        acceptable(config)
        old = await self._row(config.id)
        if new and (old is not None or config.id in self._directory.sources()):
            raise Conflict(what=config.id, param="id")
        before = None if old is None else _decoded(old.settings)
        moved = before is None or before.origin != config.origin
        sealed = None if old is None or moved else old.sealed_key
        if key is not None:
            sealed = self._seal.seal(key, config.id, config.origin) if key else None
        kept = before is not None and not moved and before.zone == config.zone
        row = ProviderRow(
            id=config.id,
            settings=msgspec.json.encode(config).decode(),
            sealed_key=sealed,
            enabled=old.enabled if old and kept and (sealed or not config.needs_key) else False,
            world_confirmed_at=old.world_confirmed_at if old and kept else None,
            updated_at=self._now_ms(),
        )
        await self._write(row, "provider.saved", by, old, config)
        return await self.get(config.id)

    async def set_key(self, provider: str, key: str, *, by: str) -> None:
        """Replace the key; an empty one removes it and disables a provider that needs one.

        Raises:
            NotFound, InvalidField: no such provider, or it is set in the file.
        """
        row = await self._existing(provider)
        config = _decoded(row.settings)
        sealed = self._seal.seal(key, provider, config.origin) if key else None
        enabled = row.enabled and (sealed is not None or not config.needs_key)
        changed_row = replace(row, sealed_key=sealed, enabled=enabled, updated_at=self._now_ms())
        await self._write(changed_row, "provider.key_set", by, row, config)

    async def enable(self, provider: str, *, by: str, confirm_world: bool = False) -> None:
        """Offer a provider's models.

        One of the zone ``world`` needs ``confirm_world``, and again after its address or zone changed.

        Raises:
            NotFound: there is none of that id.
            InvalidField: it is set in the file, has no key, or was not confirmed.
        """
        row = await self._existing(provider)
        config = acceptable(_decoded(row.settings))
        if config.needs_key and row.sealed_key is None:
            raise InvalidField(field="key", reason=NO_KEY, param="key")
        confirmed = row.world_confirmed_at
        if config.zone == "world" and confirmed is None:
            if not confirm_world:
                raise InvalidField(
                    field="world_confirmed",
                    reason=N_("a provider outside the EU must be confirmed explicitly"),
                    param="world_confirmed",
                )
            confirmed = self._now_ms()
        changed_row = replace(
            row, enabled=True, world_confirmed_at=confirmed, updated_at=self._now_ms()
        )
        await self._write(changed_row, "provider.enabled", by, row, config)

    async def disable(self, provider: str, *, by: str) -> None:
        """Stop offering a provider's models; calls under way end as they would.

        Raises:
            NotFound, InvalidField: no such provider, or it is set in the file.
        """
        row = await self._existing(provider)
        changed_row = replace(row, enabled=False, updated_at=self._now_ms())
        await self._write(changed_row, "provider.disabled", by, row, _decoded(row.settings))

    async def delete(self, provider: str, *, by: str) -> None:
        """Forget a provider and its key.

        Raises:
            NotFound, InvalidField: no such provider, or it is set in the file.
        """
        row = await self._existing(provider)
        config = _decoded(row.settings)

        def work(connection: Any) -> dict[str, Fact]:
            rows.remove(connection, provider)
            return {
                "before.enabled": row.enabled,
                "before.zone": config.zone,
                "before.base_url": config.base_url,
                "before.has_key": row.sealed_key is not None,
            }

        await self._trail.change("provider.deleted", work, actor=by, subject=provider)
        await self.load_all()

    async def test(self, provider: str, *, by: str) -> Sequence[ModelCard]:
        """Ask a provider for its models, enabled or not; the connection is allowed for that moment only.

        The cards are bare, as the endpoint tells them; ``upstream`` is the provider's name of each.

        Raises:
            NotFound: there is none of that id.
            InvalidField: it is outside the EU and was not confirmed.
            HausgeistError: what went wrong at the other side.
        """
        setup = (await self._read()).get(provider)
        if setup is None:
            raise NotFound
        config = acceptable(setup.listed.config)
        if config.zone == "world" and setup.listed.world_confirmed_at is None:
            raise InvalidField(
                field="world_confirmed",
                reason=N_("a provider outside the EU must be confirmed before it is connected to"),
                param="world_confirmed",
            )
        reason = f"test:{provider}"
        self._outbound.allow.allow(replace(destination(config), reason=reason))
        try:
            found = await built(config, setup.key, self._outbound).describe()
        finally:
            self._outbound.allow.revoke(reason)
        await self._trail.record("provider.tested", actor=by, subject=provider, models=len(found))
        return found[:MODELS]

    # -- into the gateway --------------------------------------------------------------------------

    async def load_all(self) -> None:
        """Bring directory and allow list to what both homes say; opens no connection."""
        async with self._lock:
            seen = await self._state()
            setups = await self._read()
            wanted = {name: setup for name, setup in setups.items() if setup.offered}
            for name in [name for name in self._loaded if name not in wanted]:
                self._unload(name)
            for name, setup in wanted.items():
                if self._loaded.get(name) != setup:
                    self._unload(name)
                    self._load(name, setup)
            self._seen = seen

    async def refresh(self) -> None:
        """One look: take over what any process changed, and ask providers whose models are due.

        Asking runs on its own, so that a provider that does not answer delays nobody.
        """
        state = await self._state()
        if state[0] is not None and state != self._seen:
            await self.load_all()
        now = asyncio.get_running_loop().time()
        for name, setup in self._loaded.items():
            idle = name not in self._asking or self._asking[name].done()
            if setup.listed.config.discover and idle and self._due.get(name, 0.0) <= now:
                self._asking[name] = asyncio.create_task(self.discover(name))

    async def close(self) -> None:
        """Stop asking."""
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        self._asking.clear()

    async def discover(self, provider: str) -> None:
        """Ask a loaded provider for its models and offer them; what goes wrong shows in ``list``."""
        setup = self._loaded.get(provider)
        if setup is None:
            return
        maker = built(setup.listed.config, setup.key, self._outbound)
        try:
            found = await maker.describe()
        except HausgeistError as error:
            self._faults[provider] = error
            self._due[provider] = asyncio.get_running_loop().time() + RETRY_SECONDS
            return
        self._faults.pop(provider, None)
        self._due[provider] = asyncio.get_running_loop().time() + DISCOVER_SECONDS
        if self._loaded.get(provider) == setup and self._found.get(provider) != found:
            self._found[provider] = found[:MODELS]
            self._offer(provider, setup)

    def _load(self, name: str, setup: _Setup) -> None:
        self._outbound.allow.allow(destination(setup.listed.config))
        self._loaded[name] = setup
        self._offer(name, setup)

    def _offer(self, name: str, setup: _Setup) -> None:
        config = setup.listed.config
        made = cards(config, self._found.get(name), usd_eur_rate=self._rate, created=setup.since)
        self._directory.put(name, built(config, setup.key, self._outbound), made)

    def _unload(self, name: str) -> None:
        if self._loaded.pop(name, None) is not None:
            self._directory.drop(name)
        self._outbound.allow.revoke(reason_of(name))
        self._found.pop(name, None)
        self._faults.pop(name, None)
        self._due.pop(name, None)

    # -- from both homes ----------------------------------------------------------------------------

    async def _state(self) -> tuple[object, ...]:
        signature = await asyncio.to_thread(house_file.signature, self._home)
        return await rows.revision(self._store), signature

    async def _read(self) -> dict[str, _Setup]:
        setups = {row.id: self._from_row(row) for row in await self._store.read(rows.every)}
        entries, self.file_problems = await asyncio.to_thread(house_file.read, self._home)
        since = house_file.signature(self._home)[0] // 1_000_000_000
        setups |= {found.config.id: self._from_file(found, since) for found in entries}
        foreign = {name for name in self._directory.sources() if name not in self._loaded}
        for name in foreign & setups.keys():
            taken = replace(setups[name].listed, problem=ID_TAKEN)
            setups[name] = replace(setups[name], listed=taken)
        return setups

    def _from_file(self, found: house_file.FileEntry, since: int) -> _Setup:
        confirmed = since * 1000 if found.world_confirmed else None
        listed = Listed(
            config=found.config,
            source="file",
            has_key=bool(found.key),
            enabled=found.enabled,
            world_confirmed_at=confirmed,
        )
        return _Setup(_with_problem(listed), found.key, since)

    def _from_row(self, row: ProviderRow) -> _Setup:
        listed = Listed(
            config=_decoded(row.settings),
            source="house",
            has_key=row.sealed_key is not None,
            enabled=row.enabled,
            world_confirmed_at=row.world_confirmed_at,
        )
        key = ""
        try:
            acceptable(listed.config)
            if row.sealed_key is not None:
                key = self._seal.open(row.sealed_key, row.id, listed.config.origin)
        except HausgeistError as error:
            return _Setup(replace(listed, problem=error.say(), fault=error))
        return _Setup(_with_problem(listed), key, row.updated_at // 1000)

    def _shown(self, setup: _Setup) -> Listed:
        name = setup.listed.config.id
        fault = self._faults.get(name)
        if name not in self._loaded:
            return setup.listed
        on_offer = cards(setup.listed.config, self._found.get(name), usd_eur_rate=self._rate)
        models = tuple(card.id for card in on_offer)
        if setup.listed.problem or fault is None:
            return replace(setup.listed, models=models)
        return replace(setup.listed, models=models, problem=fault.say(), fault=fault)

    async def _row(self, provider: str) -> ProviderRow | None:
        entries, _ = await asyncio.to_thread(house_file.read, self._home)
        if any(found.config.id == provider for found in entries):
            raise InvalidField(
                field="id",
                reason=N_("{provider} is set in {file}, change it there"),
                provider=provider,
                file=house_file.NAME,
            )
        found = await self._store.read(rows.every)
        return next((row for row in found if row.id == provider), None)

    async def _existing(self, provider: str) -> ProviderRow:
        row = await self._row(provider)
        if row is None:
            raise NotFound
        return row

    async def _write(
        self, row: ProviderRow, kind: str, by: str, old: ProviderRow | None, config: ProviderConfig
    ) -> None:
        facts = changed(old, row, None if old is None else _decoded(old.settings), config)

        def work(connection: Any) -> dict[str, Fact]:
            rows.save(connection, row)
            return facts

        await self._trail.change(kind, work, actor=by, subject=row.id)
        await self.load_all()


def _decoded(settings: str) -> ProviderConfig:
    return msgspec.json.decode(settings, type=ProviderConfig)


def _with_problem(listed: Listed) -> Listed:
    """With the reason why it cannot be offered although it is enabled."""
    if not listed.enabled:
        return listed
    if listed.config.zone == "world" and listed.world_confirmed_at is None:
        return replace(listed, problem=NOT_CONFIRMED)
    if listed.config.needs_key and not listed.has_key:
        return replace(listed, problem=NO_KEY)
    return listed
