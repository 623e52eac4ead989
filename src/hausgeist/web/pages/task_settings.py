# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/settings``: how a task is judged and answered, who works on it, and its end."""

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.core.tasks import METRICS, Metric, Mode, Part, Task
from hausgeist.errors import N_, Conflict, HausgeistError, InvalidField
from hausgeist.locale import translator
from hausgeist.web.amounts import amount, typed, whole
from hausgeist.web.contexts.task_settings import MemberRow, SettingsPage
from hausgeist.web.forms import Form, data_class_of, read_form
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_words import METRIC_WORDS, MODE_WORDS, PART_ABOUT, PART_WORDS
from hausgeist.web.rendering import go, language_for, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.tasks import PROMPT_MOST

SAVED = {
    "settings": N_("The settings are saved."),
    "members": N_("The people of the task are changed."),
    "archived": N_("The task is archived. It keeps everything."),
    "restored": N_("The task is back in the list."),
}
SHARES = ("blind_share", "planted_share", "random_share", "unsure_below")


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/settings``."""
    return await _settings_page(visit)


async def save(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/settings``. A lower data class is asked for twice."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    try:
        wanted = _changed(task, form, language_for(visit))
        if wanted.data_class < task.data_class and not form.ticked("lower"):
            return await _settings_page(visit, form=form, lowered=True)
        await visit.house.bench.tasks.change(wanted, visit.principal.id)
    except (Conflict, InvalidField) as error:
        return await _settings_page(visit, form=form, error=error)
    return go(f"/tasks/{task.id}/settings?done=settings")


async def add_member(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/members``: bring somebody in by their login name."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    try:
        await visit.house.bench.members.add(
            task.id, form.text("login"), _part(form), visit.principal.id
        )
    except (Conflict, InvalidField) as error:
        return await _settings_page(visit, error=error)
    return go(f"/tasks/{task.id}/settings?done=members")


async def change_member(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/members/{member_id}``: another part, or out."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    member_id = str(visit.path_params["member_id"])
    members = visit.house.bench.members
    try:
        if form.ticked("remove"):
            await members.remove(task.id, member_id, visit.principal.id)
        else:
            await members.change(task.id, member_id, _part(form), visit.principal.id)
    except InvalidField as error:
        return await _settings_page(visit, error=error)
    return go(f"/tasks/{task.id}/settings?done=members")


async def archive(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/archive``: put it out of the way, or bring it back."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    archived = not form.ticked("back")
    await visit.house.bench.tasks.archive(task.id, visit.principal.id, archived=archived)
    return go(f"/tasks/{task.id}/settings?done={'archived' if archived else 'restored'}")


async def delete(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/delete``: for good, after its name was typed."""
    task, _ = await opened(visit)
    form = await read_form(visit)
    try:
        await visit.house.bench.tasks.delete(
            task.id, visit.principal.id, form.text("confirm", "", most=100)
        )
    except InvalidField as error:
        return await _settings_page(visit, error=error)
    return go("/tasks")


def _part(form: Form) -> Part:
    try:
        return Part(form.text("part", Part.ANNOTATOR.value))
    except ValueError:
        raise InvalidField(
            field="part", reason=N_("choose one of the offered values"), param="part"
        ) from None


def _changed(task: Task, form: Form, language: str) -> Task:
    """The task as a form wants it; what the form does not have stays."""
    try:
        metric = Metric(form.text("metric", task.metric.value))
        mode = Mode(form.text("mode", task.mode.value))
    except ValueError:
        raise InvalidField(
            field="metric", reason=N_("choose one of the offered values"), param="metric"
        ) from None
    margin = amount(form, "margin", language)
    overlap = whole(form, "overlap")
    shares: dict[str, Any] = {}
    for name in SHARES:
        percent = amount(form, name, language)
        shares[name] = getattr(task, name) if percent is None else percent / 100
    return replace(
        task,
        title=form.text("title", task.title, most=200),
        name=form.text("name", task.name, most=64),
        metric=metric,
        mode=mode,
        margin=task.margin if margin is None else margin,
        overlap=task.overlap if overlap is None else overlap,
        differing=form.ticked("differing") if "metric" in form else task.differing,
        slices=tuple(
            one.strip() for one in form.text("slices", "", most=2000).split(",") if one.strip()
        ),
        data_class=data_class_of(form.text("class", task.data_class.word)),
        language="en" if form.text("language", task.language) == "en" else "de",
        teacher=form.text("teacher", task.teacher, most=200),
        prompt=form.exact("prompt", task.prompt, most=PROMPT_MOST).replace("\x00", "").strip(),
        daily=whole(form, "daily") or 0 if "daily" in form else task.daily,
        reviewer_labels=tuple(key for key in form.many("reviewer_labels") if task.label(key))
        if "daily" in form
        else task.reviewer_labels,
        **shares,
    )


async def _settings_page(
    visit: Visit,
    *,
    form: Form | None = None,
    error: HausgeistError | None = None,
    lowered: bool = False,
) -> Response:
    task, member = await opened(visit)
    found = await frame(visit, task, member, "settings")
    language = found.shell.language
    turn = translator(language)
    members = await visit.house.bench.members.all(task.id)
    values = {
        "title": task.title,
        "name": task.name,
        "metric": task.metric.value,
        "margin": typed(task.margin, language),
        "slices": ", ".join(task.slices),
        "differing": "yes" if task.differing else "",
        "class": task.data_class.word,
        "language": task.language,
        "teacher": task.teacher,
        "prompt": task.prompt,
        "mode": task.mode.value,
        "overlap": str(task.overlap),
        "daily": str(task.daily or ""),
        **{name: typed(round(getattr(task, name) * 100, 4), language) for name in SHARES},
    }
    if form is not None:
        values = {name: form.exact(name, value, most=PROMPT_MOST) for name, value in values.items()}
        values["differing"] = "yes" if form.ticked("differing") else ""
    done = SAVED.get(visit.query_params.get("done", ""), "")
    context = SettingsPage(
        frame=found,
        values=values,
        metrics=tuple((one.value, turn(METRIC_WORDS[one])) for one in METRICS[task.kind]),
        modes=tuple((one.value, turn(words)) for one, words in MODE_WORDS.items()),
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        parts=tuple(
            (one.value, turn(words), turn(PART_ABOUT[one])) for one, words in PART_WORDS.items()
        ),
        members=tuple(
            MemberRow(
                id=one.id,
                name=name or turn(N_("somebody who has left the house")),
                login=login,
                part=one.part.value,
                left=one.left_at is not None or one.user_id is None,
                me=one.id == member.id,
            )
            for one, name, login in members
        ),
        archived=task.archived_at is not None,
        labels=tuple((one.key, one.name) for one in task.labels),
        reviewer_labels=frozenset(
            task.reviewer_labels if form is None else form.many("reviewer_labels")
        ),
        lowered=lowered,
        done=turn(done) if done and error is None else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_settings.html", context, status=error.status if error else 200)


ROUTES = [
    page_get("/tasks/{task_id}/settings", show, "Settings of a task"),
    page_post("/tasks/{task_id}/settings", save, "Change the settings of a task"),
    page_post("/tasks/{task_id}/members", add_member, "Bring somebody into a task"),
    page_post("/tasks/{task_id}/members/{member_id}", change_member, "Change a member's part"),
    page_post("/tasks/{task_id}/archive", archive, "Archive a task"),
    page_post("/tasks/{task_id}/delete", delete, "Delete a task"),
]
