# SPDX-License-Identifier: EUPL-1.2
"""A task with texts whose truths are known, and a simulated teacher behind a real gateway."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from answering import Desk, desk
from taskmade import made_person

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.jobs import Job
from hausgeist.core.people import Principal, Role
from hausgeist.core.tasks import Partition
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import run_here
from hausgeist.ledger import Book
from hausgeist.store import suggestions
from hausgeist.store.db import Store
from hausgeist.store.suggestions import Suggestion, Tally
from hausgeist.testing.simulated import SimulatedTeacher
from hausgeist.workbench.asking import Asker, GatewayAsker
from hausgeist.workbench.suggest import Suggest
from hausgeist.workbench.teacher import Wish

ANNA = Principal(id="id-anna", name="Anna", role=Role.MEMBER, group="planning")
WISH = Wish(model="simulated-teacher")
LABELS = ("bill", "praise", "other")


@dataclass
class School:
    """A desk with a teacher."""

    desk: Desk
    teacher: SimulatedTeacher
    gateway: Gateway
    suggest: Suggest
    jobs: Jobs

    @property
    def store(self) -> Store:
        """Where it all is."""
        return self.desk.store

    def start(self, wish: Wish = WISH, **more: Any) -> Job:
        """Hand in a run."""
        task, member = self.desk.task, self.desk.members[0]
        return asyncio.run(self.suggest.start(task, member, ANNA, wish, **more))

    def do(self, job: Job, asker: Asker | None = None) -> Mapping[str, Any]:
        """Do a job to its end, here, and let the next one in."""

        async def run() -> Mapping[str, Any]:
            through = asker or GatewayAsker(self.gateway, principal=ANNA)
            try:
                return await run_here(job, self.suggest.run, through)
            finally:
                await self.store.drain()
                await self.jobs.cancel(job.id)

        return asyncio.run(run())

    def suggested(self, wish: Wish = WISH, **more: Any) -> Mapping[str, Any]:
        """A whole run."""
        return self.do(self.start(wish, **more))

    def rows(self, state: str = "") -> list[Suggestion]:
        """All rows of the only prompt."""
        (version,) = {one.version for one in self.prompts()}
        found = self.store.read_now(
            lambda c: suggestions.listed(c, self.desk.task.id, version, state, most=100_000)
        )
        return [one for one, _ in found]

    def prompts(self) -> list[suggestions.PromptRow]:
        """The prompts that were kept."""
        return self.store.read_now(lambda c: suggestions.prompts(c, self.desk.task.id))

    def tally(self) -> Tally:
        """What came of the only prompt."""
        (found,) = self.store.read_now(lambda c: suggestions.tallies(c, self.desk.task.id))
        return found


def truths(count: int) -> list[tuple[str, Value]]:
    """Texts with the label that they name."""
    return [
        (f"Nummer {at} {LABELS[at % 3]}", Value.of_labels([LABELS[at % 3]])) for at in range(count)
    ]


def school(
    store: Store,
    known: Sequence[tuple[str, Value]],
    *,
    card: Mapping[str, Any] | None = None,
    task: Mapping[str, Any] | None = None,
    budgets: Any = None,
    **teacher: Any,
) -> School:
    """A task whose pool has these texts, and a teacher who knows them."""
    made_person(store)
    made = desk(store, **dict(task or {}))
    made.more([text for text, _ in known])
    taught = SimulatedTeacher.of(made.task, known, **{"unparsed": 0.0} | teacher)
    directory = Directory()
    gateway = Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=budgets or Book(store, lambda: 1_790_000_000_000),
        trail=Trail(store, b"k" * 32, lambda: 1_790_000_000_000),
        now_ms=lambda: 1_790_000_000_000,
    )
    directory.put("simulated", taught, [taught.card(**dict(card or {}))])
    jobs = Jobs(store, lambda: 1_790_000_000_000)
    return School(
        made, taught, gateway, Suggest(store, jobs, gateway, lambda: 1_790_000_000_000), jobs
    )


def gold(made: School, texts: Sequence[str]) -> list[str]:
    """Items of the gold set."""
    return made.desk.more(texts, Partition.GOLD)
