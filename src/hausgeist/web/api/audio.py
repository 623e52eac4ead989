# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's audio API: recordings to words, words to sound. Passed through to the models that can."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from starlette.responses import Response

from hausgeist.gateway.dialects import openai_audio
from hausgeist.web.multipart import read_parts
from hausgeist.web.reply import ByteStream, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

RECORDING_MOST = 26 * 1024 * 1024
"""Bytes of a request with a recording: OpenAI's 25 MB, and the form around it."""


async def transcriptions(visit: Visit) -> Response:
    """``POST /v1/audio/transcriptions``."""
    parts = await read_parts(visit)
    name, data = parts.file("file")
    call, recording = openai_audio.decode_recording(
        parts.texts,
        name,
        data,
        call_id=f"audio-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    found = await while_connected(
        visit.receive, visit.house.gateway.transcribe(visit.agreed(call), recording)
    )
    return Response(found.body, media_type=found.media)


async def speech(visit: Visit) -> Response:
    """``POST /v1/audio/speech``."""
    call, wanted = openai_audio.decode_speech(
        await visit.body(),
        call_id=f"audio-{visit.id}",
        principal=visit.principal,
        declared=visit.declared_class(),
    )
    sound = visit.house.gateway.speak(visit.agreed(call), wanted)
    return await sounding(visit, sound, openai_audio.MEDIA[wanted.format])


async def sounding(visit: Visit, sound: AsyncIterator[bytes], media: str) -> Response:
    """Sound as it comes; errors before its first bytes have a status."""
    first = await while_connected(visit.receive, anext(sound, b""))
    return ByteStream(_whole(first, sound), media)


async def _whole(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(rest) as chunks:  # type: ignore[type-var]  # the gateway's is a generator
        yield first
        async for chunk in chunks:
            yield chunk


_VERSIONED = [
    Route(
        method="POST",
        path="/v1/audio/transcriptions",
        endpoint=transcriptions,
        who=Who.KEY,
        dialect="openai",
        summary="Write down a recording (multipart/form-data)",
        max_body=RECORDING_MOST,
    ),
    Route(
        method="POST",
        path="/v1/audio/speech",
        endpoint=speech,
        who=Who.KEY,
        dialect="openai",
        summary="Read a text aloud",
        request=openai_audio.SpeechRequest,
    ),
]

ROUTES = [
    *_VERSIONED,
    *(replace(route, path=route.path.removeprefix("/v1")) for route in _VERSIONED),
]
