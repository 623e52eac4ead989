# SPDX-License-Identifier: EUPL-1.2
"""Requests in OpenAI's shapes: what is understood, and that nothing else ever gets through as a crash."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.calls import Call
from hausgeist.core.messages import Image, Message, Reasoning, Text, ToolCall
from hausgeist.core.people import Principal, Role
from hausgeist.errors import BadRequest, HausgeistError, InvalidField, InvalidJSON, Unsupported
from hausgeist.gateway.dialects import (
    openai_chat_request,
    openai_completions,
    openai_embeddings,
    openai_responses_request,
)

WHO = Principal(id="p1", name="Ada", role=Role.MEMBER)
USER = {"role": "user", "content": "hello"}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}

DECODERS = {
    "chat": openai_chat_request.decode,
    "completions": openai_completions.decode,
    "responses": openai_responses_request.decode,
    "embeddings": openai_embeddings.decode,
}
LEAST = {
    "chat": {"model": "m", "messages": [USER]},
    "completions": {"model": "m", "prompt": "hello"},
    "responses": {"model": "m", "input": "hello"},
    "embeddings": {"model": "m", "input": "hello"},
}


def decode(kind: str, **fields: object) -> Call:
    body = json.dumps(LEAST[kind] | fields).encode()
    return DECODERS[kind](body, call_id="c1", principal=WHO)[0]


def refusal(kind: str, **fields: object) -> HausgeistError:
    with pytest.raises(BadRequest) as caught:
        decode(kind, **fields)
    return caught.value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def mutated(kind: str) -> st.SearchStrategy[dict[str, object]]:
    """Requests with the right field names and arbitrary values."""
    request = {
        "chat": openai_chat_request.ChatRequest,
        "completions": openai_completions.CompletionRequest,
        "responses": openai_responses_request.ResponsesRequest,
        "embeddings": openai_embeddings.EmbeddingRequest,
    }[kind]
    names = [field.encode_name for field in msgspec.structs.fields(request)]
    words = st.sampled_from(["user", "function", "message", "text", "image_url", "json_schema"])
    keys = st.sampled_from([*names, "role", "content", "type", "name", "text", "arguments"])
    values = st.recursive(
        json_values | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=10,
    )
    return st.dictionaries(st.sampled_from(names), values, max_size=5).map(
        lambda found: LEAST[kind] | found
    )


@pytest.mark.parametrize("kind", DECODERS)
@given(body=st.binary(max_size=200))
def test_bytes_never_raise_anything_but_our_errors(kind, body):
    """Any bytes are a call or an error of the catalogue."""
    with suppress(BadRequest):
        DECODERS[kind](body, call_id="c1", principal=WHO)


@pytest.mark.parametrize("kind", DECODERS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_values_never_raise_anything_but_our_errors(kind, data):
    """Any JSON under the right names is a call or an error of the catalogue."""
    body = json.dumps(data.draw(mutated(kind))).encode()
    with suppress(BadRequest):
        call, _ = DECODERS[kind](body, call_id="c1", principal=WHO)
        assert call.model


@pytest.mark.parametrize("kind", DECODERS)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"model": "\xff\xfe"}', b'{"model": "\\ud800"}', b"null"]
)
def test_damaged_bodies_are_named_as_such(kind, body):
    """Truncated, bottomless, or wrongly encoded bodies are invalid requests."""
    with pytest.raises((InvalidJSON, InvalidField)):
        DECODERS[kind](body, call_id="c1", principal=WHO)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": 10**30}, "max_completion_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": 99}, "temperature"),
        ({"top_p": 1.5}, "top_p"),
        ({"presence_penalty": 3}, "presence_penalty"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logit_bias": {"5": 101}}, "logit_bias[...]"),
        ({"n": 2}, "n"),
        ({"n": 0}, "n"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "emperor", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"tools": [{"type": "custom"}]}, "tools[0].type"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "no"}}, "tools": [WEATHER]},
            "tool_choice",
        ),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"functions": [{"name": "old"}]}, "functions"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"model": ""}, "model"),
        ({"stop": ["x"] * 17}, "stop"),
    ],
)
def test_chat_names_the_field_that_is_wrong(fields, param):
    """A field out of its bounds is a 400 whose ``param`` is the field."""
    assert refusal("chat", **fields).param == param


def test_chat_refuses_an_image_that_is_a_local_file():
    """An image's address is data or the web, never something else on the machine."""
    part = {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}
    error = refusal("chat", messages=[{"role": "user", "content": [part]}])
    assert error.param == "messages[0].content"


