# SPDX-License-Identifier: EUPL-1.2
"""The gate: what is there and what is missing, openings of the sealed gold set, verdicts.

An opening freezes the gold set, counts, is written to the trail with a typed reason, and hands in the job
that has everybody answer the same items. Metric, margin and slices are fixed with a gold version's first
opening. Whoever changes a gold answer afterwards breaks its hash: the verdict is void, and shown as such.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.gate import Plan, Verdict, gold_hash
from hausgeist.core.jobs import Job
from hausgeist.core.statistics.power import (
    gap_seen,
    least,
    power_to_differ,
    power_to_match,
    to_differ,
    to_match,
)
from hausgeist.core.tasks import Metric, Partition, Task
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, GateShut, InvalidField, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.queue import Jobs
from hausgeist.register.judging import changed, hash_of, sealed_results, unjudged
from hausgeist.register.known import Known
from hausgeist.register.standings import Comparison, Live, prompt_of
from hausgeist.register.verdict_export import exported
from hausgeist.store import jobs as job_rows
from hausgeist.store import openings, students, suggestions, tasks
from hausgeist.store.db import Store
from hausgeist.store.openings import Kept, Opening
from hausgeist.store.seen_gold import seen_gold
from hausgeist.store.students import Student
from hausgeist.store.tasks import Member
from hausgeist.workbench.teacher import Prompt

DIFFER = 0.10
"""The share of items on which exactly one is right, before anything is known of it."""
DIFFER_LEAST = 30
"""Items on which both were seen, from which on the seen share is taken instead."""
REASON_LEAST = 10
REASON_MOST = 500

MISSING = {
    "no_gold": N_("there is no gold set yet"),
    "unanswered": N_("some of its texts have no answer yet"),
    "alone": N_("some of its texts have been answered by one person only"),
    "differ": N_("on some of its texts people differ and nobody has decided"),
    "no_student": N_("there is no student yet"),
    "no_teacher": N_("the teacher has never been asked in this task, so its prompt is not fixed"),
    "plan_changed": N_(
        "metric, margin or slices were changed after the first opening: it takes a new gold version"
    ),
    "spent": N_("this version has been opened as often as it may: it takes a new gold version"),
    "running": N_("an opening is under way"),
    "judging": N_("an opening waits for people to judge the texts on which the two differ"),
}
"""What may be missing, in the order in which it is asked for."""
LEARNT = N_(
    "this student has learnt from texts that are in the gold set now, or nearly repeat one of it: train "
    "a new one"
)
SHOWN = N_(
    "the teacher's prompt has examples that are in the gold set now, or nearly repeat one of it: let it "
    "suggest with new ones"
)


@dataclass(frozen=True, slots=True)
class Power:
    """What so many items can show. Shares are 0 to 1; ``known``: the share that differs was seen.

    ``gap`` is the smallest that is seen at 80 percent, None: none. ``to_match`` is how many items show "not
    worse" if both are equally good, ``chance`` how likely the items that are there do.
    """

    items: int
    differ: float
    known: bool
    gap: float | None
    to_match: int | None
    chance: float
    least: int


@dataclass(frozen=True, slots=True)
class Sized:
    """An answer of the calculator: items for a gap and for "not worse", the chances of those there."""

    gap: float
    differ: float
    margin: float
    to_differ: int | None
    to_match: int | None
    chance_differ: float
    chance_match: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One opening in the history. ``void``: the gold set was changed since.

    Where people judge only where the two differ: how many texts these are (``differ``), how many people get
    (``asked``, with some on which both say the same), and how many of them are open; never which.
    """

    opening: Opening
    kept: Kept | None
    void: bool
    student: int | None
    job: Job | None
    differ: int | None = None
    asked: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """How things stand. ``gold`` counts its items by state; ``missing`` are keys of ``MISSING``.

    Where people judge only where the two differ, ``gold`` counts only the items that they get, for now.
    ``items``: of the gold set.
    ``more``: about so many more items decide, by what development items show; None: not known.
    """

    version: int
    items: int
    gold: Mapping[str, int]
    missing: tuple[str, ...]
    left: int
    plan: Plan
    power: Power
    live: Live
    comparison: Comparison
    history: tuple[Entry, ...]
    candidates: tuple[Student, ...]
    teacher: str
    more: int | None

    @property
    def ready(self) -> bool:
        """Whether it may be opened."""
        return not self.missing


def plan_of(task: Task) -> Plan:
    """What would be fixed if the gold set were opened now."""
    return Plan(
        task.kind,
        task.metric,
        task.margin / 100,
        tuple(sorted(task.slices)),
        differing=task.differing and task.metric is Metric.ACCURACY,
    )


def sized(gap: float, differ: float, margin: float, items: int) -> Sized:
    """The calculator: shares of 0 to 1 and the items that there are go in. Needs no label at all."""
    return Sized(
        gap,
        differ,
        margin,
        to_differ(gap, differ),
        to_match(margin, differ),
        power_to_differ(items, gap, differ),
        power_to_match(items, margin, differ),
    )


