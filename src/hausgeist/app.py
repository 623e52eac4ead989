# SPDX-License-Identifier: EUPL-1.2
"""The composition root: settings, store, rivers, edge. The only place that knows all of them."""

import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from hausgeist import __version__
from hausgeist.audit import Checkpoints, Notary, Trail
from hausgeist.chat import Chat
from hausgeist.chat.exports import Exports
from hausgeist.chat.files import Files
from hausgeist.chat.imports import Imports
from hausgeist.chat.library import Library
from hausgeist.chat.readings import Readings
from hausgeist.chat.search import Search
from hausgeist.chat.shares import Shares
from hausgeist.chat.shelf import Shelves
from hausgeist.chat.temporary import Temporary
from hausgeist.chat.uploads import Uploads
from hausgeist.core.accounting import Settlement
from hausgeist.core.labels import Zone
from hausgeist.errors import SetupError
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.departures import Departures
from hausgeist.gateway.drill import Drills
from hausgeist.gateway.egress import Canary, Proof, Reports, Watch, own_ways, report_key
from hausgeist.gateway.engines import Supervisor
from hausgeist.gateway.guards import GuardRules
from hausgeist.gateway.guards.appeals import Appeals
from hausgeist.gateway.notes import ModelNotes
from hausgeist.gateway.policies import Policies
from hausgeist.gateway.privacy import LateVeils
from hausgeist.gateway.privacy.own_words import OwnWords
from hausgeist.gateway.providers.configured import Providers
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.residents import Residents
from hausgeist.gateway.weights import Fetcher, Shelf, budget
from hausgeist.identity import Identity
from hausgeist.identity.arrivals import Arrivals
from hausgeist.identity.entrance import Entrance
from hausgeist.identity.job_callers import JobCallers
from hausgeist.identity.logins import Logins
from hausgeist.identity.recheck import Recheck
from hausgeist.jobs import Rounds
from hausgeist.jobs.children import Workers, house_address
from hausgeist.ledger import Book, Budgets, EnergyMeter, Prices, Usage
from hausgeist.net import AllowList, Connections, Outbound
from hausgeist.people import Erasure, Export, Holds, Lifecycle, Retention, Signer
from hausgeist.people.archives import Archives
from hausgeist.people.collected import Collected
from hausgeist.settings import Settings
from hausgeist.store import deployments, schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.transfer import snapshot
from hausgeist.web.asgi import Edge
from hausgeist.web.headers import secured
from hausgeist.web.house import House
from hausgeist.web.routes import RouteTable
from hausgeist.web.table import pages, programs

if TYPE_CHECKING:
    from hausgeist.register.bench import Bench

LONGEST_CALL = 6 * 3600.0
"""Seconds after which what any replica left open is taken for lost."""

SECRET_BYTES = 32

STUDENTS = "students"
"""The source of students in service in the directory."""


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def open_store(settings: Settings) -> Store:
    """The database the settings name, brought to this version's schema.

    Raises:
        SetupError: the data directory or the database cannot be used; with what to do.
    """
    open_home(settings.home)
    store = Store(settings.database_url or sqlite_url(settings.home / "hausgeist.db"))
    schema.prepare(store, before_change=partial(_back_up, store, settings.home))
    return store


def _back_up(store: Store, home: Path) -> None:
    """Keep the database as it was before a migration changes it."""
    folder = home / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    snapshot(store, folder / f"before-{__version__}-{now_ms()}.db")


def open_home(home: Path) -> None:
    """Make the data directory, for its owner only.

    Raises:
        SetupError: it cannot be made or written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            problem=f"The data directory {home} cannot be made: {error.strerror}.",
            advice="Set HAUSGEIST_HOME to a directory that you may write to.",
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise SetupError(
            problem=f"The data directory {home} cannot be written.",
            advice="Give it to the user that runs Hausgeist, or set HAUSGEIST_HOME.",
        )


def house_secret(home: Path) -> bytes:
    """The random secret of this install (32 bytes), made at first use and readable by its owner only.

    Raises:
        SetupError: it cannot be read, or is no longer whole. It is never made anew: what it sealed
            would be lost.
    """
    path = home / "secret.key"
    if not path.exists():
        _make_secret(path)
    try:
        secret = path.read_bytes()
    except PermissionError as error:
        raise SetupError(
            problem=f"{path} cannot be read.", advice="Give it to this user."
        ) from error
    if len(secret) < SECRET_BYTES:
        raise SetupError(
            problem=f"{path} is not whole: it has {len(secret)} bytes, not {SECRET_BYTES}.",
            advice="Restore it from a backup. Only if there is none, delete it: providers' keys must "
            "then be entered again.",
        )
    return secret


def _make_secret(path: Path) -> None:
    """Make the secret appear whole or not at all; of two processes at once, one wins."""
    own = path.with_name(f"secret.{os.getpid()}.new")
    own.touch(mode=0o600)
    own.write_bytes(secrets.token_bytes(SECRET_BYTES))
    try:
        path.hardlink_to(own)
    except FileExistsError:
        return
    finally:
        own.unlink(missing_ok=True)


def open_lifecycle(store: Store, trail: Trail, secret: bytes, identity: Identity) -> Lifecycle:
    """The verbs over what is held of people."""
    signer = Signer(secret)
    return Lifecycle(
        retention=Retention(store, trail, now_ms),
        holds=Holds(store, trail, now_ms),
        export=Export(store, trail, now_ms),
        erasure=Erasure(store, trail, signer, now_ms, changed=identity.forget),
        receipts=signer,
    )


def open_policies(store: Store, trail: Trail, identity: Identity, border: Border) -> Policies:
    """The verbs of the border's rules, over a store."""
    return Policies(store=store, trail=trail, border=border, second=identity.second, now_ms=now_ms)


