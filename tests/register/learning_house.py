# SPDX-License-Identifier: EUPL-1.2
"""A task with texts of a town hall, people's answers, a teacher's suggestions, and students of it."""

import asyncio
from itertools import product
from random import Random

from sqlalchemy import insert
from taskmade import made_person
from townhall import PARTS

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.jobs import JobState
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.jobs.work import run_here
from hausgeist.register.bench import Ground, open_bench
from hausgeist.register.jobs import kinds
from hausgeist.settings import Settings
from hausgeist.store import jobs as job_rows
from hausgeist.store import suggestions, task_answers, tasks
from hausgeist.store.suggestions import Suggestion
from hausgeist.store.tables import items
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.teacher import Wish, make

KEYS = tuple(PARTS)
USER = "id-anna"
LABELS = (Label("strasse", "Straße"), Label("muell", "Abfall"), Label("ausweis", "Ausweis"))


def messages():
    """Every text with its label, in an order of chance."""
    found = [(" ".join(words), key) for key, some in PARTS.items() for words in product(*some)]
    Random(1).shuffle(found)
    return found


class LearningHouse:
    """The doors over one store. The first sixty texts are for development, the others are the pool."""

    def __init__(self, store, home, *, dev=60, user=None, **changes):
        self.user = user or made_person(store)
        self.store, self.now = store, 1_790_000_000_000
        trail = Trail(store, b"k" * 32, self._tick)
        self.bench = open_bench(
            Ground(
                settings=Settings(home=home),
                store=store,
                trail=trail,
                secret=b"k" * 32,
                gateway=None,
                now_ms=self._tick,
            )
        )
        wanted = {"kind": TaskKind.SINGLE, "labels": LABELS, "margin": 5.0, "mode": Mode.ASSISTED}
        wanted |= {"name": "anliegen", "title": "Anliegen", "teacher": "lehrer"}
        self.task = Task(id="t1", **(wanted | changes))
        self.member = Member("m1", "t1", self.user, Part.OWNER, {}, 0, None)
        self.truth = {}
        store.write_now(lambda c: tasks.add(c, self.task, self.member))
        for number, (text, key) in enumerate(messages()):
            self.item(number, text, key, Partition.DEV if number < dev else Partition.POOL)

    def _tick(self):
        self.now += 1
        return self.now

    def item(self, number, text, key, partition):
        self.truth[f"i{number}"] = key
        row = {
            "id": f"i{number}",
            "task_id": "t1",
            "seq": number + 1,
            "text": text,
            "text_hash": f"{number:064d}",
            "source": "",
            "outside_id": "",
            "meta": "{}",
            "partition": partition.value,
            "gold_version": None,
            "rank": number / 1000,
            "worth": 0.0,
            "again": 0,
            "created_at": 1,
        }
        self.store.write_now(lambda c: c.execute(insert(items).values(**row)))

    def answer(self, number, key=None, *, actor="m1", drawn="random"):
        item = f"i{number}"
        made = Answer(
            id=f"a{number}-{actor}-{self._tick()}",
            task_id="t1",
            item_id=item,
            actor=actor,
            mode=Mode.BLIND,
            value=Value((key or self.truth[item],)),
            drawn=drawn,
            ms=4_000,
            at=self._tick(),
        )
        self.store.write_now(lambda c: task_answers.add(c, made))

    def answered(self, *numbers):
        for number in numbers:
            self.answer(number)

    def taught(self, numbers, wrong=(), micro_eur=500):
        """The teacher suggests, wrongly for some."""
        prompt = make(self.task, Wish(model="lehrer"))

        def keep(connection):
            suggestions.keep_prompt(
                connection, "t1", prompt.version, "lehrer", prompt.body(), "m1", self._tick()
            )
            found = []
            for number in numbers:
                key = self.truth[f"i{number}"]
                said = KEYS[(KEYS.index(key) + 1) % 3] if number in wrong else key
                found.append(
                    Suggestion(
                        id=f"s{number}",
                        task_id="t1",
                        item_id=f"i{number}",
                        job="j0",
                        producer="teacher",
                        model="lehrer",
                        version=prompt.version,
                        state="ok",
                        value=Value((said,)),
                        score=0.8,
                        terms="yes",
                        micro_eur=micro_eur,
                        ms=700,
                        at=self._tick(),
                    )
                )
            suggestions.put(connection, found)

        self.store.write_now(keep)

    async def done(self, job):
        """Do a job to its end as a worker would."""
        await self.store.write(lambda c: job_rows.take(c, job.id, "here", self._tick()))
        result = await run_here(job, kinds(self.bench)[job.kind], None)
        ended = {"state": JobState.DONE, "result": result, "error": "", "now_ms": self._tick()}
        await self.store.write(lambda c: job_rows.end(c, job.id, "here", **ended))
        await self.store.drain()
        return result

    async def trained(self, *rungs):
        return await self.done(await self.bench.students.train(self.task, self.user, rungs))


def run(work):
    return asyncio.run(work)
