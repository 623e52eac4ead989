# SPDX-License-Identifier: EUPL-1.2
"""The models that live in the house, as one thing to look after: shelf, engines and directory together.

Keeps the directory in step with the shelf, whoever changes it (a page, the API, the command line of
another process), and does what the edge asks for: fetch, remove, load and unload.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from hausgeist.core.models import ModelCard
from hausgeist.errors import HausgeistError
from hausgeist.gateway.dialects.ollama_models import Loaded, PullStep
from hausgeist.gateway.directory import Directory
from hausgeist.gateway.providers.house import NAME, HouseProvider
from hausgeist.gateway.weights import Shelf

PROGRESS_EVERY = 0.25
"""Seconds between two reports of a fetch."""


class Residents:
    """The house's own models. Every change is in the directory when the verb returns."""

    def __init__(self, shelf: Shelf, provider: HouseProvider, directory: Directory) -> None:
        self.shelf = shelf
        self._provider = provider
        self._directory = directory
        self._stamp = -1
        self._names: frozenset[str] = frozenset()

    async def refresh(self) -> None:
        """Read the shelf again if it changed."""
        stamp = await asyncio.to_thread(self.shelf.stamp)
        if stamp == self._stamp:
            return
        cards = await self._provider.describe()
        self._names = frozenset(card.id for card in cards)
        self._directory.put(NAME, self._provider, cards)
        self._stamp = stamp

    def loaded(self) -> list[Loaded]:
        """What is in memory or on its way there."""
        now_ms = time.time_ns() // 1_000_000
        return [
            Loaded(
                model=status.name,
                size=status.memory,
                context=status.context,
                expires_ms=None
                if status.expires_in is None
                else now_ms + int(status.expires_in * 1000),
            )
            for status in self._provider.loaded()
        ]

    def in_memory(self, model: str) -> bool:
        """Whether an answer can begin at once: the model is loaded, or its loading is not up to us."""
        return model not in self._names or any(one.name == model for one in self._provider.loaded())

    async def fetch(
        self, source: str, *, name: str = "", sha256: str = ""
    ) -> AsyncIterator[PullStep]:
        """Fetch a model and say how far it is. Closing the iterator stops the fetch.

        Raises:
            HausgeistError: see ``Shelf.add``.
        """
        yield PullStep(status="pulling manifest")
        done, total = 0, None

        def progress(so_far: int, size: int | None) -> None:
            nonlocal done, total
            done, total = so_far, size

        if source in {"starter", "starter:latest"}:
            work = self.shelf.add_starter(progress=progress)
        else:
            work = self.shelf.add(source, name=name, sha256=sha256, progress=progress)
        task = asyncio.create_task(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=PROGRESS_EVERY)
                yield PullStep(status="pulling", completed=done, total=total)
            manifest = task.result()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, HausgeistError):
                await task
        await self.refresh()
        yield PullStep(status="verifying sha256 digest", digest=manifest.digest)
        yield PullStep(status="success", digest=manifest.digest)

    async def remove(self, model: str) -> None:
        """Unload and remove a model.

        Raises:
            UnknownModel: the house has none of that name.
        """
        self._provider.unload(model)
        await asyncio.to_thread(self.shelf.remove, model)
        await self.refresh()

    async def keep(self, card: ModelCard, seconds: float | None) -> None:
        """Load a model for so many seconds: negative for ever, 0 unloads, None as usual.

        A model that runs elsewhere is loaded there, by whoever looks after it.
        """
        if card.provider != NAME:
            return
        if seconds == 0:
            self._provider.unload(card.id)
            return
        await self._provider.load(card, seconds)