def test_chat_reads_a_whole_conversation():
    """Roles, parts, thoughts, tool calls and results keep their places."""
    call = decode(
        "chat",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": "data:image/png;base64,AA=="},
                    {
                        "type": "image_url",
                        "image_url": {"url": "https://x.example/a.png", "detail": "low"},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "Look it up.",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Bonn"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        ],
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "weather"}},
    )
    assert call.messages == (
        Message("system", (Text("Be brief."),)),
        Message(
            "user",
            (
                Text("What is this?"),
                Image("data:image/png;base64,AA=="),
                Image("https://x.example/a.png", "low"),
            ),
        ),
        Message(
            "assistant",
            (Reasoning("Look it up."), ToolCall("call_1", "weather", '{"city":"Bonn"}')),
        ),
        Message("tool", (Text("rain"),), tool_call_id="call_1"),
    )
    assert (call.tool_choice, call.tool_name) == ("required", "weather")


def test_chat_prefers_the_newer_limit():
    """``max_completion_tokens`` wins over ``max_tokens``."""
    assert decode("chat", max_tokens=5, max_completion_tokens=7).sampling.max_tokens == 7


def test_chat_ignores_what_has_no_meaning_here_and_keeps_what_a_provider_may_know():
    """Bookkeeping fields may have any type; scalars of the allow-lists' kind are handed on."""
    call = decode(
        "chat",
        metadata={"a": "b"},
        store=True,
        user="u",
        prediction={"type": "content", "content": "x"},
        safety_identifier="s",
        stream=True,
        stream_options={"include_usage": True, "include_obfuscation": False},
        service_tier="flex",
        verbosity={"not": "a scalar"},
    )
    assert call.extra == (("service_tier", "flex"),)


def test_a_tool_without_parameters_takes_nothing():
    """No parameters, null and an empty object are the same schema."""
    for given_ in ({}, {"parameters": None}, {"parameters": {}}):
        call = decode("chat", tools=[{"type": "function", "function": {"name": "f", **given_}}])
        assert json.loads(call.tools[0].parameters) == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": [1, 2, 3]}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"best_of": 3}, "best_of"),
        ({"logprobs": 2, "echo": True}, "echo"),
        ({"max_tokens": -5}, "max_tokens"),
    ],
)
def test_completions_name_the_field_that_is_wrong(fields, param):
    """What plain completions cannot do here is a 400 that names it."""
    assert refusal("completions", **fields).param == param


def test_completions_read_a_middle_to_fill_in():
    """Prompt and suffix arrive as a prompt; a list of one prompt is one prompt."""
    call = decode("completions", prompt=["def f("], suffix="return 1", logprobs=3)
    assert call.prompt is not None
    assert (call.prompt.text, call.prompt.suffix) == ("def f(", "return 1")
    assert (call.sampling.logprobs, call.sampling.top_logprobs) == (True, 3)


@pytest.mark.parametrize(
    "given_", ["", [], [""], ["a", ""], [1, 2], [[1], [2]], ["a", 5], ["a"] * 2049, {"a": 1}]
)
def test_embeddings_take_texts_only(given_):
    """Empty input, token ids, and more than 2048 texts are refused."""
    assert refusal("embeddings", input=given_).param == "input"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"input": []}, "input"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        ({"input": [{"role": "user"}]}, "input[0].content"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file"}]}]},
            "input[0].content",
        ),
        ({"tools": [{"type": "computer_use_preview"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
    ],
)
def test_responses_name_the_field_that_is_wrong(fields, param):
    """State that is not kept, and items nobody here knows, are 400s that name the place."""
    assert refusal("responses", **fields).param == param


def test_responses_join_the_assistants_items_into_one_turn():
    """Reasoning, text and calls without interruption are one message; outputs answer their calls."""
    call = decode(
        "responses",
        instructions="Be brief.",
        store=True,
        input=[
            {"role": "user", "content": "Weather?"},
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "Ask."}],
                "encrypted_content": "seal",
            },
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "A moment.", "annotations": []}],
            },
            {"type": "function_call", "id": "fc_9", "call_id": "c1", "name": "w", "arguments": ""},
            {
                "type": "function_call_output",
                "call_id": "c1",
                "output": [{"type": "input_text", "text": "rain"}],
            },
        ],
        tools=[{"type": "function", "name": "w"}, {"type": "web_search"}],
        tool_choice={"type": "function", "name": "w"},
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        reasoning={"effort": "xhigh"},
    )
    assert call.messages == (
        Message("system", (Text("Be brief."),)),
        Message("user", (Text("Weather?"),)),
        Message(
            "assistant", (Reasoning("Ask.", "seal"), Text("A moment."), ToolCall("c1", "w", "{}"))
        ),
        Message("tool", (Text("rain"),), tool_call_id="c1"),
    )
    assert [tool.name for tool in call.tools] == ["w"]
    assert (call.tool_name, call.effort) == ("w", "max")
    assert call.format is not None
    assert call.format.name == "n"


def test_unknown_parts_are_unsupported():
    """A part nobody here can read is refused, not dropped."""
    message = {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}
    assert isinstance(refusal("chat", messages=[message]), Unsupported)
