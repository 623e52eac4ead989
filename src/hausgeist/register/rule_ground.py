# SPDX-License-Identifier: EUPL-1.2
"""What rules are run on, and what was found there: the pool's sample, people's answers, the teacher's.

Which texts of the sample a pattern finds is kept as bits under the pattern's hash, in the database and in
memory: after a change only the changed pattern runs. People's answers are those of pool and dev, never of the
gold set. Everything here blocks, and is called in a thread.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from hausgeist.core.answers import Example, Value
from hausgeist.core.rules import Rule
from hausgeist.core.tasks import Partition, Task, TaskKind
from hausgeist.store import datasets, rules
from hausgeist.store.db import Store
from hausgeist.training.rules import RuleSet
from hausgeist.training.rules.verdicts import judged

ENGINE = "1"
"""Changes when the same pattern finds something else."""
SAMPLE_MOST = 100_000
"""Texts of the pool that rules run on; of a larger pool always the same random ones."""
LETTERS_MOST = 64_000_000
"""Letters of these texts together."""
JUDGED_MOST = 20_000
"""Answered texts that precision is measured on."""
TEACHER_TEXTS = 2_000
"""Texts that passages and fields are compared on with the teacher's."""
BITS_MOST = 2_000
"""Patterns whose hits are in memory."""
TASKS_MOST = 4
"""Tasks that are kept in memory."""

Hits = tuple[tuple[int, tuple[int, int], bool], ...]
"""Number of the text, passage, whether it is right."""


def pattern_hash(rule: Rule) -> str:
    """What a pattern's hits are kept under: the same for the same pattern, whoever's and for whatever."""
    return hashlib.sha256(f"{ENGINE}\0{rule.kind.value}\0{rule.pattern}".encode()).hexdigest()


@dataclass(slots=True)
class Told:
    """Texts with known answers, and what each pattern says of them."""

    stamp: tuple[Any, ...]
    examples: list[Example]
    dev: list[bool]
    hits: dict[tuple[str, str], Hits] = field(default_factory=dict)
    """By pattern and label."""

    def judge(self, task: Task, found: Sequence[Rule]) -> dict[str, Hits]:
        """What each rule says of them, by its id; only patterns that are new run."""
        new = {(pattern_hash(rule), rule.label): rule for rule in found}
        new = {key: rule for key, rule in new.items() if key not in self.hits}
        if new:
            keys = list(new)
            made: list[list[tuple[int, tuple[int, int], bool]]] = [[] for _ in keys]
            ruleset = RuleSet(task.kind, list(new.values()), task.fields)
            for place, one in enumerate(self.examples):
                for number, span, right in judged(ruleset, one.text, one.value):
                    made[number].append((place, span, right))
            self.hits.update(zip(keys, map(tuple, made), strict=True))
        return {rule.id: self.hits[pattern_hash(rule), rule.label] for rule in found}


