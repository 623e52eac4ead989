# SPDX-License-Identifier: EUPL-1.2
"""The worker of a serving house: started for the first job, gone with the house, replaced when it dies."""

import asyncio
import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

from hausgeist.core.jobs import JobState
from hausgeist.jobs.queue import Jobs
from hausgeist.store import jobs
from hausgeist.store.db import Store, sqlite_url
from hausgeist.testing.running import alive, serving, wait_until


@contextmanager
def house(home, **settings):
    """A house that serves, its jobs and its database as another process sees them."""
    with serving(home, starter_model="no", **settings) as running:
        store = Store(sqlite_url(home / "hausgeist.db"))
        try:
            yield running, Jobs(store, lambda: time.time_ns() // 1_000_000), store
        finally:
            store.close()


def hand_in(found):
    """Hand in a job of a kind that nobody knows: a worker ends it as failed."""
    return asyncio.run(found.submit("juggle"))


def over(found, job):
    """Whether it is over."""
    return asyncio.run(found.get(job.id)).state.over


def workers(running):
    """The processes of its workers."""
    found = []
    for pid in running.children():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"worker" in words:
            found.append(pid)
    return found


def test_a_house_without_jobs_has_no_worker_and_one_with_a_job_has_one(home):
    """Nothing is started until a job waits; then one is, does it, and ends with the house."""
    with house(home) as (running, found, _):
        assert workers(running) == []
        assert not (home / "jobs.db").exists()
        job = hand_in(found)
        wait_until(lambda: over(found, job), "the end of the job")
        (pid,) = workers(running)
        assert running.stop() == 0
        assert not alive(pid)


def test_a_job_that_waits_at_the_start_is_done(home):
    """What was handed in while the house was away is done once it is back."""
    with house(home, workers=0) as (running, found, _):
        job = hand_in(found)
        running.stop()
    with house(home) as (_, found, _):
        wait_until(lambda: over(found, job), "the end of the job")


def test_a_worker_that_dies_gives_its_jobs_back_and_is_replaced(home):
    """After kill -9 the next worker does what the first had, at once."""
    with house(home) as (running, found, store):
        first = hand_in(found)
        wait_until(lambda: over(found, first), "the end of the first job")
        (pid,) = workers(running)
        name = next(
            word.decode()
            for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if word.startswith(b"house-")
        )
        os.kill(pid, signal.SIGSTOP)  # it takes nothing more
        job = hand_in(found)
        now = time.time_ns() // 1_000_000
        store.write_now(
            lambda c: jobs.take(c, job.id, name, now + 3_600_000)
        )  # not silent for long
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: over(found, job), "the end of the job")
        assert asyncio.run(found.get(job.id)).state is JobState.FAILED
        assert workers(running) not in ([], [pid])


def test_a_worker_ends_with_a_house_that_is_killed(home):
    """Also when the house cannot say a word."""
    with house(home) as (running, found, _):
        job = hand_in(found)
        wait_until(lambda: over(found, job), "the end of the job")
        (pid,) = workers(running)
        running.process.kill()
        wait_until(lambda: not alive(pid), "the end of the worker")


def test_a_house_told_to_start_no_worker_starts_none(home):
    """With HAUSGEIST_WORKERS=0 jobs wait for a worker from elsewhere."""
    with house(home, workers=0) as (running, found, _):
        job = hand_in(found)
        time.sleep(5)
        assert workers(running) == []
        assert not over(found, job)
