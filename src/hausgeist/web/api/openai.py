# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's API: endpoints and their routes, each path with and without ``/v1``.

Before the first byte an error has a status; after it, it is a frame and the stream ends there.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.responses import Response

from hausgeist.core.events import Burst
from hausgeist.errors import NotStored
from hausgeist.gateway.dialects import (
    openai_chat,
    openai_chat_request,
    openai_completions,
    openai_embeddings,
    openai_models,
    openai_responses,
    openai_responses_request,
    openai_responses_stream,
)
from hausgeist.web.answered import answered_by
from hausgeist.web.reply import ByteStream, JSONBytes, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.streams import Encoder, encoded, opened
from hausgeist.web.visit import Visit

EVENTS = "text/event-stream"

PING = b": waiting\n\n"
"""A comment in a stream of events: keeps proxies from giving up on a model that thinks."""


async def chat_completions(visit: Visit) -> Response:
    """``POST /v1/chat/completions``."""
    call, include_usage = openai_chat_request.decode(
        await visit.body(),
        call_id=f"chatcmpl-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    created = _seconds(visit)
    if not call.stream:
        events = await while_connected(visit.receive, visit.house.gateway.whole(visit.agreed(call)))
        body = openai_chat.whole(events, call.id, call.model, created)
        return JSONBytes(body, headers=answered_by(events))
    bursts = visit.house.gateway.answer(visit.agreed(call))
    encoder = openai_chat.StreamEncoder(call.id, call.model, created, include_usage=include_usage)
    return await _stream(visit, encoder, bursts)


async def completions(visit: Visit) -> Response:
    """``POST /v1/completions``."""
    call, wishes = openai_completions.decode(
        await visit.body(),
        call_id=f"cmpl-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    created = _seconds(visit)
    if not call.stream:
        events = await while_connected(visit.receive, visit.house.gateway.whole(visit.agreed(call)))
        return JSONBytes(openai_completions.whole(events, call.id, call.model, created, wishes))
    bursts = visit.house.gateway.answer(visit.agreed(call))
    encoder = openai_completions.StreamEncoder(call.id, call.model, created, wishes)
    return await _stream(visit, encoder, bursts)


async def responses(visit: Visit) -> Response:
    """``POST /v1/responses``."""
    call, wishes = openai_responses_request.decode(
        await visit.body(),
        call_id=f"resp_{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    frame = openai_responses.Frame(call.id, call.model, _seconds(visit), wishes)
    if not call.stream:
        events = await while_connected(visit.receive, visit.house.gateway.whole(visit.agreed(call)))
        body = openai_responses.whole(events, frame, _seconds(visit))
        return JSONBytes(body, headers=answered_by(events))
    bursts = visit.house.gateway.answer(visit.agreed(call))
    encoder = openai_responses_stream.StreamEncoder(frame, lambda: _seconds(visit))
    return await _stream(visit, encoder, bursts)


async def input_tokens(visit: Visit) -> Response:
    """``POST /v1/responses/input_tokens``."""
    call, _ = openai_responses_request.decode(
        await visit.body(),
        call_id=f"count_{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    found = await while_connected(visit.receive, visit.house.gateway.count(visit.agreed(call)))
    return JSONBytes(openai_responses.count_body(found))


async def no_response(visit: Visit) -> Response:
    """``GET`` and ``DELETE /v1/responses/{id}``: there never is one."""
    del visit
    raise NotStored


async def embeddings(visit: Visit) -> Response:
    """``POST /v1/embeddings``."""
    call, wishes = openai_embeddings.decode(
        await visit.body(),
        call_id=f"embd-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    embed = visit.house.gateway.embed(visit.agreed(call), wishes.texts)
    found = await while_connected(visit.receive, embed)
    return JSONBytes(openai_embeddings.whole(found, call.model, wishes))


async def models(visit: Visit) -> Response:
    """``GET /v1/models``: those the caller may use."""
    gateway, principal = visit.house.gateway, visit.principal
    cards = gateway.directory.visible(principal)
    return JSONBytes(openai_models.models(cards, principal, gateway.border.policy))


async def model(visit: Visit) -> Response:
    """``GET /v1/models/{id}``."""
    gateway, principal = visit.house.gateway, visit.principal
    cards = gateway.directory.candidates(visit.path_params["id"], principal)
    return JSONBytes(openai_models.model(cards[0], principal, gateway.border.policy))


def _seconds(visit: Visit) -> int:
    return visit.house.now_ms() // 1000


async def _stream(visit: Visit, encoder: Encoder, bursts: AsyncIterator[Burst]) -> Response:
    first = await opened(visit.receive, bursts)
    return ByteStream(encoded(encoder, first, bursts), EVENTS, answered_by(first), ping=PING)


_VERSIONED = [
    Route(
        method="POST",
        path="/v1/chat/completions",
        endpoint=chat_completions,
        who=Who.KEY,
        dialect="openai",
        summary="Answer a conversation",
        request=openai_chat_request.ChatRequest,
    ),
    Route(
        method="POST",
        path="/v1/completions",
        endpoint=completions,
        who=Who.KEY,
        dialect="openai",
        summary="Continue a prompt, or fill in its middle",
        request=openai_completions.CompletionRequest,
    ),
    Route(
        method="POST",
        path="/v1/responses",
        endpoint=responses,
        who=Who.KEY,
        dialect="openai",
        summary="Answer a list of items; nothing is stored",
        request=openai_responses_request.ResponsesRequest,
    ),
    Route(
        method="POST",
        path="/v1/responses/input_tokens",
        endpoint=input_tokens,
        who=Who.KEY,
        dialect="openai",
        summary="Count the tokens of a list of items",
        request=openai_responses_request.ResponsesRequest,
        response=openai_responses.InputTokens,
    ),
    Route(
        method="GET",
        path="/v1/responses/{id:path}",
        endpoint=no_response,
        who=Who.KEY,
        dialect="openai",
        summary="Always 404: responses are not stored",
    ),
    Route(
        method="DELETE",
        path="/v1/responses/{id:path}",
        endpoint=no_response,
        who=Who.KEY,
        dialect="openai",
        summary="Always 404: responses are not stored",
    ),
    Route(
        method="POST",
        path="/v1/embeddings",
        endpoint=embeddings,
        who=Who.KEY,
        dialect="openai",
        summary="Turn texts into vectors",
        request=openai_embeddings.EmbeddingRequest,
    ),
    Route(
        method="GET",
        path="/v1/models",
        endpoint=models,
        who=Who.KEY,
        dialect="openai",
        summary="List the models the caller may use",
        response=openai_models.ModelList,
    ),
    Route(
        method="GET",
        path="/v1/models/{id:path}",
        endpoint=model,
        who=Who.KEY,
        dialect="openai",
        summary="Describe one model",
        response=openai_models.ModelOut,
    ),
]

ROUTES = [
    *_VERSIONED,
    *(replace(route, path=route.path.removeprefix("/v1")) for route in _VERSIONED),
]
