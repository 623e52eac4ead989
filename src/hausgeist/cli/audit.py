# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist audit``: the trail as an archive for auditors, its check, the checkpoint to keep outside."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Optional, TypeVar

import typer

from hausgeist import settings
from hausgeist.errors import SetupError

if TYPE_CHECKING:
    from hausgeist.audit import Checkpoint, Checkpoints
    from hausgeist.store.db import Store

T = TypeVar("T")

audit = typer.Typer(help="The audit trail, for whoever checks it.", no_args_is_help=True)


def with_trail(work: Callable[[Checkpoints, Store], Awaitable[T]]) -> T:
    """Run ``work`` on the trail of the house."""
    from hausgeist import app  # noqa: PLC0415  half a second that --help saves
    from hausgeist.audit import Checkpoints, Notary  # noqa: PLC0415  as above

    async def run() -> T:
        config = settings.load()
        store = app.open_store(config)
        try:
            secret = app.house_secret(config.home)
            return await work(Checkpoints(store, Notary(secret), app.now_ms), store)
        finally:
            store.close()

    return asyncio.run(run())


@audit.command()
def checkpoint() -> None:
    """Sign what there is now, and print the checkpoint: keep it where this house cannot reach it."""

    async def work(heads: Checkpoints, _store: Store) -> Checkpoint | None:
        return await heads.make()

    found = with_trail(work)
    if found is None:
        raise SetupError(problem="There are no events yet.", advice="Come back after the set-up.")
    sys.stdout.buffer.write(found.note.encode())


@audit.command()
def export(file: Path = typer.Argument(help="ZIP file to write, for an auditor.")) -> None:
    """Write all events, checkpoints, the public key and a stand-alone check into a ZIP file."""
    if file.exists():
        raise SetupError(problem=f"{file} is there already.", advice="Name another file.")
    size = _exported(file)
    typer.echo(f"{file}: {size:,} events. It names nobody; README.txt in it says how to check it.")


@audit.command()
def verify(
    file: Optional[Path] = typer.Argument(None, help="An export; without it, this house's own."),  # noqa: UP045  typer reads it
    against: Optional[Path] = typer.Option(None, help="A checkpoint that was kept outside."),  # noqa: UP045  as above
) -> None:
    """Check a trail from its first event to its last; exit code 1 if anything does not hold."""
    from hausgeist.audit import verify as alone  # noqa: PLC0415  as in ``with_trail``

    kept = None if against is None else _read(against)
    with tempfile.TemporaryDirectory() as folder:
        archive = file
        if archive is None:
            archive = Path(folder) / "trail.zip"
            _exported(archive)
        try:
            found = alone.check(str(archive), kept)
        except alone.Broken as error:
            raise SetupError(
                problem=f"The audit trail does not hold: {error}.",
                advice="Keep this database and its backups as they are, and compare them.",
            ) from error
    if file is None:
        _check_ledger()
    against_words = f", kept checkpoint of {found['against']:,} events" if against else ""
    typer.echo(
        f"Everything holds: {found['events']:,} events ({found['erased']:,} erased), "
        f"{found['checkpoints']:,} checkpoints{against_words}."
    )
    if against is None:
        typer.echo(
            "Only a checkpoint kept outside (--against) shows that nothing was cut off or rewritten.",
            err=True,
        )


def _check_ledger() -> None:
    """Compare the ledger with what the trail says was booked."""

    async def work(heads: Checkpoints, _store: Store) -> list[int]:
        return await heads.misbooked()

    if wrong := with_trail(work):
        numbers = ", ".join(map(str, wrong))
        raise SetupError(
            problem=f"The ledger is not what was booked: see the events {numbers} of the trail.",
            advice="Keep this database and its backups as they are, and compare them.",
        )


def _exported(file: Path) -> int:
    """Write the archive; gives how many events are in it."""
    from hausgeist.audit.export import written  # noqa: PLC0415  as in ``with_trail``

    async def work(heads: Checkpoints, store: Store) -> int:
        newest = await heads.make()
        if newest is None:
            raise SetupError(problem="There are no events yet.", advice="Come back after set-up.")
        with file.open("xb") as out:
            for _ in written(store, heads.notary.key, newest, out):
                pass
        return newest.size

    return with_trail(work)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(problem=f"{file} cannot be read.", advice="Name the text file.") from error
