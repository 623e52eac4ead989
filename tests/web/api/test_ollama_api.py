# SPDX-License-Identifier: EUPL-1.2
"""Ollama's API over a running house."""

import json
import socket
import time

import pytest

from hausgeist.core.labels import DataClass
from hausgeist.errors import DiskFull, SourceNotFound
from hausgeist.gateway.dialects.ollama_models import Loaded, PullStep

COUNTERS = {
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
}


def chat(model="echo", text="Guten Tag auch", **fields):
    """The body of a chat request."""
    return {"model": model, "messages": [{"role": "user", "content": text}]} | fields


def test_chat_streams_lines_by_default(ask):
    """Lines of JSON come, the last with the reason and counters in nanoseconds."""
    reply = ask("POST", "/api/chat", chat("thinker"))
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert reply.headers["x-accel-buffering"] == "no"
    lines = reply.lines()
    assert "".join(line["message"]["content"] for line in lines) == "Guten Tag auch"
    assert lines[0]["message"]["thinking"] == "Let me think."
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert lines[-1].keys() >= COUNTERS
    assert (lines[-1]["done_reason"], lines[-1]["eval_count"]) == ("stop", 3)
    assert lines[-1]["total_duration"] > 1000


def test_whole(ask):
    """Without a stream there is one object."""
    reply = ask("POST", "/api/chat", chat("echo:latest", stream=False))
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert body["message"] == {"role": "assistant", "content": "Guten Tag auch"}
    assert body["done"]
    assert body.keys() >= COUNTERS


@pytest.mark.parametrize("extra", [{}, {"raw": True}, {"suffix": "!"}])
def test_generate(ask, extra):
    """A prompt is answered in ``response``."""
    lines = ask("POST", "/api/generate", {"model": "echo", "prompt": "a b", **extra}).lines()
    assert "".join(line["response"] for line in lines) == "a b"
    assert lines[-1]["done"]


def test_options_reach_the_model(ask, server):
    """Options, format, keep-alive and thinking arrive where the answer is made."""
    ask(
        "POST",
        "/api/chat",
        chat(
            "echo",
            "ein besonderer Satz",
            options={"num_ctx": 4096, "num_predict": 2, "seed": 3},
            format={"type": "object"},
            keep_alive="1h30m",
            think="low",
        ),
    )
    call = server.providers["echo"].calls[-1]
    assert (call.context, call.keep_alive, call.effort) == (4096, 5400, "low")
    assert (call.sampling.max_tokens, call.sampling.seed) == (2, 3)
    assert call.format.schema == '{"type": "object"}'


@pytest.mark.parametrize("stream", [True, False])
def test_tools_are_whole(ask, stream):
    """A tool call comes whole, its arguments an object."""
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]
    lines = ask("POST", "/api/chat", chat("caller", tools=tools, stream=stream)).lines()
    called = [line["message"]["tool_calls"] for line in lines if "tool_calls" in line["message"]]
    (((call,),)) = called
    assert call["function"] == {"index": 0, "name": "get_weather", "arguments": {"city": "Bonn"}}
    assert lines[-1]["done"]


@pytest.mark.parametrize(
    ("path", "words"), [("/api/chat", {"messages": []}), ("/api/generate", {"prompt": ""})]
)
def test_loading_and_unloading(serve, ask_of, path, words):
    """Without words a model is loaded or unloaded, for those who may use it."""
    house = serve()
    wishes = []

    async def keep(card, seconds):
        wishes.append((card.id, seconds))

    house.house.keep = keep
    ask = ask_of(house)
    load = ask("POST", path, {"model": "echo", "keep_alive": "10m", **words}).json()
    unload = ask("POST", path, {"model": "echo", "keep_alive": 0, **words}).json()
    assert (load["done"], load["done_reason"], unload["done_reason"]) == (True, "load", "unload")
    assert ask("POST", path, {"model": "nowhere", **words}).status == 404
    assert ask("POST", path, {"model": "echo", **words}, key=house.new_key(models=())).status == 404
    assert wishes == [("echo", 600), ("echo", 0)]


