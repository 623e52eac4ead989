# SPDX-License-Identifier: EUPL-1.2
"""What OpenAI-compatible servers are asked: a call in, a request's body out.

``request_body`` writes all we know; ``fitted`` makes of it what one server takes, as its quirks say.
"""

import hashlib
import re
from typing import Any

import msgspec

from hausgeist.core.calls import Call
from hausgeist.core.messages import Image, Message, Reasoning, Text
from hausgeist.core.models import ModelCard
from hausgeist.errors import Unsupported
from hausgeist.gateway.providers.quirks import Quirks

_ALWAYS = frozenset({"model", "messages", "prompt", "stream"})
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALPHANUMERIC = re.compile(r"[0-9A-Za-z]+")


def fitted(call: Call, card: ModelCard, quirks: Quirks) -> dict[str, Any]:
    """A call as the body that one server takes.

    Raises:
        Unsupported: the server takes words only, and there is a picture.
    """
    body = request_body(call)
    body["model"] = card.upstream
    for name, value in call.extra:
        if quirks.params is not None and name in quirks.params:
            body.setdefault(name, value)
    if quirks.max_tokens is not None and "max_tokens" not in body:
        body["max_tokens"] = min(quirks.max_tokens, card.max_output or quirks.max_tokens)
    if "reasoning_effort" in body and body["reasoning_effort"] in quirks.efforts:
        body["reasoning_effort"] = quirks.efforts[body["reasoning_effort"]]
    if "messages" in body:
        _fit_messages(body["messages"], quirks)
    for ours, theirs in quirks.renamed.items():
        if ours in body:
            body[theirs] = body.pop(ours)
    if quirks.params is not None:
        body = {key: body[key] for key in body if key in _ALWAYS or key in quirks.params}
    for name in quirks.dropped:
        body.pop(name, None)
    body.update(quirks.fixed)
    return body


def _fit_messages(messages: list[dict[str, Any]], quirks: Quirks) -> None:
    for message in messages:
        if quirks.string_content and not isinstance(message["content"], str):
            message["content"] = _as_string(message["content"])
        if quirks.no_reasoning:
            message.pop("reasoning_content", None)
        if quirks.call_id_length is not None:
            length = quirks.call_id_length
            for call in message.get("tool_calls", ()):
                call["id"] = fitted_id(call["id"], length)
            if "tool_call_id" in message:
                message["tool_call_id"] = fitted_id(message["tool_call_id"], length)


def _as_string(content: list[dict[str, Any]] | None) -> str:
    if any(part["type"] != "text" for part in content or ()):
        raise Unsupported(what="A picture", param="messages")
    return "".join(part["text"] for part in content or ())


def fitted_id(call_id: str, length: int) -> str:
    """A tool call's id in so many letters and digits: itself if it is, else the same one every time.

    The answer's own ids fit already, so that what comes back is what went out.
    """
    if len(call_id) == length and _ALPHANUMERIC.fullmatch(call_id):
        return call_id
    number = int.from_bytes(hashlib.sha256(call_id.encode()).digest())
    out = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        out += _DIGITS[digit]
    return out


def request_body(call: Call) -> dict[str, Any]:
    """A call as an OpenAI request, without its model and without foreign parameters."""
    body: dict[str, Any] = {}
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
        _add_tools(body, call)
    if call.format is not None:
        body["response_format"] = _format(call)
    if call.effort is not None:
        body["reasoning_effort"] = call.effort
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


def _add_tools(body: dict[str, object], call: Call) -> None:
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
