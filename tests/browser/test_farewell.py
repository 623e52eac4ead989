# SPDX-License-Identifier: EUPL-1.2
"""An account that is switched off, while its owner reads."""

import pytest
from hands import ask

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("words", ["wort " * 2000, ""], ids=["words", "silence"])
def test_a_deactivated_person_reads_no_further(house, visit, anna, words):
    """The stream of the open page ends, and the page leads to the login; the way back is closed."""
    bernd = house.server.person("bernd")
    page = visit(login="bernd")
    house.slow.delay = 0.05 if words else 600
    ask(page, words or "Frage", "slow")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)" if words else "[aria-busy]")
    talk = page.url
    people = house.server.house.identity.people
    house.server.call(lambda: people.set_active(bernd.id, active=False, by=anna))
    page.wait_for_url("**/login*")
    page.goto(talk)
    assert "/login" in page.url
    house.server.call(lambda: house.server.house.chat.end_of(bernd.id))
    visit.complaints.clear()  # the browser notes the status 401
