# SPDX-License-Identifier: EUPL-1.2
"""Ollama's API: answers and vectors. What it says about models is in ``ollama_models``."""

import time
from collections.abc import Callable

from starlette.responses import PlainTextResponse, Response

from hausgeist.core.calls import Call
from hausgeist.gateway.dialects import ollama_answer, ollama_request
from hausgeist.gateway.dialects.ollama_request import Keep
from hausgeist.gateway.providers import Embeddings
from hausgeist.web.accepts import wants_html
from hausgeist.web.answered import answered_by
from hausgeist.web.reply import ByteStream, JSONBytes, while_connected
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.streams import encoded, opened
from hausgeist.web.visit import Visit

VERSION = "0.16.0"
"""The version of Ollama whose API this follows; editors refuse what is older than 0.6.4."""


async def running(visit: Visit) -> Response:
    """``GET /`` for programs: what Ollama's clients look for."""
    del visit
    return PlainTextResponse("Ollama is running")


def running_or(page: Endpoint) -> Endpoint:
    """An endpoint for ``GET /``: the page for browsers, Ollama's word for programs."""

    async def root(visit: Visit) -> Response:
        return await (page(visit) if wants_html(visit) else running(visit))

    return root


async def version(visit: Visit) -> Response:
    """``GET /api/version``."""
    del visit
    return JSONBytes(b'{"version":"%s"}' % VERSION.encode())


async def chat(visit: Visit) -> Response:
    """``POST /api/chat``."""
    asked = ollama_request.decode_chat(
        await visit.body(),
        call_id=f"ollama-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    return await _answer(visit, asked, chat=True)


async def generate(visit: Visit) -> Response:
    """``POST /api/generate``."""
    asked = ollama_request.decode_generate(
        await visit.body(),
        call_id=f"ollama-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    return await _answer(visit, asked, chat=False)


async def embed(visit: Visit) -> Response:
    """``POST /api/embed``."""
    started = time.perf_counter_ns()
    call, texts, dimensions = ollama_request.decode_embed(
        await visit.body(),
        call_id=f"ollama-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    found = await _vectors(visit, call, texts)
    duration = time.perf_counter_ns() - started
    return JSONBytes(ollama_answer.embed_body(call.model, found, duration, dimensions))


async def embeddings(visit: Visit) -> Response:
    """``POST /api/embeddings``."""
    call, texts = ollama_request.decode_embeddings(
        await visit.body(),
        call_id=f"ollama-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    return JSONBytes(ollama_answer.embeddings_body(await _vectors(visit, call, texts)))


async def _answer(visit: Visit, asked: Call | Keep, *, chat: bool) -> Response:
    lines = ollama_answer.Lines(
        asked.model,
        chat=chat,
        now_ms=visit.house.now_ms,
        clock_ns=time.perf_counter_ns,
        call_id=visit.id,
    )
    if isinstance(asked, Keep):
        await _keep(visit, asked.model, asked.seconds)
        kind = lines.media_type if asked.stream else None
        return JSONBytes(lines.kept(unload=asked.unload), media_type=kind)
    if not asked.stream:
        events = await while_connected(
            visit.receive, visit.house.gateway.whole(visit.agreed(asked))
        )
        return JSONBytes(lines.whole(events), headers=answered_by(events))
    bursts = visit.house.gateway.answer(visit.agreed(asked))
    first = await opened(visit.receive, bursts)
    return ByteStream(encoded(lines, first, bursts), lines.media_type, answered_by(first))


async def _vectors(visit: Visit, call: Call, texts: list[str]) -> Embeddings:
    if not texts:
        await _keep(visit, call.model, call.keep_alive)
        return ollama_answer.NOTHING
    return await while_connected(
        visit.receive, visit.house.gateway.embed(visit.agreed(call), texts)
    )


async def _keep(visit: Visit, model: str, seconds: float | None) -> None:
    """Load or unload a model that the caller may use."""
    card = visit.house.gateway.directory.candidates(model, visit.principal)[0]
    await while_connected(visit.receive, visit.house.keep(card, seconds))


def _post(path: str, endpoint: Endpoint, summary: str, request: type) -> Route:
    return Route(
        method="POST",
        path=path,
        endpoint=endpoint,
        who=Who.KEY,
        dialect="ollama",
        summary=summary,
        request=request,
    )


def _open(path: str, endpoint: Endpoint, summary: str) -> Callable[[str], Route]:
    return lambda method: Route(
        method=method,  # type: ignore[arg-type]  # two literals, below
        path=path,
        endpoint=endpoint,
        who=Who.ANYONE,
        dialect="ollama",
        summary=summary,
    )


ROUTES = [
    _open("/", running, "Say that Ollama's API is here")("HEAD"),
    *map(_open("/api/version", version, "The version of the API"), ("GET", "HEAD")),
    _post("/api/chat", chat, "Answer a conversation", ollama_request.ChatRequest),
    _post("/api/generate", generate, "Go on from a prompt", ollama_request.GenerateRequest),
    _post("/api/embed", embed, "Turn texts into vectors", ollama_request.EmbedRequest),
    _post(
        "/api/embeddings", embeddings, "Turn a text into a vector", ollama_request.EmbeddingsRequest
    ),
]
