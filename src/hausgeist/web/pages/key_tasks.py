# SPDX-License-Identifier: EUPL-1.2
"""``/account/keys/{key_id}/tasks`` and ``/admin/keys/{key_id}/tasks``: may tasks be made of a key's calls.

A person says so for their own key, an administrator for a service's. Off until somebody says yes.
"""

from functools import partial

from starlette.responses import Response

from hausgeist.errors import N_, NotFound
from hausgeist.locale import translator
from hausgeist.store import traffic
from hausgeist.web.amounts import number
from hausgeist.web.contexts.traffic import KeyTasksPage
from hausgeist.web.forms import read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

DONE = {
    "yes": N_("From now on, tasks may be made of this key's calls."),
    "no": N_("No more calls are laid aside."),
    "forgotten": N_("No more calls are laid aside, and what was collected is deleted."),
}


async def own(visit: Visit) -> Response:
    """``GET /account/keys/{key_id}/tasks``."""
    return await _page(visit, visit.principal.id)


async def say_own(visit: Visit) -> Response:
    """``POST /account/keys/{key_id}/tasks`` with ``yes``, ``forget``."""
    return await _say(visit, visit.principal.id)


async def service(visit: Visit) -> Response:
    """``GET /admin/keys/{key_id}/tasks``."""
    return await _page(visit, None)


async def say_service(visit: Visit) -> Response:
    """``POST /admin/keys/{key_id}/tasks`` with ``yes``, ``forget``."""
    return await _say(visit, None)


def _address(visit: Visit, owner: str | None) -> str:
    under = "/account/keys" if owner else "/admin/keys"
    return f"{under}/{visit.path_params['key_id']}/tasks"


async def _say(visit: Visit, owner: str | None) -> Response:
    form = await read_form(visit)
    yes, forget = form.ticked("yes"), form.ticked("forget")
    await visit.house.identity.keys.agree(
        str(visit.path_params["key_id"]), owner, visit.principal.id, yes=yes, forget=forget
    )
    done = "yes" if yes else "forgotten" if forget else "no"
    return go(f"{_address(visit, owner)}?done={done}")


async def _page(visit: Visit, owner: str | None) -> Response:
    house, key_id = visit.house, str(visit.path_params["key_id"])
    key = next((one for one in await house.identity.keys.of(owner) if one.id == key_id), None)
    if key is None:
        raise NotFound
    frame = await shell(visit, N_("Tasks from a key's calls"), "account" if owner else "admin")
    rows = await house.store.read(partial(traffic.of_key, key_id=key_id))
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = KeyTasksPage(
        shell=frame,
        action=_address(visit, owner),
        back="/account" if owner else "/admin/keys",
        name=key.name,
        service=owner is None,
        active=key.state(house.now_ms()) == "active",
        since=day_text(key.collected_since, frame.language),
        prompts=len(rows),
        samples=number(sum(one.samples for one in rows), frame.language),
        days=house.settings.traffic_days,
        done=translator(frame.language)(done) if done else "",
    )
    return page(visit, "key_tasks.html", context)


ROUTES = [
    page_get("/account/keys/{key_id}/tasks", own, "May tasks be made of a key's calls"),
    page_post("/account/keys/{key_id}/tasks", say_own, "Say whether tasks may be made of them"),
    admin_get("/admin/keys/{key_id}/tasks", service, "May tasks be made of a service's calls"),
    admin_post("/admin/keys/{key_id}/tasks", say_service, "Say whether tasks may be made of them"),
]
