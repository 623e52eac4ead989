# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist doctor --silence``: whether an install tries to reach anybody.

Two parts. What this house has connected to in the last thirty days, from its own ledger. And a trial: a house
in an empty data directory lives through its first day, with this machine's own program, while an audit hook
in each of its processes writes down where it connects to; where the kernel lets us, in a network of its own
that has a loopback and nothing else, in which native code finds no way either. Nothing outside is contacted
by either part.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.errors import HausgeistError

if TYPE_CHECKING:
    from hausgeist.settings import Settings

DAYS = 30
SECONDS = 240
"""How long the trial may take."""
_DAY = "hausgeist.testing.first_day"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was seen. ``silent`` is False for any attempt, and for a trial that could not be finished."""

    silent: bool
    what: str


def check(config: Settings, *, as_json: bool) -> None:
    """Run both parts and print what was seen.

    Raises:
        typer.Exit: with 1, if there was any attempt, or the trial did not come to its end.
    """
    found = [*ledger(config), *trial(config, quiet=as_json)]
    if as_json:
        rows = [{"silent": one.silent, "what": one.what} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for one in found:
            typer.echo(f"{'✓' if one.silent else '✗'} {one.what}")
    if not all(one.silent for one in found):
        raise typer.Exit(1)


def ledger(config: Settings) -> Iterator[Heard]:
    """What the house has connected to, or was kept from connecting to, by its own ledger."""
    from hausgeist import app  # noqa: PLC0415  half a second that --help saves
    from hausgeist.net.allow import plainly_own  # noqa: PLC0415  as above
    from hausgeist.store import departures, schema  # noqa: PLC0415  as above
    from hausgeist.store.db import Store, sqlite_url  # noqa: PLC0415  as above

    if not config.database_url and not (config.home / "hausgeist.db").exists():
        yield Heard(True, f"There is no house in {config.home} yet, so it has connected to nobody.")
        return
    store = Store(config.database_url or sqlite_url(config.home / "hausgeist.db"))
    try:
        if not schema.check(store):
            yield Heard(False, "The database is of another version; start the house once.")
            return
        since = app.now_ms() - DAYS * 24 * 3_600_000
        rows = store.read_now(lambda connection: departures.attempts(connection, since))
    finally:
        store.close()
    rows = [row for row in rows if not plainly_own(row["host"])]
    if not rows:
        yield Heard(True, f"This house has connected to nobody outside in the last {DAYS} days.")
    for row in rows:
        yield Heard(False, _said(row))


def _said(row: Mapping[str, Any]) -> str:
    last = datetime.fromtimestamp(row["last"] / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    what = "connected to" if row["allowed"] else "kept from connecting to"
    zone = f", zone {row['zone']}" if row["zone"] and row["zone"] != "before" else ""
    return (
        f"In the last {DAYS} days {what} {row['host']}:{row['port']} {row['count']} times, last on {last} "
        f"({row['reason']}{zone})."
    )


def trial(config: Settings, *, quiet: bool = False) -> Iterator[Heard]:
    """Let a house live through its first day, and say where it wanted to go."""
    model = _model(config)
    alone = _may_be_alone()
    if not quiet:
        typer.echo(
            "A house in an empty data directory lives through its first day; this takes a moment …"
        )
    with tempfile.TemporaryDirectory(prefix="hausgeist-silence-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        told = _live(home, model, alone=alone)
        from hausgeist.testing.first_day import leads_out, recorded  # noqa: PLC0415  as above

        attempts = recorded(Path(folder) / "connections")
    if isinstance(told, Heard):
        yield told
    elif told["exit"]:
        yield Heard(False, f"The house of the trial ended with exit code {told['exit']}.")
    else:
        asked = (
            "with answers of a model"
            if model is not None
            else "without a model: there is none here"
        )
        yield Heard(True, f"A house was set up, looked at, asked and stopped ({asked}).")
    out = [one for one in attempts if leads_out(one)]
    for one in out:
        yield Heard(False, f"Process {one['pid']} wanted to reach {one['where']} ({one['what']}).")
    if not attempts:
        yield Heard(
            False, "Nothing was written down at all, not even the house's talk with itself."
        )
    elif not out:
        words = f"Its processes connected {len(attempts)} times, each time to this machine itself."
        yield Heard(True, words)
    if isinstance(told, dict) and alone:
        yield from _lost(told)
    elif not alone:
        yield Heard(
            True,
            "It had this machine's network: a network of its own needs root on Linux and a kernel that lets "
            "us. Native code that connects by itself would not have been seen.",
        )


def _lost(told: Mapping[str, Any]) -> Iterator[Heard]:
    """What the kernel of the empty network has counted."""
    if not told["counted"]:
        yield Heard(
            True, "It had a network of its own; this kernel does not count what finds no way there."
        )
    elif told["lost"]:
        yield Heard(False, f"In its empty network {told['lost']} packets found no way out.")
    else:
        yield Heard(
            True, "It had a network of its own without a way out, and no packet looked for one."
        )


def _live(home: Path, model: Path | None, *, alone: bool) -> dict[str, Any] | Heard:
    words = [sys.executable, "-m", _DAY, str(home)]
    words += [] if model is None else ["--model", str(model)]
    words += ["--alone"] if alone else []
    try:
        done = subprocess.run(  # noqa: S603  our own program
            words, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Heard(False, f"The trial did not end within {SECONDS} seconds.")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        return Heard(False, f"The trial did not come to its end: {last[:300]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _model(config: Settings) -> Path | None:
    """The file of the smallest model in this house."""
    from hausgeist.gateway.weights import Fetcher, Shelf  # noqa: PLC0415  as above

    shelf = Shelf(config.home, Fetcher(config))
    for manifest in sorted(shelf.models(), key=lambda one: one.size):
        try:
            return shelf.blob(manifest)
        except HausgeistError:
            continue
    return None


def _may_be_alone() -> bool:
    if sys.platform != "linux":
        return False
    words = [sys.executable, "-c", f"from {_DAY} import enter_silence; enter_silence()"]
    done = subprocess.run(  # noqa: S603  our own program
        words, capture_output=True, check=False, timeout=60
    )
    return done.returncode == 0
