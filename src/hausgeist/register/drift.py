# SPDX-License-Identifier: EUPL-1.2
"""Watching students in service: what they answer now is compared with what they answered at first.

Runs in rounds, never with a request. A round only compares; what is heavy, to find the texts that are alike,
is the job "drift", and only where there is an alarm to raise. An alarm stands with the deployment until the
owner has seen it, stops a trial from answering everything, and puts the texts that are new on top of the
queue.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.clusters import clusters
from hausgeist.core.drift import Seen, Sign, audited, disagreeing, signs
from hausgeist.core.service import Deployment, Stage
from hausgeist.core.statistics.interval import Interval, clopper_pearson
from hausgeist.core.tasks import Task
from hausgeist.core.trail import Fact
from hausgeist.errors import NotFound
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import Work
from hausgeist.store import datasets, deployments, items, tasks
from hausgeist.store.db import Store
from hausgeist.store.deployments import AUDIT, ON_TOP, Served
from hausgeist.store.tasks import Member

JOB = "drift"
EVERY_MS = 600_000
"""Between two looks."""
SHADOWS = 1_000
FIRST, RECENT = 1_000, 500
"""Answers of the windows: those after the start, and the latest ones."""
WEEKS = 8
WEEK_MS = 7 * 86_400_000
KEPT_MS = 400 * 86_400_000
"""How long answers are kept."""
CLUSTERED_MOST = 300


@dataclass(frozen=True, slots=True)
class Week:
    """The blind audit of a week: how many were answered, how many of them wrong, and the exact interval."""

    at: int
    wrong: int
    of: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Day:
    """Answers of a day: how many, what share the student left to others, its mean confidence."""

    at: int
    answers: int
    left: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Health:
    """How a deployment does. ``estimate``: its share of right answers by its own, calibrated confidence."""

    answers: int
    signs: tuple[Sign, ...]
    weeks: tuple[Week, ...]
    days: tuple[Day, ...]
    estimate: float | None
    shadow: tuple[float, int] | None = None
    """The share of answers with which the teacher agrees, and of how many."""

    @property
    def alarms(self) -> tuple[Sign, ...]:
        """Signs that are alarms."""
        return tuple(one for one in self.signs if one.alarm)


class Drift:
    """The verbs. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, jobs: Jobs, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._jobs = jobs
        self._now_ms = now_ms
        self._looked = 0

    async def health(self, task: Task, made: Deployment) -> Health:
        """What is known of a deployment."""
        return await self._store.read(partial(_health, task=task, made=made, now=self._now_ms()))

    async def tend(self) -> None:
        """Look at everything in service, if it is time, and hand in the job where there is an alarm.

        Old answers are deleted on the way.
        """
        now = self._now_ms()
        if now - self._looked < EVERY_MS:
            return
        self._looked = now
        await self._store.write(partial(deployments.forget_before, at=now - KEPT_MS))
        for one in await self._store.read(deployments.running):
            _, fresh = await self._signs(one.task, one.deployment)
            if fresh:
                await self._jobs.submit(
                    JOB, task_id=one.task.id, params={"deployment": one.deployment.id}, once=True
                )

    async def work(self, work: Work) -> Mapping[str, Any]:
        """The job ``drift``: look again, since it may be another's alarm by now, and raise it."""
        task_id, deployment_id = str(work.job.task_id), str(work.job.params["deployment"])
        task, made = await self._store.read(
            lambda connection: (
                tasks.get(connection, task_id),
                deployments.get(connection, task_id, deployment_id),
            )
        )
        if task is None or made is None:
            raise NotFound
        return {"signs": [one.key for one in await self.look(task, made)]}

    async def look(self, task: Task, made: Deployment) -> tuple[Sign, ...]:
        """Look at one deployment, and raise the alarm where there is one and none stands yet."""
        found, fresh = await self._signs(task, made)
        if fresh:
            await self._alarm(task, made, found, fresh)
        return found

    async def _signs(
        self, task: Task, made: Deployment
    ) -> tuple[tuple[Sign, ...], tuple[Sign, ...]]:
        """The signs that are alarms, and those of them that neither stand nor have been seen."""
        found = (await self.health(task, made)).alarms
        known = {one["key"] for one in (made.checks.get("alarm") or {}).get("signs", ())}
        known |= set(made.checks.get("alarms_seen", ()))
        return found, tuple(one for one in found if one.key not in known)

    async def seen(self, task: Task, member: Member, deployment_id: str) -> None:
        """The owner has seen the alarm: it no longer stands, and is not raised again for the same signs.

        Raises:
            NotFound: there is none.
        """

        def keep(connection: Any) -> Mapping[str, Fact]:
            made = deployments.get(connection, task.id, deployment_id)
            alarm = None if made is None else made.checks.get("alarm")
            if made is None or not alarm:
                raise NotFound
            keys = [one["key"] for one in alarm["signs"]]
            known = [*made.checks.get("alarms_seen", ()), *keys]
            checks = {**made.checks, "alarm": None, "alarms_seen": sorted(set(known))}
            deployments.put(connection, replace(made, checks=checks))
            return {"deployment": made.number, "signs": ", ".join(keys)}

        await self._trail.change(
            "service.alarm_seen", keep, actor=member.user_id or "", subject=task.id
        )

    async def _alarm(
        self, task: Task, made: Deployment, found: Sequence[Sign], fresh: Sequence[Sign]
    ) -> None:
        now = self._now_ms()
        texts = await self._store.read(
            lambda connection: deployments.waiting_texts(connection, task.id, CLUSTERED_MOST)
        )
        groups = await asyncio.to_thread(clusters, [text for _, text in texts])
        on_top = [texts[place][0] for place in groups[0]] if groups else []

        def keep(connection: Any) -> Mapping[str, Fact] | None:
            there = deployments.get(connection, task.id, made.id)
            if there is None or there.state is Stage.ENDED:
                return None
            plain = [
                {"key": one.key, "before": round(one.before, 4), "now": round(one.now, 4)}
                for one in found
            ]
            alarm = {"at": now, "signs": plain, "texts": len(on_top)}
            deployments.put(connection, replace(there, checks={**there.checks, "alarm": alarm}))
            items.change(connection, task.id, on_top, worth=ON_TOP + 1)
            return {
                "deployment": there.number,
                "signs": ", ".join(one.key for one in fresh),
                "texts": len(on_top),
            }

        await self._trail.change("service.alarm", keep, actor="", subject=task.id)


