# SPDX-License-Identifier: EUPL-1.2
"""The ``openai`` package against the house."""

from functools import partial

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from scenarios import KEY, TEXT, URL, WEATHER, raised, run

client = OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0, timeout=20)
HELLO = [{"role": "user", "content": TEXT}]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}]


class Person(BaseModel):
    name: str
    age: int


def chat() -> None:
    answer = client.chat.completions.create(
        model="echo", messages=HELLO, metadata={"a": "b"}, store=True, user="u", seed=1
    )
    assert answer.choices[0].message.content == TEXT
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == 6
    assert answer._request_id


def chat_without_version() -> None:
    bare = OpenAI(base_url=URL, api_key=KEY, max_retries=0)
    assert bare.chat.completions.create(model="echo", messages=HELLO).choices[0].message.content


def chat_with_an_image() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    content = [{"type": "text", "text": "look here"}, part]
    answer = client.chat.completions.create(
        model="echo", messages=[{"role": "user", "content": content}]
    )
    assert answer.choices[0].message.content == "look here"


def chat_cut_short() -> None:
    answer = client.chat.completions.create(model="echo", messages=HELLO, max_completion_tokens=2)
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].message.content == "hello dear"


async def chat_async() -> None:
    async with AsyncOpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0) as there:
        answer = await there.chat.completions.create(model="echo", messages=HELLO)
        assert answer.choices[0].message.content == TEXT
        stream = await there.chat.completions.create(model="echo", messages=HELLO, stream=True)
        assert "".join([c.choices[0].delta.content or "" async for c in stream]) == TEXT


