# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task texts``: texts of a task, found, looked at, remarked, deleted; and rows that are none.

Answers to the gold set are never shown; that somebody asked for them is in the trail, as from the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.tables import aligned
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.items import Item

texts = typer.Typer(help="The texts of a task.", no_args_is_help=True)

ITEM = typer.Argument(help="The text's id.")
STATES = ("answered", "open", "dup", "again")
PARTITIONS = ("pool", "dev", "gold")
_HEAD = 100


@texts.command("list")
def list_(
    name: str = NAME,
    find: str = typer.Option("", help="Only texts with these words."),
    partition: str = typer.Option("", help="Only of pool, dev or gold."),
    state: str = typer.Option("", help="Only answered, open, dup or again."),
    where: str = typer.Option("", help="Only where COLUMN=VALUE."),
    limit: int = typer.Option(50, min=1, max=10_000, help="So many at most."),
    offset: int = typer.Option(0, min=0, help="So many are passed over."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List texts, and how many there are that fit."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves
    from hausgeist.store.items import Wanted  # noqa: PLC0415  as above

    _known("partition", partition, PARTITIONS)
    _known("state", state, STATES)
    column, sign, value = where.partition("=")
    if where and not sign:
        raise InvalidField(field="where", reason="write it as COLUMN=VALUE", param="where")
    wanted = Wanted(find.strip(), partition, state, (column, value) if sign else None)

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, Part.REVIEWER)
        found, total = await at.bench.tasks.items(task.id, wanted, offset=offset, most=limit)
        return {"total": total, "texts": [_row(one) for one in found]}

    row = acting(work, login)
    told = [one | {"begin": one["text"][:_HEAD]} for one in row["texts"]]
    words = aligned(told, ("item", "partition", "answered", "begin"), "There is none.")
    show(row, f"{words}\n{len(told)} of {row['total']}.", as_json=as_json)


@texts.command("show")
def show_(name: str = NAME, item: str = ITEM, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Show a text with what was said of it; of gold, the text alone."""
    from hausgeist.core.tasks import Part, Partition  # noqa: PLC0415  as above
    from hausgeist.web.pages.task_items import value_words  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, Part.REVIEWER)
        found = await at.bench.review.item(task, item)
        said = []
        if found.partition is not Partition.GOLD:
            said = await at.bench.review.of_item(task, member, found.id)
        known = await at.bench.snapshots.lineage(task, found.id)
        answers = [
            {
                "answer": None if one.value is None else json.loads(one.value.encode()),
                "words": "skipped" if one.value is None else value_words(task, found, one.value),
                "hard": one.hard,
            }
            for one in said
        ]
        datasets = [dataset.number for dataset, _ in known]
        return _row(found) | {"like": found.dup_of, "answers": answers, "datasets": datasets}

    row = acting(work, login)
    lines = [row["text"], "", *(f"- {one['words']}" for one in row["answers"])]
    show(row, "\n".join(lines).rstrip(), as_json=as_json)


@texts.command()
def delete(name: str = NAME, item: str = ITEM, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Delete a text with all that was said of it; students that knew it get a ticket."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, _ = await at.task(name, Part.OWNER)
        found = await at.bench.review.item(task, item)
        await at.bench.lineage.delete(task, [found.id], at.who.id)
        tickets = await at.bench.lineage.tickets(task)
        knew = [f"v{one.number}" for one in tickets]
        return {"deleted": found.id, "students_that_knew_deleted_texts": knew}

    row = acting(work, login)
    words = "The text is deleted."
    if knew := row["students_that_knew_deleted_texts"]:
        words += f" Train again: {', '.join(knew)} learnt from texts that are deleted."
    show(row, words, as_json=as_json)


@texts.command()
def remark(
    name: str = NAME,
    item: str = ITEM,
    comment: str | None = typer.Option(None, help="What is to be said of it."),
    hard: bool | None = typer.Option(None, "--hard/--easy", help="Whether it was hard to answer."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Remark something of an answer of one's own."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, member = await at.task(name, Part.ANNOTATOR, Part.REVIEWER)
        own = await at.bench.review.own(task, member, item)
        if own is None:
            raise NotFound
        made = await at.bench.review.remark(task, member, own.id, hard=hard, comment=comment)
        return {"item": item, "hard": made.hard, "remark": made.comment}

    show(acting(work, login), "It is kept.", as_json=as_json)


@texts.command()
def refused(
    name: str = NAME,
    intake: str = typer.Option("", help="Of which import; empty: the newest."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List the rows of a file that did not come in as they stood, and why."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, _ = await at.task(name, Part.OWNER)
        every = await at.bench.intake.of_task(task.id)
        if intake:
            every = [await at.bench.intake.get(task.id, intake)]
        if not every:
            return {"intake": None, "rows": []}
        rows = [
            {"row": one.row, "reason": one.reason, "detail": one.detail}
            async for some in at.bench.intake.refusals(task.id, every[0].id)
            for one in some
        ]
        return {"intake": every[0].id, "rows": rows}

    row = acting(work, login)
    words = aligned(row["rows"], ("row", "reason", "detail"), "Every row came in.")
    show(row, words, as_json=as_json)


def _row(one: Item) -> dict[str, Any]:
    return {
        "item": one.id,
        "id": one.outside_id,
        "text": one.text,
        "partition": one.partition.value,
        "answered": one.answered,
        "again": one.again > 0,
        "kept_out": one.dup_of is not None,
        "meta": dict(one.meta),
    }


def _known(field: str, said: str, there: tuple[str, ...]) -> None:
    if said and said not in there:
        raise InvalidField(field=field, reason=f"use one of: {', '.join(there)}", param=field)
