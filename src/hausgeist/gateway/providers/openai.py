# SPDX-License-Identifier: EUPL-1.2
"""Upstreams that speak OpenAI's chat completions: nearly all of them, and our own engines.

A call goes in, bursts come out: one ``Delta`` per upstream chunk, all chunks of one socket read in one
burst. How servers differ is data (``Quirks``). Does not retry; ``net`` replaces a stale connection.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import ModelCard
from hausgeist.core.voice import Recording, Speech
from hausgeist.errors import N_, Upstream
from hausgeist.gateway.providers import Embeddings, Transcript
from hausgeist.gateway.providers.openai_answer import (
    Chunk,
    Ending,
    decode_chunk,
    decode_embeddings,
    decode_models,
    usage_of,
    vectors_of,
)
from hausgeist.gateway.providers.openai_request import fitted
from hausgeist.gateway.providers.openai_voice import (
    TRANSCRIPT_MOST,
    form_of,
    speech_body,
    transcript_of,
)
from hausgeist.gateway.providers.quirks import Quirks
from hausgeist.gateway.providers.refusal import error_words, fault, refusal
from hausgeist.gateway.upstream import sse_payloads
from hausgeist.net import Outbound

_encode = msgspec.json.Encoder().encode
_NO_QUIRKS = Quirks()


class OpenAIProvider:
    """One OpenAI-compatible endpoint. ``base_url`` includes the version, such as ``/v1``.

    Time-outs are in seconds: ``idle_timeout`` for silence, ``connect_timeout`` (None: the client's own).
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        outbound: Outbound,
        *,
        key: str = "",
        quirks: Quirks = _NO_QUIRKS,
        idle_timeout: float = 300.0,
        connect_timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._base = base_url.rstrip("/")
        self._outbound = outbound
        self._quirks = quirks
        self._idle = idle_timeout
        self._connect = connect_timeout
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``."""
        path = "/completions" if call.prompt is not None else "/chat/completions"
        async with self._outbound.stream(
            "POST",
            self._base + path,
            headers=self._headers,
            body=_encode(fitted(call, card, self._quirks)),
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model=card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            ending = Ending()
            if "event-stream" not in response.headers.get("Content-Type", ""):
                whole: Burst = []
                ending.take(self._chunk(await response.read(), card), whole)
                yield [*whole, ending.finished(self.name)]
                return
            async for payloads in sse_payloads(response.chunks(), self.name):
                burst: Burst = []
                try:
                    for payload in payloads:
                        if payload.startswith(b"[DONE]"):
                            continue
                        ending.take(self._chunk(payload, card), burst)
                finally:  # also before an error: what stood in front of it has been said
                    if burst:
                        yield burst
            yield [ending.finished(self.name)]

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Turn texts into vectors; see ``Provider.embed``."""
        body = {"model": card.upstream, "input": list(texts)}
        if "encoding_format" not in self._quirks.dropped:
            body["encoding_format"] = "float"
        async with self._outbound.stream(
            "POST",
            self._base + "/embeddings",
            headers=self._headers,
            body=_encode(body),
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model=card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            found = self._decoded(decode_embeddings, await response.read())
        vectors = vectors_of(found, len(texts), self.name)
        return Embeddings(vectors, usage_of(found.usage) if found.usage else Usage(estimated=True))

    async def transcribe(self, recording: Recording, card: ModelCard) -> Transcript:
        """Write down a recording; see ``Hears``."""
        media, body = form_of(recording, card)
        async with self._outbound.stream(
            "POST",
            self._base + "/audio/transcriptions",
            headers={**self._headers, "Content-Type": media},
            body=body,
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model=card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            return transcript_of(await response.read(TRANSCRIPT_MOST), recording)

    async def speak(self, speech: Speech, card: ModelCard) -> AsyncIterator[bytes]:
        """Read a text aloud; see ``Speaks``."""
        async with self._outbound.stream(
            "POST",
            self._base + "/audio/speech",
            headers=self._headers,
            body=_encode(speech_body(speech, card)),
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model=card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            async for chunk in response.chunks():
                yield chunk

    async def describe(self) -> list[ModelCard]:
        """The endpoint's model list, as bare cards in the narrowest terms: red zone, no price.

        Whoever configures the provider knows its zone and prices, and sets them.
        """
        async with self._outbound.stream(
            "GET",
            self._base + "/models",
            headers=self._headers,
            idle_timeout=30.0,
            connect_timeout=self._connect,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, None)
            found = self._decoded(decode_models, await response.read(16 * 1024 * 1024))
        return [ModelCard(entry.id, self.name, entry.id, Zone.WORLD) for entry in found.data]

    def _chunk(self, payload: bytes, card: ModelCard) -> Chunk:
        try:
            chunk = decode_chunk(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _no_answer(self.name) from error
        if chunk.error is not None:
            raise fault(error_words(chunk.error), self.name, card, _status_of(chunk.error))
        return chunk

    def _decoded(self, decode: Any, data: bytes) -> Any:
        try:
            return decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _no_answer(self.name) from error


def _no_answer(provider: str) -> Upstream:
    return Upstream(provider=provider, reason=N_("it sent something that is no answer"))


def _status_of(error: Any) -> int:
    """The status inside an error that came after the head of the answer; 500 where it tells none."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
