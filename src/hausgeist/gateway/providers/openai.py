# SPDX-License-Identifier: EUPL-1.2
"""Upstreams that speak OpenAI's chat completions: nearly all of them, and our own engines.

A call goes in, bursts come out: one ``Delta`` per upstream chunk, all chunks of one socket read in one
burst. Takes reasoning text under any of the three names in use. Does not retry.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.events import (
    Burst,
    Delta,
    Event,
    Finished,
    FinishReason,
    TokenLogprob,
    ToolCalled,
)
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Image, Message, Reasoning, Text, Usage
from hausgeist.core.models import ModelCard
from hausgeist.errors import ContextOverflow, Upstream, UpstreamRefused
from hausgeist.gateway.providers import Embeddings
from hausgeist.gateway.upstream import sse_payloads
from hausgeist.net import Outbound, Response


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: _Function | None = None


class _Top(msgspec.Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Token(_Top):
    top_logprobs: list[_Top] = []


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    stop_reason: str | int | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _OutputDetails | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class _Embedding(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _EmbeddingList(msgspec.Struct):
    data: list[_Embedding]
    usage: _Usage | None = None


class _Model(msgspec.Struct):
    id: str


class _ModelList(msgspec.Struct):
    data: list[_Model]


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_embeddings = msgspec.json.Decoder(_EmbeddingList).decode
_decode_models = msgspec.json.Decoder(_ModelList).decode
_encode = msgspec.json.Encoder().encode

_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "eos": "stop",
}


class OpenAIProvider:
    """One OpenAI-compatible endpoint.

    ``params`` is the allow-list of body fields beyond ``model`` and ``messages``; None sends all we know
    (some servers answer 422 to a field they do not know). ``base_url`` includes the version, such as ``/v1``.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        outbound: Outbound,
        *,
        key: str = "",
        params: frozenset[str] | None = None,
        idle_timeout: float = 300.0,
        headers: Mapping[str, str] | None = None,
        renamed: Mapping[str, str] | None = None,
        fixed: Mapping[str, object] | None = None,
    ) -> None:
        self.name = name
        self._base = base_url.rstrip("/")
        self._outbound = outbound
        self._params = params
        self._idle = idle_timeout
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._renamed = dict(renamed or {})
        self._fixed = dict(fixed or {})

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``."""
        path = "/completions" if call.prompt is not None else "/chat/completions"
        async with self._outbound.stream(
            "POST",
            self._base + path,
            headers=self._headers,
            body=_encode(self._body(call, card)),
            idle_timeout=self._idle,
        ) as response:
            if response.status >= 400:
                raise await self._refusal(response, card)
            if "event-stream" not in response.headers.get("Content-Type", ""):
                yield self._whole(await response.read())
                return
            ending = _Ending()
            async for payloads in sse_payloads(response.chunks(), self.name):
                burst: Burst = []
                for payload in payloads:
                    if payload.startswith(b"[DONE]"):
                        continue
                    ending.take(self._chunk(payload), burst)
                if burst:
                    yield burst
            yield [ending.finished(self.name)]

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Turn texts into vectors; see ``Provider.embed``."""
        body = _encode({"model": card.upstream, "input": list(texts), "encoding_format": "float"})
        async with self._outbound.stream(
            "POST",
            self._base + "/embeddings",
            headers=self._headers,
            body=body,
            idle_timeout=self._idle,
        ) as response:
            if response.status >= 400:
                raise await self._refusal(response, card)
            found = self._decoded(_decode_embeddings, await response.read())
        vectors = [entry.embedding for entry in sorted(found.data, key=lambda entry: entry.index)]
        if len(vectors) != len(texts):
            raise Upstream(provider=self.name, reason="the number of vectors is wrong")
        return Embeddings(vectors, _usage(found.usage) if found.usage else Usage(estimated=True))

    async def describe(self) -> list[ModelCard]:
        """The endpoint's model list, as bare cards in the narrowest terms: red zone, no price.

        Whoever configures the provider knows its zone and prices, and sets them.
        """
        async with self._outbound.stream(
            "GET", self._base + "/models", headers=self._headers, idle_timeout=30.0
        ) as response:
            if response.status >= 400:
                raise UpstreamRefused(provider=self.name, reason=f"status {response.status}")
            found = self._decoded(_decode_models, await response.read())
        return [ModelCard(entry.id, self.name, entry.id, Zone.WORLD) for entry in found.data]

    def _chunk(self, payload: bytes) -> _Chunk:
        chunk: _Chunk = self._decoded(_decode_chunk, payload)
        if chunk.error is not None:
            raise Upstream(provider=self.name, reason=error_words(chunk.error))
        return chunk

    def _decoded(self, decode: Any, data: bytes) -> Any:
        try:
            return decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Upstream(
                provider=self.name, reason="it sent something that is no answer"
            ) from error

    def _whole(self, data: bytes) -> Burst:
        burst: Burst = []
        ending = _Ending()
        ending.take(self._chunk(data), burst)
        burst.append(ending.finished(self.name))
        return burst

    async def _refusal(self, response: Response, card: ModelCard) -> Upstream | ContextOverflow:
        data = await response.read(1024 * 1024)
        try:
            reason = error_words(msgspec.json.decode(data))
        except (msgspec.DecodeError, UnicodeDecodeError):
            reason = f"status {response.status}"
        if response.status == 400 and ("context" in reason and "exceed" in reason):
            return ContextOverflow(needed="?", model=card.id, context=card.context or "?")
        if response.status >= 500 or response.status in {408, 429}:
            return Upstream(provider=self.name, reason=f"{response.status}: {reason}")
        return UpstreamRefused(provider=self.name, reason=reason, upstream_status=response.status)

    def _body(self, call: Call, card: ModelCard) -> dict[str, object]:
        body = request_body(call)
        body["model"] = card.upstream
        for ours, theirs in self._renamed.items():
            if ours in body:
                body[theirs] = body.pop(ours)
        if self._params is not None:
            always = {"model", "messages", "prompt", "stream"}
            body = {key: body[key] for key in body if key in always or key in self._params}
        return body | self._fixed


