# SPDX-License-Identifier: EUPL-1.2
"""A call: one request to a model, whoever makes it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hausgeist.core.absence import Absence
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Message, Tool
from hausgeist.core.people import Principal

ToolChoice: TypeAlias = Literal["auto", "none", "required"]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "max"]
Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What the person who asks says of a passage: ``hide`` it everywhere, or leave it as it is."""

    value: str
    hide: bool


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. ``None`` leaves it to the model."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None
    logit_bias: tuple[tuple[str, float], ...] = ()
    logprobs: bool = False
    top_logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """The shape an answer must have: any JSON (``schema`` is None) or a JSON schema, as JSON text."""

    schema: str | None = None
    name: str = "answer"
    strict: bool | None = None
    field: str = "response_format"
    """What the caller's dialect calls it, for errors."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A bare prompt instead of messages; with a ``suffix`` the model fills in the middle."""

    text: str
    suffix: str | None = None
    echo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a model. Exactly one of ``messages`` and ``prompt`` is given.

    ``tool_name`` forces one named tool (``tool_choice`` is then ``required``). ``declared`` is the class
    a person or an application gave; None means the organisation's default. ``keep_alive`` is a hint in
    seconds (negative: for ever). ``context`` asks for an effective window in tokens.
    """

    id: str
    principal: Principal
    purpose: Purpose
    model: str
    messages: tuple[Message, ...] = ()
    prompt: Prompt | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    tool_name: str | None = None
    parallel_tool_calls: bool | None = None
    format: AnswerFormat | None = None
    sampling: Sampling = Sampling()
    effort: Effort | None = None
    declared: DataClass | None = None
    attached: DataClass | None = None
    """The highest class among what was attached or retrieved."""
    assistant: str | None = None
    """Id of the saved assistant whose instructions go along."""
    conversation: str | None = None
    """Id of the conversation it belongs to: pseudonyms are one per entity and conversation."""
    corrections: tuple[Correction, ...] = ()
    """What the person changed of what is to be hidden; kept for the conversation."""
    consented: bool = False
    """The person was told where this goes, and said yes."""
    without: Absence | None = None
    """A drill: what counts as gone, so that the next permitted model answers."""
    keep_alive: float | None = None
    context: int | None = None
    stream: bool = True
    """Whether the caller reads as it comes; an upstream may answer a whole call more cheaply."""
    extra: tuple[tuple[str, Scalar], ...] = ()
    """Parameters we have no word for; a provider passes on those on its allow-list."""
