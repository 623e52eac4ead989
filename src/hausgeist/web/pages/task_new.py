# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/new``: a file, a look at what is in it, and a task made of it. More texts take the same way.

In a minute: the file says what the texts and the labels are, and everything else has an answer already.
"""

import asyncio
from pathlib import Path

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.core.labels import DataClass
from hausgeist.core.tasks import METRICS, Field, Label, Part, Task, TaskKind
from hausgeist.errors import (
    N_,
    BadRequest,
    BadUpload,
    Conflict,
    HausgeistError,
    InvalidField,
    TookTooLong,
    TookTooMuch,
    TooLarge,
    WorkCrashed,
)
from hausgeist.locale import translator
from hausgeist.store.tasks import Member
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.task_new import TaskPreviewPage, TaskStartPage
from hausgeist.web.forms import Form, data_class_of, read_form
from hausgeist.web.pages.intake_words import REASONS
from hausgeist.web.pages.task_files import FRAME_MOST, received
from hausgeist.web.pages.task_words import KIND_ABOUT, KIND_WORDS
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.arriving import Plan
from hausgeist.workbench.intake import AT_ONCE_MOST, FILE_MOST, Waiting
from hausgeist.workbench.labelling import fields_from, labels_from

SAY_AGAIN = (
    BadRequest,
    BadUpload,
    Conflict,
    InvalidField,
    TooLarge,
    TookTooLong,
    TookTooMuch,
    WorkCrashed,
)
"""Errors that stand above the form they came from."""
TYPED_MOST = 60_000
SIGNS = frozenset({"", "|", ";", ","})
GOLDS = (
    ("0", N_("Later")),
    ("50", N_("50: sees differences of 10 to 15 points; a first try")),
    ("100", N_("100: sees differences of 7 to 11 points")),
    ("200", N_("200: sees differences of 5 to 8 points")),
    ("500", N_("500: sees differences of about 4 points")),
    ("1000", N_("1,000: sees differences of about 3 points; for a public claim")),
)


async def start(visit: Visit) -> Response:
    """``GET /tasks/new`` with ``task``: where a file or lines are handed in."""
    return await _start_page(visit)


async def hand_in(visit: Visit) -> Response:
    """``POST /tasks/new`` with ``task``: files or lines, to be looked at."""
    intake = visit.house.bench.intake
    into = await _into(visit, visit.query_params.get("task", ""))
    try:
        room = intake.room()
        name = await received(visit, room)
        if into is None and await visit.house.bench.leave.is_archive(room):
            return go(f"/tasks/{(await _restored(visit, room)).id}")
        waiting = await intake.hand_in(visit.principal.id, room, name)
    except SAY_AGAIN as error:
        return await _start_page(visit, error)
    return go(f"/tasks/new/{waiting.id}" + (f"?task={into[0].id}" if into else ""))


async def _restored(visit: Visit, room: Path) -> Task:
    """The task that an archive of one becomes; the file is gone then."""
    try:
        return await visit.house.bench.leave.restore(room, visit.principal.id)
    finally:
        await asyncio.to_thread(room.unlink, missing_ok=True)


async def preview(visit: Visit) -> Response:
    """``GET /tasks/new/{upload_id}`` with ``task``."""
    return await _preview_page(visit, _waiting(visit))


async def look(visit: Visit) -> Response:
    """``POST /tasks/new/{upload_id}/look``: another column of texts or labels, another sign."""
    form = await read_form(visit)
    waiting = _waiting(visit)
    chosen = {
        "text": form.text("text", ""),
        "label": form.text("label", ""),
        "sign": _sign(form),
    }
    shape = waiting.found.shape
    head = form.ticked("head") if shape.format in {"csv", "workbook"} else None
    await visit.house.bench.intake.look_again(waiting, chosen, head=head)
    task = form.text("task", "", most=64)
    return go(f"/tasks/new/{waiting.id}" + (f"?task={task}" if task else ""))


async def forget(visit: Visit) -> Response:
    """``POST /tasks/new/{upload_id}/forget``."""
    visit.house.bench.intake.forget(_waiting(visit))
    return go("/tasks")


async def create(visit: Visit) -> Response:
    """``POST /tasks/new/{upload_id}``: make the task, or add the texts to one, and read them in."""
    form = await read_form(visit)
    waiting = _waiting(visit)
    into = await _into(visit, form.text("task", "", most=64))
    bench = visit.house.bench
    try:
        if into is None:
            task = await bench.tasks.create(await _task(visit, form, waiting), visit.principal.id)
            into = await bench.tasks.opened(task.id, visit.principal.id)
        task, member = into
        intake = await bench.intake.begin(task, member, waiting, _plan(form, waiting, task))
        if waiting.size <= AT_ONCE_MOST:
            await bench.intake.run(task.id, intake.id, visit.principal.id)
        else:
            await bench.jobs.submit(
                "intake", task_id=task.id, by=visit.principal.id, params={"intake": intake.id}
            )
    except SAY_AGAIN as error:
        return await _preview_page(visit, waiting, error=error, form=form)
    return go(f"/tasks/{task.id}?intake={intake.id}")


# -- what a form says -----------------------------------------------------------------------------


def _waiting(visit: Visit) -> Waiting:
    return visit.house.bench.intake.waiting(str(visit.path_params["upload_id"]), visit.principal.id)


async def _into(visit: Visit, task_id: str) -> tuple[Task, Member] | None:
    """The task that texts are added to, if the visitor owns it; None: a new one."""
    if not task_id:
        return None
    return await visit.house.bench.tasks.opened(task_id, visit.principal.id, Part.OWNER)


def _sign(form: Form) -> str:
    sign = form.text("sign", "", most=4)
    return sign if sign in SIGNS else ""


async def _task(visit: Visit, form: Form, waiting: Waiting) -> Task:
    kind = _kind(form, waiting.found.look.kind)
    title = form.text("title", "", most=200) or _title(waiting)
    labels: tuple[Label, ...] = ()
    fields: tuple[Field, ...] = ()
    if kind is TaskKind.RECORD:
        fields = fields_from(form.text("fields", "", most=TYPED_MOST))
        if not fields:
            raise InvalidField(field="fields", reason=N_("name at least one field"), param="fields")
    else:
        labels = labels_from(form.text("labels", "", most=TYPED_MOST))
        if len(labels) < (1 if kind is TaskKind.SPANS else 2):
            raise InvalidField(
                field="labels",
                reason=N_("name at least two labels, one a line; of passages one is enough"),
                param="labels",
            )
    return Task(
        id="",
        name=await visit.house.bench.tasks.free_name(title),
        title=title,
        kind=kind,
        labels=labels,
        fields=fields,
        metric=METRICS[kind][0],
        data_class=data_class_of(form.text("class", DataClass.INTERNAL.word)),
        language="en" if form.text("language", "de") == "en" else "de",
    )


def _kind(form: Form, default: str) -> TaskKind:
    try:
        return TaskKind(form.text("kind", default))
    except ValueError:
        raise InvalidField(
            field="kind", reason=N_("choose one of the offered values"), param="kind"
        ) from None


def _plan(form: Form, waiting: Waiting, task: Task) -> Plan:
    """How the rows become items. Labels that differ by case only are one: the most frequent spelling."""
    found = waiting.found.look
    text = form.text("text", found.text)
    label = form.text("label", found.label)
    if text not in found.columns:
        raise InvalidField(
            field="text", reason=N_("choose the column with the texts"), param="text"
        )
    keys = {one.name.casefold(): one.key for one in task.labels}
    gold = form.text("gold", "0")
    return Plan(
        path="",
        name=waiting.name,
        size=waiting.size,
        shape=waiting.found.shape,
        text=text,
        label=label if label in found.columns and label != text else "",
        outside=found.outside if found.outside not in {text, label} else "",
        meta=tuple(one for one in found.columns if one not in {text, label}),
        kind=task.kind.value,
        sign=_sign(form) if task.kind is TaskKind.MULTI else "",
        labels=keys,
        more=form.ticked("more"),
        gold=int(gold) if gold in {value for value, _ in GOLDS} else 0,
        strata=form.text("strata", ""),
    )


def _title(waiting: Waiting) -> str:
    stem = waiting.name.rpartition(".")[0] or waiting.name
    return " ".join(stem.replace("_", " ").replace("-", " ").split())[:100].capitalize()


# -- pages ----------------------------------------------------------------------------------------


async def _start_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    into = await _into(visit, visit.query_params.get("task", ""))
    frame = await shell(visit, N_("More texts") if into else N_("New task"), "tasks")
    context = TaskStartPage(
        shell=frame,
        limit=FILE_MOST // 2**20,
        task=into[0].id if into else "",
        task_title=into[0].title if into else "",
        error=error.say(translator(frame.language)) if error else "",
    )
    return page(visit, "task_start.html", context, status=error.status if error else 200)


async def _preview_page(
    visit: Visit,
    waiting: Waiting,
    *,
    error: HausgeistError | None = None,
    form: Form | None = None,
) -> Response:
    task_id = form.text("task", "", most=64) if form else visit.query_params.get("task", "")
    into = await _into(visit, task_id)
    frame = await shell(visit, N_("More texts") if into else N_("New task"), "tasks")
    turn = translator(frame.language)
    found, shape = waiting.found.look, waiting.found.shape
    said = form or Form({})
    labels = dict.fromkeys(_first_spelling(found.labels, found.alike))
    title = "" if waiting.name == "lines.txt" else _title(waiting)
    context = TaskPreviewPage(
        shell=frame,
        id=waiting.id,
        name=turn(N_("Pasted lines")) if waiting.name == "lines.txt" else waiting.name,
        size=size(waiting.size, frame.language),
        read=number(found.read, frame.language),
        complete=found.complete,
        columns=tuple(found.columns),
        rows=tuple(tuple(row) for row in found.rows),
        refused=tuple((row, turn(REASONS.get(reason, reason))) for row, reason, _ in found.refused),
        is_table=shape.format in {"csv", "workbook"},
        head=shape.head,
        text=said.text("text", found.text),
        label=said.text("label", found.label),
        sign=found.sign,
        alike=tuple(tuple(one) for one in found.alike),
        kinds=tuple(
            (kind.value, turn(words), turn(KIND_ABOUT[kind])) for kind, words in KIND_WORDS.items()
        ),
        kind=said.text("kind", found.kind),
        labels=said.text("labels", "\n".join(labels), most=TYPED_MOST),
        fields=said.text("fields", "", most=TYPED_MOST),
        title=said.text("title", title),
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        data_class=said.text("class", DataClass.INTERNAL.word),
        language=said.text("language", frame.language),
        golds=tuple((value, turn(words)) for value, words in GOLDS),
        gold=said.text("gold", _gold(found.read)),
        strata=said.text("strata", ""),
        task=into[0].id if into else "",
        task_title=into[0].title if into else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_preview.html", context, status=error.status if error else 200)


def _first_spelling(labels: list[tuple[str, int]], alike: list[list[str]]) -> list[str]:
    others = {name for names in alike for name in names[1:]}
    return [name for name, _ in labels if name not in others]


def _gold(rows: int) -> str:
    """What is suggested: no more than a third of what there is."""
    return next((value for value in ("500", "200") if rows >= 3 * int(value)), "0")


ROUTES = [
    page_get("/tasks/new", start, "Hand in texts for a task"),
    page_post("/tasks/new", hand_in, "Look into a file of texts", FILE_MOST + FRAME_MOST),
    page_get("/tasks/new/{upload_id}", preview, "What is in a file of texts"),
    page_post("/tasks/new/{upload_id}", create, "Make a task of a file", 512 * 1024),
    page_post("/tasks/new/{upload_id}/look", look, "Look once more", 512 * 1024),
    page_post("/tasks/new/{upload_id}/forget", forget, "Forget a file"),
]
