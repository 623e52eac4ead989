# SPDX-License-Identifier: EUPL-1.2
"""A request of OpenAI's Responses API: bytes to ``Call``. Stateless: nothing is stored between requests.

Items become messages: what the assistant thought, said and called without interruption is one message.
``store`` is accepted and reported as false; what would need the state we do not keep is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from hausgeist.core.calls import AnswerFormat, Call, Sampling, ToolChoice
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Message, Part, Reasoning, Role, Text, Tool, ToolCall
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.dialects import openai_numbers as numbers
from hausgeist.gateway.dialects.openai_chat_request import (
    EffortWord,
    checked_choice,
    effort,
    image,
    tool_schema,
)
from hausgeist.gateway.dialects.reading import MESSAGES_MOST, raw_text, read_json

DROPPED_TOOLS = frozenset({"web_search", "web_search_preview"})
"""Tools of OpenAI's own that clients send unasked; the response says that it had none of them."""


class PartIn(msgspec.Struct):
    """A part of an item's content."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None


class ItemIn(msgspec.Struct):
    """An item of the input; ``type`` decides which of the fields count."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[PartIn] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | list[PartIn] | None = None
    summary: list[PartIn] | None = None
    encrypted_content: str | None = None


class ToolIn(msgspec.Struct):
    """A tool, flat: the name stands beside the type."""

    type: str
    name: numbers.ToolName | None = None
    description: str | None = None
    parameters: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    strict: bool | None = None


class NamedTool(msgspec.Struct):
    """A choice of one tool."""

    type: str
    name: str | None = None


class FormatIn(msgspec.Struct):
    """The format an answer must have, flat."""

    type: Literal["text", "json_object", "json_schema"]
    name: str = "answer"
    schema: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    strict: bool | None = None
    description: str | None = None


class TextIn(msgspec.Struct):
    """How the text is shaped."""

    format: FormatIn | None = None
    verbosity: str | None = None


class ReasoningIn(msgspec.Struct):
    """How hard to think; summaries are given whenever the model's thinking is known."""

    effort: EffortWord | None = None
    summary: str | None = None


class ResponsesRequest(msgspec.Struct):
    """The body of ``POST /v1/responses``."""

    model: numbers.ModelName
    input: str | Annotated[list[ItemIn], msgspec.Meta(max_length=MESSAGES_MOST)]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: numbers.Tokens | None = None
    temperature: numbers.Temperature | None = None
    top_p: numbers.Probability | None = None
    top_logprobs: numbers.TopLogprobs | None = None
    tools: Annotated[list[ToolIn], msgspec.Meta(max_length=512)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    text: TextIn | None = None
    reasoning: ReasoningIn | None = None
    metadata: dict[str, str] | None = None
    include: list[str] | None = None
    user: str | None = None
    truncation: Literal["auto", "disabled"] | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    prompt: Any = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """The request as its response repeats it."""

    request: ResponsesRequest
    tools: tuple[Tool, ...]


def decode(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, Wishes]:
    """Read a request.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's name as ``param``.
    """
    request = read_json(body, ResponsesRequest)
    _refuse(request)
    tools = tuple(
        _tool(tool, f"tools[{place}]")
        for place, tool in enumerate(request.tools or ())
        if tool.type not in DROPPED_TOOLS
    )
    choice, named = _choice(request.tool_choice)
    thinking = request.reasoning.effort if request.reasoning else None
    logprobs = "message.output_text.logprobs" in (request.include or ())
    call = Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=request.model,
        messages=_messages(request),
        tools=tools,
        tool_choice=checked_choice(choice, named, tools),
        tool_name=named,
        parallel_tool_calls=request.parallel_tool_calls,
        format=_format(request.text.format if request.text else None),
        sampling=Sampling(
            max_tokens=request.max_output_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            logprobs=logprobs or bool(request.top_logprobs),
            top_logprobs=request.top_logprobs,
        ),
        effort=effort(thinking),
        declared=declared,
        stream=bool(request.stream),
    )
    return call, Wishes(request, tools)


