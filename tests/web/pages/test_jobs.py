# SPDX-License-Identifier: EUPL-1.2
"""The pages of background work: who sees a job, what they see of it, and how it is cancelled."""

import json

import pytest
from visitors import Visitor

from hausgeist.core.jobs import JobState
from hausgeist.core.tasks import Part, Task, TaskKind
from hausgeist.store import jobs, tasks
from hausgeist.store.tasks import Member
from hausgeist.testing.served import PASSWORD


class World:
    """A house with a task of the administrator, a member, and a job of the administrator in the task."""

    def __init__(self, served):
        self.served = served
        self.bench = served.house.bench
        self.anna, self.bernd = (self.visitor(one) for one in (served.admin, served.member))
        wish = Task(id="", name="eingang", title="Eingang", kind=TaskKind.SINGLE)
        self.task = served.run(self.bench.tasks.create(wish, served.admin.id))
        submit = self.bench.jobs.submit("suggest", task_id=self.task.id, by=served.admin.id)
        self.job = served.run(submit)
        self.path = f"/jobs/{self.job.id}"

    def visitor(self, login):
        """Somebody who has logged in, and reads English."""
        found = Visitor(self.served.port)
        assert found.form("/login", {"name": login.login, "password": PASSWORD}).status == 303
        found.form("/preferences", {"language": "en"})
        return found

    def joins(self, part):
        """Let the member take part in the task."""
        member = Member("m2", self.task.id, self.served.member.id, part, {}, 1, None)
        self.write(lambda connection: tasks.add_member(connection, member))

    def write(self, work):
        """Write into the house's database."""
        return self.served.house.store.write_now(work)

    def runs(self, done, total, **note):
        """A worker has it, and is so far."""
        now = self.served.house.now_ms()
        self.write(lambda c: jobs.take(c, self.job.id, "w", now))
        step = {"done": done, "total": total, "note": note, "now_ms": now}
        self.write(lambda c: jobs.advance(c, self.job.id, "w", **step))

    def ends(self, state, error=""):
        """It ended."""
        end = {"state": state, "result": {}, "error": error, "now_ms": 1}
        self.write(lambda c: jobs.end(c, self.job.id, "w", **end))

    def state(self):
        """How it stands."""
        return self.served.run(self.bench.jobs.get(self.job.id)).state


@pytest.fixture
def world(serve):
    """See ``World``."""
    return World(serve())


def test_a_job_tells_how_far_it_is_and_what_it_cost(world):
    """The bar, the amount, what it is doing, the cost, and a way to cancel it; all of it without a script."""
    world.runs(312, 1_000, micro_eur=1_234_567, words="Suggestions")
    text = world.anna.get(world.path, Accept="text/html").text
    for words in ('value="312"', 'max="1000"', "312 of 1,000", "1.23 €", f"{world.path}/cancel"):
        assert words in text
    part = world.anna.get(f"{world.path}/part").text
    assert "<html" not in part
    assert "312 of 1,000" in part


def test_a_program_gets_json(world):
    """Numbers and codes, no texts."""
    world.runs(1, 2)
    said = json.loads(world.anna.get(world.path, Accept="application/json").text)
    assert (said["state"], said["done"], said["total"]) == ("running", 1, 2)
    assert "note" not in said


@pytest.mark.parametrize(
    ("part", "status"),
    [(None, 404), (Part.ANNOTATOR, 404), (Part.REVIEWER, 200), (Part.OWNER, 200)],
)
def test_its_starter_and_those_who_lead_the_task_see_a_job(world, part, status):
    """For everybody else there is none, and nothing to cancel."""
    if part is not None:
        world.joins(part)
    assert world.bernd.get(world.path).status == status
    assert world.bernd.get(f"{world.path}/part").status == status
    cancelled = world.bernd.form(f"{world.path}/cancel", {}).status
    assert cancelled == (303 if status == 200 else 404)
    assert world.state() is (JobState.CANCELLED if status == 200 else JobState.QUEUED)


def test_cancelling_leads_back_to_the_task_and_nowhere_else(world):
    """The way back is a page of a task; any other address is not taken."""
    back = f"/tasks/{world.task.id}/suggestions"
    for wished, found in (
        (back, back),
        ("https://elsewhere.example/", world.path),
        ("//elsewhere.example/tasks/", world.path),
        ("/tasks/\\elsewhere", world.path),
        ("/logout", world.path),
    ):
        assert world.anna.form(f"{world.path}/cancel", {"back": wished}).location == found


def test_a_job_that_failed_says_why(world):
    """A code becomes words, and what is over cannot be cancelled."""
    world.runs(1, 2)
    world.ends(JobState.FAILED, "work_crashed")
    text = world.anna.get(world.path, Accept="text/html").text
    assert "broke off" in text
    assert "failed" in text
    assert f"{world.path}/cancel" not in text
    world.anna.form(f"{world.path}/cancel", {})
    assert world.state() is JobState.FAILED


def test_ones_own_jobs_are_listed(world):
    """The list has what its reader started, and no more."""
    assert world.path in world.anna.get("/jobs").text
    empty = world.bernd.get("/jobs").text
    assert world.path not in empty
    assert "You have started no background work." in empty


def test_whoever_is_erased_is_no_longer_on_the_jobs(world):
    """The job stays without a name, and one that was not over has ended."""
    world.runs(1, 2)
    world.write(lambda c: jobs.forget_starter(c, world.served.admin.id))
    found = world.served.run(world.bench.jobs.get(world.job.id))
    assert (found.by, found.state) == (None, JobState.CANCELLED)
