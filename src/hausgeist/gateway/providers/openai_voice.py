# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's audio endpoints as an upstream: a recording to a form, a speech to JSON; answers pass through.

The form is put together here: names and types in it are ours, never the caller's.
"""

import secrets
from collections.abc import Iterator
from typing import Any

import msgspec

from hausgeist.core.messages import Usage
from hausgeist.core.models import ModelCard
from hausgeist.core.voice import Recording, Speech
from hausgeist.gateway.providers import Transcript

TRANSCRIPT_MOST = 16 * 1024 * 1024
"""Largest transcript in bytes."""
CHARS_PER_TOKEN = 3

_MEDIA = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain; charset=utf-8",
    "srt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
}


def form_of(recording: Recording, card: ModelCard) -> tuple[str, bytes]:
    """The request's media type and body."""
    boundary = secrets.token_hex(16)
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (boundary.encode(), name.encode(), value.encode())
        for name, value in _fields(recording, card)
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        f'filename="recording.{recording.kind}"\r\nContent-Type: audio/{recording.kind}\r\n\r\n'
    )
    body = b"".join([*parts, head.encode(), recording.data, f"\r\n--{boundary}--\r\n".encode()])
    return f"multipart/form-data; boundary={boundary}", body


def speech_body(speech: Speech, card: ModelCard) -> dict[str, Any]:
    """The request's JSON."""
    body = {
        "model": card.upstream,
        "input": speech.text,
        "voice": speech.voice,
        "response_format": speech.format,
        "speed": speech.speed,
        "instructions": speech.instructions,
    }
    return {name: value for name, value in body.items() if value is not None}


def transcript_of(body: bytes, recording: Recording) -> Transcript:
    """An answer with its tokens: as the upstream counted them, else by our own count of the words."""
    told = _usage(body) if "json" in recording.format else None
    estimate = Usage(output_tokens=len(body) // CHARS_PER_TOKEN, estimated=True)
    return Transcript(body, _MEDIA[recording.format], told or estimate)


def _fields(recording: Recording, card: ModelCard) -> Iterator[tuple[str, str]]:
    yield "model", card.upstream
    yield "response_format", recording.format
    if recording.language is not None:
        yield "language", recording.language
    if recording.prompt is not None:
        yield "prompt", recording.prompt
    if recording.temperature is not None:
        yield "temperature", str(recording.temperature)
    for granularity in recording.timestamps:
        yield "timestamp_granularities[]", granularity


class _Counted(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


class _Answer(msgspec.Struct):
    usage: _Counted | None = None


def _usage(body: bytes) -> Usage | None:
    try:
        told = msgspec.json.decode(body, type=_Answer).usage
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if told is None or not told.output_tokens:
        return None
    return Usage(input_tokens=told.input_tokens, output_tokens=told.output_tokens)
