# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's messages: the bytes of a request to a ``Call``.

Tolerates what changes no answer (``cache_control``, ``metadata``, ``citations``, betas); refuses what
would: tools that run at Anthropic, files kept there, documents that are no text.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec

from hausgeist.core.calls import AnswerFormat, Call, Effort, Sampling, ToolChoice
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Image, Message, Part, Reasoning, Text, Tool, ToolCall
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.dialects.reading import MESSAGES_MOST, raw_text, read_json

LOW_BUDGET, MEDIUM_BUDGET = 4096, 16384
"""Thinking budgets in tokens below which effort is low, or medium."""

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class TextBlock(msgspec.Struct, tag_field="type", tag="text"):
    """Words."""

    text: str


class Base64Source(msgspec.Struct, tag_field="type", tag="base64"):
    """A file in the request itself."""

    media_type: str
    data: str


class URLSource(msgspec.Struct, tag_field="type", tag="url"):
    """A file at an address."""

    url: str


class FileSource(msgspec.Struct, tag_field="type", tag="file"):
    """A file that Anthropic keeps."""

    file_id: str


class TextSource(msgspec.Struct, tag_field="type", tag="text"):
    """A document that is text."""

    data: str
    media_type: str = "text/plain"


class ImageBlock(msgspec.Struct, tag_field="type", tag="image"):
    """A picture."""

    source: Base64Source | URLSource | FileSource


class ContentSource(msgspec.Struct, tag_field="type", tag="content"):
    """A document made of blocks."""

    content: str | list[TextBlock | ImageBlock]


class DocumentBlock(msgspec.Struct, tag_field="type", tag="document"):
    """A document."""

    source: Base64Source | URLSource | FileSource | TextSource | ContentSource
    title: str | None = None
    context: str | None = None


class ThinkingBlock(msgspec.Struct, tag_field="type", tag="thinking"):
    """What a model thought in an earlier turn, sealed."""

    thinking: str
    signature: str | None = None


class RedactedBlock(msgspec.Struct, tag_field="type", tag="redacted_thinking"):
    """Thinking that only Anthropic can read."""

    data: str = ""


class ToolUseBlock(msgspec.Struct, tag_field="type", tag="tool_use"):
    """A model asks for a tool; ``input`` is an object."""

    id: str
    name: str
    input: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class ToolResultBlock(msgspec.Struct, tag_field="type", tag="tool_result"):
    """What a tool gave back."""

    tool_use_id: str
    content: str | list[TextBlock | ImageBlock | DocumentBlock] | None = None
    is_error: bool | None = None


Block: TypeAlias = (
    TextBlock
    | ImageBlock
    | DocumentBlock
    | ThinkingBlock
    | RedactedBlock
    | ToolUseBlock
    | ToolResultBlock
)


class MessageIn(msgspec.Struct):
    """A message of a request."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class ToolIn(msgspec.Struct):
    """A tool of a request. Tools with another ``type`` than ``custom`` run at Anthropic."""

    name: str
    description: str | None = None
    input_schema: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b""))
    type: str | None = None
    strict: bool | None = None


class ChoiceIn(msgspec.Struct):
    """Which tool a model may or must ask for."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingIn(msgspec.Struct):
    """Whether and how long a model may think, in tokens."""

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: Count | None = None


class FormatIn(msgspec.Struct):
    """The schema an answer must fit."""

    type: Literal["json_schema"]
    schema: msgspec.Raw


