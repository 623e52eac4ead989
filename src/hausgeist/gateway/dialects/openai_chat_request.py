# SPDX-License-Identifier: EUPL-1.2
"""A request for a chat completion: bytes to ``Call``.

What has a meaning here is honoured or refused with the field's name. What has none (``metadata``,
``store``, ``user``, ``prediction`` …) is accepted and ignored.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec

from hausgeist.core.calls import AnswerFormat, Call, Effort, Sampling, Scalar, ToolChoice
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Image, Message, Part, Reasoning, Role, Text, Tool, ToolCall
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.dialects import openai_numbers as numbers
from hausgeist.gateway.dialects.reading import MESSAGES_MOST, raw_text, read_json

NO_PARAMETERS = '{"type":"object","properties":{}}'
"""The schema of a tool that takes nothing."""

IMAGE_ADDRESSES = ("data:image/", "https://", "http://")

EffortWord = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class FunctionCall(msgspec.Struct):
    """A function's name and its arguments, as JSON text."""

    name: str
    arguments: str = "{}"


class ToolCallIn(msgspec.Struct):
    """A tool call in an assistant's message."""

    id: str
    function: FunctionCall
    type: Literal["function"] = "function"


class ImageAddress(msgspec.Struct):
    """Where an image is: a ``data:`` URI or an address."""

    url: str
    detail: str | None = None


class PartIn(msgspec.Struct):
    """A part of a message: ``text``, ``image_url`` or ``refusal``."""

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

    name: numbers.ToolName
    description: str | None = None
    parameters: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
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
    type: Literal["function"] = "function"


class SchemaIn(msgspec.Struct):
    """A named JSON schema."""

    name: str = "answer"
    schema: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    strict: bool | None = None
    description: str | None = None


