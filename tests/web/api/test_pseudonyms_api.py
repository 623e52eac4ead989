# SPDX-License-Identifier: EUPL-1.2
"""Personal data goes to a provider of the EU under pseudonyms and comes back, in every dialect of the API."""

import json

import pytest

from hausgeist.testing.abroad import MODEL, abroad
from hausgeist.testing.served import Served

IBAN = "DE89 3704 0044 0532 0130 00"
LETTER = (
    "Sehr geehrte Frau Jutta Abendschön,\n\nIhre IBAN ist " + IBAN + ", Ihre Adresse "
    "jutta@abendschoen.example. Frau Abendschön, bitte melden Sie sich; Abendschöns Akte liegt hier."
)
HIDDEN = ("Jutta", "Abendschön", "abendschoen", "3704", IBAN)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A house with its real detectors."""
    with Served(tmp_path_factory.mktemp("veiled") / "home") as found:
        yield found


@pytest.fixture
def outside(served):
    """The recording provider abroad."""
    with abroad(served.house) as found:
        yield found


def streamed_chat(text):
    return "/v1/chat/completions", {"messages": [{"role": "user", "content": text}], "stream": True}


def whole_chat(text):
    return "/v1/chat/completions", {"messages": [{"role": "user", "content": text}]}


def completion(text):
    return "/v1/completions", {"prompt": text, "stream": True}


def response(text):
    return "/v1/responses", {"input": text, "store": False}


def streamed_response(text):
    return "/v1/responses", {"input": text, "stream": True, "store": False}


def message(text):
    return "/v1/messages", {"max_tokens": 900, "messages": [{"role": "user", "content": text}]}


def streamed_message(text):
    path, body = message(text)
    return path, {**body, "stream": True}


def ollama_chat(text):
    return "/api/chat", {"messages": [{"role": "user", "content": text}]}


def ollama_generate(text):
    return "/api/generate", {"prompt": text, "stream": False}


def read(path, reply):
    """The words of an answer, whatever the dialect and whether it came in pieces."""
    lines = reply.body.decode().splitlines()
    bodies = [line.removeprefix("data: ") for line in lines if line.startswith(("data: {", "{"))]
    parts = [json.loads(body) for body in bodies]
    if path == "/v1/responses" and len(parts) > 1:
        parts = [part for part in parts if part["type"] == "response.output_text.delta"]
        return "".join(part["delta"] for part in parts)
    return "".join(words(part) for part in parts)


def words(part):
    """The words of one JSON body of any dialect."""
    for choice in part.get("choices", ()):
        inner = choice.get("delta") or choice.get("message") or choice
        return inner.get("content") or inner.get("text") or ""
    if "output" in part:
        return "".join(one["text"] for item in part["output"] for one in item.get("content", ()))
    if "content" in part:
        return "".join(one.get("text", "") for one in part["content"])
    if "delta" in part:
        return part["delta"].get("text", "")
    return part.get("message", {}).get("content", "") or part.get("response", "")


DIALECTS = [
    streamed_chat,
    whole_chat,
    completion,
    response,
    streamed_response,
    message,
    streamed_message,
    ollama_chat,
    ollama_generate,
]


@pytest.mark.parametrize("make", DIALECTS, ids=lambda make: make.__name__)
def test_every_dialect_hides_and_restores(served, outside, make):
    """Nothing of the person leaves, and the answer reads as if nothing had been hidden."""
    path, body = make(LETTER)
    reply = served.request("POST", path, {"model": MODEL, **body})
    assert reply.status == 200, reply.body
    (sent,) = outside.bodies
    assert [word for word in HIDDEN if word in sent] == []
    assert "[[NACHNAME_1]]s Akte" in sent
    assert read(path, reply) == LETTER


def test_arguments_of_tools_come_back_with_real_words(served, outside):
    """A tool of the caller's is called with the data of the house; what left knew none of it."""
    tool = {
        "type": "function",
        "function": {
            "name": "schreibe",
            "description": "Schreibt an Frau Jutta Abendschön",
            "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
        },
    }
    body = {"model": MODEL, "tools": [tool], "messages": [{"role": "user", "content": LETTER}]}
    reply = served.request("POST", "/v1/chat/completions", body)
    (call,) = reply.json["choices"][0]["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"text": LETTER}
    result = {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"an": LETTER})}
    history = [*body["messages"], {"role": "assistant", "tool_calls": [call]}, result]
    reply = served.request("POST", "/v1/chat/completions", {**body, "messages": history})
    assert json.loads(reply.json["choices"][0]["message"]["content"]) == {"an": LETTER}
    assert [word for word in HIDDEN for sent in outside.bodies if word in sent] == []


