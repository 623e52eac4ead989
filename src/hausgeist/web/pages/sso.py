# SPDX-License-Identifier: EUPL-1.2
"""``/sso/…``: to a provider of logins and back, and what it says when it ends a session there.

What went wrong is said on the login page, from which another way in is one click away.
"""

from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from hausgeist.errors import HausgeistError, LoginBroken, NotFound, Upstream
from hausgeist.identity.entrance import Answer, Entrance
from hausgeist.identity.journeys import LONGEST_MS
from hausgeist.web.asgi import SESSION_COOKIE
from hausgeist.web.forms import FORM_MOST, local_path, read_form
from hausgeist.web.pages.cookies import over_https, with_session
from hausgeist.web.pages.login import login_page
from hausgeist.web.rendering import go
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

JOURNEY_COOKIE = "hausgeist_journey"
TOKEN_MOST = 64 * 1024


async def begin(visit: Visit) -> Response:
    """``GET /sso/{source}/login``: to the provider. A link, not a form: those may lead to us only."""
    wanted = local_path(visit.query_params.get("next", "/"))
    home = _other_name(visit)
    if home is not None:  # the cookie must be set where the provider sends people back to
        return _away(home)
    try:
        address, cookie = await _entrance(visit).begin(_source(visit), wanted)
    except NotFound:
        raise
    except HausgeistError as error:
        return await login_page(visit, wanted, error=error)
    response = _away(address)
    response.set_cookie(
        JOURNEY_COOKIE,
        cookie,
        max_age=LONGEST_MS // 1000,
        path="/sso/",
        httponly=True,
        samesite="lax",
        secure=over_https(visit.house.settings),
    )
    return response


async def finish(visit: Visit) -> Response:
    """``GET /sso/{source}/callback``: back from the provider."""
    query = visit.query_params
    answer = Answer(
        state=query.get("state", ""),
        code=query.get("code", ""),
        error=query.get("error", ""),
        issuer=query.get("iss"),
    )
    try:
        token, wanted = await _entrance(visit).finish(
            _source(visit),
            visit.cookies.get(JOURNEY_COOKIE),
            answer,
            visit.cookies.get(SESSION_COOKIE),
        )
    except NotFound:
        raise
    except HausgeistError as error:
        return _arrived(visit, await login_page(visit, "/", error=error))
    return _arrived(visit, with_session(visit, go(local_path(wanted)), token))


async def leave(visit: Visit) -> Response:
    """``GET /sso/{source}/logout``: to the provider's own logout, after ours."""
    try:
        address = await _entrance(visit).way_out(_source(visit))
    except Upstream as error:
        return await login_page(visit, "/", error=error)
    return go("/login") if address is None else _away(address)


async def ended(visit: Visit) -> Response:
    """``POST /sso/{source}/backchannel``: the provider ended a session (Back-Channel Logout 1.0, 2.5)."""
    _entrance(visit).check(_source(visit))
    form = await read_form(visit)
    token = form.exact("logout_token", most=TOKEN_MOST)
    try:
        await _entrance(visit).ended_there(_source(visit), token)
    except LoginBroken as error:
        body = b'{"error":"invalid_request"}'
        return JSONBytes(body, error.status, {"Cache-Control": "no-store"})
    return JSONBytes(b"{}", 200, {"Cache-Control": "no-store"})


def _entrance(visit: Visit) -> Entrance:
    return visit.house.entrance


def _source(visit: Visit) -> str:
    return str(visit.path_params["source"])


def _away(address: str) -> Response:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})


def _arrived(visit: Visit, response: Response) -> Response:
    """The journey is over, however it ended."""
    response.delete_cookie(
        JOURNEY_COOKIE,
        path="/sso/",
        httponly=True,
        samesite="lax",
        secure=over_https(visit.house.settings),
    )
    return response


def _other_name(visit: Visit) -> str | None:
    """The same address under the name that people use, if the visit came by another one; asked once."""
    public = visit.house.settings.public_url.rstrip("/")
    same = urlsplit(public).netloc == visit.headers.get("host", "")
    if not public or same or "moved" in visit.query_params:
        return None
    query = {**visit.query_params, "moved": "1"}
    return f"{public}{visit.url.path}?{urlencode(query)}"


_AT = "/sso/{source}"

ROUTES = [
    Route(
        method="GET",
        path=f"{_AT}/login",
        endpoint=begin,
        who=Who.ANYONE,
        dialect="page",
        summary="To a login source",
    ),
    Route(
        method="GET",
        path=f"{_AT}/callback",
        endpoint=finish,
        who=Who.ANYONE,
        dialect="page",
        summary="Back from a login source",
    ),
    Route(
        method="GET",
        path=f"{_AT}/logout",
        endpoint=leave,
        who=Who.ANYONE,
        dialect="page",
        summary="Log out at a login source",
    ),
    Route(
        method="POST",
        path=f"{_AT}/backchannel",
        endpoint=ended,
        who=Who.ANYONE,
        dialect="json",
        summary="A login source ended a session",
        max_body=FORM_MOST + TOKEN_MOST,
    ),
]