class FormatIn(msgspec.Struct):
    """The format an answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaIn | None = None


class StreamOptions(msgspec.Struct):
    """What a stream carries besides the answer; ``include_obfuscation`` is accepted and ignored."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct):
    """The body of ``POST /v1/chat/completions``."""

    model: numbers.ModelName
    messages: Annotated[list[MessageIn], msgspec.Meta(min_length=1, max_length=MESSAGES_MOST)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: numbers.Tokens | None = None
    max_completion_tokens: numbers.Tokens | None = None
    temperature: numbers.Temperature | None = None
    top_p: numbers.Probability | None = None
    top_k: numbers.TopK | None = None
    min_p: numbers.Probability | None = None
    seed: numbers.Seed | None = None
    stop: str | numbers.StopTexts | None = None
    presence_penalty: numbers.Penalty | None = None
    frequency_penalty: numbers.Penalty | None = None
    repeat_penalty: numbers.RepeatPenalty | None = None
    logit_bias: dict[str, numbers.Bias] | None = None
    logprobs: bool | None = None
    top_logprobs: numbers.TopLogprobs | None = None
    n: numbers.Many | None = None
    tools: Annotated[list[ToolIn], msgspec.Meta(max_length=512)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: FormatIn | None = None
    reasoning_effort: EffortWord | None = None
    modalities: list[str] | None = None
    functions: list[Any] | None = None
    service_tier: Any = None
    verbosity: Any = None
    safe_prompt: Any = None
    prompt_cache_key: Any = None


_ROLES: dict[str, Role] = {"developer": "system", "function": "tool"}

EXTRAS = ("service_tier", "verbosity", "safe_prompt", "prompt_cache_key")
"""Parameters that we have no word for and some providers know; their allow-lists decide."""
_EXTRAS = attrgetter(*EXTRAS)
_NO_EXTRAS = (None,) * len(EXTRAS)


def decode(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, bool]:
    """Read a request; gives the call, and whether the stream shall end with a usage frame.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's name as ``param``.
    """
    request = read_json(body, ChatRequest)
    _refuse(request)
    tools = tuple(_tool(tool.function) for tool in request.tools or ())
    named = (
        request.tool_choice.function.name if isinstance(request.tool_choice, NamedTool) else None
    )
    choice = None if isinstance(request.tool_choice, NamedTool) else request.tool_choice
    call = Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=request.model,
        messages=tuple(_message(message, place) for place, message in enumerate(request.messages)),
        tools=tools,
        tool_choice=checked_choice(choice, named, tools),
        tool_name=named,
        parallel_tool_calls=request.parallel_tool_calls,
        format=_format(request.response_format),
        sampling=_sampling(request),
        effort=effort(request.reasoning_effort),
        declared=declared,
        stream=bool(request.stream),
        extra=_extra(request),
    )
    options = request.stream_options
    return call, options is not None and bool(options.include_usage)


def checked_choice(
    choice: ToolChoice | None, named: str | None, tools: Sequence[Tool]
) -> ToolChoice | None:
    """The choice of a tool, if there is such a tool.

    Raises:
        InvalidField: a tool is required or named that the request does not have.
    """
    if named is not None and all(tool.name != named for tool in tools):
        raise InvalidField(
            field="tool_choice", reason=f"there is no tool '{named[:100]}'", param="tool_choice"
        )
    if named is None and choice == "required" and not tools:
        raise InvalidField(
            field="tool_choice", reason="a tool is required, but there is none", param="tool_choice"
        )
    return "required" if named is not None else choice


def effort(word: EffortWord | None) -> Effort | None:
    """How hard to think, in our words."""
    return "max" if word == "xhigh" else word


def tool_schema(found: msgspec.Raw) -> str:
    """A tool's parameters as JSON text; without any, the schema of nothing."""
    text = raw_text(found)
    return NO_PARAMETERS if text in {"", "null", "{}"} else text


def image(url: str, detail: str | None, field: str) -> Image:
    """A picture, if its address is one that a picture may have.

    Raises:
        InvalidField: it is neither a ``data:image/`` URI nor an http address.
    """
    if not url.startswith(IMAGE_ADDRESSES):
        raise InvalidField(
            field=field, reason="an image is a data:image/ URI or an https address", param=field
        )
    return Image(url, detail)


def _refuse(request: ChatRequest) -> None:
    """What nobody here can do, said rather than ignored."""
    if request.n not in {None, 1}:
        raise Unsupported(what="More than one answer (n)", param="n")
    if request.functions:
        raise Unsupported(what="The old form of tools (functions)", param="functions")
    if request.modalities and request.modalities != ["text"]:
        raise Unsupported(what="An answer that is not text (modalities)", param="modalities")
    if request.top_logprobs and not request.logprobs:
        raise InvalidField(
            field="top_logprobs", reason="needs logprobs to be true", param="top_logprobs"
        )


def _message(found: MessageIn, place: int) -> Message:
    role: Role = _ROLES.get(found.role) or found.role  # type: ignore[assignment]
    if (
        isinstance(found.content, str)
        and not found.reasoning_content
        and not found.tool_calls
        and role != "tool"
    ):  # nearly always
        return Message(role, (Text(found.content),), found.name, found.tool_call_id)
    parts: list[Part] = []
    field = f"messages[{place}]"
    if found.reasoning_content:
        parts.append(Reasoning(found.reasoning_content))
    if isinstance(found.content, str):
        parts.append(Text(found.content))
    elif found.content is not None:
        parts.extend(_part(part, f"{field}.content") for part in found.content)
    elif found.role != "assistant":
        raise InvalidField(field=f"{field}.content", reason="is missing", param=f"{field}.content")
    if found.role == "tool" and found.tool_call_id is None:
        name = f"{field}.tool_call_id"
        raise InvalidField(field=name, reason="is missing", param=name)
    parts.extend(
        ToolCall(call.id, call.function.name, call.function.arguments)
        for call in found.tool_calls or ()
    )
    return Message(role, tuple(parts), found.name, found.tool_call_id)


def _part(found: PartIn, field: str) -> Part:
    if found.type in {"text", "input_text", "output_text"} and found.text is not None:
        return Text(found.text)
    if found.type == "refusal" and found.refusal is not None:
        return Text(found.refusal)
    if found.type == "image_url" and found.image_url is not None:
        address = found.image_url
        if isinstance(address, str):
            return image(address, None, field)
        return image(address.url, address.detail, field)
    raise Unsupported(what=f"A message part of type '{found.type[:60]}'", param=field)


def _tool(found: FunctionIn) -> Tool:
    return Tool(found.name, found.description or "", tool_schema(found.parameters), found.strict)


def _format(found: FormatIn | None) -> AnswerFormat | None:
    if found is None or found.type == "text":
        return None
    if found.type == "json_object":
        return AnswerFormat()
    if found.json_schema is None:
        field = "response_format.json_schema"
        raise InvalidField(field=field, reason="is missing", param=field)
    schema = found.json_schema
    return AnswerFormat(raw_text(schema.schema), schema.name, schema.strict)


_UNCHOSEN = Sampling()
_CHOICES = attrgetter(
    *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p", "seed"),
    *("stop", "presence_penalty", "frequency_penalty", "repeat_penalty", "logit_bias"),
    *("logprobs", "top_logprobs"),
)
_NOTHING = (None,) * 14


def _sampling(request: ChatRequest) -> Sampling:
    if _CHOICES(request) == _NOTHING:  # nearly always
        return _UNCHOSEN
    most = request.max_completion_tokens
    return Sampling(
        max_tokens=request.max_tokens if most is None else most,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        min_p=request.min_p,
        seed=request.seed,
        stop=numbers.stop_texts(request.stop),
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        repeat_penalty=request.repeat_penalty,
        logit_bias=tuple((request.logit_bias or {}).items()),
        logprobs=bool(request.logprobs),
        top_logprobs=request.top_logprobs,
    )


def _extra(request: ChatRequest) -> tuple[tuple[str, Scalar], ...]:
    """Scalars only: a parameter that we do not use may have any type."""
    values = _EXTRAS(request)
    if values == _NO_EXTRAS:  # nearly always
        return ()
    return tuple(
        (name, value)
        for name, value in zip(EXTRAS, values, strict=True)
        if isinstance(value, str | int | float | bool)
    )
