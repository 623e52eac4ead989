# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist words``: the organisation's own words from and to files. A running house follows in seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hausgeist.cli.user import AS_JSON, BY, show, with_identity
from hausgeist.errors import InvalidField, SetupError

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.gateway.privacy.own_words import Added, OwnWords
    from hausgeist.identity import Identity
    from hausgeist.store.db import Store

app = typer.Typer(
    help="The organisation's own words: hidden always, or never.", no_args_is_help=True
)


@app.command("import")
def import_(
    source: Path = typer.Argument(help="A text file with a value a line; - reads standard input."),
    kind: str = typer.Option("own", help="What lines without a kind of their own are."),
    never: bool = typer.Option(False, "--never", help="They are never to be hidden."),
    as_json: bool = AS_JSON,
) -> None:
    """Add a list. A line may have columns between tabs: kind, value, and never or pattern."""
    from hausgeist.core.findings import Kind  # noqa: PLC0415  as in ``with_identity``

    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            problem=f"{source} cannot be read: {error}.", advice="Name a text file in UTF-8."
        ) from error
    try:
        meant = Kind(kind)
    except ValueError:
        raise InvalidField(field="kind", reason="there is no such kind", param="kind") from None

    async def work(_identity: Identity, trail: Trail, store: Store) -> Added:
        return await _verbs(store, trail).import_(text, meant, BY, hide=not never)

    added = with_identity(work)
    show(
        {"added": added.added, "known": added.known},
        f"{added.added} added; {added.known} were there already.",
        as_json=as_json,
    )


@app.command()
def export(
    target: Path = typer.Argument(Path("-"), help="The file to write; - is standard output."),
) -> None:
    """Write all of them, as `words import` reads them. The file holds personal data: keep it safe."""

    async def work(_identity: Identity, trail: Trail, store: Store) -> str:
        return await _verbs(store, trail).export()

    text = with_identity(work)
    if str(target) == "-":
        typer.echo(text, nl=False)
        return
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise SetupError(
            problem=f"{target} cannot be written: {error.strerror}.",
            advice="Name a file that is not there yet.",
        ) from error


def _verbs(store: Store, trail: Trail) -> OwnWords:
    from hausgeist import app as house  # noqa: PLC0415  as in ``with_identity``
    from hausgeist.gateway.privacy.own_words import OwnWords  # noqa: PLC0415  as above

    return OwnWords(store, trail, house.now_ms)
