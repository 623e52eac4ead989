# SPDX-License-Identifier: EUPL-1.2
"""Models that misbehave over a real connection: a sentence in the page, what came is kept, others go on."""

from contextlib import ExitStack

import pytest
from faked import PROVIDER, faked
from hands import again, answered, ask
from visitors import Server

from hausgeist.core.people import Role
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect, Reply

pytestmark = pytest.mark.browser

DIALECT = OpenAIDialect()
GOOD = DIALECT.unfinished(["gut"]).frames
BAD = {
    "utf": (*GOOD, b'data: {"choices":[{"delta":{"content":"\xff\xfe\xc3("}}]}\n\n'),
    "html": (*GOOD, b"data: <html><script>alert(1)</script>Bad Gateway</html>\n\n"),
    "cut": GOOD,
    "fault": DIALECT.fault(["gut"]).frames,
    "noise": (*GOOD, bytes(range(256)) * 40 + b"\n\n"),
    "endless": DIALECT.unfinished(["noch ein Wort "] * 500).frames,
}


@pytest.fixture
def garbage(tmp_path, monkeypatch):
    """A house whose providers, set up by file, answer with garbage, each in its own way."""
    monkeypatch.setattr("hausgeist.chat.turn.ANSWER_MOST", 3_000)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with ExitStack() as stack:
        rows = []
        for name, frames in BAD.items():
            reply = Reply(
                frames=frames, kind=DIALECT.kind, cut=name == "cut", hold=name == "endless"
            )
            fake = stack.enter_context(faked(FakeUpstream(reply)))
            rows.append(PROVIDER.format(url=fake.url).replace('id = "up"', f'id = "{name}"'))
        (home / "providers.toml").write_text("".join(rows))
        server = Server(home)
        stack.callback(server.stop)
        server.person("anna", Role.ADMIN)
        yield server


def test_garbage_ends_in_words_and_nobody_waits(garbage, browser, look):
    """Each way of failing is told in the page and again after a reload; a colleague is answered meanwhile."""
    bernd = garbage.session(garbage.person("bernd").id)
    cookie = garbage.login("anna").cookies["hausgeist_session"]
    url = f"http://127.0.0.1:{garbage.port}"
    context = browser.new_context(locale="de-DE")
    context.add_cookies([{"name": "hausgeist_session", "value": cookie, "url": url}])
    context.set_default_timeout(15_000)
    page = context.new_page()
    for name in BAD:
        page.goto(url)
        ask(page, "Frage", f"{name}/m")
        page.wait_for_selector("[aria-busy], .turn__foot")
        other = bernd.form("/c", {"text": "eins zwei", "model": "echo", "class": "internal"})
        assert other.status == 303
        live = answered(page)
        said = page.locator(".notice--bad, .turn__note").inner_text()
        assert len(said) > 40, name
        assert " the " not in said.replace("the machine", ""), said
        assert (
            page.locator(".prose").inner_text().startswith("noch" if name == "endless" else "gut")
        )
        assert page.locator(".prose script").count() == 0
        assert again(page) == live, name
        look(page, f"garbage-{name}")
        shown = bernd.get(other.location.partition("#")[0]).text
        assert "eins zwei" in shown
    context.close()
