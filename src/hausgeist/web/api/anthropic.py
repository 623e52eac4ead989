# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's API: endpoints and their routes. Query and headers of versions and betas are tolerated."""

from starlette.responses import Response

from hausgeist.gateway.dialects import anthropic_answer, anthropic_request
from hausgeist.gateway.routing import characters
from hausgeist.gateway.run import estimate
from hausgeist.web.answered import answered_by
from hausgeist.web.reply import ByteStream, JSONBytes, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.streams import encoded, opened
from hausgeist.web.visit import Visit


async def messages(visit: Visit) -> Response:
    """``POST /v1/messages``."""
    call = anthropic_request.decode(
        await visit.body(),
        call_id=f"msg_{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    request_id = f"req_{visit.id}"
    if not call.stream:
        events = await while_connected(visit.receive, visit.house.gateway.whole(visit.agreed(call)))
        body = anthropic_answer.whole(events, call.id, call.model)
        headers = {"request-id": request_id, **(answered_by(events) or {})}
        return JSONBytes(body, headers=headers)
    bursts = visit.house.gateway.answer(visit.agreed(call))
    first = await opened(visit.receive, bursts)
    encoder = anthropic_answer.StreamEncoder(
        call.id, call.model, request_id, estimate(call, characters(call))
    )
    return ByteStream(
        encoded(encoder, first, bursts),
        encoder.media_type,
        {"request-id": request_id, **(answered_by(first) or {})},
    )


async def count_tokens(visit: Visit) -> Response:
    """``POST /v1/messages/count_tokens``."""
    call = anthropic_request.decode_count(
        await visit.body(),
        call_id=f"count_{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    found = await while_connected(visit.receive, visit.house.gateway.count(visit.agreed(call)))
    return JSONBytes(anthropic_answer.count_body(found), headers={"request-id": f"req_{visit.id}"})


async def hello(visit: Visit) -> Response:
    """``GET /api/hello``: coding clients ask it whether anybody is there."""
    del visit
    return JSONBytes(b'{"message":"hello"}')


ROUTES = [
    *(
        Route(
            method="POST",
            path=f"{prefix}/messages",
            endpoint=messages,
            who=Who.KEY,
            dialect="anthropic",
            summary="Answer a conversation",
            request=anthropic_request.MessagesRequest,
        )
        for prefix in ("/v1", "")
    ),
    *(
        Route(
            method="POST",
            path=f"{prefix}/messages/count_tokens",
            endpoint=count_tokens,
            who=Who.KEY,
            dialect="anthropic",
            summary="Count the tokens of a conversation",
            request=anthropic_request.CountRequest,
        )
        for prefix in ("/v1", "")
    ),
    Route(
        method="GET",
        path="/api/hello",
        endpoint=hello,
        who=Who.ANYONE,
        dialect="anthropic",
        summary="Say that somebody is there",
    ),
    Route(
        method="HEAD",
        path="/api/hello",
        endpoint=hello,
        who=Who.ANYONE,
        dialect="anthropic",
        summary="Say that somebody is there",
    ),
]
