# SPDX-License-Identifier: EUPL-1.2
"""OpenAI's API over real HTTP: who may what, which status, which headers, and what is booked."""

import base64
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Usage
from hausgeist.errors import ModelLoading
from hausgeist.store.tables import ledger
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.testing.served import Served

HELLO = [{"role": "user", "content": "hello dear world"}]
CHAT = {"model": "echo", "messages": HELLO}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


send = Served.request


def booked(server: Served, call_id: str) -> dict:
    """The ledger's row of a call, once it is there."""
    query = select(ledger).where(ledger.c.call_id == call_id)
    for _ in range(200):
        row = server.run(server.house.store.read(lambda c: c.execute(query).mappings().first()))
        if row is not None:
            return dict(row)
        time.sleep(0.02)
    pytest.fail("the call was never booked")


@pytest.mark.parametrize("prefix", ["/v1", ""])
@pytest.mark.parametrize(
    ("path", "body", "object_"),
    [
        ("/chat/completions", CHAT, "chat.completion"),
        ("/completions", {"model": "echo", "prompt": "hi"}, "text_completion"),
        ("/responses", {"model": "echo", "input": "hi"}, "response"),
        ("/embeddings", {"model": "vectors", "input": "hi"}, "list"),
        ("/models", None, "list"),
        ("/models/org/echo:7b", None, "model"),
    ],
)
def test_every_path_answers_with_and_without_the_version(server, prefix, path, body, object_):
    """Some clients put /v1 into the base address, some do not."""
    reply = send(server, "POST" if body else "GET", prefix + path, body)
    assert reply.status == 200
    assert reply.json["object"] == object_
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/completions", {"model": "echo", "prompt": "hi"}),
        ("/v1/responses", {"model": "echo", "input": "hi"}),
        ("/v1/embeddings", {"model": "vectors", "input": "hi"}),
        ("/v1/models", None),
    ],
)
def test_without_a_valid_key_there_is_a_401_of_one_shape(server, path, body):
    """No key and a wrong key get the same answer."""
    method = "POST" if body else "GET"
    replies = [send(server, method, path, body, key=key) for key in (None, "hg-wrong")]
    assert [reply.status for reply in replies] == [401, 401]
    assert replies[0].error == replies[1].error
    assert replies[0].error["code"] == "invalid_api_key"


def test_the_other_header_for_keys_is_the_same_door(server):
    """``x-api-key`` is as good as ``Authorization``."""
    reply = send(server, "GET", "/v1/models", key=None, headers={"x-api-key": server.member.key})
    assert reply.status == 200


def test_a_key_sees_and_reaches_only_its_models(server):
    """A forbidden model and one that does not exist get the same 404."""
    key = server.new_key(models=("echo",))
    listed = [model["id"] for model in send(server, "GET", "/v1/models", key=key).json["data"]]
    assert listed == ["echo"]
    forbidden = send(server, "POST", "/v1/chat/completions", CHAT | {"model": "plain"}, key=key)
    unknown = send(server, "POST", "/v1/chat/completions", CHAT | {"model": "nil"}, key=key)
    assert [forbidden.status, unknown.status] == [404, 404]
    assert forbidden.error["message"] == unknown.error["message"].replace("nil", "plain")
    assert forbidden.error["code"] == "model_not_found"
    assert send(server, "GET", "/v1/models/plain", key=key).error["code"] == "model_not_found"


def test_a_model_tells_where_it_runs_and_what_may_go_there(server):
    """Zone, clearance and capabilities stand under ``hausgeist``; a key's cap counts."""
    key = server.new_key(max_class=DataClass.PERSONAL)
    home = send(server, "GET", "/v1/models/echo", key=key).json
    away = send(server, "GET", "/v1/models/abroad", key=key).json
    assert (home["hausgeist"]["zone"], home["hausgeist"]["data_class"]) == ("house", "personal")
    assert (away["hausgeist"]["zone"], away["hausgeist"]["data_class"]) == ("world", "public")
    assert "tools" in home["hausgeist"]["capabilities"]


