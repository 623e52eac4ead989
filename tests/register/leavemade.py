# SPDX-License-Identifier: EUPL-1.2
"""A house with a data directory that a task is taken out of, small students, and messages for them."""

import json
from itertools import product
from random import Random

from gate_house import House

from hausgeist.core.answers import Example, Value
from hausgeist.core.jobs import JobState
from hausgeist.core.tasks import Partition
from hausgeist.jobs.work import run_here
from hausgeist.register.leave import Leave
from hausgeist.store import jobs, students, tasks
from hausgeist.store.students import Student
from hausgeist.training.trainers import TRAINERS, Report, files_hash


class Home:
    """A house with a data directory that a task is taken out of."""

    def __init__(self, store, folder, **more):
        self.house = House(store, **more)
        self.folder = folder
        self.leave = Leave(store, self.house.trail, self.house.jobs, folder, self.house._tick)

    @property
    def task(self):
        return self.house.store.read_now(lambda c: tasks.get(c, "t1"))

    async def taken(self, **wish):
        job = await self.leave.begin(self.task, self.house.member, **wish)
        result = await run_here(job, self.leave.work, None)
        self.house.store.write_now(
            lambda c: c.execute(
                jobs.jobs.update()
                .where(jobs.jobs.c.id == job.id)
                .values(state=JobState.DONE.value, result=json.dumps(dict(result)))
            )
        )
        return await self.leave.file(self.task, job.id), result

    def trained(self, rung, examples, recipe, number=1):
        """A student on disk and in the database, as the job has it."""
        folder = self.folder / "students" / "t1" / f"s{number}"
        folder.mkdir(parents=True)
        TRAINERS[rung].train(examples, [], recipe, Report()).save(folder)
        made = Student(
            id=f"s{number}",
            task_id="t1",
            number=0,
            rung=rung,
            recipe=recipe.plain(),
            dataset_id=None,
            job_id="",
            state="ready",
            facts={},
            size=1,
            files_hash=files_hash(folder),
            created_at=1,
        )
        self.house.store.write_now(lambda c: students.add(c, made))
        return folder


PARTS = {
    "strasse": ("Schlagloch Gehweg Ampel Radweg Laterne Pflaster", "ist kaputt", "fehlt"),
    "muell": ("Restmüll Sperrmüll Biotonne Altglas Papiertonne Sack", "stinkt", "quillt über"),
    "ausweis": (
        "Personalausweis Reisepass Ausweis Führerschein",
        "ist abgelaufen",
        "ging verloren",
    ),
}
PLACES = ("vor der Schule", "am Markt", "bei uns im Hof", "seit Wochen", "im Bürgeramt")


def written(count, seed=1):
    """Messages to a town hall in an order of chance."""
    found = [
        (f"{thing} {place}: {what} ({number})", label)
        for label, (things, *said) in PARTS.items()
        for number, (thing, place, what) in enumerate(product(things.split(), PLACES, said))
    ]
    Random(seed).shuffle(found)
    return [Example(f"i{at}", text, Value((one,))) for at, (text, one) in enumerate(found[:count])]


def housed(store, folder):
    """Sixty gold texts, twenty of dev, six of the pool, and what was said of them."""
    found = Home(store, folder, gold=60, dev=20, slices=("kanal",))
    found.house.items(6, Partition.POOL)
    return found
