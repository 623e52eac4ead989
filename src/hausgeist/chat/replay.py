# SPDX-License-Identifier: EUPL-1.2
"""What happens in a turn, numbered, for any number of viewers, each from where it was.

Events of the turn flow in; the same events flow out to every viewer. Words of a block are forgotten when
the block is finished, because the block's HTML replaces them: what is kept grows with the blocks, not
with the tokens. A viewer who is slow gets more at a time.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeAlias

from hausgeist.render import Closed, Tail
from hausgeist.store.chats import Said

PACE = 0.03
"""Seconds between two hand-overs to one viewer: faster than eyes, slower than tokens may come."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has come yet, because the model is being loaded."""

    model: str


@dataclass(frozen=True, slots=True)
class Thought:
    """More of the model's reasoning, as plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The turn is over, and stored as it is here. The last event."""

    said: Said


@dataclass(frozen=True, slots=True)
class Stored:
    """The message as the database has it: it replaces all that was shown of it."""

    said: Said


Happening: TypeAlias = Waiting | Thought | Closed | Tail | Ended | Stored


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event and its number, from 1. Numbers have gaps where events were forgotten."""

    number: int
    event: Happening


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a page shows of a turn that runs, and the number of the last event in it."""

    number: int
    waiting: str
    thought: str
    blocks: tuple[str, ...]
    tail: str


class Replay:
    """The events of one turn."""

    def __init__(self) -> None:
        self._events: list[Numbered] = []
        self._number = 0
        self._waiting = ""
        self._thought: list[str] = []
        self._blocks: list[str] = []
        self._tail: list[str] = []
        self._news = asyncio.Event()
        self.over = False

    def add(self, event: Happening) -> None:
        """Take an event; every viewer wakes."""
        if isinstance(event, Tail):
            self._tail.append(event.text)
        elif isinstance(event, Closed):
            while self._events and _is_tail(self._events[-1].event, event.index):
                self._events.pop()
            self._blocks.append(event.html)
            self._tail.clear()
        elif isinstance(event, Thought):
            self._thought.append(event.text)
        elif isinstance(event, Waiting):
            self._waiting = event.model
        elif isinstance(event, Ended):
            self.over = True
        self._number += 1
        self._events.append(Numbered(self._number, event))
        self.wake()

    def wake(self) -> None:
        """Wake every viewer; one for whom there is nothing new gets an empty batch."""
        self._news.set()
        self._news = asyncio.Event()  # whoever waits holds the old one

    def snapshot(self) -> Snapshot:
        """Everything so far, put together; the end itself is never in it, so that it is still told."""
        return Snapshot(
            number=self._number - self.over,
            waiting=self._waiting,
            thought="".join(self._thought),
            blocks=tuple(self._blocks),
            tail="".join(self._tail),
        )

    async def follow(self, after: int) -> AsyncIterator[list[Numbered]]:
        """The events with a number above ``after``, as they come, until the turn is over.

        A batch is empty now and then, so that whoever reads can see to other things.
        """
        while True:
            news = self._news
            start = bisect_right(self._events, after, key=lambda event: event.number)
            events = self._events[start:]
            if events:
                after = events[-1].number
                yield events
                if isinstance(events[-1].event, Ended):
                    return
                await asyncio.sleep(PACE)
            elif self.over:  # whoever has seen it all is told again that it is over
                yield self._events[-1:]
                return
            else:
                await news.wait()
                if self._number <= after and not self.over:
                    yield []


def _is_tail(event: Happening, index: int) -> bool:
    return isinstance(event, Tail) and event.index == index