@dataclass(slots=True)
class Pool:
    """The sample of the pool. ``bits`` by pattern; ``said`` and ``by_label`` are the teacher's bits."""

    stamp: tuple[int, int]
    key: str = ""
    ranks: "array[float]" = field(default_factory=lambda: array("d"))
    bits: dict[str, int] = field(default_factory=dict)
    teacher_stamp: tuple[Any, ...] = ()
    said: int = 0
    by_label: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Texts of the sample."""
        return len(self.ranks)


@dataclass(slots=True)
class _Kept:
    pool: Pool | None = None
    told: Told | None = None
    teacher: Told | None = None
    lock: Lock = field(default_factory=Lock)


class RuleGround:
    """The ground of a house's rules."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def _of(self, task_id: str) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(task_id, _Kept())
            self._kept.move_to_end(task_id)
            while len(self._kept) > TASKS_MOST:
                self._kept.popitem(last=False)
            return kept

    # -- the pool -----------------------------------------------------------------------------------

    def pool(self, task: Task, found: Sequence[Rule], *, keep: bool = True) -> Pool:
        """The sample with the bits of these rules; patterns that are new run on it now.

        ``keep``: the database keeps them; what somebody only tries stays in memory.
        """
        kept = self._of(task.id)
        with kept.lock:
            with self._store.reading() as connection:
                stamp = rules.pool_stamp(connection, task.id)
                taught = rules.teacher_stamp(connection, task.id)
                known = kept.pool
                if known is None or known.stamp != stamp:
                    known = self._sampled(connection, task.id, stamp)
                new = self._run(connection, task, known, found)
                if known.teacher_stamp != taught and task.kind in {TaskKind.SINGLE, TaskKind.MULTI}:
                    _ask_teacher(connection, task.id, known)
                    known.teacher_stamp = taught
            kept.pool = known
            if len(known.bits) > BITS_MOST:
                wished = {pattern_hash(rule) for rule in found}
                known.bits = {key: bits for key, bits in known.bits.items() if key in wished}
            if new and keep:
                wanted = [pattern_hash(rule) for rule in found]
                self._store.write_now(
                    lambda writing: rules.keep_hits(writing, task.id, known.key, new, wanted)
                )
            return known

    def _sampled(self, connection: Any, task_id: str, stamp: tuple[int, int]) -> Pool:
        found = Pool(stamp)
        letters = 0
        for rank, text in rules.walk(connection, task_id, SAMPLE_MOST):
            letters += len(text)
            if letters > LETTERS_MOST and found.ranks:
                break
            found.ranks.append(rank)
        found.key = hashlib.sha256(found.ranks.tobytes()).hexdigest()
        found.bits = rules.hits(connection, task_id, found.key)
        return found

    def _run(
        self, connection: Any, task: Task, pool: Pool, found: Sequence[Rule]
    ) -> dict[str, int]:
        new = {key: rule for rule in found if (key := pattern_hash(rule)) not in pool.bits}
        if not new or not pool.size:
            return {}
        ruleset = RuleSet(TaskKind.MULTI, list(new.values()))
        bits = [bytearray((pool.size + 7) // 8) for _ in new]
        walk = rules.walk(connection, task.id, pool.size)
        for place, (_, text) in zip(range(pool.size), walk, strict=False):
            for number in ruleset.hits(text):
                bits[number][place >> 3] |= 1 << (place & 7)
        made = {key: int.from_bytes(some, "little") for key, some in zip(new, bits, strict=True)}
        pool.bits.update(made)
        return made

    def texts(self, task: Task, pool: Pool, places: Sequence[int]) -> list[str]:
        """Texts of the sample by their places; those that are gone are left out."""
        ranks = [pool.ranks[place] for place in places]
        with self._store.reading() as connection:
            there = rules.at_ranks(connection, task.id, ranks)
        return [there[rank] for rank in ranks if rank in there]

    # -- answers ------------------------------------------------------------------------------------

    def told(self, task: Task) -> Told:
        """What people said in pool and dev."""
        kept = self._of(task.id)
        with kept.lock, self._store.reading() as connection:
            stamp = (*rules.said_stamp(connection, task.id), task.schema_version)
            if kept.told is None or kept.told.stamp != stamp:
                dev = datasets.resolved(connection, task, Partition.DEV)[:JUDGED_MOST]
                pool = datasets.resolved(connection, task, Partition.POOL)
                pool = pool[: JUDGED_MOST - len(dev)]
                kept.told = Told(stamp, [*dev, *pool], [True] * len(dev) + [False] * len(pool))
            return kept.told

    def taught(self, task: Task) -> Told:
        """What the teacher said last of the first texts of the pool, for passages and fields."""
        kept = self._of(task.id)
        with kept.lock, self._store.reading() as connection:
            stamp = rules.teacher_stamp(connection, task.id)
            if kept.teacher is None or kept.teacher.stamp != stamp:
                said: dict[float, Value] = {}
                for rank, value in rules.teacher_said(connection, task.id, float("inf")):
                    if rank in said or len(said) < TEACHER_TEXTS:
                        said[rank] = value
                examples: list[Example] = []
                ranks = list(said)
                for start in range(0, len(ranks), 500):
                    some = rules.at_ranks(connection, task.id, ranks[start : start + 500])
                    examples += [Example("", text, said[rank]) for rank, text in some.items()]
                kept.teacher = Told(stamp, examples, [False] * len(examples))
            return kept.teacher


def _ask_teacher(connection: Any, task_id: str, pool: Pool) -> None:
    last: dict[int, tuple[str, ...]] = {}
    if pool.size:
        for rank, value in rules.teacher_said(connection, task_id, pool.ranks[-1]):
            place = bisect_left(pool.ranks, rank)
            if place < pool.size and pool.ranks[place] == rank:
                last[place] = value.labels
    width = (pool.size + 7) // 8
    said = bytearray(width)
    by_label: dict[str, bytearray] = defaultdict(lambda: bytearray(width))
    for place, labels in last.items():
        said[place >> 3] |= 1 << (place & 7)
        for label in labels:
            by_label[label][place >> 3] |= 1 << (place & 7)
    pool.said = int.from_bytes(said, "little")
    pool.by_label = {label: int.from_bytes(bits, "little") for label, bits in by_label.items()}
