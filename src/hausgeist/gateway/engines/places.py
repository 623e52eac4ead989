# SPDX-License-Identifier: EUPL-1.2
"""The places (slots) at an engine, and the queues before them: people first, jobs behind.

Calls of people (chats and programs) and calls of jobs wait in a queue each, first come, first served, each
with an end of its own: a job never has a person turned away. A place that falls free is a person's, if one
waits. Jobs are not starved: once ``TURN`` calls of people have overtaken one that waits, it is next. While
people are about (one is here, or was within ``ABOUT`` seconds) jobs leave one of several places free. Knows
no engine.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from time import monotonic

from hausgeist.core.labels import Purpose
from hausgeist.errors import QueueFull

TURN = 8
"""Calls of people that may overtake a waiting job; the next place is the job's."""

ABOUT = 60.0
"""Seconds after a person's last call for which one of several places is kept free of jobs."""

JOBS = frozenset({Purpose.TITLE, Purpose.SUGGEST, Purpose.EVALUATE})
"""What nobody sits waiting for."""

_SMOOTHING = 0.2
_LONGEST_ADVICE = 60


class Closed(Exception):
    """The engine is gone; whoever waited must look for another."""


class Places:
    """``limit`` is the length of either queue; ``clock`` gives seconds. ``job`` tells a job's call."""

    def __init__(
        self, model: str, slots: int, limit: int, clock: Callable[[], float] = monotonic
    ) -> None:
        self._model = model
        self._slots = slots
        self._limit = limit
        self._clock = clock
        self._people: deque[asyncio.Future[None]] = deque()
        self._jobs: deque[asyncio.Future[None]] = deque()
        self._usual = 5.0
        self._closed = False
        self._by_people = 0
        self._by_jobs = 0
        self._overtaken = 0
        self._last_person = -math.inf

    @property
    def taken(self) -> int:
        """How many compute."""
        return self._by_people + self._by_jobs

    @property
    def waiting(self) -> int:
        """How many wait, of both sorts."""
        return len(self._people) + len(self._jobs)

    async def take(self, *, job: bool = False) -> None:
        """Wait for a place and take it.

        Raises:
            QueueFull: too many of its sort wait already.
            Closed: the engine went away meanwhile.
        """
        if self._closed:
            raise Closed
        queue = self._jobs if job else self._people
        mine = asyncio.get_running_loop().create_future()
        queue.append(mine)
        self._fill()
        if mine.done():
            return
        if len(queue) > self._limit:
            queue.remove(mine)
            seconds = self._advice(len(queue))
            raise QueueFull(model=self._model, seconds=seconds, retry_after=seconds)
        try:
            await mine
        except asyncio.CancelledError:
            if mine in queue:
                queue.remove(mine)
                self._fill()  # a job may have waited for this person only
            elif mine.done() and not mine.cancelled() and mine.exception() is None:
                self._give_back(job=job)  # it was given to us in the same moment
            raise

    def leave(self, seconds: float, *, job: bool = False) -> None:
        """Give a place back after so many seconds."""
        self._usual += _SMOOTHING * (seconds - self._usual)
        self._give_back(job=job)

    def close(self) -> None:
        """Send everybody in the queues away."""
        self._closed = True
        for queue in (self._people, self._jobs):
            while queue:
                mine = queue.popleft()
                if not mine.done():
                    mine.set_exception(Closed())

    def _give_back(self, *, job: bool) -> None:
        if job:
            self._by_jobs -= 1
        else:
            self._by_people -= 1
            self._last_person = self._clock()
        self._fill()

    def _fill(self) -> None:
        """Give the free places to those whose turn it is."""
        while self.taken < self._slots:
            job = self._jobs_turn()
            queue = self._jobs if job else self._people
            if not queue:
                return
            mine = queue.popleft()
            if mine.done():  # it gave up in this moment
                continue
            if job:
                self._by_jobs += 1
                self._overtaken = 0
            else:
                self._by_people += 1
                self._overtaken += bool(self._jobs)
            mine.set_result(None)

    def _jobs_turn(self) -> bool:
        """Whether the next place is for a job."""
        if not self._jobs or self._by_jobs >= self._for_jobs():
            return False
        return not self._people or self._overtaken >= TURN

    def _for_jobs(self) -> int:
        """How many places jobs may have now; one at least."""
        about = (
            self._by_people > 0 or bool(self._people) or self._clock() - self._last_person < ABOUT
        )
        return max(1, self._slots - 1) if about else self._slots

    def _advice(self, before: int) -> int:
        """Seconds until the queue will have moved by about its length."""
        seconds = math.ceil(self._usual * before / self._slots)
        return max(1, min(_LONGEST_ADVICE, seconds))
