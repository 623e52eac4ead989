# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task run``: a student answers every row of a file, on all cores or on all workers."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, acting, told
from hausgeist.cli.task.chain import check_chain, ended, in_service, rules_of, teacher_of
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound, SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hausgeist.cli.task.acting import Acting
    from hausgeist.cli.task.chain import Finish
    from hausgeist.core.tasks import Task
    from hausgeist.register.batch.answering import Answering
    from hausgeist.register.batch.run import Run

TASK = typer.Argument("", help="The task's name; none with --from.")
IN = typer.Option(..., "--in", help="CSV, JSONL, Parquet, or text with a row a line.")
OUT = typer.Option(..., "--out", help="What to write: .csv, .jsonl or .parquet.")
COLUMN = typer.Option("", help="The column with the texts; empty: the one that is clear.")
KEEP = typer.Option([], help="A column to copy into the output; can be given more than once.")
STUDENT = typer.Option("", help="Another student than the one in service: v3.")
FROM = typer.Option(None, "--from", help="An exported folder or archive instead of a task.")
THRESHOLD = typer.Option(
    None, min=0.0, max=1.0, help="No answer below this confidence; empty: as it serves, else 0."
)
LIMIT = typer.Option(None, min=1, help="So many rows at most.")
PROCESSES = typer.Option(0, min=0, max=256, help="So many processes; 0: one a core.")
ON = typer.Option("here", help="here, or workers: as jobs, for every worker of the house.")
CHAIN = typer.Option(
    False, "--chain", help="Ask rules first, then the student; each row says who answered."
)
RULES = typer.Option(
    "", help="With --chain: which rules, v1; empty: those in service, or the newest."
)
TEACHER = typer.Option(
    "", help="With --chain: a model that is asked what the student leaves, inside the policy."
)
BUDGET = typer.Option(None, min=0.0, help="EUR that the teacher may cost; the rest stays unsure.")
CONSENT = typer.Option(False, "--consent", help="Yes to where the texts go, where the house asks.")
PART = typer.Option(0, "--part-rows", hidden=True, help="Rows of a part; 0: as it is best.")
ANEW = typer.Option(False, "--anew", help="Replace the output, and begin anew.")


