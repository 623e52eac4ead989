# SPDX-License-Identifier: EUPL-1.2
"""The ``anthropic`` package against the house."""

from functools import partial

import anthropic
import httpx
from anthropic import Anthropic, AsyncAnthropic
from pydantic import BaseModel
from scenarios import KEY, TEXT, URL, WEATHER, raised, run

client = Anthropic(base_url=URL, api_key=KEY, max_retries=0, timeout=20)
HELLO = [{"role": "user", "content": TEXT}]
FOUR = [{"role": "user", "content": "a b c d"}]
TOOLS = [{"name": "get_weather", "description": "The weather", "input_schema": WEATHER}]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Person(BaseModel):
    name: str
    age: int


def message() -> None:
    answer = client.messages.create(
        model="echo",
        max_tokens=50,
        messages=HELLO,
        system="Be kind.",
        temperature=0.5,
        top_k=40,
        stop_sequences=["STOP"],
        metadata={"user_id": "u"},
    )
    assert answer.content[0].text == TEXT
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 3)
    assert answer._request_id.startswith("req_")


def message_cut_short() -> None:
    answer = client.messages.create(model="echo", max_tokens=2, messages=HELLO)
    assert (answer.stop_reason, answer.content[0].text) == ("max_tokens", "hello dear")


def bearer_token() -> None:
    bare = Anthropic(base_url=URL, auth_token=KEY, api_key=None, max_retries=0)
    assert bare.messages.create(model="echo", max_tokens=9, messages=HELLO).content


async def message_async() -> None:
    async with AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0) as there:
        answer = await there.messages.create(model="echo", max_tokens=50, messages=HELLO)
        assert answer.content[0].text == TEXT
        async with there.messages.stream(model="echo", max_tokens=50, messages=HELLO) as found:
            assert "".join([text async for text in found.text_stream]) == TEXT


def stream() -> None:
    with client.messages.stream(model="thinker", max_tokens=50, messages=HELLO) as found:
        kinds = [event.type for event in found]
        whole = found.get_final_message()
    assert [block.type for block in whole.content] == ["thinking", "text"]
    assert whole.content[0].thinking == "Let me think."
    assert whole.content[1].text == TEXT
    assert (whole.stop_reason, whole.usage.output_tokens) == ("end_turn", 3)
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"


def raw_stream() -> None:
    events = list(client.messages.create(model="echo", max_tokens=9, messages=HELLO, stream=True))
    assert [e.type for e in events if e.type != "content_block_delta"] == [
        "message_start",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def tools() -> None:
    asked = client.messages.create(
        model="caller",
        max_tokens=50,
        messages=HELLO,
        tools=TOOLS,
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    )
    (use,) = asked.content
    assert (asked.stop_reason, use.type, use.input) == ("tool_use", "tool_use", {"city": "Bonn"})
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "sunny", "is_error": False}
    answer = client.messages.create(
        model="caller",
        max_tokens=50,
        tools=TOOLS,
        messages=[
            *HELLO,
            {"role": "assistant", "content": asked.content},
            {"role": "user", "content": [result]},
        ],
    )
    assert answer.content[0].text == "sunny"


def tools_stream() -> None:
    with client.messages.stream(
        model="caller", max_tokens=50, messages=HELLO, tools=TOOLS
    ) as found:
        (use,) = found.get_final_message().content
    assert (use.name, use.input) == ("get_weather", {"city": "Bonn"})


def thinking_turn_and_picture() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    answer = client.messages.create(
        model="echo",
        max_tokens=2000,
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=[
            *HELLO,
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "x"},
                    {"type": "redacted_thinking", "data": "AAAA"},
                    {"type": "text", "text": "Yes?"},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": source},
                    {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
                ],
            },
        ],
    )
    assert answer.content[0].text == "look"


def structured() -> None:
    found = client.messages.parse(model="json", max_tokens=50, messages=HELLO, output_format=Person)
    assert found.parsed_output == Person(name="Ada", age=36)


def coding_client() -> None:
    tools = [
        {**TOOLS[0], "name": f"tool_{number}", "cache_control": {"type": "ephemeral"}}
        for number in range(60)
    ]
    system = [
        {"type": "text", "text": "You are careful. " * 500, "cache_control": {"type": "ephemeral"}}
    ]
    with client.beta.messages.stream(
        model="echo",
        max_tokens=32000,
        system=system,
        tools=tools,
        thinking={"type": "enabled", "budget_tokens": 31999},
        betas=["interleaved-thinking-2025-05-14", "context-management-2025-06-27"],
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<system-reminder>be brief</system-reminder>"},
                    {"type": "text", "text": TEXT, "cache_control": {"type": "ephemeral"}},
                ],
            }
        ],
    ) as found:
        answer = found.get_final_message()
    assert answer.content[-1].text.endswith(TEXT)


def count_tokens() -> None:
    found = client.messages.count_tokens(model="echo", messages=HELLO, tools=TOOLS, system="Hi")
    assert found.input_tokens > 3


def models() -> None:
    found = list(client.models.list())
    assert "echo" in [model.id for model in found]
    assert all(model.display_name for model in found)


def errors() -> None:
    wrong = Anthropic(base_url=URL, api_key="wrong", max_retries=0)
    for kind, status, there, fields in (
        (anthropic.AuthenticationError, 401, wrong, {}),
        (anthropic.NotFoundError, 404, client, {"model": "nowhere"}),
        (anthropic.BadRequestError, 400, client, {"max_tokens": 0}),
        (anthropic.BadRequestError, 400, client, {"messages": []}),
        (anthropic.InternalServerError, 502, client, {"model": "broken"}),
    ):
        asked = {"model": "echo", "max_tokens": 9, "messages": HELLO, **fields}
        error = raised(kind, partial(there.messages.create, **asked))
        assert error.status_code == status
        assert error.body["error"]["message"]
        assert error.request_id == error.body["request_id"]


def forbidden() -> None:
    header = {"X-Hausgeist-Data-Class": "special"}
    asked = {"model": "abroad", "max_tokens": 9, "messages": HELLO, "extra_headers": header}
    error = raised(anthropic.PermissionDeniedError, lambda: client.messages.create(**asked))
    assert error.body["error"]["type"] == "permission_error"


def error_in_the_stream() -> None:
    seen = []

    def read() -> None:
        asked = {"model": "breaks", "max_tokens": 9, "messages": FOUR}
        with client.messages.stream(**asked) as found:
            seen.extend(found.text_stream)

    error = raised(anthropic.APIStatusError, read)
    assert error.body["error"]["type"] == "api_error"
    assert "".join(seen) == "a b"


def reachability() -> None:
    assert httpx.get(URL + "/api/hello").status_code == 200
    assert httpx.head(URL + "/api/hello").status_code == 200


run(
    message,
    message_cut_short,
    bearer_token,
    message_async,
    stream,
    raw_stream,
    tools,
    tools_stream,
    thinking_turn_and_picture,
    structured,
    coding_client,
    count_tokens,
    models,
    errors,
    forbidden,
    error_in_the_stream,
    reachability,
)