def test_embed(ask):
    """One text or several become vectors; the older form takes one; nothing gives nothing."""
    one = ask("POST", "/api/embed", {"model": "vectors", "input": "a b"}).json()
    two = ask("POST", "/api/embed", {"model": "vectors", "input": ["a b", "c"]}).json()
    old = ask("POST", "/api/embeddings", {"model": "vectors", "prompt": "a b"}).json()
    assert one["embeddings"] == [old["embedding"]]
    assert (len(two["embeddings"]), two["prompt_eval_count"]) == (2, 3)
    assert ask("POST", "/api/embed", {"model": "vectors", "input": ""}).json()["embeddings"] == []
    assert ask("POST", "/api/embed", {"model": "plain", "input": "a"}).status == 400
    for dimensions, status in ((len(one["embeddings"][0]), 200), (5, 400), (0, 400)):
        body = {"model": "vectors", "input": "a", "dimensions": dimensions}
        assert ask("POST", "/api/embed", body).status == status


def test_version_and_root(ask):
    """Programs find Ollama without a key; the version is numbers only."""
    version = ask("GET", "/api/version", key="").json()["version"]
    assert all(part.isdigit() for part in version.split("."))
    assert tuple(map(int, version.split("."))) >= (0, 6, 4)
    assert ask("HEAD", "/api/version", key="").status == 200
    assert ask("HEAD", "/", key="").status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        ({"messages": []}, 400),
        (chat(options={"num_ctx": -1}), 400),
        (chat("small", "wort " * 2000), 400),
        (chat(format={"$ref": "#"}), 400),
        (chat("nowhere"), 404),
        (chat("broken"), 502),
        (chat("broken", stream=False), 502),
    ],
)
def test_errors(ask, body, status):
    """What goes wrong before the first byte has a status and one text."""
    reply = ask("POST", "/api/chat", body)
    assert (reply.status, list(reply.json())) == (status, ["error"])


def test_unknown_model_in_the_words_clients_know(ask):
    """Clients look for these words before they offer to fetch a model."""
    for path in ("/api/chat", "/api/generate", "/api/show", "/api/embed"):
        reply = ask("POST", path, {"model": "nowhere", "input": "a"})
        assert reply.status == 404
        assert "model 'nowhere' not found" in reply.json()["error"]


def test_error_after_the_first_word(ask):
    """What goes wrong later is a line, and no line says done."""
    lines = ask("POST", "/api/chat", chat("breaks", "a b c d")).lines()
    assert list(lines[-1]) == ["error"]
    assert not any(line.get("done") for line in lines)


def test_the_border_holds(ask, server):
    """A declared class and a key's scope are honoured here too."""
    special = {"X-Hausgeist-Data-Class": "special"}
    assert ask("POST", "/api/chat", chat("abroad"), headers=special).status == 403
    assert ask("POST", "/api/chat", chat(), headers={"X-Hausgeist-Data-Class": "x"}).status == 400
    capped = server.new_key(max_class=DataClass.PUBLIC)
    assert ask("POST", "/api/chat", chat(), headers=special, key=capped).status == 403
    assert ask("POST", "/api/chat", chat(), key="").status == 401


def test_only_ones_own_models(ask, server):
    """Lists, cards and what is loaded show only what the key may use."""
    key = server.new_key(models=("plain",))
    names = [m["name"] for m in ask("GET", "/api/tags", key=key).json()["models"]]
    assert names == ["plain"]
    assert ask("POST", "/api/show", {"model": "echo"}, key=key).status == 404
    assert ask("POST", "/api/show", {"name": "plain:latest"}, key=key).status == 200


