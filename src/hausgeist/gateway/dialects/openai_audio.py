# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's audio requests: a form's fields to a recording, JSON to a speech."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, get_args

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.people import Principal
from hausgeist.core.voice import Recording, Speech, SpeechFormat, TranscriptFormat
from hausgeist.errors import N_, InvalidField, Unsupported
from hausgeist.gateway.dialects import openai_numbers as numbers
from hausgeist.gateway.dialects.reading import read_json

KINDS = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})
"""Containers of recordings, by the ending of their names, as OpenAI knows them."""
TEXT_MOST = 4096
"""Characters of a text to be read out in one request, as at OpenAI."""

MEDIA: Mapping[SpeechFormat, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "application/octet-stream",
}


class SpeechRequest(msgspec.Struct):
    """The body of ``POST /v1/audio/speech``."""

    model: numbers.ModelName
    input: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MOST)]
    voice: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    response_format: SpeechFormat = "mp3"
    speed: Annotated[float, msgspec.Meta(ge=0.25, le=4)] | None = None
    instructions: Annotated[str, msgspec.Meta(max_length=TEXT_MOST)] | None = None
    stream_format: Literal["audio", "sse"] = "audio"


def decode_speech(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, Speech]:
    """Read a request for speech.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's name as ``param``.
    """
    asked = read_json(body, SpeechRequest)
    if asked.stream_format != "audio":
        raise Unsupported(what="Speech as events", param="stream_format")
    speech = Speech(
        text=asked.input,
        voice=asked.voice,
        format=asked.response_format,
        speed=asked.speed,
        instructions=asked.instructions,
    )
    return call_of(asked.model, call_id, principal, declared), speech


def decode_recording(
    texts: Mapping[str, Sequence[str]],
    name: str,
    data: bytes,
    *,
    call_id: str,
    principal: Principal,
    declared: DataClass | None = None,
) -> tuple[Call, Recording]:
    """Read the fields of a request for a transcript; ``name`` is what the recording calls itself.

    Raises:
        InvalidField, Unsupported: with the field's name as ``param``.
    """

    def text(field: str, most: int = 200) -> str | None:
        given = texts.get(field)
        if not given:
            return None
        if len(given[0]) > most:
            raise _bad(field, N_("it is too long"))
        return given[0]

    model = text("model", 512)
    if not model:
        raise _bad("model", N_("this field is missing"))
    if (text("stream") or "false").lower() not in {"false", "0"}:
        raise Unsupported(what="Transcribing as events", param="stream")
    if texts.get("include[]") or texts.get("chunking_strategy") not in (None, ["auto"]):
        raise Unsupported(what="include and chunking_strategy", param="include")
    recording = Recording(
        data=data,
        kind=kind_of(name),
        language=text("language", 20),
        prompt=text("prompt", 10_000),
        temperature=_temperature(text("temperature")),
        format=_format(text("response_format") or "json"),
        timestamps=tuple(texts.get("timestamp_granularities[]", ())[:2]),
    )
    if not data:
        raise _bad("file", N_("the recording is empty"))
    if not set(recording.timestamps) <= {"word", "segment"}:
        raise _bad("timestamp_granularities", N_("use word or segment"))
    return call_of(model, call_id, principal, declared), recording


def call_of(model: str, call_id: str, principal: Principal, declared: DataClass | None) -> Call:
    """A call that is no conversation."""
    return Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=model,
        declared=declared,
        stream=False,
    )


def kind_of(name: str) -> str:
    """The container that a file's name ends in.

    Raises:
        InvalidField: nobody here knows it.
    """
    ending = name.rpartition(".")[2].lower()
    if ending not in KINDS:
        raise _bad("file", N_("its name must end in flac, mp3, mp4, m4a, ogg, wav or webm"))
    return ending


def _temperature(word: str | None) -> float | None:
    if word is None:
        return None
    try:
        value = float(word)
    except ValueError:
        raise _bad("temperature", N_("it must be a number from 0 to 1")) from None
    if not 0 <= value <= 1:
        raise _bad("temperature", N_("it must be a number from 0 to 1"))
    return value


def _format(word: str) -> TranscriptFormat:
    known: tuple[TranscriptFormat, ...] = get_args(TranscriptFormat)
    for one in known:
        if one == word:
            return one
    raise _bad("response_format", N_("use json, text, srt, vtt or verbose_json"))


def _bad(field: str, reason: str) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field)
