# SPDX-License-Identifier: EUPL-1.2
"""Upstreams that speak Ollama's native dialect, because its ``/v1`` drops ``num_ctx`` and ``think``.

A call goes in, bursts come out: one ``Delta`` per line, all lines of one socket read in one burst. Tool
calls come whole and their arguments become JSON text. Models that Ollama itself fetches from another
machine (``remote_host``) are not listed: their zone would be another one.
"""

import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, FinishReason, TokenLogprob, ToolCalled
from hausgeist.core.labels import Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.errors import N_, ContextOverflow, Upstream
from hausgeist.gateway.providers import Embeddings
from hausgeist.gateway.providers.ollama_request import request_body, window
from hausgeist.gateway.providers.refusal import fault, refusal
from hausgeist.gateway.upstream import lines
from hausgeist.net import Outbound


class _Function(msgspec.Struct, gc=False):
    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class _ToolCall(msgspec.Struct, gc=False):
    function: _Function
    id: str | None = None


class _Message(msgspec.Struct, gc=False):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Top(msgspec.Struct, gc=False):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Token(_Top, gc=False):
    top_logprobs: list[_Top] | None = None


class _Line(msgspec.Struct, gc=False):
    message: _Message | None = None  # of /api/chat
    response: str | None = None  # of /api/generate
    thinking: str | None = None
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    logprobs: list[_Token] | None = None
    error: str | None = None


class _Embedded(msgspec.Struct):
    embeddings: list[list[float]]
    prompt_eval_count: int | None = None


class _Details(msgspec.Struct):
    family: str = ""
    parameter_size: str = ""
    quantization_level: str = ""


class _Tag(msgspec.Struct):
    name: str
    size: int = 0
    digest: str = ""
    details: _Details | None = None
    remote_host: str = ""


class _Tags(msgspec.Struct):
    models: list[_Tag] | None = None


class _Show(msgspec.Struct):
    parameters: str = ""
    model_info: dict[str, Any] | None = None
    capabilities: list[str] | None = None


_decode_line = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode
_NUM_CTX = re.compile(r"^num_ctx\s+(\d+)\s*$", re.MULTILINE)
_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "load": "load",
    "unload": "unload",
}
MODELS = 200
"""At most so many models of a server are described."""


