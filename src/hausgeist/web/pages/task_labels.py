# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/labels``: rename, merge, split, add and delete labels, with a look at what it does."""

from starlette.responses import Response

from hausgeist.core.tasks import Task, TaskKind
from hausgeist.errors import N_, Conflict, HausgeistError, InvalidField, NotFound
from hausgeist.locale import translator
from hausgeist.web.amounts import number
from hausgeist.web.contexts.task_settings import LabelRow, LabelsPage
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.migration import Change, Preview

KEPT = ("name", "about", "do", "into", "parts", "because")
"""Fields of a label's row; each is followed by a dot and the label's key."""


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/labels``."""
    return await _labels_page(visit)


async def change(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/labels``: what it would do, and with ``sure``, do it."""
    task, member = await opened(visit)
    form = await read_form(visit)
    migrations = visit.house.bench.migrations
    try:
        wanted = _change(task, form)
        if not form.ticked("sure"):
            return await _labels_page(
                visit, form=form, preview=await migrations.preview(task.id, wanted)
            )
        version = form.text("version", "0")
        await migrations.apply(
            task.id,
            member,
            wanted,
            int(version) if version.isascii() and version.isdigit() else -1,
        )
    except (Conflict, InvalidField) as error:
        return await _labels_page(visit, form=form, error=error)
    return go(f"/tasks/{task.id}/labels")


async def undo(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/labels/undo``: take the last change back."""
    task, member = await opened(visit)
    try:
        await visit.house.bench.migrations.undo(task.id, member)
    except Conflict as error:
        return await _labels_page(visit, error=error)
    return go(f"/tasks/{task.id}/labels")


def _change(task: Task, form: Form) -> Change:
    renamed, about, merged = {}, {}, {}
    split: dict[str, tuple[str, ...]] = {}
    because, deleted = [], []
    for label in task.labels:
        said = {name: form.text(f"{name}.{label.key}", "", most=2000) for name in KEPT}
        if said["do"] == "merge" and said["into"]:
            merged[label.key] = said["into"]
        elif said["do"] == "split":
            split[label.key] = _names(said["parts"])
        elif said["do"] == "delete":
            deleted.append(label.key)
        else:
            if said["name"] and said["name"] != label.name:
                renamed[label.key] = said["name"]
            if f"about.{label.key}" in form and said["about"] != label.about:
                about[label.key] = said["about"]
            if said["because"]:
                because.append(label.key)
    return Change(
        renamed=renamed,
        about=about,
        merged=merged,
        split=split,
        added=tuple((name, "") for name in _names(form.text("added", "", most=5000))),
        because=tuple(because),
        deleted=tuple(deleted),
    )


def _names(text: str) -> tuple[str, ...]:
    parts = text.replace("\r", "").replace("\n", ",").split(",")
    return tuple(dict.fromkeys(" ".join(one.split())[:200] for one in parts if one.strip()))


async def _labels_page(
    visit: Visit,
    *,
    form: Form | None = None,
    preview: Preview | None = None,
    error: HausgeistError | None = None,
) -> Response:
    task, member = await opened(visit)
    if task.kind is TaskKind.RECORD:
        raise NotFound
    bench = visit.house.bench
    found = await frame(visit, task, member, "settings")
    language = found.shell.language
    turn = translator(language)
    tallies = await bench.guidelines.tallies(task)
    last = await bench.migrations.undoable(task.id)
    said = _said(task, form) if form is not None else ()
    context = LabelsPage(
        frame=found,
        labels=tuple(
            LabelRow(one.key, one.name, one.about, number(tallies.get(one.key, 0), language))
            for one in task.labels
        ),
        version=task.schema_version,
        preview=_sentences(preview, language) if preview else (),
        after=tuple(one.name for one in preview.labels) if preview else (),
        said=said,
        undo=turn(N_("The last change was made on {at}; nobody has answered since.")).format(
            at=moment_text(last.at, language)
        )
        if last
        else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_labels.html", context, status=error.status if error else 200)


def _said(task: Task, form: Form) -> tuple[tuple[str, str], ...]:
    names = [f"{name}.{label.key}" for label in task.labels for name in KEPT] + ["added"]
    return tuple((name, form.text(name, "", most=5000)) for name in names if name in form)


def _sentences(preview: Preview, language: str) -> tuple[str, ...]:
    turn = translator(language)
    found = (
        (preview.translated, N_("{count} answers are carried over to the new label.")),
        (
            preview.asked_again,
            N_("{count} texts are asked again; what was said of them stays as history."),
        ),
        (preview.suggestions, N_("{count} suggestions change or are put aside.")),
        (preview.rules, N_("{count} rules change or are switched off.")),
    )
    said = tuple(
        turn(words).format(count=number(count, language)) for count, words in found if count
    )
    return said or (turn(N_("No answer, suggestion or rule is touched.")),)


ROUTES = [
    page_get("/tasks/{task_id}/labels", show, "Labels of a task"),
    page_post("/tasks/{task_id}/labels", change, "Change the labels of a task", 512 * 1024),
    page_post("/tasks/{task_id}/labels/undo", undo, "Take the last change of labels back"),
]
