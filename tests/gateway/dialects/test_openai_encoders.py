# SPDX-License-Identifier: EUPL-1.2
"""Answers in OpenAI's shapes: what a client puts together from a stream is what the whole body says."""

import json
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist.core.events import (
    Burst,
    Delta,
    Event,
    Failed,
    Finished,
    Started,
    TokenLogprob,
    ToolCalled,
)
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.people import Principal, Role
from hausgeist.errors import BudgetExhausted, ModelCrashed, UnknownModel
from hausgeist.gateway import Embeddings
from hausgeist.gateway.dialects import (
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_error,
    openai_responses,
    openai_responses_request,
    openai_responses_stream,
)

WHO = Principal(id="p1", name="Ada", role=Role.MEMBER)
STARTED = Started("c1", "m", Zone.HOUSE, DataClass.INTERNAL)
USAGE = Usage(input_tokens=7, output_tokens=5, cached_tokens=2, reasoning_tokens=1)
TOKEN = TokenLogprob("Hi", -0.5, (72, 105), (TokenLogprob("Ho", -1.5),))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
deltas = st.builds(Delta, text=texts, reasoning=texts)
reasons = st.sampled_from(["stop", "length", "content_filter"])


@st.composite
def answers(draw) -> list[Event]:
    """A complete answer: thoughts and words in any order, then perhaps tool calls in fragments."""
    events: list[Event] = [STARTED, *draw(st.lists(deltas, max_size=6))]
    calls = draw(st.integers(0, 3))
    events += [ToolCalled(index, f"call_{index}", f"f{index}") for index in range(calls)]
    fragments = draw(st.lists(st.tuples(st.integers(0, 2), texts), max_size=6))
    events += [ToolCalled(i, "", "", text) for i, text in fragments if i < calls]
    events.append(Finished("tool_calls" if calls else draw(reasons), USAGE))
    return events


def bursts(events: list[Event], size: int) -> Iterable[Burst]:
    return (events[at : at + size] for at in range(0, len(events), size))


def sent(frames: Callable[[Burst], bytes], events: list[Event], size: int = 3) -> list[str]:
    """The frames of a stream, as a client splits them."""
    data = b"".join(frames(burst) for burst in bursts(events, size)).decode()
    assert data.endswith("\n\n")
    return data.removesuffix("\n\n").split("\n\n")


def chat_frames(events: list[Event], *, include_usage: bool = False) -> list[str]:
    encoder = openai_chat.StreamEncoder("c1", "m", 5, include_usage=include_usage)
    return [frame.removeprefix("data: ") for frame in sent(encoder.frames, events)]


def wishes(**fields: object) -> openai_responses_request.Wishes:
    body = json.dumps({"model": "m", "input": "x"} | fields).encode()
    return openai_responses_request.decode(body, call_id="resp_1", principal=WHO)[1]


def response_events(events: list[Event], **fields: object) -> list[dict]:
    frame = openai_responses.Frame("resp_1", "m", 5, wishes(**fields))
    encoder = openai_responses_stream.StreamEncoder(frame, lambda: 9)
    found = []
    for text in sent(encoder.frames, events):
        name, data = text.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


@given(answers())
def test_a_chat_stream_adds_up_to_the_whole_answer(events):
    """Text, reasoning, tool calls and the reason to end are the same by both ways."""
    whole = json.loads(openai_chat.whole(events, "c1", "m", 5))
    *frames, done = chat_frames(events)
    chunks = [json.loads(frame) for frame in frames]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    calls: dict[int, dict[str, str]] = {}
    for delta in deltas:
        for part in delta.get("tool_calls", ()):
            call = calls.setdefault(part["index"], {"id": "", "name": "", "arguments": ""})
            call["id"] += part.get("id", "")
            call["name"] += part["function"].get("name", "")
            call["arguments"] += part["function"]["arguments"]
    message = whole["choices"][0]["message"]
    assert done == "[DONE]"
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[-1] == {}
    assert "".join(delta.get("content", "") for delta in deltas) == (message["content"] or "")
    assert "".join(d.get("reasoning_content", "") for d in deltas) == message.get(
        "reasoning_content", ""
    )
    assert [(call["id"], call["name"], call["arguments"] or "{}") for call in calls.values()] == [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls", ())
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]] == [
        None
    ] * (len(chunks) - 1) + [whole["choices"][0]["finish_reason"]]
    assert {(chunk["id"], chunk["created"], chunk["object"]) for chunk in chunks} == {
        ("c1", 5, "chat.completion.chunk")
    }


