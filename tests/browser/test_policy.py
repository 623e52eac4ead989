# SPDX-License-Identifier: EUPL-1.2
"""The border's rules in a real browser: read as a table, made stricter with forms, on a telephone too."""

import pytest

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import Rule

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1440, 360])
def test_one_person_closes_a_door(house, anna, visit, axe, width):
    """From the table to a draft, a cell changed, saved, and into force; every page is accessible."""
    page = visit(width=width, dark=width < 1000, login="anna")
    page.goto(f"{house.url}/admin/policy")
    assert axe(page) == []
    page.click("text=Entwurf beginnen")
    page.get_by_label("Öffentlich, Außerhalb Europas").select_option("refuse")
    page.get_by_label("Intern, Außerhalb Europas").select_option("refuse")
    page.click("text=Entwurf speichern")
    page.wait_for_selector("text=strenger")
    assert axe(page) == []
    page.click("summary:has-text('Jetzt in Kraft setzen')")
    page.click("form[action$=tighten] button")
    page.wait_for_selector("text=Die Regeln gelten")
    found = house.server.house.gateway.border.policy
    assert found.rule(DataClass.PUBLIC, Zone.WORLD) is Rule.REFUSE
    page.wait_for_load_state()  # words are there before the style sheets that lay them out
    assert page.evaluate("document.documentElement.scrollWidth") <= width