class _Ending:
    """Collects what ends an answer: the reason, and the usage that may come in a chunk of its own."""

    __slots__ = ("reason", "sequence", "usage")

    def __init__(self) -> None:
        self.reason: FinishReason | None = None
        self.usage = Usage()
        self.sequence: str | None = None

    def take(self, chunk: _Chunk, burst: Burst) -> None:
        """Add a chunk's events to a burst."""
        if chunk.usage is not None:
            self.usage = _usage(chunk.usage)
        for choice in chunk.choices[:1]:
            delta = choice.delta or choice.message
            if delta is not None:
                burst.extend(_events(delta, choice.logprobs))
            elif choice.text:
                burst.append(Delta(choice.text, "", _logprobs(choice.logprobs)))
            if choice.finish_reason:
                self.reason = _REASONS.get(choice.finish_reason, "stop")
                if isinstance(choice.stop_reason, str):
                    self.sequence = choice.stop_reason

    def finished(self, provider: str) -> Finished:
        """The last event.

        Raises:
            Upstream: the stream ended without a reason: it was cut off.
        """
        if self.reason is None:
            raise Upstream(provider=provider, reason="the answer was cut off")
        return Finished(self.reason, self.usage, self.sequence)


def _events(delta: _Delta, logprobs: _Logprobs | None) -> list[Event]:
    found: list[Event] = []
    reasoning = delta.reasoning_content or delta.reasoning or delta.thinking or ""
    if delta.content or reasoning:
        found.append(Delta(delta.content or "", reasoning, _logprobs(logprobs)))
    if delta.tool_calls:
        for place, call in enumerate(delta.tool_calls):
            function = call.function or _Function()
            found.append(
                ToolCalled(
                    call.index or place,
                    call.id or "",
                    function.name or "",
                    function.arguments or "",
                )
            )
    return found