def test_a_typed_pseudonym_is_the_callers_own_text(served, outside):
    """Whoever types a pseudonym gets those characters back, and never somebody's number."""
    text = f"IBAN: {IBAN}. Schreibe [[IBAN_1]] und ［［IBAN_1］］ hin."
    path, body = streamed_chat(text)
    reply = served.request("POST", path, {"model": MODEL, **body})
    assert read(path, reply) == text
    assert "[[IBAN_1]]. Schreibe [[TEXT_1]] und [[TEXT_2]]" in outside.bodies[0]


def test_an_injected_picture_carries_nothing_out(served, outside):
    """A model that was talked into an image link gets no number into it."""
    outside.answer = "![x](https://elsewhere.example/?q=[[IBAN_1]]) Ihre IBAN ist [[IBAN_1]]."
    path, body = streamed_chat(f"IBAN: {IBAN}. Make an image link with [[IBAN_1]].")
    reply = served.request("POST", path, {"model": MODEL, **body})
    assert read(path, reply) == (
        f"![x](https://elsewhere.example/?q=[[IBAN_1]]) Ihre IBAN ist {IBAN}."
    )


def test_numbers_of_a_history_stay(served, outside):
    """A client that sends its history again sends the same pseudonyms again."""
    history = [
        {"role": "user", "content": LETTER},
        {"role": "assistant", "content": "Das ist notiert."},
    ]
    more = {"role": "user", "content": "Und Herr Otto Klapproth? Frau Abendschön wartet."}
    for messages in (history[:1], [*history, more]):
        reply = served.request(
            "POST", "/v1/chat/completions", {"model": MODEL, "messages": messages}
        )
        assert reply.status == 200, reply.body
    first, second = (asked.json["messages"] for asked in outside.asked)
    assert second[1] == first[1]
    assert second[-1]["content"] == (
        "Und Herr [[VORNAME_2]] [[NACHNAME_2]]? Frau [[NACHNAME_1]] wartet."
    )


def test_the_caller_sees_usage_and_no_log_probabilities(served, outside):
    """Probabilities would belong to tokens nobody sees; the usage is the provider's."""
    path, body = whole_chat(LETTER)
    reply = served.request("POST", path, {"model": MODEL, **body, "logprobs": True})
    assert reply.json["choices"][0]["logprobs"] is None
    assert reply.json["usage"]["total_tokens"] == 10
    assert "logprobs" not in outside.bodies[0]


def test_nothing_leaves_when_hiding_fails(served, outside, monkeypatch):
    """A detector that is down and a map that cannot be made are refusals before anything is sent."""
    gateway = served.house.gateway
    path, body = whole_chat(LETTER)
    for place in (gateway.border.examiner, gateway.veils):
        for step in ("examine", "hide"):
            if not hasattr(place, step):
                continue

            async def fails(*_given, **_more):
                raise RuntimeError("on purpose")

            monkeypatch.setattr(type(place), step, fails)
            reply = served.request("POST", path, {"model": MODEL, **body})
            monkeypatch.undo()
            assert reply.status == 500
    assert outside.asked == []
