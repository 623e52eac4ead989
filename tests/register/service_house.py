# SPDX-License-Identifier: EUPL-1.2
"""A running house with a task of a town hall and a student that a real child has trained."""

import asyncio
from dataclasses import replace
from itertools import product
from random import Random

from sqlalchemy import insert, select
from townhall import PARTS

from hausgeist.core.answers import Value
from hausgeist.core.jobs import Job
from hausgeist.core.service import Chain
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.jobs.work import run_here
from hausgeist.register.promote import Wish
from hausgeist.store import datasets, deployments, students, task_answers, tasks
from hausgeist.store.datasets import Content, Dataset, Line
from hausgeist.store.tables import items, served
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.training.train import train

NOW = 1_790_000_000_000
POOL = 120
EXCEPTION = "Der Versuch ist mit dem Personalrat besprochen"


def messages():
    """Text and label, in an order of chance."""
    found = [(" ".join(words), key) for key, some in PARTS.items() for words in product(*some)]
    Random(1).shuffle(found)
    return found


def row(number, text, partition, task_id="t1"):
    """An item's row."""
    made = {"id": f"i{number}", "task_id": task_id, "seq": number, "text": text, "meta": "{}"}
    made |= {"text_hash": f"{number:064d}", "partition": partition.value}
    for column in items.c:
        if not column.nullable:
            made.setdefault(column.name, column.type.python_type())
    return made


class Place:
    """A task in a house: its doors, and short ways to bring its student into service."""

    def __init__(self, house, owner_id):
        self.house, self.store, self.bench = house, house.store, house.bench
        labels = tuple(Label(one, one.title()) for one in PARTS)
        self.task = Task(
            id="t1", name="anliegen", title="Anliegen", kind=TaskKind.SINGLE, labels=labels
        )
        self.member = Member("m1", "t1", owner_id, Part.OWNER, {}, 0, None)
        self.texts = messages()
        self.store.write_now(self._filled)
        self.student = None

    def _filled(self, connection):
        tasks.add(connection, self.task, self.member)
        content = Content()
        rows = []
        for number, (text, key) in enumerate(self.texts):
            partition = Partition.POOL if number < POOL else Partition.DEV
            rows.append(row(number, text, partition))
            value = Value((key,))
            content.add(Line(f"i{number}", partition, f"{number}", value, 1.0, "person", ()))
        connection.execute(insert(items), rows)
        for number in range(POOL, len(self.texts)):
            self._answer(connection, number, self.texts[number][1])
        packed, sha256, counts = content.close()
        made = Dataset(
            id="d1",
            task_id="t1",
            number=0,
            hash=sha256,
            counts=counts,
            schema_version=1,
            created_at=1,
        )
        datasets.add(connection, made, packed)

    @staticmethod
    def _answer(connection, number, key):
        made = Answer(
            id=f"a{number}",
            task_id="t1",
            item_id=f"i{number}",
            actor="m1",
            mode=Mode.BLIND,
            value=Value((key,)),
            drawn="random",
            at=5,
        )
        task_answers.add(connection, made)

    def train(self):
        """Have a student of words trained, in a real child."""
        settings = self.house.settings
        function = train(self.store, settings.home, lambda: NOW)
        params = {"dataset": "d1", "rungs": ["words"], "seed": 7}
        job = Job(id="j1", kind="train", task_id="t1", params=params)
        asyncio.run(run_here(job, function, None))
        self.student = self.store.read_now(lambda c: students.of_task(c, "t1"))[0]

    def again(self, name="s2"):
        """The same student once more, as a second one."""
        import shutil

        home = self.house.settings.home / "students" / "t1"
        shutil.copytree(home / self.student.id, home / name, dirs_exist_ok=True)
        made = replace(self.student, id=name, number=0)
        self.store.write_now(lambda c: students.add(c, made))
        return name

    def wish(self, **changes):
        """Into service for everything, without the gate's verdict."""
        wanted = {"student_id": self.student.id, "exception": EXCEPTION, "wrong_most": 0.1}
        return Wish(**(wanted | {"share": 1.0, "chain": Chain()} | changes))

    def served(self):
        """What was kept of answers."""
        return self.store.read_now(
            lambda c: c.execute(select(served).order_by(served.c.at)).mappings().all()
        )

    def deployments(self):
        """All of the task, the newest first."""
        return self.store.read_now(lambda c: deployments.of_task(c, "t1"))
