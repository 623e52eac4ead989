# SPDX-License-Identifier: EUPL-1.2
"""The composition root: settings, store, rivers, edge. The only place that knows all of them."""

import os
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from hausgeist import __version__
from hausgeist.audit import Trail
from hausgeist.chat import Chat
from hausgeist.chat.exports import Exports
from hausgeist.chat.files import Files
from hausgeist.chat.imports import Imports
from hausgeist.chat.library import Library
from hausgeist.chat.search import Search
from hausgeist.chat.shares import Shares
from hausgeist.chat.shelf import Shelves
from hausgeist.chat.temporary import Temporary
from hausgeist.chat.uploads import Uploads
from hausgeist.errors import SetupError
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.engines import Supervisor
from hausgeist.gateway.notes import ModelNotes
from hausgeist.gateway.providers.configured import Providers
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.residents import Residents
from hausgeist.gateway.weights import Fetcher, Shelf, budget
from hausgeist.identity import Identity
from hausgeist.identity.arrivals import Arrivals
from hausgeist.identity.entrance import Entrance
from hausgeist.identity.logins import Logins
from hausgeist.identity.recheck import Recheck
from hausgeist.jobs import Rounds
from hausgeist.ledger import Book
from hausgeist.net import AllowList, Connections, Outbound
from hausgeist.people import Erasure, Export, Holds, Lifecycle, Retention, Signer
from hausgeist.settings import Settings
from hausgeist.store import schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.transfer import snapshot
from hausgeist.web import assets
from hausgeist.web.api import anthropic, audio, ollama, ollama_models, openai, operations
from hausgeist.web.asgi import Edge
from hausgeist.web.headers import secured
from hausgeist.web.house import House
from hausgeist.web.openapi import described
from hausgeist.web.pages import (
    account,
    account_password,
    admin,
    admin_announcements,
    admin_audit,
    admin_branding,
    admin_groups,
    admin_holds,
    admin_keys,
    admin_login,
    admin_logins,
    admin_models,
    admin_providers,
    admin_retention,
    admin_user,
    admin_users,
    brand,
    chat,
    chat_list,
    chat_search,
    exports,
    imports,
    library,
    library_edit,
    library_files,
    library_use,
    login,
    my_data,
    setup,
    shares,
    sso,
    temporary,
    voice,
)
from hausgeist.web.pages import files as files_pages
from hausgeist.web.routes import RouteTable

LONGEST_CALL = 6 * 3600.0
"""Seconds after which a reservation of any replica is taken for lost."""

SECRET_BYTES = 32


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


async def _end_all(ends: Iterable[Callable[[str], Awaitable[None]]], user_id: str) -> None:
    """End whatever runs for somebody in this process."""
    for end in ends:
        await end(user_id)


def open_identity(settings: Settings, store: Store, trail: Trail) -> Identity:
    """Who is asking, over a store."""
    return Identity(store, trail, now_ms, time.monotonic, session_days=settings.session_days)


