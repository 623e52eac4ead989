# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's audio API at the house."""

import pytest

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability
from hausgeist.testing.echo import EchoProvider, echo_card


def form(server, fields, *, file=b"Guten Tag", name="a.wav", path="/v1/audio/transcriptions"):
    """Post a form with a recording."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = b"".join(
        [*parts, head.encode(), b"Content-Type: audio/wav\r\n\r\n", file, b"\r\n--x--\r\n"]
    )
    return server.request(
        "POST", path, body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )


def test_a_recording_becomes_words(server):
    """JSON by default, plain text on demand; with and without /v1."""
    assert form(server, {"model": "voice"}).json == {"text": "Guten Tag"}
    reply = form(
        server, {"model": "voice", "response_format": "text"}, path="/audio/transcriptions"
    )
    assert (reply.body, reply.headers.get_content_type()) == (b"Guten Tag", "text/plain")


@pytest.mark.parametrize(
    ("fields", "name", "param"),
    [
        ({}, "a.wav", "model"),
        ({"model": "voice", "temperature": "nan"}, "a.wav", "temperature"),
        ({"model": "voice", "response_format": "docx"}, "a.wav", "response_format"),
        ({"model": "voice", "stream": "true"}, "a.wav", "stream"),
        (
            {"model": "voice", "timestamp_granularities[]": "day"},
            "a.wav",
            "timestamp_granularities",
        ),
        ({"model": "voice"}, "../../etc/passwd", "file"),
        ({"model": "echo"}, "a.wav", "model"),
    ],
)
def test_what_cannot_be_heard_is_refused(server, fields, name, param):
    """Each with the field's name, in OpenAI's shape."""
    reply = form(server, fields, name=name)
    assert reply.status == 400
    assert reply.error["param"] == param


@pytest.mark.parametrize("body", [b"", b"--x", b"nothing of a form", b"\xff" * 100])
def test_a_broken_form_is_refused(server, body):
    """Whatever the bytes are, it is the caller's error."""
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain"):
        reply = server.request(
            "POST", "/v1/audio/transcriptions", body, headers={"Content-Type": kind}
        )
        assert reply.status == 400, (body, kind)


def test_a_text_becomes_sound(server):
    """The bytes of the model, with the media type of the format."""
    body = {"model": "voice", "input": "eins zwei", "voice": "a", "response_format": "wav"}
    reply = server.request("POST", "/v1/audio/speech", body)
    assert (reply.status, reply.body) == (200, b"eins zwei ")
    assert reply.headers.get_content_type() == "audio/wav"
    refused = server.request("POST", "/v1/audio/speech", body | {"model": "plain"})
    assert (refused.status, refused.error["param"]) == (400, "model")
    unknown = server.request("POST", "/v1/audio/speech", body | {"model": "nobody"})
    assert unknown.status == 404


def test_sound_counts_as_personal_at_the_border(serve):
    """No detector hears a recording: what is not cleared for personal data does not get it."""
    server = serve()
    able = frozenset({Capability.TRANSCRIPTION})
    far = EchoProvider(name="far")
    cards = [
        echo_card(name, provider="far", zone=Zone.EU, cleared_for=cleared, capabilities=able)
        for name, cleared in (("open", DataClass.INTERNAL),)
    ]
    server.house.gateway.directory.put("far", far, cards)
    assert form(server, {"model": "open"}).status == 403
    house = form(server, {"model": "voice"})
    assert house.status == 200
