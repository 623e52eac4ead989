# SPDX-License-Identifier: EUPL-1.2
"""``/admin/keys``: keys of services. The keys of people are theirs alone and are not listed here."""

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, HausgeistError
from hausgeist.locale import translator
from hausgeist.web.contexts.admin import ServiceKeysPage
from hausgeist.web.contexts.keys import NewKey
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.keys import key_form, rows, wish_of
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /admin/keys``."""
    return await _keys_page(visit)


async def create(visit: Visit) -> Response:
    """``POST /admin/keys``: a service's key, shown in this answer and never again."""
    form = await read_form(visit)
    try:
        wish = wish_of(visit, form, for_service=True)
        token, key = await visit.house.identity.keys.create(wish, None, visit.principal.id)
    except BadRequest as error:
        return await _keys_page(visit, error=error, name=form.text("key_name", ""))
    return await _keys_page(visit, new_key=NewKey(token, key.name))


async def revoke(visit: Visit) -> Response:
    """``POST /admin/keys/{key_id}/revoke``."""
    await visit.house.identity.keys.revoke(visit.path_params["key_id"], None, visit.principal.id)
    return go("/admin/keys?done=revoked")


async def _keys_page(
    visit: Visit,
    *,
    new_key: NewKey | None = None,
    error: HausgeistError | None = None,
    name: str = "",
) -> Response:
    frame = await shell(visit, N_("Service keys"), "admin")
    turn = translator(frame.language)
    keys = await visit.house.identity.keys.of(None)
    groups = tuple((one.id, one.title) for one in await visit.house.identity.groups.all())
    revoked = visit.query_params.get("done") == "revoked"
    context = ServiceKeysPage(
        shell=frame,
        tabs=tabs(frame.language),
        keys=rows(keys, visit.house.now_ms(), frame.language, dict(groups)),
        key_form=key_form(
            visit,
            frame.language,
            "/admin/keys",
            for_service=True,
            groups=groups,
            error=error.say(turn) if error is not None else "",
            name=name,
        ),
        new_key=new_key,
        done=turn(N_("The key is revoked; it is over at once.")) if revoked else "",
    )
    status = error.status if error is not None else 200
    return page(visit, "admin_keys.html", context, status=status)


ROUTES = [
    admin_get("/admin/keys", show, "Keys of services"),
    admin_post("/admin/keys", create, "Make a service's key", FORM_MOST),
    admin_post("/admin/keys/{key_id}/revoke", revoke, "Revoke a service's key", FORM_MOST),
]
