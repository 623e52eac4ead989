# SPDX-License-Identifier: EUPL-1.2
"""Ollama's chat, generate and embed: the bytes of a request to a ``Call``.

A request without words asks only to load or unload a model; ``decode_…`` then gives no call. Options that
only an engine's start could follow (``num_gpu``, ``num_thread``, ``use_mmap``) are tolerated and ignored.
"""

import itertools
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec

from hausgeist.core.calls import AnswerFormat, Call, Effort, Prompt, Sampling
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import (
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    Tool,
    ToolCall,
    text_message,
)
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, Unsupported
from hausgeist.gateway.dialects.keeping import keep_alive_seconds
from hausgeist.gateway.dialects.pictures import picture
from hausgeist.gateway.dialects.reading import MESSAGES_MOST, raw_text, read_json

Whole: TypeAlias = Annotated[float, msgspec.Meta(ge=-(2**31), lt=2**31)]
"""A whole number that clients of languages without integers write as ``4096.0``."""


class Options(msgspec.Struct):
    """How to choose the next token, and how much room there is."""

    num_ctx: Whole | None = None
    num_predict: Whole | None = None
    seed: Annotated[float, msgspec.Meta(ge=-(2**53), le=2**53)] | None = None
    temperature: float | None = None
    top_k: Whole | None = None
    top_p: float | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop: str | list[str] | None = None


class FunctionOut(msgspec.Struct):
    """A function a model asked for; ``arguments`` is an object (JSON text of one is tolerated)."""

    name: str
    arguments: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class ToolCallIn(msgspec.Struct):
    """A tool call in an assistant's message."""

    function: FunctionOut
    id: str | None = None


class MessageIn(msgspec.Struct):
    """A message of a request; ``images`` are base64 without a head."""

    role: str
    content: str | None = None
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[ToolCallIn] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class FunctionIn(msgspec.Struct):
    """A tool's function: ``parameters`` is a JSON schema."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class ToolIn(msgspec.Struct):
    """A tool of a request."""

    function: FunctionIn
    type: Literal["function"] = "function"


class Asked(msgspec.Struct, kw_only=True):
    """What all requests for an answer have in common. Streaming is the default."""

    model: str
    stream: bool | None = None
    format: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    options: Options | None = None
    keep_alive: float | str | None = None
    think: bool | str | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, msgspec.Meta(ge=0, le=20)] | None = None


class ChatRequest(Asked, kw_only=True):
    """The body of ``POST /api/chat``."""

    messages: Annotated[list[MessageIn], msgspec.Meta(max_length=MESSAGES_MOST)] | None = None
    tools: list[ToolIn] | None = None


class GenerateRequest(Asked, kw_only=True):
    """The body of ``POST /api/generate``."""

    prompt: str | None = None
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: list[int] | None = None
    raw: bool | None = None
    images: list[str] | None = None


class EmbedRequest(msgspec.Struct, kw_only=True):
    """The body of ``POST /api/embed``."""

    model: str
    input: str | list[str] | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=65_536)] | None = None
    keep_alive: float | str | None = None
    truncate: bool | None = None


class EmbeddingsRequest(msgspec.Struct, kw_only=True):
    """The body of ``POST /api/embeddings``, the older form."""

    model: str
    prompt: str | None = None
    keep_alive: float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A wish to load a model, or to unload it, and nothing else. ``seconds`` is None without a wish."""

    model: str
    seconds: float | None
    stream: bool

    @property
    def unload(self) -> bool:
        """Whether the model shall go."""
        return self.seconds == 0


def decode_chat(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> Call | Keep:
    """Read a request for an answer to a conversation.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's path as ``param``.
    """
    found = read_json(body, ChatRequest)
    if not found.messages:
        return _keep(found)
    pending: list[ToolCall] = []
    numbers = itertools.count()
    messages = [
        _message(message, f"messages[{place}]", pending, numbers)
        for place, message in enumerate(found.messages)
    ]
    tools = [
        Tool(
            tool.function.name, tool.function.description or "", raw_text(tool.function.parameters)
        )
        for tool in found.tools or ()
    ]
    return _call(found, call_id, principal, declared, messages=messages, tools=tools)


def decode_generate(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> Call | Keep:
    """Read a request to go on from a prompt: a conversation of one turn, unless raw or with a suffix.

    Raises:
        InvalidJSON, InvalidField, Unsupported: with the field's path as ``param``.
    """
    found = read_json(body, GenerateRequest)
    if found.template:
        raise Unsupported(what="A template in the request", param="template")
    if found.context:
        raise Unsupported(
            what="A context of token numbers; send messages to /api/chat", param="context"
        )
    if not found.prompt and not found.suffix and not found.images:
        return _keep(found)
    prompt = found.prompt or ""
    if found.raw or found.suffix:
        if found.images:
            raise Unsupported(what="Images with a raw prompt or a suffix", param="images")
        if found.system:
            raise Unsupported(what="A system text with a raw prompt or a suffix", param="system")
        bare = Prompt(prompt, found.suffix or None)
        return _call(found, call_id, principal, declared, prompt=bare)
    pictures = [
        picture(image, f"images[{place}]") for place, image in enumerate(found.images or ())
    ]
    messages = [Message("user", (Text(prompt), *pictures))]
    if found.system:
        messages.insert(0, text_message("system", found.system))
    return _call(found, call_id, principal, declared, messages=messages)


def decode_embed(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, list[str], int | None]:
    """Read a request for vectors; gives the call, its texts (perhaps none) and the length asked for.

    Raises:
        InvalidJSON, InvalidField: with the field's path as ``param``.
    """
    found = read_json(body, EmbedRequest)
    texts = [found.input] if isinstance(found.input, str) else found.input or []
    return (
        _embedding_call(found.model, found.keep_alive, call_id, principal, declared),
        [text for text in texts if text] if isinstance(found.input, str) else texts,
        found.dimensions,
    )


def decode_embeddings(
    body: bytes, *, call_id: str, principal: Principal, declared: DataClass | None = None
) -> tuple[Call, list[str]]:
    """Read the older request for one vector.

    Raises:
        InvalidJSON, InvalidField: with the field's path as ``param``.
    """
    found = read_json(body, EmbeddingsRequest)
    call = _embedding_call(found.model, found.keep_alive, call_id, principal, declared)
    return call, [found.prompt] if found.prompt else []


def _keep(found: Asked) -> Keep:
    return Keep(
        model=found.model,
        seconds=keep_alive_seconds(found.keep_alive),
        stream=found.stream is not False,
    )


def _call(
    found: Asked,
    call_id: str,
    principal: Principal,
    declared: DataClass | None,
    *,
    messages: list[Message] | None = None,
    prompt: Prompt | None = None,
    tools: list[Tool] | None = None,
) -> Call:
    options = found.options or Options()
    context = _whole(options.num_ctx, "options.num_ctx")
    if context is not None and context < 1:
        raise InvalidField(field="options.num_ctx", reason="must be at least 1", param="options")
    return Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=found.model,
        messages=tuple(messages or ()),
        prompt=prompt,
        tools=tuple(tools or ()),
        format=_format(found.format),
        sampling=_sampling(found, options),
        effort=_effort(found.think),
        declared=declared,
        keep_alive=keep_alive_seconds(found.keep_alive),
        context=context,
        stream=found.stream is not False,
    )


def _embedding_call(
    model: str,
    keep_alive: float | str | None,
    call_id: str,
    principal: Principal,
    declared: DataClass | None,
) -> Call:
    return Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.API,
        model=model,
        declared=declared,
        keep_alive=keep_alive_seconds(keep_alive),
        stream=False,
    )


