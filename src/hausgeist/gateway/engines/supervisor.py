# SPDX-License-Identifier: EUPL-1.2
"""Keeps the engines: one process per loaded model, started on first use, within a memory budget.

A spec flows in, a lease of a running engine flows out::

    async with supervisor.lease(spec, keep_alive=call.keep_alive) as engine:
        ...engine.address, engine.key...

Callers who come together share one start. Whoever runs out of patience is told to come again, while the
load goes on. Room is made by ending the engine that has been idle longest, never one that computes;
if none is idle, one is asked after a while to finish. An engine that crashed is started again at the next
call, after ever longer pauses. It does not know what is said to an engine.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hausgeist.errors import DoesNotFit, LoadFailed, ModelCrashed, ModelLoading, Unavailable
from hausgeist.gateway.engines.engine import Engine, EngineStatus, State
from hausgeist.gateway.engines.places import Closed, Places
from hausgeist.gateway.engines.process import Child, NotStarted
from hausgeist.gateway.engines.spec import EngineSpec
from hausgeist.gateway.weights import available
from hausgeist.net import AllowList, Destination

QUEUE = 64
"""Calls that may wait for a place at one model: so many of people, and so many of jobs."""

YIELD_AFTER = 10.0
"""Seconds a load waits for an engine to fall idle before the least recently used one must finish."""

LONGEST_PAUSE = 60.0
FORGIVEN_AFTER = 300.0
"""Seconds after which an earlier crash no longer counts."""

LINGER = 60.0
"""Seconds a model waits for callers who lost patience, even if it should not stay after a call."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Crashes:
    """How often in a row an engine failed, and until when it rests (the loop's clock)."""

    count: int = 0
    last: float = -math.inf
    rests_until: float = -math.inf
    reason: str = ""
    """Why it did not even start."""

    def add(self, now: float, reason: str) -> None:
        self.reason = reason
        self.count = 1 if now - self.last > FORGIVEN_AFTER else self.count + 1
        self.last = now
        pause = 0.0 if self.count == 1 else min(LONGEST_PAUSE, 2.0 ** (self.count - 1))
        self.rests_until = now + pause


