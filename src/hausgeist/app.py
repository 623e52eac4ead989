# SPDX-License-Identifier: EUPL-1.2
"""The composition root: settings, store, rivers, edge. The only place that knows all of them."""

import secrets
import time
from pathlib import Path

from hausgeist.audit import Trail
from hausgeist.errors import SetupError
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.identity import Identity
from hausgeist.ledger import Book
from hausgeist.net import AllowList, Outbound
from hausgeist.settings import Settings
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import metadata
from hausgeist.web.api import anthropic, ollama, ollama_models, openai
from hausgeist.web.asgi import Edge
from hausgeist.web.headers import secure
from hausgeist.web.house import House
from hausgeist.web.routes import RouteTable


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def open_store(settings: Settings) -> Store:
    """The database the settings name."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(settings.database_url or sqlite_url(settings.home / "hausgeist.db"))
    store.write_now(metadata.create_all)
    return store


def house_secret(home: Path) -> bytes:
    """The random secret of this install (32 bytes), made at first use and readable by its owner only."""
    path = home / "secret.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        secret = secrets.token_bytes(32)
        path.touch(mode=0o600)
        path.write_bytes(secret)
        return secret
    except PermissionError as error:
        raise SetupError(
            problem=f"{path} cannot be read.", advice="Give it to this user."
        ) from error


def open_identity(settings: Settings, store: Store, trail: Trail) -> Identity:
    """Who is asking, over a store."""
    return Identity(store, trail, now_ms, time.monotonic, session_days=settings.session_days)


def build(settings: Settings) -> House:
    """Put a house together; nothing is opened to the outside."""
    store = open_store(settings)
    trail = Trail(store, house_secret(settings.home), now_ms)
    outbound = Outbound(AllowList(), connect_timeout=settings.upstream_connect_timeout)
    directory = Directory()
    book = Book(store, now_ms)
    gateway = Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=book,
        trail=trail,
        now_ms=now_ms,
        default_class=settings.default_class,
    )
    house = House(
        settings=settings,
        store=store,
        gateway=gateway,
        identity=open_identity(settings, store, trail),
        trail=trail,
        now_ms=now_ms,
        outbound=outbound,
    )
    house.on_start += [book.refresh, _recovery(book)]
    house.on_stop += [outbound.close, store.drain]
    return house


def application(house: House) -> Edge:
    """The ASGI application over a house."""
    return Edge(
        house,
        RouteTable([*openai.ROUTES, *anthropic.ROUTES, *ollama.ROUTES, *ollama_models.ROUTES]),
        secure,
    )


def _recovery(book: Book):  # type: ignore[no-untyped-def]
    async def recover() -> None:
        await book.recover()

    return recover
