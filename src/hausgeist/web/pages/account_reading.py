# SPDX-License-Identifier: EUPL-1.2
"""``/account/reading``: who asked to read one's conversations; what is closed, and how it is opened again."""

from starlette.responses import Response

from hausgeist.errors import (
    N_,
    BadRequest,
    Conflict,
    HausgeistError,
    LoginFailed,
    LoginThrottled,
    NotFound,
)
from hausgeist.locale import translator
from hausgeist.web.contexts.readings import OwnReadingPage
from hausgeist.web.forms import read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.readings import row_of
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /account/reading``."""
    return await _own_page(visit)


async def reopen(visit: Visit) -> Response:
    """``POST /account/reading/open``: with the recovery code, or the password from before."""
    form = await read_form(visit)
    address = visit.client.host if visit.client else ""
    try:
        await visit.house.identity.recovery.open(
            visit.principal.id, form.exact("code"), address=address
        )
    except (BadRequest, LoginFailed, LoginThrottled) as error:
        return await _own_page(visit, error=error)
    except NotFound:
        return go("/account/reading")
    return go("/account/reading?done=opened")


async def make(visit: Visit) -> Response:
    """``POST /account/reading/code``: a new recovery code, shown in this answer only."""
    form = await read_form(visit)
    identity, who = visit.house.identity, visit.principal
    try:
        if await identity.people.has_password(who.id):
            address = visit.client.host if visit.client else ""
            await identity.people.confirm(who.id, form.exact("password", ""), address=address)
        code = await identity.recovery.make(who.id)
    except (BadRequest, LoginFailed, LoginThrottled) as error:
        return await _own_page(visit, error=error)
    except Conflict:
        return go("/account/reading")
    return await _own_page(visit, code=code)


async def _own_page(
    visit: Visit, *, code: str = "", error: HausgeistError | None = None
) -> Response:
    house, who = visit.house, visit.principal
    rows = await house.readings.mine(who.id, look=True)
    frame = await shell(visit, N_("Who reads my conversations"), "account")
    language, turn = frame.language, translator(frame.language)
    state = await house.identity.recovery.state(who.id)
    words = error.say(turn) if error is not None else ""
    if isinstance(error, LoginFailed):
        words = turn(N_("That was not right."))
    context = OwnReadingPage(
        shell=frame,
        rows=tuple(row_of(one, language) for one in rows),
        closed=day_text(state.before_ms, language),
        conversations=state.conversations,
        files=state.files,
        has_code=state.has_code,
        by_password=state.by_password,
        confirms=await house.identity.people.has_password(who.id),
        code=code,
        done=turn(N_("Everything is open again.")) if visit.query_params.get("done") else "",
        error=words,
    )
    # a wrong code is no lost login: 401 would send the reader to the login page
    status = 200 if error is None else 400 if error.status == 401 else error.status
    return page(visit, "account_reading.html", context, status=status)


ROUTES = [
    page_get("/account/reading", show, "Who asked to read one's conversations"),
    page_post("/account/reading/open", reopen, "Open what is closed"),
    page_post("/account/reading/code", make, "Make a recovery code"),
]