def chat_stream() -> None:
    stream = client.chat.completions.create(
        model="thinker", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    words = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    thoughts = "".join(getattr(c.choices[0].delta, "reasoning_content", "") for c in chunks[1:2])
    assert (words, thoughts) == (TEXT, "Let me think.")
    assert chunks[-1].usage.completion_tokens == 3
    assert chunks[-2].choices[0].finish_reason == "stop"


def chat_stream_helper() -> None:
    with client.chat.completions.stream(model="echo", messages=HELLO) as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_completion().choices[0].message.content == TEXT
    assert "content.done" in kinds


def chat_stream_that_breaks() -> None:
    words = []

    def read() -> None:
        for chunk in client.chat.completions.create(model="breaks", messages=HELLO, stream=True):
            words.append(chunk.choices[0].delta.content or "")  # noqa: PERF401  stays when the next fails

    assert raised(openai.APIError, read).code == "upstream_error"
    assert "".join(words) == "hello dear"


def tools() -> None:
    asked = client.chat.completions.create(
        model="caller", messages=HELLO, tools=TOOLS, tool_choice="required"
    )
    call = asked.choices[0].message.tool_calls[0]
    assert asked.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Bonn"}')
    messages = [
        *HELLO,
        asked.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "rain"},
    ]
    answer = client.chat.completions.create(model="caller", messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content == "rain"


def tools_streamed() -> None:
    with client.chat.completions.stream(model="caller", messages=HELLO, tools=TOOLS) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.tool_calls[0].function.arguments == '{"city":"Bonn"}'


def structured() -> None:
    answer = client.chat.completions.parse(model="json", messages=HELLO, response_format=Person)
    assert answer.choices[0].message.parsed == Person(name="Ada", age=36)


def structured_streamed() -> None:
    with client.chat.completions.stream(
        model="json", messages=HELLO, response_format=Person
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == Person(name="Ada", age=36)


def structured_but_wrong() -> None:
    error = raised(
        openai.BadRequestError,
        lambda: client.chat.completions.parse(model="echo", messages=HELLO, response_format=Person),
    )
    assert error.code == "answer_not_valid"


def completions() -> None:
    answer = client.completions.create(model="echo", prompt=TEXT, echo=True)
    assert answer.choices[0].text == TEXT + TEXT
    stream = client.completions.create(model="echo", prompt=TEXT, suffix="end", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == TEXT


def responses() -> None:
    answer = client.responses.create(
        model="thinker", instructions="Be kind.", input=TEXT, store=True
    )
    assert answer.output_text == TEXT
    assert answer.status == "completed"
    assert answer.store is False
    assert [item.type for item in answer.output] == ["reasoning", "message"]
    again = client.responses.create(
        model="echo", input=[*answer.output, {"role": "user", "content": "and now"}]
    )
    assert again.output_text == "and now"


def responses_stream() -> None:
    kinds = []
    with client.responses.stream(model="thinker", input=TEXT) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == TEXT
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"


def responses_tools() -> None:
    tools = [{"type": "function", "name": "get_weather", "parameters": WEATHER, "strict": True}]
    asked = client.responses.create(model="caller", input=TEXT, tools=tools)
    call = asked.output[0]
    assert (call.type, call.name, call.arguments) == (
        "function_call",
        "get_weather",
        '{"city":"Bonn"}',
    )
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    answer = client.responses.create(
        model="caller",
        input=[{"role": "user", "content": TEXT}, call, result],
        tools=tools,
    )
    assert answer.output_text == "rain"


def responses_structured() -> None:
    answer = client.responses.parse(model="json", input=TEXT, text_format=Person)
    assert answer.output_parsed == Person(name="Ada", age=36)


def responses_counted() -> None:
    counted = client.responses.input_tokens.count(model="echo", input=TEXT)
    assert counted.input_tokens > 0


def responses_cut_short() -> None:
    answer = client.responses.create(model="echo", input=TEXT, max_output_tokens=1)
    assert (answer.status, answer.incomplete_details.reason) == (
        "incomplete",
        "max_output_tokens",
    )


def responses_that_break() -> None:
    events = list(client.responses.create(model="breaks", input=TEXT, stream=True))
    assert events[-1].type == "response.failed"
    assert events[-1].response.error.code == "upstream_error"


def responses_are_not_stored() -> None:
    error = raised(openai.NotFoundError, lambda: client.responses.retrieve("resp_1"))
    assert error.code == "response_not_stored"
    error = raised(
        openai.BadRequestError,
        lambda: client.responses.create(model="echo", input=TEXT, previous_response_id="resp_1"),
    )
    assert error.param == "previous_response_id"


def embeddings() -> None:
    packed = client.embeddings.create(model="vectors", input=["a", "b"])  # base64 by default
    plain = client.embeddings.create(model="vectors", input=["a", "b"], encoding_format="float")
    for one, other in zip(packed.data, plain.data, strict=True):
        assert len(one.embedding) == 16
        assert all(abs(x - y) < 1e-6 for x, y in zip(one.embedding, other.embedding, strict=True))
    assert plain.usage.total_tokens == 2


def models() -> None:
    listed = {model.id: model for model in client.models.list()}
    assert "org/echo:7b" in listed
    one = client.models.retrieve("org/echo:7b")
    assert one.id == "org/echo:7b"
    assert one.hausgeist["zone"] == "house"


def voice() -> None:
    sound = ("a.wav", b"Guten Tag", "audio/wav")
    heard = client.audio.transcriptions.create(model="voice", file=sound, language="de")
    assert heard.text == "Guten Tag"
    spoken = client.audio.speech.create(model="voice", input="eins zwei", voice="alloy")
    assert spoken.content == b"eins zwei "
    with client.audio.speech.with_streaming_response.create(
        model="voice", input="eins zwei", voice="alloy", response_format="opus"
    ) as stream:
        assert b"".join(stream.iter_bytes()) == b"eins zwei "


def errors() -> None:
    wrong = OpenAI(base_url=URL + "/v1", api_key="hg-wrong", max_retries=0)
    expected = [
        (openai.AuthenticationError, wrong, "echo", {}),
        (openai.NotFoundError, client, "nil", {}),
        (openai.BadRequestError, client, "echo", {"max_tokens": -1}),
        (openai.BadRequestError, client, "echo", {"n": 2}),
        (openai.PermissionDeniedError, client, "abroad", {}),
        (openai.InternalServerError, client, "broken", {}),
    ]
    for kind, who, model, more in expected:
        create = partial(who.chat.completions.create, model=model, messages=HELLO, **more)
        error = raised(kind, create)
        assert error.code
        assert error.request_id


run(
    chat,
    chat_without_version,
    chat_with_an_image,
    chat_cut_short,
    chat_async,
    chat_stream,
    chat_stream_helper,
    chat_stream_that_breaks,
    tools,
    tools_streamed,
    structured,
    structured_streamed,
    structured_but_wrong,
    completions,
    responses,
    responses_stream,
    responses_tools,
    responses_structured,
    responses_counted,
    responses_cut_short,
    responses_that_break,
    responses_are_not_stored,
    embeddings,
    models,
    voice,
    errors,
)
