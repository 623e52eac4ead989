# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's answers: the order of events, and whole bodies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist import errors
from hausgeist.core.events import Delta, Failed, Finished, Started, ToolCalled
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import Usage
from hausgeist.gateway.dialects.anthropic_answer import StreamEncoder, error_body, whole

START = Started("msg_1", "m", Zone.HOUSE, DataClass.INTERNAL)


def streamed(*bursts):
    """The events of a stream, parsed and checked for their frame."""
    encoder = StreamEncoder("msg_1", "m", "req_1", 7)
    data = b"".join(encoder.frames(list(burst)) for burst in bursts)
    assert data.endswith(b"\n\n")
    events = []
    for frame in data.decode().removesuffix("\n\n").split("\n\n"):
        kind, payload = frame.split("\n")
        parsed = json.loads(payload.removeprefix("data: "))
        assert kind == f"event: {parsed['type']}"
        events.append(parsed)
    return events


def check_order(events):
    """The state machine a client runs; gives the content blocks it ends up with.

    Starts once, then blocks one after the other with rising indexes, deltas only inside their own block and
    of its kind, then the reason, then the end.
    """
    assert [event["type"] for event in events[:2]] == ["message_start", "ping"]
    assert events[0]["message"]["content"] == []
    blocks, is_open, state = [], False, "blocks"
    for event in events[2:]:
        kind = event["type"]
        if kind == "content_block_start":
            assert (state, is_open) == ("blocks", False)
            assert event["index"] == len(blocks)
            block = event["content_block"]
            fresh = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}
            assert block.items() >= fresh.get(block["type"], {"input": {}}).items()
            blocks.append({**block, "json": ""} if block["type"] == "tool_use" else dict(block))
            is_open = True
        elif kind == "content_block_delta":
            assert is_open
            assert event["index"] == len(blocks) - 1
            _apply(blocks[-1], event["delta"])
        elif kind == "content_block_stop":
            assert is_open
            assert event["index"] == len(blocks) - 1
            is_open = False
        elif kind == "message_delta":
            assert (state, is_open) == ("blocks", False)
            state = "reason"
        else:
            assert (kind, state) == ("message_stop", "reason")
            state = "end"
    assert state == "end"
    return blocks


def _apply(block, delta):
    kinds = {
        "text": {"text_delta": "text"},
        "thinking": {"thinking_delta": "thinking", "signature_delta": "signature"},
        "tool_use": {"input_json_delta": "partial_json"},
    }
    field = kinds[block["type"]][delta["type"]]
    block["json" if field == "partial_json" else field] += delta[field]


def test_text_stream():
    """Words stream into one text block; usage comes estimated first and exact at the end."""
    events = streamed(
        [START],
        [Delta("Guten "), Delta("Tag\n\n„du“")],
        [Finished("stop", Usage(12, 3, cached_tokens=2))],
    )
    assert check_order(events) == [{"type": "text", "text": "Guten Tag\n\n„du“"}]
    assert events[0]["message"]["usage"]["input_tokens"] == 7
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2]["usage"] == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 2,
        "output_tokens": 3,
    }


