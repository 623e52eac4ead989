# SPDX-License-Identifier: EUPL-1.2
"""The page of a task's people over HTTP: what it says, to whom, and what it never says."""

import asyncio
import re

import pytest
from roommade import BILL, PEOPLE, PRAISE, differ, made
from visitors import Server

from hausgeist.web.pages import people_words
from hausgeist.workbench.crowd import Checks
from hausgeist.workbench.review import Said


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with three people."""
    server = Server(tmp_path_factory.mktemp("people") / "home")
    try:
        for one in PEOPLE:
            server.person(one)
        yield server
    finally:
        server.stop()


def answered(house, name):
    """A task on which bernd and clara agree on most texts; clara takes ninety seconds each."""
    task, members, ids = made(house, name, [f"Text {at}" for at in range(30)])
    for at, item in enumerate(ids):
        if at < 3:
            differ(house, task, members, item, BILL, PRAISE)
            continue
        for login, ms in (("bernd", 2000), ("clara", 91_234)):
            said = Said(value=BILL if at % 2 else PRAISE, ms=ms)
            asyncio.run(house.house.bench.review.record(task, members[login], item, said))
    return task, members, ids


def test_an_owner_sees_how_people_agree_and_nobodys_figures(house):
    """Agreement, the pair of labels with its texts, remarks; no name, no member, nobody's speed."""
    task, members, ids = answered(house, "figures")
    shown = house.login("anna").ask("GET", f"/tasks/{task.id}/people")
    assert shown.status == 200
    assert "people__words--good" in shown.text
    assert f"/people/room?item={ids[0]}" in shown.text
    body = re.search(r"<main.*</main>", shown.text, re.DOTALL)[0]
    assert not re.search("bernd|clara|91[.,]2", body, re.IGNORECASE)
    assert not any(one.id in shown.text for one in members.values())


def test_a_person_sees_their_own_figures_alone(house):
    """Clara sees her time; Bernd, who sees the page too, does not; neither sees texts of others."""
    task, _, ids = answered(house, "own")
    clara = house.login("clara").ask("GET", f"/tasks/{task.id}/people").text
    bernd = house.login("bernd").ask("GET", f"/tasks/{task.id}/people").text
    assert re.search(r"91[.,]2", clara)
    assert not re.search(r"91[.,]2", bernd)
    assert re.search(r"2[.,]0 ", bernd)
    for page in (clara, bernd):
        assert not any(one in page for one in ids)


def test_strangers_do_not_find_it(house):
    """Nobody outside of the task, whatever their role."""
    task, *_ = made(house, "strange", ["Text"])
    house.person("dora")
    assert house.login("dora").ask("GET", f"/tasks/{task.id}/people").status == 404


def test_an_empty_task_says_the_first_step(house):
    """Nothing to compare, and no broken figures."""
    task, *_ = made(house, "empty", [])
    shown = house.login("anna").ask("GET", f"/tasks/{task.id}/people?comments=99999")
    assert shown.status == 200
    assert "<svg" not in re.search(r"<main.*</main>", shown.text, re.DOTALL)[0]


def test_of_one_person_alone_no_catch_rate_is_said():
    """A figure that would be one person's is none."""
    found = Checks(30, None, 1)
    assert not re.search(r"\d", " ".join(people_words.check_sentences(found, "en", figures=False)))
