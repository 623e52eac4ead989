# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's chat completions: request to ``Call``, bursts to SSE frames or one JSON body.

Frames keep OpenAI's order: role, content, a frame of its own with the finish reason, usage only when asked
for, ``[DONE]``. All frames of a stream share id and time. After an error there is no ``[DONE]``.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from hausgeist.core.calls import AnswerFormat, Call, Effort, Sampling, Scalar, ToolChoice
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
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import (
    Image,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    Tool,
    ToolCall,
    Usage,
)
from hausgeist.core.people import Principal
from hausgeist.errors import HausgeistError, InvalidField, Unsupported
from hausgeist.gateway.dialects.answer import Answer
from hausgeist.gateway.dialects.reading import read_json


class FunctionCall(msgspec.Struct):
    """A function's name and its arguments, as JSON text."""

    name: str
    arguments: str = "{}"


class ToolCallIn(msgspec.Struct):
    """A tool call in an assistant's message."""

    id: str
    function: FunctionCall
    type: str = "function"


class ImageAddress(msgspec.Struct):
    """Where an image is: a ``data:`` URI or an address."""

    url: str
    detail: str | None = None


class PartIn(msgspec.Struct):
    """A part of a message: ``text`` or ``image_url``."""

    type: str
    text: str | None = None
    image_url: ImageAddress | str | None = None
    refusal: str | None = None


class MessageIn(msgspec.Struct):
    """A message of a request."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[PartIn] | None = None
    name: str | None = None
    tool_calls: list[ToolCallIn] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None


class FunctionIn(msgspec.Struct):
    """A tool's function: ``parameters`` is a JSON schema."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw(b"{}")
    strict: bool | None = None


class ToolIn(msgspec.Struct):
    """A tool of a request."""

    function: FunctionIn
    type: Literal["function"] = "function"


class NamedFunction(msgspec.Struct):
    """The function a choice names."""

    name: str


class NamedTool(msgspec.Struct):
    """A choice of one tool."""

    function: NamedFunction
    type: str = "function"


class SchemaIn(msgspec.Struct):
    """A named JSON schema."""

    name: str = "answer"
    schema: msgspec.Raw = msgspec.Raw(b"{}")
    strict: bool | None = None
    description: str | None = None


class FormatIn(msgspec.Struct):
    """The format an answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaIn | None = None


class StreamOptions(msgspec.Struct):
    """What a stream carries besides the answer."""

    include_usage: bool = False


class ChatRequest(msgspec.Struct):
    """The body of ``POST /v1/chat/completions``. Unknown fields are kept for the provider's allow-list."""

    model: str
    messages: list[MessageIn]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    n: int | None = None
    tools: list[ToolIn] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: FormatIn | None = None
    reasoning_effort: Effort | None = None


class _Extra(msgspec.Struct):
    """Parameters that we have no word for and some providers know."""

    service_tier: str | None = None
    verbosity: str | None = None
    safe_prompt: bool | None = None
    prompt_cache_key: str | None = None


_decode_extra = msgspec.json.Decoder(_Extra).decode
_text = msgspec.json.Encoder().encode


def decode(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, bool]:
    """Read a request; gives the call, and whether the stream shall end with a usage frame.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's name as ``param``.
    """
    request = read_json(body, ChatRequest)
    if not request.messages:
        raise InvalidField(field="messages", reason="must not be empty", param="messages")
    if request.n not in {None, 1}:
        raise Unsupported(what="More than one answer (n)", param="n")
    choice, tool_name = _choice(request)
    call = Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=request.model,
        messages=tuple(_message(message) for message in request.messages),
        tools=tuple(_tool(tool.function) for tool in request.tools or ()),
        tool_choice=choice,
        tool_name=tool_name,
        parallel_tool_calls=request.parallel_tool_calls,
        format=_format(request.response_format),
        sampling=_sampling(request),
        effort=request.reasoning_effort,
        declared=declared,
        stream=bool(request.stream),
        extra=_extra(body),
    )
    options = request.stream_options
    return call, options is not None and options.include_usage


