# SPDX-License-Identifier: EUPL-1.2
"""The one traversal of a call: every text that a provider is sent, and the call with each of them changed.

A schema can carry a name as well as a message can. JSON (arguments, schemas, results of tools) is laid out
for those who read it and put together again by those who change it. Pictures and sound are no text: see
``has_pictures``. Ids of calls of tools are left alone: they come from machines, and must match.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TypeAlias, TypeVar

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


Named = TypeVar("Named", str, str | None)

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
    return _Walk(change).call(call)


def has_pictures(call: Call) -> bool:
    """Whether anything goes along that no detector sees into."""
    return any(isinstance(part, Image) for message in call.messages for part in message.parts)


class _Walk:
    """One traversal."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def call(self, one: Call) -> Call:
        return replace(
            one,
            prompt=self._prompt(one.prompt) if one.prompt is not None else None,
            messages=tuple(map(self._message, one.messages)),
            tools=tuple(map(self._tool, one.tools)),
            tool_name=self._named(one.tool_name),
            format=self._format(one.format) if one.format is not None else None,
            sampling=self._sampling(one.sampling),
            extra=tuple((name, self._scalar(value)) for name, value in one.extra),
        )

    def _prose(self, raw: str) -> str:
        return self._change(Seen(raw, Place.PROSE, raw)) if raw else raw

    def _either(self, raw: str) -> str:
        laid = laid_out(raw)
        if laid is None:
            return self._prose(raw)
        return self._change(Seen(raw, Place.JSON, laid.text, laid))

    def _named(self, raw: Named) -> Named | str:
        return self._change(Seen(raw, Place.NAME, raw)) if raw else raw

    def _message(self, one: Message) -> Message:
        return replace(one, name=self._named(one.name), parts=tuple(map(self._part, one.parts)))

    def _part(self, one: Part) -> Part:
        if isinstance(one, Text):
            return replace(one, text=self._either(one.text))
        if isinstance(one, Reasoning):
            return replace(one, text=self._prose(one.text))
        if isinstance(one, ToolCall):
            arguments = self._either(one.arguments)
            return replace(one, name=self._named(one.name), arguments=arguments)
        return one  # a picture

    def _tool(self, one: Tool) -> Tool:
        return replace(
            one,
            name=self._named(one.name),
            description=self._prose(one.description),
            parameters=self._either(one.parameters),
        )

    def _prompt(self, one: Prompt) -> Prompt:
        suffix = None if one.suffix is None else self._prose(one.suffix)
        return replace(one, text=self._prose(one.text), suffix=suffix)

    def _format(self, one: AnswerFormat) -> AnswerFormat:
        schema = None if one.schema is None else self._either(one.schema)
        return replace(one, name=self._named(one.name), schema=schema)

    def _sampling(self, one: Sampling) -> Sampling:
        bias = tuple((self._prose(token), value) for token, value in one.logit_bias)
        return replace(one, stop=tuple(map(self._prose, one.stop)), logit_bias=bias)

    def _scalar(self, value: Scalar) -> Scalar:
        return self._prose(value) if isinstance(value, str) else value
