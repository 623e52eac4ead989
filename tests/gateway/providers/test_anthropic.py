# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's messages: what is asked and what is read."""

import json

import pytest

from hausgeist.core.calls import AnswerFormat, Sampling
from hausgeist.core.events import Delta, ToolCalled
from hausgeist.core.messages import Image, Message, Reasoning, Text, ToolCall, text_message
from hausgeist.errors import ContextOverflow, Unsupported, UpstreamBusy
from hausgeist.gateway.providers.anthropic import AnthropicProvider
from hausgeist.gateway.providers.anthropic_request import request_body
from hausgeist.testing.providers import TOOL, make_call, make_card, run_with
from hausgeist.testing.upstreams import AnthropicDialect, FakeUpstream, Reply

DIALECT = AnthropicDialect()
SCHEMA = '{"type":"object","properties":{"ja":{"type":"boolean"}}}'


def answer(*events, call=None, card=None):
    """The events of an answer, and what the server was asked."""
    fake = FakeUpstream(Reply(frames=DIALECT.events(*events), kind=DIALECT.kind))

    async def work(outbound, url):
        provider = AnthropicProvider("up", url, outbound, key="k")
        stream = provider.stream(call or make_call(), card or make_card())
        return [event async for burst in stream for event in burst]

    return run_with(fake, work), fake.asked[0]


def test_messages_in_the_dialects_shape():
    """System text is taken out, turns alternate, results share a turn, pictures are taken apart."""
    said = (
        text_message("system", "Sei kurz."),
        Message("user", (Text("Was?"), Image("data:image/png;base64,QUJD"))),
        Message(
            "assistant",
            (
                Reasoning("hm", "seal"),
                Text(""),
                ToolCall("a", "t", '{"x":1}'),
                ToolCall("b", "t", ""),
            ),
        ),
        Message("tool", (Text("4"),), tool_call_id="a"),
        Message("tool", (Text("kaputt"),), tool_call_id="b", is_error=True),
        Message("user", (Image("https://a.example/x.png"),)),
    )
    _, asked = answer(DIALECT.start(), *DIALECT.end(), call=make_call(messages=said))
    assert asked.path == "/v1/messages"
    assert asked.headers["x-api-key"] == "k"
    assert asked.headers["anthropic-version"] == "2023-06-01"
    body = asked.json
    assert (body["system"], body["max_tokens"], body["stream"]) == ("Sei kurz.", 4096, True)
    user, assistant, results = body["messages"]
    assert user["content"][1]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "QUJD",
    }
    thought, first, second = assistant["content"]
    assert thought == {"type": "thinking", "thinking": "hm", "signature": "seal"}
    assert (first["input"], second["input"]) == ({"x": 1}, {})
    good, bad, picture = results["content"]
    assert (good["tool_use_id"], "is_error" in good, bad["is_error"]) == ("a", False, True)
    assert picture["source"]["type"] == "url"


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        (
            {"tool_choice": "required", "tool_name": "wetter"},
            {"type": "tool", "name": "wetter"},
        ),
        (
            {"parallel_tool_calls": False},
            {"type": "auto", "disable_parallel_tool_use": True},
        ),
    ],
)
def test_tool_choice(asked, choice):
    """Each way to choose has its word."""
    assert request_body(make_call(tools=(TOOL,), **asked), make_card()).get("tool_choice") == choice


def test_a_demanded_shape_comes_through_a_tool():
    """The schema becomes a forced tool's input, and what is written there is the answer."""
    begin = {"type": "tool_use", "id": "t1", "name": "answer", "input": {}}
    parts = [{"type": "input_json_delta", "partial_json": part} for part in ('{"ja":', " true}")]
    found, asked = answer(
        DIALECT.start(),
        *DIALECT.block(0, begin, *parts),
        *DIALECT.end(3, "tool_use"),
        call=make_call(format=AnswerFormat(SCHEMA)),
    )
    assert asked.json["tool_choice"] == {"type": "tool", "name": "answer"}
    assert asked.json["tools"][0]["input_schema"] == json.loads(SCHEMA)
    assert [event.text for event in found[:-1]] == ['{"ja":', " true}"]
    assert found[-1].reason == "stop"


def test_a_shape_and_tools_together():
    """With tools beside it, the model must call one of them or answer in shape."""
    body = request_body(make_call(tools=(TOOL,), format=AnswerFormat(SCHEMA)), make_card())
    assert body["tool_choice"] == {"type": "any"}
    assert [tool["name"] for tool in body["tools"]] == ["wetter", "answer"]


