# SPDX-License-Identifier: EUPL-1.2
"""Verbs of answering: record, undo, take imported answers; what may be looked at.

An answer names the client that made it (``Said.id``), so that one that is sent twice is kept once. Nothing is
ever lost: what is undone or replaced stays, and comes back. The gold set is blind: no answer to one of its
items may have seen a suggestion, and nobody is shown what others said of it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.items import Item
from hausgeist.core.tasks import Mode, Partition, Task
from hausgeist.errors import N_, AnswerNotFitting, Conflict, GoldSealed, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import items, task_answers
from hausgeist.store.db import Store
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.fitting import fitted

COMMENT_MOST = 2_000
"""Characters of a comment."""
LONGEST_MS = 3_600_000
"""What took longer, was left open: it counts as an hour."""

_ID = re.compile(r"[0-9a-f]{20,32}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a member says of an item. ``value`` None: skipped. ``first``: before a suggestion was seen.

    ``id``: made by whoever sends it, 20 to 32 hexadecimal digits; the same one again is the same answer.
    ``shown``: the id of the suggestion that was seen, ``planted`` what was shown in its place. ``ms``: from
    shown to answered. ``drawn``: ``random``, or the order in which the item came.
    """

    value: Value | None
    first: Value | None = None
    mode: Mode = Mode.BLIND
    ms: int = 0
    shown: str | None = None
    planted: Value | None = None
    comment: str = ""
    hard: bool = False
    id: str = ""
    drawn: str = ""
    origin: str = "person"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of imported answers: how many are kept, and what is wrong with the others, by item."""

    kept: int
    batch: str
    refused: Mapping[str, str] = field(default_factory=dict)


class Review:
    """What people say of the items of tasks. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    # -- one at a time ----------------------------------------------------------------------------

    async def record(self, task: Task, member: Member, item_id: str, said: Said) -> str:
        """Keep what a member says of an item; gives the answer's id. What they said before is replaced.

        Raises:
            NotFound: the task has no such item.
            AnswerNotFitting: it does not fit the task or the text.
            GoldSealed: it says that a suggestion was seen on an item of the gold set.
            Conflict: the id is another answer's.
        """
        item = await self.item(task, item_id)
        if item.partition is Partition.GOLD and (said.shown or said.planted or said.first):
            await self.peeked(task, member, item_id, "record")
        answer = self._answer(task, member, item, said)

        def keep(connection: Any) -> bool:
            there = task_answers.get(connection, task.id, answer.id)
            if there is None:
                newest = task_answers.of_member(connection, task.id, member.id, most=1)
                # two in one millisecond have an order, too: undo goes back by it
                at = max([answer.at, *(one.at + 1 for one in newest)])
                task_answers.add(connection, replace(answer, at=at))
                _settle(connection, task, item)
            return there is None or (there.actor == member.id and there.item_id == item_id)

        if not await self._store.write(keep):
            raise Conflict(what=N_("An answer of this id"))
        return answer.id

    async def undo(self, task: Task, member: Member, answer_id: str = "") -> Answer | None:
        """Take back an answer of the member's, without an id the newest; gives it. None: there is none.

        What it had replaced counts again. An answer that is undone already stays so.

        Raises:
            NotFound: the member has no such answer.
        """
        now = self._now_ms()

        def back(connection: Any) -> Answer | None:
            if answer_id:
                found = task_answers.get(connection, task.id, answer_id)
            else:
                found = next(
                    iter(task_answers.of_member(connection, task.id, member.id, most=1)), None
                )
            if found is None or found.actor != member.id:
                return None
            if found.gone_at is None:
                task_answers.take_back(connection, [found], now)
            return found

        found = await self._store.write(back)
        if found is None and answer_id:
            raise NotFound
        return found

    async def remark(
        self,
        task: Task,
        member: Member,
        answer_id: str,
        *,
        hard: bool | None = None,
        comment: str | None = None,
    ) -> Answer:
        """Say of an answer of one's own that the item was hard, or comment on it.

        Raises:
            NotFound: the member has no such answer.
        """

        def keep(connection: Any) -> Answer | None:
            found = task_answers.get(connection, task.id, answer_id)
            if found is None or found.actor != member.id:
                return None
            made = replace(
                found,
                hard=found.hard if hard is None else hard,
                comment=found.comment if comment is None else comment.strip()[:COMMENT_MOST],
            )
            task_answers.remark(connection, made)
            return made

        made = await self._store.write(keep)
        if made is None:
            raise NotFound
        return made

    # -- looking ----------------------------------------------------------------------------------

    async def item(self, task: Task, item_id: str) -> Item:
        """An item of a task.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.read(lambda connection: items.get(connection, task.id, item_id))
        if found is None:
            raise NotFound
        return found

    async def history(
        self, task: Task, member: Member, *, before: int | None = None, most: int = 20
    ) -> list[tuple[Answer, Item]]:
        """The member's latest answers with their items, newest first."""

        def look(connection: Any) -> list[tuple[Answer, Item]]:
            said = task_answers.of_member(connection, task.id, member.id, before=before, most=most)
            found = items.several(connection, task.id, [one.item_id for one in said])
            return [(one, found[one.item_id]) for one in said if one.item_id in found]

        return await self._store.read(look)

    async def own(self, task: Task, member: Member, item_id: str) -> Answer | None:
        """What a member says of an item now."""
        return await self._store.read(
            lambda connection: task_answers.standing(connection, task.id, member.id, item_id)
        )

    async def latest(self, task: Task, member: Member, item_id: str) -> Answer | None:
        """What a member said of an item last, also if they took it back."""
        return await self._store.read(
            lambda connection: task_answers.latest(connection, task.id, member.id, item_id)
        )

    async def of_item(self, task: Task, member: Member, item_id: str) -> list[Answer]:
        """What everybody says of an item; of the gold set nobody sees it here.

        Raises:
            NotFound: the task has no such item.
            GoldSealed: it is of the gold set.
        """
        if (await self.item(task, item_id)).partition is Partition.GOLD:
            await self.peeked(task, member, item_id, "answers")
        return await self._store.read(
            lambda connection: list(task_answers.live(connection, task.id, ids=[item_id]))
        )

    async def peeked(self, task: Task, member: Member, item_id: str, what: str) -> None:
        """Write down that somebody asked for what is sealed, and refuse it. ``what``: what they asked for.

        Raises:
            GoldSealed: always.
        """
        await self._trail.record(
            "gold.peek",
            actor=member.user_id or member.id,
            subject=item_id,
            task=task.id,
            asked=what,
        )
        raise GoldSealed

    # -- many at once -----------------------------------------------------------------------------

    async def take(
        self,
        task: Task,
        member: Member,
        pairs: Iterable[tuple[str, Value]],
        origin: str = "import",
    ) -> Taken:
        """Keep answers that were given elsewhere, as the member's: pairs of item and value.

        One that does not fit is refused with its reason and the others are kept. ``origin`` is kept with
        them; the batch that is given names them, so that ``undo_batch`` takes all of them back.
        """
        batch, kept = new_id(), 0
        refused: dict[str, str] = {}
        some: dict[str, Value] = {}
        for item_id, value in pairs:
            some[item_id] = value
            if len(some) == _PAIRS:
                made = await self._read(task, member, some, refused)
                kept += await self._keep(made, origin, batch)
                some = {}
        made = await self._read(task, member, some, refused)
        return Taken(kept + await self._keep(made, origin, batch), batch, refused)

    async def _read(
        self, task: Task, member: Member, some: Mapping[str, Value], refused: dict[str, str]
    ) -> list[Answer]:
        """The answers that imported values are; what does not fit goes to ``refused``."""
        found = await self._store.read(
            lambda connection: items.several(connection, task.id, list(some))
        )
        made = []
        for item_id, value in some.items():
            if item_id not in found:
                refused[item_id] = NotFound().say()
                continue
            try:
                made.append(self._answer(task, member, found[item_id], Said(value=value)))
            except AnswerNotFitting as error:
                refused[item_id] = error.say()
        return made

    async def _keep(self, made: Sequence[Answer], origin: str, batch: str) -> int:
        ours = [replace(one, origin=origin, batch=batch) for one in made]
        if ours:
            await self._store.write(lambda connection: task_answers.add_many(connection, ours))
        return len(ours)

    async def undo_batch(self, task: Task, member: Member, batch: str) -> int:
        """Take back what was accepted or imported at once, as far as it still counts; gives how many."""
        now = self._now_ms()

        def back(connection: Any) -> int:
            found = task_answers.batch_of(connection, task.id, batch)
            ours = [one for one in found if one.actor == member.id]
            task_answers.take_back(connection, ours, now)
            return len(ours)

        return await self._store.write(back)

    # -- the answer as it is kept -----------------------------------------------------------------

    def _answer(self, task: Task, member: Member, item: Item, said: Said) -> Answer:
        if said.id and not _ID.match(said.id):
            raise AnswerNotFitting(reason=N_("its id is not one."))
        value = None if said.value is None else fitted(task, item.text, said.value)
        first = None if said.first is None else fitted(task, item.text, said.first)
        return Answer(
            id=said.id or new_id(),
            task_id=task.id,
            item_id=item.id,
            actor=member.id,
            mode=Mode.BLIND if item.partition is Partition.GOLD else said.mode,
            value=value,
            first=first if first != value else None,
            shown=said.shown,
            planted=said.planted,
            hard=said.hard,
            comment=said.comment.strip()[:COMMENT_MOST],
            ms=min(max(said.ms, 0), LONGEST_MS),
            guideline_version=task.guideline_version,
            schema_version=task.schema_version,
            origin=said.origin,
            drawn=said.drawn,
            at=self._now_ms(),
        )


_PAIRS = 500
"""So many imported answers in one step: each may come with a text of a megabyte."""


def people_for(task: Task, partition: Partition) -> int:
    """How many people answer an item: two in the gold set, else the task's overlap."""
    return GOLD_PEOPLE if partition is Partition.GOLD else max(1, task.overlap)


GOLD_PEOPLE = 2


def _settle(connection: Any, task: Task, item: Item) -> None:
    """Whatever is to be answered again is, once enough people have."""
    if item.again:
        task_answers.settle(connection, item.id, people_for(task, item.partition))
