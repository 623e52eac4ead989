# SPDX-License-Identifier: EUPL-1.2
"""``/login``, ``/logout`` and the switches for language and appearance, which work before a login too."""

from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.errors import (
    N_,
    HausgeistError,
    InvalidField,
    LoginFailed,
    LoginRefused,
    LoginThrottled,
    Unavailable,
    Upstream,
    UpstreamTimeout,
)
from hausgeist.identity.people import THEMES
from hausgeist.locale import LANGUAGES, translator
from hausgeist.web.asgi import SESSION_COOKIE
from hausgeist.web.contexts.login import LoginPage
from hausgeist.web.forms import FORM_MOST, local_path, path_of, read_form
from hausgeist.web.pages.cookies import with_choice, with_session, without_session
from hausgeist.web.rendering import LANGUAGE_COOKIE, THEME_COOKIE, go, page, shell
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /login``."""
    wanted = local_path(visit.query_params.get("next", "/"))
    if visit.visitor is not None:
        return go(wanted)
    return await login_page(visit, wanted)


async def login(visit: Visit) -> Response:
    """``POST /login``."""
    form = await read_form(visit)
    name = form.text("name")
    wanted = local_path(form.text("next", "/", most=FORM_MOST))
    try:
        token = await visit.house.identity.sessions.login(
            name,
            form.exact("password"),
            visit.client.host if visit.client else "",
            visit.cookies.get(SESSION_COOKIE),
        )
    except (
        LoginFailed,
        LoginThrottled,
        LoginRefused,
        Upstream,
        UpstreamTimeout,
        Unavailable,
    ) as error:
        return await login_page(visit, wanted, name, error)
    return with_session(visit, go(wanted), token)


async def logout(visit: Visit) -> Response:
    """``POST /logout``; without a session it does nothing."""
    source = None
    if visit.visitor is not None and visit.visitor.session_id is not None:
        source = await visit.house.entrance.source_of(visit.visitor.session_id)
        await visit.house.identity.sessions.end(visit.visitor.session_id, visit.visitor.id)
    return without_session(visit, go("/login" if source is None else f"/login?left={source}"))


async def preferences(visit: Visit) -> Response:
    """``POST /preferences`` with ``language`` or ``theme``; back to where it came from."""
    form = await read_form(visit)
    language = form.text("language", "")
    theme = form.text("theme", "")
    if language not in {"", *LANGUAGES} or theme not in {"", *THEMES}:
        raise InvalidField(field="language, theme", reason=N_("use one of those on the page"))
    if visit.visitor is not None:
        await visit.house.identity.people.set_profile(
            visit.visitor.id, locale=language or None, theme=theme or None
        )
    response = go(path_of(visit.headers.get("referer", "")))
    if language:
        with_choice(visit, response, LANGUAGE_COOKIE, language)
    if theme:
        with_choice(visit, response, THEME_COOKIE, theme)
    return response


async def login_page(
    visit: Visit, wanted: str, name: str = "", error: HausgeistError | None = None
) -> Response:
    """The ways in, with what went wrong."""
    offers, logins = _offers(visit), visit.house.logins
    left = visit.query_params.get("left", "")
    directories = logins.directories()
    few = await logins.local_for_admins_only()
    frame = await shell(visit, "Log in")
    context = LoginPage(
        shell=frame,
        organisation=frame.organisation,
        next=wanted,
        name=name,
        error=error.say(translator(frame.language)) if error is not None else None,
        empty=await visit.house.identity.setup.pending(),
        offers=tuple(
            (title, f"/sso/{source}/login?{urlencode({'next': wanted})}")
            for source, title in offers
        ),
        tucked=few and bool(offers) and not directories and not name,
        way_out=next(
            ((title, f"/sso/{source}/logout") for source, title in offers if source == left), None
        ),
    )
    response = page(visit, "login.html", context, status=error.status if error is not None else 200)
    if error is not None and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _offers(visit: Visit) -> list[tuple[str, str]]:
    return [(offer.id, offer.title) for offer in visit.house.entrance.offers()]


ROUTES = [
    Route(
        method="GET",
        path="/login",
        endpoint=show,
        who=Who.ANYONE,
        dialect="page",
        summary="Login form",
    ),
    Route(
        method="POST",
        path="/login",
        endpoint=login,
        who=Who.ANYONE,
        dialect="page",
        summary="Log in",
        max_body=FORM_MOST,
    ),
    Route(
        method="POST",
        path="/logout",
        endpoint=logout,
        who=Who.ANYONE,
        dialect="page",
        summary="Log out",
        max_body=FORM_MOST,
    ),
    Route(
        method="POST",
        path="/preferences",
        endpoint=preferences,
        who=Who.ANYONE,
        dialect="page",
        summary="Choose language or appearance",
        max_body=FORM_MOST,
    ),
]
