# SPDX-License-Identifier: EUPL-1.2
"""The turns that run in this process: begun, found again, looked after, ended.

Turns flow in; who comes back finds them, also for a while after their end. Where several processes share
a database, each looks there whether somebody wants one of its turns to stop.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from hausgeist.chat.turn import Turn
from hausgeist.core.people import Principal
from hausgeist.errors import TooMany
from hausgeist.store import answers
from hausgeist.store.db import DatabaseError, Store

log = logging.getLogger("hausgeist.chat")

AT_ONCE: Final = 8
"""Turns that one person may have running."""
LINGER: Final = 30.0
"""Seconds a finished turn stays in memory, for viewers that come back."""
LOOK: Final = 0.5
"""Seconds between two looks for what others asked of our turns."""


class Running:
    """The turns of this process, over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns: dict[str, Turn] = {}
        self._looking: asyncio.Task[None] | None = None
        self.closing = False

    def __contains__(self, turn_id: str) -> bool:
        """Whether a turn runs here, or ended here a moment ago."""
        return turn_id in self._turns

    def room(self, who: Principal, wanted: int = 1) -> None:
        """Refuse more turns at once than anybody needs.

        Raises:
            TooMany: so many more may not run now.
        """
        mine = (turn for turn in self._turns.values() if turn.owner_id == who.id)
        running = sum(not turn.replay.over for turn in mine)
        if self.closing or running + wanted > AT_ONCE:
            raise TooMany(seconds=5, retry_after=5)

    def begin(self, turn: Turn, over: Callable[[Turn], None] = lambda _turn: None) -> None:
        """Let a turn run; ``over`` is told when it has ended."""

        def leave(ended: Turn) -> None:
            loop = asyncio.get_running_loop()
            loop.call_later(LINGER, self._turns.pop, ended.id, None)
            over(ended)

        self._turns[turn.id] = turn
        turn.start(leave)
        if not self._store.is_sqlite and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(), name="turns that others stop")

    def of(self, who: Principal, turn_id: str) -> Turn | None:
        """A turn of this person's that runs in this process, or ended a moment ago."""
        turn = self._turns.get(turn_id)
        return turn if turn is not None and turn.owner_id == who.id else None

    async def end_of(self, owner_id: str) -> None:
        """End the turns of somebody who is erased, and wait until the last has ended."""
        theirs = [t for t in self._turns.values() if t.owner_id == owner_id and not t.replay.over]
        for turn in theirs:
            turn.end("deleted")
        for turn in theirs:
            await turn.wait()

    def in_conversation(self, conversation_id: str) -> list[Turn]:
        """The turns of a conversation that run here."""
        ours = self._turns.values()
        return [
            turn
            for turn in ours
            if turn.conversation_id == conversation_id and not turn.replay.over
        ]

    def in_contest(self, who: Principal, contest_id: str) -> list[Turn]:
        """The turns of a contest that run here, or ended a moment ago."""
        ours = self._turns.values()
        return [t for t in ours if t.owner_id == who.id and t.said.contest_id == contest_id]

    async def close(self, grace: float) -> None:
        """At shutdown: running turns may finish for ``grace`` seconds, then they are interrupted."""
        self.closing = True
        running = [turn for turn in self._turns.values() if not turn.replay.over]
        if running:
            waiting = [asyncio.ensure_future(turn.wait()) for turn in running]
            await asyncio.wait(waiting, timeout=grace)
            for turn in running:
                turn.end("interrupted")
            await asyncio.wait(waiting)
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        """While turns run here, ask the database whether somebody wants one of them to end."""
        while running := [turn for turn in self._turns.values() if not turn.replay.over]:
            await asyncio.sleep(LOOK)
            ids = [turn.id for turn in running]
            try:
                found = await self._store.read(lambda c, ids=ids: answers.unwanted(c, ids))  # type: ignore[misc]
            except DatabaseError:  # it is away; turns go on, and so do we
                log.warning("the database does not answer; turns cannot be stopped from elsewhere")
                continue
            for turn in running:
                if turn.id in found:
                    turn.end("deleted" if found[turn.id] else "stopped")