def build(settings: Settings) -> House:
    """Put a house together; nothing is opened to the outside."""
    store = open_store(settings)
    secret = house_secret(settings.home)
    trail = Trail(store, secret, now_ms)
    outbound = Outbound(AllowList(), connect_timeout=settings.upstream_connect_timeout)
    connections = Connections(store, now_ms)
    outbound.record = connections.note
    directory = Directory()
    book = Book(store, now_ms)
    gateway = Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=book,
        trail=trail,
        now_ms=now_ms,
        border=Border(default_class=settings.default_class),
    )
    shelf = Shelf(settings.home, Fetcher(settings, record=connections.note))
    supervisor = Supervisor(
        budget=budget(settings.memory_budget),
        patience=settings.load_patience,
        allow=outbound.allow,
    )
    engines = HouseProvider(shelf, supervisor, outbound, threads=settings.threads)
    residents = Residents(shelf, engines, directory)
    providers = Providers(
        store=store,
        trail=trail,
        secret=secret,
        outbound=outbound,
        directory=directory,
        home=settings.home,
        now_ms=now_ms,
        usd_eur_rate=settings.usd_eur_rate,
    )
    shelves = Library(store, trail, now_ms)
    notes = ModelNotes(store, trail, directory, now_ms)
    files = Files(store, now_ms)
    talks = Chat(
        store, gateway, now_ms, in_memory=residents.in_memory, files=files, library=shelves
    )
    uploads = Uploads(
        store,
        now_ms,
        largest=settings.file_most,
        unsent=settings.files_unsent,
        total=settings.files_total,
    )
    identity = open_identity(settings, store, trail)
    lifecycle = open_lifecycle(store, trail, secret, identity)
    temporary_chats = Temporary(gateway, now_ms, residents.in_memory)
    lifecycle.erasure.ending = partial(_end_all, [talks.end_of, temporary_chats.end_of])
    house = House(
        settings=settings,
        store=store,
        gateway=gateway,
        chat=talks,
        files=files,
        uploads=uploads,
        search=Search(store, now_ms),
        shelves=Shelves(store, now_ms, talks.ended),
        library=shelves,
        shares=Shares(store, trail, now_ms),
        exports=Exports(store, directory, identity.organisation, now_ms),
        imports=Imports(store, trail, now_ms, settings.default_class),
        identity=identity,
        lifecycle=lifecycle,
        temporary=temporary_chats,
        trail=trail,
        now_ms=now_ms,
        outbound=outbound,
        loaded=residents.loaded,
        keep=residents.keep,
        pull=residents.fetch,
        delete=residents.remove,
        providers=providers,
        notes=notes,
    )
    looks = _open_logins(house, secret)
    looks += [files.sweep]
    looks = [*looks, house.imports.tend]
    rounds = Rounds([book.refresh, residents.refresh, providers.refresh, notes.refresh, *looks])
    # on one SQLite file this is the only server; on PostgreSQL a young reservation may be a neighbour's
    longest = 0.0 if store.is_sqlite else LONGEST_CALL
    gateway.on_settled = house.meter.settled
    house.on_start += [
        rounds.start,
        partial(book.recover, longest),
        house.chat.recover,
        house.imports.recover,
        files.recover,
        house.search.start,
        lifecycle.retention.start,
    ]
    house.on_stop += [
        store.drain,
        gateway.ended,
        house.identity.close,
        outbound.close,
        supervisor.stop_all,
        providers.close,
        house.fetches.close,
        rounds.stop,
        house.search.stop,
        lifecycle.retention.stop,
        temporary_chats.close,
        uploads.close,
        house.imports.close,
        partial(house.chat.close, settings.shutdown_grace),
    ]
    return house


def _open_logins(house: House, secret: bytes) -> list[Callable[[], Awaitable[object]]]:
    """Let people from other login sources in; gives what has to be looked at now and then."""
    settings, identity = house.settings, house.identity
    house.logins = logins = Logins(
        store=house.store,
        trail=house.trail,
        secret=secret,
        outbound=house.outbound,
        now_ms=now_ms,
        changed=identity.forget,
    )
    house.entrance = Entrance(
        store=house.store,
        trail=house.trail,
        secret=secret,
        logins=logins,
        sessions=identity.sessions,
        arrivals=Arrivals(house.trail, now_ms, identity.forget, settings.language),
        now_ms=now_ms,
        base=settings.public_url or f"http://{settings.host}:{settings.port}",
        changed=identity.forget,
    )
    identity.sessions.elsewhere = house.entrance.by_password
    recheck = Recheck(
        house.store, house.trail, logins=logins, people=identity.people, now_ms=now_ms
    )
    house.on_stop += [logins.close, recheck.close]
    return [logins.refresh, recheck.look]


def application(house: House) -> Edge:
    """The ASGI application over a house."""
    return Edge(
        house,
        RouteTable(
            described(
                [
                    *openai.ROUTES,
                    *audio.ROUTES,
                    *anthropic.ROUTES,
                    *ollama.ROUTES,
                    *ollama_models.ROUTES,
                    *operations.ROUTES,
                    *assets.ROUTES,
                    *setup.ROUTES,
                    *login.ROUTES,
                    *sso.ROUTES,
                    *voice.ROUTES,
                    *chat_list.ROUTES,
                    *chat_search.ROUTES,
                    *chat.ROUTES,
                    *library_edit.ROUTES,
                    *library_files.ROUTES,
                    *library_use.ROUTES,
                    *library.ROUTES,
                    *files_pages.ROUTES,
                    *shares.ROUTES,
                    *exports.ROUTES,
                    *imports.ROUTES,
                    *account.ROUTES,
                    *account_password.ROUTES,
                    *my_data.ROUTES,
                    *temporary.ROUTES,
                    *admin.ROUTES,
                    *admin_users.ROUTES,
                    *admin_user.ROUTES,
                    *admin_groups.ROUTES,
                    *admin_announcements.ROUTES,
                    *admin_branding.ROUTES,
                    *admin_audit.ROUTES,
                    *brand.ROUTES,
                    *admin_keys.ROUTES,
                    *admin_retention.ROUTES,
                    *admin_holds.ROUTES,
                    *admin_models.ROUTES,
                    *admin_providers.ROUTES,
                    *admin_logins.ROUTES,
                    *admin_login.ROUTES,
                ]
            )
        ),
        secured(house.settings.public_url),
    )
