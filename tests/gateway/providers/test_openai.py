# SPDX-License-Identifier: EUPL-1.2
"""OpenAI-compatible servers and how they differ."""

import base64
import json
import struct

import pytest

from hausgeist.core.calls import Sampling
from hausgeist.core.events import Delta, ToolCalled
from hausgeist.core.messages import Image, Message, Text, ToolCall
from hausgeist.errors import Unsupported, Upstream
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.gateway.providers.openai_request import fitted, fitted_id
from hausgeist.gateway.providers.quirks import Quirks
from hausgeist.gateway.providers.refusal import retry_after
from hausgeist.testing.providers import make_call, make_card, run_with
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect, Reply, sse

DIALECT = OpenAIDialect()


def answer(*frames, call=None, quirks=None):
    """The events of a stream of frames, and what the server was asked."""
    data = (*sse(frames, named=False), b"data: [DONE]\n\n")
    fake = FakeUpstream(Reply(frames=data, kind=DIALECT.kind))

    async def work(outbound, url):
        provider = OpenAIProvider("up", url + "/v1", outbound, key="k", quirks=quirks or Quirks())
        return [
            event
            async for burst in provider.stream(call or make_call(), make_card())
            for event in burst
        ]

    return run_with(fake, work), fake.asked[0]


def tool_calls(*fragments):
    """The tool calls made of fragments of the wire: id, name, arguments."""
    frames = [DIALECT.chunk({"tool_calls": [fragment]}) for fragment in fragments]
    found, _ = answer(*frames, DIALECT.chunk({}, "tool_calls"))
    calls = {}
    for event in found:
        if isinstance(event, ToolCalled):
            if event.index not in calls:
                calls[event.index] = [event.id, event.name, ""]
            calls[event.index][2] += event.arguments
    assert sorted(calls) == list(range(len(calls)))
    return [tuple(calls[index]) for index in sorted(calls)]


def fragment(arguments, name=None, **more):
    """A fragment of a tool call on the wire."""
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {"function": function, **more}


def test_the_request_carries_key_model_and_stream():
    """What leaves the house is the upstream's name for the model, under the provider's key."""
    _, asked = answer(DIALECT.chunk({"content": "x"}, "stop"))
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer k"
    assert asked.json["model"] == "m"
    assert asked.json["stream_options"] == {"include_usage": True}


def test_only_permitted_parameters_leave():
    """With an allow-list, nothing else is sent; foreign parameters need to be on it."""
    call = make_call(
        sampling=Sampling(temperature=0.5, top_k=5), extra=(("safe_prompt", True), ("tier", "x"))
    )
    body = fitted(call, make_card(), Quirks(params=frozenset({"temperature", "safe_prompt"})))
    assert set(body) == {"model", "messages", "stream", "temperature", "safe_prompt"}
    assert "safe_prompt" not in fitted(call, make_card(), Quirks())


def test_fields_are_renamed_dropped_fixed_and_given():
    """The quirks of a server are applied to the body."""
    quirks = Quirks(
        renamed={"max_tokens": "max_completion_tokens"},
        dropped=frozenset({"stream_options"}),
        fixed={"cache_prompt": True},
        max_tokens=4096,
        efforts={"max": "high"},
    )
    body = fitted(make_call(effort="max"), make_card(), quirks)
    assert body["max_completion_tokens"] == 4096
    assert body["cache_prompt"] is True
    assert body["reasoning_effort"] == "high"
    assert not {"max_tokens", "stream_options"} & set(body)
    limited = fitted(make_call(sampling=Sampling(max_tokens=5)), make_card(), quirks)
    assert limited["max_completion_tokens"] == 5


def test_string_content_only():
    """Lists of parts become text; a picture is refused rather than lost."""
    quirks = Quirks(string_content=True)
    asks = Message("assistant", (ToolCall("a", "t", "{}"),))
    body = fitted(make_call(messages=(asks,)), make_card(), quirks)
    assert body["messages"][0]["content"] == ""
    picture = Message("user", (Text("Was ist das?"), Image("data:image/png;base64,AA==")))
    with pytest.raises(Unsupported):
        fitted(make_call(messages=(picture,)), make_card(), quirks)


def test_tool_call_ids_are_fitted_on_both_sides():
    """A call and its result keep the same id of nine letters; a fitting one is left as it is."""
    said = (
        Message("assistant", (ToolCall("call_abc-def", "t", "{}"),)),
        Message("tool", (Text("4"),), tool_call_id="call_abc-def"),
        Message("assistant", (ToolCall("a1B2c3D4e", "t", "{}"),)),
    )
    body = fitted(make_call(messages=said), make_card(), Quirks(call_id_length=9))
    first = body["messages"][0]["tool_calls"][0]["id"]
    assert len(first) == 9
    assert first.isalnum()
    assert body["messages"][1]["tool_call_id"] == first
    assert body["messages"][2]["tool_calls"][0]["id"] == "a1B2c3D4e"
    assert fitted_id("call_other", 9) != first


