# SPDX-License-Identifier: EUPL-1.2
"""Bringing a student into service: a check list, then one step; a share first, everything later, and back.

Every step is in the trail. What lacks the gate's verdict can be put into service only by the owner's typed
exception, which stays with the deployment for ever.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.selective import LEVEL, Chosen, at, choose
from hausgeist.core.service import Chain, Deployment, Stage, Template
from hausgeist.core.statistics.calibration import calibration
from hausgeist.core.tasks import Partition, Task
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound, NotReadyToServe
from hausgeist.identity.tokens import new_id
from hausgeist.register.gate import Gate
from hausgeist.store import datasets, deployments, students
from hausgeist.store.db import Store
from hausgeist.store.students import Student
from hausgeist.store.tasks import Member
from hausgeist.training.students import Students

CANARY = 0.05
WRONG_MOST = 0.03
ECE_MOST = 0.10
"""Mean distance of confidence and share of right answers up to which a student counts as calibrated."""
REVIEW_DAYS = 183
REVIEW_MOST_DAYS = 731
REASON_LEAST, REASON_MOST = 10, 500
DAY_MS = 86_400_000

CHECKS = {
    "verdict": N_("The gate says superior or not inferior, and its gold set is unchanged"),
    "slices": N_("It is worse in no protected group"),
    "calibration": N_("Its confidence can be trusted"),
    "threshold": N_(
        "From which confidence on it answers is bounded by what it did on development texts"
    ),
    "fallback": N_("Somebody answers what it leaves"),
    "owner": N_("Somebody is responsible"),
    "review": N_("A day is named on which it is looked at again"),
}
"""The list, in its order."""
EXCUSABLE = ("verdict", "slices", "calibration", "threshold")
"""What the owner may put aside with a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a student is to serve. ``wrong_most``: the share of answers that may be wrong at most.

    ``exception`` is the reason to do without what is open; ``threshold`` then holds where none can be
    derived. ``review_at`` in milliseconds since the epoch; 0: in half a year.
    """

    student_id: str
    wrong_most: float = WRONG_MOST
    share: float = CANARY
    shadow: float = 0.0
    chain: Chain = field(default_factory=Chain)
    review_at: int = 0
    exception: str = ""
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. ``facts`` are plain values for the words beside it."""

    key: str
    ok: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckList:
    """What is ticked for a student. ``chosen`` is the threshold; None: development items bound none."""

    student: Student
    checks: tuple[Check, ...]
    chosen: Chosen | None
    review_at: int

    @property
    def open(self) -> tuple[str, ...]:
        """What is not ticked."""
        return tuple(one.key for one in self.checks if not one.ok)

    @property
    def threshold(self) -> float | None:
        """From which score on it answers."""
        return None if self.chosen is None else self.chosen.threshold