class OutputIn(msgspec.Struct):
    """How much effort to make, and the shape of the answer."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: FormatIn | None = None


class CountRequest(msgspec.Struct):
    """The body of ``POST /v1/messages/count_tokens``."""

    model: str
    messages: Annotated[list[MessageIn], msgspec.Meta(max_length=MESSAGES_MOST)]
    system: str | list[TextBlock] | None = None
    tools: list[ToolIn] | None = None
    tool_choice: ChoiceIn | None = None
    thinking: ThinkingIn | None = None
    output_config: OutputIn | None = None
    mcp_servers: list[msgspec.Raw] | None = None


class MessagesRequest(CountRequest, kw_only=True):
    """The body of ``POST /v1/messages``. Unknown fields are tolerated."""

    max_tokens: Count
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None


def decode(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> Call:
    """Read a request for an answer.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's path as ``param``.
    """
    found = read_json(body, MessagesRequest)
    sampling = Sampling(
        max_tokens=found.max_tokens,
        temperature=found.temperature,
        top_p=found.top_p,
        top_k=found.top_k,
        stop=tuple(found.stop_sequences or ()),
    )
    return _call(found, call_id, principal, declared, sampling, stream=bool(found.stream))


def decode_count(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> Call:
    """Read a request for a count; it needs no ``max_tokens``.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's path as ``param``.
    """
    found = read_json(body, CountRequest)
    return _call(found, call_id, principal, declared, Sampling(), stream=False)


def _call(
    found: CountRequest,
    call_id: str,
    principal: Principal,
    declared: DataClass | None,
    sampling: Sampling,
    *,
    stream: bool,
) -> Call:
    if not found.messages:
        raise InvalidField(field="messages", reason="must not be empty", param="messages")
    if found.mcp_servers:
        raise Unsupported(what="Calling MCP servers (mcp_servers)", param="mcp_servers")
    messages: list[Message] = []
    if found.system:
        blocks = [TextBlock(found.system)] if isinstance(found.system, str) else found.system
        messages.append(Message("system", _apart([Text(block.text) for block in blocks])))
    for place, message in enumerate(found.messages):
        messages.extend(_messages(message, f"messages[{place}].content"))
    choice, tool_name, parallel = _choice(found.tool_choice)
    return Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=found.model,
        messages=tuple(messages),
        tools=tuple(_tool(tool, place) for place, tool in enumerate(found.tools or ())),
        tool_choice=choice,
        tool_name=tool_name,
        parallel_tool_calls=parallel,
        format=_format(found.output_config),
        sampling=sampling,
        effort=_effort(found.thinking, found.output_config),
        declared=declared,
        stream=stream,
    )


def _messages(found: MessageIn, path: str) -> list[Message]:
    """The messages one of theirs makes: tool results stand in messages of their own, in their order."""
    if isinstance(found.content, str):
        return [Message(found.role, (Text(found.content),))]
    messages: list[Message] = []
    parts: list[Part] = []
    for place, block in enumerate(found.content):
        where = f"{path}[{place}]"
        if isinstance(block, ToolResultBlock):
            if found.role != "user":
                raise InvalidField(field=where, reason="tool_result is for the user", param=where)
            if parts:
                messages.append(Message(found.role, _apart(parts)))
                parts = []
            messages.append(_result(block, where))
        elif isinstance(block, ToolUseBlock | ThinkingBlock) and found.role != "assistant":
            reason = "tool_use and thinking are for the assistant"
            raise InvalidField(field=where, reason=reason, param=where)
        else:
            parts.extend(_parts(block, where))
    if parts or not messages:
        own = tuple(parts) if found.role == "assistant" else _apart(parts)
        messages.append(Message(found.role, own))
    return messages


def _apart(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts with a blank line between texts that stand side by side: other dialects join them.

    Not for an assistant's: those are pieces of one text.
    """
    apart: list[Part] = []
    for part in parts:
        last = apart[-1] if apart else None
        if isinstance(part, Text) and isinstance(last, Text) and not last.text.endswith("\n"):
            apart.append(Text("\n\n" + part.text))
        else:
            apart.append(part)
    return tuple(apart)


