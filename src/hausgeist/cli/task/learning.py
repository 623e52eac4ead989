# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task train|evaluate|gate``: students learn, are measured, and one is decided on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import done_here, pending
from hausgeist.cli.task.shown import (
    compared_lines,
    compared_row,
    opening_row,
    student_line,
    student_row,
)
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, SetupError

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Task
    from hausgeist.register.gate import Entry, State
    from hausgeist.store.students import Student

STUDENT = typer.Option("", help="Which student: v3; empty: the newest.")
REASON = typer.Option("", help="Why the gold set is opened, in 10 to 500 characters.")
CONSENT = typer.Option(False, "--consent", help="Yes to where the texts go, where the house asks.")


def train(
    name: str = NAME,
    rung: list[str] = typer.Option([], help="A kind of student; more than once; none: all usual."),
    base: str = typer.Option("", help="Which base of the house `--rung base` trains further."),
    seed: int = typer.Option(7, help="The same seed and texts give the same student."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Train students on what counts now, the whole ladder or some of it."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, Part.OWNER)
        job = await pending(at, "train", task.id)
        if job is None:
            job = await at.bench.students.train(task, at.who.id, rung, seed=seed, base=base)
        ended = await done_here(at, job, "Training")
        made = [one for one in await at.bench.students.list(task) if one.job_id == job.id]
        rows = [student_row(one) for one in sorted(made, key=lambda one: one.number)]
        return {"job": job.id, "students": rows, "result": dict(ended.result)}

    found = acting(work, login)
    words = "\n".join(student_line(row) for row in found["students"])
    show(found, words or "No student was made.", as_json=as_json)


def evaluate(
    name: str = NAME,
    student: str = typer.Option("", help="Only this student: v3; empty: all that are there."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Have everybody answer the development texts, and compare them."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, Part.OWNER)
        there = await at.bench.students.list(task)
        one = chosen(there, student) if student else None
        await at.ready_to_ask()
        job = await pending(at, "evaluate", task.id)
        if job is None:
            job = await at.bench.gate.measure(
                task, by=at.who.id, student_id=one.id if one is not None else ""
            )
        await done_here(at, job, "Measuring")
        return compared_row(await at.bench.gate.compare(task), there)

    found = acting(work, login)
    show(found, compared_lines(found), as_json=as_json)


def gate(
    name: str = NAME,
    student: str = STUDENT,
    reason: str = REASON,
    consent: bool = CONSENT,
    export: Path | None = typer.Option(None, help="Write the verdict there, item by item."),
    script: Path | None = typer.Option(
        None, help="Write the script there that recomputes a verdict from its export."
    ),
    earlier: str = typer.Option("", "--opening", help="Show an earlier opening: its id."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Open the sealed gold set and decide; without --reason, say what is there and what is missing."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> tuple[dict[str, Any], str]:
        task, member = await at.task(name, Part.OWNER)
        state = await at.bench.gate.state(task)
        under_way = _under_way(state)
        if earlier:
            entry = await at.bench.gate.verdict(task, earlier)
            return await _decided(at, task, entry, export, script)
        if not reason and under_way is None:
            return _state_row(state), _state_words(state)
        await at.ready_to_ask()
        if under_way is not None:
            opening, job = under_way.opening, under_way.job
            if job is None or job.state.over:
                job = await at.bench.gate.again(task, member, opening.id)
        else:
            one = chosen(state.candidates, student)
            opening, job = await at.bench.gate.open(
                task, member, one.id, reason=reason, consented=consent
            )
        await done_here(at, job, "Deciding")
        entry = await at.bench.gate.verdict(task, opening.id)
        if entry.kept is None and entry.differ is not None:
            counts = {"differ": entry.differ, "asked": entry.asked, "open": entry.open}
            told = "They differ on {differ} texts. People get {asked}; {open} of these are open."
            return opening_row(entry) | counts, told.format(**counts)
        return await _decided(at, task, entry, export, script)

    row, words = acting(work, login)
    show(row, words, as_json=as_json)


async def _decided(
    at: Acting, task: Task, entry: Entry, export: Path | None, script: Path | None
) -> tuple[dict[str, Any], str]:
    """A verdict, in values and in words; and its files, where they are asked for."""
    from hausgeist.register.verdict_export import script as recompute  # noqa: PLC0415  as above
    from hausgeist.web.pages import gate_words  # noqa: PLC0415  as above

    if entry.kept is None:
        raise SetupError(problem="There is no verdict yet.", advice="Run the same again to go on.")
    if export is not None:
        found = await at.bench.gate.export(task, entry.opening.id)
        await _written(json.dumps(found, ensure_ascii=False, indent=1), export)
    if script is not None:
        await _written(recompute(), script)
    head, _ = gate_words.headline(entry.kept.verdict, entry.kept.evidence, "en")
    said = [head, *gate_words.sentences(entry.kept.evidence, "en")]
    row = opening_row(entry) | {"headline": head, "evidence": dict(entry.kept.evidence)}
    return row, "\n".join(said)


def chosen(there: list[Student] | tuple[Student, ...], wanted: str) -> Student:
    """The student that is meant; nothing said: the newest.

    Raises:
        InvalidField: there is none of this number.
    """
    found = [one for one in there if wanted in {"", f"v{one.number}", one.id}]
    if not found:
        listed = ", ".join(f"v{one.number} ({one.rung})" for one in there) or "none yet"
        raise InvalidField(
            field="student",
            reason=f"there is no {wanted or 'student'}, only: {listed}",
            param="student",
        )
    return max(found, key=lambda one: one.number)


def _under_way(state: State) -> Entry | None:
    """An opening that has no verdict: it is gone on with, and does not count again."""
    return next((one for one in state.history if one.kept is None), None)


def _state_row(state: State) -> dict[str, Any]:
    return {
        "ready": state.ready,
        "gold_version": state.version,
        "gold": dict(state.gold),
        "missing": list(state.missing),
        "openings_left": state.left,
        "more": state.more,
        "to_match": state.power.to_match,
        "chance": state.power.chance,
        "openings": [opening_row(one) for one in state.history],
    }


def _state_words(state: State) -> str:
    from hausgeist.register.gate import MISSING  # noqa: PLC0415  as above

    lines = [f"Gold set: {state.items} texts, version {state.version}, {state.left} openings left."]
    lines += [f"Missing: {MISSING[one]}." for one in state.missing]
    if state.ready:
        lines.append("Everything is there. Open it with --reason; every opening counts.")
    if state.more:
        lines.append(f"Label about {state.more} more to decide.")
    return "\n".join(lines)


async def _written(text: str, target: Path) -> None:
    try:
        await asyncio.to_thread(target.write_text, text, "utf-8")
    except OSError as error:
        raise SetupError(
            problem=f"{target} cannot be written: {error.strerror}.",
            advice="The verdict is kept; its page offers the file, too.",
        ) from error