def test_editors_find_what_they_need(ask):
    """A list entry and a card have all that an editor reads before it offers a model."""
    for entry in ask("GET", "/api/tags").json()["models"]:
        assert {"name", "model", "modified_at", "size", "digest", "details"} <= entry.keys()
        card = ask("POST", "/api/show", {"model": entry["model"]}).json()
        assert card["model_info"]["general.architecture"]
        assert isinstance(card["capabilities"], list)
    small = ask("POST", "/api/show", {"model": "small"}).json()["model_info"]
    assert small[f"{small['general.architecture']}.context_length"] == 64


def test_loaded(serve, ask_of):
    """Nothing is loaded until an engine says so."""
    house = serve()
    ask = ask_of(house)
    assert ask("GET", "/api/ps").json() == {"models": []}
    house.house.loaded = lambda: [Loaded(model="echo", size=7, context=512)]
    (entry,) = ask("GET", "/api/ps").json()["models"]
    assert (entry["name"], entry["size"], entry["context_length"]) == ("echo", 7, 512)
    key = house.new_key(models=("plain",))
    assert ask("GET", "/api/ps", key=key).json() == {"models": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/pull"),
        ("DELETE", "/api/delete"),
        ("POST", "/api/create"),
        ("POST", "/api/copy"),
        ("POST", "/api/push"),
        ("POST", "/api/blobs/sha256:00"),
    ],
)
def test_changes_are_for_administrators(ask, server, method, path):
    """A member may change nothing; an administrator is told what is not supported."""
    body = {"model": "echo"}
    assert ask(method, path, body, key="").status == 401
    assert ask(method, path, body).status == 403
    if path not in {"/api/pull", "/api/delete"}:
        reply = ask(method, path, body, key=server.admin.key)
        assert reply.status == 400
        assert "not supported" in reply.json()["error"]


@pytest.fixture
def shelf(serve):
    """A house with a shelf that fetches in steps, fails half-way, or finds nothing."""
    house = serve()
    gone = []

    async def pull(name):
        if name == "nothing":
            raise SourceNotFound(source=name)
        yield PullStep(status="pulling manifest")
        yield PullStep(status="pulling abc", digest="ab" * 32, total=10, completed=5)
        if name == "big":
            raise DiskFull(needed="5 GB", free="1 GB")
        yield PullStep(status="success")

    async def delete(name):
        gone.append(name)

    house.house.pull, house.house.delete = pull, delete
    return house, gone


def test_pull(shelf, ask_of):
    """A fetch tells its progress line by line; an error before it has a status, one within it a line."""
    house, _ = shelf
    ask, key = ask_of(house), house.admin.key
    lines = ask("POST", "/api/pull", {"model": "hf:a/b/c.gguf"}, key=key).lines()
    assert [line["status"] for line in lines] == ["pulling manifest", "pulling abc", "success"]
    assert lines[1]["digest"] == "sha256:" + "ab" * 32
    assert (lines[1]["completed"], lines[1]["total"]) == (5, 10)
    whole = ask("POST", "/api/pull", {"name": "x", "stream": False}, key=key)
    assert whole.json() == {"status": "success"}
    assert ask("POST", "/api/pull", {"model": "nothing"}, key=key).status == 404
    assert (
        "disk is full" in ask("POST", "/api/pull", {"model": "big"}, key=key).lines()[-1]["error"]
    )
    assert ask("POST", "/api/pull", {"model": "x"}).status == 403


def test_delete(shelf, ask_of):
    """An administrator removes a model."""
    house, gone = shelf
    assert ask_of(house)("DELETE", "/api/delete", {"model": "m"}, key=house.admin.key).status == 200
    assert gone == ["m"]


def test_hanging_up_stops_the_answer(server):
    """Who goes away in the middle of an answer ends it at the model too."""
    slow = server.providers["slow"]
    before = slow.cancelled
    body = json.dumps(chat("slow", "wort " * 400)).encode()
    head = (
        f"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {server.member.key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + body)
        seen = b""
        while b'"done":false' not in seen:
            more = connection.recv(65536)
            assert more, seen
            seen += more
    patience = time.monotonic() + 10
    while slow.cancelled == before and time.monotonic() < patience:
        time.sleep(0.02)
    assert slow.cancelled == before + 1
