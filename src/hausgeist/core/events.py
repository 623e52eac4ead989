# SPDX-License-Identifier: EUPL-1.2
"""What flows: the events a call yields.

Order: one ``Started``; any number of ``Delta``, ``ToolCalled``, ``Cited``, ``Withheld`` and
``Flagged``; then exactly one ``Finished`` or ``Failed``. A refusal is a ``Failed`` without a ``Started``.
Events that arrived together from an upstream travel together as a ``Burst``, so that a frame per token costs
no system call per token.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hausgeist.core.answers import Guess
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.passages import Citation

FinishReason: TypeAlias = Literal[
    "stop", "length", "tool_calls", "content_filter", "load", "unload"
]


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token, its natural-log probability, its UTF-8 bytes, and the likeliest alternatives."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple["TokenLogprob", ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A student answers, and says how sure it is (0 to 1; of several texts, of the least sure).

    ``by`` is its model id, ``version`` its number. ``guesses`` are what it says of each text, None where
    another is to be asked, each with the deployment it comes from. Comes before its words, if at all.
    """

    by: str
    version: int
    score: float
    guesses: tuple[tuple[str, Guess | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """The upstream accepted the call: which model answers, where, under which class and rules."""

    call_id: str
    model: str
    zone: Zone
    data_class: DataClass
    provider: str = ""
    policy_version: str = ""
    hidden: tuple[tuple[str, int], ...] = ()
    """How many passages of each kind (``core.findings.Kind``) went out under pseudonyms."""
    wanted: str = ""
    """The model that was asked for, if the rules let another one answer."""
    judged: Judged | None = None
    """What a student says of its answer, where one answers."""


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer, of the model's reasoning, or of both. ``signature`` seals the reasoning."""

    text: str = ""
    reasoning: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A fragment of a tool call. The first for an ``index`` carries ``id`` and ``name``."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """The answer rests on this passage."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class Withheld:
    """A guard or the border held something back; ``reason`` is a code of the catalogue."""

    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Flagged:
    """A guard marks something and stops nothing. ``start`` and ``end`` are characters of the text."""

    rule: str
    reason: str
    place: Literal["input", "output"]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete. ``stop_sequence`` is the one that ended it, where the upstream tells."""

    reason: FinishReason
    usage: Usage
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The call ended without a complete answer. ``error`` is one of ``hausgeist.errors``."""

    error: Exception
    usage: Usage = Usage()


Event: TypeAlias = (
    Started | Judged | Delta | ToolCalled | Cited | Withheld | Flagged | Finished | Failed
)
Burst: TypeAlias = list[Event]
