# SPDX-License-Identifier: EUPL-1.2
"""Somebody's first task, by hand: from the empty workbench and a table to ten answers by keyboard."""

import re

import pytest

from hausgeist.workbench import example

pytestmark = pytest.mark.browser

LABELS = ("Abfall", "Verkehr", "Lärm", "Anderes")


@pytest.fixture
def table(tmp_path):
    """A table as a department's mailbox gives it."""
    rows = [f'{one.id};{one.channel};"{one.text}"' for one in example.messages()]
    path = tmp_path / "anliegen.csv"
    path.write_text("\n".join(["nr;kanal;nachricht", *rows]), encoding="utf-8")
    return path


def answered(page):
    """How many answers the house has of the visitor, as the annotation page says."""
    return page.locator("#past a").count()


@pytest.fixture
def seen(axe, look):
    """Keeps a picture of a page in which axe finds nothing."""

    def both(page, name):
        assert axe(page) == []
        look(page, name)

    return both


@pytest.fixture(params=["de", "en"])
def language(request, house, anna):
    """The language of the house's only person."""
    house.speaks(anna, request.param)
    return request.param


def test_a_table_becomes_a_task_and_ten_texts_are_answered_by_keyboard(
    house, visit, seen, table, language
):
    """Nothing is known but the page: a file, a look at it, labels, the first text, ten keys, progress."""
    page = visit(login="anna", language=language)
    page.goto(f"{house.url}/tasks")
    seen(page, f"first_task_{language}_1_empty")
    page.get_by_role("link", name=re.compile("Neue Aufgabe|New task")).first.click()
    page.set_input_files("#file", str(table))
    seen(page, f"first_task_{language}_2_file")
    page.locator("main form button[type=submit], main form .button--primary").first.click()
    page.wait_for_url(re.compile(r"/tasks/new/\w+"))
    page.fill("[name=title]", "Anliegen im März")
    page.fill("[name=labels]", "\n".join(LABELS))
    seen(page, f"first_task_{language}_3_preview")
    page.locator("form:has([name=title]) .button--primary").click()
    page.wait_for_url(re.compile(r"/tasks/\w+\?intake="))
    page.wait_for_load_state()
    seen(page, f"first_task_{language}_4_overview")
    task = re.search(r"/tasks/(\w+)", page.url)[1]

    page.locator(f"a[href='/tasks/{task}/work']").first.click()
    page.wait_for_selector("#work[data-live]")
    met = set()
    for at in range(10):
        text = page.locator("#text").inner_text()
        assert text not in met
        met.add(text)
        page.keyboard.press(str(1 + at % len(LABELS)))
        page.wait_for_function("old => document.getElementById('text').innerText !== old", arg=text)
    page.wait_for_function(
        "() => !Object.keys(localStorage).some(key => key.startsWith('hausgeist.work.'))"
    )
    assert answered(page) == 10
    seen(page, f"first_task_{language}_5_work")
    page.goto(f"{house.url}/tasks/{task}")
    assert "10" in page.locator("main").inner_text()
    seen(page, f"first_task_{language}_6_progress")
    page.goto(f"{house.url}/tasks")
    seen(page, f"first_task_{language}_7_list")


def test_the_example_is_one_click_away(house, anna, visit, seen):
    """The empty workbench offers it; it opens with its guideline, and its texts can be answered."""
    page = visit(login="anna", width=360, height=780)
    page.goto(f"{house.url}/tasks")
    seen(page, "example_1_offered")
    page.locator("form[action='/tasks/example'] button").click()
    page.wait_for_url(re.compile(r"/tasks/\w{8,}$"))
    assert example.TITLE in page.locator("main").inner_text()
    seen(page, "example_2_overview")
    page.goto(f"{page.url}/work")
    page.wait_for_selector("#work[data-live]")
    assert page.locator("#text").inner_text() in {one.text for one in example.messages()}
    seen(page, "example_3_work")
