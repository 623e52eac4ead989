# SPDX-License-Identifier: EUPL-1.2
"""Which items somebody answers next, what they see of them, and what is kept from them on purpose.

Work comes in three kinds: ``pool`` (texts to learn from, with those of the dev set among them), ``gold`` (the
gold set, always blind, two people for each item) and ``again`` (what a change of the labels has to have
answered anew). What somebody gets is reserved for them for some minutes: nobody else gets it beyond the
overlap. A share of every order is drawn at random; it pays for unbiased figures.

Here it is decided, for each item and once for all, whether it is of the blind control arm and whether its
suggestion is replaced by a wrong one. Nothing here asks a model.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.core.answers import Value
from hausgeist.core.items import Item
from hausgeist.core.tasks import Mode, Partition, Task
from hausgeist.errors import N_
from hausgeist.store import items, task_answers, task_queue
from hausgeist.store.db import Store
from hausgeist.store.deployments import AUDIT
from hausgeist.store.task_queue import Claim, Reserved, Suggested
from hausgeist.store.tasks import Member
from hausgeist.workbench import routing
from hausgeist.workbench.counting import counts
from hausgeist.workbench.finding import GOLD, POOL, RANDOM, SUSPECT, Finder, Wish
from hausgeist.workbench.planting import mixed_up, planted
from hausgeist.workbench.review import people_for

RESERVED_MS = 20 * 60_000
"""How long an item stays somebody's who does not come back; whoever works keeps theirs."""
SHARE_DONE = N_("You have had your share of texts for today. Thank you; take a break.")

_TRIES = 3
_PLACES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """An item with everything its reader needs.

    ``suggestion`` is None whenever the mode is blind. ``planted`` is shown in its place. ``drawn`` is
    ``random``, or the order it came in. ``before``: what the member said of it last time.
    """

    item: Item
    mode: Mode
    suggestion: Suggested | None = None
    planted: Value | None = None
    drawn: str = RANDOM
    again: bool = False
    before: task_answers.Answer | None = None

    @property
    def shown(self) -> Value | None:
        """The value that is suggested to the reader."""
        if self.suggestion is None:
            return None
        return self.planted if self.planted is not None else self.suggestion.value


@dataclass(frozen=True, slots=True)
class Drawn:
    """What comes next. ``note``: why it is not what was asked for, an English text of the catalogue."""

    items: list[WorkItem]
    order: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a task is: answers of the member's, altogether and in the last day; items with an answer."""

    mine: int
    today: int
    labelled: int
    total: int
    gold: int
    gold_total: int
    again: int


_COUNTED_MS = 20_000
_COUNTED_FROM = 50_000
"""So many items, or more, are not counted anew at every look."""
_COUNTED_MOST = 1_000
_DAY_MS = 86_400_000


