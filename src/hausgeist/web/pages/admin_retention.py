# SPDX-License-Identifier: EUPL-1.2
"""``/admin/retention``: how long conversations of each data class are kept, with what that would delete.

Counts only, never whose: of fewer than five people it says just that.
"""

from collections.abc import Mapping

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField
from hausgeist.locale import translator
from hausgeist.people import Preview
from hausgeist.web.amounts import number
from hausgeist.web.contexts.my_data import RetentionPage, RuleRow
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

Rules = Mapping[DataClass, int | None]

FEW = 5
"""Fewer people than this are not counted: it would be about them."""
DONE = {"saved": N_("The rules are in force. The next round, within an hour, deletes by them.")}


async def show(visit: Visit) -> Response:
    """``GET /admin/retention``."""
    return await _retention_page(visit, await visit.house.lifecycle.retention.rules())


async def preview(visit: Visit) -> Response:
    """``POST /admin/retention/preview``: what the rules of the form would delete; nothing is changed."""
    form = await read_form(visit)
    try:
        rules = _rules(form)
        found = await visit.house.lifecycle.retention.preview(rules)
    except BadRequest as error:
        return await _retention_page(
            visit, await visit.house.lifecycle.retention.rules(), error=error, form=form
        )
    return await _retention_page(visit, rules, found=found)


async def save(visit: Visit) -> Response:
    """``POST /admin/retention``: the rules of the form, in force; only after a preview of them."""
    form = await read_form(visit)
    try:
        rules = _rules(form)
        if form.text("seen", "") != _seen(rules):
            found = await visit.house.lifecycle.retention.preview(rules)
            return await _retention_page(visit, rules, found=found)
        await visit.house.lifecycle.retention.save(rules, visit.principal.id)
    except BadRequest as error:
        return await _retention_page(
            visit, await visit.house.lifecycle.retention.rules(), error=error, form=form
        )
    return go("/admin/retention?done=saved")


def _rules(form: Form) -> dict[DataClass, int | None]:
    """The days of every class; an empty field keeps.

    Raises:
        InvalidField: they are no number.
    """
    found: dict[DataClass, int | None] = {}
    for one in DataClass:
        text = form.text(one.word, "", most=10)
        if text and not (text.isascii() and text.isdigit()):
            raise InvalidField(
                field="days", reason=N_("use 1 to 36500 days, or nothing"), param=one.word
            )
        found[one] = int(text) if text else None
    return found


def _seen(rules: Rules) -> str:
    return ",".join(f"{one.word}={rules[one]}" for one in DataClass)


async def _retention_page(
    visit: Visit,
    rules: Rules,
    *,
    found: Preview | None = None,
    error: HausgeistError | None = None,
    form: Form | None = None,
) -> Response:
    retention = visit.house.lifecycle.retention
    frame = await shell(visit, N_("Retention"), "admin")
    language = frame.language
    turn = translator(language)
    now = await retention.rules()
    last = await retention.last_round()
    done = DONE.get(visit.query_params.get("done", ""), "")
    rows = []
    for one in DataClass:
        extent = found.by_class.get(one) if found else None
        typed = form.text(one.word, "", most=FORM_MOST) if form else _text(rules[one])
        rows.append(
            RuleRow(
                one.word,
                turn(CLASSES[one]),
                typed,
                _text(now[one]) or turn(N_("kept")),
                extent.conversations if extent else 0,
                extent.files if extent else 0,
                f"{number((extent.bytes if extent else 0) / 1e6, language, 1)} MB",
            )
        )
    context = RetentionPage(
        shell=frame,
        tabs=tabs(language),
        rows=tuple(rows),
        preview=found is not None,
        seen=_seen(rules),
        conversations=found.conversations if found else 0,
        files=found.files if found else 0,
        people=_people(found.people, language) if found else "",
        last_round=day_text(last, language),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_retention.html", context, status=status)


def _text(days: int | None) -> str:
    return "" if days is None else str(days)


def _people(count: int, language: str) -> str:
    turn = translator(language)
    if count < FEW:
        return turn(N_("fewer than five people"))
    return turn(N_("{count} people")).format(count=number(count, language))


ROUTES = [
    admin_get("/admin/retention", show, "How long conversations are kept"),
    admin_post(
        "/admin/retention/preview", preview, "What rules of retention would delete", FORM_MOST
    ),
    admin_post("/admin/retention", save, "Put rules of retention into force", FORM_MOST),
]