class Gate:
    """The verbs. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, jobs: Jobs, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._jobs = jobs
        self._now_ms = now_ms
        self.known = Known(now_ms)

    async def state(self, task: Task) -> State:
        """What is there, what is missing, and what it could show."""
        return await self._store.read(partial(_state, task_id=task.id, known=self.known))

    async def compare(
        self, task: Task, partition: Partition = Partition.DEV, student_id: str = ""
    ) -> Comparison:
        """Everybody on an open partition, without an opening.

        Raises:
            NotFound: of the gold set there is no comparison but the gate's.
        """
        if partition is Partition.GOLD:
            raise NotFound
        return await self._store.read(
            lambda connection: self.known.standings(connection, task, partition, student_id)
        )

    async def measure(self, task: Task, *, by: str, student_id: str = "") -> Job:
        """Have everybody answer the development items, and what the meter counts, in a job.

        ``student_id``: only this student beside rules and majority; empty: all that are there.
        """
        return await self._jobs.submit(
            "evaluate", task_id=task.id, by=by, params={"student": student_id}, once=True
        )

    async def open(
        self,
        task: Task,
        member: Member,
        student_id: str,
        *,
        reason: str,
        consented: bool = False,
    ) -> tuple[Opening, Job]:
        """Freeze the gold set, count and log the opening, and hand in the job. ``reason`` is typed.

        ``consented``: the person agreed to where the teacher's texts go.

        Raises:
            InvalidField: the reason is none, or there is no such student.
            GateShut: something is missing.
        """
        words = " ".join(reason.split())
        if not REASON_LEAST <= len(words) <= REASON_MOST:
            raise InvalidField(
                field="reason", reason=N_("say why, in 10 to 500 characters"), param="reason"
            )
        opening_id, made = new_id(), list[Opening]()

        def keep(connection: Any) -> Mapping[str, Fact]:
            current = tasks.get(connection, task.id) or task
            # nothing remembered: this is what is frozen, and what a write sees must not be kept
            state = _state(connection, task.id, Known(self._now_ms))
            if state.missing:
                raise GateShut(reason=MISSING[state.missing[0]])
            if student_id not in {one.id for one in state.candidates}:
                raise InvalidField(
                    field="student", reason=N_("there is no such student"), param="student"
                )
            _unseen(connection, state, student_id, task.id)
            items = openings.gold(connection, current)
            if state.plan.differing:
                items = unjudged(items)
            found = openings.add(
                connection,
                Opening(
                    id=opening_id,
                    task_id=task.id,
                    gold_version=current.gold_version,
                    number=0,
                    gold_hash=hash_of(items, {})
                    if state.plan.differing
                    else gold_hash(openings.truths(items)),
                    student_id=student_id,
                    plan=state.plan.plain() | {"teacher": state.teacher, "consented": consented},
                    reason=words,
                    actor=member.id,
                    at=self._now_ms(),
                ),
                items,
                new_id(),
                current.openings,
            )
            if found is None:
                raise GateShut(reason=MISSING["spent"])
            made.append(found)
            return {
                "version": found.gold_version,
                "number": found.number,
                "hash": found.gold_hash,
                "reason": words,
            }

        await self._trail.change("gold.opened", keep, actor=member.user_id or "", subject=task.id)
        return made[0], await self._hand_in(made[0], member)

    async def again(self, task: Task, member: Member, opening_id: str) -> Job:
        """Go on with an opening that has no verdict and whose job has ended; it does not count again.

        Raises:
            NotFound: the task has no such opening.
            GateShut: it has its verdict, or is under way, or people have not judged all texts.
        """
        state = await self.state(task)
        entry = next((one for one in state.history if one.opening.id == opening_id), None)
        if entry is None:
            raise NotFound
        if not entry.opening.student_id:
            raise GateShut(reason=MISSING["spent"])
        if entry.kept is not None or (entry.job and not entry.job.state.over):
            raise GateShut(reason=MISSING["running"])
        if entry.open:
            raise GateShut(reason=MISSING["judging"])
        return await self._hand_in(entry.opening, member)

    async def verdict(self, task: Task, opening_id: str) -> Entry:
        """One opening with its verdict.

        Raises:
            NotFound: the task has none of this id.
        """
        found = await self._store.read(partial(_history, task_id=task.id, known=self.known))
        entry = next((one for one in found if one.opening.id == opening_id), None)
        if entry is None:
            raise NotFound
        return entry

    async def export(self, task: Task, opening_id: str) -> dict[str, Any]:
        """Everything that a verdict was made of, item by item, without texts, as JSON values.

        Raises:
            NotFound: the task has no such opening, or it has no verdict.
        """
        entry = await self.verdict(task, opening_id)
        if entry.kept is None:
            raise NotFound
        opening, kept = entry.opening, entry.kept
        sealed, results = await self._store.read(partial(sealed_results, opening=opening))
        return exported(task, opening, kept, sealed, results)

    async def passed(self, task: Task, student_id: str) -> Entry | None:
        """The newest opening of a student, if its verdict lets it take the teacher's place and holds."""
        found = await self._store.read(partial(_history, task_id=task.id, known=self.known))
        mine = next((one for one in found if one.opening.student_id == student_id), None)
        if mine is None or mine.kept is None or mine.void:
            return None
        return mine if Verdict(mine.kept.verdict).passed else None

    async def _hand_in(self, opening: Opening, member: Member) -> Job:
        job = await self._jobs.submit(
            "gate", task_id=opening.task_id, by=member.user_id, params={"opening": opening.id}
        )
        await self._store.write(lambda connection: openings.set_job(connection, opening.id, job.id))
        return job


