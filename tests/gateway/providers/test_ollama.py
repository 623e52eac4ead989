# SPDX-License-Identifier: EUPL-1.2
"""Ollama's native dialect: what is asked, what is read, and that nothing is cut silently."""

import json

import pytest

from hausgeist.core.calls import AnswerFormat, Prompt, Sampling
from hausgeist.core.events import Delta
from hausgeist.core.messages import Image, Message, Reasoning, Text, ToolCall
from hausgeist.core.models import Capability
from hausgeist.errors import ContextOverflow, Unsupported
from hausgeist.gateway.providers.ollama import OllamaProvider
from hausgeist.gateway.providers.ollama_request import request_body
from hausgeist.testing.providers import TOOL, make_call, make_card, run_with
from hausgeist.testing.upstreams import FakeUpstream, OllamaDialect, Reply

DIALECT = OllamaDialect()


def answer(*lines, call=None, card=None):
    """The events of an answer, and what the server was asked."""
    fake = FakeUpstream(Reply(frames=lines, kind=DIALECT.kind))

    async def work(outbound, url):
        stream = OllamaProvider("up", url, outbound).stream(
            call or make_call(), card or make_card()
        )
        return [event async for burst in stream for event in burst]

    return run_with(fake, work), fake.asked[0]


def test_nothing_may_be_cut():
    """Every request forbids cutting and shifting, and names the window where one is known."""
    _, asked = answer(DIALECT.end((1, 1)), call=make_call(context=2048))
    assert asked.path == "/api/chat"
    assert asked.json["truncate"] is False
    assert asked.json["shift"] is False
    assert asked.json["options"]["num_ctx"] == 2048
    assert "num_ctx" not in request_body(make_call(), make_card())["options"]
    body = request_body(make_call(context=9000), make_card(context=4096))
    assert body["options"]["num_ctx"] == 4096  # never more than the card allows


def test_an_input_that_filled_the_window_is_an_error():
    """A server that cut in spite of everything is found out by its count."""
    with pytest.raises(ContextOverflow):
        answer(DIALECT.end((4096, 5)), card=make_card(context=4096))
    found, _ = answer(DIALECT.end((4095, 1), "length"), card=make_card(context=4096))
    assert found[-1].reason == "length"


def test_messages_in_the_native_shape():
    """Pictures are bare base64, arguments objects, thoughts a field, results name their tool."""
    said = (
        Message("user", (Text("Was?"), Image("data:image/png;base64,QUJD"))),
        Message("assistant", (Reasoning("hm"), ToolCall("c1", "wetter", '{"ort":"Kiel"}'))),
        Message("tool", (Text("4 Grad"),), tool_call_id="c1"),
    )
    _, asked = answer(DIALECT.end((1, 1)), call=make_call(messages=said, tools=(TOOL,)))
    user, assistant, tool = asked.json["messages"]
    assert user["images"] == ["QUJD"]
    assert assistant["thinking"] == "hm"
    assert assistant["tool_calls"][0]["function"]["arguments"] == {"ort": "Kiel"}
    assert (tool["tool_name"], tool["tool_call_id"]) == ("wetter", "c1")
    assert asked.json["tools"][0]["function"]["parameters"]["type"] == "object"


def test_schema_effort_and_options():
    """A schema goes into ``format``, effort into ``think``, sampling into ``options``."""
    call = make_call(
        format=AnswerFormat('{"type":"object"}'),
        effort="none",
        sampling=Sampling(max_tokens=5, seed=1, stop=("x",), logprobs=True, top_logprobs=2),
        keep_alive=-1.0,
    )
    _, asked = answer(
        DIALECT.end((1, 1)), call=call, card=make_card(capabilities=frozenset(Capability))
    )
    body = asked.json
    assert body["format"] == {"type": "object"}
    assert body["think"] is False
    assert body["options"] == {"num_predict": 5, "seed": 1, "stop": ["x"]}
    assert (body["logprobs"], body["top_logprobs"], body["keep_alive"]) == (True, 2, -1)
    assert "think" not in request_body(call, make_card())  # it would refuse


