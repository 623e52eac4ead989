# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task promote|rollback|export``: a student goes into service and back; a task is taken along."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting, server_runs, told
from hausgeist.cli.task.here import done_here, pending
from hausgeist.cli.task.learning import STUDENT, chosen
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, SetupError

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.service import Deployment, Template
    from hausgeist.core.tasks import Task
    from hausgeist.register.promote import CheckList


def promote(
    name: str = NAME,
    student: str = STUDENT,
    check: bool = typer.Option(False, "--check", help="Only go through the list."),
    full: bool = typer.Option(False, "--full", help="Let the student on trial answer everything."),
    share: float = typer.Option(0.05, min=0.0, max=1.0, help="Of what is asked; 1: everything."),
    shadow: float = typer.Option(0.0, min=0.0, max=1.0, help="Of that, also asked of the teacher."),
    wrong_most: float = typer.Option(
        0.03, min=0.0, max=1.0, help="The share of answers that may be wrong at most."
    ),
    teacher: list[str] = typer.Option([], help="Who answers what it leaves; more than once."),
    queue: bool = typer.Option(True, "--queue/--no-queue", help="People answer what is left."),
    rules: str = typer.Option("", help="A student of rules that is asked first: v1."),
    readers: list[str] = typer.Option(
        ["everyone"], help="Who may ask: everyone, members, or groups; more than once."
    ),
    template: str = typer.Option(
        "",
        help="Whose calls it takes over: a file of JSON (system, prefix, suffix, model, named), or known.",
    ),
    owner_pays: bool = typer.Option(
        False, "--owner-pays", help="The task's owner pays for the teachers, not whoever asks."
    ),
    review: str = typer.Option("", help="When somebody looks again: 2027-03-01."),
    exception: str = typer.Option("", help="Why, in spite of what is open on the list."),
    threshold: float = typer.Option(
        0.5, min=0.0, max=1.0, help="With an exception, where the list gives no threshold."
    ),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Go through the check list, and let a student answer a share of what is asked."""
    from hausgeist.core.service import (  # noqa: PLC0415  half a second that --help saves
        CALLER,
        OWNER,
        Chain,
    )
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above
    from hausgeist.register.promote import Wish  # noqa: PLC0415  as above

    async def work(at: Acting) -> tuple[dict[str, Any], str]:
        task, member = await at.task(name, Part.OWNER)
        verbs = at.bench.promote
        if full:
            await verbs.full(task, member)
            row = deployment_row((await verbs.of_task(task))[0])
            return row, f"{row['student']} answers everything now."
        there = await at.bench.students.list(task)
        chain = Chain(
            rules=chosen(there, rules).id if rules else "",
            teachers=tuple(teacher),
            queue=queue,
            groups=await _readers(at, readers),
            template=await _template(at, task, template),
            payer=OWNER if owner_pays else CALLER,
        )
        wish = Wish(
            student_id=chosen(there, student).id,
            wrong_most=wrong_most,
            share=share,
            shadow=shadow,
            chain=chain,
            review_at=_day(review),
            exception=exception,
            threshold=threshold,
        )
        found = await verbs.check(task, wish)
        if check:
            return _listed(found), _list_words(found)
        row = deployment_row(await verbs.promote(task, member, wish))
        words = f"{row['student']} is in service ({row['state']}, {100 * row['share']:.0f} %)."
        return row | {"list": _listed(found)}, f"{_list_words(found)}\n{words}"

    row, words = acting(work, login)
    heard()
    show(row, words, as_json=as_json)


async def _readers(at: Acting, said: list[str]) -> tuple[str, ...] | None:
    """The groups that may ask; None: everyone, empty: who works on the task."""
    if "everyone" in said:
        return None
    wanted = [one for one in said if one != "members"]
    there = await at.house.identity.groups.all() if wanted else []
    found = []
    for name in wanted:
        one = next((group for group in there if name in {group.id, group.title}), None)
        if one is None:
            listed = ", ".join(group.id for group in there)
            raise InvalidField(
                field="readers", reason=f"there is no group {name}, only: {listed}", param="readers"
            )
        found.append(one.id)
    return tuple(found)


async def _template(at: Acting, task: Task, said: str) -> Template | None:
    """The prompt that a student stands in for: of a file, or that of before."""
    from hausgeist.core.service import Template  # noqa: PLC0415  as above

    if said == "known":
        every = await at.bench.promote.of_task(task)
        before = every[0].chain.template if every else None
        return before or await at.bench.traffic.template_of(task.id)
    if not said:
        return None
    try:
        plain = json.loads(await asyncio.to_thread(Path(said).read_text, "utf-8"))
        return Template(
            str(plain["system"]),
            str(plain.get("prefix", "")),
            str(plain.get("suffix", "")),
            str(plain.get("model", "")),
            named=bool(plain.get("named")),
        )
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise InvalidField(
            field="template", reason=f"{said} is no file of a template", param="template"
        ) from error


def _day(said: str) -> int:
    if not said:
        return 0
    try:
        day = datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidField(
            field="review", reason="a day is wanted, such as 2027-03-01", param="review"
        ) from None
    return int(day.timestamp() * 1000)


def rollback(
    name: str = NAME,
    end: bool = typer.Option(False, "--end", help="Take everything out of service instead."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Go back by one step: end a trial, or let whoever answered before answer again."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> list[dict[str, Any]]:
        task, member = await at.task(name, Part.OWNER)
        verbs = at.bench.promote
        await (verbs.end(task, member) if end else verbs.roll_back(task, member))
        return [deployment_row(one) for one in await verbs.of_task(task)]

    rows = acting(work, login)
    running = [row for row in rows if row["state"] != "ended"]
    words = "\n".join(f"{row['student']} answers ({row['state']})." for row in running)
    heard()
    show(running, words or "No student of this task is in service.", as_json=as_json)


def export(
    name: str = NAME,
    out: Path = typer.Option(..., help="The archive to write: texts, answers, students, loader."),
    gold: bool = typer.Option(
        False, "--gold", help="With the gold set: this version of it is spent then."
    ),
    card: Path | None = typer.Option(None, help="Write the card there, too, as JSON."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Take a task along: one archive that answers alike without this house."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, Part.OWNER)
        if await asyncio.to_thread(out.exists):
            raise SetupError(problem=f"{out} is there already.", advice="Name another file.")
        job = await pending(at, "export", task.id)
        if job is None:
            job = await at.bench.leave.begin(task, member, gold=gold)
        ended = await done_here(at, job, "Packing")
        found = await at.bench.leave.file(task, job.id)
        try:
            await asyncio.to_thread(shutil.copyfile, found, out)
            if card is not None:
                told_of = json.dumps(await at.bench.leave.card(task), ensure_ascii=False, indent=1)
                await asyncio.to_thread(card.write_text, told_of, "utf-8")
        except OSError as error:
            raise SetupError(
                problem=f"{out} cannot be written: {error.strerror}.", advice="Name another file."
            ) from error
        return {"out": str(out), **ended.result}

    row = acting(work, login)
    words = f"{row['items']} texts and {row['students']} students in {out}."
    show(row, words, as_json=as_json)


def heard() -> None:
    """Tell that a server at work follows by itself."""
    if server_runs():
        told("The server on this data directory follows within seconds.")


def deployment_row(found: Deployment) -> dict[str, Any]:
    """A student in service."""
    return {
        "id": found.id,
        "number": found.number,
        "student": f"v{found.checks.get('student', '')}",
        "state": found.state.value,
        "share": found.share,
        "shadow": found.shadow,
        "threshold": found.threshold,
        "exception": found.checks.get("exception"),
        "started_at": found.started_at,
    }


def _listed(found: CheckList) -> dict[str, Any]:
    return {
        "student": f"v{found.student.number}",
        "open": list(found.open),
        "threshold": found.threshold,
        "checks": [{"check": one.key, "ok": one.ok, **one.facts} for one in found.checks],
    }


def _list_words(found: CheckList) -> str:
    from hausgeist.register.promote import CHECKS  # noqa: PLC0415  as above

    return "\n".join(f"{'yes' if one.ok else 'NO ':<4} {CHECKS[one.key]}" for one in found.checks)
