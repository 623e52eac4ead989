# SPDX-License-Identifier: EUPL-1.2
"""Somebody's first task, by hand: from the empty workbench and a table to ten answers by keyboard."""

import re

import pytest

from hausgeist.workbench import example

pytestmark = pytest.mark.browser

WORDS = {
    "de": {"new": "Neue Aufgabe", "look": "Ansehen", "create": "Aufgabe anlegen"},
    "en": {"new": "New task", "look": "Look into it", "create": "Create the task"},
}
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


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_table_becomes_a_task_and_ten_texts_are_answered_by_keyboard(
    house, anna, visit, look, axe, table, language
):
    """Nothing is known but the page: a file, a look at it, a few labels, the first text, ten keys, progress."""
    house.speaks(anna, language)
    page = visit(login="anna", language=language)
    page.goto(f"{house.url}/tasks")
    assert axe(page) == []
    look(page, f"first_task_{language}_1_empty")
    page.get_by_role("link", name=re.compile("Neue Aufgabe|New task")).first.click()
    page.set_input_files("#file", str(table))
    look(page, f"first_task_{language}_2_file")
    page.locator("main form button[type=submit], main form .button--primary").first.click()
    page.wait_for_url(re.compile(r"/tasks/new/\w+"))
    page.fill("[name=title]", "Anliegen im März")
    page.fill("[name=labels]", "\n".join(LABELS))
    assert axe(page) == []
    look(page, f"first_task_{language}_3_preview")
    page.locator("form:has([name=title]) .button--primary").click()
    page.wait_for_url(re.compile(r"/tasks/\w+\?intake="))
    page.wait_for_load_state()
    assert axe(page) == []
    look(page, f"first_task_{language}_4_overview")
    task = re.search(r"/tasks/(\w+)", page.url)[1]

    page.locator(f"a[href='/tasks/{task}/work']").first.click()
    page.wait_for_selector("#work[data-live]")
    seen = set()
    for at in range(10):
        text = page.locator("#text").inner_text()
        assert text not in seen
        seen.add(text)
        page.keyboard.press(str(1 + at % len(LABELS)))
        page.wait_for_function(
            "old => document.getElementById('text').innerText !== old", arg=text
        )
    page.wait_for_function(
        "() => !Object.keys(localStorage).some(key => key.startsWith('hausgeist.work.'))"
    )
    assert answered(page) == 10
    look(page, f"first_task_{language}_5_work")
    page.goto(f"{house.url}/tasks/{task}")
    assert "10" in page.locator("main").inner_text()
    look(page, f"first_task_{language}_6_progress")
    page.goto(f"{house.url}/tasks")
    look(page, f"first_task_{language}_7_list")


def test_the_example_is_one_click_away(house, anna, visit, look, axe):
    """The empty workbench offers it; it opens with its guideline and answers, and the first text is one more click."""
    page = visit(login="anna", width=360, height=780)
    page.goto(f"{house.url}/tasks")
    look(page, "example_1_offered")
    page.locator("form[action='/tasks/example'] button").click()
    page.wait_for_url(re.compile(r"/tasks/\w{8,}$"))
    assert example.TITLE in page.locator("main").inner_text()
    assert axe(page) == []
    look(page, "example_2_overview")
    page.goto(f"{page.url}/work")
    page.wait_for_selector("#work[data-live]")
    assert page.locator("#text").inner_text() in {one.text for one in example.messages()}
    look(page, "example_3_work")
