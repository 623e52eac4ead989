# SPDX-License-Identifier: EUPL-1.2
"""Many suggestions accepted at once: of one label and a least score, after a sample of them was found right.

Only open items of the pool are taken, never those of the blind control arm, so that the figures stay honest.
What is accepted stands as the member's, is marked as accepted in bulk, and can be taken back as a whole.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from hausgeist.core.answers import Value
from hausgeist.core.items import Item
from hausgeist.core.tasks import Mode, Task, TaskKind
from hausgeist.errors import N_, AnswerNotFitting, Conflict
from hausgeist.identity.tokens import new_id
from hausgeist.store import items, task_answers, task_queue
from hausgeist.store.db import Store
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.queue import Queue

SAMPLE = 20
"""So many are looked at before the others are accepted: all right, at least 86 % of all are (95 %)."""
AT_ONCE = 2_000
AMONG = 20_000
"""So many open items are looked through."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be accepted: item and suggestion. ``sample``: which of them are to be looked at."""

    pairs: tuple[tuple[str, str], ...]
    sample: tuple[Item, ...]

    @property
    def mark(self) -> str:
        """What tells whether it is still the same as the one that was looked at."""
        return hashlib.sha256(repr(self.pairs).encode()).hexdigest()[:32]


class Bulk:
    """Accepting many. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, queue: Queue, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._queue = queue
        self._now_ms = now_ms

    async def preview(self, task: Task, member: Member, label: str, least: float) -> Preview:
        """What would be accepted of a label from a score on.

        Raises:
            AnswerNotFitting: the task has no such label, or is not about labels.
        """
        if task.kind not in {TaskKind.SINGLE, TaskKind.MULTI} or task.label(label) is None:
            raise AnswerNotFitting(reason=N_("the task has no such label."))
        value = Value.of_labels([label]).encode()
        found = await self._store.read(
            lambda connection: task_queue.sure(connection, task.id, member.id, value, least, AMONG)
        )
        pairs = tuple(
            (item, shown) for item, shown in found if not self._queue.in_control_arm(task, item)
        )[:AT_ONCE]
        chosen = sorted(pairs, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())[:SAMPLE]
        ids = [one for one, _ in chosen]
        texts = await self._store.read(lambda connection: items.several(connection, task.id, ids))
        return Preview(pairs, tuple(texts[one] for one in ids if one in texts))

    async def accept(
        self,
        task: Task,
        member: Member,
        label: str,
        least: float,
        looked: tuple[str, Collection[str]],
    ) -> str:
        """Accept what was previewed. ``looked``: the preview's mark, and what of its sample is right.

        Gives the batch, for ``Review.undo_batch``.

        Raises:
            Conflict: meanwhile it is no longer what was looked at.
            AnswerNotFitting: some of the sample are wrong, or were not looked at: nothing is accepted.
        """
        mark, right = looked
        preview = await self.preview(task, member, label, least)
        if not preview.pairs or preview.mark != mark:
            raise Conflict(what=N_("What would be accepted"))
        if any(one.id not in right for one in preview.sample):
            raise AnswerNotFitting(
                reason=N_(
                    "not all of the sample are right. Nothing was accepted; ask for a higher score."
                )
            )
        batch, now = new_id(), self._now_ms()
        value = Value.of_labels([label])
        made = [self._answer(task, member, pair, (value, batch, now)) for pair in preview.pairs]

        def keep(connection: Any) -> None:
            task_answers.add_many(connection, made)

        await self._store.write(keep)
        return batch

    def _answer(
        self, task: Task, member: Member, pair: Sequence[str], what: tuple[Value, str, int]
    ) -> Answer:
        value, batch, now = what
        return Answer(
            id=new_id(),
            task_id=task.id,
            item_id=pair[0],
            actor=member.id,
            mode=Mode.ASSISTED,
            value=value,
            shown=pair[1],
            guideline_version=task.guideline_version,
            schema_version=task.schema_version,
            origin="bulk",
            drawn="bulk",
            batch=batch,
            at=now,
        )
