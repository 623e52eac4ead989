# SPDX-License-Identifier: EUPL-1.2
"""The route x role matrix: the file says what the application does, and the application does it."""

import re

import pytest
from matrix import FILE, ROLES, allowed, lines

from hausgeist.core.people import Role
from hausgeist.store import jobs
from hausgeist.web.routes import Who

OPEN = {
    "/",
    "/login",
    "/logout",
    "/preferences",
    "/setup",
    "/sso/{source}/backchannel",
    "/sso/{source}/callback",
    "/sso/{source}/login",
    "/sso/{source}/logout",
    "/static/{path:path}",
    "/openapi.json",
    "/docs/api",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/hello",
    "/api/version",
    "/favicon.ico",
    "/brand/logo",
    "/brand/theme.css",
    "/receipts",  # whoever was erased has no account; it answers to what the house has signed
    "/receipts/file",
}
"""Everything that answers without a credential. A path joins this list by a decision."""


def test_the_file_is_what_the_table_says(server):
    """`python tests/security/matrix.py --write` renews the file; the change is then reviewed."""
    assert FILE.read_text("utf-8").splitlines() == lines(server.edge.table.routes)


def test_what_is_open_to_anyone_was_decided(server):
    """No route is public by accident."""
    found = {route.path for route in server.edge.table.routes if route.who is Who.ANYONE}
    assert found <= OPEN


def test_every_verb_of_a_page_is_guarded_alike(server):
    """What only administrators see only they change; auditors see some of it, and are the second person."""
    routes = server.edge.table.routes
    hidden = {route.path for route in routes if route.who is Who.ADMIN and route.method == "GET"}
    for route in routes:
        if route.path.startswith("/admin"):
            assert route.who in {Who.ADMIN, Who.OVERSEER}, route.path
            assert route.path not in hidden or route.who is Who.ADMIN, route.path
        if route.path.startswith("/account"):
            assert route.who is Who.SESSION, route.path


@pytest.mark.parametrize("role", ROLES)
def test_the_application_keeps_to_the_matrix(serve, role):
    """Every route, asked as this role: refused where the matrix says so, and nowhere else."""
    server = serve()
    anna, bernd = server.person("anna", Role.ADMIN), server.person("bernd")
    clara = server.person("clara", Role.AUDITOR)
    keys = {
        "service-key": server.key,
        "member-key": lambda: server.key(bernd.id),
        "admin-key": lambda: server.key(anna.id, administers=True),
        "job": lambda: _job(server, bernd.id),
    }
    token = keys[role]() if role in keys else None
    for route in server.edge.table.routes:
        visitor = server.visitor(Origin=f"http://127.0.0.1:{server.port}")
        if token is not None:
            visitor = server.visitor(Authorization=f"Bearer {token}")
            visitor.headers["Origin"] = f"http://127.0.0.1:{server.port}"
        elif role != "nobody":
            who = {"admin": anna, "auditor": clara}.get(role, bernd)
            visitor = server.session(who.id)
        path = re.sub(r"{[^}]*}", "none-such", route.path)
        answer = visitor.probe(route.method, path, "" if route.method == "POST" else None)
        refused = answer.status in {401, 403} or (answer.location or "").startswith("/login")
        where = f"{route.method} {route.path} as {role}: {answer.status}"
        if role not in allowed(route):
            assert refused, where
        elif route.who is not Who.ANYONE:
            assert not refused, where
        assert answer.status < 500, where


def _job(server, user_id):
    """The token of a job of somebody that runs."""
    house = server.house
    job = server.call(lambda: house.bench.jobs.submit("suggest", by=user_id))
    house.store.write_now(lambda c: jobs.take(c, job.id, "w", house.now_ms()))
    return house.callers.token(job.id)
