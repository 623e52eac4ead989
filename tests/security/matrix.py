# SPDX-License-Identifier: EUPL-1.2
"""Route by role: who may use what, as lines of text. ``python tests/security/matrix.py --write`` renews it.

A change of ``matrix.txt`` is a change of what people may do, and is reviewed as one.
"""

import sys
import tempfile
from pathlib import Path

from hausgeist import app
from hausgeist.core.people import Principal, Role
from hausgeist.settings import Settings
from hausgeist.web.routes import Route, may

FILE = Path(__file__).with_name("matrix.txt")

ROLES: dict[str, Principal | None] = {
    "nobody": None,
    "service-key": Principal(id="key:k", name="k", role=Role.MEMBER, key_id="k", service_key="k"),
    "member-key": Principal(id="u", name="u", role=Role.MEMBER, key_id="k"),
    "admin-key": Principal(id="a", name="a", role=Role.ADMIN, key_id="k"),
    "job": Principal(id="u", name="u", role=Role.MEMBER, job_id="j"),
    "member": Principal(id="u", name="u", role=Role.MEMBER, session_id="s"),
    "auditor": Principal(id="o", name="o", role=Role.AUDITOR, session_id="s"),
    "admin": Principal(id="a", name="a", role=Role.ADMIN, session_id="s"),
}


def allowed(route: Route) -> list[str]:
    """The roles that may use a route. Keys do not count on pages: the edge does not look at them."""
    keys_count = route.dialect != "page"
    return [
        name
        for name, principal in ROLES.items()
        if may(
            route,
            principal if keys_count or principal is None or principal.session_id else None,
        )
    ]


def lines(routes: tuple[Route, ...]) -> list[str]:
    """One line per route: method, path, roles."""
    rows = sorted((route.path, route.method, " ".join(allowed(route))) for route in routes)
    return [f"{method:<6} {path:<44} {roles}" for path, method, roles in rows]


def table() -> tuple[Route, ...]:
    """The routes of the application."""
    with tempfile.TemporaryDirectory() as home:
        house = app.build(Settings(home=Path(home), starter_model=False))
        routes = app.application(house).table.routes
        house.store.close()
    return routes


if __name__ == "__main__":
    text = "\n".join(lines(table())) + "\n"
    if "--write" in sys.argv:
        FILE.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
