# SPDX-License-Identifier: EUPL-1.2
"""What an Anthropic server is asked: a call in, the body of ``/v1/messages`` out.

A demanded shape is emulated: the answer's schema becomes the input of a tool the model must call, and what
it writes there is the answer. Sampling that the dialect has no word for (seed, penalties, ``min_p``) is
left out, as these are wishes; logprobs and biases are refused, as their absence would be noticed.
"""

from typing import Any

import msgspec

from hausgeist.core.calls import AnswerFormat, Call
from hausgeist.core.messages import Image, Message, Reasoning, Text, ToolCall
from hausgeist.core.models import ModelCard
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.providers.pictures import inline

DEFAULT_MAX_TOKENS = 4096
"""The dialect wants a limit; this one where neither the caller nor the card has any."""
REDACTED = "redacted_thinking:"
"""Before the data of a redacted thought, carried as a signature so that it can come back."""
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "max": 32768}
"""Tokens of thinking for each effort; the dialect's least is 1,024."""
_LEAST_BUDGET = 1024


def request_body(call: Call, card: ModelCard) -> dict[str, Any]:
    """The body of ``/v1/messages``, without ``stream``.

    Raises:
        Unsupported: something was asked for that the dialect has no way to do.
        InvalidField: a tool call of an earlier turn has arguments that are no JSON object.
    """
    if call.sampling.logprobs:
        raise Unsupported(what="logprobs with Anthropic", param="logprobs")
    if call.sampling.logit_bias:
        raise Unsupported(what="logit_bias with Anthropic", param="logit_bias")
    body: dict[str, Any] = {"model": card.upstream}
    if call.prompt is not None:
        body["messages"] = [{"role": "user", "content": call.prompt.text}]
    else:
        system = "\n\n".join(m.text for m in call.messages if m.role == "system" and m.text)
        if system:
            body["system"] = system
        body["messages"] = _turns(call.messages)
    _add_tools(body, call)
    limit = call.sampling.max_tokens
    forced = body.get("tool_choice", {}).get("type") in {"any", "tool"}
    budget = 0 if forced else _BUDGETS.get(call.effort or "none", 0)
    if limit is not None:
        budget = min(budget, limit - 1)
    body["max_tokens"] = limit or _room(card, budget)
    budget = min(budget, body["max_tokens"] - 1)
    if budget >= _LEAST_BUDGET:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    else:
        _add_sampling(body, call)  # while thinking the dialect takes none of it
    if call.sampling.stop:
        body["stop_sequences"] = list(call.sampling.stop)
    return body


def answer_tool(call: Call) -> str:
    """The name of the tool that stands for the demanded shape; empty without one."""
    if call.format is None:
        return ""
    name, taken = call.format.name, {tool.name for tool in call.tools}
    while name in taken:
        name += "_"
    return name


def _room(card: ModelCard, budget: int) -> int:
    wanted = budget + DEFAULT_MAX_TOKENS
    if card.max_output is None:
        return wanted
    return min(card.max_output, wanted) if budget else card.max_output


def _add_sampling(body: dict[str, Any], call: Call) -> None:
    if call.sampling.temperature is not None:
        body["temperature"] = min(call.sampling.temperature, 1.0)  # the dialect's scale ends there
    if call.sampling.top_p is not None:
        body["top_p"] = call.sampling.top_p
    if call.sampling.top_k is not None:
        body["top_k"] = call.sampling.top_k


def _add_tools(body: dict[str, Any], call: Call) -> None:
    tools: list[dict[str, object]] = [
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": msgspec.Raw(tool.parameters.encode()),
        }
        for tool in call.tools
    ]
    choice: dict[str, object] = {}
    if call.tools:
        if call.tool_name is not None:
            choice = {"type": "tool", "name": call.tool_name}
        elif call.tool_choice is not None:
            words = {"auto": "auto", "required": "any", "none": "none"}
            choice = {"type": words[call.tool_choice]}
    if call.format is not None and call.tool_choice != "required":
        usable = tools if call.tool_choice != "none" else []
        tools = [*usable, _shape(call.format, answer_tool(call))]
        choice = {"type": "any"} if usable else {"type": "tool", "name": answer_tool(call)}
    if not tools:
        return
    if call.parallel_tool_calls is False and choice.get("type") != "none":
        choice = {"type": "auto", **choice, "disable_parallel_tool_use": True}
    body["tools"] = tools
    if choice:
        body["tool_choice"] = choice


def _shape(wanted: AnswerFormat, name: str) -> dict[str, object]:
    schema = wanted.schema or '{"type":"object"}'
    if msgspec.json.decode(schema, type=dict[str, Any]).get("type") != "object":
        raise Unsupported(
            what="A schema whose root is no object, with Anthropic,", param="response_format"
        )
    return {
        "name": name,
        "description": "Give the answer by calling this tool; its input is the answer.",
        "input_schema": msgspec.Raw(schema.encode()),
    }


def _turns(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Messages as alternating turns: what one side says in a row is one message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [_result(message)] if message.role == "tool" else _blocks(message)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].extend(blocks)
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def _result(message: Message) -> dict[str, Any]:
    result: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": message.tool_call_id or "",
        "content": _blocks(message),
    }
    if message.is_error:
        result["is_error"] = True
    return result


def _blocks(message: Message) -> list[dict[str, Any]]:
    return [block for part in message.parts if (block := _block(part)) is not None]


def _block(part: Text | Image | Reasoning | ToolCall) -> dict[str, Any] | None:
    """A part as a block; None for what the dialect refuses: empty words, thoughts without a seal."""
    if isinstance(part, Text):
        return {"type": "text", "text": part.text} if part.text else None
    if isinstance(part, Image):
        return {"type": "image", "source": _source(part)}
    if isinstance(part, ToolCall):
        return {
            "type": "tool_use",
            "id": part.id,
            "name": part.name,
            "input": _object(part.arguments),
        }
    if part.signature is None:
        return None
    if part.signature.startswith(REDACTED):
        return {"type": "redacted_thinking", "data": part.signature.removeprefix(REDACTED)}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _source(image: Image) -> dict[str, str]:
    found = inline(image)
    if found is None:
        return {"type": "url", "url": image.url}
    return {"type": "base64", "media_type": found[0], "data": found[1]}


def _object(arguments: str) -> msgspec.Raw:
    text = arguments.strip() or "{}"
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise InvalidField(
            field="tool_calls", reason="the arguments are no JSON object", param="messages"
        ) from error
    return msgspec.Raw(text.encode())
