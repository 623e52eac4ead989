# SPDX-License-Identifier: EUPL-1.2
"""What items are for: gold is drawn first and at random, then development; the rest is the pool.

Gold decides, so nothing like it may be trained on: items of the pool that nearly repeat one of gold or
development are kept out. Texts are read a few hundred at a time, whatever their number.
"""

import asyncio
import heapq
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.nearness import Near
from hausgeist.core.tasks import Partition
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.store import drawing, items, tasks
from hausgeist.store.db import Store
from hausgeist.store.drawing import Lot

GOLD_LEAST = 20
GOLD_MOST = 10_000
DEV_SHARE = 0.15
DEV_MOST = 1_000
TOP_UP = 0.3
STRATA_MOST = 500
_SWEPT_AT_ONCE = 200
_MONTH = re.compile(r"(\d{4}-\d{2})-\d{2}")

Told = Callable[[int, int], Awaitable[None]]
"""Is told how far it is: done and total (0: unknown)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn: so many items; ``version`` of the gold set."""

    count: int
    version: int = 0


async def _nobody(done: int, total: int) -> None:
    del done, total


class Partitions:
    """Draws gold and development, and keeps the pool clear of what resembles them."""

    def __init__(self, store: Store, trail: Trail) -> None:
        self._store = store
        self._trail = trail

    async def properties(self, task_id: str) -> dict[str, list[str]]:
        """The properties of a task's items with some of their values; no texts."""
        return await self._store.read(lambda connection: drawing.properties(connection, task_id))

    async def draw_gold(
        self, task_id: str, user_id: str, count: int, strata: str = "", told: Told = _nobody
    ) -> Drawn:
        """Draw so many items for gold, and keep what resembles them out of the pool.

        ``strata`` names a property (a channel, a date: its month) whose values are drawn in proportion.
        The second drawing and later ones add to gold with a new version.

        Raises:
            InvalidField: the count is out of its range, or there are not enough items that nobody has seen.
            NotFound: there is no such task.
        """
        if not GOLD_LEAST <= count <= GOLD_MOST:
            raise InvalidField(
                field="gold", reason=N_("choose between 20 and 10,000 texts"), param="gold"
            )
        chosen = await self._chosen(task_id, count, strata)
        if len(chosen) < count:
            raise InvalidField(
                field="gold",
                reason=N_("there are not enough texts that nobody has answered"),
                param="gold",
            )
        drawn: list[Drawn] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            task = tasks.get(connection, task_id)
            if task is None:
                raise NotFound
            version = task.gold_version + 1
            kept = drawing.assign(connection, task_id, chosen, Partition.GOLD, gold_version=version)
            tasks.put(connection, replace(task, gold_version=version))
            drawn.append(Drawn(kept, version))
            return {"count": kept, "version": version}

        await self._trail.change("gold.drawn", keep, actor=user_id, subject=task_id)
        await self.sweep(task_id, told=told)
        return drawn[0]

    async def top_up(self, task_id: str, user_id: str, told: Told = _nobody) -> Drawn:
        """Add 30 % to gold. Raises as ``draw_gold``."""
        held = await self._store.read(partial(_held, task_id=task_id))
        return await self.draw_gold(
            task_id, user_id, max(GOLD_LEAST, round(TOP_UP * held[Partition.GOLD])), told=told
        )

    async def draw_dev(self, task_id: str, user_id: str, told: Told = _nobody) -> Drawn:
        """Fill development up to its share: 15 % of what is not gold, a thousand at most."""
        held = await self._store.read(partial(_held, task_id=task_id))
        free = held[Partition.POOL] + held[Partition.DEV]
        missing = min(DEV_MOST, round(DEV_SHARE * free)) - held[Partition.DEV]
        if missing <= 0:
            return Drawn(0)
        chosen = await self._chosen(task_id, missing, "")
        kept: list[int] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            kept.append(drawing.assign(connection, task_id, chosen, Partition.DEV))
            return {"count": kept[0]}

        await self._trail.change("dev.drawn", keep, actor=user_id, subject=task_id)
        await self.sweep(task_id, told=told)
        return Drawn(kept[0])

    async def sweep(self, task_id: str, after: int = 0, told: Told = _nobody) -> int:
        """Keep items of the pool after a ``seq`` out that resemble gold or development; gives how many."""

        def index(connection: Any) -> Near:
            return Near(drawing.held_texts(connection, task_id, Partition.GOLD, Partition.DEV))

        near = await self._store.read(index)
        if not len(near):
            return 0
        count = 0
        while some := await self._store.read(
            partial(drawing.pool_texts, task_id=task_id, after=after, most=_SWEPT_AT_ONCE)
        ):
            found = await asyncio.to_thread(_like, near, some)
            if found:
                count += len(found)
                await self._store.write(partial(drawing.keep_out, task_id=task_id, found=found))
            after = some[-1][0]
            await told(after, 0)
        return count

    async def _chosen(self, task_id: str, count: int, strata: str) -> list[str]:
        def draw(connection: Any) -> list[str]:
            return drawn_of(
                drawing.lots(connection, task_id, with_meta=bool(strata)), count, strata
            )

        return await self._store.read(draw)


def drawn_of(lots: Iterable[Lot], count: int, strata: str) -> list[str]:
    """The ids of those drawn: of each stratum in proportion (largest remainders), by their random numbers.

    Keeps no more than ``count`` of a stratum in memory.
    """
    sizes: dict[str, int] = defaultdict(int)
    lowest: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for lot in lots:
        name = _stratum(lot.meta.get(strata, "")) if strata else ""
        if name not in sizes and len(sizes) >= STRATA_MOST:
            name = ""  # so many different values are no strata
        sizes[name] += 1
        heap = lowest[name]
        if len(heap) < count:
            heapq.heappush(heap, (-lot.rank, lot.id))
        elif -heap[0][0] > lot.rank:
            heapq.heapreplace(heap, (-lot.rank, lot.id))
    total = sum(sizes.values())
    if not total:
        return []
    count = min(count, total)
    exact = {name: count * size / total for name, size in sizes.items()}
    shares = {name: int(share) for name, share in exact.items()}
    rest = sorted(exact, key=lambda name: (shares[name] - exact[name], name))
    for name in rest[: count - sum(shares.values())]:
        shares[name] += 1
    chosen: list[str] = []
    for name, share in shares.items():
        ranked = sorted(lowest[name], key=lambda one: -one[0])
        chosen += [item_id for _, item_id in ranked[:share]]
    return chosen


def _stratum(value: str) -> str:
    found = _MONTH.match(value)
    return found[1] if found else value


def _like(near: Near, some: list[tuple[int, str, str]]) -> list[tuple[str, str]]:
    found = ((item_id, near.of(text)) for _, item_id, text in some)
    return [(item_id, like) for item_id, like in found if like is not None]


def _held(connection: Any, task_id: str) -> dict[Partition, int]:
    return {
        one: found.total - found.dups for one, found in items.counts(connection, task_id).items()
    }