def _health(connection: Any, task: Task, made: Deployment, now: int) -> Health:
    first = deployments.window(connection, made.id, FIRST, newest=False)
    recent = deployments.window(connection, made.id, RECENT, newest=True)
    begun = {one.id for one in first}
    recent = [one for one in recent if one.id not in begun]
    weeks = _weeks(connection, task, made, now)
    found = signs([_seen(one) for one in first], [_seen(one) for one in recent])
    wrong, of = sum(one.wrong for one in weeks), sum(one.of for one in weeks)
    listed = (made.checks.get("list") or {}).get("threshold") or {}
    promised = float(listed.get("wrong_most", 0.03))
    shadow = deployments.since(
        connection, task.id, made.started_at, by=deployments.SHADOW, most=SHADOWS
    )
    told = [bool(one.agrees) for one in reversed(shadow) if one.deployment_id == made.id]
    more = [audited(wrong, of, promised), disagreeing(told)]
    latest = recent or first
    sure = [one.score for one in latest if one.score is not None and one.by in _STUDENTS]
    return Health(
        answers=deployments.count(connection, made.id),
        signs=(*found, *(one for one in more if one is not None)),
        shadow=(told.count(True) / len(told), len(told)) if told else None,
        weeks=tuple(weeks),
        days=tuple(_days(connection, made, now)),
        estimate=sum(sure) / len(sure) if sure else None,
    )


_STUDENTS = ("student", "rule")


def _seen(one: Served) -> Seen:
    label = "" if one.value is None else ",".join(one.value.labels)
    return Seen(
        label=label or "-",
        score=one.score or 0.0,
        far=one.unknown or 0.0,
        length=one.length,
        kept=one.by in _STUDENTS,
    )


def _weeks(connection: Any, task: Task, made: Deployment, now: int) -> list[Week]:
    """The blind audit, week by week; only what people have answered counts."""
    counts: dict[int, list[int]] = {}
    for one in deployments.since(connection, task.id, now - WEEKS * WEEK_MS, by=AUDIT):
        if one.item_id is None or one.deployment_id != made.id:
            continue
        truth = datasets.resolved_one(connection, task, one.item_id)
        if truth is None:
            continue
        cell = counts.setdefault((now - one.at) // WEEK_MS, [0, 0])
        cell[0] += truth != one.value
        cell[1] += 1
    return [
        Week(now - (ago + 1) * WEEK_MS, wrong, of, clopper_pearson(wrong, of))
        for ago, (wrong, of) in sorted(counts.items(), reverse=True)
    ]


def _days(connection: Any, made: Deployment, now: int) -> list[Day]:
    return [
        Day(at, answers, left / answers, confidence)
        for at, answers, left, confidence in deployments.by_day(connection, made.id, now)
    ]
