# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/leave``: pack the task, save the archive, read its card. The owner's alone."""

import json
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup
from starlette.responses import FileResponse, Response

from hausgeist.core.jobs import Job
from hausgeist.core.tasks import Task
from hausgeist.errors import N_, Conflict, HausgeistError, InvalidField
from hausgeist.locale import translator
from hausgeist.register.card_words import markdown
from hausgeist.render import render_blocks
from hausgeist.store.lineage import Ticket
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.task_leave import LeavePage, TakenFile
from hausgeist.web.disposition import attachment
from hausgeist.web.forms import read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.jobs import job_view
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import go, language_for, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("It is saved, and stands in the card."),
    "packing": N_("The task is being packed."),
}


async def show(visit: Visit) -> Response:
    """``GET …/leave``."""
    return await _page(visit)


async def pack(visit: Visit) -> Response:
    """``POST …/leave`` with ``gold``: hand in the job."""
    task, member = await opened(visit)
    form = await read_form(visit)
    try:
        await visit.house.bench.leave.begin(task, member, gold=form.ticked("gold"))
    except Conflict as error:
        return await _page(visit, error)
    return go(f"/tasks/{task.id}/leave?done=packing")


async def words(visit: Visit) -> Response:
    """``POST …/leave/card``: what only the owner knows."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    changed = replace(
        task,
        purpose=form.exact("purpose", "", most=4_000).replace("\x00", "").strip(),
        licence=form.text("licence", "", most=300),
        review_on=form.text("review_on", "", most=10),
    )
    try:
        await visit.house.bench.tasks.change(changed, visit.principal.id)
    except InvalidField as error:
        return await _page(visit, error, changed)
    return go(f"/tasks/{task.id}/leave?done=saved")


async def card_page(visit: Visit) -> Response:
    """``GET …/leave/card.md``: the card in the reader's language."""
    task, _ = await opened(visit)
    found = markdown(await visit.house.bench.leave.card(task), language_for(visit))
    return _file(found, "text/markdown", "card.md")


async def card_file(visit: Visit) -> Response:
    """``GET …/leave/card.json``."""
    task, _ = await opened(visit)
    found = await visit.house.bench.leave.card(task)
    return _file(json.dumps(found, ensure_ascii=False, indent=1), "application/json", "card.json")


async def archive(visit: Visit) -> Response:
    """``GET …/leave/{job_id}/task.zip``."""
    task, _ = await opened(visit)
    path: Path = await visit.house.bench.leave.file(task, str(visit.path_params["job_id"]))
    headers = {
        "Content-Disposition": attachment(f"{task.name}.zip"),
        "Cache-Control": "no-store",
    }
    return FileResponse(path, headers=headers, media_type="application/zip")


def ticket_words(ticket: Ticket, language: str) -> str:
    """What is to be done about a student that knows deleted texts."""
    turn = translator(language)
    said = (
        N_(
            "Student v{number} is in service and has learnt from {count} texts that were deleted. Train "
            "again, bring the new one into service, then delete the old one."
        )
        if ticket.serves
        else N_(
            "Student v{number} has learnt from {count} texts that were deleted. Train again, then delete "
            "the old one."
        )
    )
    return turn(said).format(number=ticket.number, count=number(ticket.count, language))


async def _page(
    visit: Visit, error: HausgeistError | None = None, typed: Task | None = None
) -> Response:
    task, member = await opened(visit)
    leave = visit.house.bench.leave
    made = await frame(visit, task, member, "leave")
    language = made.shell.language
    turn = translator(language)
    jobs = await leave.of(task)
    running = next((one for one in jobs if not one.state.over), None)
    ready = next((one for one in jobs if leave.path(one) is not None), None)
    said = typed or task
    card = markdown(await leave.card(task), language).partition("\n")[2]
    card = card.replace("\n## ", "\n# ").replace("\n### ", "\n## ")  # it stands beneath a heading
    tickets = await visit.house.bench.lineage.tickets(task)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = LeavePage(
        frame=made,
        job=job_view(running, language) if running else None,
        file=_taken(task, ready, language) if ready else None,
        gold=task.gold_version > 0,
        card=Markup("".join(render_blocks(card, language))),  # noqa: S704  the renderer's safe HTML
        purpose=said.purpose,
        licence=said.licence,
        review_on=said.review_on,
        tickets=tuple(ticket_words(one, language) for one in tickets),
        done=turn(done) if done and not (done == DONE["packing"] and running is None) else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_leave.html", context, status=error.status if error else 200)


def _taken(task: Task, job: Job, language: str) -> TakenFile:
    turn, found = translator(language), job.result
    gold = N_("with its answers") if found.get("gold") else N_("stays sealed in the house")
    facts = [
        (turn(N_("Texts")), number(int(found["items"]), language)),
        (turn(N_("Students")), number(int(found["students"]), language)),
        (turn(N_("Gold set")), turn(gold)),
        (turn(N_("Size")), size(int(found["size"]), language)),
        (turn(N_("SHA-256")), str(found["sha256"])),
    ]
    if found.get("left_out"):
        said = turn(N_("{count} students, because their files were changed"))
        facts.append((turn(N_("Left out")), said.format(count=found["left_out"])))
    at = moment_text(job.ended_at or job.created_at, language)
    return TakenFile(f"/tasks/{task.id}/leave/{job.id}/task.zip", at, tuple(facts))


def _file(text: str, media: str, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(text, media_type=f"{media}; charset=utf-8", headers=headers)


ROUTES = [
    page_get("/tasks/{task_id}/leave", show, "Take a task along"),
    page_post("/tasks/{task_id}/leave", pack, "Pack a task to take along"),
    page_post("/tasks/{task_id}/leave/card", words, "What only the owner knows of a task"),
    page_get("/tasks/{task_id}/leave/card.md", card_page, "The card of a task"),
    page_get("/tasks/{task_id}/leave/card.json", card_file, "The card of a task, as JSON"),
    page_get("/tasks/{task_id}/leave/{job_id}/task.zip", archive, "The archive of a task"),
]
