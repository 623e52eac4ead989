# SPDX-License-Identifier: EUPL-1.2
"""``/admin/drill``: what if a provider, a zone or everything outside were gone tomorrow.

Whoever oversees the house sees the table at once and the drills so far; administrators have questions asked.
All numbers are of the whole house.
"""

import msgspec
from starlette.responses import Response

from hausgeist.errors import N_, HausgeistError, InvalidField, NotFound
from hausgeist.gateway.drill import Drill, report
from hausgeist.gateway.drill_questions import (
    SET_MOST,
    SHEET_MOST,
    compare,
    read_questions,
    sheet,
)
from hausgeist.locale import translator
from hausgeist.web.amounts import number
from hausgeist.web.contexts.admin_drill import DrillPage, DrillResultPage, DrillRow
from hausgeist.web.disposition import attachment
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.moments import moment_text
from hausgeist.web.multipart import read_parts
from hausgeist.web.pages import drill_words as words
from hausgeist.web.pages.admin import admin_get, admin_post, overseer_get, tabs
from hausgeist.web.rendering import go, language_for, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "deleted": N_("The drill and its answers are deleted."),
    "stopped": N_("Nothing more is asked. What was answered stays."),
    "judged": N_("The sheet is read."),
    "begun": N_("The drill is kept."),
}
SPANS = (7, 30, 90)


async def show(visit: Visit) -> Response:
    """``GET /admin/drill`` with ``without`` and ``days``."""
    return await _drill_page(visit)


async def begin(visit: Visit) -> Response:
    """``POST /admin/drill``: keep the table, and ask the questions, if there are any."""
    form = await read_form(visit)
    asked = form.exact("questions", "", most=SET_MOST)
    without = form.text("without", most=200)
    try:
        questions = read_questions(asked) if asked.strip() else []
        drill_id = await visit.house.drills.begin(
            visit.principal,
            without,
            days=_days(form.text("days", "7")),
            questions=questions,
            models=[form.text("model", "")] if form.text("model", "") else (),
        )
    except InvalidField as error:
        return await _drill_page(visit, error=error, without=without, questions=asked)
    return go(f"/admin/drill/{drill_id}?done=begun")


async def one(visit: Visit) -> Response:
    """``GET /admin/drill/{drill_id}``: a drill, with its progress while it goes on."""
    return await _result_page(visit)


async def stop(visit: Visit) -> Response:
    """``POST /admin/drill/{drill_id}/stop``."""
    await visit.house.drills.stop(_id(visit), by=visit.principal.id)
    return go(f"/admin/drill/{_id(visit)}?done=stopped")


async def delete(visit: Visit) -> Response:
    """``POST /admin/drill/{drill_id}/delete``."""
    await visit.house.drills.delete(_id(visit), by=visit.principal.id)
    return go("/admin/drill?done=deleted")


async def judge(visit: Visit) -> Response:
    """``POST /admin/drill/{drill_id}/sheet``: what people chose on the blind sheet."""
    parts = await read_parts(visit)
    try:
        _, data = parts.file("sheet")
        text = data.decode("utf-8", "replace")
        await visit.house.drills.mark(_id(visit), text, by=visit.principal.id)
    except InvalidField as error:
        return await _result_page(visit, error=error)
    return go(f"/admin/drill/{_id(visit)}?done=judged")


async def blind_sheet(visit: Visit) -> Response:
    """``GET /admin/drill/{drill_id}/sheet.csv``: both answers side by side, for people to judge."""
    drill = await visit.house.drills.get(_id(visit))
    return _file("\ufeff" + sheet(drill.body.asked), "text/csv", f"drill-{drill.id[:8]}.csv")


async def as_markdown(visit: Visit) -> Response:
    """``GET /admin/drill/{drill_id}/report.md``."""
    drill = await visit.house.drills.get(_id(visit))
    text = words.markdown(drill, language_for(visit))
    return _file(text, "text/markdown", f"drill-{drill.id[:8]}.md")


