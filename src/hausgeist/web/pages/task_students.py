# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/students``: have students trained, and everybody side by side.

Reviewers train and look; what is shown was stored before: nothing heavy happens here.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from hausgeist.core.jobs import Job, JobState
from hausgeist.core.tasks import Part, Partition, Task
from hausgeist.core.worth import Strategy
from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, UnknownBase
from hausgeist.locale import translator
from hausgeist.register.leaderboard import Board, break_even
from hausgeist.store.items import Counts
from hausgeist.store.students import Student
from hausgeist.training.rungs import BASE, DEFAULT, RUNGS
from hausgeist.web.amounts import number, typed
from hausgeist.web.contexts.task_students import LivePart, RungChoice, StudentsPage
from hausgeist.web.forms import read_form
from hausgeist.web.pages import students_words as words
from hausgeist.web.pages.curve_words import board_curves, learning
from hausgeist.web.pages.jobs import job_view
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import go, language_for, page, render
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

FEWEST = 20
"""Answers of people below which the page warns."""
HOUR_MOST = 1_000.0
DONE = {
    "measured": N_("Everybody answers the development texts now; the table follows."),
    "ordered": N_("The open texts are put in order now."),
    "deleted": N_("The student is deleted."),
}
WORKING = ("train", "evaluate", "worth")


async def show(visit: Visit) -> Response:
    """``GET …/students`` with ``hour``: what an hour of people's work costs, in EUR."""
    return await _page(visit)


async def train(visit: Visit) -> Response:
    """``POST …/students``: train the chosen rungs with what counts now."""
    task, _ = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    rungs = [name for name in RUNGS if form.ticked(f"rung-{name}")]
    try:
        base = form.text("base", "", most=80)
        await visit.house.bench.students.train(task, visit.principal.id, rungs, base=base)
    except (BadRequest, Conflict, UnknownBase) as error:
        return await _page(visit, error)
    return go(f"/tasks/{task.id}/students")


async def live(visit: Visit) -> Response:
    """``GET …/students/live``: the learning curves of the training that runs, as a part of the page."""
    task, _ = await opened(visit, Part.REVIEWER)
    language = language_for(visit)
    running = _running(await visit.house.bench.jobs.of_task(task.id))
    part = LivePart(learning(_curves(running), language, expected=False))
    body = render(language, "task_students_live.html", part)
    headers = {"Cache-Control": "no-store"}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


async def measure(visit: Visit) -> Response:
    """``POST …/students/measure``: have everybody answer the development texts."""
    task, _ = await opened(visit, Part.REVIEWER)
    await visit.house.bench.gate.measure(task, by=visit.principal.id)
    return go(f"/tasks/{task.id}/students?done=measured")


async def order(visit: Visit) -> Response:
    """``POST …/students/worth``: put the open texts in order by what an answer is worth."""
    task, _ = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    wanted = form.text("strategy", "", most=20)
    strategy = Strategy(wanted) if wanted in set(Strategy) else Strategy.MIXED
    try:
        await visit.house.bench.ordering.submit(task, visit.principal.id, strategy)
    except (BadRequest, Conflict) as error:
        return await _page(visit, error)
    return go(f"/tasks/{task.id}/students?done=ordered")


async def _page(visit: Visit, error: HausgeistError | None = None) -> Response:
    task, member = await opened(visit, Part.REVIEWER)
    bench = visit.house.bench
    made = await frame(visit, task, member, "students")
    language = made.shell.language
    turn = translator(language)
    jobs = await bench.jobs.of_task(task.id)
    board = await bench.leaderboard.board(task)
    progress = await bench.leaderboard.progress(task)
    counts = await bench.tasks.counts(task.id)
    running = _running(jobs)
    hour = _hour(visit)
    done = DONE.get(visit.query_params.get("done", ""), "")
    marks = await bench.ordering.marks(task)
    bases = await _bases(visit, task, counts, language)
    context = StudentsPage(
        frame=made,
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
        job=job_view(running, language) if running else None,
        live=learning(_curves(running), language, expected=False),
        rungs=_rungs(task, board, bases, language),
        learns=_learns(counts, board, language),
        missing=_missing(counts, language),
        refused=_refused(jobs, language),
        columns=tuple(turn(one) for one in words.COLUMNS),
        rows=tuple(words.board_row(task, one, board, language) for one in board.rows),
        older=tuple(words.board_row(task, one, board, language) for one in board.older),
        sentences=words.sentences(task, board, language),
        paid=words.paid_facts(board.paid, language),
        even=words.even_words(break_even(board, board.best, hour), board.paid, language),
        hour=typed(hour, language),
        curve=board_curves(board, language),
        stop=words.stop_box(task, progress, language) if progress.student else None,
        suspects=number(marks.suspects, language) if marks.suspects else "",
        strategies=tuple((one.value, turn(said)) for one, said in words.STRATEGIES.items()),
        strategy=marks.strategy,
        worth=words.order_words(task, marks, language),
    )
    return page(visit, "task_students.html", context, status=error.status if error else 200)


