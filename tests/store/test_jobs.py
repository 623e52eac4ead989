# SPDX-License-Identifier: EUPL-1.2
"""The table of jobs on both databases: one worker at a time, who is silent loses, what is old goes."""

from functools import partial

import pytest

from hausgeist.core.jobs import Job, JobState
from hausgeist.store import jobs

END = {"result": {"a": 1}, "error": "", "now_ms": 500}


@pytest.fixture
def job(store):
    """A job that waits."""
    found = Job(id="j1", kind="suggest", params={"ä": [1]}, created_at=100)
    store.write_now(partial(jobs.add, job=found))
    return found


def take(store, worker, now=200):
    """Give the job to a worker."""
    return store.write_now(lambda c: jobs.take(c, "j1", worker, now))


def hand(store, now, silent):
    """Hand the job on."""
    return store.write_now(lambda c: jobs.hand(c, "j1", now_ms=now, silent_since=silent))


def advance(store, worker, done):
    """Keep how far the worker is."""
    step = {"done": done, "total": 9, "note": {"micro_eur": 3}, "now_ms": 300}
    return store.write_now(lambda c: jobs.advance(c, "j1", worker, **step))


def test_a_job_comes_back_as_it_was_handed_in(store, job):
    """Every value survives."""
    assert store.read_now(partial(jobs.get, job_id="j1")) == job


def test_of_two_workers_one_gets_a_job(store, job):
    """The second finds nothing, and can write nothing of it."""
    assert take(store, "first") is not None
    assert take(store, "second") is None
    assert advance(store, "first", 1)
    assert not advance(store, "second", 2)
    assert not store.write_now(lambda c: jobs.end(c, "j1", "second", state=JobState.DONE, **END))
    assert store.read_now(partial(jobs.get, job_id="j1")).done == 1


def test_who_is_silent_loses_a_job_and_writes_nothing_of_it_any_more(store, job):
    """After it was handed on, the old worker's beat, step and end are refused."""
    take(store, "old", now=200)
    assert not hand(store, now=900, silent=100)
    assert store.read_now(lambda c: jobs.waiting(c, 201, 9)) == ["j1"]
    assert hand(store, now=900, silent=201)
    assert not hand(store, now=901, silent=201), "it was handed on already"
    assert take(store, "new") is not None
    assert store.write_now(lambda c: jobs.beat(c, "old", ["j1"], 950)) == set()
    assert store.write_now(lambda c: jobs.beat(c, "new", ["j1"], 950)) == {"j1"}
    assert not advance(store, "old", 5)


def test_attempts_are_counted_until_a_job_gets_on(store, job):
    """A crash counts, a step forward or an orderly end forgets."""
    counts = []
    for died in (True, True, False):
        counts.append(take(store, "w")[1])
        store.write_now(partial(jobs.give_back, worker="w", died=died))
    counts.append(take(store, "w")[1])
    assert counts == [1, 2, 3, 1]
    advance(store, "w", 4)
    store.write_now(partial(jobs.give_back, worker="w", died=True))
    assert take(store, "w")[1] == 1


def test_a_job_that_is_over_stays_as_it_is(store, job):
    """It is not cancelled, not handed on, not taken."""
    take(store, "w")
    assert store.write_now(lambda c: jobs.end(c, "j1", "w", state=JobState.DONE, **END))
    assert not store.write_now(lambda c: jobs.cancel(c, "j1", 600))
    assert store.read_now(lambda c: jobs.waiting(c, 10_000, 9)) == []
    assert take(store, "w") is None
    found = store.read_now(partial(jobs.get, job_id="j1"))
    assert (found.state, found.result, found.ended_at) == (JobState.DONE, {"a": 1}, 500)


def test_what_ended_long_ago_goes_and_what_waits_stays(store, job):
    """Only jobs that are over are pruned, by when they ended."""
    other = Job(id="j2", kind="train", created_at=1)
    store.write_now(partial(jobs.add, job=other))
    take(store, "w")
    store.write_now(lambda c: jobs.end(c, "j1", "w", state=JobState.FAILED, **END))
    assert store.write_now(partial(jobs.prune, before_ms=500)) == []
    assert store.write_now(partial(jobs.prune, before_ms=501)) == ["j1"]
    assert store.read_now(partial(jobs.get, job_id="j2")) == other
