# SPDX-License-Identifier: EUPL-1.2
"""Who answers which texts, by the rules of a task: in go texts with their suggestions, out who gets them.

Three rules, each off by itself: what a model is unsure of goes to everybody; what it gives certain labels to
goes to reviewers; nobody gets more than their share of a day. And one that nobody sets: where too few wrong
suggestions are caught, everybody answers without suggestions for a while.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hausgeist.core import anchoring
from hausgeist.core.tasks import Part, Task
from hausgeist.store import crowd, task_queue, tasks
from hausgeist.store.task_queue import Suggested
from hausgeist.store.tasks import Member

EVERYBODY_MOST = 5
"""So many people answer what a model is unsure of, at most."""

Said = Mapping[str, Suggested]


def unsure(task: Task, said: Said) -> bool:
    """Whether the suggestion of a text is one that everybody is to see."""
    best = task_queue.best(dict(said))
    return best is not None and best.score is not None and best.score < task.unsure_below


def reserved_for_reviewers(task: Task, said: Said) -> bool:
    """Whether somebody suggests a label that reviewers decide on."""
    kept = set(task.reviewer_labels)
    best = task_queue.best(dict(said))
    return best is not None and not kept.isdisjoint(
        {*best.value.labels, *(span.label for span in best.value.spans)}
    )


def fitting(
    connection: Any, task: Task, member: Member, ids: Sequence[str], *, complete: bool
) -> set[str]:
    """Of some texts of the pool, those that a member may get.

    ``complete``: as many people as usual have answered them, so that only unsure ones are left.
    """
    kept = task.reviewer_labels if member.part is Part.ANNOTATOR else ()
    if not complete and not kept:
        return set(ids)
    said = task_queue.suggested(connection, task.id, ids)
    return {
        one
        for one in ids
        if not (kept and reserved_for_reviewers(task, said.get(one, {})))
        and (not complete or unsure(task, said.get(one, {})))
    }


def everybody(connection: Any, task: Task) -> int:
    """How many people answer a text that a model is unsure of; 0: the rule is off."""
    if not task.unsure_below:
        return 0
    there = sum(one.left_at is None for one in tasks.members(connection, task.id))
    return max(task.overlap, min(EVERYBODY_MOST, there))


def blocked(connection: Any, task: Task) -> int | None:
    """Since when (ms) suggestions are kept back from everybody; None: they are not."""
    found = [(at, was) for at, was, _ in crowd.tries(connection, task.id)]
    if len(found) < anchoring.TRIES_LEAST:
        return None
    return anchoring.block(
        found, lambda at: crowd.nth_after(connection, task.id, at, anchoring.BLOCK)
    )
