# SPDX-License-Identifier: EUPL-1.2
"""The one traversal of a call: every text that a provider is sent, and the call with each of them changed.

A schema can carry a name as well as a message can. JSON (arguments, schemas, results of tools) is laid out
for those who read it and put together again by those who change it. Texts of a message that stand side by
side are one, for that is how they are sent. Pictures and sound are no text: see ``has_pictures``.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeAlias, TypeGuard, TypeVar

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


_ID: Final = re.compile(r"[A-Za-z0-9_.:|-]{1,128}")
_SEAL: Final = re.compile(r"(?:redacted_thinking:)?[A-Za-z0-9+/_-]{48,}={0,2}")
"""Base64 that is longer than any name or number."""

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


def _joined(parts: Sequence[Part]) -> Sequence[Part]:
    """The parts, with neighbouring words in one; JSON and what was retrieved stay apart."""
    if len(parts) < 2 or sum(isinstance(part, Text) for part in parts) < 2:  # nearly always
        return parts
    out: list[Part] = []
    for part in parts:
        last = out[-1] if out else None
        if _is_words(part) and last is not None and _is_words(last):
            out[-1] = replace(last, text=last.text + part.text)
        else:
            out.append(part)
    return out


def _is_words(part: Part) -> TypeGuard[Text]:
    return isinstance(part, Text) and not part.retrieved and laid_out(part.text) is None


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
        return replace(
            one,
            name=self._named(one.name),
            tool_call_id=self._id(one.tool_call_id),
            parts=tuple(map(self._part, _joined(one.parts))),
        )

    def _part(self, one: Part) -> Part:
        if isinstance(one, Text):
            return replace(one, text=self._either(one.text))
        if isinstance(one, Reasoning):
            return replace(one, text=self._prose(one.text), signature=self._seal(one.signature))
        if isinstance(one, ToolCall):
            arguments = self._either(one.arguments)
            named = self._named(one.name)
            return replace(one, id=self._id(one.id), name=named, arguments=arguments)
        return one  # a picture

    def _id(self, one: Named) -> Named | str:
        """An id of a tool's call is left alone, as it must match, unless no machine writes such ids."""
        return one if not one or _ID.fullmatch(one) else self._named(one)

    def _seal(self, seal: str | None) -> str | None:
        """A provider's seal is left alone, unless it may be words."""
        return seal if seal is None or _SEAL.fullmatch(seal) else self._prose(seal)

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
