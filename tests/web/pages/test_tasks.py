# SPDX-License-Identifier: EUPL-1.2
"""Pages of tasks over HTTP: from a file to a task, and who finds what."""

import re

import pytest
from visitors import Server

CSV = "Text;Amt;Kanal\n" + "".join(
    f"Anliegen {n}: {('Bus', 'Laterne')[n % 2]} {n * 7919};{('Verkehr', 'Bau')[n % 2]};Web\n"
    for n in range(40)
)


def _form(content: str) -> tuple[bytes, str]:
    body = (
        '--x\r\nContent-Disposition: form-data; name="file"; filename="post.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n{content}\r\n--x--\r\n"
    )
    return body.encode(), "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with two people who do not share a task."""
    server = Server(tmp_path_factory.mktemp("tasks") / "home")
    try:
        server.person("anna")
        server.person("bernd")
        yield server
    finally:
        server.stop()


def _made(house) -> tuple[object, str]:
    anna = house.login("anna")
    body, kind = _form(CSV)
    handed = anna.ask("POST", "/tasks/new", body, Content_Type=kind)
    assert handed.status == 303, handed.text
    shown = anna.ask("GET", handed.location)
    assert "Anliegen 0" in shown.text
    sent = "title=Post&kind=single&labels=Bau%0AVerkehr&text=Text&label=Amt&gold=0&class=internal"
    made = anna.ask("POST", handed.location, sent, Content_Type="application/x-www-form-urlencoded")
    assert made.status == 303, made.text
    return anna, re.match(r"/tasks/[0-9a-f]+", made.location)[0]


def test_a_file_becomes_a_task_and_nobody_else_finds_it(house):
    """Its owner sees every page of it; another person gets 404 everywhere."""
    anna, base = _made(house)
    bernd = house.login("bernd")
    for page in ("", "/items", "/guideline", "/guideline?edit=yes", "/settings", "/labels"):
        assert anna.ask("GET", base + page).status == 200, page
        assert bernd.ask("GET", base + page).status == 404, page


def test_gold_answers_are_refused_and_the_refusal_is_shown(house):
    """Asking for what people said of a gold text is refused; the list never shows it."""
    anna, base = _made(house)
    drawn = anna.ask(
        "POST", f"{base}/gold", "gold=20", Content_Type="application/x-www-form-urlencoded"
    )
    assert drawn.status == 303, drawn.text
    listed = anna.ask("GET", f"{base}/items?partition=gold").text
    item = re.search(rf'href="({base}/items/[0-9a-f]+)"', listed)[1]
    assert anna.ask("GET", item).status == 200
    assert anna.ask("GET", f"{item}?answers=yes").status == 403
