# SPDX-License-Identifier: EUPL-1.2
"""One screen of one member: what it sends becomes answers, with what the house knows it has shown.

The browser says what somebody answered and how long it took. Which mode that was in, which suggestion was
shown, whether that was a wrong one: the house decided it when it gave the item, and keeps its own word.
Where the own answer comes first, the suggestion is given with the receipt of that answer, never before it.
"""

from dataclasses import dataclass

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Mode, Partition, Task
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.queue import Queue, WorkItem
from hausgeist.workbench.review import Review, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a screen sends of an item. ``value`` None: skipped. ``id`` and ``ms`` as in ``Said``."""

    item_id: str
    value: Value | None
    id: str = ""
    ms: int = 0
    hard: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer as it is kept. ``reveal``: what was suggested, where the own answer had to come first."""

    id: str
    reveal: Value | None = None


class Screen:
    """What members do on the annotation page of a task."""

    def __init__(self, queue: Queue, review: Review) -> None:
        self._queue = queue
        self._review = review

    async def record(self, task: Task, member: Member, sent: Sent) -> Receipt:
        """Keep what a member answered; the same one sent again is kept once.

        Raises:
            NotFound, AnswerNotFitting, Conflict: as ``Review.record``.
            GoldSealed: it is of the gold set, and answered by others: what they said may have been seen.
        """
        before = await self._review.own(task, member, sent.item_id)
        if before is not None and before.id == sent.id:  # sent again: the first receipt was lost
            return Receipt(before.id, await self._reveal(task, before))
        shown = await self._queue.reserved(task, member, sent.item_id)
        said = Said(value=sent.value, id=sent.id, ms=sent.ms, hard=sent.hard, comment=sent.comment)
        if shown is not None:
            said = Said(
                value=sent.value,
                first=None,
                mode=shown.mode,
                ms=sent.ms,
                shown=shown.shown,
                planted=shown.planted,
                comment=sent.comment,
                hard=sent.hard,
                id=sent.id,
                drawn=shown.drawn,
            )
            seen = await self._review.latest(task, member, sent.item_id)
            if seen and seen.gone_at and seen.shown and shown.mode is Mode.OWN_FIRST:
                said = _revised(said, seen)  # taken back: but the suggestion has been seen
        elif before is not None:
            said = _revised(said, before)
        else:
            said = await self._recalled(task, member, said, sent.item_id)
        answer_id = await self._review.record(task, member, sent.item_id, said)
        kept = await self._review.own(task, member, sent.item_id)
        return Receipt(answer_id, await self._reveal(task, kept) if kept else None)

    async def reason(self, task: Task, member: Member, item_id: str) -> tuple[str, str]:
        """Why a model suggested what it did, and which model; empty before the member has answered.

        Raises:
            NotFound: the task has no such item.
            GoldSealed: it is of the gold set; that somebody asked is in the trail.
        """
        item = await self._review.item(task, item_id)
        if item.partition is Partition.GOLD:
            await self._review.peeked(task, member, item_id, "reason")
        said = await self._review.own(task, member, item_id)
        if said is None or said.skipped or said.shown is None or said.planted is not None:
            return "", ""  # of a planted error there is no reason: the true one would give it away
        if self._queue.keeps_its_reason(task, item_id):
            return "", ""
        found = await self._queue.suggestion(task, item_id, said.shown)
        return (found.reason, found.model) if found else ("", "")

    async def revealed(self, task: Task, said: Answer) -> Value | None:
        """What was suggested, of an answer whose owner had to answer first; None: nothing, or it agrees."""
        found = await self._reveal(task, said)
        return found if found != said.own else None

    async def _reveal(self, task: Task, said: Answer) -> Value | None:
        if said.mode is not Mode.OWN_FIRST or said.shown is None or said.skipped:
            return None
        if said.planted is not None:
            return said.planted
        found = await self._queue.suggestion(task, said.item_id, said.shown)
        return found.value if found else None

    async def _recalled(self, task: Task, member: Member, said: Said, item_id: str) -> Said:
        """What was shown of an item whose reservation is over: it is decided the same way each time."""
        again: WorkItem | None = await self._queue.one(task, member, item_id)
        if again is None:
            item = await self._review.item(task, item_id)
            if item.partition is Partition.GOLD:
                await self._review.peeked(task, member, item_id, "record")
            return said
        return Said(
            value=said.value,
            mode=again.mode,
            ms=said.ms,
            shown=again.suggestion.id if again.suggestion else None,
            planted=again.planted,
            comment=said.comment,
            hard=said.hard,
            id=said.id,
            drawn=again.drawn,
        )


def _revised(said: Said, before: Answer) -> Said:
    """An answer that replaces one: what was said first stays first, and what was shown was shown."""
    return Said(
        value=said.value,
        first=before.own if before.mode is Mode.OWN_FIRST and not before.skipped else before.first,
        mode=before.mode,
        ms=before.ms + said.ms,
        shown=before.shown,
        planted=before.planted,
        comment=said.comment or before.comment,
        hard=said.hard or before.hard,
        id=said.id,
        drawn=before.drawn,
    )
