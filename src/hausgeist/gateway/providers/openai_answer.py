# SPDX-License-Identifier: EUPL-1.2
"""What OpenAI-compatible servers answer: wire types in, events out.

Takes what servers really send: reasoning text under any of three names or inside a content list, tool
calls without or with repeated indexes, usage in a chunk of its own or with every chunk, empty choices.
"""

import base64
import binascii
import secrets
import struct
from collections.abc import Mapping
from typing import Any

import msgspec

from hausgeist.core.events import (
    Burst,
    Delta,
    Finished,
    FinishReason,
    TokenLogprob,
    ToolCalled,
)
from hausgeist.core.messages import Usage
from hausgeist.errors import N_, Upstream


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Top(msgspec.Struct, gc=False):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Token(_Top, gc=False):
    top_logprobs: list[_Top] = []


class _Logprobs(msgspec.Struct, gc=False):
    content: list[_Token] | None = None


class _ContentPart(msgspec.Struct, gc=False):
    text: str | None = None
    thinking: "list[_ContentPart] | str | None" = None


class _Delta(msgspec.Struct, gc=False):
    content: str | list[_ContentPart] | None = None  # a list where a model thinks aloud (Mistral)
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    message: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    stop_reason: str | int | None = None


class _PromptDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _OutputDetails | None = None


class Chunk(msgspec.Struct, gc=False):
    """A frame of a stream, or a whole answer."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class _Embedding(msgspec.Struct, gc=False):
    embedding: list[float] | str  # base64 of little-endian float32, asked for or not
    index: int = 0


class EmbeddingList(msgspec.Struct, gc=False):
    """An answer of ``/embeddings``."""

    data: list[_Embedding]
    usage: _Usage | None = None


class _Model(msgspec.Struct, gc=False):
    id: str


class ModelList(msgspec.Struct, gc=False):
    """An answer of ``/models``."""

    data: list[_Model]


decode_chunk = msgspec.json.Decoder(Chunk).decode
decode_embeddings = msgspec.json.Decoder(EmbeddingList).decode
decode_models = msgspec.json.Decoder(ModelList).decode

_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "eos": "stop",
}


class Ending:
    """Turns chunks into events, and collects what ends an answer: reason, usage, stop sequence."""

    __slots__ = ("_by_id", "_by_index", "_calls", "reason", "sequence", "usage")

    def __init__(self) -> None:
        self.reason: FinishReason | None = None
        self.usage = Usage()
        self.sequence: str | None = None
        self._calls = 0
        self._by_id: dict[str, int] = {}
        self._by_index: dict[int, int] = {}

    def take(self, chunk: Chunk, burst: Burst) -> None:  # noqa: C901  the hot path, kept flat
        """Add a chunk's events to a burst."""
        if chunk.usage is not None:
            self.usage = usage_of(chunk.usage)
        if not chunk.choices:
            return
        choice = chunk.choices[0]
        delta = choice.delta or choice.message
        if delta is not None:
            content = delta.content
            reasoning = delta.reasoning_content or delta.reasoning or delta.thinking or ""
            if content or reasoning:
                if type(content) is list:
                    content, reasoning = _spoken(content)
                tokens = () if choice.logprobs is None else _logprobs(choice.logprobs)
                burst.append(Delta(content or "", reasoning, tokens))  # type: ignore[arg-type]
            if delta.tool_calls:
                for call in delta.tool_calls:
                    burst.append(self._called(call))
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
            raise Upstream(provider=provider, reason=N_("the answer was cut off"))
        reason: FinishReason = (
            "tool_calls" if self._calls and self.reason == "stop" else self.reason
        )
        return Finished(reason, self.usage, self.sequence)

    def _called(self, call: _ToolCall) -> ToolCalled:
        """A fragment under our own index; the first of a call has an id, whatever the server sent."""
        name = (call.function.name if call.function else None) or ""
        arguments = (call.function.arguments if call.function else None) or ""
        ours = self._known(call, name)
        if ours is not None:
            return ToolCalled(ours, "", "", arguments)
        ours, self._calls = self._calls, self._calls + 1
        if call.id:
            self._by_id[call.id] = ours
        if call.index is not None:
            self._by_index[call.index] = ours
        return ToolCalled(ours, call.id or f"call_{secrets.token_hex(12)}", name, arguments)

    def _known(self, call: _ToolCall, name: str) -> int | None:
        """Our index of the call a fragment belongs to; None when it begins a new one.

        Some servers leave the index out, some send 0 for each of several calls, some a new id with each
        fragment: only what has a name, and an id or index not seen yet, is a new call.
        """
        if call.id and call.id in self._by_id:
            return self._by_id[call.id]
        same = None if call.index is None else self._by_index.get(call.index)
        if name and (call.id or same is None):
            return None
        if same is None and self._calls and not name:
            return self._calls - 1
        return same


def _spoken(parts: list[_ContentPart]) -> tuple[str, str]:
    """The words and the thoughts of a content list."""
    words, thoughts = "", ""
    for part in parts:
        words += part.text or ""
        if isinstance(part.thinking, str):
            thoughts += part.thinking
        elif part.thinking:
            thoughts += _spoken(part.thinking)[0]
    return words, thoughts


def vectors_of(found: EmbeddingList, expected: int, provider: str) -> list[list[float]]:
    """The vectors in the order of the texts.

    Raises:
        Upstream: there are too few or too many, or they differ in length.
    """
    ordered = sorted(found.data, key=lambda entry: entry.index)
    vectors = [_vector(entry.embedding, provider) for entry in ordered]
    if len(vectors) != expected or len({len(vector) for vector in vectors}) > 1:
        raise Upstream(provider=provider, reason="the number of vectors or their length is wrong")
    return vectors


def _vector(found: list[float] | str, provider: str) -> list[float]:
    if not isinstance(found, str):
        return found
    try:
        data = base64.b64decode(found, validate=True)
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    except (binascii.Error, struct.error) as error:
        raise Upstream(provider=provider, reason="a vector is no base64 of float32") from error


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


def usage_of(found: _Usage) -> Usage:
    """The tokens an answer cost."""
    prompt, output = found.prompt_tokens_details, found.completion_tokens_details
    return Usage(
        input_tokens=found.prompt_tokens or 0,
        output_tokens=found.completion_tokens or 0,
        cached_tokens=(prompt.cached_tokens or 0) if prompt else 0,
        reasoning_tokens=(output.reasoning_tokens or 0) if output else 0,
    )