def run(
    name: str = TASK,
    source: Path = IN,
    out: Path = OUT,
    column: str = COLUMN,
    keep: list[str] = KEEP,
    student: str = STUDENT,
    folder: Path | None = FROM,
    threshold: float | None = THRESHOLD,
    limit: int | None = LIMIT,
    chain: bool = CHAIN,
    rules: str = RULES,
    teacher: str = TEACHER,
    budget: float | None = BUDGET,
    consent: bool = CONSENT,
    processes: int = PROCESSES,
    on: str = ON,
    anew: bool = ANEW,
    part: int = PART,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Classify every row of a file. Broken off, the same command goes on where it was."""
    from hausgeist.register.batch import rows, sheets  # noqa: PLC0415  only who runs needs it
    from hausgeist.register.batch.run import ROWS, Plan, Run, cores  # noqa: PLC0415  as above

    _checked(name, folder, on)
    check_chain(chain=chain, rules=rules, teacher=teacher, exported=folder is not None)
    form = sheets.format_of(out)
    found = rows.looked_at(source, column, keep)

    def made(who: Answering, ruled: Answering | None = None) -> Run:
        where = str(out.absolute())
        return Run(Plan(found, who, where, form, limit, part or ROWS, rules=ruled, chain=chain))

    began = time.monotonic()
    if folder is not None:
        with _unpacked(folder) as place:
            ruled = _exported(place, rules, None) if rules else None
            run = made(_exported(place, student, threshold), ruled)
            done = asyncio.run(_here(run, processes or cores(), ended, anew=anew))
    else:

        async def work(at: Acting) -> tuple[Run, dict[str, Any]]:
            who, task = await _student(at, name, student, threshold)
            if teacher and not who.threshold:
                raise InvalidField(
                    field="threshold", reason="say below what a row is unsure", param="threshold"
                )
            run = made(who, await rules_of(at, task, rules) if chain else None)
            asking = None
            if teacher:
                asking = await teacher_of(at, task, teacher, budget, consented=consent)
            finish = partial(ended, asking=asking)
            if on == "workers":
                return run, await _on_workers(at, run, task.id, finish, anew=anew)
            return run, await _here(run, processes or cores(), finish, anew=anew)

        run, done = acting(work, login)
    _say(run, done, time.monotonic() - began, as_json=as_json)


def _say(run: Run, done: dict[str, Any], seconds: float, *, as_json: bool) -> None:
    student = run.plan.student
    result = {
        "out": run.plan.out,
        **done,
        "seconds": round(seconds, 1),
        "rows_a_second": round(done["done_now"] / seconds) if seconds else 0,
        "student": student.version,
        "rung": student.rung,
        "threshold": student.threshold,
    }
    without = _counted(done["without"])
    words = f"{done['rows']} rows in {run.plan.out}: {result['rows_a_second']} rows a second."
    if by := _counted(done.get("answered_by", {})):
        words += f"\nAnswered by: {by}."
    if without:
        words += f"\nWithout an answer: {without}."
    if "spent_eur" in done:
        words += f"\nThe teacher cost {done['spent_eur']:.2f} EUR."
    if done.get("stopped"):
        words += " The budget was not enough for the rest, which stays unsure."
    show(result, words, as_json=as_json)


def _counted(found: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(found.items()))


def _checked(name: str, folder: Path | None, on: str) -> None:
    if (folder is None) == (not name):
        raise InvalidField(
            field="name", reason="name a task, or a folder with --from", param="name"
        )
    if on not in {"here", "workers"} or (on == "workers" and folder is not None):
        raise InvalidField(
            field="on", reason="here, or workers; an exported folder runs here", param="on"
        )


def _exported(folder: Path, student: str, threshold: float | None) -> Answering:
    from hausgeist.register.batch.answering import (  # noqa: PLC0415  as above
        answering,
        student_in,
    )

    place = student_in(folder, student)
    version = place.name if re.fullmatch(r"v\d+", place.name) else ""
    return answering(place, version, threshold or 0.0)


@contextmanager
def _unpacked(folder: Path) -> Iterator[Path]:
    """The folder of an export; of an archive, what it holds of students."""
    if not zipfile.is_zipfile(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="hausgeist-") as place, zipfile.ZipFile(folder) as held:
        for name in held.namelist():
            if re.search(r"(^|/)students/v\d+/[^/]+\Z", name):
                held.extract(name, place)
        yield Path(place)


async def _student(
    at: Acting, name: str, wanted: str, threshold: float | None
) -> tuple[Answering, Task]:
    """Who answers: the student that is asked for, or the one in service with its threshold."""
    from hausgeist.register.batch.answering import answering  # noqa: PLC0415  as above

    task, _ = await at.task(name)
    there = await at.bench.students.list(task)
    if wanted:
        one = next((one for one in there if wanted in {f"v{one.number}", one.id}), None)
        if one is None:
            listed = ", ".join(f"v{each.number} ({each.rung})" for each in there) or "none yet"
            raise InvalidField(
                field="student", reason=f"there is no {wanted}, only: {listed}", param="student"
            )
        bound = 0.0
    else:
        live = await in_service(at, task.id)
        if live is None:
            raise SetupError(
                problem="No student of this task is in service.",
                advice="Name one: --student v1.",
            )
        bound = live.threshold
        one = next((each for each in there if each.id == live.student_id), None)
        if one is None:
            raise NotFound
    found = await asyncio.to_thread(
        answering,
        at.bench.students.folder(one),
        f"v{one.number}",
        bound if threshold is None else threshold,
    )
    return found, task


@contextmanager
def _locked(run: Run) -> Iterator[None]:
    """Nobody else is at the same output."""
    from hausgeist.locks import try_lock  # noqa: PLC0415  as above

    path = run.folder.with_name(f".{run.folder.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise SetupError(
            problem=f"{path.parent} cannot be written: {error.strerror}.",
            advice="Name another place for the output.",
        ) from error
    with file:
        if (
            not try_lock(file)
            or not path.exists()
            or os.fstat(file.fileno()).st_ino != path.stat().st_ino
        ):
            raise SetupError(
                problem=f"Somebody is at {run.plan.out} already.", advice="Wait, or name another."
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


async def _here(run: Run, processes: int, finish: Finish, *, anew: bool) -> dict[str, Any]:
    from hausgeist.register.batch.run import classify  # noqa: PLC0415  as above

    with _locked(run), _progress() as tell:
        if run.open(anew=anew):
            told(f"Going on: {len(run.parts()) * run.plan.rows} rows are done.")
        began, total, done = time.monotonic(), run.total, 0
        for first, count in run.missing(None if total is None else -(-total // run.plan.rows)):

            async def on(rows: int, share: float, before: int = done) -> None:
                tell(before + rows, share, began)

            done += (rows := await classify(run, first, count, processes=processes, told=on))
            if count is None:
                run.ended(first * run.plan.rows + rows)
        found = await finish(run)
    return found | {"done_now": done}


async def _on_workers(
    at: Acting, run: Run, task_id: str, finish: Finish, *, anew: bool
) -> dict[str, Any]:
    from hausgeist.register.batch.spread import spread  # noqa: PLC0415  as above

    with _locked(run), _progress() as tell:
        run.open(anew=anew)
        told("Handed in as jobs: `hausgeist serve` and every `hausgeist worker` take part.")
        began, before = time.monotonic(), run.totals().rows

        async def on(rows: int, share: float) -> None:
            tell(rows, share, began)

        await spread(run, at.bench.jobs, task_id=task_id, by=at.who.id, told=on)
        found = await finish(run)
    return found | {"done_now": found["rows"] - before}


@contextmanager
def _progress() -> Iterator[Callable[[int, float, float], None]]:
    """A bar over the share of the file that was read, with rows a second."""
    from rich.console import Console  # noqa: PLC0415  as above
    from rich.progress import (  # noqa: PLC0415  as above
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        TextColumn("Classifying"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        line = progress.add_task("", total=1.0)

        def tell(rows: int, share: float, began: float) -> None:
            seconds = time.monotonic() - began
            speed = round(rows / seconds) if seconds else 0
            progress.update(line, completed=share, description=f"{rows:,} rows, {speed:,} a second")

        yield tell
