# SPDX-License-Identifier: EUPL-1.2
"""``/admin/logins``: by which other sources people may log in, and who may use a password of the house."""

from starlette.responses import Response

from hausgeist.errors import N_, HausgeistError, InvalidField
from hausgeist.identity.logins import Logins, LoginSource
from hausgeist.identity.sources import kind_of
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_logins import LoginsPage, SourceRow
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

DONE = {
    "enabled": N_("The login source is on; people may log in by it."),
    "disabled": N_("The login source is off. Sessions that came from it go on until they end."),
    "deleted": N_("The login source is forgotten, with its secret and its links. Accounts stay."),
    "local": N_("Saved."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/logins``."""
    return await _logins_page(visit)


async def enable(visit: Visit) -> Response:
    """``POST /admin/logins/{source}/enable``."""
    return await _switch(visit, enabled=True)


async def disable(visit: Visit) -> Response:
    """``POST /admin/logins/{source}/disable``."""
    return await _switch(visit, enabled=False)


async def forget(visit: Visit) -> Response:
    """``POST /admin/logins/{source}/delete``."""
    await verbs(visit).delete(named(visit), by=visit.principal.id)
    return go("/admin/logins?done=deleted")


async def set_local(visit: Visit) -> Response:
    """``POST /admin/logins/local``: who may log in with a password of the house."""
    form = await read_form(visit)
    who = form.text("local", "")
    if who not in {"everyone", "admins"}:
        error = InvalidField(
            field="local", reason=N_("use one of those on the page"), param="local"
        )
        return await _logins_page(visit, error)
    await verbs(visit).set_local(admins_only=who == "admins", by=visit.principal.id)
    return go("/admin/logins?done=local")


def verbs(visit: Visit) -> Logins:
    """The verbs of login sources."""
    return visit.house.logins


def named(visit: Visit) -> str:
    """The source that the address names."""
    return str(visit.path_params["source"])


async def _switch(visit: Visit, *, enabled: bool) -> Response:
    try:
        await verbs(visit).set_enabled(named(visit), enabled=enabled, by=visit.principal.id)
    except InvalidField as error:
        return await _logins_page(visit, error)
    return go(f"/admin/logins?done={'enabled' if enabled else 'disabled'}")


async def _logins_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    frame = await shell(visit, N_("Logins"), "admin")
    turn = translator(frame.language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = LoginsPage(
        shell=frame,
        tabs=tabs(frame.language),
        sources=tuple(_row(one) for one in await verbs(visit).list()),
        admins_only=await verbs(visit).local_for_admins_only(),
        public_url=bool(visit.house.settings.public_url),
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_logins.html", context, status=status)


def _row(one: LoginSource) -> SourceRow:
    return SourceRow(
        id=one.id,
        title=one.settings.title,
        kind=kind_of(one.settings),
        place=one.settings.origin,
        enabled=one.enabled,
        has_secret=one.has_secret,
        links=one.links,
    )


_AT = "/admin/logins/{source}"

ROUTES = [
    admin_get("/admin/logins", show, "Login sources"),
    admin_post("/admin/logins/local", set_local, "Who may use a password of the house", FORM_MOST),
    admin_post(f"{_AT}/enable", enable, "Offer a login source", FORM_MOST),
    admin_post(f"{_AT}/disable", disable, "Stop offering a login source", FORM_MOST),
    admin_post(f"{_AT}/delete", forget, "Forget a login source", FORM_MOST),
]
