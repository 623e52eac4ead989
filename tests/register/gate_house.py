# SPDX-License-Identifier: EUPL-1.2
"""A task with a gold set that two people answer, a student and a teacher."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from sqlalchemy import delete, insert, update

from hausgeist.audit import Trail
from hausgeist.core.answers import Guess, Value
from hausgeist.core.asked import Asked
from hausgeist.core.jobs import Job
from hausgeist.core.messages import Usage
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import run_here
from hausgeist.register.gate import Gate
from hausgeist.register.trials import Trials
from hausgeist.store import items as item_rows
from hausgeist.store import students, suggestions, task_answers, tasks
from hausgeist.store.students import Student
from hausgeist.store.tables import answers, decisions, items
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.teacher import Wish, make

LABELS = (Label("bau", "Bau"), Label("kita", "Kita"), Label("laerm", "Lärm"))
KEYS = tuple(one.key for one in LABELS)
KEY = b"k" * 32


def one(key):
    return Value((key,))


class Killed(Exception):
    """The worker is gone."""


class Says:
    """Stands for a student or a teacher: right unless the item's number is among its errors."""

    def __init__(self, house, wrong=(), prose=(), micro_eur=2_000):
        self.house, self.wrong, self.prose, self.micro_eur = (
            house,
            set(wrong),
            set(prose),
            micro_eur,
        )
        self.asked, self.dies_after = [], None

    def _key(self, text):
        number = int(text.split()[1])
        right = KEYS[number % 3]
        return KEYS[(number + 1) % 3] if number in self.wrong else right, number

    async def predict(self, folder, texts):
        del folder
        return [Guess(one(self._key(text)[0]), 0.9) for text in texts]

    async def close(self):
        pass

    async def ask(self, call):
        text = next(
            t for t in self.house.texts if t in call.messages[-1].text or self._again(call, t)
        )
        key, number = self._key(text)
        self.asked.append(number)
        if self.dies_after is not None and len(self.asked) > self.dies_after:
            raise Killed
        said = "Das kommt darauf an." if number in self.prose else json.dumps({"label": key})
        return Asked(
            text=said,
            usage=Usage(100, 10),
            micro_eur=self.micro_eur,
            ms=500,
            model="lehrer",
            call_id=call.id,
            policy="p1",
            terms="yes",
        )

    def _again(self, call, text):
        return any(message.text.endswith(f"{text}\n</text>") for message in call.messages[:-1])


class House:
    """The doors, and short ways to make rows."""

    def __init__(self, store, gold=60, dev=0, **changes):
        self.store, self.now = store, 1_000
        self.trail = Trail(store, KEY, self._tick)
        self.jobs = Jobs(store, self._tick)
        self.gate = Gate(store, self.trail, self.jobs, self._tick)
        wanted = {"kind": TaskKind.SINGLE, "labels": LABELS, "margin": 5.0, "gold_version": 1}
        wanted |= {"name": "anliegen", "title": "Anliegen"}
        self.task = Task(id="t1", **(wanted | changes))
        self.member = Member("m1", "t1", None, Part.OWNER, {}, 0, None)
        store.write_now(lambda c: tasks.add(c, self.task, self.member))
        self.texts = []
        self.items(gold, Partition.GOLD)
        self.items(dev, Partition.DEV)

    def _tick(self):
        self.now += 1
        return self.now

    def items(self, count, partition, version=1):
        first = len(self.texts)
        for number in range(first, first + count):
            text = f"Anliegen {number} der Leute"
            self.texts.append(text)
            row = {
                "id": f"i{number}",
                "task_id": "t1",
                "seq": number,
                "text": text,
                "text_hash": f"{number:064d}",
                "source": "",
                "outside_id": "",
                "meta": json.dumps({"kanal": "brief" if number % 2 else "mail"}),
                "partition": partition.value,
                "gold_version": version if partition is Partition.GOLD else None,
                "rank": 0.5,
                "worth": 0.0,
                "again": 0,
                "created_at": 1,
            }
            self.store.write_now(lambda c, row=row: c.execute(insert(items).values(**row)))

    def answer(self, number, actor="m1", key=None, *, mode=Mode.BLIND, drawn="random"):
        made = Answer(
            id=f"a{number}-{actor}-{self._tick()}",
            task_id="t1",
            item_id=f"i{number}",
            actor=actor,
            mode=mode,
            value=one(key or KEYS[number % 3]),
            drawn=drawn,
            at=self._tick(),
        )
        self.store.write_now(lambda c: task_answers.add(c, made))

    def answered(self, count=60):
        for number in range(count):
            self.answer(number, "m1")
            self.answer(number, "m2")

    def decide(self, number, key):
        row = {
            "id": f"d{number}-{self._tick()}",
            "task_id": "t1",
            "item_id": f"i{number}",
            "actor": "m3",
            "value": one(key).encode(),
            "reason": "",
            "schema_version": 1,
            "at": self._tick(),
        }
        self.store.write_now(lambda c: c.execute(insert(decisions).values(**row)))

    def student(self, name="s1"):
        made = Student(
            id=name,
            task_id="t1",
            number=0,
            rung="words",
            recipe={},
            dataset_id=None,
            job_id="",
            state="ready",
            facts={},
            size=1,
            files_hash="",
            created_at=self._tick(),
        )
        self.store.write_now(lambda c: students.add(c, made))

    def prompt(self):
        made = make(self.task, Wish(model="lehrer"))
        self.store.write_now(
            lambda c: suggestions.keep_prompt(
                c, "t1", made.version, "lehrer", made.body(), "m1", self._tick()
            )
        )
        return made.version

    def ready(self, count=60):
        self.answered(count)
        self.student()
        self.prompt()

    def change(self, **changes):
        self.task = replace(self.task, **changes)
        self.store.write_now(lambda c: tasks.put(c, self.task))

    def forget_answer(self, number):
        self.store.write_now(
            lambda c: c.execute(
                update(answers)
                .where(answers.c.item_id == f"i{number}", answers.c.actor == "m2")
                .values(gone_at=9)
            )
        )

    def remove_item(self, number):
        self.store.write_now(lambda c: c.execute(delete(items).where(items.c.id == f"i{number}")))

    def item(self, number):
        return self.store.read_now(lambda c: item_rows.get(c, "t1", f"i{number}"))

    async def state(self):
        return await self.gate.state(self.task)

    async def open(self, student="s1", reason="Die Ämter warten darauf"):
        return await self.gate.open(self.task, self.member, student, reason=reason)

    async def work(self, job, student, teacher, kind="gate"):
        trials = Trials(self.store, self.trail, Path("students"), lambda: student, self._tick)
        return await run_here(job, getattr(trials, kind), teacher)

    async def opened(self, student, teacher):
        opening, job = await self.open()
        result = await self.work(job, student, teacher)
        return await self.gate.verdict(self.task, opening.id), result

    def job(self, kind="evaluate", **params):
        return Job(id="j1", kind=kind, task_id="t1", params=params, by="u1")


def run(work):
    return asyncio.run(work)
