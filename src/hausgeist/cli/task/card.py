# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task card``: what is known of a task and its students, and what only its owner knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.user import AS_JSON, show

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting

card = typer.Typer(help="The card of a task.", no_args_is_help=True)


@card.command("show")
def show_(
    name: str = NAME,
    language: str = typer.Option("en", help="en or de; of the words, not of --json."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Print the card: data and their hashes, the teacher's share, figures, purpose."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves
    from hausgeist.register.card_words import markdown  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, Part.OWNER)
        return await at.bench.leave.card(task)

    found = acting(work, login)
    show(found, markdown(found, "de" if language == "de" else "en"), as_json=as_json)


@card.command("set")
def set_(
    name: str = NAME,
    purpose: str | None = typer.Option(None, help="What its models are for, and what not."),
    licence: str | None = typer.Option(None, help="Of its texts."),
    review_on: str | None = typer.Option(None, help="When somebody looks again: 2027-03-01."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Say what only the owner knows; what is not said stays."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    said = {"purpose": purpose, "licence": licence, "review_on": review_on}
    changed: dict[str, Any] = {key: value for key, value in said.items() if value is not None}

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, Part.OWNER)
        task = await at.bench.tasks.change(replace(task, **changed), at.who.id)
        return {key: getattr(task, key) for key in said}

    show(acting(work, login), "It stands in the card.", as_json=as_json)
