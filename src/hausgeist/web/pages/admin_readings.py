# SPDX-License-Identifier: EUPL-1.2
"""``/admin/readings``: asking for a conversation, agreeing as the second person, reading it for a day.

For administrators and auditors. Also here: accounts whose older conversations are closed, for two to open.
"""

from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from hausgeist.errors import (
    N_,
    BadRequest,
    Conflict,
    HausgeistError,
    InvalidField,
    NotAllowed,
    NotFound,
)
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.web.contexts.readings import ClosedRow, FoundRow, ReadingsPage, ReadLine, ReadPage
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import day_text, moment_text
from hausgeist.web.pages.admin import tabs
from hausgeist.web.pages.readings import GONE, row_of
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import Who, page_get, page_post
from hausgeist.web.visit import Visit

DONE = {
    "asked": N_("Asked. The person sees it at once; another overseer has to agree."),
    "granted": N_("Granted for 24 hours. The person sees it."),
    "refused": N_("Refused. The person sees that, too."),
    "ended": N_("Ended."),
    "first": N_("Noted. Another overseer has to agree."),
    "opened": N_("Opened again. The person has everything back."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/readings``."""
    return await _readings_page(visit)


async def search(visit: Visit) -> Response:
    """``POST /admin/readings/search``: a person's conversations of a span, by days and ids alone."""
    form = await read_form(visit)
    try:
        first, last = _day(form, "first"), _day(form, "last")
        found = await visit.house.readings.find(
            visit.principal, form.text("login", ""), _ms(first), _ms(last + timedelta(days=1))
        )
    except (BadRequest, NotAllowed) as error:
        return await _readings_page(visit, form=form, error=error)
    except NotFound:
        nobody = InvalidField(
            field="login", reason=N_("there is no such person or group"), param="login"
        )
        return await _readings_page(visit, form=form, error=nobody)
    language = visit.principal.locale
    rows = tuple(
        FoundRow(one.id, day_text(one.created_at, language), day_text(one.updated_at, language))
        for one in found
    )
    return await _readings_page(visit, form=form, found=rows)


async def ask(visit: Visit) -> Response:
    """``POST /admin/readings``: for one conversation, with a reason."""
    form = await read_form(visit)
    try:
        await visit.house.readings.ask(
            visit.principal,
            form.text("conversation", "", most=32),
            form.text("reason", "", most=2000),
        )
    except (BadRequest, NotAllowed) as error:
        return await _readings_page(visit, form=form, error=error)
    return go("/admin/readings?done=asked")


async def grant(visit: Visit) -> Response:
    """``POST /admin/readings/{reading_id}/grant``, by the second person."""
    return await _decide(visit, grant=True)


async def refuse(visit: Visit) -> Response:
    """``POST /admin/readings/{reading_id}/refuse``, by the second person."""
    return await _decide(visit, grant=False)


async def end(visit: Visit) -> Response:
    """``POST /admin/readings/{reading_id}/end``, by either of the two."""
    await visit.house.readings.end(visit.principal, visit.path_params["reading_id"])
    return go("/admin/readings?done=ended")


async def read(visit: Visit) -> Response:
    """``POST /admin/readings/{reading_id}/open``: the words; each time is noted, and its owner sees it."""
    found, lines = await visit.house.readings.read(visit.principal, visit.path_params["reading_id"])
    frame = await shell(visit, N_("Reading of a conversation"), "admin")
    language, turn = frame.language, translator(frame.language)
    said = {"user": turn(N_("Question")), "assistant": turn(N_("Answer"))}
    context = ReadPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        row=row_of(found, language, visit.principal),
        lines=tuple(
            ReadLine(
                who=said.get(one.role, one.role),
                html="".join(render_blocks(one.text, language)),
                files=", ".join(one.files),
                when=moment_text(one.created_at, language),
            )
            for one in lines
        ),
    )
    return page(visit, "admin_reading.html", context)


async def release(visit: Visit) -> Response:
    """``POST /admin/readings/closed/{user_id}``: agree that somebody's older things are opened."""
    try:
        second = await visit.house.identity.recovery.release(
            visit.path_params["user_id"], visit.principal
        )
    except NotAllowed as error:
        return await _readings_page(visit, error=error)
    return go("/admin/readings?done=" + ("opened" if second else "first"))


async def _decide(visit: Visit, *, grant: bool) -> Response:
    reading_id = visit.path_params["reading_id"]
    try:
        await visit.house.readings.decide(visit.principal, reading_id, grant=grant)
    except (NotAllowed, Conflict) as error:
        return await _readings_page(visit, error=error)
    return go("/admin/readings?done=" + ("granted" if grant else "refused"))


def _day(form: Form, name: str) -> datetime:
    try:
        return datetime.strptime(form.text(name, "", most=20), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidField(
            field=name, reason=N_("use a day such as 2026-11-22"), param=name
        ) from None


def _ms(day: datetime) -> int:
    return int(day.timestamp() * 1000)


async def _readings_page(
    visit: Visit,
    *,
    form: Form | None = None,
    found: tuple[FoundRow, ...] | None = None,
    error: HausgeistError | None = None,
) -> Response:
    house, me = visit.house, visit.principal
    frame = await shell(visit, N_("Reading of conversations"), "admin")
    language, turn = frame.language, translator(frame.language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    waiting = await house.identity.recovery.waiting()
    names = {
        one.id: one.name for one in await house.identity.people.some(w.asked_by for w in waiting)
    }

    def typed(name: str) -> str:
        return form.text(name, "", most=2000) if form else ""

    context = ReadingsPage(
        shell=frame,
        tabs=tabs(language, administers=me.is_admin),
        possible=await house.readings.possible(me),
        rows=tuple(row_of(one, language, me) for one in await house.readings.newest()),
        closed=tuple(
            ClosedRow(
                id=one.id,
                login=one.login,
                name=one.name,
                before=day_text(one.before_ms, language),
                asked=names.get(one.asked_by, "") or (one.asked_by and turn(GONE)),
                may=me.id not in {one.id, one.asked_by},
            )
            for one in waiting
        ),
        login=typed("login"),
        first=typed("first"),
        last=typed("last"),
        reason=typed("reason"),
        found=found,
        done=turn(done) if done and error is None else "",
        error=error.say(turn) if error is not None else "",
    )
    status = 200 if error is None else error.status
    return page(visit, "admin_readings.html", context, status=status)


_ONE = "/admin/readings/{reading_id}"
ROUTES = [
    page_get("/admin/readings", show, "Reading of conversations", who=Who.OVERSEER),
    page_post("/admin/readings", ask, "Ask to read a conversation", who=Who.OVERSEER),
    page_post("/admin/readings/search", search, "Conversations by days", who=Who.OVERSEER),
    page_post(
        "/admin/readings/closed/{user_id}", release, "Open closed conversations", who=Who.OVERSEER
    ),
    page_post(f"{_ONE}/grant", grant, "Agree as the second person", who=Who.OVERSEER),
    page_post(f"{_ONE}/refuse", refuse, "Refuse as the second person", who=Who.OVERSEER),
    page_post(f"{_ONE}/end", end, "End a reading", who=Who.OVERSEER),
    page_post(f"{_ONE}/open", read, "Read a granted conversation", who=Who.OVERSEER),
]
