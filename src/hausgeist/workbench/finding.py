# SPDX-License-Identifier: EUPL-1.2
"""What somebody may get next: a wish in, ids of open items out, each with the order it came in.

Searches go on where the member's last one ended; every order mixes in a share that is drawn at random. What
is found here is nobody's yet: ``workbench.queue`` reserves it and decides what is shown with it.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from hausgeist.core.likeness import likeness, traits
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import N_
from hausgeist.store import openings, task_queue
from hausgeist.store.db import Store
from hausgeist.store.task_queue import Window
from hausgeist.store.tasks import Member
from hausgeist.workbench import routing
from hausgeist.workbench.review import people_for

RANDOM, UNSURE, DISAGREE, SIMILAR, SUSPECT = "random", "unsure", "disagree", "similar", "suspect"
ORDERS = (RANDOM, UNSURE, DISAGREE, SIMILAR, SUSPECT)
POOL, GOLD, AGAIN = "pool", "gold", "again"
WORKS = (POOL, GOLD, AGAIN)

DEV_EVERY = 5
"""Every so-manieth item of ordinary work is of the dev set, as long as it has open ones."""


_FIRST_WINDOW, _WINDOW_MOST = 100, 4_000
_WINDOWS_FIRST, _WINDOWS = 3, 400
"""So many windows are looked at before the next walk's turn, and before there is said to be nothing."""
_SIMILAR_AMONG = 1_000
_SIMILAR_KEPT = 60
_BEGIN = 1_000
"""Characters of a text that likeness is computed from."""
_CURSORS = 1_000
_BARE_FROM = 2_000
_BARE_SECONDS = 60.0
"""A walk over so many items that found nothing is not walked again for so long: see ``_begun_since``."""
_RANKED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for. ``like``: the item that the order ``similar`` goes by; ``have``: on screen."""

    count: int = 10
    order: str = RANDOM
    work: str = POOL
    like: str = ""
    have: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk over open items; ``name`` tells its place from that of others.

    ``complete``: as many people as usual have answered them; ``among``: only these are given.
    """

    wanted: Window
    name: str
    complete: bool = False
    among: frozenset[str] | None = None