@pytest.mark.parametrize(
    "asked",
    [
        {"tools": (TOOL,), "tool_choice": "required"},
        {"sampling": Sampling(logit_bias=(("5", 1.0),))},
        {"messages": (Message("user", (Image("https://a.example/x.png"),)),)},
    ],
)
def test_what_ollama_would_ignore_is_refused(asked):
    """A wish that would be lost silently is an error."""
    with pytest.raises(Unsupported):
        request_body(make_call(**asked), make_card())


def test_a_bare_prompt_and_one_with_a_gap():
    """Prompts go to ``/api/generate``: bare ones raw, others with their suffix; echo comes first."""
    line = DIALECT.line(response="b")
    call = make_call(messages=(), prompt=Prompt("a", echo=True))
    found, asked = answer(line, DIALECT.end((1, 1)), call=call)
    assert asked.path == "/api/generate"
    assert asked.json["raw"] is True
    assert found[:2] == [Delta("a"), Delta("b")]
    body = request_body(make_call(messages=(), prompt=Prompt("a", suffix="c")), make_card())
    assert body["suffix"] == "c"
    assert "raw" not in body


def test_thoughts_logprobs_and_one_call_only():
    """Thinking is apart, probabilities come along, and a wish for one call is kept."""
    token = {"token": "ja", "logprob": -0.5, "top_logprobs": [{"token": "ne", "logprob": -1.0}]}
    call = {"function": {"name": "wetter", "arguments": {}}}
    found, _ = answer(
        DIALECT.line(message={"thinking": "hm"}),
        DIALECT.line(message={"content": "ja"}, logprobs=[token]),
        DIALECT.line(message={"tool_calls": [call, call]}),
        DIALECT.end((1, 1)),
        call=make_call(tools=(TOOL,), parallel_tool_calls=False),
    )
    assert found[0] == Delta("", "hm")
    assert found[1].logprobs[0].top[0].token == "ne"
    assert len(found) == 4
    assert found[2].id.startswith("call_")


def test_a_whole_answer_is_one_burst():
    """Without streaming, one object holds it all."""
    whole = DIALECT.line(
        message={"content": "ja"}, done=True, done_reason="stop", prompt_eval_count=3, eval_count=1
    )
    found, asked = answer(whole, call=make_call(stream=False))
    assert asked.json["stream"] is False
    assert found[0] == Delta("ja")
    assert found[-1].usage.input_tokens == 3


def test_models_are_described_without_those_from_elsewhere():
    """Capabilities and the file's own window are read; what runs on another machine is left out."""
    details = {"family": "llama", "parameter_size": "1B", "quantization_level": "Q4_0"}
    tags = {
        "models": [
            {"name": "a:latest", "size": 5, "digest": "d", "details": details},
            {"name": "b:cloud", "remote_host": "https://ollama.com"},
        ]
    }
    show = {
        "parameters": 'stop "x"\nnum_ctx    8192',
        "capabilities": ["completion", "tools", "somethingnew"],
        "model_info": {"general.architecture": "llama", "llama.context_length": 131072},
    }
    replies = [Reply(frames=(json.dumps(body).encode(),)) for body in (tags, show)]

    async def work(outbound, url):
        return await OllamaProvider("up", url, outbound).describe()

    (card,) = run_with(FakeUpstream(*replies), work)
    assert (card.id, card.context, card.family, card.zone) == ("a:latest", 8192, "llama", "world")
    assert card.can(Capability.TOOLS)
    assert not card.can(Capability.VISION)
    assert ("llama.context_length", 131072) in card.details


def test_embeddings():
    """Vectors and their cost; texts are never cut."""
    body = json.dumps({"embeddings": [[1.0], [2.0]], "prompt_eval_count": 4}).encode()
    fake = FakeUpstream(Reply(frames=(body,)))

    async def work(outbound, url):
        return await OllamaProvider("up", url, outbound).embed(["a", "b"], make_card())

    found = run_with(fake, work)
    assert (found.vectors, found.usage.input_tokens) == ([[1.0], [2.0]], 4)
    assert fake.asked[0].json["truncate"] is False
