# SPDX-License-Identifier: EUPL-1.2
"""How long archives of tasks lie in the data directory: a round that deletes what is due, drafts as well.

Files alone, by their age; what they are of and who may fetch them is known elsewhere.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = "leave"
KEPT = 7 * 86_400
"""Seconds that a file lies there."""
EVERY = 3_600
"""Seconds between two looks."""


class Archives:
    """Deletes what is due. ``home`` is the data directory; ``now`` gives seconds since the epoch."""

    def __init__(self, home: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = home / FOLDER
        self._now = now
        self._next = 0.0

    async def look(self) -> None:
        """Delete what is due, once an hour."""
        now = self._now()
        if now < self._next:
            return
        self._next = now + EVERY
        await asyncio.to_thread(self.sweep)

    def sweep(self) -> int:
        """Delete every file that lies there for a week; gives how many."""
        due, gone = self._now() - KEPT, 0
        for path in self._folder.glob("*/*"):
            with suppress(OSError):  # a neighbour was quicker
                if path.stat().st_mtime < due:
                    path.unlink()
                    gone += 1
        return gone
