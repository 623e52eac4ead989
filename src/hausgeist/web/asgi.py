# SPDX-License-Identifier: EUPL-1.2
"""The ASGI application: limits, who asks, may they, the endpoint, and errors in the caller's dialect.

Pure ASGI. The steps stand in ``Edge.visit`` in the order they happen.
"""

import itertools
import logging
import secrets
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hausgeist.core.people import Principal
from hausgeist.errors import (
    HausgeistError,
    HeadersTooLarge,
    Internal,
    MethodNotAllowed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PasswordDue,
    Unavailable,
)
from hausgeist.store.db import DatabaseError, passing
from hausgeist.web.cors import Cors
from hausgeist.web.faults import fault
from hausgeist.web.headers import BEGUN
from hausgeist.web.hosts import Hosts
from hausgeist.web.house import House
from hausgeist.web.origin import check_origin
from hausgeist.web.routes import Dialect, Route, RouteTable, Who, may
from hausgeist.web.visit import Visit

log = logging.getLogger("hausgeist.web")

SESSION_COOKIE = "hausgeist_session"

BUDGET_HEADER = "X-Hausgeist-Budget-Remaining"
"""What is left of a service key's own budget this month, to the service."""

AWAY_SECONDS = 5
"""When to come again while the database does not answer."""

WHILE_DUE = {
    "/account/password",
    "/login",
    "/logout",
    "/preferences",
    "/static/{path:path}",
    "/brand/logo",
    "/brand/theme.css",
    "/favicon.ico",
    "/healthz",
    "/readyz",
}
"""All that a session may do before a password that somebody else made is changed."""


class Edge:
    """The application. ``secure`` wraps ``send`` to add the security headers."""

    def __init__(
        self, house: House, table: RouteTable, secure: Callable[[Scope, Send], Send]
    ) -> None:
        self.house = house
        self.table = table
        self.secure = secure
        self.cors = Cors(house.settings.cors_origins)
        self.hosts = Hosts(house.settings)
        # random per process, then counted: unique, and no system call per visit
        self._series = secrets.token_hex(8)
        self._visits = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            scope["hausgeist.visit"] = f"{self._series}{next(self._visits):08x}"
            await self._http(scope, receive, self.cors.wrap(scope, self.secure(scope, send)))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        preflight = self.cors.preflight(scope)
        if preflight is not None:
            await preflight(scope, receive, send)
            return
        route, params, methods = self.table.find(scope["method"], scope["path"])
        try:
            response = await self._visit(scope, receive, route, params, methods)
            await response(scope, receive, send)
        except ClientDisconnect:
            return
        except HausgeistError as error:
            response = fault(error, _dialect(route, scope), scope, self.house)
        except DatabaseError as error:
            log.exception("the database refused %s %s", scope["method"], route and route.path)
            away = Unavailable(retry_after=AWAY_SECONDS) if passing(error) else Internal()
            response = fault(away, _dialect(route, scope), scope, self.house)
        except Exception:  # the edge: the one place that may not let anything through
            log.exception(
                "unexpected error on %s %s", scope["method"], route.path if route else "?"
            )
            response = fault(Internal(), _dialect(route, scope), scope, self.house)
        else:
            return
        if BEGUN not in scope:
            await response(scope, receive, send)

    async def _visit(
        self,
        scope: Scope,
        receive: Receive,
        route: Route | None,
        params: dict[str, object],
        methods: set[str],
    ) -> Response:
        if len(scope["headers"]) > self.house.settings.max_headers:
            raise HeadersTooLarge
        self.hosts.check(scope)
        if route is None:
            raise MethodNotAllowed if methods else NotFound
        scope["path_params"] = params
        if route.dialect == "page" and scope["method"] not in {"GET", "HEAD"}:
            check_origin(scope, self.house.settings)  # logins and set-up have no session yet
        principal = await self._principal(scope, route)
        scope["hausgeist.principal"] = principal
        if not may(route, principal):
            raise NotAuthenticated if principal is None else NotAllowed
        if principal is not None and principal.must_change and route.path not in WHILE_DUE:
            raise PasswordDue
        visit = Visit(scope, receive, house=self.house, route=route, principal=principal)
        response = await route.endpoint(visit)
        if principal is not None and principal.service_key is not None:
            left = self.house.gateway.book.left(principal.service_key)
            if left:  # of the service's own key: it tells of no person
                response.headers[BUDGET_HEADER] = left
        return response

    async def _principal(self, scope: Scope, route: Route) -> Principal | None:
        """Who asks: by key where one is given, else by session. Sessions must come from our origin."""
        identity = self.house.identity
        token = cookie = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                token = value.decode("latin-1").partition(" ")[2].strip()
            elif name == b"x-api-key" and token is None:
                token = value.decode("latin-1").strip()
            elif name == b"cookie":
                cookie = _session_cookie(value.decode("latin-1"))
        if route.who is Who.JOB:
            return None if token is None else await self.house.callers.caller(token)
        if token is not None and route.dialect != "page":
            found = await identity.by_key(token)
            if found is None and route.who is not Who.ANYONE:
                raise NotAuthenticated
            return found
        if cookie is None:
            return None
        found = await identity.by_session(cookie)
        if found is not None and scope["method"] not in {"GET", "HEAD"}:
            check_origin(scope, self.house.settings)
        return found

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                for step in self.house.on_start:
                    await step()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for step in reversed(self.house.on_stop):
                    await step()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _session_cookie(header: str) -> str | None:
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == SESSION_COOKIE:
            return value
    return None


def _dialect(route: Route | None, scope: Scope) -> Dialect:
    """The dialect of an error: the route's, or the one its path looks like."""
    if route is not None:
        return route.dialect
    path = scope["path"]
    if path.startswith("/v1/messages"):
        return "anthropic"
    if path.startswith("/v1/"):
        return "openai"
    return "ollama" if path.startswith("/api/") else "page"
