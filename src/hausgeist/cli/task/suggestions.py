# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task suggestions`` and ``bulk``: what teachers said, and many of it accepted at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.shown import interval
from hausgeist.cli.task.tables import aligned, percent
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.workbench.bulk import Bulk
    from hausgeist.workbench.suggest import Agreement

bulk = typer.Typer(help="Accept many suggestions at once.", no_args_is_help=True)

LABEL = typer.Argument(help="The label's key.")
LEAST = typer.Option(0.95, min=0.5, max=1.0, help="So sure a suggestion is at least.")


def suggestions(
    name: str = NAME,
    version: str = typer.Option("", help="One prompt's suggestions: p2, or its version."),
    state: str = typer.Option("", help="Only these: ok, unparsed, failed …"),
    limit: int = typer.Option(20, min=1, max=1_000, help="So many at most."),
    offset: int = typer.Option(0, min=0, help="So many are passed over."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Show what came of each prompt, how far people agree, and what it said."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, Part.REVIEWER)
        verbs = at.bench.suggest
        rounds: list[dict[str, Any]] = []
        for one in await verbs.rounds(task):
            agreed = await verbs.agreement(task, one.row.version)
            rounds.append(
                {
                    "prompt": f"p{one.row.number}",
                    "version": one.row.version,
                    "model": one.row.model,
                    "states": dict(one.tally.states),
                    "agreement": [_agreed(each) for each in agreed],
                }
            )
        row: dict[str, Any] = {"rounds": rounds}
        if version:
            chosen = [one for one in rounds if version in {one["prompt"], one["version"]}]
            if not chosen:
                raise InvalidField(field="version", reason="no such prompt", param="version")
            found = await verbs.listed(task, chosen[0]["version"], state, offset=offset, most=limit)
            row["suggestions"] = [
                {
                    "item": one.item_id,
                    "state": one.state,
                    "suggested": None if one.value is None else json.loads(one.value.encode()),
                    "score": one.score,
                    "reason": one.reason,
                    "code": one.code,
                    "begin": head,
                }
                for one, head in found
            ]
        return row

    row = acting(work, login)
    told = [
        one
        | {"states": [f"{count} {state}" for state, count in sorted(one["states"].items())]}
        | {"people_agree": [_agreed_words(each) for each in one["agreement"]]}
        for one in row["rounds"]
    ]
    words = aligned(told, ("prompt", "model", "states", "people_agree"), "Nobody was asked yet.")
    if "suggestions" in row:
        some = [one | {"suggested": json.dumps(one["suggested"])} for one in row["suggestions"]]
        columns = ("item", "state", "suggested", "score", "code", "begin")
        words += f"\n\n{aligned(some, columns, 'None of these.')}"
    show(row, words, as_json=as_json)


@bulk.command("show")
def show_(
    name: str = NAME,
    label: str = LABEL,
    least: float = LEAST,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Show how many suggestions of a label would be accepted, and a sample to look at."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, _reviewer())
        found = await _bulk(at).preview(task, member, label, least)
        sample = [{"item": one.id, "text": one.text} for one in found.sample]
        return {"count": len(found.pairs), "mark": found.mark, "sample": sample}

    row = acting(work, login)
    words = aligned(row["sample"], ("item", "text"), "There is none.")
    words += f"\n{row['count']} would be accepted. Are all of these right?"
    words += f"\nThen: task bulk accept {name} {label} --mark {row['mark']} --least {least}"
    show(row, words, as_json=as_json)


@bulk.command()
def accept(
    name: str = NAME,
    label: str = LABEL,
    least: float = LEAST,
    mark: str = typer.Option(..., help="As `bulk show` printed it: that is what was looked at."),
    wrong: list[str] = typer.Option([], help="A text of the sample that is not right."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Accept what was looked at; with one --wrong nothing is accepted."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, _reviewer())
        verbs = _bulk(at)
        found = await verbs.preview(task, member, label, least)
        right = [one.id for one in found.sample if one.id not in wrong]
        batch = await verbs.accept(task, member, label, least, (mark, right))
        return {"accepted": len(found.pairs), "batch": batch}

    row = acting(work, login)
    words = f"{row['accepted']} are accepted. Back: task bulk undo {name} {row['batch']}"
    show(row, words, as_json=as_json)


@bulk.command()
def undo(
    name: str = NAME,
    batch: str = typer.Argument(help="As `bulk accept` printed it."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Take a batch back."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, _reviewer())
        return {"gone": await at.bench.review.undo_batch(task, member, batch)}

    row = acting(work, login)
    show(row, f"{row['gone']} answers are taken back.", as_json=as_json)


def _reviewer() -> Any:
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    return Part.REVIEWER


def _bulk(at: Acting) -> Bulk:
    from hausgeist.workbench.bulk import Bulk  # noqa: PLC0415  as above

    return Bulk(at.store, at.bench.queue, at.bench.ground.now_ms)


def _agreed(one: Agreement) -> dict[str, Any]:
    return {"blind": one.blind, "of": one.of, "right": one.right, "share": interval(one.share)}


def _agreed_words(one: dict[str, Any]) -> str:
    seen = "blind" if one["blind"] else "having seen it"
    return f"{percent(one['share']['estimate'])} of {one['of']} {seen}"