async def _end_all(ends: Iterable[Callable[[str], Awaitable[None]]], user_id: str) -> None:
    """End whatever runs for somebody in this process."""
    for end in ends:
        await end(user_id)


async def _warm_detectors(gateway: Gateway) -> None:
    """Have the detectors running where a text may leave, so that the first one does not wait."""
    if any(card.zone is not Zone.HOUSE for card in gateway.directory.cards()):
        gateway.border.examiner.warm()


def open_identity(settings: Settings, store: Store, trail: Trail) -> Identity:
    """Who is asking, over a store."""
    return Identity(store, trail, now_ms, time.monotonic, session_days=settings.session_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What everything stands on."""

    settings: Settings
    store: Store
    secret: bytes
    trail: Trail
    outbound: Outbound
    connections: Connections
    departures: Departures
    identity: Identity
    gateway: Gateway


def build(settings: Settings) -> House:
    """Put a house together; nothing is opened to the outside."""
    ground = _ground(settings)
    store, trail, identity = ground.store, ground.trail, ground.identity
    supervisor, residents = _engines(ground)
    prices, energy = _prices(ground, supervisor)
    providers = _providers(ground)
    notes = ModelNotes(store, trail, ground.gateway.directory, now_ms)
    policies = open_policies(store, trail, identity, ground.gateway.border)
    guards = GuardRules(
        store, trail, now_ms, partial(setattr, ground.gateway, "guards"), settings.home
    )
    own_words = OwnWords(store, trail, now_ms)
    ground.gateway.border.examiner.words = own_words.current
    library = Library(store, trail, now_ms)
    files = Files(store, now_ms)
    chat = Chat(
        store,
        ground.gateway,
        now_ms,
        in_memory=residents.in_memory,
        files=files,
        library=library,
    )
    uploads = _uploads(ground)
    search = Search(store, now_ms)
    imports = Imports(store, trail, now_ms, settings.default_class)
    temporary = Temporary(ground.gateway, now_ms, residents.in_memory)
    lifecycle = open_lifecycle(store, trail, ground.secret, identity)
    lifecycle.erasure.ending = partial(_end_all, [chat.end_of, temporary.end_of])
    logins = _logins(ground)
    entrance = _entrance(ground, logins)
    recheck = Recheck(store, trail, logins=logins, people=identity.people, now_ms=now_ms)
    workers = Workers(store, settings, now_ms, lambda: house_address(settings, settings.port))
    ends: list[Callable[[], Awaitable[None]]] = []
    house = House(
        settings=settings,
        store=store,
        gateway=ground.gateway,
        chat=chat,
        files=files,
        uploads=uploads,
        search=search,
        shelves=Shelves(store, now_ms, chat.ended),
        library=library,
        readings=Readings(store, trail, identity.second, now_ms),
        shares=Shares(store, trail, now_ms, ground.settings.files_total),
        exports=Exports(store, ground.gateway.directory, identity.organisation, now_ms),
        imports=imports,
        identity=identity,
        lifecycle=lifecycle,
        temporary=temporary,
        trail=trail,
        checkpoints=Checkpoints(store, Notary(ground.secret), now_ms),
        now_ms=now_ms,
        outbound=ground.outbound,
        proof=_proof(ground),
        shelf=residents.refresh,
        loaded=residents.loaded,
        keep=residents.keep,
        pull=residents.fetch,
        delete=residents.remove,
        providers=providers,
        prices=prices,
        budgets=Budgets(store, trail, ground.gateway.book, now_ms),
        usage=Usage(store, trail, now_ms),
        guards=guards,
        appeals=Appeals(store, trail, now_ms),
        notes=notes,
        drills=Drills(store, trail, ground.gateway, now_ms),
        own_words=own_words,
        policies=policies,
        logins=logins,
        entrance=entrance,
        callers=JobCallers(store, ground.secret, now_ms),
        open_bench=cache(partial(_bench, ground, workers, ends)),
    )
    ground.gateway.on_settled = _counting(house, energy)
    rounds = _rounds(
        ground, house, energy=energy, residents=residents, recheck=recheck, workers=workers
    )
    _live(ground, house, rounds=rounds, supervisor=supervisor, recheck=recheck)
    _traffic(ground, house)
    house.on_stop.append(partial(_run_all, ends))
    house.on_stop.append(workers.close)  # first of all: they ask this house
    return house


def _traffic(ground: _Ground, house: House) -> None:
    """Calls that were laid aside are worked off apart from all else: the detectors take their time."""
    collected = Collected(ground.store, now_ms, ground.settings.traffic_days)
    archives = Archives(ground.settings.home)
    rounds = Rounds((), later=[partial(_work_off, house), collected.look, archives.look])
    house.on_start.append(rounds.start)
    house.on_stop.append(rounds.stop)


async def _work_off(house: House) -> None:
    """Where nobody agreed to anything, the workbench is not even loaded."""
    if house.gateway.tap.waiting:
        await house.bench.traffic.work_off()


async def _run_all(ends: list[Callable[[], Awaitable[None]]]) -> None:
    for end in ends:
        await end()


def _bench(ground: _Ground, workers: Workers, ends: list[Callable[[], Awaitable[None]]]) -> "Bench":
    """The workbench, loaded by whoever asks for it first. ``ends`` gets what stops with the house."""
    from hausgeist.register import bench  # noqa: PLC0415  a server that only chats needs none of it

    made = bench.open_bench(
        bench.Ground(
            settings=ground.settings,
            store=ground.store,
            trail=ground.trail,
            secret=ground.secret,
            gateway=ground.gateway,
            now_ms=now_ms,
        )
    )
    made.jobs.handed_in = workers.wake
    ends.append(made.students.close)
    if made.serving is not None and made.fallback is not None:
        ends += [made.fallback.close, made.serving.close]
    return made


async def _serve_students(house: House) -> None:
    """Offer the students in service. Where there never were any, nothing of the workbench is loaded."""
    if house.gateway.directory.has(STUDENTS) or await house.store.read(deployments.any_running):
        serving = house.bench.serving
        assert serving is not None
        await serving.refresh()
        await house.bench.drift.tend()


def _rounds(
    ground: _Ground,
    house: House,
    *,
    energy: EnergyMeter,
    residents: Residents,
    recheck: Recheck,
    workers: Workers,
) -> Rounds:
    """What is looked at again and again, because another process may have changed it."""
    return Rounds(
        [
            ground.gateway.book.refresh,
            house.prices.refresh,
            house.usage.tend,
            energy.look,
            residents.refresh,
            house.policies.refresh,
            house.own_words.refresh,
            house.providers.refresh,
            partial(_warm_detectors, ground.gateway),
            house.notes.refresh,
            house.guards.refresh,
            house.logins.refresh,
            recheck.look,
            house.files.tend,
            house.imports.tend,
            house.checkpoints.tend,
            partial(_serve_students, house),
        ],
        later=[house.proof.round, workers.look],
    )


def _live(
    ground: _Ground, house: House, *, rounds: Rounds, supervisor: Supervisor, recheck: Recheck
) -> None:
    """What is done at the start and, in the opposite order, at the end."""
    # on one SQLite file this is the only server; on PostgreSQL a young one may be a neighbour's
    longest = 0.0 if ground.store.is_sqlite else LONGEST_CALL
    house.on_start += [
        rounds.start,
        ground.gateway.book.recover,
        partial(ground.departures.recover, longest),
        house.chat.recover,
        house.imports.recover,
        house.files.recover,
        house.search.start,
        house.lifecycle.retention.start,
    ]
    house.on_stop += [
        house.checkpoints.close,
        ground.store.drain,
        house.proof.canary.close,
        ground.gateway.border.examiner.close,
        ground.gateway.ended,
        house.drills.close,
        ground.identity.close,
        ground.outbound.close,
        supervisor.stop_all,
        house.providers.close,
        house.fetches.close,
        rounds.stop,
        house.logins.close,
        recheck.close,
        house.search.stop,
        house.lifecycle.retention.stop,
        house.temporary.close,
        house.uploads.close,
        house.imports.close,
        partial(house.chat.close, ground.settings.shutdown_grace),
    ]


def _ground(settings: Settings) -> _Ground:
    store = open_store(settings)
    secret = house_secret(settings.home)
    trail = Trail(store, secret, now_ms)
    outbound = Outbound(
        AllowList(settings.own_networks), connect_timeout=settings.upstream_connect_timeout
    )
    connections = Connections(store, now_ms, outbound.allow)
    outbound.record = connections.note
    departures = Departures(store, now_ms)
    outbound.depart = departures.depart
    directory = Directory()
    return _Ground(
        settings=settings,
        store=store,
        secret=secret,
        trail=trail,
        outbound=outbound,
        connections=connections,
        departures=departures,
        identity=open_identity(settings, store, trail),
        gateway=Gateway(
            directory=directory,
            routes=Routes(directory, time.monotonic),
            book=Book(store, now_ms, time.monotonic, trail),
            trail=trail,
            now_ms=now_ms,
            border=Border(default_class=settings.default_class),
            veils=LateVeils(store, secret, now_ms),
        ),
    )


def _engines(ground: _Ground) -> tuple[Supervisor, Residents]:
    """The children that run weights, and the models that live in the house."""
    settings = ground.settings
    fetcher = Fetcher(
        settings,
        record=ground.connections.note,
        depart=ground.departures.depart,
        wire=ground.outbound.wire,
    )
    shelf = Shelf(settings.home, fetcher)
    supervisor = Supervisor(
        budget=budget(settings.memory_budget),
        patience=settings.load_patience,
        allow=ground.outbound.allow,
    )
    engines = HouseProvider(shelf, supervisor, ground.outbound, threads=settings.threads)
    return supervisor, Residents(shelf, engines, ground.gateway.directory)


def _proof(ground: _Ground) -> Proof:
    """What proves what left the house."""
    store, trail, outbound, identity = ground.store, ground.trail, ground.outbound, ground.identity
    return Proof(
        now_ms=now_ms,
        store=store,
        outbound=outbound,
        departures=ground.departures,
        canary=Canary(store, trail, ground.gateway, now_ms),
        reports=Reports(
            store,
            trail,
            report_key(ground.secret),
            now_ms,
            organisation=identity.organisation,
            allow=outbound.allow,
        ),
        watch=Watch(
            outbound,
            ground.connections,
            trail,
            now_ms,
            partial(own_ways, store.port, outbound.allow),
        ),
    )


def _prices(ground: _Ground, supervisor: Supervisor) -> tuple[Prices, EnergyMeter]:
    """What models cost, and what those in the house take."""
    directory = ground.gateway.directory
    prices = Prices(ground.store, ground.trail, now_ms)
    energy = EnergyMeter(
        lambda: {one.name: one.pid for one in supervisor.status() if one.pid}, time.monotonic
    )
    prices.measured = energy.energy
    prices.changed = energy.changed = directory.reprice
    directory.price_of, directory.energy_of = prices.of, prices.energy
    return prices, energy


def _counting(house: House, energy: EnergyMeter) -> Callable[[Settlement], None]:
    """Who counts what was settled."""
    counted = house.meter.settled
    if not energy.measures:
        return counted

    def both(settlement: Settlement) -> None:
        counted(settlement)
        energy.settled(settlement)

    return both


def _providers(ground: _Ground) -> Providers:
    return Providers(
        store=ground.store,
        trail=ground.trail,
        secret=ground.secret,
        outbound=ground.outbound,
        directory=ground.gateway.directory,
        home=ground.settings.home,
        now_ms=now_ms,
        usd_eur_rate=ground.settings.usd_eur_rate,
    )


def _uploads(ground: _Ground) -> Uploads:
    return Uploads(
        ground.store,
        now_ms,
        largest=ground.settings.file_most,
        unsent=ground.settings.files_unsent,
        total=ground.settings.files_total,
    )


def _logins(ground: _Ground) -> Logins:
    """The login sources."""
    return Logins(
        store=ground.store,
        trail=ground.trail,
        secret=ground.secret,
        outbound=ground.outbound,
        now_ms=now_ms,
        changed=ground.identity.forget,
    )


def _entrance(ground: _Ground, logins: Logins) -> Entrance:
    """Where people from other login sources come in."""
    settings, identity = ground.settings, ground.identity
    entrance = Entrance(
        store=ground.store,
        trail=ground.trail,
        secret=ground.secret,
        logins=logins,
        sessions=identity.sessions,
        arrivals=Arrivals(ground.trail, now_ms, identity.forget, settings.language),
        now_ms=now_ms,
        base=settings.public_url or f"http://{settings.host}:{settings.port}",
        changed=identity.forget,
    )
    identity.sessions.elsewhere = entrance.by_password
    return entrance


def application(house: House) -> Edge:
    """The ASGI application over a house. The pages are loaded when the first of them is asked for."""
    table = RouteTable(programs(), pages)
    house.on_start.append(table.warm_up)
    return Edge(house, table, secured(house.settings.public_url))
