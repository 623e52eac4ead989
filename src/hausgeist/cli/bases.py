# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist base``: put encoders on the house's shelf, list and remove them.

A base is what an organisation brings along (BERT, RoBERTa, XLM-R, DistilBERT, ELECTRA, ModernBERT), from a
folder or a hub; students train it further. It is checked before it is kept, and nothing of it is run.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist import settings as house_settings
from hausgeist.cli import model_words as words
from hausgeist.cli.user import AS_JSON, show

if TYPE_CHECKING:
    from hausgeist.gateway.weights import Fetcher
    from hausgeist.training.bases.shelf import Base, Bases

app = typer.Typer(help="Encoders that students can train further.", no_args_is_help=True)

NAME = typer.Argument(help="Name of the base.")


@app.command()
def add(
    source: str = typer.Argument(help="A folder as it comes from a hub, or hf:org/repo@revision."),
    name: str = typer.Option("", help="Name in the house; default: made of the folder's."),
    licence: str = typer.Option("", help="Licence; default: what its README says."),
    origin: str = typer.Option("", "--from", help="Where a folder comes from, for the card."),
    as_json: bool = AS_JSON,
) -> None:
    """Check a base and keep a copy: config.json, model.safetensors, tokenizer.json."""
    from hausgeist.training.bases.shelf import suggested  # noqa: PLC0415  as in _shelf

    shelf = _shelf()
    with words.progress(f"Adding {source}", quiet=as_json) as report:
        more: dict[str, Any] = {"licence": licence, "now": int(time.time()), "progress": report}
        if source.startswith("hf:"):
            home = house_settings.load().home
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=home, prefix=".base-") as scratch:
                found = asyncio.run(_fetched(source, Path(scratch), report))
                called = name or suggested(source.partition("@")[0].rpartition("/")[2])
                base = shelf.add(Path(scratch), name=called, source=found, **more)
        else:
            base = shelf.add(Path(source).expanduser(), name=name, source=origin, **more)
    show(_row(base), _line(base), as_json=as_json)


@app.command("list")
def list_bases(as_json: bool = AS_JSON) -> None:
    """List the bases, with their licences and sizes."""
    found = _shelf().all()
    said = "\n".join(_line(one) for one in found)
    none = "There is no base yet. `hausgeist base add FOLDER` puts one on the shelf."
    show([_row(one) for one in found], said or none, as_json=as_json)


@app.command()
def remove(
    name: str = NAME,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: bool = AS_JSON,
) -> None:
    """Remove a base; students made of it stay, and answer as before."""
    shelf = _shelf()
    base = shelf.get(name)
    if not yes and not as_json:
        typer.confirm(f"Remove {base.name} ({words.size(base.size)})?", abort=True)
    shelf.remove(name)
    show({"name": name, "removed": True}, f"{name} is removed.", as_json=as_json)


async def _fetched(source: str, folder: Path, report: words.Report) -> str:
    """Fetch a base's files into a folder, and give the source with the commit they are of."""
    from hausgeist.cli.model import noted_fetcher  # noqa: PLC0415  as in _shelf
    from hausgeist.gateway.weights.repository import fetch_base  # noqa: PLC0415  as in _shelf

    async def fetch(fetcher: Fetcher) -> str:
        return await fetch_base(fetcher, source, folder, report)

    return await noted_fetcher(fetch)


def _shelf() -> Bases:
    from hausgeist.training.bases.shelf import Bases  # noqa: PLC0415  --help does not need it

    return Bases(house_settings.load().home)


def _row(base: Base) -> dict[str, Any]:
    return {
        "name": base.name,
        "licence": base.licence or None,
        "source": base.source or None,
        "bytes": base.size,
        "weights": base.weights,
        "trained": base.trained,
        "tokens": base.positions,
        "sha256": base.sha256,
    }


def _line(base: Base) -> str:
    licence = base.licence or "licence unknown"
    millions = f"{base.weights / 1e6:,.0f} million weights"
    return f"{base.name}  {words.size(base.size)}, {millions}, {licence}"
