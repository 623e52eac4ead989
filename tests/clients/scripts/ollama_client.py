# SPDX-License-Identifier: EUPL-1.2
"""The ``ollama`` package against the house, and what editors ask of Ollama."""

import os
from functools import partial

import httpx
from ollama import AsyncClient, Client, ResponseError
from pydantic import BaseModel
from scenarios import KEY, TEXT, URL, WEATHER, raised, run

HEADERS = {"Authorization": f"Bearer {KEY}"}
client = Client(host=URL, headers=HEADERS, timeout=20)
admin = Client(host=URL, headers={"Authorization": f"Bearer {os.environ['HOUSE_ADMIN_KEY']}"})
HELLO = [{"role": "user", "content": TEXT}]
TOOLS = [
    {
        "type": "function",
        "function": {"name": "get_weather", "description": "The weather", "parameters": WEATHER},
    }
]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Person(BaseModel):
    name: str
    age: int


def chat() -> None:
    answer = client.chat(
        model="echo",
        messages=HELLO,
        options={"num_ctx": 4096, "temperature": 0.5, "seed": 1, "stop": ["STOP"]},
        keep_alive="10m",
    )
    assert answer.message.content == TEXT
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (3, 3)
    assert answer.total_duration > 1000


def chat_stream() -> None:
    parts = list(client.chat(model="thinker", messages=HELLO, stream=True, think=True))
    assert "".join(part.message.content or "" for part in parts) == TEXT
    assert "".join(part.message.thinking or "" for part in parts) == "Let me think."
    assert [part.done for part in parts].count(True) == 1
    assert parts[-1].done


async def chat_async() -> None:
    there = AsyncClient(host=URL, headers=HEADERS)
    answer = await there.chat(model="echo", messages=HELLO)
    assert answer.message.content == TEXT
    stream = await there.chat(model="echo", messages=HELLO, stream=True)
    assert "".join([part.message.content async for part in stream]) == TEXT


def chat_with_an_image() -> None:
    message = {"role": "user", "content": "look", "images": [PIXEL]}
    assert client.chat(model="echo", messages=[message]).message.content == "look"


def tools() -> None:
    asked = client.chat(model="caller", messages=HELLO, tools=TOOLS)
    (call,) = asked.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", {"city": "Bonn"})
    result = {"role": "tool", "tool_name": "get_weather", "content": "sunny"}
    answer = client.chat(model="caller", messages=[*HELLO, asked.message, result], tools=TOOLS)
    assert answer.message.content == "sunny"


def tools_stream() -> None:
    parts = list(client.chat(model="caller", messages=HELLO, tools=TOOLS, stream=True))
    (calls,) = [part.message.tool_calls for part in parts if part.message.tool_calls]
    assert calls[0].function.arguments == {"city": "Bonn"}


def structured() -> None:
    answer = client.chat(model="json", messages=HELLO, format=Person.model_json_schema())
    assert Person.model_validate_json(answer.message.content) == Person(name="Ada", age=36)
    assert client.chat(model="json", messages=HELLO, format="json").message.content


def generate() -> None:
    assert client.generate(model="echo", prompt=TEXT, system="Be kind.").response == TEXT
    parts = client.generate(model="echo:latest", prompt=TEXT, stream=True)
    assert "".join(part.response for part in parts) == TEXT
    assert client.generate(model="echo", prompt="def f(", suffix="return 1").response == "def f("


def load_and_unload() -> None:
    assert client.generate(model="echo", keep_alive="5m").done_reason == "load"
    assert client.generate(model="echo", keep_alive=0).done_reason == "unload"
    assert client.chat(model="echo", messages=[]).done_reason == "load"


def embed() -> None:
    found = client.embed(model="vectors", input=["a b", "c"])
    assert len(found.embeddings) == 2
    assert list(client.embeddings(model="vectors", prompt="a b").embedding) == list(
        found.embeddings[0]
    )


def models() -> None:
    names = [entry.model for entry in client.list().models]
    assert {"echo", "org/echo:7b"} <= set(names)
    card = client.show("org/echo:7b")
    assert "tools" in card.capabilities
    assert card.modelinfo["general.architecture"]
    assert list(client.ps().models) == []


def errors() -> None:
    stranger = Client(host=URL)
    for status, there, fields in (
        (401, stranger, {}),
        (404, client, {"model": "nowhere"}),
        (400, client, {"options": {"num_ctx": -1}}),
        (502, client, {"model": "broken"}),
    ):
        asked = {"model": "echo", "messages": HELLO, **fields}
        error = raised(ResponseError, partial(there.chat, **asked))
        assert (error.status_code, bool(error.error)) == (status, True)


def error_in_the_stream() -> None:
    seen = []

    def read() -> None:
        parts = client.generate(model="breaks", prompt="a b c d", stream=True)
        seen.extend(part.response for part in parts)

    assert "broken on purpose" in raised(ResponseError, read).error
    assert "".join(seen) == "a b"


def administration() -> None:
    assert raised(ResponseError, lambda: client.pull("x")).status_code == 403
    assert raised(ResponseError, lambda: client.delete("echo")).status_code == 403
    assert raised(ResponseError, lambda: admin.delete("nowhere")).status_code == 404
    error = raised(ResponseError, lambda: admin.create(model="mine", from_="echo"))
    assert "not supported" in error.error


def editor() -> None:
    """What Copilot in VS Code does before it offers a model, and how it then asks."""
    version = httpx.get(URL + "/api/version").json()["version"]
    assert tuple(int(part) for part in version.split(".")) >= (0, 6, 4)
    assert httpx.head(URL + "/").status_code == 200
    there = httpx.Client(base_url=URL, headers=HEADERS)
    for entry in there.get("/api/tags").json()["models"]:
        card = there.post("/api/show", json={"model": entry["model"]}).json()
        info = card["model_info"]
        assert info["general.basename"]
        info.get(f"{info['general.architecture']}.context_length", 32768)
        assert isinstance(card["capabilities"], list)
    answer = there.post(
        "/v1/chat/completions",
        json={"model": "echo", "messages": HELLO, "stream": True},
    )
    assert answer.headers["content-type"].startswith("text/event-stream")


run(
    chat,
    chat_stream,
    chat_async,
    chat_with_an_image,
    tools,
    tools_stream,
    structured,
    generate,
    load_and_unload,
    embed,
    models,
    errors,
    error_in_the_stream,
    administration,
    editor,
)
