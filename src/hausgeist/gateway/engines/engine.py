# SPDX-License-Identifier: EUPL-1.2
"""One model in memory, or on its way there: its process, its places, and how long it stays.

Values and small transitions; the supervisor decides. Times are seconds of the event loop's clock.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from hausgeist.errors import HausgeistError
from hausgeist.gateway.engines.places import Places
from hausgeist.gateway.engines.process import Child
from hausgeist.gateway.engines.spec import EngineSpec


class State(StrEnum):
    """The life of an engine, in this order."""

    WAITING = "waiting"
    """For room in memory."""
    LOADING = "loading"
    READY = "ready"
    STOPPING = "stopping"
    GONE = "gone"


@dataclass(slots=True, eq=False)
class Engine:
    """``calls`` are those that hold it: loading for them, queueing or computing."""

    spec: EngineSpec
    places: Places
    state: State = State.WAITING
    child: Child | None = None
    calls: int = 0
    last_used: float = 0.0
    keep_alive: float = 0.0
    retired: bool = False
    """No new calls; ends when the last one leaves."""
    failure: Callable[[], HausgeistError] | None = None
    """Makes the error of a load that failed, anew for every caller."""
    loading: asyncio.Task[None] | None = None
    loading_since: float = 0.0
    timer: asyncio.TimerHandle | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """Such as ``http://127.0.0.1:40123``."""
        assert self.child is not None
        return self.child.address

    @property
    def key(self) -> str:
        """The key the engine wants as bearer token."""
        assert self.child is not None
        return self.child.key

    @property
    def holds_memory(self) -> bool:
        """Whether its memory is used or promised."""
        return self.state in {State.LOADING, State.READY, State.STOPPING}

    @property
    def idle(self) -> bool:
        """Ready, and nobody holds it."""
        return self.state is State.READY and self.calls == 0

    async def crashed(self, within: float = 1.0) -> bool:
        """Whether the process has ended, or does so in so many seconds: a broken connection comes first."""
        try:
            await asyncio.wait_for(self.gone.wait(), within)
        except TimeoutError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """What a page and ``/api/ps`` show. ``expires_in`` is seconds, None: stays."""

    name: str
    state: State
    digest: str
    memory: int
    """Bytes, estimated from above."""
    context: int
    slots: int
    taken: int
    waiting: int
    expires_in: float | None
    pid: int | None
