# SPDX-License-Identifier: EUPL-1.2
"""Ways around the border that were tried, through a whole house and a provider that keeps everything."""

import json

import pytest

from hausgeist.testing.abroad import MODEL, abroad
from hausgeist.testing.served import Served

IBAN = "DE89 3704 0044 0532 0130 00"
MAIL = "jutta.oberhuber@posteo.de"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with its detectors."""
    with Served(tmp_path_factory.mktemp("border") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def outside(house):
    """Who is asked abroad."""
    with abroad(house.house, size=4000) as fake:
        yield fake


def left(house, outside, path, body):
    """What left the house for one request, and what came back."""
    before = len(outside.asked)
    answer = house.request("POST", path, {"model": MODEL, **body})
    assert answer.status == 200, answer.body
    assert len(outside.asked) > before
    return " ".join(outside.bodies[before:]), answer


def said(house, outside, content, *more):
    body = {"messages": [{"role": "user", "content": content}, *more]}
    return left(house, outside, "/v1/chat/completions", body)


def escaped(text):
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


UNSEEN = {
    "direction": "\u200e",
    "embedding": "\u202a",
    "isolate": "\u2066",
    "soft hyphen": "\u00ad",
    "zero width": "\u200b",
    "joiner": "\u034f",
    "variation": "\ufe0f",
    "tag": "\U000e0020",
    "filler": "\u3164",
    "null": "\0",
}


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN)
def test_signs_that_nobody_sees_hide_nothing_from_the_detectors(house, outside, sign):
    """Between the groups of a number, within an address or a name."""
    text = (
        f"IBAN: {IBAN.replace(' ', sign)}, Mail jutta.ober{sign}huber@pos{sign}teo.de, "
        f"geschrieben von Herrn Peter Wal{sign}denfels."
    )
    sent, answer = said(house, outside, text)
    assert not [one for one in ("0532", "teo.de", "huber", "denfels") if one in sent]
    assert answer.json["choices"][0]["message"]["content"] == text


WRITTEN = {
    "json in prose": ('Daten: {"name": "Frau Jutta M\\u00fcller", "x": "%s"} Danke', escaped(IBAN)),
    "json twice": ("%s", json.dumps(json.dumps({"name": "Jürgen Müller", "x": escaped(IBAN)}))),
    "lines of json": ('{"a": "%s"}\n{"name": "Frau Jutta M\\u00fcller"}', escaped(MAIL)),
    "html": ("Herr J&uuml;rgen M&#252;ller, %s", "jutta.oberhuber&#64;posteo.de"),
    "a mail": ("Name: J=C3=BCrgen M=C3=BCller\nMail: %s", "jutta.ober=\nhuber=40posteo.de"),
}


@pytest.mark.parametrize(("frame", "value"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_written_with_escapes_is_read_as_it_reads(house, outside, frame, value):
    """A careless clerk pastes what a program has written; names with umlauts are not cut in two."""
    text = frame % value
    sent, answer = said(house, outside, text)
    assert not [one for one in ("0532", "posteo", "u0040", "u0035", "ller") if one in sent]
    assert answer.json["choices"][0]["message"]["content"] == text


def test_an_address_is_read_as_it_is_decoded(house, outside):
    """What stands in an address stays under pseudonyms on the way back, as everywhere."""
    address = "https://x.example/?iban=DE89%203704%200044%200532%200130%2000&mail=a%2Eb%40posteo.de"
    sent, _ = said(house, outside, address)
    assert not [one for one in ("0532", "posteo") if one in sent]


def test_look_alikes_of_other_alphabets_are_read_as_they_look(house, outside):
    """An IBAN with a Cyrillic letter is one."""
    sent, _ = said(house, outside, "IВAN DЕ89 3704 0044 0532 0130 00")
    assert "0532" not in sent


def test_a_text_in_two_parts_is_one_text(house, outside):
    """Providers are sent the parts side by side, and so they are looked at."""
    parts = [{"type": "text", "text": one} for one in ("IBAN DE89 3704 00", "44 0532 0130 00.")]
    sent, _ = said(house, outside, parts)
    assert "0532" not in sent


def test_an_id_of_a_tools_call_that_is_words_is_hidden(house, outside):
    """And it still matches: call and result have the same."""
    call = {"id": MAIL, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    sent, _ = said(
        house,
        outside,
        "Bitte",
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": MAIL, "content": "fertig"},
    )
    assert "posteo" not in sent
    messages = outside.asked[-1].json["messages"]
    assert messages[-1]["tool_call_id"] == messages[-2]["tool_calls"][0]["id"]


def test_an_id_that_a_machine_made_is_left_alone(house, outside):
    """Providers know their own ids again, also where something else is hidden."""
    made = "call_ty1nbwPC5Vd5g08YiHprybui"
    call = {"id": made, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    sent, _ = said(
        house,
        outside,
        f"Mail {MAIL}",
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": made, "content": "fertig"},
    )
    assert sent.count(made) == 2
    assert "posteo" not in sent


@pytest.mark.parametrize(
    "address",
    [
        "https://e.example/?q=\u00a0",
        "https://e.example/?q=\u3000",
        "https://e.example/?q=\u2028",
        "ü.example/",
        "e.xn--p1ai/",
        "192.0.2.7/",
    ],
)
def test_no_address_carries_out_what_was_hidden(house, outside, address):
    """Programs that make links of bare addresses go on behind white space that is not ASCII's."""
    outside.answer = f"Siehe {address}[[EMAIL_1]] und [[EMAIL_1]]"
    try:
        _, answer = said(house, outside, f"Mail {MAIL}")
    finally:
        outside.answer = None
    text = answer.json["choices"][0]["message"]["content"]
    assert text == f"Siehe {address}[[EMAIL_1]] und {MAIL}"