def _refuse(request: ResponsesRequest) -> None:
    """What needs a state between requests, or a template that is not here."""
    stateful = {
        "previous_response_id": request.previous_response_id,
        "conversation": request.conversation,
        "background": request.background,
    }
    for name, value in stateful.items():
        if value:
            raise Unsupported(
                what=f"A response that rests on stored ones ({name}; send the whole conversation)",
                param=name,
            )
    if request.prompt is not None:
        raise Unsupported(what="A stored prompt", param="prompt")


def _messages(request: ResponsesRequest) -> tuple[Message, ...]:
    messages: list[Message] = []
    if request.instructions:
        messages.append(Message("system", (Text(request.instructions),)))
    if isinstance(request.input, str):
        messages.append(Message("user", (Text(request.input),)))
        return tuple(messages)
    if not request.input:
        raise InvalidField(field="input", reason="must not be empty", param="input")
    turn: list[Part] = []
    for place, item in enumerate(request.input):
        field = f"input[{place}]"
        parts = _assistant_parts(item, field)
        if parts is not None:
            turn.extend(parts)
            continue
        if turn:
            messages.append(Message("assistant", tuple(turn)))
            turn = []
        messages.append(_message(item, field))
    if turn:
        messages.append(Message("assistant", tuple(turn)))
    return tuple(messages)


def _assistant_parts(item: ItemIn, field: str) -> list[Part] | None:
    """What an item adds to the assistant's turn; None when it is somebody else's."""
    if item.type == "message" and item.role == "assistant":
        return _parts(item.content, f"{field}.content")
    if item.type == "function_call":
        if not item.call_id or not item.name:
            raise _missing(field, "call_id" if item.name else "name")
        return [ToolCall(item.call_id, item.name, item.arguments or "{}")]
    if item.type == "reasoning":
        shown = item.content if isinstance(item.content, list) else ()
        text = "".join(part.text or "" for part in (*(item.summary or ()), *shown))
        return [Reasoning(text, item.encrypted_content)] if text or item.encrypted_content else []
    return None


def _message(item: ItemIn, field: str) -> Message:
    if item.type == "function_call_output":
        if not item.call_id or item.output is None:
            raise _missing(field, "output" if item.call_id else "call_id")
        return Message(
            "tool", tuple(_parts(item.output, f"{field}.output")), tool_call_id=item.call_id
        )
    if item.type != "message":
        raise Unsupported(what=f"An input item of type '{item.type[:60]}'", param=field)
    if item.role is None or item.content is None:
        raise _missing(field, "content" if item.role else "role")
    role: Role = "user" if item.role == "user" else "system"
    return Message(role, tuple(_parts(item.content, f"{field}.content")))


def _parts(content: str | Sequence[PartIn] | None, field: str) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)]
    return [_part(part, field) for part in content or ()]


def _part(found: PartIn, field: str) -> Part:
    if found.type in {"input_text", "output_text", "text"} and found.text is not None:
        return Text(found.text)
    if found.type == "refusal" and found.refusal is not None:
        return Text(found.refusal)
    if found.type == "input_image" and found.image_url is not None:
        return image(found.image_url, found.detail, field)
    raise Unsupported(what=f"A content part of type '{found.type[:60]}'", param=field)


def _missing(field: str, name: str) -> InvalidField:
    return InvalidField(field=f"{field}.{name}", reason="is missing", param=f"{field}.{name}")


def _tool(found: ToolIn, field: str) -> Tool:
    if found.type != "function":
        raise Unsupported(what=f"A tool of type '{found.type[:60]}'", param=f"{field}.type")
    if found.name is None:
        raise _missing(field, "name")
    return Tool(found.name, found.description or "", tool_schema(found.parameters), found.strict)


def _choice(
    found: Literal["none", "auto", "required"] | NamedTool | None,
) -> tuple[ToolChoice | None, str | None]:
    if not isinstance(found, NamedTool):
        return found, None
    if found.type != "function" or found.name is None:
        raise Unsupported(
            what=f"A choice of tools of type '{found.type[:60]}'", param="tool_choice"
        )
    return None, found.name


def _format(found: FormatIn | None) -> AnswerFormat | None:
    if found is None or found.type == "text":
        return None
    if found.type == "json_object":
        return AnswerFormat(field="text.format")
    schema = raw_text(found.schema)
    if schema == "null":
        raise _missing("text.format", "schema")
    return AnswerFormat(schema, found.name, found.strict, "text.format")
