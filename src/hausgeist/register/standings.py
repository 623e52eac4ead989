# SPDX-License-Identifier: EUPL-1.2
"""How everybody does on what is not sealed: development items, and the live meter. Gold stays shut.

The meter counts only items that say something without bias: drawn at random, answered blind, and not among
what the student learnt from. Items that active learning chose are never in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hausgeist.core.answers import Value
from hausgeist.core.gate import Compared, compare, quality_interval
from hausgeist.core.quality import outcome, per_item
from hausgeist.core.statistics.eprocess import Meter, meter
from hausgeist.core.statistics.interval import Interval
from hausgeist.core.tasks import Mode, Partition, Task
from hausgeist.register.evidence import Cost, cost_of
from hausgeist.store import datasets, evaluations, students, suggestions, task_answers
from hausgeist.store.evaluations import STUDENT, TEACHER, Result
from hausgeist.store.suggestions import PromptRow

OPEN_KINDS = (Partition.DEV, Partition.POOL)
SEED = 1
AT_ONCE = 400
"""Items that are looked up together."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One who was measured: the metric with its interval, on so many items, and what a text costs."""

    subject: str
    items: int
    quality: Interval
    cost: Cost
    unreadable: int = 0

    @property
    def kind(self) -> str:
        """student, teacher, rules, majority."""
        return self.subject.partition(":")[0]

    @property
    def id(self) -> str:
        """Of the student; else what names the version."""
        return self.subject.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everybody on the same items; ``pair``: a student beside the teacher on those both answered."""

    items: int
    standings: tuple[Standing, ...] = ()
    student: str = ""
    teacher: str = ""
    pair: Compared | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """The meter with what it counts: items with both answers, and those that wait to be looked at."""

    meter: Meter
    counted: int = 0
    waiting: int = 0
    student: str = ""
    teacher: str = ""


@dataclass(slots=True)
class _Known:
    """What is known of an open partition: truths in the order they were given, and everybody's results."""

    truths: dict[str, Value] = field(default_factory=dict)
    said: dict[str, dict[str, Result]] = field(default_factory=dict)


def prompt_of(connection: Any, task: Task) -> PromptRow | None:
    """The teacher's newest prompt: of the task's teacher, where one is named."""
    rows = suggestions.prompts(connection, task.id)
    return next((one for one in rows if task.teacher in {"", one.model}), None)


def standings(
    connection: Any, task: Task, partition: Partition, student_id: str = ""
) -> Comparison:
    """Everybody's newest evaluation on an open partition, and the student beside the teacher.

    ``student_id``: whose comparison; empty: the newest student that was evaluated there.
    """
    known = _known(connection, task, partition)
    found = []
    for subject, results in sorted(known.said.items()):
        answered = [one for one in results.values() if one.item in known.truths]
        if not answered:
            continue
        pairs = [(known.truths[one.item], one.said) for one in answered]
        found.append(
            Standing(
                subject,
                len(answered),
                quality_interval(task.metric, per_item(task.kind, pairs)),
                cost_of(answered, own=not subject.startswith(TEACHER)),
                sum(one.said is None for one in answered),
            )
        )
    student = _student(connection, task, known, student_id)
    teacher = next((one for one in known.said if one.startswith(TEACHER)), "")
    pair = None
    both = [
        item
        for item in known.truths
        if item in known.said.get(student, {}) and item in known.said.get(teacher, {})
    ]
    if both:
        sides = [
            per_item(task.kind, [(known.truths[one], known.said[who][one].said) for one in both])
            for who in (student, teacher)
        ]
        pair = compare(task.metric, *sides, margin=task.margin / 100, seed=SEED, draws=2_000)
    return Comparison(len(known.truths), tuple(found), student, teacher, pair)


def live(connection: Any, task: Task) -> Live:
    """The meter of the newest student beside the teacher."""
    asked = wanted(connection, task)
    candidates = students.of_task(connection, task.id)
    prompt = prompt_of(connection, task)
    if not candidates or prompt is None:
        return Live(meter(()), waiting=len(asked))
    student, teacher = f"{STUDENT}:{candidates[0].id}", f"{TEACHER}:{prompt.version}"
    seen = learnt(connection, candidates[0].dataset_id)
    mine: dict[str, Result] = {}
    for partition in OPEN_KINDS:
        for one in evaluations.newest(connection, task.id, partition):
            if one.subject == student:
                mine |= {r.item: r for r in evaluations.results(connection, task.id, one.id)}
    ids = [item for item in asked if item not in seen]
    theirs = evaluations.suggested(connection, task.id, prompt.version, ids)
    outcomes, counted = [], 0
    for item in ids:
        if item in mine and item in theirs:
            counted += 1
            won = outcome(task.kind, asked[item], mine[item].said).right
            other = outcome(task.kind, asked[item], theirs[item].said).right
            if won is not other:
                outcomes.append(won)
    return Live(meter(outcomes), counted, len(ids) - counted, student, teacher)


def wanted(connection: Any, task: Task) -> dict[str, Value]:
    """Items drawn at random and answered blind, with what counts for them, oldest answer first."""
    order: dict[str, None] = {}
    for partition in OPEN_KINDS:
        for one in task_answers.live(connection, task.id, partition):
            blind = one.mode is Mode.BLIND and one.origin == "person"
            if blind and one.drawn == "random":  # also of dev: some are looked for by their errors
                order.setdefault(one.item_id)
    said: dict[str, Value] = {}
    ids = list(order)
    for at in range(0, len(ids), AT_ONCE):
        some = datasets.gathered(
            connection, task, OPEN_KINDS, answered=True, ids=ids[at : at + AT_ONCE]
        )
        said |= {one.item: one.resolved.value for one in some if one.resolved is not None}
    return {item: said[item] for item in order if item in said}


def learnt(connection: Any, dataset_id: str | None) -> set[str]:
    """Items of the pool that a student has seen with an answer: it is no test to ask for them again."""
    if dataset_id is None:
        return set()
    lines = datasets.lines(connection, dataset_id)
    return {one.item for one in lines if one.partition is Partition.POOL}


def truths(connection: Any, task: Task, partition: Partition) -> dict[str, Value]:
    """What people say of the items of a partition, in the order these came; open ones are left out."""
    rows = datasets.gathered(connection, task, (partition,), answered=True)
    return {one.item: one.resolved.value for one in rows if one.resolved is not None}


def _known(connection: Any, task: Task, partition: Partition) -> _Known:
    found = _Known(truths(connection, task, partition))
    for one in evaluations.newest(connection, task.id, partition):
        results = evaluations.results(connection, task.id, one.id)
        found.said[one.subject] = {result.item: result for result in results}
    prompt = prompt_of(connection, task)
    if prompt is not None:
        said = evaluations.suggested(connection, task.id, prompt.version, list(found.truths))
        if said:
            found.said[f"{TEACHER}:{prompt.version}"] = said
    return found


def _student(connection: Any, task: Task, known: _Known, student_id: str) -> str:
    if student_id:
        return f"{STUDENT}:{student_id}"
    ids: Iterable[str] = (one.id for one in students.of_task(connection, task.id))
    return next((f"{STUDENT}:{one}" for one in ids if f"{STUDENT}:{one}" in known.said), "")
