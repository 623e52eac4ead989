# SPDX-License-Identifier: EUPL-1.2
"""``/admin/announcements``: what everybody who is logged in reads over every page, and for how long."""

from datetime import datetime

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField
from hausgeist.identity import Announcement, Wording
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_house import AnnouncementRow, AnnouncementsPage
from hausgeist.web.contexts.shell import Bar
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import local, moment_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import announcement_html, go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "saved": N_("The announcement is saved."),
    "deleted": N_("The announcement is taken away."),
}
STATES = {"coming": N_("coming"), "shown": N_("shown now"), "over": N_("over")}


async def show(visit: Visit) -> Response:
    """``GET /admin/announcements``."""
    return await _announcements_page(visit)


async def create(visit: Visit) -> Response:
    """``POST /admin/announcements``; with ``do=preview`` it is only shown."""
    return await _save(visit, "")


async def show_one(visit: Visit) -> Response:
    """``GET /admin/announcements/{announcement_id}``: the form, filled in."""
    return await _announcements_page(visit, one=await _announcement(visit))


async def change(visit: Visit) -> Response:
    """``POST /admin/announcements/{announcement_id}``; with ``do=preview`` it is only shown."""
    return await _save(visit, (await _announcement(visit)).id)


async def delete(visit: Visit) -> Response:
    """``POST /admin/announcements/{announcement_id}/delete``."""
    found = await _announcement(visit)
    await visit.house.identity.announcements.delete(found.id, visit.principal.id)
    return go("/admin/announcements?done=deleted")


async def _announcement(visit: Visit) -> Announcement:
    return await visit.house.identity.announcements.get(visit.path_params["announcement_id"])


async def _save(visit: Visit, announcement_id: str) -> Response:
    form = await read_form(visit)
    verbs, me = visit.house.identity.announcements, visit.principal.id
    if form.text("do", "") == "preview":
        return await _announcements_page(visit, form=form, of=announcement_id)
    try:
        wording = Wording(
            kind=form.text("kind", "info"),
            text=form.text("text", "", most=10_000),
            starts_at=_moment(form, "starts"),
            ends_at=_moment(form, "ends"),
        )
        if announcement_id:
            await verbs.change(announcement_id, wording, me)
        else:
            await verbs.create(wording, me)
    except BadRequest as error:
        return await _announcements_page(visit, form=form, of=announcement_id, error=error)
    return go("/admin/announcements?done=saved")


def _moment(form: Form, name: str) -> int | None:
    """A moment as the browser writes it, in the server's time; milliseconds."""
    typed = form.text(name, "", most=40)
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed).astimezone()
        return int(found.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise InvalidField(
            field=name, reason=N_("use a day and a time of day"), param=name
        ) from None


def _typed(at_ms: int | None) -> str:
    """A moment as the browser's field takes it."""
    return f"{local(at_ms):%Y-%m-%dT%H:%M}" if at_ms is not None else ""


def _span(one: Announcement, language: str) -> str:
    turn = translator(language)
    words = []
    if one.starts_at is not None:
        words.append(turn(N_("from {time}")).format(time=moment_text(one.starts_at, language)))
    if one.ends_at is not None:
        words.append(turn(N_("until {time}")).format(time=moment_text(one.ends_at, language)))
    return " ".join(words) or turn(N_("until it is taken away"))


async def _announcements_page(
    visit: Visit,
    *,
    one: Announcement | None = None,
    form: Form | None = None,
    of: str = "",
    error: HausgeistError | None = None,
) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Announcements"), "admin")
    language, turn = frame.language, translator(frame.language)
    now = house.now_ms()
    kind, text, starts, ends = "info", "", "", ""
    if one is not None:
        kind, text, of = one.kind, one.text, one.id
        starts, ends = _typed(one.starts_at), _typed(one.ends_at)
    elif form is not None:
        kind, text = form.text("kind", "info"), form.text("text", "", most=10_000)
        starts, ends = form.text("starts", "", most=40), form.text("ends", "", most=40)
    shown = bool(text) and form is not None
    done = DONE.get(visit.query_params.get("done", ""), "")
    clock = local(now)
    context = AnnouncementsPage(
        shell=frame,
        tabs=tabs(language),
        rows=tuple(
            AnnouncementRow(
                row.id,
                announcement_html(row.text, language),
                row.kind == "warn",
                turn(STATES[row.state(now)]),
                _span(row, language),
            )
            for row in await house.identity.announcements.all()
        ),
        clock=f"{moment_text(now, language)} ({clock:%Z})",
        id=of,
        kind=kind,
        text=text,
        starts=starts,
        ends=ends,
        preview=Bar("preview", announcement_html(text, language), kind == "warn")
        if shown
        else None,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_announcements.html", context, status=status)


_ONE = "/admin/announcements/{announcement_id}"
ROUTES = [
    admin_get("/admin/announcements", show, "Announcements"),
    admin_post("/admin/announcements", create, "Announce something", FORM_MOST),
    admin_get(_ONE, show_one, "One announcement"),
    admin_post(_ONE, change, "Change an announcement", FORM_MOST),
    admin_post(f"{_ONE}/delete", delete, "Take an announcement away", FORM_MOST),
]
