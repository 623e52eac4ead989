# SPDX-License-Identifier: EUPL-1.2
"""Upstreams that speak Anthropic's messages.

A call goes in, bursts come out: one event per delta, all events of one socket read in one burst. Always
streams upstream, so that there is one reader. Where a shape was demanded, the input of the tool that stands
for it becomes the answer's text.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, FinishReason, ToolCalled
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.errors import N_, Unsupported, Upstream
from hausgeist.gateway.providers import Embeddings
from hausgeist.gateway.providers.anthropic_request import REDACTED, answer_tool, request_body
from hausgeist.gateway.providers.refusal import fault, refusal
from hausgeist.gateway.upstream import sse_payloads
from hausgeist.net import Outbound

VERSION = "2023-06-01"


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Start(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    id: str = ""
    name: str = ""
    text: str = ""
    thinking: str = ""
    data: str = ""


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Error(msgspec.Struct, gc=False):
    type: str = ""
    message: str = ""


class _Event(msgspec.Struct, gc=False):
    type: str
    index: int = 0
    message: _Start | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: _Error | None = None


class _Model(msgspec.Struct):
    id: str
    display_name: str = ""


class _ModelList(msgspec.Struct):
    data: list[_Model]


class _Count(msgspec.Struct):
    input_tokens: int


_decode_event = msgspec.json.Decoder(_Event).decode
_encode = msgspec.json.Encoder().encode
_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}
_ABLE = frozenset(
    {Capability.COMPLETION, Capability.TOOLS, Capability.VISION, Capability.JSON_SCHEMA}
)


class AnthropicProvider:
    """One endpoint. ``base_url`` is its root, without ``/v1``."""

    def __init__(
        self,
        name: str,
        base_url: str,
        outbound: Outbound,
        *,
        key: str = "",
        idle_timeout: float = 300.0,
        connect_timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._base = base_url.rstrip("/").removesuffix("/v1")
        self._outbound = outbound
        self._idle = idle_timeout
        self._connect = connect_timeout
        self._headers = {
            "Content-Type": "application/json",
            "anthropic-version": VERSION,
            **(headers or {}),
        }
        if key:
            self._headers["x-api-key"] = key

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``."""
        body = request_body(call, card) | {"stream": True}
        async with self._outbound.stream(
            "POST",
            self._base + "/v1/messages",
            headers=self._headers,
            body=_encode(body),
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model=card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            if call.prompt is not None and call.prompt.echo:
                yield [Delta(call.prompt.text)]
            reading = _Reading(self.name, card, answer_tool(call))
            async for payloads in sse_payloads(response.chunks(), self.name):
                burst: Burst = []
                try:
                    for payload in payloads:
                        reading.take(self._event(payload), burst)
                finally:  # also before an error: what stood in front of it has been said
                    if burst:
                        yield burst
            yield [reading.finished()]

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Anthropic has no embeddings.

        Raises:
            Unsupported: always.
        """
        del texts
        raise Unsupported(what=f"Embedding with {card.id}", param="model")

    async def describe(self) -> list[ModelCard]:
        """The endpoint's models, in the narrowest terms: red zone, no price."""
        found = await self._ask("GET", "/v1/models?limit=1000", _ModelList)
        return [
            ModelCard(
                id=model.id,
                provider=self.name,
                upstream=model.id,
                zone=Zone.WORLD,
                title=model.display_name,
                capabilities=_ABLE,
            )
            for model in found.data
        ]

    async def count_tokens(self, call: Call, card: ModelCard) -> int:
        """Count a call's input with the endpoint's tokenizer; see ``Counts``."""
        body = request_body(call, card)
        taken = {"model", "messages", "system", "tools", "tool_choice", "thinking"}
        kept = {key: value for key, value in body.items() if key in taken}
        found = await self._ask("POST", "/v1/messages/count_tokens", _Count, kept, card)
        count: int = found.input_tokens
        return count

    async def _ask(
        self, method: str, path: str, kind: Any, body: object = None, card: ModelCard | None = None
    ) -> Any:
        async with self._outbound.stream(
            method,
            self._base + path,
            headers=self._headers,
            body=None if body is None else _encode(body),
            idle_timeout=min(self._idle, 30.0),
            connect_timeout=self._connect,
            model="" if card is None else card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            data = await response.read(16 * 1024 * 1024)
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = N_("it sent something that is no answer")
            raise Upstream(provider=self.name, reason=reason) from error

    def _event(self, data: bytes) -> _Event:
        try:
            return _decode_event(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = N_("it sent something that is no answer")
            raise Upstream(provider=self.name, reason=reason) from error


class _Reading:
    """Turns the dialect's events into ours. ``answer``: the tool whose input is the answer's text."""

    __slots__ = (
        "_answer",
        "_answered",
        "_block",
        "_calls",
        "_card",
        "_empty",
        "_provider",
        "_reason",
        "_sequence",
        "_usage",
    )

    def __init__(self, provider: str, card: ModelCard, answer: str) -> None:
        self._provider = provider
        self._card = card
        self._answer = answer
        self._answered = False
        self._block: dict[int, int | None] = {}
        """Blocks that are tool calls: our index, or None for the answer's tool."""
        self._empty: set[int] = set()
        """Tool calls without arguments so far."""
        self._calls = 0
        self._usage = _Usage()
        self._reason: str | None = None
        self._sequence: str | None = None

    def take(self, event: _Event, burst: Burst) -> None:
        """Add an event's meaning to a burst; pings and unknown events mean nothing.

        Raises:
            HausgeistError: the event is an error.
        """
        if event.type == "content_block_delta" and event.delta is not None:
            self._more(event.index, event.delta, burst)
        elif event.type == "content_block_start" and event.content_block is not None:
            self._begin(event.index, event.content_block, burst)
        elif event.type == "content_block_stop" and event.index in self._empty:
            burst.append(ToolCalled(self._block[event.index] or 0, "", "", "{}"))
        elif event.type == "message_start" and event.message is not None:
            self._count(event.message.usage)
        elif event.type == "message_delta":
            self._count(event.usage)
            if event.delta is not None and event.delta.stop_reason:
                self._reason = event.delta.stop_reason
                self._sequence = event.delta.stop_sequence
        elif event.type == "error":
            error = event.error or _Error()
            status = _STATUS.get(error.type, 500)
            raise fault(error.message[:300] or error.type, self._provider, self._card, status)

    def finished(self) -> Finished:
        """The last event.

        Raises:
            Upstream: the stream ended without a reason: it was cut off.
        """
        if self._reason is None:
            raise Upstream(provider=self._provider, reason=N_("the answer was cut off"))
        reason = _REASONS.get(self._reason, "stop")
        if reason == "tool_calls" and self._answered and not self._calls:
            reason = "stop"
        read, cached = self._usage.input_tokens or 0, self._usage.cache_read_input_tokens or 0
        usage = Usage(  # the dialect counts what was cached apart; we count it in
            input_tokens=read + cached + (self._usage.cache_creation_input_tokens or 0),
            output_tokens=self._usage.output_tokens or 0,
            cached_tokens=cached,
        )
        return Finished(reason, usage, self._sequence)

    def _begin(self, index: int, block: _Block, burst: Burst) -> None:
        if block.type == "tool_use" and block.name == self._answer:
            self._block[index] = None
            self._answered = True
        elif block.type == "tool_use":
            self._block[index] = self._calls
            self._empty.add(index)
            burst.append(ToolCalled(self._calls, block.id, block.name))
            self._calls += 1
        elif block.type == "redacted_thinking":
            burst.append(Delta(signature=REDACTED + block.data))
        elif block.text or block.thinking:
            burst.append(Delta(block.text, block.thinking))

    def _more(self, index: int, delta: _Delta, burst: Burst) -> None:
        if delta.type == "text_delta":
            if delta.text and not self._answer:  # words around the shape are not part of it
                burst.append(Delta(delta.text))
        elif delta.type == "thinking_delta":
            if delta.thinking:
                burst.append(Delta("", delta.thinking))
        elif delta.type == "signature_delta":
            burst.append(Delta(signature=delta.signature))
        elif delta.type == "input_json_delta" and delta.partial_json:
            ours = self._block.get(index)
            self._empty.discard(index)
            if ours is None:
                burst.append(Delta(delta.partial_json))
            else:
                burst.append(ToolCalled(ours, "", "", delta.partial_json))

    def _count(self, usage: _Usage | None) -> None:
        """Take the newest numbers; a later event may leave some out."""
        for name in _Usage.__struct_fields__:
            value = getattr(usage, name, None)
            if value is not None:
                setattr(self._usage, name, value)