def _message(
    found: MessageIn, where: str, pending: list[ToolCall], numbers: "itertools.count[int]"
) -> Message:
    """A message. Calls and results without an id find each other by name, else by order."""
    roles: dict[str, Role] = {
        "system": "system",
        "developer": "system",
        "user": "user",
        "assistant": "assistant",
        "tool": "tool",
    }
    role = roles.get(found.role.lower())
    if role is None:
        reason = "use system, user, assistant or tool"
        raise InvalidField(field=f"{where}.role", reason=reason, param=f"{where}.role")
    parts: list[Part] = [Reasoning(found.thinking)] if found.thinking else []
    if found.content or not (found.images or found.tool_calls):
        parts.append(Text(found.content or ""))
    parts += [
        picture(image, f"{where}.images[{place}]") for place, image in enumerate(found.images or ())
    ]
    for call in found.tool_calls or ():
        made = ToolCall(
            call.id or f"call_{next(numbers)}", call.function.name, _arguments(call, where)
        )
        pending.append(made)
        parts.append(made)
    if role != "tool":
        return Message(role, tuple(parts))
    return Message(
        role,
        tuple(parts),
        name=found.tool_name,
        tool_call_id=found.tool_call_id or _answered(found.tool_name, pending),
    )


def _answered(name: str | None, pending: list[ToolCall]) -> str | None:
    """The id of the open call that a result belongs to; it is open no longer."""
    match = next((call for call in pending if call.name == name), pending[0] if pending else None)
    if match is None:
        return None
    pending.remove(match)
    return match.id


def _arguments(call: ToolCallIn, where: str) -> str:
    text = raw_text(call.function.arguments)
    if text.startswith('"'):
        text = read_json(text.encode(), str).strip()
    if not text.startswith("{"):
        field = f"{where}.tool_calls.function.arguments"
        raise InvalidField(field=field, reason="must be an object", param=where)
    return text


def _format(found: msgspec.Raw) -> AnswerFormat | None:
    text = raw_text(found)
    if text in {"null", '""'}:
        return None
    if text == '"json"':
        return AnswerFormat(field="format")
    if not text.startswith("{"):
        raise InvalidField(field="format", reason="use json or a JSON schema", param="format")
    return AnswerFormat(text, field="format")


def _effort(think: bool | str | None) -> Effort | None:  # noqa: FBT001  Ollama's own word and type
    if think is None:
        return None
    if isinstance(think, bool):
        return "medium" if think else "none"
    levels: dict[str, Effort] = {"low": "low", "medium": "medium", "high": "high", "max": "max"}
    level = levels.get(think.lower())
    if level is None:
        raise InvalidField(
            field="think", reason="use true, false, low, medium, high or max", param="think"
        )
    return level


def _sampling(found: Asked, options: Options) -> Sampling:
    most = _whole(options.num_predict, "options.num_predict")
    stop = options.stop
    return Sampling(
        max_tokens=most if most is not None and most > 0 else None,  # -1 and -2: no limit
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=_whole(options.top_k, "options.top_k"),
        min_p=options.min_p,
        seed=_whole(options.seed, "options.seed"),
        stop=() if stop is None else (stop,) if isinstance(stop, str) else tuple(stop),
        presence_penalty=options.presence_penalty,
        frequency_penalty=options.frequency_penalty,
        repeat_penalty=options.repeat_penalty,
        logprobs=bool(found.logprobs),
        top_logprobs=found.top_logprobs,
    )


def _whole(found: float | None, field: str) -> int | None:
    if found is None:
        return None
    if found != int(found):
        raise InvalidField(field=field, reason="must be a whole number", param=field)
    return int(found)
