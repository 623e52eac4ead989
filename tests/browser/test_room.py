# SPDX-License-Identifier: EUPL-1.2
"""The adjudication room by keyboard: a letter decides, a digit gives another label, undo, the guideline."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from roommade import BILL, PEOPLE, PRAISE, differ, made

pytestmark = pytest.mark.browser


def three(server):
    """A task of anna's with three cases; gives its id."""
    task, members, ids = made(server, "room", ["Text one", "Text two", "Text three"])
    for item in ids:
        differ(server, task, members, item, BILL, PRAISE)
    return task.id


@pytest.fixture
def room(house, anna):
    """The address of the people of a task with three cases."""
    del anna
    for login in PEOPLE[1:]:
        house.server.person(login)
    with ThreadPoolExecutor(1) as pool:  # the browser's loop runs in this thread
        return f"{house.url}/tasks/{pool.submit(three, house.server).result()}/people"


@pytest.mark.parametrize("light", [{"width": 1440}, {"width": 360, "dark": True}])
def test_cases_are_decided_by_keyboard(room, visit, axe, light):
    """A letter, undo with the case back on the screen, a reason typed, a digit; the last case, and none."""
    page = visit(login="anna", **light)
    page.goto(f"{room}/room")
    page.wait_for_selector("#room[data-live]")
    assert axe(page) == []
    page.keyboard.press("a")
    page.wait_for_url("**done=decided")
    page.wait_for_selector("#room[data-live]")
    assert "Text two" in page.inner_text(".work__text")
    page.keyboard.press("Backspace")
    page.wait_for_url("**done=undone")
    page.wait_for_selector("#room[data-live]")
    assert "Text one" in page.inner_text(".work__text")
    page.keyboard.press("r")
    page.keyboard.type("a and 3 are no keys here")
    page.keyboard.press("Enter")
    page.keyboard.press("3")
    page.wait_for_selector(".past__said")
    assert "Other" in page.inner_text(".past__list")
    for left in (1, 0):
        page.wait_for_selector("#room[data-live]")
        page.keyboard.press("b")
        page.wait_for_function(
            "(n) => document.querySelectorAll('.past__said').length === 3 - n", arg=left
        )
    assert page.locator(".work__text").count() == 0
    assert axe(page) == []
    page.goto(room)
    assert axe(page) == []
