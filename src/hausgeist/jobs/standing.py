# SPDX-License-Identifier: EUPL-1.2
"""Work that runs as long as the house is open: started with it, cancelled with it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any


class Standing:
    """One such piece of work."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Cancel, and wait until it has ended."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
