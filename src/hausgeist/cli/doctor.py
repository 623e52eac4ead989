# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist doctor``: what would keep the house from running, and what to do about it.

Every check looks at one thing, changes nothing, opens no connection to the outside, and ends with a
finding. Exit code 1 if any finding is an error.
"""

import asyncio
import json
import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Literal

import typer

from hausgeist import __version__, settings
from hausgeist.core.months import month_of
from hausgeist.errors import HausgeistError
from hausgeist.locks import try_lock
from hausgeist.settings import PREFIX, Settings

NEEDED_SPACE = 500_000_000
"""Bytes that should be free in the data directory: a small model and room for the database."""

MARKS = {"ok": "✓", "note": "·", "warning": "!", "error": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do."""

    level: Literal["ok", "note", "warning", "error"]
    what: str
    advice: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def doctor(
    show_settings: bool = typer.Option(False, "--settings", help="List all settings instead."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON for scripts."),
    silence: bool = typer.Option(
        False, "--silence", help="Prove instead that this install reaches nobody outside."
    ),
) -> None:
    """Check this installation and say what to do."""
    config = settings.load()
    if silence:
        from hausgeist.cli.silence import check as quiet  # noqa: PLC0415  for this alone

        quiet(config, as_json=as_json)
        return
    if show_settings:
        _print_settings(config)
        return
    findings = [finding for check in CHECKS for finding in check(config)]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        typer.echo(f"Hausgeist {__version__}, data directory {config.home}")
        for finding in findings:
            typer.echo(f"{MARKS[finding.level]} {finding.what} {finding.advice}".rstrip())
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def home(config: Settings) -> Iterator[Finding]:
    """The data directory: there, ours, closed to others, with room."""
    path = config.home
    if not path.exists():
        yield Finding("note", f"{path} does not exist yet.", "`hausgeist serve` makes it.")
        path = next(parent for parent in path.parents if parent.exists())
    if not os.access(path, os.W_OK | os.X_OK):
        yield Finding(
            "error", f"{path} cannot be written.", "Give it to the user that runs Hausgeist."
        )
        return
    if path == config.home and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("warning", f"Others can look into {path}.", f"chmod 700 {path}")
    secret = config.home / "secret.key"
    if secret.exists() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
        yield Finding("error", f"Others can read {secret}.", f"chmod 600 {secret}")
    free = shutil.disk_usage(path).free
    if free < NEEDED_SPACE:
        yield Finding("error", f"Only {free / 1e6:.0f} MB are free at {path}.", "Make room.")
    else:
        yield Finding("ok", f"The data directory can be used, {free / 1e9:.1f} GB are free.")


def port(config: Settings) -> Iterator[Finding]:
    """The port: free, or used by this very house."""
    lock = config.home / "serve.lock"
    if lock.exists():
        with lock.open("a") as file:
            if not try_lock(file):
                yield Finding("ok", "The house is running.")
                return
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
        except OSError as error:
            yield Finding(
                "error",
                f"{config.host}:{config.port} cannot be used: {error.strerror}.",
                "Stop the program that uses it, or set HAUSGEIST_PORT.",
            )
            return
    yield Finding("ok", f"Port {config.port} is free.")


def exposure(config: Settings) -> Iterator[Finding]:
    """Who can reach the house, and how."""
    loopback = config.host in {"127.0.0.1", "::1", "localhost"}
    if not loopback and not config.public_url.startswith("https://"):
        yield Finding(
            "warning",
            f"The house listens on {config.host} without TLS.",
            "Put a reverse proxy with TLS before it and set HAUSGEIST_PUBLIC_URL.",
        )


def database(config: Settings) -> Iterator[Finding]:
    """The database: it opens, and has a revision that this version knows."""
    from hausgeist.store import schema  # noqa: PLC0415  --settings needs no database
    from hausgeist.store.db import Store, sqlite_url  # noqa: PLC0415  as above

    path = config.home / "hausgeist.db"
    if not config.database_url and not path.exists():
        yield Finding("note", "There is no database yet.", "`hausgeist serve` makes it.")
        return
    store = Store(config.database_url or sqlite_url(path))
    try:
        current = schema.check(store)
    except HausgeistError as error:
        yield Finding("error", error.say())
        return
    finally:
        store.close()
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    if current:
        yield Finding("ok", f"The database ({kind}) is at this version's schema.")
    else:
        yield Finding(
            "note", f"The database ({kind}) will be migrated at the next start, after a backup."
        )


def policy(config: Settings) -> Iterator[Finding]:
    """The border's rules in force: they can be read."""
    from hausgeist.gateway.policies import DAMAGED, in_force_of  # noqa: PLC0415  as above
    from hausgeist.store import schema  # noqa: PLC0415  as above
    from hausgeist.store.db import Store, sqlite_url  # noqa: PLC0415  as above

    path = config.home / "hausgeist.db"
    if not config.database_url and not path.exists():
        return
    store = Store(config.database_url or sqlite_url(path))
    try:
        if not schema.check(store):
            return
        version, readable = in_force_of(store)
    except HausgeistError:
        return  # the check of the database says so
    finally:
        store.close()
    if readable:
        yield Finding("ok", f"The border's rules can be read: {version}.")
    else:
        yield Finding("error", DAMAGED, "Restore a backup, or propose other rules.")


def models(config: Settings) -> Iterator[Finding]:
    """The models in the house: there are some, their files too, and they fit into memory."""
    from hausgeist.gateway.weights import Fetcher, Shelf, budget, fit  # noqa: PLC0415  as above

    shelf = Shelf(config.home, Fetcher(config))
    found = shelf.models()
    if not found:
        yield Finding(
            "warning",
            "There is no model in the house.",
            "`hausgeist model pull starter` fetches a small one.",
        )
    for manifest in found:
        try:
            shelf.blob(manifest)
        except HausgeistError:
            yield Finding(
                "error",
                f"The file of {manifest.name} is missing.",
                "Add the model again or remove it.",
            )
            continue
        room = fit(
            manifest.header,
            manifest.size,
            context=manifest.context,
            slots=manifest.settings.slots,
            budget=budget(config.memory_budget),
        )
        if room.fits:
            yield Finding("ok", f"{manifest.name} fits into memory.")
        else:
            yield Finding("error", f"{manifest.name} does not fit into memory.", room.advice())


def detectors(config: Settings) -> Iterator[Finding]:
    """The detectors of personal data: they start, and find what they must."""
    from hausgeist.gateway.privacy import Examiner  # noqa: PLC0415  as above

    del config

    async def look() -> tuple[str, ...]:
        examiner = Examiner()
        try:
            await examiner.start()
        finally:
            await examiner.close()
        return examiner.health.barriers

    try:
        held = asyncio.run(look())
    except HausgeistError as error:
        yield Finding(
            "error",
            f"The detectors of personal data do not work: {error.__cause__}.",
            "What would have to be examined stays in the house. Install Hausgeist again.",
        )
        return
    yield Finding("ok", "The detectors of personal data find what they must.")
    if "seccomp" not in held:
        yield Finding(
            "note",
            f"Their process is held by {', '.join(held)} only.",
            "A newer kernel can do more.",
        )


def egress(config: Settings) -> Iterator[Finding]:
    """What left the house agrees with what was opened, and the canary's last flight was good."""
    from hausgeist import app  # noqa: PLC0415  as above
    from hausgeist.gateway.egress import recent  # noqa: PLC0415  as above
    from hausgeist.store import schema  # noqa: PLC0415  as above
    from hausgeist.store.db import Store, sqlite_url  # noqa: PLC0415  as above

    if not config.database_url and not (config.home / "hausgeist.db").exists():
        return
    store = Store(config.database_url or sqlite_url(config.home / "hausgeist.db"))
    try:
        if not schema.check(store):
            return
        found, flight = asyncio.run(recent(store, month_of(app.now_ms())))
    except HausgeistError:
        return  # the check of the database says it
    finally:
        store.close()
    for one in found.differences:
        yield Finding(
            "error",
            f"What left does not agree with what was opened: {one.code}, {one.host}:{one.port}, {one.count}.",
            "Look at /admin/egress.",
        )
    if not found.differences:
        yield Finding("ok", "What left this month agrees with what was opened.")
    if flight is not None and flight.good:
        yield Finding("ok", f"The canary's last flight: {flight.outcome}.")
    elif flight is not None:
        yield Finding(
            "error",
            f"The canary's last flight: {flight.outcome} ({flight.detail}).",
            "Allow nothing to leave at /admin/policy until you know why.",
        )


CHECKS: tuple[Check, ...] = (home, port, exposure, database, policy, models, detectors, egress)


def _print_settings(config: Settings) -> None:
    for setting in fields(config):
        value = "(secret)" if setting.metadata["secret"] else getattr(config, setting.name)
        typer.echo(f"{PREFIX}{setting.name.upper()}={value}")
        typer.echo(f"    {setting.metadata['help']}")
