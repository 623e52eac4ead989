# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/work/bulk``: accept many suggestions of a label at once, after a look at a sample."""

from starlette.responses import Response

from hausgeist.core.tasks import Part, Task, TaskKind
from hausgeist.errors import BadRequest, Conflict, HausgeistError, NotFound
from hausgeist.locale import translator
from hausgeist.store.tasks import Member
from hausgeist.web.contexts.work import BulkPage, BulkText
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.bulk import Bulk

SHOWN = 600
"""Characters of a text in the sample."""
LEAST = (99, 95, 90, 80)


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/work/bulk`` with ``label`` and ``least`` (percent)."""
    task, member = await _opened(visit)
    return await _bulk_page(visit, task, member)


async def accept(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work/bulk``: accept what was looked at, or take a batch back."""
    task, member = await _opened(visit)
    form = await read_form(visit)
    batch = form.text("batch", "", most=32)
    if batch:
        gone = await visit.house.bench.review.undo_batch(task, member, batch)
        return await _bulk_page(visit, task, member, undone=gone)
    label, least = form.text("label", most=200), _least(form.text("least", "95", most=3))
    looked = (form.text("mark", "", most=32), form.many("right"))
    try:
        made = await bulk_of(visit).accept(task, member, label, least / 100, looked)
    except (BadRequest, Conflict) as error:
        return await _bulk_page(visit, task, member, error=error, label=label, least=least)
    return await _bulk_page(visit, task, member, batch=made)


def bulk_of(visit: Visit) -> Bulk:
    """The doors of the page."""
    bench = visit.house.bench
    return Bulk(visit.house.store, bench.queue, visit.house.now_ms)


async def _opened(visit: Visit) -> tuple[Task, Member]:
    task, member = await opened(visit, Part.REVIEWER)
    if task.kind not in {TaskKind.SINGLE, TaskKind.MULTI}:
        raise NotFound
    return task, member


def _least(word: str) -> int:
    return next((one for one in LEAST if word == str(one)), 95)


async def _bulk_page(
    visit: Visit,
    task: Task,
    member: Member,
    *,
    error: HausgeistError | None = None,
    label: str = "",
    least: int = 0,
    batch: str = "",
    undone: int | None = None,
) -> Response:
    made = await frame(visit, task, member, "work")
    turn = translator(made.shell.language)
    asked = visit.query_params
    label = label or asked.get("label", "")
    least = least or _least(asked.get("least", "95"))
    found = None
    if task.label(label) is not None and not batch and undone is None:
        found = await bulk_of(visit).preview(task, member, label, least / 100)
    context = BulkPage(
        frame=made,
        task=task,
        label=label,
        least=least,
        choices=LEAST,
        count=len(found.pairs) if found else None,
        mark=found.mark if found else "",
        sample=tuple(BulkText(one.id, one.text[:SHOWN]) for one in found.sample) if found else (),
        batch=batch,
        undone=undone,
        error=error.say(turn) if error else "",
    )
    status = error.status if error else 200
    return page(visit, "task_bulk.html", context, status=status)


ROUTES = [
    page_get("/tasks/{task_id}/work/bulk", show, "Accept many suggestions at once"),
    page_post("/tasks/{task_id}/work/bulk", accept, "Accept many suggestions", FORM_MOST),
]
