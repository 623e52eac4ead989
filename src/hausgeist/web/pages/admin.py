# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the administration share: their tabs, and the way in."""

from starlette.responses import Response

from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.rendering import go
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.visit import Visit

PAGES = (
    ("users", N_("People"), "/admin/users"),
    ("groups", N_("Groups"), "/admin/groups"),
    ("logins", N_("Logins"), "/admin/logins"),
    ("models", N_("Models"), "/admin/models"),
    ("providers", N_("Providers"), "/admin/providers"),
    ("sharing", N_("Sharing"), "/admin/sharing"),
    ("retention", N_("Retention"), "/admin/retention"),
    ("holds", N_("Legal holds"), "/admin/holds"),
    ("keys", N_("Service keys"), "/admin/keys"),
    ("announcements", N_("Announcements"), "/admin/announcements"),
    ("appearance", N_("Appearance"), "/admin/appearance"),
    ("audit", N_("Changes"), "/admin/audit"),
)
"""In the order of the navigation: who, what, rules, looks. Each page adds its line."""


def tabs(language: str) -> Tabs:
    """The administration's pages in the reader's language."""
    turn = translator(language)
    return tuple((key, turn(words), path) for key, words, path in PAGES)


def admin_get(path: str, endpoint: Endpoint, summary: str) -> Route:
    """A page for administrators."""
    return Route(
        method="GET", path=path, endpoint=endpoint, who=Who.ADMIN, dialect="page", summary=summary
    )


def admin_post(path: str, endpoint: Endpoint, summary: str, max_body: int) -> Route:
    """A form for administrators."""
    return Route(
        method="POST",
        path=path,
        endpoint=endpoint,
        who=Who.ADMIN,
        dialect="page",
        summary=summary,
        max_body=max_body,
    )


async def first(_visit: Visit) -> Response:
    """``GET /admin``."""
    return go(PAGES[0][2])


ROUTES = [admin_get("/admin", first, "The administration's first page")]