def _logprobs(found: _Logprobs | None) -> tuple[TokenLogprob, ...]:
    if found is None or not found.content:
        return ()
    return tuple(
        TokenLogprob(
            token.token,
            token.logprob,
            tuple(token.bytes) if token.bytes is not None else None,
            tuple(
                TokenLogprob(
                    top.token, top.logprob, tuple(top.bytes) if top.bytes is not None else None
                )
                for top in token.top_logprobs
            ),
        )
        for token in found.content
    )


def _usage(found: _Usage) -> Usage:
    prompt, output = found.prompt_tokens_details, found.completion_tokens_details
    return Usage(
        input_tokens=found.prompt_tokens or 0,
        output_tokens=found.completion_tokens or 0,
        cached_tokens=(prompt.cached_tokens or 0) if prompt else 0,
        reasoning_tokens=(output.reasoning_tokens or 0) if output else 0,
    )


def error_words(found: Any) -> str:
    """The message in an error body of any of the shapes in use, at most 300 characters."""
    for key in ("error", "message", "detail", "msg"):
        if isinstance(found, dict) and key in found:
            return error_words(found[key])
    if isinstance(found, list) and found:
        return error_words(found[0])
    return str(found)[:300]


def request_body(call: Call) -> dict[str, object]:
    """A call as an OpenAI request, without its model."""
    body: dict[str, object] = {}
    if call.prompt is not None:
        body["prompt"] = call.prompt.text
        if call.prompt.suffix is not None:
            body["suffix"] = call.prompt.suffix
        if call.prompt.echo:
            body["echo"] = True
    else:
        body["messages"] = [_message(message) for message in call.messages]
    if call.stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    _add_sampling(body, call)
    if call.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": msgspec.Raw(tool.parameters.encode()),
                }
                | ({} if tool.strict is None else {"strict": tool.strict}),
            }
            for tool in call.tools
        ]
        if call.tool_name is not None:
            body["tool_choice"] = {"type": "function", "function": {"name": call.tool_name}}
        elif call.tool_choice is not None:
            body["tool_choice"] = call.tool_choice
        if call.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = call.parallel_tool_calls
    if call.format is not None:
        body["response_format"] = _format(call)
    if call.effort is not None:
        body["reasoning_effort"] = call.effort
    body.update(call.extra)
    return body


def _add_sampling(body: dict[str, object], call: Call) -> None:
    chosen = call.sampling
    for key in (
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "repeat_penalty",
    ):
        value = getattr(chosen, key)
        if value is not None:
            body[key] = value
    if chosen.stop:
        body["stop"] = list(chosen.stop)
    if chosen.logit_bias:
        body["logit_bias"] = dict(chosen.logit_bias)
    if chosen.logprobs:
        if call.prompt is not None:
            body["logprobs"] = chosen.top_logprobs or 0
        else:
            body["logprobs"] = True
            if chosen.top_logprobs is not None:
                body["top_logprobs"] = chosen.top_logprobs


def _format(call: Call) -> dict[str, object]:
    assert call.format is not None
    if call.format.schema is None:
        return {"type": "json_object"}
    schema: dict[str, object] = {
        "name": call.format.name,
        "schema": msgspec.Raw(call.format.schema.encode()),
    }
    if call.format.strict is not None:
        schema["strict"] = call.format.strict
    return {"type": "json_schema", "json_schema": schema}


def _message(message: Message) -> dict[str, object]:
    out: dict[str, object] = {"role": message.role}
    parts = message.parts
    if len(parts) == 1 and isinstance(parts[0], Text):
        out["content"] = parts[0].text
    elif message.images:
        out["content"] = [_part(part) for part in parts if isinstance(part, Text | Image)]
    else:
        out["content"] = message.text or ("" if not message.tool_calls else None)
    if message.tool_calls:
        out["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    reasoning = "".join(part.text for part in parts if isinstance(part, Reasoning))
    if reasoning:
        out["reasoning_content"] = reasoning
    if message.tool_call_id is not None:
        out["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        out["name"] = message.name
    return out


def _part(part: Text | Image) -> dict[str, object]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    image: dict[str, object] = {"url": part.url}
    if part.detail is not None:
        image["detail"] = part.detail
    return {"type": "image_url", "image_url": image}
