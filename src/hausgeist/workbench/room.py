# SPDX-License-Identifier: EUPL-1.2
"""The adjudication room: one case after the other where people differ; somebody decides, and says why.

Answers come without names, under letters that are shuffled anew for every case. A text of the gold set is
decided by somebody who has not answered it; that it was decided is in the trail. A decision may be undone,
and the one before it counts again.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.items import Item
from hausgeist.core.remembered import Remembered, Sign
from hausgeist.core.resolution import fits
from hausgeist.core.tasks import Partition, Task
from hausgeist.core.trail import Fact
from hausgeist.errors import GoldSealed, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import datasets, decisions, items, tallies, task_answers
from hausgeist.store.db import Store
from hausgeist.store.decisions import Decision, Place
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.fitting import fitted
from hausgeist.workbench.review import people_for

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REASON_MOST = 2_000
"""Characters of a reason."""
COUNTED_MOST = 500
"""Cases that are counted; where there are more, that is what is said."""

_WINDOW = 200


@dataclass(frozen=True, slots=True)
class Option:
    """An answer of one person or of several who say the same: their letters, what they remarked."""

    letters: tuple[str, ...]
    value: Value
    comments: tuple[str, ...] = ()
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A text with what was said of it. ``remarks``: of those who said nothing else.

    ``decided``: what counts by a decision, None: nobody has decided. ``open``: people differ and it counts
    nothing yet.
    """

    item: Item
    options: tuple[Option, ...]
    remarks: tuple[str, ...]
    decided: Decision | None
    open: bool

    @property
    def people(self) -> int:
        """How many people answered."""
        return sum(len(one.letters) for one in self.options)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Cases that wait: for this member, those of them in the gold set, and gold for somebody else.

    ``more``: there are more than were counted.
    """

    mine: int
    gold: int
    others: int
    more: bool = False


class Room:
    """Where members decide. ``now_ms`` gives milliseconds since the epoch; ``secret`` shuffles letters."""

    def __init__(
        self, store: Store, trail: Trail, secret: bytes, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._trail = trail
        self._secret = secret
        self._now_ms = now_ms
        self._waiting: Remembered[Waiting] = Remembered(200, lambda found: found.more)

    async def next(self, task: Task, member: Member, *, after: str = "") -> Case | None:
        """The next case that a member may decide, after that of an item; None: there is none.

        After the last one it begins anew.
        """

        def look(connection: Any) -> Case | None:
            passed = items.get(connection, task.id, after) if after else None
            start = (passed.rank, passed.id) if passed else None
            for place in dict.fromkeys((start, None)):
                for item_id, sealed in _open(connection, task, member, place):
                    if not sealed and item_id != after:
                        return self._case(connection, task, item_id)
            return None

        return await self._store.read(look)

    async def case(self, task: Task, member: Member, item_id: str) -> Case:
        """The case of an item: also one on which people agree, or that was decided.

        Raises:
            NotFound: the task has no such item, or nobody has answered it.
            GoldSealed: it is of the gold set and not for this member to decide; that is in the trail.
        """

        def look(connection: Any) -> tuple[Case | None, bool]:
            found = self._case(connection, task, item_id)
            return found, found is not None and _sealed(connection, task, member, found)

        found, sealed = await self._store.read(look)
        if sealed:
            await self._peeked(task, member, item_id)
        if found is None:
            raise NotFound
        return found

    async def waiting(self, task: Task, member: Member) -> Waiting:
        """How many cases there are; where they are more than are counted, that is known for a minute."""

        def look(connection: Any) -> Waiting:
            mine = gold = others = 0
            for item_id, sealed in _open(connection, task, member, None):
                if sealed:
                    others += 1
                    continue
                mine += 1
                found = items.get(connection, task.id, item_id)
                gold += found is not None and found.partition is Partition.GOLD
                if mine + others == COUNTED_MOST:
                    return Waiting(mine, gold, others, more=True)
            return Waiting(mine, gold, others)

        def remembered(connection: Any) -> Waiting:
            sign = Sign((task, member), tallies.stamp(connection, task.id))
            key = task.id, member.id
            return self._waiting.of(key, sign, self._now_ms(), lambda: look(connection))

        return await self._store.read(remembered)

    async def decide(
        self, task: Task, member: Member, item_id: str, value: Value, reason: str = ""
    ) -> Decision:
        """Decide what counts of an item: one of the answers, or another. The same again is kept once.

        Raises:
            NotFound, GoldSealed: as ``case``.
            AnswerNotFitting: the value does not fit the task or the text.
        """
        case = await self.case(task, member, item_id)
        before = case.decided
        made = Decision(
            id=new_id(),
            task_id=task.id,
            item_id=item_id,
            actor=member.id,
            value=fitted(task, case.item.text, value),
            reason=reason.strip()[:REASON_MOST],
            schema_version=task.schema_version,
            at=self._now_ms(),
        )
        if before is not None and (before.actor, before.value, before.reason) == (
            made.actor,
            made.value,
            made.reason,
        ):
            return before
        if case.item.partition is not Partition.GOLD:
            await self._store.write(lambda connection: decisions.add(connection, made))
            return made

        def keep(connection: Any) -> Mapping[str, Fact]:
            decisions.add(connection, made)
            return {"task": task.id}

        await self._trail.change("gold.adjudicated", keep, actor=_who(member), subject=item_id)
        return made

    async def undo(self, task: Task, member: Member, decision_id: str = "") -> Decision | None:
        """Take back a decision of the member's, without an id the newest; gives it. None: there is none.

        Raises:
            NotFound: the member has no such decision.
        """
        now = self._now_ms()

        def find(connection: Any) -> tuple[Decision | None, Item | None]:
            if decision_id:
                found = decisions.get(connection, task.id, decision_id)
            else:
                mine = decisions.of_member(connection, task.id, member.id, most=1)
                found = mine[0] if mine else None
            if found is None or found.actor != member.id:
                return None, None
            return found, items.get(connection, task.id, found.item_id)

        found, item = await self._store.read(find)
        if found is None or item is None:
            if decision_id:
                raise NotFound
            return None
        if found.gone_at is not None:
            return found
        if item.partition is not Partition.GOLD:
            await self._store.write(lambda connection: decisions.undo(connection, found, now))
            return found

        def keep(connection: Any) -> Mapping[str, Fact]:
            decisions.undo(connection, found, now)
            return {"task": task.id}

        await self._trail.change(
            "gold.adjudication_undone", keep, actor=_who(member), subject=item.id
        )
        return found

    async def history(
        self, task: Task, member: Member, *, most: int = 10
    ) -> list[tuple[Decision, Item]]:
        """The member's own latest decisions with their items, newest first."""

        def look(connection: Any) -> list[tuple[Decision, Item]]:
            mine = decisions.of_member(connection, task.id, member.id, most=most)
            found = items.several(connection, task.id, [one.item_id for one in mine])
            return [(one, found[one.item_id]) for one in mine if one.item_id in found]

        return await self._store.read(look)

    # -- one case ---------------------------------------------------------------------------------

    def _case(self, connection: Any, task: Task, item_id: str) -> Case | None:
        item = items.get(connection, task.id, item_id)
        if item is None:
            return None
        said = [
            one
            for one in task_answers.live(connection, task.id, ids=[item_id], skipped=True)
            if one.schema_version >= item.again
        ]
        values = [one for one in said if one.value is not None and fits(task, one.value)]
        if not values:
            return None
        decided = decisions.standing(connection, task.id, item_id)
        if decided is not None and not fits(task, decided.value):
            decided = None
        alone = (one for one in said if one not in values)
        return Case(
            item=item,
            options=self._options(values),
            remarks=tuple(one.comment for one in alone if one.comment),
            decided=decided,
            open=_unresolved(connection, task, item),
        )

    def _options(self, said: list[Answer]) -> tuple[Option, ...]:
        """Who said what, under letters: the order is drawn anew for each item, and stays its own."""

        def place(one: Answer) -> bytes:
            drawn = f"{one.item_id}:{one.actor}".encode()
            return hmac.digest(self._secret, b"hausgeist room " + drawn, hashlib.sha256)

        found: dict[Value, list[tuple[str, Answer]]] = {}
        for at, one in enumerate(sorted(said, key=place)):
            if one.value is not None:
                found.setdefault(one.value, []).append((LETTERS[at % len(LETTERS)], one))
        return tuple(
            Option(
                letters=tuple(letter for letter, _ in who),
                value=value,
                comments=tuple(one.comment for _, one in who if one.comment),
                hard=any(one.hard for _, one in who),
            )
            for value, who in found.items()
        )

    async def _peeked(self, task: Task, member: Member, item_id: str) -> None:
        await self._trail.record(
            "gold.peek", actor=_who(member), subject=item_id, task=task.id, asked="room"
        )
        raise GoldSealed


