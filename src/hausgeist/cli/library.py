# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist library``: assistants and prompts as plain files, out of the house and into it.

Only what is shared comes out: what people keep for themselves is theirs to download.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hausgeist.cli.user import AS_JSON, show, with_identity
from hausgeist.errors import SetupError

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.chat.library import Body
    from hausgeist.identity import Identity
    from hausgeist.store.db import Store

library = typer.Typer(help="Assistants and prompts of the house.", no_args_is_help=True)

EVERYTHING = 100_000


@library.command()
def export(
    target: Path = typer.Argument(help="The ZIP to write; it must not be there yet."),
    as_json: bool = AS_JSON,
) -> None:
    """Write all that is shared in the house as a ZIP of Markdown files."""
    from hausgeist.chat.library.packs import pack  # noqa: PLC0415  as in ``with_identity``

    async def work(_identity: Identity, trail: Trail, store: Store) -> list[Body]:
        from hausgeist import app  # noqa: PLC0415  as in ``with_identity``
        from hausgeist.chat.library import Library  # noqa: PLC0415  as above
        from hausgeist.core.people import Principal, Role  # noqa: PLC0415  as above

        who = Principal(id="", name="", role=Role.ADMIN)
        found = await Library(store, trail, app.now_ms).gallery(who, None, most=EVERYTHING)
        return [entry.body for entry in found.entries]

    bodies = with_identity(work)
    try:
        with target.open("xb") as file:
            file.write(pack(bodies))
    except OSError as error:
        raise SetupError(
            problem=f"{target} cannot be written: {error.strerror}.",
            advice="Name a file that is not there yet.",
        ) from error
    show({"items": len(bodies), "file": str(target)}, f"{len(bodies)} items.", as_json=as_json)


@library.command("import")
def import_(
    source: Path = typer.Argument(help="A Markdown file or a ZIP of them."),
    owner: str = typer.Option(help="Login name of the person they will belong to."),
    everyone: bool = typer.Option(False, "--everyone", help="Share them with everyone."),
    as_json: bool = AS_JSON,
) -> None:
    """Make assistants and prompts from plain files: all of them, or none when one has a fault."""
    from hausgeist.chat.library.packs import unpack  # noqa: PLC0415  as in ``with_identity``

    try:
        content = source.read_bytes()
    except OSError as error:
        raise SetupError(
            problem=f"{source} cannot be read: {error.strerror}.", advice="Name another file."
        ) from error
    found = unpack(source.name, content)
    faults = [
        f"{one.name}: {fault.text.format_map(fault.values)}"
        + (f" (line {fault.line})" if fault.line else "")
        for one in found
        for fault in one.faults
    ]
    if faults:
        raise SetupError(problem="\n".join(faults), advice="\nNothing was made.")
    bodies = [one.body for one in found if one.body is not None]

    async def work(identity: Identity, trail: Trail, store: Store) -> list[str]:
        from hausgeist import app  # noqa: PLC0415  as in ``with_identity``
        from hausgeist.chat.library import Library  # noqa: PLC0415  as above
        from hausgeist.core.people import Principal, Role  # noqa: PLC0415  as above

        person = await identity.people.by_login(owner)
        who = Principal(id=person.id, name=person.name, role=Role.ADMIN)
        shelf = Library(store, trail, app.now_ms)
        made = await shelf.create(who, bodies)
        if everyone:
            for item in made:
                await shelf.share(who, item, "everyone")
        return made

    made = with_identity(work)
    show({"items": made}, f"{len(made)} items.", as_json=as_json)
