# SPDX-License-Identifier: EUPL-1.2
"""A house with the doors of River 3, people and a teacher: what the flows through the workbench stand on."""

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import townhall
from taskmade import made_person

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.jobs import Job, JobState
from hausgeist.core.people import Principal, Role
from hausgeist.core.tasks import Label, Mode, Part, Task, TaskKind
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.jobs.work import run_here
from hausgeist.ledger import Book
from hausgeist.register.bench import Bench, Ground, open_bench
from hausgeist.register.jobs import kinds
from hausgeist.settings import Settings
from hausgeist.store import jobs as job_rows
from hausgeist.store.db import Store
from hausgeist.store.tasks import Member
from hausgeist.testing.simulated import SimulatedAnnotator, SimulatedTeacher
from hausgeist.workbench.asking import GatewayAsker
from hausgeist.workbench.finding import Wish as Work
from hausgeist.workbench.intake import Plan

KEY = b"k" * 32
NAMES = {"strasse": "Straße", "muell": "Abfall", "ausweis": "Ausweis"}
PARTS = {NAMES[key]: some for key, some in townhall.PARTS.items()}
"""Messages to a town hall in parts, by what they are about."""


def messages() -> dict[str, str]:
    """Every message with its label, in an order of chance."""
    found = [(" ".join(words), name) for name, some in PARTS.items() for words in product(*some)]
    Random(1).shuffle(found)
    return dict(found)


def principal(login: str) -> Principal:
    """Somebody who may ask models."""
    return Principal(id=f"id-{login}", name=login.title(), role=Role.MEMBER, group=f"g-{login}")


class Workshop:
    """The doors over one store, as the server, the command line and workers have them."""

    def __init__(self, store: Store, home: Path) -> None:
        self.store = store
        self._now = 1_790_000_000_000
        self.directory = Directory()
        trail = Trail(store, KEY, self.now_ms)
        self.gateway = Gateway(
            directory=self.directory,
            routes=Routes(self.directory, time.monotonic),
            book=Book(store, self.now_ms),
            trail=trail,
            now_ms=self.now_ms,
        )
        self.bench: Bench = open_bench(
            Ground(
                settings=Settings(home=home),
                store=store,
                trail=trail,
                secret=KEY,
                gateway=self.gateway,
                now_ms=self.now_ms,
            )
        )
        self.work = kinds(self.bench)
        for login in ("anna", "bert", "cora"):
            made_person(store, login)

    def now_ms(self) -> int:
        """Time goes on by a millisecond at each look."""
        self._now += 1
        return self._now

    async def done(self, job: Job, by: str = "anna") -> Mapping[str, Any]:
        """Do a job to its end as a worker would."""
        asker = GatewayAsker(self.gateway, principal=principal(by))
        await self.store.write(lambda c: job_rows.take(c, job.id, "here", self.now_ms()))
        result = await run_here(job, self.work[job.kind], asker)
        await self.store.write(
            lambda c: job_rows.end(
                c,
                job.id,
                "here",
                state=JobState.DONE,
                result=result,
                error="",
                now_ms=self.now_ms(),
            )
        )
        await self.store.drain()
        return result

    async def filled(self, path: Path, *, gold: int, mode: Mode = Mode.ASSISTED) -> Task:
        """A task made of a file, as the page makes one, with a gold set and two more people."""
        bench = self.bench
        room = bench.intake.room()
        await asyncio.to_thread(shutil.copyfile, path, room)
        waiting = await bench.intake.hand_in("id-anna", room, path.name)
        look = waiting.found.look
        task = await bench.tasks.create(
            Task(
                id="",
                name=await bench.tasks.free_name("Anliegen"),
                title="Anliegen",
                kind=TaskKind.SINGLE,
                labels=tuple(Label(name.casefold(), name) for name in PARTS),
                margin=10.0,
                mode=mode,
            ),
            "id-anna",
        )
        _, owner = await bench.tasks.opened(task.id, "id-anna")
        plan = Plan(
            path="",
            name=waiting.name,
            size=waiting.size,
            shape=waiting.found.shape,
            text=look.text,
            outside=look.outside,
            gold=gold,
        )
        intake = await bench.intake.begin(task, owner, waiting, plan)
        await bench.intake.run(task.id, intake.id, "id-anna")
        await bench.members.add(task.id, "bert", Part.ANNOTATOR, "id-anna")
        await bench.members.add(task.id, "cora", Part.REVIEWER, "id-anna")
        return (await bench.tasks.opened(task.id, "id-anna"))[0]

    async def member(self, task: Task, login: str) -> Member:
        """Who somebody is in a task."""
        return (await self.bench.tasks.opened(task.id, f"id-{login}"))[1]

    def taught(self, task: Task, truths: Mapping[str, Value], **more: Any) -> SimulatedTeacher:
        """A teacher in the house's directory."""
        made = SimulatedTeacher.of(task, list(truths.items()), **{"unparsed": 0.0} | more)
        self.directory.put(made.name, made, [made.card()])
        return made

    async def annotate(
        self, task: Task, login: str, truths: Mapping[str, Value], work: str, most: int, **more: Any
    ) -> int:
        """Have somebody answer what the queue gives them, until it is empty or they have ``most``."""
        member = await self.member(task, login)
        someone = SimulatedAnnotator(
            door=self.bench.review, task=task, member=member, truths=truths, seed=login, **more
        )
        while someone.answered < most:
            wish = Work(count=min(10, most - someone.answered), work=work)
            drawn = await self.bench.queue.draw(task, member, wish)
            if not drawn.items:
                break
            for item in drawn.items:
                await someone.answer(item)
        return someone.answered


def table(path: Path, texts: Sequence[str]) -> Path:
    """A CSV of messages as a department's mailbox gives it."""
    rows = [f"{at};{'mail' if at % 2 else 'brief'};{text}" for at, text in enumerate(texts)]
    path.write_text("\n".join(["nr;kanal;nachricht", *rows]), encoding="utf-8")
    return path


def run(work: Any) -> Any:
    """Run to the end in a loop of its own."""
    return asyncio.run(work)
