# SPDX-License-Identifier: EUPL-1.2
"""Who comes next at a slow engine: people before jobs, and jobs in the end too."""

import asyncio
from dataclasses import dataclass, field

import pytest

from hausgeist.errors import QueueFull
from hausgeist.gateway.engines.places import ABOUT, TURN, Places


@dataclass
class SlowEngine:
    """Computes for as long as it is told, and notes who began in which order."""

    slots: int = 1
    limit: int = 64
    now: float = 1_000.0
    began: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places("slow", self.slots, self.limit, lambda: self.now)
        self._ends: dict[str, asyncio.Event] = {}

    def ask(self, name: str) -> asyncio.Task[None]:
        """Have it compute; names of jobs begin with ``job``."""
        self._ends[name] = asyncio.Event()
        return asyncio.create_task(self._compute(name))

    async def end(self, name: str) -> None:
        """One answer is done."""
        self._ends[name].set()
        await settle()

    def computing(self) -> list[str]:
        """Who has a place now."""
        return [name for name in self.began if not self._ends[name].is_set()]

    async def _compute(self, name: str) -> None:
        job = name.startswith("job")
        await self.places.take(job=job)
        self.began.append(name)
        try:
            await self._ends[name].wait()
        finally:
            self.places.leave(1.0, job=job)


async def settle() -> None:
    """Let everybody move who can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def asked(engine: SlowEngine, *names: str) -> list[asyncio.Task[None]]:
    """Several come one after the other."""
    tasks = []
    for name in names:
        tasks.append(engine.ask(name))
        await settle()
    return tasks


async def finish(engine: SlowEngine, tasks: list[asyncio.Task[None]]) -> None:
    """End whoever computes until nobody is left."""
    while not all(task.done() for task in tasks):
        await engine.end(engine.computing()[0])


def test_a_person_comes_before_all_calls_of_a_job_that_wait():
    """Eight calls of a job were there first; the person's is next all the same."""

    async def flow():
        engine = SlowEngine()
        jobs = [f"job{number}" for number in range(8)]
        tasks = await asked(engine, *jobs, "Anna", "Ben")
        await finish(engine, tasks)
        return engine.began

    assert asyncio.run(flow()) == [
        "job0",
        "Anna",
        "Ben",
        *(f"job{number}" for number in range(1, 8)),
    ]


def test_a_job_has_its_turn_among_people_who_never_stop():
    """After so many people as may overtake, a job's call is next, again and again."""

    async def flow():
        engine = SlowEngine()
        people = [f"P{number}" for number in range(3 * TURN)]
        tasks = await asked(engine, "P", "job0", "job1", *people)
        await finish(engine, tasks)
        return engine.began

    began = asyncio.run(flow())
    assert began.index("job0") == 1 + TURN
    assert began.index("job1") == 2 + 2 * TURN


def test_jobs_leave_a_place_free_while_people_are_about():
    """Of three places a job takes two after a person was here, and the next person waits for nobody."""

    async def flow():
        engine = SlowEngine(slots=3)
        tasks = await asked(engine, "Anna")
        await engine.end("Anna")
        tasks += await asked(engine, "job0", "job1", "job2")
        kept = engine.computing()
        tasks += await asked(engine, "Ben")
        beside = engine.computing()
        await finish(engine, tasks)
        return kept, beside

    kept, beside = asyncio.run(flow())
    assert kept == ["job0", "job1"]
    assert beside == ["job0", "job1", "Ben"]


def test_jobs_have_all_places_at_night():
    """Where nobody was here for a while, no place is kept free."""

    async def flow():
        engine = SlowEngine(slots=3)
        tasks = await asked(engine, "Anna")
        await engine.end("Anna")
        engine.now += ABOUT + 1
        tasks += await asked(engine, "job0", "job1", "job2", "job3")
        night = engine.computing()
        await finish(engine, tasks)
        return night

    assert asyncio.run(flow()) == ["job0", "job1", "job2"]


def test_a_queue_full_of_jobs_turns_no_person_away():
    """Each sort has an end of its own: the next job is refused, the next person waits."""

    async def flow():
        engine = SlowEngine(limit=2)
        tasks = await asked(engine, "job0", "job1", "job2")
        with pytest.raises(QueueFull):
            await engine.places.take(job=True)
        tasks += await asked(engine, "Anna", "Ben")
        with pytest.raises(QueueFull) as caught:
            await engine.places.take()
        await finish(engine, tasks)
        return engine.began, caught.value

    began, error = asyncio.run(flow())
    assert began == ["job0", "Anna", "Ben", "job1", "job2"]
    assert error.retry_after is not None


def test_who_gives_up_leaves_the_place_to_the_next_of_any_sort():
    """A place that was given in the moment of giving up goes on to a job, and none is lost."""

    async def flow():
        engine = SlowEngine()
        first, anna, job = await asked(engine, "Ben", "Anna", "job0")
        engine._ends["Ben"].set()
        await asyncio.sleep(0)  # Ben's end is seen, Anna's place is given
        anna.cancel()
        await settle()
        later = engine.computing()
        await engine.end("job0")
        await asyncio.gather(first, job)
        return later, engine.places.taken, engine.places.waiting

    assert asyncio.run(flow()) == (["job0"], 0, 0)