def test_parallel_calls_without_indexes():
    """Ids or names tell calls apart where indexes are missing, and repeated ids join them."""
    assert tool_calls(
        fragment("{", "a", id="1"), fragment("}"), fragment("[", "b", id="2"), fragment("]", id="2")
    ) == [("1", "a", "{}"), ("2", "b", "[]")]


def test_parallel_calls_that_all_say_index_nought():
    """A new id with a name is a new call, whatever the index says."""
    assert tool_calls(
        fragment("{}", "a", id="1", index=0), fragment("[]", "b", id="2", index=0)
    ) == [("1", "a", "{}"), ("2", "b", "[]")]


def test_interleaved_calls_and_ids_that_change():
    """With an index, fragments find their call even if each has an id of its own."""
    assert tool_calls(
        fragment("{", "a", id="1", index=0),
        fragment("[", "b", id="2", index=1),
        fragment("}", id="3", index=0),
        fragment("]", id="4", index=1),
    ) == [("1", "a", "{}"), ("2", "b", "[]")]


def test_a_call_without_an_id_gets_one():
    """The first fragment of a call always has an id, unlike any other."""
    (first, *_), (second, *_) = tool_calls(fragment("{}", "a"), fragment("{}", "b"))
    assert first
    assert second
    assert first != second


def test_empty_choices_and_usage_in_any_place():
    """Frames without choices mean nothing but their usage, which may stand in the last frame."""
    found, _ = answer(
        ("", {"choices": []}),
        DIALECT.chunk({"content": "x"}),
        DIALECT.chunk({}, "length"),
        (
            "",
            {
                "choices": [],
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 2,
                    "prompt_tokens_details": {"cached_tokens": 4},
                    "completion_tokens_details": {"reasoning_tokens": 1},
                },
            },
        ),
    )
    usage = found[-1].usage
    assert found[-1].reason == "length"
    assert (usage.input_tokens, usage.cached_tokens, usage.reasoning_tokens) == (9, 4, 1)


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"thinking": "hm"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
    ],
)
def test_thoughts_under_any_name(delta):
    """Reasoning is kept apart from the answer."""
    found, _ = answer(DIALECT.chunk(delta), DIALECT.chunk({"content": "ja"}, "stop"))
    assert found[:2] == [Delta("", "hm"), Delta("ja")]


@pytest.mark.parametrize("as_text", [True, False])
def test_embeddings_as_numbers_or_base64(as_text):
    """Vectors come in the order of the texts, in either notation."""
    vectors = [[0.5, -1.0], [0.25, 2.0]]
    data = [
        {
            "index": index,
            "embedding": base64.b64encode(struct.pack("<2f", *vectors[index])).decode()
            if as_text
            else vectors[index],
        }
        for index in (1, 0)
    ]
    body = json.dumps({"data": data, "usage": {"prompt_tokens": 4}}).encode()

    async def work(outbound, url):
        return await OpenAIProvider("up", url, outbound).embed(["a", "b"], make_card())

    found = run_with(FakeUpstream(Reply(frames=(body,))), work)
    assert found.vectors == vectors
    assert found.usage.input_tokens == 4
    with pytest.raises(Upstream):
        run_with(FakeUpstream(Reply(frames=(b'{"data":[]}',))), work)


def test_models_are_listed_in_the_narrowest_terms():
    """A listed model is red and has no price until somebody says otherwise."""

    async def work(outbound, url):
        return await OpenAIProvider("up", url, outbound).describe()

    (card,) = run_with(FakeUpstream(Reply(frames=(b'{"data":[{"id":"x"}]}',))), work)
    assert (card.id, card.zone, card.price) == ("x", "world", None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        ("0.2", 1),
        ("999999", 3600),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("inf", None),
    ],
)
def test_retry_after_in_seconds(value, seconds):
    """Whole seconds, an hour at most; nonsense is no number."""
    assert retry_after({"Retry-After": value}) == seconds


def test_retry_after_as_a_date():
    """A date far ahead is cut to an hour; one that is past means nothing."""
    assert retry_after({"Retry-After": "Fri, 31 Dec 2199 23:59:59 GMT"}) == 3600
    assert retry_after({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}) is None


def test_words_before_something_broken_are_told_first():
    """Whether both come with one read of the socket or with two: the words, then the error."""
    words, broken = sse([DIALECT.chunk({"content": "Hallo"})], named=False)[0], b"data: {broken\n\n"
    fake = FakeUpstream(Reply(frames=(words + broken,), kind=DIALECT.kind))

    async def work(outbound, url):
        provider = OpenAIProvider("up", url + "/v1", outbound)
        heard = []

        async def listen():
            async for burst in provider.stream(make_call(), make_card()):
                heard.extend(burst)

        with pytest.raises(Upstream):
            await listen()
        return heard

    assert [event.text for event in run_with(fake, work) if isinstance(event, Delta)] == ["Hallo"]