def test_thinking_text_and_tools():
    """Thinking with its seal, text and two tools each have a block of their own, in order."""
    events = streamed(
        [START],
        [Delta(reasoning="Hm"), Delta(reasoning=".")],
        [Delta(signature="seal"), Delta("I look.")],
        [ToolCalled(0, "t0", "look", '{"a'), ToolCalled(0, arguments='":1}')],
        [ToolCalled(1, "t1", "see", "{}")],
        [Finished("tool_calls", Usage(1, 1))],
    )
    assert check_order(events) == [
        {"type": "thinking", "thinking": "Hm.", "signature": "seal"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t0", "name": "look", "input": {}, "json": '{"a":1}'},
        {"type": "tool_use", "id": "t1", "name": "see", "input": {}, "json": "{}"},
    ]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


def test_woven_tools():
    """Parallel calls whose fragments are woven into each other come out whole, one after the other."""
    events = streamed(
        [START],
        [ToolCalled(0, "t0", "a", '{"x":'), ToolCalled(1, "t1", "b", '{"y":')],
        [ToolCalled(0, arguments="1}"), ToolCalled(1, arguments="2}")],
        [Finished("tool_calls", Usage())],
    )
    assert [(b["id"], b["json"]) for b in check_order(events)] == [
        ("t0", '{"x":1}'),
        ("t1", '{"y":2}'),
    ]


@pytest.mark.parametrize(
    ("finished", "reason", "sequence"),
    [
        (Finished("length", Usage()), "max_tokens", None),
        (Finished("stop", Usage(), "STOP"), "stop_sequence", "STOP"),
        (Finished("content_filter", Usage()), "refusal", None),
        (Finished("stop", Usage()), "end_turn", None),
    ],
)
def test_stop_reasons(finished, reason, sequence):
    """Each end has Anthropic's word, in a stream and in a whole."""
    end = {"stop_reason": reason, "stop_sequence": sequence}
    assert streamed([START], [Delta("x"), finished])[-2]["delta"] == end
    assert json.loads(whole([START, Delta("x"), finished], "msg_1", "m")).items() >= end.items()


def test_error_ends_a_stream():
    """An error in the middle is an event of its own, and nothing follows."""
    events = streamed([START], [Delta("x")], [Failed(errors.ModelCrashed(model="m"))], [Delta("y")])
    assert events[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": str(errors.ModelCrashed(model="m"))},
        "request_id": "req_1",
    }
    assert [e["type"] for e in events].count("content_block_delta") == 1


def test_tool_that_goes_on_after_its_end_is_an_error():
    """A fragment for a block that is closed can be told nowhere: the stream says so."""
    events = streamed(
        [START],
        [ToolCalled(0, "t0", "a", "{}"), Delta("text"), ToolCalled(0, arguments="x")],
        [Finished("stop", Usage())],
    )
    assert events[-1]["type"] == "error"


def test_whole():
    """A whole answer holds the blocks, the tool's input as an object."""
    body = json.loads(
        whole(
            [
                START,
                Delta(reasoning="Hm."),
                Delta("I look."),
                ToolCalled(0, "", "look", '{"a": [1, "ü"]}'),
                Finished("tool_calls", Usage(5, 6)),
            ],
            "msg_1",
            "m",
        )
    )
    assert body["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": ""},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_1_0", "name": "look", "input": {"a": [1, "ü"]}},
    ]
    assert (body["stop_reason"], body["usage"]["output_tokens"]) == ("tool_use", 6)


def test_broken_arguments():
    """Arguments that are no object are an error, unless the limit cut them off: then they are left out."""
    broken = ToolCalled(0, "t", "look", '{"a": ')
    with pytest.raises(errors.Upstream):
        whole([START, broken, Finished("tool_calls", Usage())], "msg_1", "m")
    cut = json.loads(whole([START, broken, Finished("length", Usage())], "msg_1", "m"))
    assert (cut["content"], cut["stop_reason"]) == ([], "max_tokens")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.InvalidField(field="x", reason="y"), "invalid_request_error"),
        (errors.NotAuthenticated(), "authentication_error"),
        (errors.BorderRefused(["policy.not_cleared"]), "permission_error"),
        (errors.UnknownModel(model="x"), "not_found_error"),
        (errors.TooLarge(limit=5), "request_too_large"),
        (errors.BudgetExhausted(budget="b"), "rate_limit_error"),
        (errors.ModelLoading(model="m", seconds=5), "overloaded_error"),
        (errors.Upstream(provider="p", reason="r"), "api_error"),
        (errors.Internal(), "api_error"),
        (ValueError("secret"), "api_error"),
    ],
)
def test_error_kinds(error, kind):
    """Each of our errors has Anthropic's word; a foreign one tells nothing of itself."""
    body = json.loads(error_body(error, "req_1"))
    assert body["type"] == "error"
    assert body["error"]["type"] == kind
    assert body["request_id"] == "req_1"
    assert "secret" not in body["error"]["message"]


EVENT = st.one_of(
    st.builds(Delta, st.text(max_size=5), st.text(max_size=5), st.just(()), st.text(max_size=3)),
    st.builds(
        ToolCalled, st.integers(0, 2), st.just("id"), st.just("name"), st.text("{}1\n", max_size=3)
    ),
)


@given(st.lists(st.lists(EVENT, min_size=1, max_size=4), max_size=6))
def test_any_order_of_events_keeps_theirs(bursts):
    """However deltas and tools follow each other, a client's state machine holds, or an error ends it."""
    events = streamed([START], *bursts, [Finished("stop", Usage())])
    if events[-1]["type"] == "error":
        return
    blocks = check_order(events)
    said = [event for burst in bursts for event in burst]
    texts = "".join(event.text for event in said if isinstance(event, Delta))
    assert "".join(b["text"] for b in blocks if b["type"] == "text") == texts
    for index in range(3):
        parts = [e.arguments for e in said if isinstance(e, ToolCalled) and e.index == index]
        if parts:
            assert "".join(parts) in [b["json"] for b in blocks if b["type"] == "tool_use"]
