# SPDX-License-Identifier: EUPL-1.2
"""Recordings and speech at OpenAI-compatible servers."""

import asyncio
from contextlib import aclosing
from email import message_from_bytes

import pytest

from hausgeist.core.voice import Recording, Speech
from hausgeist.errors import Upstream
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.testing.providers import make_card, run_with
from hausgeist.testing.upstreams import FakeUpstream, Reply


def hear(reply, **fields):
    """A transcript, and the form the server was sent as pairs of name and content."""
    fake = FakeUpstream(reply)

    async def work(outbound, url):
        provider = OpenAIProvider("up", url + "/v1", outbound, key="k")
        recording = Recording(**{"data": b"\x00sound\r\n--", "kind": "webm", **fields})
        return await provider.transcribe(recording, make_card())

    found = run_with(fake, work)
    asked = fake.asked[0]
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + asked.body).get_payload()
    names = [part.get_param("name", header="content-disposition") for part in parts]
    return found, dict(zip(names, (part.get_payload(decode=True) for part in parts), strict=True))


def test_a_recording_goes_as_a_form_and_comes_back_as_it_was_sent():
    """Sound, model and wishes reach the server; the answer passes through untouched."""
    body = b'{"text":"Guten Tag","usage":{"input_tokens":14,"output_tokens":5,"total_tokens":19}}'
    found, form = hear(Reply(frames=(body,)), language="de", prompt="Frau Yıldız")
    assert form["file"] == b"\x00sound\r\n--"
    assert (form["model"], form["language"]) == (b"m", b"de")
    assert form["prompt"].decode() == "Frau Yıldız"
    assert (found.body, found.usage.input_tokens, found.usage.output_tokens) == (body, 14, 5)


def test_words_without_numbers_are_counted():
    """An answer as plain text, or one that tells seconds, is booked by our own count."""
    found, _ = hear(Reply(frames=(b"Guten Tag zusammen",)), format="text")
    assert found.usage.estimated
    assert found.usage.output_tokens == 6


def test_a_refusal_is_an_error():
    """What the server does not do is said, not returned as a transcript."""
    with pytest.raises(Upstream, match="no audio here"):
        hear(Reply(frames=(b'{"error":{"message":"no audio here"}}',), status=404))


def test_speech_streams_and_ends_when_nobody_listens():
    """Sound comes as it is made; closing the iterator closes the connection."""
    fake = FakeUpstream(Reply(frames=(b"one",), kind="audio/mpeg", hold=True))

    async def work(outbound, url):
        provider = OpenAIProvider("up", url + "/v1", outbound, key="k")
        speech = Speech(text="Hallo", voice="anna", speed=1.5)
        async with aclosing(provider.speak(speech, make_card())) as sound:
            first = await anext(sound)
        await asyncio.wait_for(fake.left.wait(), 10)
        return first

    assert run_with(fake, work) == b"one"
    asked = fake.asked[0]
    assert asked.path == "/v1/audio/speech"
    assert asked.json == {
        "model": "m",
        "input": "Hallo",
        "voice": "anna",
        "response_format": "mp3",
        "speed": 1.5,
    }
