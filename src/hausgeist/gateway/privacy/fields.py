# SPDX-License-Identifier: EUPL-1.2
"""The one traversal of a call: every text that a provider is sent, and the call with each of them changed.

A schema can carry a name as well as a message can. JSON (arguments, schemas, results of tools) is laid out
for those who read it and put together again by those who change it. Pictures and sound are no text: see
``has_pictures``. Ids of calls of tools are left alone: they come from machines, and must match.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TypeAlias

from hausgeist.core.calls import AnswerFormat, Call, Prompt, Sampling, Scalar
from hausgeist.core.messages import Image, Message, Part, Reasoning, Text, Tool, ToolCall
from hausgeist.gateway.privacy.json_text import Laid, laid_out


class Place(Enum):
    """Where a text stands, and so what may stand there instead."""

    PROSE = auto()
    JSON = auto()
    NAME = auto()
    """Of a tool, a format or a participant: providers take letters, digits, ``_`` and ``-``."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A text at its place: ``raw`` as it is sent, ``text`` as it is read; ``laid`` for JSON."""

    raw: str
    place: Place
    text: str
    laid: Laid | None = None


Change: TypeAlias = Callable[[Seen], str]
"""Gives what is sent instead of ``raw``."""


def texts_of(call: Call) -> Iterator[str]:
    """Every text of a call that leaves with it, in order, as it is to be read."""
    return (one.text for one in seen_in(call))


def seen_in(call: Call) -> list[Seen]:
    """Every text of a call that leaves with it, in order; none of them empty."""
    found: list[Seen] = []

    def note(one: Seen) -> str:
        found.append(one)
        return one.raw

    with_texts(call, note)
    return found


def with_texts(call: Call, change: Change) -> Call:
    """The call with every text changed that leaves with it."""

    def prose(raw: str) -> str:
        return change(Seen(raw, Place.PROSE, raw)) if raw else raw

    def either(raw: str) -> str:
        laid = laid_out(raw)
        return prose(raw) if laid is None else change(Seen(raw, Place.JSON, laid.text, laid))

    def named(raw: str) -> str:
        return change(Seen(raw, Place.NAME, raw)) if raw else raw

    def part(one: Part) -> Part:
        if isinstance(one, Text):
            return replace(one, text=either(one.text))
        if isinstance(one, Reasoning):
            return replace(one, text=prose(one.text))
        if isinstance(one, ToolCall):
            return replace(one, name=named(one.name), arguments=either(one.arguments))
        return one  # a picture

    def message(one: Message) -> Message:
        name = named(one.name) if one.name is not None else None
        return replace(one, name=name, parts=tuple(map(part, one.parts)))

    def tool(one: Tool) -> Tool:
        return replace(
            one,
            name=named(one.name),
            description=prose(one.description),
            parameters=either(one.parameters),
        )

    def prompt(one: Prompt) -> Prompt:
        suffix = prose(one.suffix) if one.suffix is not None else None
        return replace(one, text=prose(one.text), suffix=suffix)

    def answer_format(one: AnswerFormat) -> AnswerFormat:
        schema = either(one.schema) if one.schema is not None else None
        return replace(one, name=named(one.name), schema=schema)

    def sampling(one: Sampling) -> Sampling:
        bias = tuple((prose(token), value) for token, value in one.logit_bias)
        return replace(one, stop=tuple(map(prose, one.stop)), logit_bias=bias)

    def scalar(value: Scalar) -> Scalar:
        return prose(value) if isinstance(value, str) else value

    return replace(
        call,
        prompt=prompt(call.prompt) if call.prompt is not None else None,
        messages=tuple(map(message, call.messages)),
        tools=tuple(map(tool, call.tools)),
        tool_name=named(call.tool_name) if call.tool_name is not None else None,
        format=answer_format(call.format) if call.format is not None else None,
        sampling=sampling(call.sampling),
        extra=tuple((name, scalar(value)) for name, value in call.extra),
    )


def has_pictures(call: Call) -> bool:
    """Whether anything goes along that no detector sees into."""
    return any(isinstance(part, Image) for message in call.messages for part in message.parts)
