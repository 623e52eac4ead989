# SPDX-License-Identifier: EUPL-1.2
"""The places (slots) at an engine, and the queue before them: first come, first served.

A bounded number of calls compute, a bounded number wait, the next is turned away. Knows no engine.
"""

import asyncio
import math
from collections import deque

from hausgeist.errors import QueueFull

_SMOOTHING = 0.2
_LONGEST_ADVICE = 60


class Closed(Exception):
    """The engine is gone; whoever waited must look for another."""


class Places:
    """``limit`` is the length of the queue, ``taken`` and ``waiting`` are counts."""

    def __init__(self, model: str, slots: int, limit: int) -> None:
        self._model = model
        self._slots = slots
        self._limit = limit
        self._queue: deque[asyncio.Future[None]] = deque()
        self._usual = 5.0
        self._closed = False
        self.taken = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    async def take(self) -> None:
        """Wait for a place and take it.

        Raises:
            QueueFull: too many wait already.
            Closed: the engine went away meanwhile.
        """
        if self._closed:
            raise Closed
        if self.taken < self._slots and not self._queue:
            self.taken += 1
            return
        if len(self._queue) >= self._limit:
            seconds = self._advice()
            raise QueueFull(model=self._model, seconds=seconds, retry_after=seconds)
        mine = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine in self._queue:
                self._queue.remove(mine)
            elif mine.done() and not mine.cancelled() and mine.exception() is None:
                self._pass_on()  # it was given to us in the same moment
            raise

    def leave(self, seconds: float) -> None:
        """Give a place back after so many seconds."""
        self._usual += _SMOOTHING * (seconds - self._usual)
        self._pass_on()

    def close(self) -> None:
        """Send everybody in the queue away."""
        self._closed = True
        while self._queue:
            mine = self._queue.popleft()
            if not mine.done():
                mine.set_exception(Closed())

    def _pass_on(self) -> None:
        while self._queue:
            mine = self._queue.popleft()
            if not mine.done():
                mine.set_result(None)
                return
        self.taken -= 1

    def _advice(self) -> int:
        """Seconds until the queue will have moved by about its length."""
        seconds = math.ceil(self._usual * len(self._queue) / self._slots)
        return max(1, min(_LONGEST_ADVICE, seconds))
