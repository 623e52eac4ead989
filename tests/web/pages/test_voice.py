# SPDX-License-Identifier: EUPL-1.2
"""Dictation and reading aloud in the chat."""

import pytest
from visitors import Visitor

from hausgeist.testing.served import PASSWORD
from hausgeist.web.pages.voice import spoken


@pytest.fixture
def anna(server):
    """A member in a browser."""
    visitor = Visitor(server.port)
    assert visitor.form("/login", {"name": "member", "password": PASSWORD}).status == 303
    return visitor


def dictate(visitor, data=b"Guten Tag", kind="audio/webm;codecs=opus"):
    """Send a recording as the page does."""
    origin = f"http://127.0.0.1:{visitor.port}"
    return visitor.ask(
        "POST", "/voice/dictation?class=internal", data, Content_Type=kind, Origin=origin
    )


def test_a_recording_becomes_words_for_the_composer(anna):
    """The words come back; nothing is asked yet."""
    answer = dictate(anna)
    assert (answer.status, answer.text) == (200, '{"text":"Guten Tag"}')


@pytest.mark.parametrize(("data", "kind"), [(b"", "audio/webm"), (b"x", "video/x-flv"), (b"x", "")])
def test_what_is_no_recording_is_refused(anna, data, kind):
    """With a sentence for the person."""
    assert dictate(anna, data, kind).status == 400


def test_an_answer_is_read_aloud_to_its_owner_only(anna, server):
    """The owner hears it; another person finds nothing there."""
    page = anna.form("/c", {"model": "echo", "class": "internal", "text": "**eins** zwei"})
    talk, _, anchor = page.location.partition("#m-")
    origin = f"http://127.0.0.1:{server.port}"
    path = f"{talk}/messages/{anchor}/sound"
    heard = anna.ask("POST", path, b"", Origin=origin)
    assert (heard.status, heard.body) == (200, b"eins zwei ")
    other = Visitor(server.port)
    other.form("/login", {"name": "admin", "password": PASSWORD})
    assert other.ask("POST", path, b"", Origin=origin).status == 404


def test_the_buttons_are_there_only_with_a_model(anna, serve):
    """A house without a model for voice shows neither."""
    assert 'id="mic"' in anna.ask("GET", "/", Accept="text/html").text
    mute = serve()
    mute.house.gateway.directory.put("echo", mute.providers["thinker"], [])
    visitor = Visitor(mute.port)
    visitor.form("/login", {"name": "member", "password": PASSWORD})
    page = visitor.ask("GET", "/", Accept="text/html").text
    assert 'id="mic"' not in page
    assert "data-speech" not in page


def test_marks_and_code_are_not_read_out():
    """What is spoken are the words."""
    text = (
        "# Titel\n\n**Fett** und [ein Verweis](https://x.example).\n\n```py\nprint(1)\n```\n\nEnde."
    )
    assert spoken(text) == "Titel\n\nFett und ein Verweis.\n\nEnde."