async def as_json(visit: Visit) -> Response:
    """``GET /admin/drill/{drill_id}/report.json``."""
    drill = await visit.house.drills.get(_id(visit))
    text = msgspec.json.format(msgspec.json.encode(report(drill))).decode()
    return _file(text, "application/json", f"drill-{drill.id[:8]}.json")


def _file(text: str, media: str, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(text, media_type=f"{media}; charset=utf-8", headers=headers)


def _id(visit: Visit) -> str:
    return str(visit.path_params["drill_id"])


def _days(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


async def _drill_page(
    visit: Visit, *, error: HausgeistError | None = None, without: str = "", questions: str = ""
) -> Response:
    drills = visit.house.drills
    frame = await shell(visit, N_("Drill"), "admin")
    language, turn = frame.language, translator(frame.language)
    chosen = without or visit.query_params.get("without", "")
    days = _days(visit.query_params.get("days", "7"))
    found, models = None, []
    if chosen and error is None:
        try:
            found = await drills.forecast(chosen, days=days)
            models = drills.affected(chosen)
        except InvalidField as wrong:
            error = wrong
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = DrillPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        choices=tuple((one, words.without_words(one, turn)) for one in drills.choices()),
        chosen=chosen,
        days=days,
        spans=tuple((span, turn(N_("{days} days")).format(days=span)) for span in SPANS),
        view=None if found is None else words.forecast_view(found, language),
        drills=tuple(_row(one, language) for one in await drills.newest()),
        models=tuple(models),
        questions=questions,
        administers=visit.principal.is_admin,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    return page(visit, "admin_drill.html", context, status=error.status if error else 200)


async def _result_page(visit: Visit, *, error: HausgeistError | None = None) -> Response:
    drill = await visit.house.drills.get(_id(visit))
    if not drill.without:  # of another version
        raise NotFound
    frame = await shell(visit, N_("Drill"), "admin")
    language, turn = frame.language, translator(frame.language)
    body = drill.body
    state, tone = words.STATES[body.state]
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = DrillResultPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        id=drill.id,
        state=body.state,
        state_words=turn(state),
        tone=tone,
        done_count=body.done,
        total=body.total,
        progress=turn(N_("{done} of {total} questions")).format(done=body.done, total=body.total),
        view=words.forecast_view(body.forecast, language),
        compared=tuple(words.compared_view(one, language) for one in compare(body.asked)),
        pairs=words.pairs_view(drill, language),
        administers=visit.principal.is_admin,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    return page(visit, "admin_drill_result.html", context, status=error.status if error else 200)


def _row(drill: Drill, language: str) -> DrillRow:
    turn = translator(language)
    found = drill.body.forecast
    state, tone = words.STATES[drill.body.state]
    if found.few:
        result = turn(N_("too few people to count"))
    else:
        text = turn(N_("{moved} elsewhere, {refused} refused, of {calls}"))
        result = text.format(
            moved=number(found.calls("moved"), language),
            refused=number(found.calls("refused"), language),
            calls=number(found.calls(), language),
        )
    return DrillRow(
        id=drill.id,
        when=moment_text(drill.at, language),
        without=words.without_words(drill.without, turn),
        state=turn(state),
        tone=tone,
        result=result,
        quality=words.quality_words(drill, language),
    )


_AT = "/admin/drill/{drill_id}"

ROUTES = [
    overseer_get("/admin/drill", show, "What if a provider were gone"),
    admin_post("/admin/drill", begin, "Begin a drill", 4 * SET_MOST),
    overseer_get(_AT, one, "A drill"),
    overseer_get(f"{_AT}/report.md", as_markdown, "A drill as Markdown"),
    overseer_get(f"{_AT}/report.json", as_json, "A drill as JSON"),
    admin_get(f"{_AT}/sheet.csv", blind_sheet, "A drill's answers side by side, blind"),
    admin_post(f"{_AT}/sheet", judge, "Read a blind sheet back", SHEET_MOST),
    admin_post(f"{_AT}/stop", stop, "Ask no further questions", FORM_MOST),
    admin_post(f"{_AT}/delete", delete, "Delete a drill", FORM_MOST),
]
