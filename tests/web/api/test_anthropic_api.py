# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's API over a running house."""

import json
import socket
import time

import pytest

from hausgeist.core.labels import DataClass


def asked(model="echo", text="Guten Tag auch", **fields):
    """The body of a request."""
    message = {"role": "user", "content": text}
    return {"model": model, "max_tokens": 50, "messages": [message]} | fields


def error_of(reply):
    """The kind of an error, after a look at its frame."""
    body = reply.json()
    assert body["type"] == "error"
    assert body["request_id"] == reply.headers["request-id"]
    assert body["request_id"].startswith("req_")
    return body["error"]["type"]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages?beta=true", "/messages"])
def test_whole_answer(ask, path):
    """A conversation is answered as one message with its usage, whatever betas are asked for."""
    headers = {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "interleaved-thinking-2025-05-14",
    }
    reply = ask("POST", path, asked(), headers=headers)
    body = reply.json()
    assert reply.status == 200
    assert reply.headers["request-id"].startswith("req_")
    assert (body["type"], body["role"], body["model"]) == ("message", "assistant", "echo")
    assert body["content"] == [{"type": "text", "text": "Guten Tag auch"}]
    assert body["stop_reason"] == "end_turn"
    assert (body["usage"]["input_tokens"], body["usage"]["output_tokens"]) == (3, 3)


def test_stream(ask):
    """A stream has the events in their order, as Server-Sent Events that no proxy holds back."""
    reply = ask("POST", "/v1/messages", asked("thinker", stream=True))
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-accel-buffering"] == "no"
    events = reply.events()
    kinds = [event["type"] for event in events if event["type"] != "content_block_delta"]
    block = ["content_block_start", "content_block_stop"]
    assert kinds == ["message_start", "ping", *block, *block, "message_delta", "message_stop"]
    text = [e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta"]
    assert "".join(text) == "Guten Tag auch"


def test_key_in_either_header(ask, server):
    """``x-api-key`` opens the same door as a bearer token, and a wrong one none."""
    header = {"x-api-key": server.member.key}
    assert ask("POST", "/v1/messages", asked(), key="", headers=header).status == 200
    reply = ask("POST", "/v1/messages", asked(), key="", headers={"x-api-key": "wrong"})
    assert (reply.status, error_of(reply)) == (401, "authentication_error")
    assert ask("POST", "/v1/messages", asked(), key="").status == 401


def test_tool_turn(ask):
    """A tool is asked for with its input as an object; its result is answered."""
    tools = [{"name": "get_weather", "input_schema": {"type": "object"}}]
    first = ask("POST", "/v1/messages", asked("caller", tools=tools)).json()
    (use,) = first["content"]
    assert (use["type"], use["name"], use["input"]) == ("tool_use", "get_weather", {"city": "Bonn"})
    assert first["stop_reason"] == "tool_use"
    result = {"type": "tool_result", "tool_use_id": use["id"], "content": "12 °C"}
    messages = [
        {"role": "user", "content": "Wetter?"},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": [result]},
    ]
    second = ask("POST", "/v1/messages", asked("caller", tools=tools, messages=messages)).json()
    assert second["content"] == [{"type": "text", "text": "12 °C"}]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_unknown_and_hidden_models_look_the_same(ask, server, path):
    """A model that is not there and one that the key may not use give the same answer."""
    key = server.new_key(models=("plain",))
    hidden = ask("POST", path, asked("echo"), key=key)
    unknown = ask("POST", path, asked("nowhere"), key=key)
    assert (hidden.status, error_of(hidden)) == (404, "not_found_error")
    assert (unknown.status, error_of(unknown)) == (404, "not_found_error")
    there = hidden.json()["error"]["message"].replace("'echo'", "'nowhere'")
    assert there == unknown.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_the_border_holds(ask, server, path):
    """A declared class is honoured, by the answer and by the count, and a key's cap too."""
    header = {"X-Hausgeist-Data-Class": "special"}
    assert ask("POST", path, asked("echo"), headers=header).status == 200
    for reply in (
        ask("POST", path, asked("abroad"), headers=header),
        ask("POST", path, asked(), headers=header, key=server.new_key(max_class=DataClass.PUBLIC)),
    ):
        assert (reply.status, error_of(reply)) == (403, "permission_error")
    reply = ask("POST", path, asked(), headers={"X-Hausgeist-Data-Class": "secret"})
    assert (reply.status, error_of(reply)) == (400, "invalid_request_error")


def test_count(ask):
    """A count grows with the words and needs no limit for an answer."""
    short, long = (
        ask(
            "POST",
            "/v1/messages/count_tokens",
            {"model": "echo", "messages": [{"role": "user", "content": "wort " * number}]},
        ).json()["input_tokens"]
        for number in (10, 1000)
    )
    assert 0 < short < long


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "invalid_request_error"),
        (b"\xff\xfe", 400, "invalid_request_error"),
        (b"[" * 100_000, 400, "invalid_request_error"),
        (asked(max_tokens=-1), 400, "invalid_request_error"),
        (asked("small", "wort " * 2000), 400, "invalid_request_error"),
        (asked("broken"), 502, "api_error"),
        (asked("broken", stream=True), 502, "api_error"),
    ],
)
def test_errors(ask, body, status, kind):
    """What goes wrong before the first byte has a status and Anthropic's shape."""
    reply = ask("POST", "/v1/messages", body)
    assert (reply.status, error_of(reply)) == (status, kind)


def test_too_large(serve, ask_of):
    """A body over the limit is refused in the shape of the dialect."""
    reply = ask_of(serve(max_body=2000))("POST", "/v1/messages", asked(text="x" * 3000))
    assert (reply.status, error_of(reply)) == (413, "request_too_large")


def test_error_after_the_first_word(ask):
    """What goes wrong later is an event, and the stream does not pretend to be whole."""
    events = ask("POST", "/v1/messages", asked("breaks", "a b c d", stream=True)).events()
    assert events[-1]["type"] == "error"
    assert "message_stop" not in [event["type"] for event in events]


def test_hanging_up_stops_the_answer(server):
    """Who goes away in the middle of an answer ends it at the model too."""
    slow = server.providers["slow"]
    before = slow.cancelled
    body = json.dumps(asked("slow", "wort " * 400, stream=True)).encode()
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: {server.member.key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        seen = b""
        while b"content_block_delta" not in seen:
            more = connection.recv(65536)
            assert more, seen
            seen += more
    patience = time.monotonic() + 10
    while slow.cancelled == before and time.monotonic() < patience:
        time.sleep(0.02)
    assert slow.cancelled == before + 1


def test_hello(ask):
    """Coding clients find that somebody is there, without a key."""
    assert ask("GET", "/api/hello", key="").status == 200
    assert ask("HEAD", "/api/hello", key="").status == 200