class Queue:
    """The queues of all members of all tasks. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, secret: bytes, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms
        self._counted: dict[str, tuple[int, tuple[int, int, int, int, int]]] = {}
        self._finder = Finder(store)

    async def next_items(
        self, task: Task, member: Member, count: int = 10, order: str = RANDOM
    ) -> list[WorkItem]:
        """The items of the pool that a member answers next, reserved for them."""
        return (await self.draw(task, member, Wish(count=count, order=order))).items

    async def draw(self, task: Task, member: Member, wish: Wish) -> Drawn:
        """What a member answers next, reserved for them: first what was reserved already.

        Items in ``wish.have`` are not given again. What they had reserved for another order goes back.
        """
        now = self._now_ms()
        if wish.work == POOL and task.daily:
            left = task.daily - (await self.standing(task, member)).today - len(wish.have)
            wish = replace(wish, count=max(0, min(wish.count, left)))
            if not wish.count:
                return Drawn([], wish.order, SHARE_DONE)
        kept = await self._kept(task, member, wish, now)
        mine = [one for one in kept if one.item_id not in wish.have][: wish.count]
        note = ""
        if len(mine) < wish.count:
            fresh, note = await self._more(task, member, wish, kept, wish.count - len(mine))
            mine += fresh
        return Drawn(await self._dressed(task, member, mine), wish.order, note)

    async def one(self, task: Task, member: Member, item_id: str) -> WorkItem | None:
        """One item of the task by its id, reserved for the member, with what they said of it before.

        None: there is none, or it is of the gold set and others answer it, or nobody is asked about it.
        """
        item = await self._store.read(lambda connection: items.get(connection, task.id, item_id))
        if item is None or item.dup_of is not None:
            return None
        there = await self._store.read(
            lambda connection: (
                task_queue.reservation(connection, task.id, member.id, item_id),
                task_answers.standing(connection, task.id, member.id, item_id),
            )
        )
        found, before = there
        if item.partition is Partition.GOLD and before is None:
            wanted_now = await self._finder.to_judge(task)
            if wanted_now is not None and item_id not in wanted_now:
                return None
        if found is None:
            work = GOLD if item.partition is Partition.GOLD else POOL
            wanted = self._wanted(task, member, Wish(order="chosen", work=work), item_id, "chosen")
            freely = before is not None or item.partition is not Partition.GOLD
            got = await self._reserve(task, member, [wanted], 1, freely=freely)
            if not got:
                return None
            found = got[0]
        dressed = await self._dressed(task, member, [found])
        return dressed[0] if dressed else None

    async def reserved(self, task: Task, member: Member, item_id: str) -> Reserved | None:
        """What a member's screen says of an item: what was shown there is kept with the answer."""
        return await self._store.read(
            lambda connection: task_queue.reservation(connection, task.id, member.id, item_id)
        )

    async def standing(self, task: Task, member: Member) -> Standing:
        """How far a task is; the counts of all items are some seconds old at most."""
        now = self._now_ms()
        at, counted = self._counted.get(task.id, (0, (0, 0, 0, 0, 0)))
        if now - at > _COUNTED_MS or counted[1] < _COUNTED_FROM:
            counted = await self._store.read(lambda connection: counts(connection, task))
            if len(self._counted) > _COUNTED_MOST:
                self._counted.clear()
            self._counted[task.id] = (now, counted)
        mine, today = await self._store.read(
            lambda connection: (
                task_answers.count_of(connection, task.id, member.id),
                task_answers.count_of(connection, task.id, member.id, now - _DAY_MS),
            )
        )
        return Standing(mine, today, *counted)

    async def kept_back(self, task: Task) -> bool:
        """Whether suggestions are kept from everybody for a while, for wrong ones were not noticed."""
        found = await self._store.read(lambda connection: routing.blocked(connection, task))
        return found is not None

    async def keep_settings(self, member: Member, changed: Mapping[str, Any]) -> None:
        """Keep a member's own settings, such as their keys, beside what they had set before."""
        await self._store.write(
            lambda connection: task_queue.keep_settings(
                connection, member.id, {**member.settings, **changed}
            )
        )

    async def guideline(self, task: Task) -> task_queue.Guideline | None:
        """The guideline that stands beside the item."""
        return await self._store.read(lambda connection: task_queue.guideline(connection, task.id))

    async def suggestion(self, task: Task, item_id: str, suggestion_id: str) -> Suggested | None:
        """A suggestion that was shown; never one of an item of the gold set."""
        said = await self._store.read(
            lambda connection: task_queue.suggested(connection, task.id, [item_id])
        )
        every = said.get(item_id, {}).values()
        return next((one for one in every if one.id == suggestion_id), None)

    async def release(self, task: Task, member: Member) -> None:
        """Give back everything that is reserved for a member."""
        await self._store.write(lambda c: task_queue.release_all(c, task.id, member.id))

    def in_control_arm(self, task: Task, item_id: str) -> bool:
        """Whether an item of the pool is shown without a suggestion, whatever the mode of the task."""
        return self._share(task, item_id, "blind") < task.blind_share

    def keeps_its_reason(self, task: Task, item_id: str) -> bool:
        """Whether a right suggestion has no reason either: planted errors, a fifth of both, stay unknown."""
        return self._share(task, item_id, "reason") < min(0.5, 4 * task.planted_share)

    # -- drawing ----------------------------------------------------------------------------------

    async def _kept(self, task: Task, member: Member, wish: Wish, now: int) -> list[Reserved]:
        """What is reserved for the member and fits the wish; the rest goes back, the fitting is extended."""

        def sort(connection: Any) -> list[Reserved]:
            ours = task_queue.reserved(connection, task.id, member.id)
            fits = [one for one in ours if (one.work, one.wanted) == (wish.work, _key(wish))]
            others = [one.item_id for one in ours if one not in fits]
            task_queue.release(connection, task.id, member.id, others)
            out = [one for one in fits if one.until <= now and one.item_id not in wish.have]
            task_queue.release(connection, task.id, member.id, [one.item_id for one in out])
            task_queue.extend(connection, task.id, member.id, now + RESERVED_MS)
            return [one for one in fits if one not in out]

        return await self._store.write(sort)

    async def _more(
        self, task: Task, member: Member, wish: Wish, kept: Sequence[Reserved], count: int
    ) -> tuple[list[Reserved], str]:
        got: list[Reserved] = []
        note = ""
        seen = {one.item_id for one in kept} | set(wish.have)
        place = max((one.place for one in kept), default=0) + 1
        for _ in range(_TRIES):
            if len(got) >= count:
                break
            found, note = await self._finder.candidates(task, member, wish, count - len(got), seen)
            if not found:
                break
            seen |= {item_id for item_id, _ in found}
            wanted = [
                self._wanted(task, member, wish, item_id, drawn, (place + at) % _PLACES)
                for at, (item_id, drawn) in enumerate(found)
            ]
            place += len(wanted)
            freely = wish.order == SUSPECT and wish.work == POOL
            got += await self._reserve(task, member, wanted, count - len(got), freely=freely)
        return got, note

    async def _reserve(
        self, task: Task, member: Member, wanted: Sequence[Reserved], most: int, *, freely: bool
    ) -> list[Reserved]:
        """Reserve, and decide what is shown: suggestions are looked up once, here."""
        ids = [one.item_id for one in wanted]
        found, said, pairs, many, kept_back = await self._store.read(
            lambda connection: (
                items.several(connection, task.id, ids),
                task_queue.suggested(connection, task.id, ids),
                task_answers.confusions(connection, task.id) if task.planted_share else [],
                routing.everybody(connection, task),
                routing.blocked(connection, task) is not None,
            )
        )
        seeing = replace(task, mode=Mode.BLIND) if kept_back else task
        mixed = mixed_up(task, pairs)
        dressed = [
            self._decided(seeing, one, found[one.item_id], said.get(one.item_id, {}), mixed)
            for one in wanted
            if one.item_id in found
        ]
        people = {one: people_for(task, one) for one in Partition}
        more = {one: many for one in ids if many and routing.unsure(task, said.get(one, {}))}
        claim = Claim(task.id, member.id, dressed, people, freely, more)
        now = self._now_ms()
        return await self._store.write(
            lambda connection: task_queue.reserve(connection, claim, most, now)
        )

    # -- what is shown ----------------------------------------------------------------------------

    def _decided(
        self,
        task: Task,
        wanted: Reserved,
        item: Item,
        said: dict[str, Suggested],
        mixed_up: dict[str, list[str]],
    ) -> Reserved:
        """What the member sees of an item: its mode, the suggestion, and whether that is a wrong one."""
        shown = task_queue.best(said)
        # what measures a model must not be led by one: dev and gold, and the audit of what was served
        measured = item.partition is not Partition.POOL or item.source == AUDIT
        if (
            measured
            or shown is None
            or task.mode is Mode.BLIND
            or self.in_control_arm(task, item.id)
        ):
            return replace(wanted, mode=Mode.BLIND)
        wrong = None
        if self._share(task, item.id, "planted") < task.planted_share:

            def draw(most: int) -> int:
                return int(self._share(task, item.id, f"wrong {most}") * most)

            wrong = planted(task, item.text, shown.value, draw, mixed_up)
        return replace(wanted, mode=task.mode, shown=shown.id, planted=wrong)

    def _share(self, task: Task, item_id: str, what: str) -> float:
        """A number from 0 to below 1, the same every time, that nobody outside can know."""
        said = f"{task.id}:{item_id}:{what}".encode()
        drawn = hmac.digest(self._secret, b"hausgeist queue " + said, hashlib.sha256)
        return int.from_bytes(drawn[:8]) / 2**64

    def _wanted(  # noqa: PLR0917  what a reservation is made of
        self, task: Task, member: Member, wish: Wish, item_id: str, drawn: str, place: int = 0
    ) -> Reserved:
        return Reserved(
            item_id=item_id,
            actor=member.id,
            task_id=task.id,
            work=wish.work,
            wanted=_key(wish),
            drawn=drawn,
            place=place,
            until=self._now_ms() + RESERVED_MS,
        )

    async def _dressed(
        self, task: Task, member: Member, reserved: Sequence[Reserved]
    ) -> list[WorkItem]:
        ids = [one.item_id for one in reserved]
        found, said, before = await self._store.read(
            lambda connection: (
                items.several(connection, task.id, ids),
                task_queue.suggested(connection, task.id, ids),
                {
                    one.item_id: one
                    for one in task_answers.live(
                        connection, task.id, actor=member.id, ids=ids, skipped=True
                    )
                },
            )
        )
        made = []
        for one in reserved:
            if one.item_id not in found:
                continue
            item, offered = found[one.item_id], said.get(one.item_id, {})
            shown = next((each for each in offered.values() if each.id == one.shown), None)
            made.append(
                WorkItem(
                    item=item,
                    mode=one.mode if shown else Mode.BLIND,
                    suggestion=shown,
                    planted=one.planted if shown else None,
                    drawn=one.drawn,
                    again=item.again > 0,
                    before=before.get(item.id),
                )
            )
        return made


def _key(wish: Wish) -> str:
    """What tells one order from another in what is reserved."""
    return wish.order if wish.work == POOL else wish.work
