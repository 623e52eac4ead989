# SPDX-License-Identifier: EUPL-1.2
"""Ollama's API about models: listing and showing for every key, fetching and deleting for administrators."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Literal

from starlette.responses import Response

from hausgeist.errors import HausgeistError, Unsupported
from hausgeist.gateway.dialects import ollama_models
from hausgeist.gateway.dialects.ollama_answer import NDJSON, error_body
from hausgeist.gateway.dialects.ollama_models import NameRequest, PullStep
from hausgeist.web.reply import ByteStream, JSONBytes, while_connected
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.visit import Visit


async def tags(visit: Visit) -> Response:
    """``GET /api/tags``: the models the caller may use."""
    cards = visit.house.gateway.directory.visible(visit.principal)
    return JSONBytes(ollama_models.tags_body(cards))


async def show(visit: Visit) -> Response:
    """``POST /api/show``."""
    name, _ = ollama_models.named(await visit.body())
    card = visit.house.gateway.directory.candidates(name, visit.principal)[0]
    return JSONBytes(ollama_models.show_body(card))


async def ps(visit: Visit) -> Response:
    """``GET /api/ps``: what is loaded, of the models the caller may use."""
    loaded = visit.house.loaded()
    cards = visit.house.gateway.directory.visible(visit.principal)
    return JSONBytes(ollama_models.loaded_body(loaded, cards))


async def pull(visit: Visit) -> Response:
    """``POST /api/pull``."""
    name, asked = ollama_models.named(await visit.body())
    # before it begins: what is done to files cannot share a transaction with its event
    source = name.partition("?")[0]
    await visit.house.trail.record("model.pull", actor=visit.principal.id, source=source)
    steps = visit.house.pull(name)
    if asked.stream is False:
        last = await while_connected(visit.receive, _last(steps))
        return JSONBytes(ollama_models.pull_line(last))
    first = await while_connected(visit.receive, anext(steps))
    return ByteStream(_lines(first, steps), NDJSON)


async def delete(visit: Visit) -> Response:
    """``DELETE /api/delete``."""
    name, _ = ollama_models.named(await visit.body())
    house, by = visit.house, visit.principal.id
    if house.gateway.directory.knows(name):  # as in ``pull``
        await house.trail.record("model.removing", actor=by, subject=name)
    await house.delete(name)
    await house.trail.record("model.deleted", actor=by, subject=name)
    return Response()


async def refused(visit: Visit) -> Response:
    """Making, copying and publishing models: not by this API."""
    raise Unsupported(what=f"{visit.method} {visit.url.path}")


async def _lines(first: PullStep, steps: AsyncIterator[PullStep]) -> AsyncIterator[bytes]:
    async with aclosing(steps) as rest:  # type: ignore[type-var]  # a generator
        yield ollama_models.pull_line(first)
        try:
            async for step in rest:
                yield ollama_models.pull_line(step)
        except HausgeistError as error:
            yield error_body(error) + b"\n"


async def _last(steps: AsyncIterator[PullStep]) -> PullStep:
    last = PullStep(status="success")
    async with aclosing(steps) as rest:  # type: ignore[type-var]  # a generator
        async for step in rest:
            last = step
    return last


Method = Literal["GET", "HEAD", "POST", "DELETE"]


def _route(
    method: Method,
    path: str,
    endpoint: Endpoint,
    summary: str,
    *,
    who: Who = Who.ADMIN_KEY,
    request: type | None = None,
) -> Route:
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        who=who,
        dialect="ollama",
        summary=summary,
        request=request,
    )


ROUTES = [
    _route("GET", "/api/tags", tags, "List the models", who=Who.KEY),
    _route("POST", "/api/show", show, "Show a model", who=Who.KEY, request=NameRequest),
    _route("GET", "/api/ps", ps, "List the loaded models", who=Who.KEY),
    _route("POST", "/api/pull", pull, "Fetch a model", request=NameRequest),
    _route("DELETE", "/api/delete", delete, "Delete a model", request=NameRequest),
    _route("POST", "/api/create", refused, "Make a model (not supported)"),
    _route("POST", "/api/copy", refused, "Copy a model (not supported)"),
    _route("POST", "/api/push", refused, "Publish a model (not supported)"),
    _route("HEAD", "/api/blobs/{digest}", refused, "Look for a blob (not supported)"),
    _route("POST", "/api/blobs/{digest}", refused, "Store a blob (not supported)"),
]
