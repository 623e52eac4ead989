# SPDX-License-Identifier: EUPL-1.2
"""A chat completion in OpenAI's shape: bursts to SSE frames, or events to one JSON body.

Frames keep OpenAI's order: role, content, a frame of its own with the finish reason, usage only when asked
for, ``[DONE]``. All frames of a stream share id and time. After an error there is no ``[DONE]``. Reasoning
travels as ``reasoning_content``.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from hausgeist.core.events import (
    Burst,
    Delta,
    Event,
    Failed,
    Finished,
    Started,
    TokenLogprob,
    ToolCalled,
)
from hausgeist.core.messages import Usage
from hausgeist.gateway.dialects.answer import Answer
from hausgeist.gateway.dialects.openai_error import error_body

_text = msgspec.json.Encoder().encode


class StreamEncoder:
    """Bursts to frames of one stream. ``created`` is in seconds since the epoch."""

    def __init__(self, call_id: str, model: str, created: int, *, include_usage: bool) -> None:
        head = _text({"id": call_id, "object": "chat.completion.chunk", "created": created})
        self._head = b"data: " + head[:-1] + b',"model":' + _text(model) + b',"choices":['
        self._tail = b'],"usage":null}\n\n' if include_usage else b"]}\n\n"
        self._usage = include_usage
        self._before = self._head + b'{"index":0,"delta":{"content":'
        self._after = b'},"logprobs":null,"finish_reason":null}' + self._tail

    def frames(self, burst: Burst) -> bytes:
        """The frames of a burst, ready to be sent in one piece."""
        out: list[bytes] = []
        for event in burst:
            if type(event) is Delta and event.text and not event.reasoning and not event.logprobs:
                out += (self._before, _text(event.text), self._after)
            else:
                out.append(self._frame(event))
        return b"".join(out)

    def _frame(self, event: Event) -> bytes:
        if isinstance(event, Delta):
            delta: dict[str, object] = {"content": event.text} if event.text else {}
            if event.reasoning:
                delta["reasoning_content"] = event.reasoning
            if not delta and not event.logprobs:  # a seal: this dialect has no place for it
                return b""
            return self._choice(delta, logprobs=event.logprobs)
        if isinstance(event, ToolCalled):
            return self._choice({"tool_calls": [_tool_call_fragment(event)]})
        if isinstance(event, Started):
            return self._choice({"role": "assistant", "content": ""})
        if isinstance(event, Finished):
            frames = self._choice({}, reason=finish_reason(event))
            if self._usage:
                frames += self._head + b'],"usage":' + _text(usage(event.usage)) + b"}\n\n"
            return frames + b"data: [DONE]\n\n"
        if isinstance(event, Failed):
            return b"data: " + error_body(event.error) + b"\n\n"
        return b""

    def _choice(
        self,
        delta: dict[str, object],
        *,
        logprobs: Sequence[TokenLogprob] = (),
        reason: str | None = None,
    ) -> bytes:
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": logprobs_out(logprobs),
            "finish_reason": reason,
        }
        return self._head + _text(choice) + self._tail


def whole(events: Sequence[Event], call_id: str, model: str, created: int) -> bytes:
    """A complete answer as one body."""
    answer = Answer.collect(events)
    message: dict[str, object] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.tool_calls:
        message["content"] = answer.text or None
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in answer.tool_calls
        ]
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    return _text(
        {
            "id": call_id,
            "object": "chat.completion",
            "created": created,
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": logprobs_out(answer.logprobs),
                    "finish_reason": finish_reason(answer.finished),
                }
            ],
            "usage": usage(answer.finished.usage),
            "system_fingerprint": None,
        }
    )


def finish_reason(event: Finished) -> str:
    """OpenAI's word for why an answer ended."""
    return event.reason if event.reason in {"length", "tool_calls", "content_filter"} else "stop"


def usage(found: Usage) -> dict[str, object]:
    """Usage in OpenAI's shape."""
    return {
        "prompt_tokens": found.input_tokens,
        "completion_tokens": found.output_tokens,
        "total_tokens": found.total,
        "prompt_tokens_details": {"cached_tokens": found.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": found.reasoning_tokens},
    }


def logprobs_out(found: Sequence[TokenLogprob]) -> dict[str, Any] | None:
    """Log probabilities in OpenAI's shape; null without any."""
    if not found:
        return None
    return {
        "content": [
            {
                "token": entry.token,
                "logprob": entry.logprob,
                "bytes": entry.bytes,
                "top_logprobs": [
                    {"token": top.token, "logprob": top.logprob, "bytes": top.bytes}
                    for top in entry.top
                ],
            }
            for entry in found
        ],
        "refusal": None,
    }


def _tool_call_fragment(event: ToolCalled) -> dict[str, object]:
    function: dict[str, object] = {"arguments": event.arguments}
    if event.name:
        function["name"] = event.name
    fragment: dict[str, object] = {"index": event.index, "function": function}
    if event.id or event.name:
        fragment |= {"id": event.id, "type": "function"}
    return fragment