def _result(block: ToolResultBlock, where: str) -> Message:
    content = block.content
    parts: Sequence[Part]
    if content is None or isinstance(content, str):
        parts = [Text(content or "")]
    else:
        parts = [part for inner in content for part in _parts(inner, where)]
    return Message(
        "tool",
        _apart(parts),
        tool_call_id=block.tool_use_id,
        is_error=bool(block.is_error),
    )


def _parts(block: Block, where: str) -> list[Part]:
    if isinstance(block, TextBlock):
        return [Text(block.text)]
    if isinstance(block, ImageBlock):
        return [_image(block.source, where)]
    if isinstance(block, DocumentBlock):
        return _document(block, where)
    if isinstance(block, ThinkingBlock):
        return [Reasoning(block.thinking, block.signature)]
    if isinstance(block, ToolUseBlock):
        arguments = raw_text(block.input)
        if not arguments.startswith("{"):
            raise InvalidField(field=f"{where}.input", reason="must be an object", param=where)
        return [ToolCall(block.id, block.name, arguments)]
    return []  # redacted thinking: no other model can read it


def _image(source: Base64Source | URLSource | FileSource, where: str) -> Image:
    if isinstance(source, URLSource):
        return Image(source.url)
    if isinstance(source, FileSource):
        raise Unsupported(what="An image by file id", param=where)
    if source.media_type not in {"image/png", "image/jpeg", "image/gif", "image/webp"}:
        raise Unsupported(what=f"An image of type {source.media_type!r}", param=where)
    return Image(f"data:{source.media_type};base64,{source.data}")


def _document(block: DocumentBlock, where: str) -> list[Part]:
    """A document's words, after its title and context; its pictures stay where they were."""
    head = [Text(text + "\n\n") for text in (block.title, block.context) if text]
    source = block.source
    if isinstance(source, TextSource):
        return [*head, Text(source.data)]
    if isinstance(source, ContentSource):
        inner = source.content
        if isinstance(inner, str):
            return [*head, Text(inner)]
        return [*head, *(part for found in inner for part in _parts(found, where))]
    raise Unsupported(what="A document that is not plain text", param=where)


def _tool(found: ToolIn, place: int) -> Tool:
    where = f"tools[{place}]"
    if found.type not in {None, "custom"}:
        raise Unsupported(what=f"A tool of type {found.type!r}", param=where)
    if not bytes(found.input_schema):
        raise InvalidField(field=f"{where}.input_schema", reason="is missing", param=where)
    schema = raw_text(found.input_schema)
    if not schema.startswith("{"):
        raise InvalidField(field=f"{where}.input_schema", reason="must be an object", param=where)
    return Tool(found.name, found.description or "", schema, found.strict)


def _choice(found: ChoiceIn | None) -> tuple[ToolChoice | None, str | None, bool | None]:
    if found is None:
        return None, None, None
    parallel = (
        None if found.disable_parallel_tool_use is None else not found.disable_parallel_tool_use
    )
    if found.type == "tool":
        if not found.name:
            raise InvalidField(field="tool_choice.name", reason="is missing", param="tool_choice")
        return "required", found.name, parallel
    choices: dict[str, ToolChoice] = {"auto": "auto", "any": "required", "none": "none"}
    return choices[found.type], None, parallel


def _format(found: OutputIn | None) -> AnswerFormat | None:
    if found is None or found.format is None:
        return None
    schema = raw_text(found.format.schema)
    return AnswerFormat(schema, strict=True, field="output_config.format")


def _effort(thinking: ThinkingIn | None, output: OutputIn | None) -> Effort | None:
    """Effort in our words; a budget of tokens becomes the nearest."""
    if thinking is not None and thinking.type == "disabled":
        return "none"
    if output is not None and output.effort is not None:
        return "high" if output.effort == "xhigh" else output.effort
    if thinking is None or thinking.budget_tokens is None:
        return None
    if thinking.budget_tokens < LOW_BUDGET:
        return "low"
    return "medium" if thinking.budget_tokens < MEDIUM_BUDGET else "high"
