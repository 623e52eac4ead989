# SPDX-License-Identifier: EUPL-1.2
"""Guards: named, ordered checks of what goes in and what comes out.

An input guard sees every text of a call that the house did not write itself, once; an output guard sees
text as it streams, and the chain holds back as many characters as its widest guard's ``window``, so that
a mark split across chunks is still found. Without guards nothing is touched. A soft mark never
stops anything by itself: it needs a second one, of another rule, in the same text.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Literal, Protocol

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Flagged, Withheld
from hausgeist.core.messages import Reasoning, Text
from hausgeist.errors import GuardRefused

REMEMBERED_MOST = 20_000
"""Texts without a mark that are remembered, 16 bytes each: a conversation is not read anew every turn."""


class Place(StrEnum):
    """Where a text stands."""

    INPUT = "input"
    """What the person or program that asks wrote."""
    RETRIEVED = "retrieved"
    """What came along from elsewhere: files, passages, answers of tools. Nobody vouches for it."""
    OUTPUT = "output"
    """What the model says."""


class Action(StrEnum):
    """What a mark does."""

    FLAG = "flag"
    """It is shown, and stops nothing."""
    WITHHOLD = "withhold"
    """The span is left out of the answer; of an input, as ``refuse``."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text (characters, end exclusive) that a rule objects to, and why, as catalogue text."""

    rule: str
    start: int
    end: int
    action: Action
    reason: str = ""
    soft: bool = False
    """A guess, such as a classifier's: it only flags, unless another rule agrees."""


class Guard(Protocol):
    """A check. ``window``: the longest text, in characters, that one mark can span."""

    name: str
    window: int
    places: frozenset[Place]

    def inspect(self, text: str, place: Place) -> Sequence[Mark]:
        """Find what the rules object to."""
        ...


class Guards:
    """The guards in force. Replaced as a whole when a rule changes."""

    def __init__(self, guards: Iterable[Guard] = ()) -> None:
        every = tuple(guards)
        self._input = tuple(guard for guard in every if guard.places - {Place.OUTPUT})
        self._output = tuple(guard for guard in every if Place.OUTPUT in guard.places)
        self._clean: OrderedDict[bytes, None] = OrderedDict()

    def check(self, call: Call) -> Sequence[Flagged]:
        """Look at a call's texts; gives what is only flagged.

        Raises:
            GuardRefused: a rule refuses the content.
        """
        if not self._input:
            return ()
        flags: list[Flagged] = []
        for place, text in _texts(call):
            if text:
                flags += self._looked(text, place)
        return flags

    def output(self) -> "OutputChain":
        """The guards of one answer."""
        return OutputChain(self._output)

    def _looked(self, text: str, place: Place) -> list[Flagged]:
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=15).digest()
        key += place[:1].encode()
        if key in self._clean:
            return []
        marks = inspected(self._input, text, place)
        refused = next((mark for mark in marks if mark.action is not Action.FLAG), None)
        if refused is not None:
            raise GuardRefused(rule=refused.rule, reason=refused.reason)
        if not marks:
            self._clean[key] = None
            if len(self._clean) > REMEMBERED_MOST:
                self._clean.popitem(last=False)
        return [_flagged(mark, place) for mark in marks]


class OutputChain:
    """Output guards over one stream."""

    __slots__ = ("_guards", "_held", "_window")

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards
        self._window = max((guard.window for guard in guards), default=0)
        self._held = ""

    def pass_on(self, burst: Burst) -> Burst:
        """What may go on of a burst; the rest is held back until it is safe.

        Raises:
            GuardRefused: a rule ends the answer here.
        """
        if not self._guards:
            return burst
        safe: Burst = []
        for event in burst:
            if isinstance(event, Delta) and event.text:
                safe.extend(self._release(event.text, last=False))
                if event.reasoning:
                    safe.append(Delta(reasoning=event.reasoning))
            elif isinstance(event, Delta):
                safe.append(event)
            else:
                safe.extend(self._release("", last=True))
                safe.append(event)
        return safe

    def _release(self, more: str, *, last: bool) -> Burst:
        text = self._held + more
        marks = inspected(self._guards, text, Place.OUTPUT)
        refused = next((mark for mark in marks if mark.action is Action.REFUSE), None)
        if refused is not None:
            raise GuardRefused(rule=refused.rule, reason=refused.reason)
        border = len(text) if last else max(0, len(text) - self._window)
        for mark in marks:  # never cut through one
            if mark.start < border < mark.end:
                border = mark.start
        out: Burst = []
        at = 0
        for mark in marks:
            if mark.start < at or mark.end > border:
                continue
            if mark.action is Action.FLAG:
                out.append(_flagged(mark, Place.OUTPUT))
                continue
            if mark.start > at:
                out.append(Delta(text[at : mark.start]))
            out.append(Withheld(mark.rule))
            at = mark.end
        if border > at:
            out.append(Delta(text[at:border]))
        self._held = text[border:]
        return out


def inspected(guards: Iterable[Guard], text: str, place: Place) -> list[Mark]:
    """All marks of a text in order; soft ones without company are flags, whatever they ask for."""
    marks = [
        mark for guard in guards if place in guard.places for mark in guard.inspect(text, place)
    ]
    if not marks:
        return marks
    alone = len({mark.rule for mark in marks}) == 1
    if alone:
        marks = [replace(mark, action=Action.FLAG) if mark.soft else mark for mark in marks]
    marks.sort(key=lambda mark: (mark.start, -mark.end))
    return marks


def _flagged(mark: Mark, place: Place) -> Flagged:
    where: Literal["input", "output"] = "output" if place is Place.OUTPUT else "input"
    return Flagged(mark.rule, mark.reason, where, mark.start, mark.end)


def _texts(call: Call) -> Iterator[tuple[Place, str]]:
    """The texts of a call that the house did not write: instructions and earlier answers are not in it."""
    if call.prompt is not None:
        yield Place.INPUT, call.prompt.text
    for message in call.messages:
        if message.role in {"system", "assistant"}:
            continue
        from_tool = message.role == "tool"
        for part in message.parts:
            if isinstance(part, Text):
                retrieved = from_tool or part.retrieved
                yield (Place.RETRIEVED if retrieved else Place.INPUT), part.text
            elif isinstance(part, Reasoning):
                yield Place.RETRIEVED, part.text