class Finder:
    """Searches of all members of all tasks, with where each of them stands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cursors: OrderedDict[tuple[str, str, str, int], float] = OrderedDict()
        self._ranked: OrderedDict[tuple[str, str, str], list[str]] = OrderedDict()
        self._bare: OrderedDict[tuple[str, str, str, int], tuple[float, int]] = OrderedDict()

    async def candidates(
        self, task: Task, member: Member, wish: Wish, count: int, seen: set[str]
    ) -> tuple[list[tuple[str, str]], str]:
        """Ids of items, each with the order it comes in: twice what is wanted, because others may be faster.

        The random share is spread over them. With it: why they are not what was asked for.
        """
        most = 2 * count
        if wish.work == AGAIN:
            ids = await self._store.read(
                lambda connection: task_queue.asked_again(
                    connection, task.id, member.id, most + len(seen)
                )
            )
            ids = [one for one in ids if one not in seen]
            return [(one, AGAIN) for one in ids[:most]], ""
        if wish.work == GOLD:
            ids = await self._drawn(task, member, Partition.GOLD, most, seen)
            return [(one, RANDOM) for one in ids], ""
        ordered, note = await self._ordered(task, member, wish, most, seen)
        by_chance = await self._mixed(task, member, most, seen | set(ordered))
        made: list[tuple[str, str]] = []
        while (ordered or by_chance) and len(made) < most:
            lucky = not ordered or random.random() < task.random_share  # noqa: S311  no secret
            if lucky and by_chance:
                made.append((by_chance.pop(0), RANDOM))
            elif ordered:
                made.append((ordered.pop(0), wish.order))
            else:
                break
        return made, note

    async def _ordered(
        self, task: Task, member: Member, wish: Wish, most: int, seen: set[str]
    ) -> tuple[list[str], str]:
        """The items that an order puts first; none in the random one. And why there are none."""
        if wish.order == UNSURE:
            return await self._unsure(task, member, most, seen)
        if wish.order == DISAGREE:
            found = await self._disagreeing(task, member, most, seen)
            return found, "" if found else N_(
                "No open text was found on which student and teacher differ: these are drawn at random."
            )
        if wish.order == SIMILAR:
            return await self._similar(task, member, wish.like, most, seen)
        if wish.order == SUSPECT:
            found = await self._store.read(
                lambda connection: task_queue.suspects(
                    connection, task.id, member.id, most + len(seen)
                )
            )
            found = [one for one in found if one not in seen][:most]
            return found, "" if found else N_(
                "No answer of yours looks wrong to the student: these are drawn at random."
            )
        return [], ""

    async def _unsure(
        self, task: Task, member: Member, most: int, seen: set[str]
    ) -> tuple[list[str], str]:
        if not await self._store.read(
            lambda connection: task_queue.worth_anything(connection, task.id)
        ):
            return [], N_(
                "Nothing is known yet about what the student is unsure of: these are drawn at random."
            )
        found: list[str] = []
        for answered in reversed(range(people_for(task, Partition.POOL))):
            wanted = Window(Partition.POOL, answered, by_worth=True, size=max(_FIRST_WINDOW, most))
            some = await self._window(task, member, wanted)
            fit = await self._fitting(task, member, some, complete=False)
            found += [one.id for one in some if not one.mine and one.id in fit - seen]
        return found[:most], ""

    async def _disagreeing(
        self, task: Task, member: Member, most: int, seen: set[str]
    ) -> list[str]:
        levels = reversed(range(people_for(task, Partition.POOL)))
        walks = [
            _Walk(Window(Partition.POOL, answered, differing=True), DISAGREE) for answered in levels
        ]
        return await self._strolled(task, member, walks, most, seen)

    async def _similar(
        self, task: Task, member: Member, like: str, most: int, seen: set[str]
    ) -> tuple[list[str], str]:
        """What is most like a text, of a share of the open ones: compared once, then taken one by one."""
        key = (task.id, member.id, like)
        ranked = [one for one in self._ranked.get(key, ()) if one not in seen]
        if ranked:
            ranked = await self._store.read(
                lambda connection: task_queue.still_open(connection, task.id, member.id, ranked)
            )
        if len(ranked) < most:
            ids = await self._drawn(task, member, Partition.POOL, _SIMILAR_AMONG, seen | {like})
            found = await self._store.read(
                lambda connection: task_queue.beginnings(connection, task.id, [like, *ids], _BEGIN)
            )
            if like not in found:
                return [], N_("There is no text to compare with: these are drawn at random.")
            ranked = await asyncio.to_thread(_most_like, found, like, ids)
        self._ranked[key] = ranked
        self._ranked.move_to_end(key)
        while len(self._ranked) > _RANKED:
            self._ranked.popitem(last=False)
        return ranked[:most], ""

    async def _mixed(self, task: Task, member: Member, most: int, seen: set[str]) -> list[str]:
        """Items by chance: of the pool, with one of the dev set every now and then."""
        pool = await self._drawn(task, member, Partition.POOL, most, seen)
        dev = await self._drawn(task, member, Partition.DEV, max(1, most // DEV_EVERY), seen)
        made: list[str] = []
        while pool or dev:
            lucky = random.randrange(DEV_EVERY) == 0  # noqa: S311  no secret
            made.append((dev if dev and (lucky or not pool) else pool).pop(0))
        return made[:most]

    async def _drawn(
        self, task: Task, member: Member, partition: Partition, most: int, seen: Collection[str]
    ) -> list[str]:
        """Open items in the order that was drawn at random once; what others have begun comes first."""
        people = people_for(task, partition)
        judged = await self.to_judge(task) if partition is Partition.GOLD else None
        most_people = (
            people
            if partition is not Partition.POOL
            else await self._store.read(
                lambda connection: max(people, routing.everybody(connection, task))
            )
        )
        walks = [
            _Walk(Window(partition, answered), partition.value, answered >= people, judged)
            for answered in reversed(range(most_people))
        ]
        return await self._strolled(task, member, walks, most, seen)

    async def _strolled(
        self,
        task: Task,
        member: Member,
        walks: Sequence["_Walk"],
        most: int,
        seen: Collection[str],
    ) -> list[str]:
        """Open items of walks, the first before the others: a few windows of each, all only if need be.

        Where a member has answered tens of thousands, the search goes on from text to text.
        """
        found: list[str] = []
        left = list(walks)
        for windows in (_WINDOWS_FIRST, _WINDOWS):
            for walk in tuple(left):
                if len(found) >= most:
                    return found
                more, whole = await self._walked(
                    task, member, walk, most - len(found), {*seen, *found}, windows
                )
                found += more
                if whole:
                    left.remove(walk)
        return found

    async def _walked(  # noqa: PLR0917  a walk with its bounds
        self,
        task: Task,
        member: Member,
        walk: "_Walk",
        most: int,
        seen: Collection[str],
        windows: int,
    ) -> tuple[list[str], bool]:
        """Open items of one walk over so many windows, and whether it came to its end.

        Goes on where the member's last search ended, or at what they answered last, and begins anew once at
        the end, so that nobody walks over what they have answered again and again.
        """
        found: list[str] = []
        key = (task.id, member.id, walk.name, walk.wanted.answered)
        bare = self._bare.get(key)
        if bare is not None and time.monotonic() - bare[0] < _BARE_SECONDS:
            return await self._begun_since(task, member, walk, bare[1], most, seen), True
        self._bare.pop(key, None)
        latest = await self._store.read(
            lambda connection: task_queue.latest_at(connection, task.id)
        )
        passed_over = 0
        if key not in self._cursors:
            self._remember(key, await self._latest(task, member, walk.wanted.partition))
        begun = after = self._cursors.get(key)
        size = max(_FIRST_WINDOW, most)
        wrapped = begun is None
        whole = False
        for _ in range(windows):
            some = await self._window(task, member, replace(walk.wanted, after=after, size=size))
            passed_over += len(some)
            fresh = await self._open(task, member, walk, some, {*seen, *found})
            found += fresh[: most - len(found)]  # the walk may come over its own beginning
            passed = wrapped and begun is not None and bool(some) and some[-1].place >= begun
            whole = (wrapped and len(some) < size) or passed
            if len(found) >= most or whole:
                break
            wrapped = wrapped or len(some) < size
            after = None if len(some) < size else some[-1].place
            self._remember(key, after)
            size = min(size * 4, _WINDOW_MOST)
        if whole and not found and passed_over >= _BARE_FROM:
            while len(self._bare) >= _CURSORS:
                self._bare.popitem(last=False)
            self._bare[key] = time.monotonic(), latest
        return found, whole

    async def _open(
        self,
        task: Task,
        member: Member,
        walk: "_Walk",
        some: Sequence[task_queue.Open],
        seen: Collection[str],
    ) -> list[str]:
        """Of a window, what the member may get."""
        fit: Collection[str] | None = walk.among
        if walk.wanted.partition is Partition.POOL:
            fit = await self._fitting(task, member, some, complete=walk.complete)
        return [
            one.id
            for one in some
            if not one.mine and one.id not in seen and (fit is None or one.id in fit)
        ]

    async def _begun_since(  # noqa: PLR0917  as the walk that it stands for
        self,
        task: Task,
        member: Member,
        walk: "_Walk",
        at: int,
        most: int,
        seen: Collection[str],
    ) -> list[str]:
        """Where a long walk found nothing: what others have answered since then."""
        some = await self._store.read(
            lambda connection: task_queue.begun_since(
                connection, task.id, member.id, walk.wanted, at
            )
        )
        return (await self._open(task, member, walk, some, seen))[:most]

    async def _latest(self, task: Task, member: Member, partition: Partition) -> float | None:
        return await self._store.read(
            lambda connection: task_queue.latest_place(connection, task.id, member.id, partition)
        )

    async def to_judge(self, task: Task) -> frozenset[str] | None:
        """The texts of the gold set that people are to judge now; None: all of them."""
        return await self._store.read(lambda connection: openings.to_judge(connection, task))

    async def _fitting(
        self, task: Task, member: Member, some: Sequence[task_queue.Open], *, complete: bool
    ) -> set[str]:
        """Of a window of the pool, what the task's rules give to this member."""
        ids = [one.id for one in some]
        return await self._store.read(
            lambda connection: routing.fitting(connection, task, member, ids, complete=complete)
        )

    async def _window(self, task: Task, member: Member, wanted: Window) -> list[task_queue.Open]:
        return await self._store.read(
            lambda connection: task_queue.window(connection, task.id, member.id, wanted)
        )

    def _remember(self, key: tuple[str, str, str, int], after: float | None) -> None:
        if after is None:
            self._cursors.pop(key, None)
            return
        self._cursors[key] = after
        self._cursors.move_to_end(key)
        while len(self._cursors) > _CURSORS:
            self._cursors.popitem(last=False)


def _most_like(found: Mapping[str, str], like: str, ids: Sequence[str]) -> list[str]:
    """Ids of the texts that are most like one of them, the most like first."""
    wanted = traits(found[like])
    near = [(likeness(wanted, traits(found[one])), one) for one in ids if one in found]
    near.sort(key=lambda pair: -pair[0])
    return [one for score, one in near[:_SIMILAR_KEPT] if score > 0]
