# SPDX-License-Identifier: EUPL-1.2
"""Background work as people see it: how far it is, what it costs, and how to cancel it.

Other pages show a job with ``job_view`` and the macro of ``parts/job.html``. A job is seen by who started it
and by the owners and reviewers of its task; for everybody else there is none.
"""

from collections.abc import Iterator

import msgspec
from starlette.responses import Response

from hausgeist.core.jobs import Job, JobState
from hausgeist.core.tasks import Part
from hausgeist.errors import N_, HausgeistError, NotFound
from hausgeist.locale import translator
from hausgeist.web.accepts import wants_html
from hausgeist.web.amounts import euros, number
from hausgeist.web.contexts.job import JobPage, JobPart, JobsPage, JobView
from hausgeist.web.forms import read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.rendering import go, language_for, page, render, shell
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

KINDS = {
    "suggest": N_("Suggestions of a model"),
    "train": N_("Training of a student"),
    "drift": N_("What is new in what a student is asked"),
    "evaluate": N_("Measurement of a student"),
    "intake": N_("Reading texts in"),
    "rules": N_("Trying rules"),
    "gate": N_("Gate"),
    "batch": N_("Answering a file"),
    "worth": N_("Order of the open texts"),
    "export": N_("Packing a task to take along"),
}
"""What each kind of job is called."""
OTHER = N_("Background work")

STATES = {
    JobState.QUEUED: (N_("waits"), ""),
    JobState.RUNNING: (N_("running"), "accent"),
    JobState.DONE: (N_("done"), "good"),
    JobState.FAILED: (N_("failed"), "bad"),
    JobState.CANCELLED: (N_("cancelled"), "warn"),
}


class JobOut(msgspec.Struct):
    """A job for programs. Times are milliseconds since the epoch."""

    id: str
    kind: str
    state: str
    done: int
    total: int
    error: str
    created_at: int
    started_at: int | None
    ended_at: int | None


def job_view(job: Job, language: str) -> JobView:
    """What a page shows of a job.

    Of the note: ``micro_eur`` (what it has cost so far, in micro-EUR) and ``words`` (an English text of the
    catalogue: what it is doing).
    """
    turn = translator(language)
    words, tone = STATES[job.state]
    cost = job.note.get("micro_eur")
    doing = str(job.note.get("words", ""))
    begun = job.done or job.total
    amount = turn(N_("{done} of {total}")) if job.total else "{done}"
    done, total = number(job.done, language), number(job.total, language)
    return JobView(
        id=job.id,
        what=turn(KINDS.get(job.kind, OTHER)),
        state=job.state.value,
        state_words=turn(words),
        tone=tone,
        over=job.state.over,
        done=job.done,
        total=job.total,
        amount=amount.format(done=done, total=total) if begun else "",
        doing=turn(doing) if doing and not job.state.over else "",
        cost=euros(cost, language) if isinstance(cost, int) and cost else "",
        problem=_problem(job, language),
        since=moment_text(job.ended_at or job.started_at or job.created_at, language),
        place=f"/tasks/{job.task_id}" if job.task_id else "",
    )


async def every(visit: Visit) -> Response:
    """``GET /jobs``: what the visitor started."""
    made = await shell(visit, N_("Background work"), "tasks")
    found = await visit.house.bench.jobs.of(visit.principal.id)
    views = tuple(job_view(job, made.language) for job in found)
    return page(visit, "jobs.html", JobsPage(shell=made, jobs=views))


async def show(visit: Visit) -> Response:
    """``GET /jobs/{job_id}``: a page, or JSON for a program."""
    job = await _seen(visit)
    if not wants_html(visit):
        return JSONBytes(msgspec.json.encode(_out(job)), headers={"Cache-Control": "no-store"})
    made = await shell(visit, KINDS.get(job.kind, OTHER), "tasks")
    return page(visit, "job.html", JobPage(shell=made, job=job_view(job, made.language)))


async def part(visit: Visit) -> Response:
    """``GET /jobs/{job_id}/part``: what a page that shows the job puts in place of what it has."""
    job = await _seen(visit)
    language = language_for(visit)
    body = render(language, "job_part.html", JobPart(job=job_view(job, language)))
    headers = {"Cache-Control": "no-store"}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


async def cancel(visit: Visit) -> Response:
    """``POST /jobs/{job_id}/cancel``: what it has done stays."""
    job = await _seen(visit)
    form = await read_form(visit)
    await visit.house.bench.jobs.cancel(job.id)
    return go(_own(form.text("back", "", most=500)) or f"/jobs/{job.id}")


async def _seen(visit: Visit) -> Job:
    """The job that the path names, if the visitor may see it.

    Raises:
        NotFound: there is none, or it is not for the visitor.
    """
    bench = visit.house.bench
    job = await bench.jobs.get(str(visit.path_params["job_id"]))
    if job.by == visit.principal.id:
        return job
    if job.task_id is None:
        raise NotFound
    await bench.tasks.opened(job.task_id, visit.principal.id, Part.OWNER, Part.REVIEWER)
    return job


def _own(path: str) -> str:
    """A path of a task's pages, to go back to; empty where it is none."""
    return path if path.startswith("/tasks/") and "\\" not in path and path.isprintable() else ""


def _problem(job: Job, language: str) -> str:
    if job.state is not JobState.FAILED:
        return ""
    turn = translator(language)
    told = next((kind.text for kind in _below(HausgeistError) if kind.code == job.error), "")
    if told and "{" not in told:
        return turn(told)
    return turn(N_("It broke off with the error “{code}”. What it had done stays.")).format(
        code=job.error
    )


def _below(kind: type[HausgeistError]) -> Iterator[type[HausgeistError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)


def _out(job: Job) -> JobOut:
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state.value,
        done=job.done,
        total=job.total,
        error=job.error,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


ROUTES = [
    page_get("/jobs", every, "The background work somebody started"),
    page_get("/jobs/{job_id}", show, "How far a job is; JSON for programs"),
    page_get("/jobs/{job_id}/part", part, "The same, as a part of a page"),
    page_post("/jobs/{job_id}/cancel", cancel, "Cancel a job"),
]