def test_a_seal_alone_makes_no_chat_frame():
    """A provider's seal on its reasoning has no place in this dialect."""
    events = [STARTED, Delta(signature="seal"), Delta("Hi"), Finished("stop", USAGE)]
    assert len(chat_frames(events)) == 4


def test_a_chat_streams_usage_comes_last_and_only_when_asked_for():
    """With ``include_usage`` every chunk has the key, and the last has no choice and the numbers."""
    events = [STARTED, Delta("Hi"), Finished("stop", USAGE)]
    *chunks, last = [json.loads(frame) for frame in chat_frames(events, include_usage=True)[:-1]]
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert all("usage" not in json.loads(frame) for frame in chat_frames(events)[:-1])


def test_a_chat_stream_that_breaks_ends_with_an_error_and_without_done():
    """The last frame is the error, with all four keys."""
    error = ModelCrashed(model="m")
    frames = chat_frames([STARTED, Delta("Hi"), Failed(error)])
    assert json.loads(frames[-1]) == json.loads(openai_error.error_body(error))
    assert set(json.loads(frames[-1])["error"]) == {"message", "type", "param", "code"}


def test_log_probabilities_reach_both_shapes():
    """Chat gives objects per token, plain completions parallel lists with offsets."""
    events = [STARTED, Delta("Hi", logprobs=(TOKEN,)), Finished("stop", USAGE)]
    chunk = json.loads(chat_frames(events)[1])
    assert chunk["choices"][0]["logprobs"]["content"] == [
        {
            "token": "Hi",
            "logprob": -0.5,
            "bytes": [72, 105],
            "top_logprobs": [{"token": "Ho", "logprob": -1.5, "bytes": None}],
        }
    ]
    none = openai_completions.Wishes(include_usage=False, echo="")
    two = [STARTED, *events[1:2] * 2, events[2]]
    whole = json.loads(openai_completions.whole(two, "c1", "m", 5, none))
    assert whole["choices"][0]["logprobs"] == {
        "tokens": ["Hi", "Hi"],
        "token_logprobs": [-0.5, -0.5],
        "top_logprobs": [{"Ho": -1.5}, {"Ho": -1.5}],
        "text_offset": [0, 2],
    }


@given(st.lists(st.builds(Delta, text=texts), max_size=6), texts)
def test_a_completion_stream_adds_up_to_the_whole_answer(said, echo):
    """Text, echo and the reason to end are the same by both ways."""
    events = [STARTED, *said, Finished("length", USAGE)]
    asked = openai_completions.Wishes(include_usage=True, echo=echo)
    encoder = openai_completions.StreamEncoder("c1", "m", 5, asked)
    whole = json.loads(openai_completions.whole(events, "c1", "m", 5, asked))
    *frames, usage, done = [f.removeprefix("data: ") for f in sent(encoder.frames, events)]
    chunks = [json.loads(frame) for frame in frames]
    assert done == "[DONE]"
    assert json.loads(usage)["usage"] == whole["usage"]
    assert "".join(c["choices"][0]["text"] for c in chunks) == whole["choices"][0]["text"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}


@given(answers())
def test_a_response_stream_tells_every_item_from_beginning_to_end(events):
    """Numbers rise by one; each item is added, grows, and is done as the last event repeats it."""
    found = response_events(events)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    names = [event["type"] for event in found]
    assert names[:2] == ["response.created", "response.in_progress"]
    assert names[-1] in {"response.completed", "response.incomplete"}
    final = found[-1]["response"]
    done = {e["output_index"]: e["item"] for e in found if e["type"].endswith("item.done")}
    added = [e["output_index"] for e in found if e["type"].endswith("item.added")]
    assert added == list(range(len(added)))
    assert [done[place] for place in sorted(done)] == final["output"]
    assert len(done) == len(added)
    for place, item in enumerate(final["output"]):
        grown = "".join(
            e["delta"] for e in found if e["type"].endswith(".delta") and e["output_index"] == place
        )
        repeated = {
            "message": lambda it: it["content"][0]["text"],
            "reasoning": lambda it: "".join(part["text"] for part in it["summary"]),
            "function_call": lambda it: it["arguments"],
        }[item["type"]](item)
        assert grown == repeated or (grown, repeated) == ("", "{}")
        assert all(
            e["item_id"] == item["id"]
            for e in found
            if e.get("output_index") == place and "item_id" in e
        )