def _open(
    connection: Any, task: Task, member: Member, after: Place | None
) -> Iterator[tuple[str, bool]]:
    """The items on which people differ and that count nothing; whether somebody else has to decide."""
    people = {one: max(1, people_for(task, one)) for one in Partition}
    while True:
        some = decisions.candidates(connection, task.id, people, after=after, most=_WINDOW)
        ids = [item_id for item_id, _, _ in some]
        unsettled = {
            one.item
            for one in datasets.gathered(connection, task, tuple(Partition), ids=ids)
            if one.resolved is None
        }
        mine = decisions.spoke(connection, task.id, member.id, ids)
        for item_id, _, partition in some:
            if item_id in unsettled:
                yield item_id, partition is Partition.GOLD and item_id in mine
        if len(some) < _WINDOW:
            return
        after = some[-1][1]


def _unresolved(connection: Any, task: Task, item: Item) -> bool:
    if item.answered < people_for(task, item.partition):
        return False
    found = datasets.gathered(connection, task, (item.partition,), ids=[item.id])
    return any(one.resolved is None for one in found)


def _sealed(connection: Any, task: Task, member: Member, case: Case) -> bool:
    """Whether it is of the gold set and not this member's to decide.

    What they decided themselves they may see again.
    """
    if case.item.partition is not Partition.GOLD:
        return False
    if decisions.spoke(connection, task.id, member.id, [case.item.id]):
        return True
    own = case.decided is not None and case.decided.actor == member.id
    return not own and not case.open


def _who(member: Member) -> str:
    return member.user_id or member.id
