# SPDX-License-Identifier: EUPL-1.2
"""How long samples of calls are kept that a task may be made of: a round that deletes what is due.

Days come from the settings. Samples that became items of a task are the task's and are not touched here.
"""

from collections.abc import Callable
from functools import partial

from hausgeist.store import traffic
from hausgeist.store.db import Store

DAY_MS = 86_400_000
EVERY_MS = 3_600_000


class Collected:
    """Deletes what is due. ``days`` that a sample is kept; ``now_ms`` gives milliseconds."""

    def __init__(self, store: Store, now_ms: Callable[[], int], days: int) -> None:
        self._store = store
        self._now_ms = now_ms
        self._days = days
        self._next = 0

    async def look(self) -> None:
        """Delete what is due, once an hour; some rows at a time."""
        now = self._now_ms()
        if now < self._next:
            return
        self._next = now + EVERY_MS
        await self.sweep()

    async def sweep(self) -> int:
        """Delete everything that is due now; gives how many rows."""
        before, gone = self._now_ms() - self._days * DAY_MS, 0
        while count := await self._store.write(partial(traffic.sweep, before=before)):
            gone += count
        return gone
