# SPDX-License-Identifier: EUPL-1.2
"""What an Ollama server is asked: a call in, the body of ``/api/chat`` or ``/api/generate`` out.

Nothing may be cut silently: ``truncate`` and ``shift`` are always off. What Ollama would quietly ignore
(a forced tool, a bias on tokens) is refused here instead.
"""

from typing import Any

import msgspec

from hausgeist.core.calls import Call, Sampling
from hausgeist.core.messages import Message, Reasoning
from hausgeist.core.models import Capability, ModelCard
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.providers.pictures import inline

_OPTIONS = {
    "max_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "repeat_penalty": "repeat_penalty",
}
_THINK = {"none": False, "minimal": "low"}


def window(call: Call, card: ModelCard) -> int | None:
    """The context in tokens that is asked for; None leaves it to the server."""
    if call.context is not None and card.context is not None:
        return min(call.context, card.context)
    return call.context or card.context


def request_body(call: Call, card: ModelCard) -> dict[str, Any]:
    """The body of ``/api/chat``, or of ``/api/generate`` for a bare prompt.

    Raises:
        Unsupported: Ollama would ignore something that was asked for.
        InvalidField: a tool call of an earlier turn has arguments that are no JSON object.
    """
    _refuse(call)
    body: dict[str, Any] = {
        "model": card.upstream,
        "stream": call.stream,
        "truncate": False,
        "shift": False,
        "options": _options(call.sampling, window(call, card)),
    }
    if call.prompt is not None:
        body["prompt"] = call.prompt.text
        if call.prompt.suffix is None:
            body["raw"] = True  # a bare prompt means these words, not a template around them
        else:
            body["suffix"] = call.prompt.suffix
    else:
        names: dict[str, str] = {}
        body["messages"] = [_message(message, names) for message in call.messages]
    if call.tools and call.tool_choice != "none":
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": msgspec.Raw(tool.parameters.encode()),
                },
            }
            for tool in call.tools
        ]
    if call.format is not None:
        schema = call.format.schema
        body["format"] = "json" if schema is None else msgspec.Raw(schema.encode())
    if call.effort is not None and card.can(Capability.THINKING):
        body["think"] = _THINK.get(call.effort, call.effort)
    if call.keep_alive is not None:
        body["keep_alive"] = call.keep_alive
    if call.sampling.logprobs:
        body["logprobs"] = True
        body["top_logprobs"] = call.sampling.top_logprobs or 0
    return body


def _refuse(call: Call) -> None:
    if call.tools and call.tool_choice == "required":
        raise Unsupported(what="Forcing a tool with Ollama", param="tool_choice")
    if call.sampling.logit_bias:
        raise Unsupported(what="logit_bias with Ollama", param="logit_bias")


def _options(sampling: Sampling, context: int | None) -> dict[str, object]:
    options = {
        theirs: value
        for ours, theirs in _OPTIONS.items()
        if (value := getattr(sampling, ours)) is not None
    }
    if sampling.stop:
        options["stop"] = list(sampling.stop)
    if context is not None:
        options["num_ctx"] = context
    return options


def _message(message: Message, names: dict[str, str]) -> dict[str, object]:
    """One message; ``names`` remembers which tool each call was for."""
    out: dict[str, object] = {"role": message.role, "content": message.text}
    if message.images:
        out["images"] = [_picture(found) for found in map(inline, message.images)]
    thinking = "".join(part.text for part in message.parts if isinstance(part, Reasoning))
    if thinking:
        out["thinking"] = thinking
    if message.tool_calls:
        calls = []
        for index, call in enumerate(message.tool_calls):
            names[call.id] = call.name
            function = {"index": index, "name": call.name, "arguments": _object(call.arguments)}
            calls.append({"id": call.id, "function": function})
        out["tool_calls"] = calls
    if message.role == "tool":
        out["tool_call_id"] = message.tool_call_id or ""
        out["tool_name"] = message.name or names.get(message.tool_call_id or "", "")
    return out


def _picture(found: tuple[str, str] | None) -> str:
    if found is None:
        raise Unsupported(what="A picture by its address", param="messages")
    return found[1]


def _object(arguments: str) -> msgspec.Raw:
    text = arguments.strip() or "{}"
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise InvalidField(
            field="tool_calls", reason="the arguments are no JSON object", param="messages"
        ) from error
    return msgspec.Raw(text.encode())
