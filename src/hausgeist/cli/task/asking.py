# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task suggest``: a teacher proposes answers; its cost is told before anything is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import done_here, pending
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Task
    from hausgeist.workbench.suggest import Plan


def suggest(
    name: str = NAME,
    model: str = typer.Option("", help="The teacher; empty: the one of the task."),
    limit: int | None = typer.Option(None, min=1, help="So many texts at most, drawn at random."),
    shots: int = typer.Option(0, min=0, max=10, help="So many confirmed answers as examples."),
    reason: bool = typer.Option(False, "--why", help="Ask for a reason with each answer."),
    retry: bool = typer.Option(False, "--retry", help="Only where nothing readable came before."),
    consent: bool = typer.Option(False, "--consent", help="Yes to where the texts go, if asked."),
    dry: bool = typer.Option(False, "--dry-run", help="Say what it would cost; ask nothing."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Have a teacher propose answers. Broken off, the same command goes on."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves
    from hausgeist.workbench.teacher import Wish  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, Part.OWNER)
        await at.ready_to_ask()
        verbs = at.bench.suggest
        wanted = model or task.teacher or _first(at, task)
        wish = Wish(model=wanted, words=task.prompt, reason=reason, shots=shots)
        plan = await verbs.plan(task, at.who, wish, limit=limit)
        row = _plan_row(plan)
        if dry:
            return row
        job = await pending(at, "suggest", task.id)
        if job is None and retry:
            job = await verbs.retry(task, at.who, plan.prompt.version, consented=consent)
        elif job is None:
            job = await verbs.start(task, member, at.who, wish, limit=limit, consented=consent)
            if task.teacher != wanted:
                await at.bench.tasks.change(replace(task, teacher=wanted), at.who.id)
        ended = await done_here(at, job, "Asking")
        rounds = await verbs.rounds(task)
        version = str(job.params.get("version", plan.prompt.version))
        tally = next((one.tally for one in rounds if one.row.version == version), None)
        states = dict(tally.states) if tally is not None else {}
        return row | {"job": job.id, "states": states, "result": dict(ended.result)}

    row = acting(work, login)
    show(row, _words(row), as_json=as_json)


def _first(at: Acting, task: Task) -> str:
    found = next((one for one in at.bench.suggest.teachers(task, at.who) if one.permitted), None)
    if found is None:
        raise InvalidField(
            field="model", reason="no model may see the texts of this task", param="model"
        )
    return found.card.id


def _plan_row(plan: Plan) -> dict[str, Any]:
    return {
        "model": plan.teacher.card.id,
        "zone": str(plan.teacher.card.zone),
        "prompt": plan.prompt.version,
        "left": plan.left,
        "known": plan.known,
        "tokens": plan.tokens,
        "eur": None if plan.micro_eur is None else plan.micro_eur / 1_000_000,
        "seconds": None if plan.ms is None else round(plan.ms / 1000),
        "measured": plan.measured,
    }


def _words(row: dict[str, Any]) -> str:
    cost = "nobody knows what that costs" if row["eur"] is None else f"about {row['eur']:.2f} EUR"
    about = f"{row['model']} ({row['zone']}), {row['left']} texts: {cost}."
    if "states" not in row:
        return f"Would ask {about}"
    states = ", ".join(f"{count} {state}" for state, count in sorted(row["states"].items()))
    return f"Asked {about}\nWhat came so far: {states or 'nothing'}."
