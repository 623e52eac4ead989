# SPDX-License-Identifier: EUPL-1.2
"""``/setup``: whoever holds the one-time link makes the first account, once."""

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, SetupLinkSpent
from hausgeist.identity import LEAST
from hausgeist.identity.people import EVERYONE
from hausgeist.locale import translator
from hausgeist.web.contexts.setup import SetupPage
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.pages.cookies import with_session
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /setup?token=…``."""
    token = visit.query_params.get("token", "")
    if not await visit.house.identity.setup.valid(token):
        raise SetupLinkSpent
    frame = await shell(visit, "Set up")
    return page(visit, "setup.html", SetupPage(shell=frame, token=token, least=LEAST))


async def create(visit: Visit) -> Response:
    """``POST /setup``: the first account, logged in; the group of all is called so in its language."""
    identity = visit.house.identity
    form = await read_form(visit)
    frame = await shell(visit, "Set up")
    try:
        user_id = await identity.setup.first_admin(
            form.text("token"),
            organisation=form.text("organisation", ""),
            login=form.text("login"),
            name=form.text("name", "") or form.text("login"),
            password=form.exact("password"),
            locale=frame.language,
        )
    except BadRequest as error:
        words = error.say(translator(frame.language))
        return page(visit, "setup.html", _again(form, frame, words), status=error.status)
    title = translator(frame.language)(N_("Everybody"))
    await identity.groups.change(EVERYONE, title=title, cost_centre="", by=user_id)
    return with_session(visit, go("/"), await identity.sessions.open(user_id))


def _again(form: Form, frame: Shell, words: str) -> SetupPage:
    return SetupPage(
        shell=frame,
        token=form.text("token", ""),
        least=LEAST,
        error=words,
        organisation=form.text("organisation", "", most=FORM_MOST)[:200],
        login=form.text("login", "", most=FORM_MOST)[:200],
        name=form.text("name", "", most=FORM_MOST)[:200],
    )


ROUTES = [
    Route(
        method="GET",
        path="/setup",
        endpoint=show,
        who=Who.ANYONE,
        dialect="page",
        summary="First account, by the one-time link",
    ),
    Route(
        method="POST",
        path="/setup",
        endpoint=create,
        who=Who.ANYONE,
        dialect="page",
        summary="Make the first account",
        max_body=FORM_MOST,
    ),
]
