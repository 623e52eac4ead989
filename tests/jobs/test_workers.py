# SPDX-License-Identifier: EUPL-1.2
"""Workers as processes: killed, told to leave, cancelled, side by side; what a job may lose, and what not."""

import os
import signal
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hausgeist.core.jobs import JobState
from hausgeist.store import jobs
from hausgeist.store.tables import jobs as table
from hausgeist.store.tables import ledger, meta
from hausgeist.testing.abroad import MODEL, abroad
from hausgeist.testing.running import alive, wait_until
from hausgeist.testing.served import Served

STEPS = 1_000
IN_FLIGHT = 4
"""As ``steps_worker`` asks at once."""


@pytest.fixture
def house(home):
    """A house that serves; workers are started by the test."""
    with Served(home) as served:
        yield served


def submit(house, kind, **params):
    """Hand in a job of the member."""
    return house.run(house.house.bench.jobs.submit(kind, by=house.member.id, params=params))


def now(house, job):
    """The job as it stands."""
    return house.run(house.house.bench.jobs.get(job.id))


def ended(house, job):
    """The job, once it is over."""
    wait_until(lambda: now(house, job).state.over, "the end of the job", 120)
    return now(house, job)


def who_has(house, job):
    """The name of the worker that has it."""
    query = select(table.c.worker).where(table.c.id == job.id)
    return house.house.store.read_now(lambda connection: connection.execute(query).scalar())


def kept(house):
    """The steps whose answers are kept."""
    query = select(meta.c.key).where(meta.c.key.startswith("step "))
    rows = house.house.store.read_now(lambda connection: connection.execute(query).all())
    return {f"{row.key}." for row in rows}


def booked(house):
    """How many calls of jobs are in the ledger."""
    query = select(func.count()).select_from(ledger).where(ledger.c.purpose == "suggest")
    return house.house.store.read_now(lambda connection: connection.execute(query).scalar())


def asked(fake):
    """How often each step reached the upstream."""
    return Counter(one.json["messages"][-1]["content"] for one in list(fake.asked))


def test_three_kills_lose_nothing_and_repeat_no_completed_call(house, worker):
    """A job of 1,000 calls outlives three kill -9; at most the calls in flight are made again."""
    with abroad(house.house) as fake:
        job = submit(house, "steps", steps=STEPS, model=MODEL)
        seen: list[tuple[set[str], Counter[str]]] = []
        for kill in range(3):
            process = worker(house.home, house.url, silence=2.0)
            wait_until(lambda kill=kill: len(kept(house)) > 200 * (kill + 1), "some steps", 60)
            process.send_signal(signal.SIGKILL)
            process.wait()
            seen.append((kept(house), asked(fake)))
            assert now(house, job).state is JobState.RUNNING, "killed before the end"
        worker(house.home, house.url, silence=2.0)
        found = ended(house, job)
        counts = asked(fake)
    assert (found.state, found.done, found.total) == (JobState.DONE, STEPS, STEPS)
    assert found.result == {"answered": STEPS}
    assert len(kept(house)) == STEPS
    for done, before in seen:
        assert all(counts[step] == before[step] for step in done), "a completed call was repeated"
    assert sum(counts.values()) <= STEPS + 3 * IN_FLIGHT
    wait_until(lambda: booked(house) == sum(counts.values()), "every call in the ledger")


def test_a_job_that_is_cancelled_stops_and_stays_cancelled(house, worker):
    """The worker lets go of it, and does the next one."""
    worker(house.home, house.url)
    job = submit(house, "nap", seconds=600)
    wait_until(lambda: now(house, job).done, "its beginning")
    assert house.run(house.house.bench.jobs.cancel(job.id)).state is JobState.CANCELLED
    second, third = submit(house, "nap", seconds=0.1), submit(house, "nap", seconds=0.1)
    assert ended(house, second).state is ended(house, third).state is JobState.DONE
    assert now(house, job).state is JobState.CANCELLED


def test_a_worker_that_is_told_to_leave_gives_its_jobs_back(house, worker):
    """After SIGTERM it ends with 0, the job waits again, and another worker ends it."""
    first = worker(house.home, house.url, silence=600)
    job = submit(house, "nap", seconds=3)
    wait_until(lambda: now(house, job).done, "its beginning")
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    assert now(house, job).state is JobState.QUEUED
    worker(house.home, house.url, silence=600)
    assert ended(house, job).state is JobState.DONE


def test_what_breaks_a_job_is_told_as_a_code_and_never_logged(house, worker):
    """An unexpected error has the code of one, its words stay out of the log; the worker goes on.

    All that while it connects to nothing but the house, whatever the environment says of DBOS' cloud.
    """
    process = worker(house.home, house.url)
    broken = ended(house, submit(house, "fails", secret="Frau Schmalzried"))
    refused = ended(house, submit(house, "refused"))
    unknown = ended(house, submit(house, "juggle"))
    process.terminate()
    _, logged = process.communicate(timeout=20)
    assert (broken.state, broken.error) == (JobState.FAILED, "internal_error")
    assert (refused.state, refused.error) == (JobState.FAILED, "model_not_found")
    assert unknown.error == "internal_error"
    assert "ValueError" in logged
    assert "Schmalzried" not in logged
    assert "CONNECTS TO" not in logged
    assert "LOOKS UP" not in logged


def test_a_job_that_takes_its_worker_down_again_and_again_is_given_up(house, worker):
    """After ten times without getting on, it has failed."""
    job = submit(house, "nap", seconds=600)
    for _ in range(10):
        house.house.store.write_now(partial(take, job.id))
        house.house.store.write_now(give_back)
    worker(house.home, house.url)
    assert ended(house, job).error == "work_crashed"


def take(job_id, connection):
    """Take a job as a worker would."""
    assert jobs.take(connection, job_id, "dying", 1) is not None


def give_back(connection):
    """Say that the worker is gone."""
    assert jobs.give_back(connection, "dying", died=True) == 1


def test_a_job_handed_in_within_the_house_wakes_a_worker(home):
    """Whoever asks on a page need not wait for the next round; the worker ends with the house."""
    with Served(home, options={"workers": 1}) as house:
        assert ended(house, submit(house, "juggle")).state is JobState.FAILED
        (child,) = (one for one in children() if b"--with-parent" in words_of(one))
    assert not alive(child)


def children():
    """The processes that this one has started."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def words_of(pid):
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


@pytest.mark.postgres
def test_two_workers_on_postgresql_share_the_jobs(home, worker, postgres_url):
    """Four jobs at once, two each; when one worker is killed, the other ends its jobs."""
    with Served(home, options={"database_url": postgres_url}) as house:
        first, second = (
            worker(home, house.url, silence=3.0, database_url=postgres_url) for _ in range(2)
        )
        made = [submit(house, "nap", seconds=4) for _ in range(4)]
        wait_until(lambda: all(now(house, job).done for job in made), "all to run at once")
        assert Counter(Counter(who_has(house, job) for job in made).values()) == {2: 2}
        first.kill()
        found = [ended(house, job) for job in made]
        assert [job.state for job in found] == [JobState.DONE] * 4
        assert {job.result["who"] for job in found} == {name_of(second)}


def name_of(process):
    """The beginning of the name of a worker of ``steps_worker``."""
    return f"test-{process.pid}"
