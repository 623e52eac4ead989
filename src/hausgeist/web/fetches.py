# SPDX-License-Identifier: EUPL-1.2
"""Models on their way into the house, started from a page: how far each is, and a way to stop it.

They belong to this process. What was fetched of a file stays on the shelf, so that starting again goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import Conflict, HausgeistError, Internal
from hausgeist.gateway.dialects.ollama_models import PullStep

Pull = Callable[[str], AsyncIterator[PullStep]]
KEPT = 5
"""Ended fetches that the page still shows."""


@dataclass(slots=True)
class Fetch:
    """One fetch; sizes in bytes. ``error`` is set when it ended without a model."""

    id: str
    source: str
    done: int = 0
    total: int | None = None
    ended: bool = False
    error: HausgeistError | None = None


class Fetches:
    """The fetches of this process."""

    def __init__(self) -> None:
        self._all: dict[str, Fetch] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def all(self) -> list[Fetch]:
        """Running ones, and the last that ended."""
        return list(self._all.values())

    def running(self) -> bool:
        """Whether anything is on its way."""
        return any(not fetch.ended for fetch in self._all.values())

    def start(self, fetch_id: str, source: str, pull: Pull, *, trail: Trail, by: str) -> None:
        """Begin to fetch a source.

        Raises:
            Conflict: it is on its way already.
        """
        if any(fetch.source == source and not fetch.ended for fetch in self._all.values()):
            raise Conflict(what=source, param="source")
        ended = [fetch.id for fetch in self._all.values() if fetch.ended]
        for old in ended[: max(0, len(ended) - KEPT + 1)]:
            del self._all[old]
        fetch = self._all[fetch_id] = Fetch(fetch_id, source)
        self._tasks[fetch_id] = asyncio.create_task(self._run(fetch, pull, trail, by))

    def stop(self, fetch_id: str) -> bool:
        """Stop one; False when there is none."""
        task = self._tasks.get(fetch_id)
        if task is None:
            return False
        task.cancel()
        return True

    async def close(self) -> None:
        """Stop all and wait until they have ended."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, fetch: Fetch, pull: Pull, trail: Trail, by: str) -> None:
        came = False
        try:
            # before it begins: what is done to files cannot share a transaction with its event
            asked = fetch.source.partition("?")[0]
            await trail.record("model.pull", actor=by, source=asked)
            async with aclosing(pull(fetch.source)) as steps:  # type: ignore[type-var]  # a generator
                async for step in steps:
                    fetch.done = step.completed or fetch.done
                    fetch.total = step.total or fetch.total
                    came = step.status == "success"
                    digest = step.digest
            if came:
                facts: dict[str, Fact] = {"before.present": False, "after.present": True}
                source = fetch.source.partition("?")[0]
                await trail.record("model.added", actor=by, subject=digest, source=source, **facts)
        except HausgeistError as error:
            fetch.error = error
        finally:
            fetch.ended = True
            if not came and fetch.error is None:
                fetch.error = Internal()
            self._tasks.pop(fetch.id, None)
