# SPDX-License-Identifier: EUPL-1.2
"""Dictation and reading aloud in a real browser, with a microphone that Chromium pretends to have."""

import io
import math
import struct
import wave

import pytest
from hands import answered, ask
from playwright.sync_api import sync_playwright

from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability
from hausgeist.gateway.providers import Transcript
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser


def sound(seconds=0.4):
    """A tone as a WAV file."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        tones = (int(9000 * math.sin(n / 3)) for n in range(int(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", tone) for tone in tones))
    return kept.getvalue()


class Voice(EchoProvider):
    """Keeps what it hears, says what a test wants, and sings a tone for everything."""

    heard = ()

    async def transcribe(self, recording, card):
        self.heard = (*self.heard, recording)
        return Transcript(b'{"text": " mehr Licht "}', "application/json", Usage(output_tokens=2))

    async def speak(self, speech, card):
        self.heard = (*self.heard, speech)
        yield sound()


@pytest.fixture
def voice(house):
    """A model that hears and speaks."""
    found = Voice(name="voice")
    able = frozenset({Capability.TRANSCRIPTION, Capability.SPEECH})
    directory = house.server.house.gateway.directory
    directory.put("voice", found, [echo_card("voice", provider="voice", capabilities=able)])
    return found


@pytest.fixture
def page(house, anna, voice, chromium):
    """A page of anna's in a browser with a microphone."""
    flags = (
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(flags))
        context = browser.new_context(locale="de-DE")
        context.set_default_timeout(15_000)
        cookie = house.server.session(anna).cookies["hausgeist_session"]
        context.add_cookies([{"name": "hausgeist_session", "value": cookie, "url": house.url}])
        opened = context.new_page()
        said = []
        opened.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(house.url)
        yield opened
        browser.close()
    assert said == []


def test_spoken_and_read_aloud(page, voice):
    """A recording comes to the cursor as words; an answer is heard, and the button shows it."""
    page.wait_for_selector("#mic:not([hidden])")
    page.fill("#text", "Bitte:  Danke")
    page.evaluate("document.getElementById('text').setSelectionRange(7, 7)")
    page.click("#mic")
    page.wait_for_selector("#mic[aria-pressed=true]")
    page.wait_for_timeout(600)
    page.click("#mic")
    page.wait_for_function("() => document.getElementById('text').value.includes('Licht')")
    assert page.input_value("#text") == "Bitte: mehr Licht Danke"
    (recording,) = voice.heard
    assert recording.data.startswith(b"\x1aE\xdf\xa3")
    assert recording.kind == "webm"
    assert len(recording.data) > 1000

    ask(page, "**Guten** Tag", "echo")
    answered(page)
    page.click("[data-sound]")
    page.wait_for_selector("[data-sound][aria-pressed=true]")
    page.wait_for_selector("[data-sound][aria-pressed=false]")
    assert voice.heard[-1].text == "Guten Tag"
    assert page.locator("#problem .notice").count() == 0


def test_dictation_into_a_temporary_chat(house, page, voice):
    """A temporary chat hears, too: the words come into its field, and nothing else is kept."""
    page.goto(f"{house.url}/temporary")
    page.wait_for_selector("#mic:not([hidden])")
    page.click("#mic")
    page.wait_for_selector("#mic[aria-pressed=true]")
    page.wait_for_timeout(600)
    page.click("#mic")
    page.wait_for_function("() => document.getElementById('text').value === 'mehr Licht'")
    assert len(voice.heard) == 1
    page.select_option("#model", "echo")
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant:not([aria-busy]) >> text=mehr Licht")
