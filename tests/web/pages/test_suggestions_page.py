# SPDX-License-Identifier: EUPL-1.2
"""The page of a task's suggestions, through a real server."""

import pytest
from visitors import Server

from hausgeist.core.answers import Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Principal, Role
from hausgeist.core.tasks import Label, Part, Task, TaskKind
from hausgeist.jobs.work import run_here
from hausgeist.store import items, tasks
from hausgeist.store.tasks import Member
from hausgeist.testing.simulated import SimulatedTeacher
from hausgeist.workbench.asking import GatewayAsker

TEXTS = [f"Meldung {at}: die Ampel ist aus" for at in range(12)]
TRUTHS = [(text, Value(labels=("road",))) for text in TEXTS]


class Town:
    """A house with a task, a teacher in it and one outside that may not be asked."""

    def __init__(self, server):
        self.server = server
        self.bench = server.house.bench
        self.owner = server.person("olga").id
        self.task = self.ask(self._make)
        self.at = f"/tasks/{self.task.id}/suggestions"
        self.teacher = SimulatedTeacher.of(self.task, TRUTHS, unparsed=0.0)
        far = SimulatedTeacher.of(self.task, TRUTHS, name="far", model="far-1")
        directory = server.house.gateway.directory
        directory.put("simulated", self.teacher, [self.teacher.card()])
        directory.put("far", far, [far.card(zone=Zone.WORLD, cleared_for=DataClass.PUBLIC)])

    def ask(self, work):
        return self.server.call(work)

    async def _make(self):
        labels = (Label("road", "Straße"), Label("park", "Park"))
        made = Task(id="", name="amt", title="Anliegen", kind=TaskKind.SINGLE, labels=labels)
        made = await self.bench.tasks.create(made, self.owner)
        rows = [
            Item(id=f"i{at}", task_id=made.id, seq=at, text=text, text_hash=fingerprint(text))
            for at, text in enumerate(TEXTS, 1)
        ]
        await self.bench.ground.store.write(lambda c: items.add_many(c, rows))
        return made

    def work(self):
        """Do the latest run, as a worker does."""

        async def run():
            (job, *_) = await self.bench.jobs.of_task(self.task.id)
            who = Principal(id=self.owner, name="Olga", role=Role.MEMBER)
            asker = GatewayAsker(self.server.house.gateway, principal=who)
            result = await run_here(job, self.bench.suggest.run, asker)
            await self.bench.jobs.cancel(job.id)
            return result

        return self.ask(run)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("suggestions") / "home")
    yield Town(server)
    server.stop()


@pytest.fixture
def olga(town):
    """The task's owner, in a browser."""
    return town.server.session(town.owner)


def test_the_page_says_who_may_teach_and_what_it_costs(town, olga):
    """Teachers with their zone, those that are not permitted with the reason, and the plan."""
    seen = olga.get(f"{town.at}?model=simulated-teacher", Accept_Language="en")
    assert seen.status == 200
    assert "simulated-teacher" in seen.text
    assert 'data-zone="world"' in seen.text
    assert TEXTS[0] not in seen.text.partition("<details")[0]
    assert "Meldung" in seen.text  # what would be sent for a real text
    assert not town.teacher.asked


def test_a_trial_and_a_run_from_the_page(town, olga):
    """Five texts first; then the rest; each answer is listed with its cost."""
    wish = {"model": "simulated-teacher", "trial": "yes"}
    answer = olga.form(town.at, wish)
    assert answer.status == 303
    assert town.work()["asked"] == 5
    assert len(town.teacher.asked) == 5
    version = answer.location.partition("version=")[2]
    seen = olga.get(f"{town.at}?version={version}&state=ok")
    assert seen.text.count("said__text") == 5
    assert olga.form(town.at, {"model": "simulated-teacher"}).status == 303
    assert town.work()["asked"] == len(TEXTS) - 5
    assert sorted(town.teacher.asked) == sorted(TEXTS)


def test_a_teacher_that_may_not_is_refused(town, olga):
    """A hand-made form is answered with the border's reason, and nobody is asked."""
    answer = olga.form(town.at, {"model": "far-1"})
    assert answer.status == 403
    assert olga.form(town.at, {"model": "nobody"}).status == 404


def test_own_words_are_kept_and_taken_back(town, olga):
    """The owner's words replace the recipe's; the recipe comes back on request."""
    assert olga.form(f"{town.at}/words", {"words": "Ordne ein: {labels}"}).status == 303
    assert "Ordne ein: {labels}" in olga.get(f"{town.at}?model=simulated-teacher").text
    olga.form(f"{town.at}/words", {"words": "x", "recipe": "yes"})
    assert "Ordne ein: {labels}" not in olga.get(f"{town.at}?model=simulated-teacher").text


def test_only_owners_start_and_nobody_else_finds_it(town, olga):
    """A reviewer looks, an annotator and a stranger find nothing."""
    del olga
    store = town.bench.ground.store
    for login, part in (("rita", Part.REVIEWER), ("anton", Part.ANNOTATOR), ("fred", None)):
        person = town.server.person(login).id
        if part is not None:
            member = Member(f"m-{login}", town.task.id, person, part, {}, 1, None)
            town.ask(lambda member=member: store.write(lambda c: tasks.add_member(c, member)))
        visitor = town.server.session(person)
        assert visitor.get(town.at).status == (200 if part is Part.REVIEWER else 404)
        assert visitor.form(town.at, {"model": "simulated-teacher"}).status == 404
        assert visitor.form(f"{town.at}/words", {"words": "x"}).status == 404
        assert visitor.form(f"{town.at}/retry", {"version": "x"}).status == 404