@given(answers())
def test_a_response_says_the_same_streamed_and_whole(events):
    """The text, thoughts and calls of both ways agree, and so do state and usage."""
    frame = openai_responses.Frame("resp_1", "m", 5, wishes())
    whole = json.loads(openai_responses.whole(events, frame, 9))
    streamed = response_events(events)[-1]["response"]

    def told(response: dict) -> dict[str, object]:
        said = [i["content"][0]["text"] for i in response["output"] if i["type"] == "message"]
        thought = [
            "".join(part["text"] for part in i["summary"])
            for i in response["output"]
            if i["type"] == "reasoning"
        ]
        calls = [
            (i["call_id"], i["name"], i["arguments"])
            for i in response["output"]
            if i["type"] == "function_call"
        ]
        return {"said": "".join(said), "thought": "".join(thought), "calls": calls}

    assert told(streamed) == told(whole)
    assert {k: v for k, v in streamed.items() if k != "output"} == {
        k: v for k, v in whole.items() if k != "output"
    }


def test_a_plain_response_has_the_order_that_clients_wait_for():
    """Words only: the minimum order, with exactly one item and one part."""
    names = [
        e["type"]
        for e in response_events([STARTED, Delta("a"), Delta("b"), Finished("stop", USAGE)])
    ]
    assert names == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("stop", "completed", None),
    ],
)
def test_a_response_says_why_it_is_incomplete(reason, status, why):
    """A cut answer is not completed, and the reason stands where clients look."""
    final = response_events([STARTED, Delta("a"), Finished(reason, USAGE)])[-1]
    assert final["type"] == f"response.{status}"
    assert (final["response"]["incomplete_details"] or {}).get("reason") == why


def test_a_response_that_breaks_ends_failed():
    """The last event is ``response.failed`` with a code and words."""
    final = response_events([STARTED, Delta("a"), Failed(ModelCrashed(model="m"), USAGE)])[-1]
    assert final["type"] == "response.failed"
    assert final["response"]["status"] == "failed"
    assert final["response"]["error"]["code"] == "model_crashed"
    assert final["response"]["usage"]["total_tokens"] == 12


def test_a_response_repeats_its_request_and_never_claims_to_be_stored():
    """Format, tools and settings come back; state that is not kept is null or false."""
    schema = {"type": "object"}
    final = response_events(
        [STARTED, Finished("stop", USAGE)],
        store=True,
        tools=[{"type": "function", "name": "f", "parameters": schema}],
        text={"format": {"type": "json_schema", "name": "n", "schema": schema}},
        metadata={"a": "b"},
    )[-1]["response"]
    assert final["store"] is False
    assert final["previous_response_id"] is None
    assert final["tools"][0]["parameters"] == schema
    assert final["text"]["format"]["schema"] == schema
    assert final["metadata"] == {"a": "b"}


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (UnknownModel(model="x", param="model"), "not_found_error", "model_not_found"),
        (BudgetExhausted(budget="b"), "insufficient_quota", "insufficient_quota"),
        (ModelCrashed(model="m"), "server_error", "model_crashed"),
        (ValueError("secret"), "server_error", "internal_error"),
    ],
)
def test_errors_have_four_keys_and_tell_no_secrets(error, kind, code):
    """Type and code are OpenAI's; an unexpected error says nothing of itself."""
    body = json.loads(openai_error.error_body(error))["error"]
    assert (body["type"], body["code"]) == (kind, code)
    assert set(body) == {"message", "type", "param", "code"}
    assert "secret" not in body["message"]


def test_base64_vectors_are_little_endian_floats():
    """The bytes of 1.0 and -2.0, as OpenAI's clients unpack them."""
    asked = openai_embeddings.Wishes(["x"], base64=True, dimensions=2)
    body = json.loads(openai_embeddings.whole(Embeddings([[1.0, -2.0]], USAGE), "m", asked))
    assert body["data"][0]["embedding"] == "AACAPwAAAMA="
    assert body["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
