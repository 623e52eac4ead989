# SPDX-License-Identifier: EUPL-1.2
"""The page of a task's service, over HTTP: the list, one click, the share, the alarm, the way back."""

import re
from dataclasses import replace
from html import unescape

import pytest
from service_house import EXCEPTION, Place
from visitors import Visitor

from hausgeist.core.answers import Value
from hausgeist.jobs.work import run_here
from hausgeist.store import deployments, jobs
from hausgeist.store.deployments import Served as Row
from hausgeist.testing.served import PASSWORD, Served


def session(served, login):
    """A person in a browser."""
    found = Visitor(served.port)
    assert found.form("/login", {"name": login.login, "password": PASSWORD}).status == 303
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A house with a trained student, and its owner at the browser."""
    with Served(tmp_path_factory.mktemp("page") / "home") as served:
        place = Place(served.house, served.member.id)
        place.train()
        yield served, place, session(served, served.member)


@pytest.fixture
def house(shared):
    """The shared house with nothing in service."""
    served, place, owner = shared
    yield served, place, owner
    if any(one.state.value != "ended" for one in place.deployments()):
        served.run(place.bench.promote.end(place.task, place.member))


AT = "/tasks/t1/service"


def form(place, **changes):
    made = {"student": place.student.id, "wrong": "10", "share": "5", "queue": "yes"}
    return made | {"readers": "everyone", "exception": EXCEPTION} | changes


def test_the_list_says_what_is_open(house):
    """The verdict is open, the threshold is said in one sentence with its bound."""
    _, _, owner = house
    text = owner.get(f"{AT}?wrong=10").text
    assert "95 percent confidence" in text or "95 Prozent" in text
    assert "/v1/tasks/anliegen" not in text


def test_one_click_and_the_way_back(house):
    """On trial with a share, everything, back: each step is a form."""
    _, place, owner = house
    assert owner.form(AT, form(place, exception="")).status == 409
    assert owner.form(AT, form(place)).status == 303
    text = owner.get(AT).text
    assert EXCEPTION in text
    assert "/v1/tasks/anliegen" in text
    assert owner.form(f"{AT}/share", {"share": "25", "shadow": "1"}).status == 303
    assert place.deployments()[0].share == 0.25
    assert owner.form(f"{AT}/full", {}).status == 303
    assert place.deployments()[0].state.value == "live"
    assert owner.form(f"{AT}/back", {}).status == 303
    assert place.deployments()[0].state.value == "ended"
    assert EXCEPTION in owner.get(AT).text
    assert owner.form(f"{AT}/back", {}).status == 404


def test_the_page_gives_lines_to_copy_with_the_houses_address(house):
    """What programs need stands there as it is to be run: address, task, and a key from the surroundings."""
    served, place, owner = house
    assert owner.form(AT, form(place)).status == 303
    text = unescape(owner.get(AT).text)
    settings = served.house.settings
    ours = f"http://127.0.0.1:{served.port}"
    assert f"curl {ours}/v1/tasks/anliegen " in text
    assert f'base_url="{ours}/v1"' in text
    assert 'model="task/anliegen"' in text
    served.house.settings = replace(settings, public_url="https://ki.example.de/")
    try:
        text = unescape(owner.get(AT).text)
    finally:
        served.house.settings = settings
    assert "curl https://ki.example.de/v1/tasks/anliegen " in text


def test_the_owner_says_who_pays_for_teachers_and_the_page_repeats_it(house):
    """By default whoever asks; it stands with the deployment, and in the form of the next."""
    _, place, owner = house
    assert owner.form(AT, form(place, teachers="lehrer")).status == 303
    assert place.deployments()[0].chain.payer == "caller"
    assert owner.form(f"{AT}/back", {}).status == 303
    assert owner.form(AT, form(place, teachers="lehrer", payer="owner")).status == 303
    assert place.deployments()[0].chain.payer == "owner"
    assert re.search(r'<option value="owner" selected', owner.get(AT).text)


@pytest.mark.parametrize(
    "wrong", [{"share": "500"}, {"review": "31.12."}, {"student": "nobody"}, {"share": "x"}]
)
def test_what_cannot_be_is_said_with_the_form(house, wrong):
    """Nothing goes into service by a mistyped form."""
    _, place, owner = house
    assert owner.form(AT, form(place) | wrong).status in {400, 404}
    assert all(one.state.value == "ended" for one in place.deployments())


def shifted(place, made, *, first, recent):
    """A thousand answers and five hundred more, with these labels."""
    rows = []
    for number in range(1_500):
        labels = first if number < 1_000 else recent
        rows.append(
            Row(
                id=f"{made.id[:20]}{number}",
                deployment_id=made.id,
                task_id="t1",
                at=made.started_at + number,
                by="student",
                value=Value((labels[number % len(labels)],)),
                score=0.9,
                length=40,
                unknown=0.2,
            )
        )
    place.store.write_now(lambda c: deployments.record(c, [rows]))


def test_a_shift_alarms_stops_the_trial_and_brings_new_texts_on_top(house):
    """Silence without one; with one: a notice, no step to everything, texts on top, until it is seen."""
    served, place, owner = house
    owner.form(AT, form(place))
    made = place.deployments()[0]
    key = {"text": "Wallbox für das Elektroauto beantragen"}
    served.request("POST", "/v1/tasks/anliegen", key)
    shifted(place, made, first=("strasse", "muell"), recent=("strasse", "muell"))
    assert served.run(place.bench.drift.look(place.task, made)) == ()
    served.run(place.bench.promote.end(place.task, place.member))
    owner.form(AT, form(place))
    made = place.deployments()[0]
    shifted(place, made, first=("strasse", "muell"), recent=("ausweis",))
    place.bench.drift._looked = 0  # the house may have made its own round a moment ago
    served.run(place.bench.drift.tend())
    assert (
        "alarm" not in place.deployments()[0].checks
    )  # the round hands a job in, and a worker looks
    job = place.store.read_now(lambda c: jobs.live(c, "drift", "t1"))
    assert served.run(run_here(job, place.bench.drift.work, None)) == {"signs": ["mix"]}
    text = owner.get(AT).text
    assert "notice--warn" in text
    assert "/tasks/t1/service" in owner.get("/tasks/t1").text.split("notice--warn")[1]
    assert owner.form(f"{AT}/full", {}).status == 409
    assert owner.form(f"{AT}/seen", {"deployment": made.id}).status == 303
    assert served.run(place.bench.drift.look(place.task, place.deployments()[0]))
    assert place.deployments()[0].checks["alarm"] is None
    assert owner.form(f"{AT}/full", {}).status == 303


def test_nobody_else_finds_it(house):
    """An administrator who is nobody in the task sees and changes nothing."""
    served, place, _ = house
    admin = session(served, served.admin)
    assert admin.get(AT).status == 404
    for path in ("", "/share", "/full", "/back", "/end", "/seen"):
        assert admin.form(f"{AT}{path}", form(place)).status == 404