def _running(jobs: Sequence[Job]) -> Job | None:
    """The work of this page that is under way; a training before the others."""
    found = [one for one in jobs if one.kind in WORKING and not one.state.over]
    return min(found, key=lambda one: WORKING.index(one.kind), default=None)


def _curves(job: Job | None) -> Mapping[str, Any]:
    found = job.note.get("curves") if job is not None else None
    return found if isinstance(found, Mapping) else {}


def _refused(jobs: Sequence[Job], language: str) -> tuple[str, ...]:
    """What the last training could not train, and why."""
    last = next((one for one in jobs if one.kind == "train" and one.state is JobState.DONE), None)
    if last is None:
        return ()
    return tuple(words.refusal(one, language) for one in last.result.get("refused", ()))


async def _bases(
    visit: Visit, task: Task, counts: Mapping[Partition, Counts], language: str
) -> tuple[tuple[str, str], ...]:
    """The bases of the house: name, and licence and minutes in words."""
    students = visit.house.bench.students
    took = await students.minutes(task, counts[Partition.POOL].answered)
    there = await asyncio.to_thread(students.bases.all)
    return tuple(
        (one.name, words.base_words(one, took.get(one.name, 0.0), language)) for one in there
    )


def _rungs(
    task: Task, board: Board, bases: tuple[tuple[str, str], ...], language: str
) -> tuple[RungChoice, ...]:
    turn = translator(language)
    last: dict[str, Student] = {
        row.student.rung: row.student for row in board.rows if row.student is not None
    }
    found = []
    for rung in RUNGS.values():
        if task.kind not in rung.kinds:
            continue
        hint = turn(words.ABOUT[rung.name]) if rung.name in words.ABOUT else ""
        took = last[rung.name].facts.get("seconds") if rung.name in last else None
        if took is not None:
            said = turn(N_("Took {seconds} seconds last time."))
            hint += " " + said.format(seconds=number(float(took), language, 1))
        if not rung.there:
            hint += " " + turn(N_("Not installed here: it takes the extra {name}.")).format(
                name=rung.needs
            )
        there = rung.there and (rung.name != BASE or bool(bases))
        if rung.there and not there:
            hint += " " + turn(words.NO_BASE)
        chosen = there and rung.name in DEFAULT[task.kind]
        mine = bases if there and rung.name == BASE else ()
        hint = " ".join([hint, *(said for _, said in mine)])
        names = tuple((name, name) for name, _ in mine)
        found.append(RungChoice(rung.name, turn(rung.title), hint, chosen, there, names))
    return tuple(found)


def _learns(counts: Mapping[Partition, Counts], board: Board, language: str) -> str:
    turn = translator(language)
    said = turn(N_("They learn from {people} texts of the pool that people answered"))
    text = said.format(people=number(counts[Partition.POOL].answered, language))
    if board.paid.calls:
        text += turn(N_(", and with less weight from what the teacher suggested for others"))
    return text + turn(
        N_(
            ". The {dev} answered development texts compare them; the gold set is not touched. Training runs "
            "in the background and takes seconds to a few minutes."
        )
    ).format(dev=number(counts[Partition.DEV].answered, language))


def _missing(counts: Mapping[Partition, Counts], language: str) -> str:
    turn = translator(language)
    if counts[Partition.POOL].answered < FEWEST:
        return turn(
            N_(
                "People have answered hardly any text of the pool yet: what is trained now will know little."
            )
        )
    if counts[Partition.DEV].answered < FEWEST:
        return turn(
            N_(
                "Hardly any development text is answered yet: the figures below will be uncertain. Some come "
                "by themselves while you label."
            )
        )
    return ""


def _hour(visit: Visit) -> float | None:
    said = visit.query_params.get("hour", "").replace(",", ".").strip()
    try:
        value = float(said)
    except ValueError:
        return None
    return value if 0 <= value <= HOUR_MOST else None


ROUTES = [
    page_get("/tasks/{task_id}/students", show, "Students, and everybody side by side"),
    page_post("/tasks/{task_id}/students", train, "Train students"),
    page_get("/tasks/{task_id}/students/live", live, "The learning curves of a training"),
    page_post(
        "/tasks/{task_id}/students/measure", measure, "Measure everybody on development texts"
    ),
    page_post("/tasks/{task_id}/students/worth", order, "Put the open texts in order"),
]
