# SPDX-License-Identifier: EUPL-1.2
"""Voice in the chat: dictation into the composer, answers read aloud. Only where a model can.

Nothing spoken is stored: a recording is written down and gone; the words are the person's to send or not.
"""

import re
from dataclasses import replace
from typing import Any

import msgspec
from starlette.responses import Response

from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.models import Capability
from hausgeist.core.voice import Recording, Speech
from hausgeist.errors import N_, InvalidField, Unsupported, Upstream
from hausgeist.gateway.dialects.openai_audio import MEDIA, TEXT_MOST, call_of
from hausgeist.web.api.audio import RECORDING_MOST, sounding
from hausgeist.web.pages.chat_live import in_words
from hausgeist.web.pages.voice_models import voice_model
from hausgeist.web.reply import JSONBytes, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

VOICE = "alloy"
"""The voice asked for; servers that have others take their own first one for it."""

_KINDS = {"audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "mp4", "audio/wav": "wav"}
_MARKS = re.compile(r"```.*?```|[*_#`>|]+|\[([^\[\]]{0,300})\]\([^()]{0,2000}\)", re.DOTALL)
"""Bounded, so that a model that opens brackets without end costs no more than its letters."""
SPOKEN_MOST = 4 * TEXT_MOST
"""Characters of an answer that are looked at: what is read out, and the code and links between."""


class _Heard(msgspec.Struct):
    text: str = ""


async def dictate(visit: Visit) -> Response:
    """``POST /voice/dictation?class=…``: a recording as the body, its words as JSON."""
    kind = _KINDS.get(visit.headers.get("content-type", "").partition(";")[0].strip().lower())
    data_class = _class(visit)
    card = voice_model(visit, Capability.TRANSCRIPTION, max(data_class, DataClass.PERSONAL))
    data = await visit.body()
    if kind is None or not data:
        raise InvalidField(field="body", reason=N_("a recording is expected"), param=None)
    if card is None:
        raise Unsupported(what="Dictation", param="model")
    call = call_of(card.id, f"voice-{visit.id}", visit.principal, data_class)
    recording = Recording(data=data, kind=kind, language=visit.principal.locale)
    found = await while_connected(
        visit.receive,
        visit.house.gateway.transcribe(replace(call, purpose=Purpose.CHAT), recording),
    )
    try:
        words = msgspec.json.decode(found.body, type=_Heard).text
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Upstream(provider=card.provider, reason="it sent no transcript") from error
    return JSONBytes(msgspec.json.encode({"text": words.strip()}))


async def read_aloud(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/messages/{message_id}/sound``: an answer of one's own, as sound."""
    chat, talk_id = visit.house.chat, visit.path_params["conversation_id"]
    said = await chat.said(visit.principal, talk_id, visit.path_params["message_id"])
    talk = (await chat.open(visit.principal, talk_id, 1)).conversation
    data_class = DataClass.parse(talk.data_class)
    card = voice_model(visit, Capability.SPEECH, data_class)
    if card is None:
        raise Unsupported(what="Reading aloud", param="model")
    call = call_of(card.id, f"voice-{visit.id}", visit.principal, data_class)
    text = spoken(said.text)[:TEXT_MOST]
    sound = visit.house.gateway.speak(
        replace(call, purpose=Purpose.CHAT), Speech(text=text or "…", voice=VOICE)
    )
    return await sounding(visit, sound, MEDIA["mp3"])


def spoken(markdown: str) -> str:
    """An answer without its marks and its code: what can be read out."""
    words = _MARKS.sub(lambda found: found[1] or "", markdown[:SPOKEN_MOST])
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def _class(visit: Visit) -> DataClass:
    try:
        return DataClass.parse(visit.query_params.get("class", ""))
    except KeyError:
        return visit.house.gateway.border.default_class


def _post(path: str, endpoint: Any, summary: str, most: int) -> Route:
    return Route(
        method="POST",
        path=path,
        endpoint=in_words(endpoint),
        who=Who.SESSION,
        dialect="json",
        summary=summary,
        max_body=most,
    )


ROUTES = [
    _post("/voice/dictation", dictate, "A recording to words, for the composer", RECORDING_MOST),
    _post(
        "/c/{conversation_id}/messages/{message_id}/sound", read_aloud, "Read an answer aloud", 1024
    ),
]
