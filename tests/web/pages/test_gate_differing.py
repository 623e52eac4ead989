# SPDX-License-Identifier: EUPL-1.2
"""The switch that has people judge gold only where student and teacher differ, over HTTP."""

import re

import pytest
from visitors import Server

FORM = "application/x-www-form-urlencoded"
SETTINGS = "title=Post&name=post-amt&margin=5&slices=&class=internal"


LINES = "".join(f"Anliegen {n}: Bus {n * 7919};{('Verkehr', 'Bau')[n % 2]}\n" for n in range(40))


def _made(house):
    """A task of forty texts; its owner's session and its address."""
    anna = house.login("anna")
    body = (
        '--x\r\nContent-Disposition: form-data; name="file"; filename="post.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\nText;Amt\n{LINES}\r\n--x--\r\n"
    )
    kind = "multipart/form-data; boundary=x"
    handed = anna.ask("POST", "/tasks/new", body.encode(), Content_Type=kind)
    sent = "title=Post&kind=single&labels=Bau%0AVerkehr&text=Text&label=Amt&gold=0&class=internal"
    made = anna.ask("POST", handed.location, sent, Content_Type=FORM)
    return anna, re.match(r"/tasks/[0-9a-f]+", made.location)[0]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with one person."""
    server = Server(tmp_path_factory.mktemp("differing") / "home")
    try:
        server.person("anna")
        yield server
    finally:
        server.stop()


def test_the_switch_is_kept_shown_and_told_at_the_gate_and_fits_one_metric_only(house):
    """On with the share of right answers; refused with F1, and off where the box is empty."""
    anna, base = _made(house)
    box = 'name="differing" type="checkbox" value="yes" checked'
    known = re.compile("only the difference will be known|Bekannt wird nur der Unterschied")
    assert box not in anna.ask("GET", f"{base}/settings").text
    assert not known.search(anna.ask("GET", f"{base}/gate").text)
    sent = f"{SETTINGS}&metric=accuracy&differing=yes"
    saved = anna.ask("POST", f"{base}/settings", sent, Content_Type=FORM)
    assert saved.status == 303, saved.text
    assert box in anna.ask("GET", f"{base}/settings").text
    assert known.search(anna.ask("GET", f"{base}/gate").text)
    sent = f"{SETTINGS}&metric=macro_f1&differing=yes"
    assert anna.ask("POST", f"{base}/settings", sent, Content_Type=FORM).status == 400
    sent = f"{SETTINGS}&metric=macro_f1"
    assert anna.ask("POST", f"{base}/settings", sent, Content_Type=FORM).status == 303
    assert box not in anna.ask("GET", f"{base}/settings").text