class StreamEncoder:
    """Bursts to frames of one stream. ``created`` is in seconds since the epoch."""

    media_type = "text/event-stream"

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
            if type(event) is Delta and not event.reasoning and not event.logprobs:
                out += (self._before, _text(event.text), self._after)
            else:
                out.append(self._frame(event))
        return b"".join(out)

    def _frame(self, event: Event) -> bytes:
        if isinstance(event, Delta):
            delta: dict[str, object] = {"content": event.text} if event.text else {}
            if event.reasoning:
                delta["reasoning_content"] = event.reasoning
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
    message: dict[str, object] = {
        "role": "assistant",
        "content": answer.text or None,
        "refusal": None,
    }
    if not answer.tool_calls:
        message["content"] = answer.text
    else:
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


def error_body(error: Exception) -> bytes:
    """An error in OpenAI's shape: all four keys, ``code`` a string."""
    status = error.status if isinstance(error, HausgeistError) else 500
    kind = {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        429: "rate_limit_error",
    }.get(status, "invalid_request_error" if status < 500 else "server_error")
    code = error.code if isinstance(error, HausgeistError) else "internal_error"
    param = error.param if isinstance(error, HausgeistError) else None
    if code == "insufficient_quota":
        kind = code
    return _text({"error": {"message": str(error), "type": kind, "param": param, "code": code}})


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


def _message(found: MessageIn) -> Message:
    parts: list[Part] = []
    if found.reasoning_content:
        parts.append(Reasoning(found.reasoning_content))
    if isinstance(found.content, str):
        parts.append(Text(found.content))
    elif found.content is not None:
        parts.extend(_part(part) for part in found.content)
    for call in found.tool_calls or ():
        parts.append(ToolCall(call.id, call.function.name, call.function.arguments))
    roles: dict[str, Role] = {"developer": "system", "function": "tool"}
    role: Role = roles.get(found.role) or found.role  # type: ignore[assignment]
    return Message(role, tuple(parts), found.name, found.tool_call_id)


def _part(found: PartIn) -> Part:
    if found.type in {"text", "input_text", "output_text"} and found.text is not None:
        return Text(found.text)
    if found.type == "refusal" and found.refusal is not None:
        return Text(found.refusal)
    if found.type == "image_url" and found.image_url is not None:
        address = found.image_url
        if isinstance(address, str):
            return Image(address)
        return Image(address.url, address.detail)
    raise Unsupported(what=f"A message part of type {found.type!r}", param="messages")


def _tool(found: FunctionIn) -> Tool:
    return Tool(
        found.name,
        found.description or "",
        bytes(found.parameters).decode() or "{}",
        found.strict,
    )


def _choice(request: ChatRequest) -> tuple[ToolChoice | None, str | None]:
    if isinstance(request.tool_choice, NamedTool):
        return "required", request.tool_choice.function.name
    return request.tool_choice, None


def _format(found: FormatIn | None) -> AnswerFormat | None:
    if found is None or found.type == "text":
        return None
    if found.type == "json_object":
        return AnswerFormat()
    if found.json_schema is None:
        raise InvalidField(
            field="response_format.json_schema", reason="is missing", param="response_format"
        )
    schema = found.json_schema
    return AnswerFormat(bytes(schema.schema).decode(), schema.name, schema.strict)


def _sampling(request: ChatRequest) -> Sampling:
    most = request.max_completion_tokens
    most = request.max_tokens if most is None else most
    if most is not None and most < 1:
        raise InvalidField(field="max_tokens", reason="must be at least 1", param="max_tokens")
    stop = request.stop
    return Sampling(
        max_tokens=most,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        min_p=request.min_p,
        seed=request.seed,
        stop=() if stop is None else (stop,) if isinstance(stop, str) else tuple(stop),
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        repeat_penalty=request.repeat_penalty,
        logit_bias=tuple((request.logit_bias or {}).items()),
        logprobs=bool(request.logprobs),
        top_logprobs=request.top_logprobs,
    )


def _extra(body: bytes) -> tuple[tuple[str, Scalar], ...]:
    try:
        found = _decode_extra(body)
    except msgspec.ValidationError:  # a parameter we do not use may have any type
        return ()
    return tuple(
        (name, value)
        for name in found.__struct_fields__
        if (value := getattr(found, name)) is not None
    )