class Supervisor:
    """The engines of this process. ``budget`` is bytes for all together, None: unknown, then it is tried.

    ``patience`` is seconds a call waits for a load. ``allow`` learns each engine's address. ``left`` tells
    how many bytes the machine has left, None if unknown.
    """

    def __init__(
        self,
        *,
        budget: int | None,
        patience: float,
        allow: AllowList,
        queue: int = QUEUE,
        left: Callable[[], int | None] = available,
    ) -> None:
        self._budget = budget
        self._patience = patience
        self._allow = allow
        self._queue = queue
        self._left = left
        self._current: dict[str, Engine] = {}
        self._all: set[Engine] = set()
        self._crashes: dict[str, _Crashes] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._closing = False

    @asynccontextmanager
    async def lease(
        self,
        spec: EngineSpec,
        *,
        keep_alive: float | None = None,
        place: bool = True,
        job: bool = False,
    ) -> AsyncIterator[Engine]:
        """Hold a running engine; ``place`` takes one of its slots. ``keep_alive`` is seconds, as a hint.

        ``job``: nobody sits waiting for it, so people's calls go before it.

        Raises:
            DoesNotFit: it never will, with numbers and advice.
            ModelLoading: the patience ended; the load goes on.
            LoadFailed: the engine does not accept the model.
            ModelCrashed: it crashed lately and rests.
            QueueFull: too many wait.
            Unavailable: the house is closing.
        """
        engine = await self._take(spec, place=place, job=job)
        clock = asyncio.get_running_loop().time
        since = clock()
        try:
            yield engine
        finally:
            if place:
                engine.places.leave(clock() - since, job=job)
            if keep_alive is not None:
                engine.keep_alive = keep_alive
            if engine.state is State.READY:
                self._crashes.pop(spec.name, None)
            self._let_go(engine)

    def status(self) -> list[EngineStatus]:
        """What is loaded or being loaded, by name."""
        now = asyncio.get_running_loop().time()
        found = [_status(engine, now) for engine in self._all if engine.state is not State.GONE]
        return sorted(found, key=lambda status: status.name)

    def unload(self, name: str) -> bool:
        """Unload a model as soon as its last call has left; whether it was loaded."""
        engine = self._current.get(name)
        if engine is None:
            return False
        self._retire(engine)
        return True

    async def stop_all(self) -> None:
        """End every engine, running calls or not; returns within a few seconds, with all of them gone."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._close(engine) for engine in list(self._all)))

    async def _take(self, spec: EngineSpec, *, place: bool, job: bool) -> Engine:
        """An engine that is ready, held, with a place; a new one if it goes away while we queue."""
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            engine = self._engine(spec)
            engine.calls += 1
            self._cancel_timer(engine)
            taken = False
            try:
                await self._ready(engine, deadline)
                if place:
                    await engine.places.take(job=job)
                taken = True
            except Closed:
                continue
            finally:
                if not taken:
                    self._let_go(engine)
            return engine

    def _engine(self, spec: EngineSpec) -> Engine:
        """The engine for a spec, started if need be. Another spec of the same name replaces the old."""
        if self._closing:
            raise Unavailable(retry_after=10)
        engine = self._current.get(spec.name)
        if engine is not None and engine.spec == spec:
            return engine
        now = asyncio.get_running_loop().time()
        self._check_rest(spec.name, now)
        spec.fit(self._budget).check(spec.name)
        if engine is not None:
            self._retire(engine)
        engine = Engine(
            spec, Places(spec.name, spec.slots, self._queue), keep_alive=spec.keep_alive
        )
        engine.loading_since = now
        self._current[spec.name] = engine
        self._all.add(engine)
        engine.loading = self._spawn(self._load(engine))
        return engine

    def _check_rest(self, name: str, now: float) -> None:
        """Do not start again at once what fails again and again."""
        crashes = self._crashes.get(name)
        if crashes is not None and crashes.rests_until > now:
            seconds = math.ceil(crashes.rests_until - now)
            if crashes.reason:
                raise LoadFailed(model=name, reason=crashes.reason, retry_after=seconds)
            raise ModelCrashed(model=name, retry_after=seconds)

    async def _ready(self, engine: Engine, deadline: float) -> None:
        """Wait for the load, not longer than the deadline; it goes on without us."""
        if engine.state is not State.READY and engine.loading is not None:
            now = asyncio.get_running_loop().time()
            await asyncio.wait({engine.loading}, timeout=max(0.0, deadline - now))
        if engine.failure is not None:
            raise engine.failure()
        if engine.state in {State.WAITING, State.LOADING}:
            if self._closing:
                raise Unavailable(retry_after=10)
            took = asyncio.get_running_loop().time() - engine.loading_since
            seconds = max(1, min(60, math.ceil(took)))  # about as long again
            raise ModelLoading(model=engine.spec.name, seconds=seconds, retry_after=seconds)
        if engine.state is not State.READY:
            raise Closed

    async def _load(self, engine: Engine) -> None:
        """Make room, start the process, and watch it from then on."""
        spec = engine.spec
        try:
            await self._make_room(engine)
            engine.child = await Child.start(spec)
        except DoesNotFit as error:
            refusal = error
            engine.failure = lambda: refusal
            self._forget(engine)
        except (NotStarted, OSError) as error:
            reason = str(error)
            _log.warning("the engine of %s did not start: %s", spec.name, reason)
            self._note_crash(engine, reason)
            engine.failure = lambda: LoadFailed(model=spec.name, reason=reason)
            self._forget(engine)
        else:
            engine.state = State.READY
            url = urlsplit(engine.address)
            assert url.port is not None
            reason = f"engine {engine.child.pid}"
            self._allow.allow(Destination("127.0.0.1", url.port, reason, private=True))
            self._spawn(self._watch(engine, reason))
            if engine.calls == 0:
                self._settle(engine, linger=LINGER)
        finally:
            if engine.state in {State.WAITING, State.LOADING}:  # cancelled
                self._forget(engine)

    async def _make_room(self, engine: Engine) -> None:
        """Return when the model's memory is promised to it.

        Raises:
            DoesNotFit: the machine has too little left although nothing of ours is loaded.
        """
        loop = asyncio.get_running_loop()
        since = loop.time()
        while not self._fits(engine.spec):
            idle = [other for other in self._all if other.idle]
            if idle:
                await self._close(min(idle, key=lambda other: other.last_used))
                continue
            if not any(other.holds_memory for other in self._all):
                engine.spec.fit(self._left()).check(engine.spec.name)
                break
            if loop.time() - since > YIELD_AFTER:
                self._ask_to_finish()
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), 1.0)
            except TimeoutError:
                continue
        engine.state = State.LOADING

    def _fits(self, spec: EngineSpec) -> bool:
        promised = sum(other.spec.needed for other in self._all if other.holds_memory)
        if self._budget is not None and promised + spec.needed > self._budget:
            return False
        left = self._left()
        return left is None or spec.needed <= left

    def _ask_to_finish(self) -> None:
        """Retire the busy engine that began its last call earliest, unless one is finishing already."""
        ready = [other for other in self._all if other.state is State.READY]
        if ready and not any(other.retired for other in ready):
            self._retire(min(ready, key=lambda other: other.last_used))

    async def _watch(self, engine: Engine, reason: str) -> None:
        """Notice the end of a process."""
        assert engine.child is not None
        try:
            status = await engine.child.wait()
        finally:
            self._allow.revoke(reason)
        if engine.state is not State.STOPPING:
            await engine.child.stop()  # reads its last words
            _log.warning(
                "the engine of %s crashed with status %d (%s)",
                engine.spec.name,
                status,
                engine.child.last_words() or "it said nothing that may be repeated",
            )
            self._note_crash(engine, "")
        self._forget(engine)

    def _close(self, engine: Engine) -> Coroutine[Any, Any, None]:
        """Close an engine to callers at once; the rest, until its memory is free, is to be awaited."""
        engine.state = State.STOPPING
        self._drop_name(engine)
        engine.places.close()
        self._cancel_timer(engine)
        return self._end(engine)

    async def _end(self, engine: Engine) -> None:
        if engine.child is not None:
            await engine.child.stop()
        self._forget(engine)

    def _let_go(self, engine: Engine) -> None:
        """A call leaves."""
        engine.calls -= 1
        engine.last_used = asyncio.get_running_loop().time()
        if engine.calls == 0 and engine.state is State.READY:
            self._settle(engine)
        self._changed.set()

    def _settle(self, engine: Engine, *, linger: float = 0.0) -> None:
        """Nobody holds a ready engine: end it, or set the time of its end."""
        stay = engine.keep_alive or linger
        if engine.retired or stay == 0:
            self._spawn(self._close(engine))
        elif stay > 0:
            self._cancel_timer(engine)
            loop = asyncio.get_running_loop()
            engine.timer = loop.call_later(stay, self._expire, engine)

    def _expire(self, engine: Engine) -> None:
        engine.timer = None
        if engine.idle:
            self._spawn(self._close(engine))

    def _retire(self, engine: Engine) -> None:
        """Give its name free; it ends with its last call."""
        engine.retired = True
        self._drop_name(engine)
        if engine.idle:
            self._spawn(self._close(engine))

    def _note_crash(self, engine: Engine, reason: str) -> None:
        now = asyncio.get_running_loop().time()
        self._crashes.setdefault(engine.spec.name, _Crashes()).add(now, reason)

    def _forget(self, engine: Engine) -> None:
        engine.state = State.GONE
        engine.gone.set()
        engine.places.close()
        self._cancel_timer(engine)
        self._drop_name(engine)
        self._all.discard(engine)
        self._changed.set()

    def _drop_name(self, engine: Engine) -> None:
        if self._current.get(engine.spec.name) is engine:
            del self._current[engine.spec.name]

    def _cancel_timer(self, engine: Engine) -> None:
        if engine.timer is not None:
            engine.timer.cancel()
            engine.timer = None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _status(engine: Engine, now: float) -> EngineStatus:
    expires: float | None = engine.keep_alive if engine.keep_alive >= 0 else None
    if engine.calls == 0 and engine.timer is not None:
        expires = max(0.0, engine.timer.when() - now)
    return EngineStatus(
        name=engine.spec.name,
        state=engine.state,
        digest=engine.spec.digest,
        memory=engine.spec.needed,
        context=engine.spec.context,
        slots=engine.spec.slots,
        taken=engine.places.taken,
        waiting=engine.places.waiting,
        expires_in=expires,
        pid=engine.child.pid if engine.child else None,
    )
