# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's API: endpoints and their routes."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.responses import Response

from hausgeist.core.events import Burst
from hausgeist.gateway.dialects import openai_chat
from hausgeist.web.reply import ByteStream, JSONBytes, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.streams import gathered, opened
from hausgeist.web.visit import Visit


async def chat_completions(visit: Visit) -> Response:
    """``POST /v1/chat/completions``."""
    call, include_usage = openai_chat.decode(
        await visit.body(),
        call_id=f"chatcmpl-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    created = visit.house.now_ms() // 1000
    bursts = visit.house.gateway.answer(call)
    if not call.stream:
        events = await while_connected(visit.receive, gathered(bursts))
        return JSONBytes(openai_chat.whole(events, call.id, call.model, created))
    first = await opened(visit.receive, bursts)
    encoder = openai_chat.StreamEncoder(call.id, call.model, created, include_usage=include_usage)
    return ByteStream(_frames(encoder, first, bursts), encoder.media_type)


async def _frames(
    encoder: openai_chat.StreamEncoder, first: Burst, bursts: AsyncIterator[Burst]
) -> AsyncIterator[bytes]:
    yield encoder.frames(first)
    async with aclosing(bursts) as rest:  # type: ignore[type-var]  # the gateway's is a generator
        async for burst in rest:
            yield encoder.frames(burst)


ROUTES = [
    Route(
        method="POST",
        path="/v1/chat/completions",
        endpoint=chat_completions,
        who=Who.KEY,
        dialect="openai",
        summary="Answer a conversation",
        request=openai_chat.ChatRequest,
    ),
]
