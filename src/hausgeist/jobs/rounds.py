# SPDX-License-Identifier: EUPL-1.2
"""Rounds: what the web process remembers is looked up again, because other processes change it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from hausgeist.errors import HausgeistError
from hausgeist.store.db import DatabaseError

log = logging.getLogger("hausgeist.jobs")

EVERY = 2.0
"""Seconds after which a change made by another process is seen."""


class Rounds:
    """Keeps what is remembered in step with what other processes change: looks again every two seconds."""

    def __init__(
        self,
        looks: Sequence[Callable[[], Awaitable[object]]],
        later: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        """``later``: nobody waits for these at the start; they begin with the first round."""
        self._looks = looks
        self._later = later
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look once, then go on looking."""
        for look in self._looks:
            await look()
        self._task = asyncio.create_task(self._go())

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()

    async def _go(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            for look in (*self._looks, *self._later):
                try:
                    await look()
                except HausgeistError as error:
                    log.warning("could not look again: %s", error.code)
                except (
                    DatabaseError
                ) as error:  # it may be away for a while; the next round looks again
                    log.warning("could not look again: %s", type(error).__name__)
