# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/guideline``: what the labels mean, in versions, and the hard cases beside."""

from starlette.responses import Response

from hausgeist.core.tasks import Part
from hausgeist.errors import N_, Conflict, HausgeistError, InvalidField
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.store.guidelines import Guideline
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_settings import GuidelinePage, VersionRow
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_items import value_words
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.guidelines import BODY_MOST, difference


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/guideline`` with ``edit=yes``."""
    return await _guideline_page(visit)


async def change(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/guideline``: a new version; ``count``: only tell what it would touch."""
    task, member = await opened(visit)
    form = await read_form(visit)
    if form.ticked("count"):
        return await _guideline_page(visit, form=form)
    version = form.text("version", "0")
    try:
        await visit.house.bench.guidelines.change(
            task.id,
            member,
            body=form.exact("body", "", most=BODY_MOST).replace("\r\n", "\n").replace("\x00", ""),
            note=form.text("note", "", most=500),
            labels=form.many("labels"),
            based_on=int(version) if version.isascii() and version.isdigit() else -1,
            again=form.ticked("again"),
        )
    except (Conflict, InvalidField) as error:
        return await _guideline_page(visit, form=form, error=error)
    return go(f"/tasks/{task.id}/guideline")


async def example(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/guideline/example``: add a hard case to it."""
    task, member = await opened(visit)
    form = await read_form(visit)
    item_id, words = form.text("item", most=64), form.text("words", "", most=500)
    await visit.house.bench.guidelines.add_example(task.id, member, item_id, words)
    return go(f"/tasks/{task.id}/guideline")


async def _guideline_page(
    visit: Visit, *, form: Form | None = None, error: HausgeistError | None = None
) -> Response:
    task, member = await opened(visit, Part.ANNOTATOR, Part.REVIEWER)
    bench = visit.house.bench
    found = await frame(visit, task, member, "guideline")
    language = found.shell.language
    turn = translator(language)
    history = await bench.guidelines.history(task.id)
    now = history[0] if history else Guideline(task_id=task.id, version=0, body="")
    names = {one.key: one.name for one in task.labels}
    owner = member.part is Part.OWNER
    chosen = tuple(key for key in form.many("labels") if key in names) if form else ()
    touched = ""
    if form is not None:
        count = await bench.guidelines.touched(task.id, chosen)
        words = turn(N_("{count} answers so far name these labels."))
        touched = words.format(count=number(count, language))
    hard = await bench.guidelines.hard_cases(task.id) if owner else []
    body = form.exact("body", "", most=BODY_MOST) if form else now.body
    context = GuidelinePage(
        frame=found,
        version=now.version,
        html="".join(render_blocks(now.body, language)),
        body=body,
        labels=tuple(names.items()),
        versions=tuple(
            _version(one, before, names, language)
            for one, before in zip(history, [*history[1:], None], strict=False)
        )[:50],
        hard=tuple(
            (item.id, f"{item.text[:300]} — {value_words(task, item, said.value)}")
            if said.value is not None
            else (item.id, item.text[:300])
            for said, item in hard
            if " ".join(item.text.split())[:200] not in " ".join(now.body.split())
        )[:20],
        may=owner,
        editing=owner and (form is not None or visit.query_params.get("edit") == "yes"),
        touched=touched,
        chosen=chosen,
        note=form.text("note", "", most=500) if form else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_guideline.html", context, status=error.status if error else 200)


def _version(
    one: Guideline, before: Guideline | None, names: dict[str, str], language: str
) -> VersionRow:
    return VersionRow(
        version=one.version,
        at=moment_text(one.created_at, language),
        note=one.note,
        labels=tuple(names.get(key, key) for key in one.labels),
        lines=tuple(difference(before.body if before else "", one.body))[:400],
    )


ROUTES = [
    page_get("/tasks/{task_id}/guideline", show, "Guideline of a task"),
    page_post("/tasks/{task_id}/guideline", change, "Change the guideline", 512 * 1024),
    page_post("/tasks/{task_id}/guideline/example", example, "Add a hard case to the guideline"),
]