def _state(connection: Any, task_id: str, known: Known) -> State:
    task = tasks.get(connection, task_id)
    if task is None:
        raise NotFound
    items = known.gold(connection, task)
    plan = plan_of(task)
    wanted = openings.to_judge(connection, task) if plan.differing else None
    counts = dict.fromkeys(("done", "unanswered", "alone", "differ"), 0)
    for one in items:
        if wanted is None or one.item in wanted:
            counts[one.state] += 1
    history = _history(connection, task_id, known)
    candidates = students.of_task(connection, task_id)
    prompt = prompt_of(connection, task)
    mine = [one for one in history if one.opening.gold_version == task.gold_version]
    left = max(0, task.openings - len(mine))
    comparison = known.standings(connection, task, Partition.DEV)
    missing = {
        "no_gold": not items,
        **{
            name: counts[name] > 0 and not plan.differing
            for name in ("unanswered", "alone", "differ")
        },
        "no_student": not candidates,
        "no_teacher": prompt is None,
        "plan_changed": any(
            one.opening.student_id and Plan.of(one.opening.plan) != plan for one in mine
        ),
        "spent": left == 0 or any(not one.opening.student_id for one in mine),
        "running": any(
            one.kept is None and one.job is not None and not one.job.state.over for one in mine
        ),
        "judging": any(
            one.kept is None
            and one.differ is not None
            and one.opening.student_id in {each.id for each in candidates}
            for one in mine
        ),
    }
    power = _power(len(items), plan, comparison)
    return State(
        version=task.gold_version,
        items=len(items),
        gold=counts,
        missing=tuple(name for name in MISSING if missing[name]),
        left=left,
        plan=plan,
        power=power,
        live=known.live(connection, task),
        comparison=comparison,
        history=tuple(history),
        candidates=tuple(candidates),
        teacher="" if prompt is None else prompt.version,
        more=_more(len(items), power, comparison),
    )


def _unseen(connection: Any, state: State, student_id: str, task_id: str) -> None:
    """Raises GateShut where the student, or the teacher's prompt, has seen texts that are gold now."""
    data = next((one.dataset_id for one in state.candidates if one.id == student_id), None)
    row = suggestions.prompt(connection, task_id, state.teacher)
    shots = Prompt.items_of(row.body) if row else []
    learnt, shown = seen_gold(connection, task_id, data, shots)
    if learnt or shown:
        raise GateShut(reason=LEARNT if learnt else SHOWN)


def _power(items: int, plan: Plan, comparison: Comparison) -> Power:
    pair = comparison.pair
    known = pair is not None and pair.items >= DIFFER_LEAST
    differ = (pair.wins + pair.losses + 1) / (pair.items + 1) if pair and known else DIFFER
    return Power(
        items=items,
        differ=differ,
        known=known,
        gap=gap_seen(items, differ),
        to_match=to_match(plan.margin, differ),
        chance=power_to_match(items, plan.margin, differ),
        least=least(plan.margin) if plan.margin > 0 else 0,
    )


def _more(items: int, power: Power, comparison: Comparison) -> int | None:
    """By the development items: how many the gold set lacks, if things are as they look there."""
    pair = comparison.pair
    if pair is None or not power.known:
        return None if power.to_match is None else max(0, power.to_match - items)
    needed = pair.items + pair.more if pair.more else pair.items
    return max(0, needed - items)


def _history(connection: Any, task_id: str, known: Known) -> Sequence[Entry]:
    task = tasks.get(connection, task_id)
    if task is None:
        raise NotFound
    verdicts = openings.verdicts_of(connection, task_id)
    numbers = openings.numbers(connection, task_id)
    found = []
    for one in openings.of_task(connection, task_id):
        kept = verdicts.get(one.id)
        now = known.gold(connection, task, one.gold_version)
        void = changed(connection, one, kept, now)
        asked = openings.asked(connection, one) if one.plan.get("differing") else None
        left = 0
        if asked and kept is None:
            states = {item.item: item.state for item in now}
            left = sum(states.get(item, "done") != "done" for item in asked.ids)
        found.append(
            Entry(
                one,
                kept,
                void,
                numbers.get(one.student_id),
                job_rows.get(connection, one.job_id) if one.job_id else None,
                asked.differ if asked else None,
                len(asked.ids) if asked else 0,
                left,
            )
        )
    return found
