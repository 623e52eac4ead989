# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist serve``: from an empty data directory to a running house.

In the order things happen: the data directory is locked, the port taken, the starter model fetched where
none is there, the database migrated, the address and the set-up link printed. Each thing that can be
missing ends with one sentence that says what to do.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from hausgeist import logs, settings
from hausgeist.errors import HausgeistError, SetupError
from hausgeist.locks import try_lock
from hausgeist.settings import Settings

SWITCH_SECONDS = 0.0005
"""How soon the event loop hands the interpreter to the database's writer: a tenth of Python's default."""


def serve(
    host: str | None = typer.Option(None, help="Address to listen on."),
    port: int | None = typer.Option(None, help="Port to listen on."),
) -> None:
    """Start the house."""
    gc.disable()  # until everything is loaded, see `_run`
    from hausgeist import app  # noqa: PLC0415  the other commands need no server

    config = settings.load(host=host, port=port)
    logs.set_up(config.log_level, config.log_format)
    app.open_home(config.home)
    with _only_one(config.home), _listening(config) as listener:
        if config.starter_model:
            _fetch_starter(config)
        house = app.build(config)
        house.on_start.append(lambda: _welcome(house))
        _run(app.application(house), listener, config)


def _run(application: object, listener: socket.socket, config: Settings) -> None:
    import uvicorn  # noqa: PLC0415  as above

    from hausgeist.web.wire import BoundedProtocol  # noqa: PLC0415  as above

    # What exists now lives as long as the process: the collector need not look at it again.
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(SWITCH_SECONDS)
    server = uvicorn.Server(
        uvicorn.Config(
            application,  # type: ignore[arg-type]  # an ASGI application
            http=BoundedProtocol,
            ws="none",
            loop="uvloop",
            lifespan="on",  # a house that could not be opened must not serve
            access_log=False,
            log_level="warning",  # its greetings say nothing that ours does not
            log_config=None,
            server_header=False,
            proxy_headers=bool(config.trusted_proxies),
            forwarded_allow_ips=config.trusted_proxies or None,
            timeout_graceful_shutdown=int(config.shutdown_grace),
        )
    )
    # uvicorn raises again, at its end, the signal that ended it: to be asked to stop is no failure
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, _leave)
    server.run(sockets=[listener])


def _leave(_signal: int, _frame: object) -> None:
    """End the process, with everything closed on the way."""
    raise SystemExit(0)


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Hold the data directory for this process.

    Raises:
        SetupError: another server holds it, or it cannot be locked.
    """
    path = home / "serve.lock"
    try:
        lock = path.open("a")
    except OSError as error:
        raise SetupError(
            problem=f"{path} cannot be written: {error.strerror}.", advice="Give it to this user."
        ) from error
    with lock as file:
        if not try_lock(file):
            raise SetupError(
                problem=f"Another Hausgeist is already running on the data directory {home}.",
                advice="Stop it first, or set HAUSGEIST_HOME to another directory.",
            )
        yield


@contextmanager
def _listening(config: Settings) -> Iterator[socket.socket]:
    """The listening socket.

    Raises:
        SetupError: the port is taken, or may not be used.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
        except OSError as error:
            raise SetupError(
                problem=f"{config.host}:{config.port} cannot be used: {error.strerror}.",
                advice="Stop the program that uses it, or choose another with --port or HAUSGEIST_PORT.",
            ) from error
        yield listener


def _fetch_starter(config: Settings) -> None:
    """Fetch the starter model into an empty house; without it the house starts all the same."""
    from hausgeist.cli import model  # noqa: PLC0415  as above
    from hausgeist.gateway.weights import Fetcher, Shelf, starter  # noqa: PLC0415  as above

    if Shelf(config.home, Fetcher(config)).models():
        return
    typer.echo(
        f"First start: fetching the starter model {starter().title} ({starter().size // 1_000_000} MB, "
        "once, pinned by SHA-256). HAUSGEIST_STARTER_MODEL=no skips it."
    )
    try:
        model.pull(model.STARTER, name="", sha256="", as_json=False)
    except HausgeistError as error:
        typer.echo(f"The starter model was not fetched: {error.say()}", err=True)
        typer.echo(
            "The house starts without a model; add one with `hausgeist model add`.", err=True
        )


async def _welcome(house: object) -> None:
    """Print where the house is, and the one-time link while nobody has an account."""
    from hausgeist.web.house import House  # noqa: PLC0415  as above

    assert isinstance(house, House)
    address = house.settings.public_url or f"http://{house.settings.host}:{house.settings.port}"
    typer.echo(f"\nHausgeist is running at {address}")
    token = await house.identity.setup.token()
    if token is not None:
        typer.echo(
            f"Make the first account here (once, within a day):\n\n  {address}/setup?token={token}\n"
        )
    await asyncio.to_thread(sys.stdout.flush)
