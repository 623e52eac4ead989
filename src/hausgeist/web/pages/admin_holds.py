# SPDX-License-Identifier: EUPL-1.2
"""``/admin/holds``: legal holds. They keep data from deletion and let nobody read them."""

from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField, NotFound
from hausgeist.locale import translator
from hausgeist.people import HoldWish
from hausgeist.web.contexts.my_data import HoldRow, HoldsPage
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "placed": N_("The hold is in force. Whom it concerns sees it on the page of their data."),
    "ended": N_("The hold has ended. What was due is deleted with the next round."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/holds``."""
    return await _holds_page(visit)


async def place(visit: Visit) -> Response:
    """``POST /admin/holds``: on a person, a group or everybody."""
    form = await read_form(visit)
    try:
        wish = await _wish(visit, form)
        await visit.house.lifecycle.holds.place(wish, visit.principal.id)
    except BadRequest as error:
        return await _holds_page(visit, form=form, error=error)
    return go("/admin/holds?done=placed")


async def end(visit: Visit) -> Response:
    """``POST /admin/holds/{hold_id}/end``."""
    await visit.house.lifecycle.holds.end(visit.path_params["hold_id"], visit.principal.id)
    return go("/admin/holds?done=ended")


async def _wish(visit: Visit, form: Form) -> HoldWish:
    scope, reason, until = form.text("scope", ""), form.text("reason", "", most=2000), _until(form)
    if scope == "everyone":
        return HoldWish("everyone", "", reason, until)
    if scope == "group":
        return HoldWish("group", form.text("group", "", most=64), reason, until)
    if scope == "person":
        nobody = InvalidField(
            field="login", reason=N_("there is no such person or group"), param="login"
        )
        try:
            person = await visit.house.identity.people.by_login(form.text("login", ""))
        except (NotFound, InvalidField):
            raise nobody from None
        return HoldWish("person", person.id, reason, until)
    raise InvalidField(field="scope", reason=N_("use one of those on the page"), param="scope")


def _until(form: Form) -> int | None:
    """The end of the day that was chosen, in milliseconds; None without one."""
    text = form.text("until", "", most=20)
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        after = day + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidField(
            field="until", reason=N_("use a day that is to come"), param="until"
        ) from None
    return int(after.timestamp() * 1000)


async def _holds_page(
    visit: Visit, *, form: Form | None = None, error: HausgeistError | None = None
) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Legal holds"), "admin")
    turn = translator(frame.language)
    now = house.now_ms()
    groups = {one.id: one.title for one in await house.identity.groups.all()}
    done = DONE.get(visit.query_params.get("done", ""), "")
    rows = []
    for hold, name in await house.lifecycle.holds.all():
        whom = name or turn(N_("everybody"))
        if hold.group_id is not None:
            whom = turn(N_("the group {name}")).format(name=groups.get(hold.group_id, ""))
        rows.append(
            HoldRow(
                hold.id,
                whom,
                hold.reason,
                day_text(hold.created_at, frame.language),
                day_text(hold.ended_at, frame.language),
                hold.lasts(now),
            )
        )

    def typed(name: str, default: str = "") -> str:
        return form.text(name, default, most=FORM_MOST) if form else default

    context = HoldsPage(
        shell=frame,
        tabs=tabs(frame.language),
        holds=tuple(rows),
        groups=tuple(groups.items()),
        scope=typed("scope", "person"),
        login=typed("login"),
        group=typed("group"),
        reason=typed("reason"),
        until=typed("until"),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_holds.html", context, status=status)


ROUTES = [
    admin_get("/admin/holds", show, "Legal holds"),
    admin_post("/admin/holds", place, "Place a legal hold", FORM_MOST),
    admin_post("/admin/holds/{hold_id}/end", end, "End a legal hold", FORM_MOST),
]
