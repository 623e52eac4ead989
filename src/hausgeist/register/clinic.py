# SPDX-License-Identifier: EUPL-1.2
"""The error clinic: from what a student mixes up to the texts, with what it learnt that is like them.

In: what people say and what the student said of texts it had not learnt from. Out: pairs that are mixed up,
texts with both answers, answers of people that are probably wrong. The gold set is never looked at.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from hausgeist.core.answers import Guess, Value
from hausgeist.core.items import Item
from hausgeist.core.nearness import shingles
from hausgeist.core.tasks import Partition, Task, TaskKind
from hausgeist.errors import NotFound
from hausgeist.register.known import Known
from hausgeist.store import datasets, decisions, evaluations, items, worth
from hausgeist.store.db import Store
from hausgeist.store.evaluations import Result
from hausgeist.store.students import Student
from hausgeist.training.students import Students

NONE = ""
"""The label under which "none applies" stands, and an answer that nobody could read."""
NEAR_AMONG = 600
"""Examples with one of the two answers, among which the ones that are like a text are looked for."""
NEAR_SHOWN = 2
NEAR_LETTERS = 400
NEAR_LEAST = 0.1
LINES_MOST = 20_000
SUSPECTS_MOST = 500
OPEN = (Partition.DEV, Partition.POOL)

Pairs = Mapping[str, tuple[Value, Result]]
"""By item: what people say, and what the student said."""


@dataclass(frozen=True, slots=True)
class Near:
    """An example that a text is like; ``likeness`` 0 to 1."""

    text: str
    value: Value
    likeness: float


@dataclass(frozen=True, slots=True)
class Case:
    """A text with what people say and what the student said without knowing that."""

    item: Item
    truth: Value
    said: Value | None
    score: float | None
    near: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Confusion:
    """What was said of what: how often which label of people was which label of the student.

    For several labels a text, passages and fields a pair is what is missing beside what is too much; "" is
    nothing. ``right`` is how many answers are wholly right, of ``total``.
    """

    counts: Mapping[tuple[str, str], int]
    right: int
    total: int

    @property
    def mixed(self) -> list[tuple[tuple[str, str], int]]:
        """The pairs that are mixed up, the most frequent first."""
        wrong = [(pair, count) for pair, count in self.counts.items() if pair[0] != pair[1]]
        return sorted(wrong, key=lambda one: (-one[1], one[0]))

    @property
    def labels(self) -> list[str]:
        """Every label that stands in it, the most frequent first."""
        often: Counter[str] = Counter()
        for (truth, said), count in self.counts.items():
            often[truth] += count
            often[said] += count if said != truth else 0
        return [label for label, _ in sorted(often.items(), key=lambda one: (-one[1], one[0]))]


class Clinic:
    """The verbs."""

    def __init__(self, store: Store, students: Students, known: Known) -> None:
        self._store = store
        self._students = students
        self._known = known

    async def confusion(self, task: Task, student: Student, on: Partition) -> Confusion:
        """What the student mixes up on texts of development, or of the pool by who had not seen them."""
        pairs = await self._pairs(task, student, on)
        return await asyncio.to_thread(_confusion, task.kind, pairs)

    async def cases(
        self,
        task: Task,
        student: Student,
        on: Partition,
        *,
        pair: tuple[str, str] | None = None,
        offset: int = 0,
        most: int = 10,
    ) -> tuple[list[Case], int]:
        """Texts on which they differ, the surest errors first, and how many there are.

        ``pair``: only where this answer of people was that of the student.
        """
        pairs = await self._pairs(task, student, on)
        wrong = await asyncio.to_thread(_wrong, task.kind, pairs, pair)
        shown = wrong[offset : offset + most]
        return await self._dressed(task, student, shown), len(wrong)

    async def suspects(
        self, task: Task, student: Student, *, most: int = 10
    ) -> tuple[list[Case], int]:
        """Answers of the pool that are probably wrong and that nobody has settled, and how many there are."""

        def look(connection: Any) -> list[tuple[str, Value, Result]]:
            found = worth.suspects(connection, task.id, student.id, SUSPECTS_MOST)
            ids = [item for item, _, _ in found]
            done = decisions.decided(connection, task.id, ids)
            truths: dict[str, Value] = {}
            for one in datasets.gathered(
                connection, task, (Partition.POOL,), answered=True, ids=ids
            ):
                if one.resolved is not None:
                    truths[one.item] = one.resolved.value
            return [
                (item, truths[item], Result(item, rather, score))
                for item, rather, score in found
                if item in truths and item not in done and truths[item] != rather
            ]

        found = await self._store.read(look)
        return await self._dressed(task, student, found[:most]), len(found)

    async def case(self, task: Task, student: Student, item_id: str) -> Case:
        """One text with both answers.

        Raises:
            NotFound: the task has no such text, it is of the gold set, or one of the two said nothing.
        """

        def look(connection: Any) -> tuple[Item | None, Value | None]:
            item = items.get(connection, task.id, item_id)
            if item is None or item.partition not in OPEN:
                return None, None
            found = datasets.gathered(
                connection, task, (item.partition,), answered=True, ids=[item_id]
            )
            one = next(iter(found), None)
            return item, one.resolved.value if one and one.resolved else None

        item, truth = await self._store.read(look)
        if item is None or truth is None:
            raise NotFound
        suggested = await self._store.read(
            lambda connection: worth.said(connection, task.id, student.id, item_id)
        )
        pairs = await self._said(task, student, item.partition)
        result = pairs.get(item_id)
        said = suggested if suggested is not None else result.said if result else None
        if said is None:
            raise NotFound
        return Case(item, truth, said, result.score if result else None)

    # -- what was said ----------------------------------------------------------------------------

    async def _said(self, task: Task, student: Student, on: Partition) -> dict[str, Result]:
        if on is Partition.POOL:
            held: Mapping[str, Guess] = await self._students.held_out(student)
            return {item: Result(item, one.value, one.score) for item, one in held.items()}

        def look(connection: Any) -> dict[str, Result]:
            for one in evaluations.newest(connection, task.id, Partition.DEV):
                if one.subject == student.subject:
                    found = evaluations.results(connection, task.id, one.id)
                    return {result.item: result for result in found}
            return {}

        return await self._store.read(look)

    async def _pairs(self, task: Task, student: Student, on: Partition) -> Pairs:
        if on not in OPEN:
            raise NotFound
        said = await self._said(task, student, on)
        truths = await self._store.read(lambda connection: self._known.truths(connection, task, on))
        return {item: (truths[item], one) for item, one in said.items() if item in truths}

    async def _dressed(
        self, task: Task, student: Student, found: Sequence[tuple[str, Value, Result]]
    ) -> list[Case]:
        return await self._store.read(
            partial(_cases, task=task, student=student, found=list(found))
        )


def _confusion(kind: TaskKind, pairs: Pairs) -> Confusion:
    counts: Counter[tuple[str, str]] = Counter()
    for truth, result in pairs.values():
        counts.update(mixed(kind, truth, result.said))
    right = sum(truth == result.said for truth, result in pairs.values())
    return Confusion(counts, right, len(pairs))


def _wrong(
    kind: TaskKind, pairs: Pairs, pair: tuple[str, str] | None
) -> list[tuple[str, Value, Result]]:
    """Where they differ, the surest errors first; ``pair``: only where this was taken for that."""
    wrong = [
        (item, truth, one)
        for item, (truth, one) in pairs.items()
        if truth != one.said and (pair is None or pair in mixed(kind, truth, one.said))
    ]
    return sorted(wrong, key=lambda found: (-(found[2].score or 0.0), found[0]))


def mixed(kind: TaskKind, truth: Value, said: Value | None) -> list[tuple[str, str]]:
    """What of a truth was taken for what: pairs of labels; equal ones are right answers.

    Of one label a text there is one pair. Else what is missing stands beside what is too much, where there is
    one of each and not of the same name, and alone beside "".
    """
    if kind is TaskKind.SINGLE:
        told = said.labels[0] if said is not None and said.labels else NONE
        return [(truth.labels[0] if truth.labels else NONE, told)]
    want, got = _parts(kind, truth), _parts(kind, said or Value())
    right = [(key, key) for key in (_name(kind, one) for one in sorted((want & got).elements()))]
    missing = [_name(kind, one) for one in sorted((want - got).elements())]
    extra = [_name(kind, one) for one in sorted((got - want).elements())]
    if len(missing) == len(extra) == 1 and missing != extra:
        return [*right, (missing[0], extra[0])]
    return [*right, *((one, NONE) for one in missing), *((NONE, one) for one in extra)]


def _parts(kind: TaskKind, value: Value) -> Counter[Any]:
    if kind is TaskKind.SPANS:
        return Counter(value.spans)
    if kind is TaskKind.RECORD:
        return Counter(value.fields)
    return Counter(value.labels)


def _name(kind: TaskKind, part: Any) -> str:
    if kind is TaskKind.SPANS:
        return str(part.label)
    return str(part[0]) if kind is TaskKind.RECORD else str(part)


def _cases(
    connection: Any, task: Task, student: Student, found: Sequence[tuple[str, Value, Result]]
) -> list[Case]:
    there = items.several(connection, task.id, [item for item, _, _ in found])
    keys = {key for _, truth, one in found for key in (*truth.labels, *_labels(one.said))}
    taught = _taught(connection, task, student, keys) if keys else []
    return [
        Case(there[item], truth, one.said, one.score, _near(there[item], taught, truth, one.said))
        for item, truth, one in found
        if item in there
    ]


def _labels(value: Value | None) -> tuple[str, ...]:
    return value.labels if value is not None else ()


def _taught(
    connection: Any, task: Task, student: Student, keys: set[str]
) -> list[tuple[str, Value, str, frozenset[str]]]:
    """Some of what the student learnt with these labels: id, answer, text, what likeness is computed of."""
    if student.dataset_id is None:
        return []
    lines = islice(datasets.lines(connection, student.dataset_id), LINES_MOST)
    wanted = [
        (one.item, one.value)
        for one in lines
        if one.partition is Partition.POOL and one.value and keys & set(one.value.labels)
    ]
    step = max(1, len(wanted) // NEAR_AMONG)
    some = wanted[::step][:NEAR_AMONG]
    there = items.several(connection, task.id, [item for item, _ in some])
    return [
        (item, value, there[item].text, shingles(there[item].text[:NEAR_LETTERS]))
        for item, value in some
        if item in there
    ]


def _near(
    item: Item,
    taught: Sequence[tuple[str, Value, str, frozenset[str]]],
    truth: Value,
    said: Value | None,
) -> tuple[Near, ...]:
    """Of each of the two answers the examples that the text is most like (Jaccard index of shingles)."""
    mine = shingles(item.text[:NEAR_LETTERS])
    found: list[Near] = []
    for answer in (said, truth):
        likes = [
            (len(mine & theirs) / len(mine | theirs), key, text)
            for key, value, text, theirs in taught
            if key != item.id and value == answer
        ]
        likes.sort(key=lambda one: (-one[0], one[1]))
        if answer is not None:
            found += [
                Near(text, answer, share)
                for share, _, text in likes[:NEAR_SHOWN]
                if share >= NEAR_LEAST
            ]
    return tuple(found)