def test_effort_becomes_a_budget_within_the_limit():
    """Thinking has a budget below the limit, or none; sampling is left out beside it."""
    body = request_body(make_call(effort="medium", sampling=Sampling(temperature=0.2)), make_card())
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 8192}
    assert body["max_tokens"] == 8192 + 4096
    assert "temperature" not in body
    limited = make_call(effort="high", sampling=Sampling(max_tokens=3000, temperature=1.4))
    assert request_body(limited, make_card())["thinking"]["budget_tokens"] == 2999
    small = request_body(
        make_call(effort="high", sampling=Sampling(max_tokens=500, temperature=1.4)), make_card()
    )
    assert "thinking" not in small
    assert small["temperature"] == 1.0
    forced = make_call(effort="high", format=AnswerFormat(SCHEMA))
    assert "thinking" not in request_body(forced, make_card())
    assert request_body(make_call(), make_card(max_output=64))["max_tokens"] == 64


@pytest.mark.parametrize(
    "asked",
    [
        {"sampling": Sampling(logprobs=True)},
        {"sampling": Sampling(logit_bias=(("5", 1.0),))},
        {"format": AnswerFormat('{"type":"array"}')},
    ],
)
def test_what_the_dialect_cannot_is_refused(asked):
    """A wish that would be missed is an error."""
    with pytest.raises(Unsupported):
        request_body(make_call(**asked), make_card())


def test_thoughts_keep_their_seal():
    """Thinking, its signature, and redacted thoughts come out so that they can go back in."""
    found, _ = answer(
        DIALECT.start(),
        *DIALECT.block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "hm"},
            {"type": "signature_delta", "signature": "seal"},
        ),
        *DIALECT.block(1, {"type": "redacted_thinking", "data": "xyz"}),
        *DIALECT.block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "ja"}),
        *DIALECT.end(),
    )
    assert found[:2] == [Delta("", "hm"), Delta(signature="seal")]
    again = Message("assistant", (Reasoning("", found[2].signature), Text("ja")))
    body = request_body(make_call(messages=(again,)), make_card())
    assert body["messages"][0]["content"][0] == {"type": "redacted_thinking", "data": "xyz"}


def test_parallel_calls_and_one_without_arguments():
    """Blocks become numbered calls; an empty input is an empty object."""
    first = {"type": "tool_use", "id": "a", "name": "uhr", "input": {}}
    second = {"type": "tool_use", "id": "b", "name": "wetter", "input": {}}
    found, _ = answer(
        DIALECT.start(),
        *DIALECT.block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Moment"}),
        *DIALECT.block(1, first),
        *DIALECT.block(2, second, {"type": "input_json_delta", "partial_json": '{"x":1}'}),
        *DIALECT.end(9, "tool_use"),
        call=make_call(tools=(TOOL,)),
    )
    assert found[1:5] == [
        ToolCalled(0, "a", "uhr"),
        ToolCalled(0, "", "", "{}"),
        ToolCalled(1, "b", "wetter"),
        ToolCalled(1, "", "", '{"x":1}'),
    ]


def test_cached_tokens_are_counted_in():
    """The input is what was read plus what came from the cache; the stop sequence is told."""
    start = DIALECT.start(10)
    start["message"]["usage"] |= {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 5}
    end = DIALECT.end(3, "stop_sequence")
    end[0]["delta"]["stop_sequence"] = "FERTIG"
    found, _ = answer(start, *end)
    usage = found[-1].usage
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (115, 100, 3)
    assert (found[-1].reason, found[-1].stop_sequence) == ("stop", "FERTIG")


@pytest.mark.parametrize(
    ("kind", "message", "error"),
    [
        ("overloaded_error", "Overloaded", UpstreamBusy),
        ("invalid_request_error", "prompt is too long: 210000 tokens > 200000", ContextOverflow),
    ],
)
def test_errors_within_the_stream(kind, message, error):
    """An error event is told apart by its type and words."""
    with pytest.raises(error):
        answer(DIALECT.start(), {"type": "error", "error": {"type": kind, "message": message}})


def test_tokens_are_counted_by_the_endpoint():
    """Counting sends the content, and nothing of how to answer."""
    fake = FakeUpstream(Reply(frames=(b'{"input_tokens": 42}',)))

    async def work(outbound, url):
        return await AnthropicProvider("up", url, outbound).count_tokens(make_call(), make_card())

    assert run_with(fake, work) == 42
    assert fake.asked[0].path == "/v1/messages/count_tokens"
    assert set(fake.asked[0].json) == {"model", "messages"}
