# SPDX-License-Identifier: EUPL-1.2
"""The route table in, its description out: ``/openapi.json`` for programs, ``/docs/api`` for people.

Nothing is written by hand: what a route takes and gives comes from its wire types, who may use it from
the table. Pages are listed for people only.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from hausgeist import __version__
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.contexts.api import ApiGroup, ApiPage, ApiRoute
from hausgeist.web.rendering import page, shell
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import Dialect, Route, Who
from hausgeist.web.visit import CONSENT_HEADER, DATA_CLASS_HEADER, Visit

GROUPS: dict[Dialect, str] = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "ollama": "Ollama",
    "json": N_("Operation"),
    "page": N_("Pages"),
}
WHO = {
    Who.ANYONE: N_("anyone"),
    Who.KEY: N_("an API key, or a session"),
    Who.ADMIN_KEY: N_("an administrator's key, or an administrator's session"),
    Who.JOB: N_("a job that runs, by its own token"),
    Who.SESSION: N_("anyone who is logged in"),
    Who.OVERSEER: N_("administrators and auditors, in the browser"),
    Who.ADMIN: N_("administrators, in the browser"),
}
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_REF = "#/components/schemas/{name}"


def describing(every: Callable[[], Sequence[Route]]) -> list[Route]:
    """The routes that describe all routes, themselves included."""
    written: list[bytes] = []

    async def document_json(_visit: Visit) -> Response:
        """``GET /openapi.json``."""
        if not written:
            written.append(msgspec.json.encode(document(every())))
        return JSONBytes(written[0], headers={"Cache-Control": "no-cache"})

    async def document_page(visit: Visit) -> Response:
        """``GET /docs/api``."""
        frame = await shell(visit, N_("Programming interfaces"))
        groups = _groups(every(), frame.language)
        return page(visit, "api.html", ApiPage(shell=frame, groups=groups))

    return [
        Route(
            method="GET",
            path="/openapi.json",
            endpoint=document_json,
            who=Who.ANYONE,
            dialect="json",
            summary="This description, as OpenAPI 3.1",
        ),
        Route(
            method="GET",
            path="/docs/api",
            endpoint=document_page,
            who=Who.ANYONE,
            dialect="page",
            summary="This description, as a page",
        ),
    ]


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all routes that are no pages."""
    apis = [route for route in routes if route.dialect != "page"]
    kinds = list(dict.fromkeys(kind for route in apis for kind in (route.request, route.response)))
    kinds = [kind for kind in kinds if kind is not None]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    schema_of = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in apis:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hausgeist",
            "version": __version__,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "session": {"type": "apiKey", "in": "cookie", "name": "hausgeist_session"},
            },
        },
    }


def _operation(route: Route, schema_of: dict[Any, Any]) -> dict[str, Any]:
    name = re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_")
    good: dict[str, Any] = {"description": "Done"}
    if route.response is not None:
        good["content"] = {"application/json": {"schema": schema_of[route.response]}}
    found: dict[str, Any] = {
        "operationId": name,
        "summary": route.summary,
        "tags": [GROUPS[route.dialect]],
        "parameters": _parameters(route),
        "responses": {
            "200": good,
            "4XX": {"description": "What is wrong with the request, in the API's own shape"},
            "5XX": {"description": "What is wrong here, in the API's own shape"},
        },
    }
    if route.who is not Who.ANYONE:
        found["security"] = [{"bearer": []}, {"x-api-key": []}, {"session": []}]
    if route.request is not None:
        content = {"application/json": {"schema": schema_of[route.request]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(route.path)
    ]
    if route.request is not None and route.who is Who.KEY:
        words = ["public", "internal", "personal", "special"]
        found.append(
            {
                "name": DATA_CLASS_HEADER,
                "in": "header",
                "required": False,
                "description": "How delicate the content is; without it the house's default counts.",
                "schema": {"type": "string", "enum": words},
            }
        )
        found.append(
            {
                "name": CONSENT_HEADER,
                "in": "header",
                "required": False,
                "description": "After error border_asks: yes, this call may go where the error says.",
                "schema": {"type": "string", "enum": ["yes"]},
            }
        )
    return found


def _groups(routes: Sequence[Route], language: str) -> tuple[ApiGroup, ...]:
    turn = translator(language)
    return tuple(
        ApiGroup(
            title=turn(title),
            routes=tuple(
                ApiRoute(
                    method=route.method,
                    path=_PARAMETER.sub(r"{\1}", route.path),
                    summary=route.summary,
                    who=turn(WHO[route.who]),
                )
                for route in routes
                if route.dialect == dialect and route.method != "HEAD"
            ),
        )
        for dialect, title in GROUPS.items()
    )
