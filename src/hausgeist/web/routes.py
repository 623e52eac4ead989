# SPDX-License-Identifier: EUPL-1.2
"""The one declared table of routes: path, method, who may, request and response type.

Authorisation, the route x role matrix, the OpenAPI document and the docs page derive from it. A route that
is not in the table does not exist.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Any, Literal

from starlette.responses import Response
from starlette.routing import compile_path

from hausgeist.web.forms import FORM_MOST
from hausgeist.web.visit import Visit

WARM_UP_AFTER = 0.5
"""Seconds after the start at which the pages are loaded."""

Endpoint = Callable[[Visit], Awaitable[Response]]
Dialect = Literal["openai", "anthropic", "ollama", "json", "page"]


class Who(StrEnum):
    """Who may use a route. The credential's kind matters: pages take sessions, APIs take keys."""

    ANYONE = "anyone"
    KEY = "key"
    """An API key of a person or a service, or a session of the same origin."""
    ADMIN_KEY = "admin key"
    """A key or session of an administrator."""
    SESSION = "session"
    """A person in the browser."""
    OVERSEER = "overseer"
    """An administrator or an auditor in the browser."""
    ADMIN = "admin"
    """An administrator in the browser."""
    JOB = "job"
    """A job that runs, in its starter's name; nobody else, and it opens nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path. ``path`` may have ``{name}`` and ``{name:path}`` parts.

    ``dialect`` decides the shape of errors. ``request`` and ``response`` are wire types, for the OpenAPI
    document. ``max_body`` in bytes overrides the setting.
    """

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    endpoint: Endpoint
    who: Who
    dialect: Dialect
    summary: str
    request: Any = None
    response: Any = None
    max_body: int | None = None


def page_get(path: str, endpoint: Endpoint, summary: str, who: Who = Who.SESSION) -> Route:
    """A page, of a person in the browser where nothing else is said."""
    return Route(
        method="GET", path=path, endpoint=endpoint, who=who, dialect="page", summary=summary
    )


def page_post(
    path: str,
    endpoint: Endpoint,
    summary: str,
    max_body: int = FORM_MOST,
    who: Who = Who.SESSION,
) -> Route:
    """A page's form; ``max_body`` in bytes."""
    return Route(
        method="POST",
        path=path,
        endpoint=endpoint,
        who=who,
        dialect="page",
        summary=summary,
        max_body=max_body,
    )


class RouteTable:
    """Finds a route by method and path: plain paths by one look-up, others in declared order.

    ``rest`` gives the routes that are loaded later: with the first path that ``first`` does not have. It
    is handed what gives all routes.
    """

    def __init__(
        self,
        first: Iterable[Route],
        rest: Callable[[Callable[[], Sequence[Route]]], Iterable[Route]] = lambda _every: (),
    ) -> None:
        self._known: list[Route] = []
        self._plain: dict[str, dict[str, Route]] = {}
        self._patterned: list[tuple[Any, Any, Route]] = []
        self._rest = rest
        self._complete = False
        self._loading = Lock()
        self._add(first)

    @property
    def routes(self) -> tuple[Route, ...]:
        """All routes."""
        self._load()
        return tuple(self._known)

    async def warm_up(self) -> None:
        """Load the rest a moment later, in a thread, so that the first person does not wait for it."""
        loop = asyncio.get_running_loop()
        loop.call_later(WARM_UP_AFTER, loop.run_in_executor, None, self._load)

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, Any], set[str]]:
        """The route and its path parameters; without a route, the methods the path does take."""
        found = self._find(method, path)
        if found[0] is None and not self._complete:
            self._load()
            found = self._find(method, path)
        return found

    def _load(self) -> None:
        with self._loading:
            if not self._complete:
                self._add(self._rest(lambda: self.routes))
                self._complete = True

    def _add(self, routes: Iterable[Route]) -> None:
        for route in routes:
            self._known.append(route)
            if "{" in route.path:
                pattern, _, convertors = compile_path(route.path)
                self._patterned.append((pattern, convertors, route))
            else:
                self._plain.setdefault(route.path, {})[route.method] = route

    def _find(self, method: str, path: str) -> tuple[Route | None, dict[str, Any], set[str]]:
        plain = self._plain.get(path)
        if plain is not None:
            route = plain.get(method)
            return route, {}, set() if route else set(plain)
        methods: set[str] = set()
        if "\x00" in path:  # no id has one, and PostgreSQL takes none
            return None, {}, methods
        for pattern, convertors, route in self._patterned:
            match = pattern.match(path)
            if match is None:
                continue
            if route.method == method:
                found = {
                    name: convertors[name].convert(value)
                    for name, value in match.groupdict().items()
                }
                return route, found, set()
            methods.add(route.method)
        return None, {}, methods


def may(route: Route, principal: Any) -> bool:
    """The one authorisation function: whether a caller may use a route at all.

    What a caller may see of a resource is decided by ownership in the store's queries.
    """
    if route.who is Who.ANYONE:
        return True
    if principal is None:
        return False
    if route.who is Who.JOB or principal.job_id is not None:
        return route.who is Who.JOB and principal.job_id is not None
    in_browser = principal.session_id is not None
    if route.who is Who.KEY:
        return True
    if route.who is Who.ADMIN_KEY:
        return bool(principal.is_admin)
    if route.who is Who.SESSION:
        return in_browser
    if route.who is Who.OVERSEER:
        return in_browser and bool(principal.oversees)
    return in_browser and bool(principal.is_admin)