def test_a_model_abroad_is_refused_for_what_may_not_leave(server):
    """The border's refusal is a 403 with reasons, unless the data is declared public."""
    refused = send(server, "POST", "/v1/chat/completions", CHAT | {"model": "abroad"})
    assert (refused.status, refused.error["code"]) == (403, "border_refused")
    public = {"X-Hausgeist-Data-Class": "public"}
    reply = send(server, "POST", "/v1/chat/completions", CHAT | {"model": "abroad"}, headers=public)
    assert reply.status == 200


def test_a_mistyped_header_of_the_house_is_said_and_not_ignored(server):
    """Whoever meant to declare a class and wrote another name is told: guessing would be a way out."""
    wrong = {"X-Hausgeist-Class": "special"}
    reply = send(server, "POST", "/v1/chat/completions", CHAT, headers=wrong)
    assert (reply.status, "x-hausgeist-class" in reply.error["message"]) == (400, True)


def test_a_stream_has_the_headers_that_keep_it_flowing(server):
    """Event stream, no cache, no buffering, and the frames arrive in OpenAI's order."""
    reply = send(server, "POST", "/v1/chat/completions", CHAT | {"stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in reply.headers["cache-control"]
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.body.endswith(b"data: [DONE]\n\n")


def test_an_error_before_the_first_byte_has_a_status(server):
    """A stream that never began is an ordinary error response."""
    body = CHAT | {"model": "broken", "stream": True}
    reply = send(server, "POST", "/v1/chat/completions", body)
    assert (reply.status, reply.error["type"]) == (502, "server_error")


@pytest.mark.parametrize(
    ("path", "body", "last"),
    [
        ("/v1/chat/completions", {"messages": HELLO}, b'data: {"error":'),
        ("/v1/completions", {"prompt": "hello dear world"}, b'data: {"error":'),
        ("/v1/responses", {"input": "hello dear world"}, b"event: response.failed\n"),
    ],
)
def test_an_error_after_the_first_byte_is_the_last_frame(server, path, body, last):
    """The stream ends with the error, and without an end that would look like success."""
    reply = send(server, "POST", path, body | {"model": "breaks", "stream": True})
    assert reply.status == 200
    assert reply.body.rstrip(b"\n").rpartition(b"\n\n")[2].startswith(last)
    assert b"[DONE]" not in reply.body


def test_waiting_is_worth_it_while_a_model_loads(serve):
    """503 with ``Retry-After`` and a code, before and without a stream."""
    server = serve()
    error = ModelLoading(model="big", seconds=7, retry_after=7)
    provider = EchoProvider(name="big", failing=error)
    server.house.gateway.directory.put("big", provider, [echo_card("big", provider="big")])
    for stream in (False, True):
        body = CHAT | {"model": "big", "stream": stream}
        reply = send(server, "POST", "/v1/chat/completions", body)
        assert (reply.status, reply.headers["retry-after"]) == (503, "7")
        assert reply.error["code"] == "model_loading"


def test_a_context_that_overflows_is_refused_not_cut(server):
    """The error has OpenAI's code."""
    long = [{"role": "user", "content": "word " * 500}]
    reply = send(server, "POST", "/v1/chat/completions", {"model": "small", "messages": long})
    assert (reply.status, reply.error["code"]) == (400, "context_length_exceeded")


@pytest.mark.parametrize("stream", [False, True])
def test_a_structured_answer_is_checked_after_it_was_made(server, stream):
    """An answer that fits arrives; one that does not is an error, as a body or as the last frame."""
    form = {"type": "json_schema", "json_schema": {"name": "p", "schema": PERSON}}
    body = {"messages": HELLO, "response_format": form, "stream": stream}
    fits = send(server, "POST", "/v1/chat/completions", body | {"model": "json"})
    fails = send(server, "POST", "/v1/chat/completions", body | {"model": "echo"})
    assert fits.status == 200
    assert b"answer_not_valid" not in fits.body
    assert b'"code":"answer_not_valid"' in fails.body
    assert b"[DONE]" not in fails.body
    assert fails.status == (200 if stream else 400)


def test_a_circular_tool_is_a_clear_400(server):
    """The error names the tool whose schema goes in a circle."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"$ref": "#"}}}
    reply = send(server, "POST", "/v1/chat/completions", CHAT | {"tools": [tool]})
    assert (reply.status, reply.error["param"]) == (400, "tools[0].parameters")


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (
            "/v1/chat/completions",
            {
                "messages": HELLO,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"schema": {"$ref": "#"}},
                },
            },
            "response_format",
        ),
        (
            "/v1/responses",
            {
                "input": "x",
                "text": {"format": {"type": "json_schema", "name": "n", "schema": {"$ref": "#"}}},
            },
            "text.format",
        ),
    ],
)
def test_a_circular_format_is_named_as_the_dialect_names_it(server, path, body, param):
    """Before anything is opened, also for a stream."""
    reply = send(server, "POST", path, body | {"model": "json", "stream": True})
    assert (reply.status, reply.error["param"]) == (400, param)


def test_vectors_come_as_numbers_and_as_base64(server):
    """Both formats hold the same vector; the order is the texts'."""
    body = {"model": "vectors", "input": ["a", "b"]}
    plain = send(server, "POST", "/v1/embeddings", body).json["data"]
    packed = send(server, "POST", "/v1/embeddings", body | {"encoding_format": "base64"}).json
    for one, other in zip(plain, packed["data"], strict=True):
        raw = base64.b64decode(other["embedding"])
        assert len(raw) == 4 * len(one["embedding"])
    assert [entry["index"] for entry in plain] == [0, 1]
    assert plain[0]["embedding"] != plain[1]["embedding"]


def test_vectors_are_counted_by_us_when_nobody_else_did(serve):
    """An upstream without numbers costs an estimate, told and booked, never nothing."""
    server = serve()

    class Silent(EchoProvider):
        async def embed(self, texts, card):
            return replace(await EchoProvider.embed(self, texts, card), usage=Usage())

    card = echo_card("mute", provider="mute")
    server.house.gateway.directory.put("mute", Silent(name="mute"), [card])
    body = {"model": "mute", "input": ["thirty characters of some text"] * 2}
    reply = send(server, "POST", "/v1/embeddings", body)
    assert reply.json["usage"] == {"prompt_tokens": 22, "total_tokens": 22}
    row = booked(server, f"embd-{reply.headers['x-request-id']}")
    assert (row["input_tokens"], row["estimated"]) == (22, True)


def test_dimensions_are_the_models_own_or_refused(server):
    """A vector is never cut or padded to please."""
    body = {"model": "vectors", "input": "a"}
    own = send(server, "POST", "/v1/embeddings", body | {"dimensions": 16})
    other = send(server, "POST", "/v1/embeddings", body | {"dimensions": 8})
    assert own.status == 200
    assert (other.status, other.error["param"]) == (400, "dimensions")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/responses/resp_1", "/responses/resp_1/input_items"])
def test_no_response_is_ever_stored(server, method, path):
    """Asking for a response, or deleting it, is a 404 that says so."""
    reply = send(server, method, path)
    assert (reply.status, reply.error["code"]) == (404, "response_not_stored")


def test_a_call_is_booked_with_its_tokens(server):
    """The row bears the call's id, the group and the exact numbers."""
    reply = send(server, "POST", "/v1/chat/completions", CHAT)
    row = booked(server, reply.json["id"])
    assert (row["input_tokens"], row["output_tokens"], row["outcome"]) == (3, 3, "ok")
    assert (row["model"], row["purpose"]) == ("echo", "api")


def test_a_wrong_method_is_a_405_and_a_wrong_path_a_404(server):
    """Both in OpenAI's shape."""
    assert send(server, "GET", "/v1/chat/completions").error["code"] == "method_not_allowed"
    assert send(server, "GET", "/v1/nothing").error["code"] == "not_found"
