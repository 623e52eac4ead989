# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task members|gold``: who works on a task, and what is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import counting
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Part
    from hausgeist.workbench.members import Named

members = typer.Typer(help="Who works on a task.", no_args_is_help=True)
gold = typer.Typer(help="The sealed texts that decide.", no_args_is_help=True)

LOGIN = typer.Argument(help="The login name of the person.")
PART = typer.Option("annotator", help="owner, reviewer or annotator.")


@members.command("list")
def members_list(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """List who is and who was in a task."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    async def work(at: Acting) -> list[Named]:
        task, _ = await at.task(name, Part.OWNER)
        return await at.bench.members.all(task.id)

    rows = [
        {"login": known, "name": named, "part": one.part.value, "left": one.left_at is not None}
        for one, named, known in acting(work, login)
    ]
    lines = [
        f"{row['login']:<24} {row['part']:<10} {'left' if row['left'] else ''}".rstrip()
        for row in rows
    ]
    show(rows, "\n".join(lines), as_json=as_json)


@members.command("add")
def members_add(
    name: str = NAME,
    who: str = LOGIN,
    part: str = PART,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Bring somebody in, or give them another part."""

    async def work(at: Acting) -> None:
        task, _ = await at.task(name, owner())
        there = await at.bench.members.all(task.id)
        known = next((one for one, _, named in there if named == who and one.left_at is None), None)
        if known is None:
            await at.bench.members.add(task.id, who, _part(part), at.who.id)
        else:
            await at.bench.members.change(task.id, known.id, _part(part), at.who.id)

    acting(work, login)
    show({"login": who, "part": part}, f"{who} is {part} of {name}.", as_json=as_json)


@members.command("remove")
def members_remove(
    name: str = NAME, who: str = LOGIN, login: str = AS, as_json: bool = AS_JSON
) -> None:
    """Take somebody out; what they answered stays."""

    async def work(at: Acting) -> None:
        task, _ = await at.task(name, owner())
        there = await at.bench.members.all(task.id)
        known = next((one for one, _, named in there if named == who and one.left_at is None), None)
        if known is None:
            raise NotFound
        await at.bench.members.remove(task.id, known.id, at.who.id)

    acting(work, login)
    show({"login": who, "left": True}, f"{who} is out of {name}.", as_json=as_json)


@members.command("appoint")
def members_appoint(
    name: str = NAME, who: str = LOGIN, login: str = AS, as_json: bool = AS_JSON
) -> None:
    """As an administrator: make somebody the owner of a task that nobody owns any more."""

    async def work(at: Acting) -> None:
        await at.bench.members.appoint(name, who, at.who)

    acting(work, login)
    show({"login": who, "part": "owner"}, f"{who} owns {name} now.", as_json=as_json)


@gold.command("draw")
def gold_draw(
    name: str = NAME,
    count: int = typer.Argument(min=20, max=10_000, help="So many texts."),
    strata: str = typer.Option("", help="A column by whose values they are drawn in proportion."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Draw texts for gold, at random; drawn again, more are added with a new version."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, owner())
        with counting("Drawing") as tell:
            drawn = await at.bench.partitions.draw_gold(task.id, at.who.id, count, strata, tell)
            dev = await at.bench.partitions.draw_dev(task.id, at.who.id, tell)
        return {"drawn": drawn.count, "version": drawn.version, "development": dev.count}

    row = acting(work, login)
    words = (
        f"{row['drawn']} texts are gold, version {row['version']}. Two people answer each, blind."
    )
    show(row, words, as_json=as_json)


@gold.command("top-up")
def gold_top_up(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Draw 30 percent more gold, as a new version that may be opened anew."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, owner())
        with counting("Drawing") as tell:
            drawn = await at.bench.partitions.top_up(task.id, at.who.id, tell)
        return {"drawn": drawn.count, "version": drawn.version}

    row = acting(work, login)
    words = f"{row['drawn']} texts more, version {row['version']}. They wait for two people each."
    show(row, words, as_json=as_json)


def owner() -> Part:
    """The part that may change everything."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    return Part.OWNER


def _part(said: str) -> Part:
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    found: Part = one_of(Part, said, "part")
    return found


def one_of(kind: Any, said: str, field: str) -> Any:
    """One of the values that there are.

    Raises:
        InvalidField: it is none.
    """
    try:
        return kind(said)
    except ValueError:
        offered = ", ".join(one.value for one in kind)
        raise InvalidField(field=field, reason=f"use one of: {offered}", param=field) from None