class OllamaProvider:
    """One Ollama server. ``base_url`` is its root, without ``/v1`` or ``/api``."""

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
        self._base = base_url.rstrip("/")
        self._outbound = outbound
        self._idle = idle_timeout
        self._connect = connect_timeout
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``."""
        path = "/api/generate" if call.prompt is not None else "/api/chat"
        async with self._outbound.stream(
            "POST",
            self._base + path,
            headers=self._headers,
            body=_encode(request_body(call, card)),
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model=card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            if call.prompt is not None and call.prompt.echo:
                yield [Delta(call.prompt.text)]
            reading = _Reading(self.name, call, card)
            async for found in lines(response.chunks(), self.name):
                burst: Burst = []
                try:
                    for line in found:
                        reading.take(self._line(line), burst)
                finally:  # also before an error: what stood in front of it has been said
                    if burst:
                        yield burst
            if not reading.done:
                raise Upstream(provider=self.name, reason=N_("the answer was cut off"))

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """Turn texts into vectors; see ``Provider.embed``."""
        body: dict[str, object] = {"model": card.upstream, "input": list(texts), "truncate": False}
        if card.context is not None:
            body["options"] = {"num_ctx": card.context}
        found = await self._ask("POST", "/api/embed", _Embedded, body, card)
        if len(found.embeddings) != len(texts) or len({len(v) for v in found.embeddings}) > 1:
            reason = "the number of vectors or their length is wrong"
            raise Upstream(provider=self.name, reason=reason)
        count = found.prompt_eval_count
        return Embeddings(found.embeddings, Usage(input_tokens=count or 0, estimated=count is None))

    async def describe(self) -> list[ModelCard]:
        """The server's models with their capabilities, in the narrowest terms: red zone, no price.

        ``context`` is the window of the model's own file, where it sets one; what the model was trained
        for is among the details: as a window it might not fit into the machine's memory.
        """
        tags = await self._ask("GET", "/api/tags", _Tags)
        ours = [tag for tag in tags.models or () if not tag.remote_host]
        return [await self._described(tag) for tag in ours[:MODELS]]

    async def _described(self, tag: _Tag) -> ModelCard:
        shown = await self._ask("POST", "/api/show", _Show, {"model": tag.name})
        known = {capability.value: capability for capability in Capability}
        able = {known[word] for word in shown.capabilities or ("completion",) if word in known}
        if Capability.COMPLETION in able:
            able |= {Capability.JSON_SCHEMA, Capability.LOGPROBS}
        size = _NUM_CTX.search(shown.parameters)
        details = tag.details or _Details()
        return ModelCard(
            id=tag.name,
            provider=self.name,
            upstream=tag.name,
            zone=Zone.WORLD,
            capabilities=frozenset(able),
            context=int(size[1]) if size else None,
            digest=tag.digest,
            size_bytes=tag.size,
            family=details.family,
            parameters=details.parameter_size,
            quantisation=details.quantization_level,
            details=tuple(
                (key, value)
                for key, value in (shown.model_info or {}).items()
                if key.endswith((".architecture", ".context_length", ".embedding_length"))
                and isinstance(value, str | int | float)
            ),
        )

    async def _ask(
        self, method: str, path: str, kind: Any, body: object = None, card: ModelCard | None = None
    ) -> Any:
        async with self._outbound.stream(
            method,
            self._base + path,
            headers=self._headers,
            body=None if body is None else _encode(body),
            idle_timeout=self._idle,
            connect_timeout=self._connect,
            model="" if card is None else card.id,
        ) as response:
            if response.status >= 400:
                raise await refusal(response, self.name, card)
            data = await response.read()
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = N_("it sent something that is no answer")
            raise Upstream(provider=self.name, reason=reason) from error

    def _line(self, data: bytes) -> _Line:
        try:
            return _decode_line(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = N_("it sent something that is no answer")
            raise Upstream(provider=self.name, reason=reason) from error


class _Reading:
    """Turns lines into events."""

    __slots__ = ("_calls", "_card", "_one", "_provider", "_window", "done")

    def __init__(self, provider: str, call: Call, card: ModelCard) -> None:
        self.done = False
        self._provider = provider
        self._card = card
        self._calls = 0
        self._one = call.parallel_tool_calls is False  # Ollama does not know the wish
        self._window = window(call, card)

    def take(self, line: _Line, burst: Burst) -> None:
        """Add a line's events to a burst.

        Raises:
            Upstream: the line is an error.
            ContextOverflow: the input filled the window, so the server may have cut it.
        """
        if line.error is not None:
            raise fault(line.error[:300], self._provider, self._card)
        message = line.message
        text = (message.content if message else line.response) or ""
        thinking = (message.thinking if message else line.thinking) or ""
        if text or thinking:
            burst.append(Delta(text, thinking, _logprobs(line.logprobs) if line.logprobs else ()))
        for call in (message.tool_calls if message else None) or ():
            if self._calls == 0 or not self._one:
                arguments = bytes(call.function.arguments).decode()
                call_id = call.id or f"call_{secrets.token_hex(12)}"
                burst.append(ToolCalled(self._calls, call_id, call.function.name, arguments))
                self._calls += 1
        if line.done:
            self.done = True
            burst.append(self._finished(line))

    def _finished(self, line: _Line) -> Finished:
        read, written = line.prompt_eval_count, line.eval_count
        if self._window is not None and (read or 0) >= self._window:
            raise ContextOverflow(
                needed=f"> {read}", model=self._card.id, context=self._window, param="messages"
            )
        reason = _REASONS.get(line.done_reason or "stop", "stop")
        usage = Usage(input_tokens=read or 0, output_tokens=written or 0)
        return Finished("tool_calls" if self._calls and reason == "stop" else reason, usage)


def _logprobs(found: list[_Token]) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            token.token,
            token.logprob,
            None if token.bytes is None else tuple(token.bytes),
            tuple(
                TokenLogprob(
                    top.token, top.logprob, None if top.bytes is None else tuple(top.bytes)
                )
                for top in token.top_logprobs or ()
            ),
        )
        for token in found
    )