class Promote:
    """The verbs. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        gate: Gate,
        students: Students,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._trail = trail
        self._gate = gate
        self._students = students
        self._now_ms = now_ms
        self.changed: Callable[[], Any] | None = None
        """Called (and awaited) after each change, so that this process serves it at once."""

    async def of_task(self, task: Task) -> list[Deployment]:
        """All deployments of a task, the newest first."""
        return await self._store.read(partial(deployments.of_task, task_id=task.id))

    async def pairs(self, task: Task, student: Student) -> list[tuple[float, bool]]:
        """Score and rightness on the development items that people have answered."""
        guesses = await self._students.dev(student)
        truths = await self._store.read(
            lambda connection: datasets.resolved(connection, task, Partition.DEV)
        )
        return [
            (guesses[one.item].score, guesses[one.item].value == one.value)
            for one in truths
            if one.item in guesses
        ]

    async def check(self, task: Task, wish: Wish) -> CheckList:
        """Go through the list for a student.

        Raises:
            NotFound: the task has no such student.
        """
        student = await self._students.get(task, wish.student_id)
        pairs = await self.pairs(task, student)
        chosen = choose(pairs, wish.wrong_most)
        passed = await self._gate.passed(task, student.id)
        slices: Sequence[Mapping[str, Any]] = ()
        if passed is not None and passed.kept is not None:
            slices = passed.kept.evidence.get("slices", ())
        sure = calibration(pairs)
        now = self._now_ms()
        review = wish.review_at or now + REVIEW_DAYS * DAY_MS
        chain = wish.chain
        checks = (
            Check(
                "verdict",
                passed is not None,
                {
                    "verdict": passed.kept.verdict if passed and passed.kept else "",
                    "version": passed.opening.gold_version if passed else 0,
                    "opening": passed.opening.id if passed else "",
                },
            ),
            Check(
                "slices",
                passed is not None and all(one.get("state") != "worse" for one in slices),
                {"count": len(slices)},
            ),
            Check(
                "calibration",
                sure is not None and sure.ece <= ECE_MOST,
                {"ece": sure.ece if sure else None, "items": len(pairs)},
            ),
            Check(
                "threshold",
                chosen is not None,
                {"level": LEVEL, "wrong_most": wish.wrong_most} | _chosen(chosen),
            ),
            Check(
                "fallback",
                chain.queue or bool(chain.teachers),
                {"teachers": list(chain.teachers), "queue": chain.queue},
            ),
            Check("owner", True, {}),
            Check("review", now < review <= now + REVIEW_MOST_DAYS * DAY_MS, {"at": review}),
        )
        return CheckList(student, checks, chosen, review)

    async def promote(self, task: Task, member: Member, wish: Wish) -> Deployment:
        """Let a student answer a share of what is asked; whoever answered before answers the rest.

        Raises:
            NotFound: there is no such student.
            NotReadyToServe: a check is open that no exception excuses, or another one is being tried.
            InvalidField: a share or a reason is none that can be.
        """
        _in_range(wish.share, "share")
        _in_range(wish.shadow, "shadow")
        _in_range(wish.threshold, "threshold")
        found = await self.check(task, wish)
        reason = " ".join(wish.exception.split())
        if reason and not REASON_LEAST <= len(reason) <= REASON_MOST:
            raise InvalidField(
                field="exception", reason=N_("say why, in 10 to 500 characters"), param="exception"
            )
        hard = [key for key in found.open if not reason or key not in EXCUSABLE]
        if hard:
            raise NotReadyToServe(reason=CHECKS[hard[0]])
        threshold = wish.threshold if found.threshold is None else found.threshold
        pairs = await self.pairs(task, found.student)
        checks = {one.key: {"ok": one.ok, **one.facts} for one in found.checks}
        exception = {"open": list(found.open), "reason": reason} if found.open else None
        made = Deployment(
            id=new_id(),
            task_id=task.id,
            student_id=found.student.id,
            number=0,
            state=Stage.CANARY if wish.share < 1 else Stage.LIVE,
            share=wish.share,
            shadow=wish.shadow,
            threshold=threshold,
            chain=_unreleased(wish.chain),
            checks={
                "list": checks,
                "exception": exception,
                "covers": _chosen(at(pairs, threshold)),
                "student": found.student.number,
                "was_live": wish.share >= 1,
            },
            actor=member.id,
            review_at=found.review_at,
            started_at=self._now_ms(),
        )

        def keep(connection: Any) -> Mapping[str, Fact]:
            if not students.is_there(connection, task.id, made.student_id):
                raise NotFound  # deleted since the list was made
            there = deployments.of_task(connection, task.id)
            if any(one.state is Stage.CANARY for one in there):
                raise NotReadyToServe(
                    reason=N_("another student is being tried on a share already")
                )
            if made.state is Stage.LIVE:
                _end_live(connection, there, self._now_ms())
            kept = deployments.add(connection, made)
            return _facts(kept) | {
                "exception": reason if found.open else None,
                "open": ", ".join(found.open) or None,
                "payer": kept.chain.payer if kept.chain.teachers else None,
                "template": kept.chain.template.fingerprint if kept.chain.template else None,
            }

        await self._change("service.promoted", task, member, keep)
        found_one = await self._store.read(
            partial(deployments.get, task_id=task.id, deployment_id=made.id)
        )
        assert found_one is not None
        return found_one

    async def share(self, task: Task, member: Member, share: float, shadow: float) -> None:
        """Change the share that a student on trial answers, and that the teacher is asked beside it.

        Raises:
            NotFound: nothing is in service.
        """
        _in_range(share, "share")
        _in_range(shadow, "shadow")

        def keep(connection: Any) -> Mapping[str, Fact]:
            there = _running(connection, task)
            trial = next((one for one in there if one.state is Stage.CANARY), None)
            chosen = trial or there[0]
            after = replace(chosen, shadow=shadow, share=share if trial else chosen.share)
            deployments.put(connection, after)
            return _facts(after) | {"before": chosen.share, "shadow": shadow}

        await self._change("service.share", task, member, keep)

    async def full(self, task: Task, member: Member) -> None:
        """Let the student on trial answer everything.

        Raises:
            NotFound: none is on trial.
        """

        def keep(connection: Any) -> Mapping[str, Fact]:
            there = _running(connection, task)
            trial = next((one for one in there if one.state is Stage.CANARY), None)
            if trial is None:
                raise NotFound
            if trial.checks.get("alarm"):
                raise NotReadyToServe(reason=N_("an alarm is open that its owner has not seen"))
            _end_live(connection, there, self._now_ms())
            after = replace(
                trial,
                state=Stage.LIVE,
                share=1.0,
                checks={**trial.checks, "was_live": True},
            )
            deployments.put(connection, after)
            return _facts(after)

        await self._change("service.full", task, member, keep)

    async def roll_back(self, task: Task, member: Member) -> None:
        """Go back by one step: end a trial, else let the deployment before answer again, or none.

        Raises:
            NotFound: nothing is in service.
        """

        def keep(connection: Any) -> Mapping[str, Fact]:
            there = _running(connection, task)
            trial = next((one for one in there if one.state is Stage.CANARY), None)
            chosen, now = trial or there[0], self._now_ms()
            deployments.put(connection, replace(chosen, state=Stage.ENDED, ended_at=now))
            facts = _facts(chosen)
            if trial is not None:
                return facts
            before = next(
                (
                    one
                    for one in deployments.of_task(connection, task.id)
                    if one.state is Stage.ENDED
                    and one.was_live
                    and one.number < chosen.number
                    and students.is_there(connection, task.id, one.student_id)
                ),
                None,
            )
            if before is not None:
                back = replace(before, state=Stage.LIVE, share=1.0, ended_at=None)
                deployments.put(connection, back)
                return facts | {"back_to": before.number}
            return facts

        await self._change("service.rolled_back", task, member, keep)

    async def end(self, task: Task, member: Member) -> None:
        """Take everything out of service.

        Raises:
            NotFound: nothing is.
        """

        def keep(connection: Any) -> Mapping[str, Fact]:
            there = _running(connection, task)
            for one in there:
                deployments.put(
                    connection, replace(one, state=Stage.ENDED, ended_at=self._now_ms())
                )
            return _facts(there[0])

        await self._change("service.ended", task, member, keep)

    async def release(self, deployment_id: str, by: str, *, released: bool) -> None:
        """An administrator lets a student answer everybody's calls of its template, or no longer.

        Raises:
            NotFound: no deployment with a template runs under this id.
        """
        subject = [""]

        def keep(connection: Any) -> Mapping[str, Fact]:
            found = next(
                (
                    one.deployment
                    for one in deployments.running(connection)
                    if one.deployment.id == deployment_id
                ),
                None,
            )
            if found is None or found.chain.template is None:
                raise NotFound
            subject[0] = found.task_id
            template = replace(found.chain.template, released=released)
            after = replace(found, chain=replace(found.chain, template=template))
            deployments.put(connection, after)
            return {
                "deployment": after.number,
                "template": template.fingerprint,
                "before.released": found.chain.template.released,
                "after.released": released,
            }

        await self._trail.change("service.released", keep, actor=by, subject=lambda: subject[0])
        if self.changed is not None:
            await self.changed()

    async def _change(
        self, kind: str, task: Task, member: Member, keep: Callable[[Any], Mapping[str, Fact]]
    ) -> None:
        await self._trail.change(kind, keep, actor=member.user_id or "", subject=task.id)
        if self.changed is not None:
            await self.changed()


def _running(connection: Any, task: Task) -> list[Deployment]:
    """What is in service; raises NotFound where nothing is."""
    found = [
        one for one in deployments.of_task(connection, task.id) if one.state is not Stage.ENDED
    ]
    if not found:
        raise NotFound
    return found


def _end_live(connection: Any, there: Sequence[Deployment], now: int) -> None:
    for one in there:
        if one.state is Stage.LIVE:
            deployments.put(connection, replace(one, state=Stage.ENDED, ended_at=now))


def _unreleased(chain: Chain) -> Chain:
    """The chain with its template not released: that is an administrator's word."""
    template: Template | None = chain.template
    if template is None:
        return chain
    if not template.system.strip() and not template.prefix.strip():
        raise InvalidField(
            field="template",
            reason=N_("a template needs instructions, or words before the text"),
            param="template",
        )
    return replace(chain, template=replace(template, released=False))


def _in_range(share: float, field: str) -> None:
    if not 0 <= share <= 1:
        raise InvalidField(field=field, reason=N_("a share is from 0 to 100 percent"), param=field)


def _chosen(chosen: Chosen | None) -> dict[str, Any]:
    if chosen is None:
        return {}
    return {
        "threshold": round(chosen.threshold, 6),
        "coverage": round(chosen.coverage, 4),
        "bound": round(chosen.bound, 4),
        "wrong": chosen.wrong,
        "answered": chosen.answered,
        "of": chosen.of,
    }


def _facts(one: Deployment) -> dict[str, Fact]:
    return {
        "deployment": one.number,
        "student": one.student_id,
        "state": one.state.value,
        "share": one.share,
        "threshold": round(one.threshold, 6),
    }
