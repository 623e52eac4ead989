# SPDX-License-Identifier: EUPL-1.2
"""``litellm`` against the house, as an OpenAI-compatible provider."""

import litellm
from scenarios import KEY, TEXT, URL, WEATHER, raised, run

HELLO = [{"role": "user", "content": TEXT}]
HERE = {"api_base": URL + "/v1", "api_key": KEY, "num_retries": 0}
litellm.telemetry = False


def completion() -> None:
    answer = litellm.completion(model="openai/echo", messages=HELLO, **HERE)
    assert answer.choices[0].message.content == TEXT
    assert answer.usage.completion_tokens == 3


def completion_of_a_name_with_slashes() -> None:
    answer = litellm.completion(model="openai/org/echo:7b", messages=HELLO, **HERE)
    assert answer.choices[0].message.content == TEXT


def streaming() -> None:
    stream = litellm.completion(model="openai/thinker", messages=HELLO, stream=True, **HERE)
    chunks = [chunk.choices[0].delta for chunk in stream]
    assert "".join(delta.content or "" for delta in chunks) == TEXT
    thoughts = "".join(getattr(delta, "reasoning_content", None) or "" for delta in chunks)
    assert thoughts == "Let me think."


async def streaming_async() -> None:
    stream = await litellm.acompletion(model="openai/echo", messages=HELLO, stream=True, **HERE)
    assert "".join([c.choices[0].delta.content or "" async for c in stream]) == TEXT


def tools() -> None:
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}
    answer = litellm.completion(model="openai/caller", messages=HELLO, tools=[tool], **HERE)
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"city":"Bonn"}'


def embedding() -> None:
    answer = litellm.embedding(model="openai/vectors", input=["a", "b"], **HERE)
    assert [len(entry["embedding"]) for entry in answer.data] == [16, 16]


def unknown_model() -> None:
    error = raised(
        litellm.NotFoundError,
        lambda: litellm.completion(model="openai/nil", messages=HELLO, **HERE),
    )
    assert "nil" in str(error)


run(
    completion,
    completion_of_a_name_with_slashes,
    streaming,
    streaming_async,
    tools,
    embedding,
    unknown_model,
)
