# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task service``: how a student in service does, its shares, alarms, and whose calls it takes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.service import deployment_row, heard
from hausgeist.cli.task.tables import aligned, day, percent
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import NotAllowed, NotFound

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.service import Deployment
    from hausgeist.core.tasks import Task

service = typer.Typer(help="A student in service.", no_args_is_help=True)


@service.command("show")
def show_(
    name: str = NAME,
    past: bool = typer.Option(False, "--past", help="Also what has ended."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Show what is in service: threshold, shares, chain, fallback, blind audit, drift and alarms."""

    async def work(at: Acting) -> list[dict[str, Any]]:
        from hausgeist.core.service import Stage  # noqa: PLC0415  half a second that --help saves
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, _ = await at.task(name, Part.REVIEWER)
        every = await at.bench.promote.of_task(task)
        return [
            await _health(at, task, one) for one in every if past or one.state is not Stage.ENDED
        ]

    rows = acting(work, login)
    show(rows, "\n\n".join(map(_words, rows)) or "Nothing is in service.", as_json=as_json)


@service.command()
def share(
    name: str = NAME,
    share: float | None = typer.Option(
        None, min=0.0, max=1.0, help="Of what is asked, the trial answers; empty: as it is."
    ),
    shadow: float | None = typer.Option(
        None, min=0.0, max=1.0, help="Of its answers, also asked of the teacher; empty: as it is."
    ),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Change the share that a trial answers, and the share that the teacher is asked beside it."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.service import Stage  # noqa: PLC0415  as above
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, member = await at.task(name, Part.OWNER)
        verbs = at.bench.promote
        there = [one for one in await verbs.of_task(task) if one.state is not Stage.ENDED]
        if not there:
            raise NotFound
        now = next((one for one in there if one.state is Stage.CANARY), there[0])
        await verbs.share(
            task,
            member,
            now.share if share is None else share,
            now.shadow if shadow is None else shadow,
        )
        after = await verbs.of_task(task)
        return deployment_row(next(one for one in after if one.id == now.id))

    row = acting(work, login)
    heard()
    words = f"{row['student']}: {percent(row['share'])} of what is asked, {percent(row['shadow'])} shadow."
    show(row, words, as_json=as_json)


@service.command()
def seen(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Note the alarms of what is in service as seen."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

        task, member = await at.task(name, Part.OWNER)
        every = [one for one in await at.bench.promote.of_task(task) if one.checks.get("alarm")]
        for one in every:
            await at.bench.drift.seen(task, member, one.id)
        return {"seen": [one.number for one in every]}

    row = acting(work, login)
    words = f"{len(row['seen'])} alarms are noted as seen." if row["seen"] else "There is no alarm."
    show(row, words, as_json=as_json)


@service.command()
def release(
    name: str = NAME,
    withdraw: bool = typer.Option(False, "--withdraw", help="Only its owner's calls again."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """As an administrator: let a student answer everybody's calls with its prompt, or no longer."""

    async def work(at: Acting) -> dict[str, Any]:
        from hausgeist.store import deployments  # noqa: PLC0415  as above

        if not at.who.is_admin:
            raise NotAllowed
        found = [
            one.deployment
            for one in await at.store.read(deployments.running)
            if name in {one.task.name, one.task.id} and one.deployment.chain.template is not None
        ]
        for one in found:
            await at.bench.promote.release(one.id, at.who.id, released=not withdraw)
        if not found:
            raise NotFound
        return {"released": not withdraw, "services": [one.number for one in found]}

    row = acting(work, login)
    heard()
    words = "It answers everybody's calls." if row["released"] else "It answers its owner's calls."
    show(row, words, as_json=as_json)


async def _health(at: Acting, task: Task, made: Deployment) -> dict[str, Any]:
    health = await at.bench.drift.health(task, made)
    weeks = [
        {
            "at": one.at,
            "wrong": one.wrong,
            "of": one.of,
            "low": None if one.interval is None else one.interval.low,
            "high": None if one.interval is None else one.interval.high,
        }
        for one in health.weeks
    ]
    alarm = made.checks.get("alarm")
    template = made.chain.template
    return deployment_row(made) | {
        "ended_at": made.ended_at,
        "review_at": made.review_at,
        "rules": made.chain.rules,
        "teachers": list(made.chain.teachers),
        "queue": made.chain.queue,
        "groups": None if made.chain.groups is None else list(made.chain.groups),
        "template": None if template is None else asdict(template),
        "answers": health.answers,
        "fallback_by_day": [asdict(one) for one in health.days],
        "audit_by_week": weeks,
        "estimate": health.estimate,
        "shadow_agrees": None if health.shadow is None else list(health.shadow),
        "signs": [asdict(one) for one in health.signs],
        "alarm": None if not alarm else {"at": alarm["at"], "signs": list(alarm["signs"])},
    }


def _words(row: dict[str, Any]) -> str:
    shares = f"{percent(row['share'])} of what is asked, shadow {percent(row['shadow'])}"
    lines = [
        f"Service {row['number']}: student {row['student']}, {row['state']}, {shares}.",
        f"Threshold {row['threshold']:.3f}; {row['answers']} answers since {day(row['started_at'])}.",
    ]
    chain = [row["rules"] and "rules", row["student"], *row["teachers"], row["queue"] and "people"]
    lines.append("Chain: " + " -> ".join(one for one in chain if one))
    if row["alarm"]:
        signs = ", ".join(one["key"] for one in row["alarm"]["signs"])
        lines.append(f"ALARM since {day(row['alarm']['at'])}: {signs}. `task service seen`")
    lines.append(aligned(row["signs"], ("key", "before", "now", "alarm")))
    lines.append(aligned(row["audit_by_week"], ("wrong", "of", "low", "high")))
    return "\n".join(one for one in lines if one)
