# SPDX-License-Identifier: EUPL-1.2
"""Anthropic's requests, decoded."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Image, Reasoning, Text, ToolCall
from hausgeist.core.people import Principal, Role
from hausgeist.errors import HausgeistError, InvalidField, InvalidJSON, Unsupported
from hausgeist.gateway.dialects import anthropic_request

WHO = Principal(id="u1", name="Ada", role=Role.MEMBER)
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def read(**fields):
    """A call from a request with these fields."""
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hallo"}]}
    return anthropic_request.decode(
        json.dumps(body | fields).encode(),
        call_id="msg_1",
        principal=WHO,
        declared=DataClass.PERSONAL,
    )


def said(*blocks, role="user"):
    """The messages that one message of these blocks becomes."""
    return read(messages=[{"role": role, "content": list(blocks)}]).messages


def test_plain_request():
    """A minimal request becomes a whole call with its limit and declared class."""
    call = read()
    assert call.messages[0].text == "Hallo"
    assert (call.sampling.max_tokens, call.stream, call.declared) == (9, False, DataClass.PERSONAL)


def test_coding_client():
    """What a coding client sends is understood: cached system blocks, many tools, thinking, betas."""
    tools = [
        {
            "name": f"Tool{number}",
            "description": "Reads a file",
            "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"path": {"type": "string"}},
                "required": ["path"],
                "additionalProperties": False,
            },
            "cache_control": {"type": "ephemeral"},
            "eager_input_streaming": True,
        }
        for number in range(40)
    ]
    call = read(
        system=[
            {"type": "text", "text": "You are careful.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Speak German.", "cache_control": {"type": "ephemeral"}},
        ],
        tools=tools,
        thinking={"type": "enabled", "budget_tokens": 31999},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        metadata={"user_id": "user_1_account__session_2"},
        stream=True,
        temperature=1,
        betas=["interleaved-thinking-2025-05-14"],
    )
    assert call.messages[0].role == "system"
    assert call.messages[0].text == "You are careful.\n\nSpeak German."
    assert len(call.tools) == 40
    assert json.loads(call.tools[7].parameters) == tools[7]["input_schema"]
    assert (call.effort, call.stream) == ("high", True)


def test_results_become_messages_of_their_own():
    """Tool results stand before the words that follow them, each naming the call it answers."""
    messages = said(
        {"type": "tool_result", "tool_use_id": "a", "content": "12 °C"},
        {
            "type": "tool_result",
            "tool_use_id": "b",
            "is_error": True,
            "content": [{"type": "text", "text": "no such town"}],
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "text", "text": "And now?"},
    )
    assert [(m.role, m.text, m.tool_call_id, m.is_error) for m in messages] == [
        ("tool", "12 °C", "a", False),
        ("tool", "no such town", "b", True),
        ("user", "And now?", None, False),
    ]


def test_assistant_turn_keeps_thinking_and_tools():
    """Thinking keeps its seal, a tool's input stays the object it was, redacted thinking is passed over."""
    (message,) = said(
        {"type": "thinking", "thinking": "Hm.", "signature": "seal"},
        {"type": "redacted_thinking", "data": "AAAA"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t1", "name": "look", "input": {"n": 12345678901234567890}},
        role="assistant",
    )
    assert message.parts == (
        Reasoning("Hm.", "seal"),
        Text("I look."),
        ToolCall("t1", "look", '{"n": 12345678901234567890}'),
    )


def test_pictures_and_documents():
    """Pictures become addresses, text documents words; what is no text is refused by name."""
    (message,) = said(
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
        {
            "type": "document",
            "title": "Satzung",
            "source": {"type": "text", "media_type": "text/plain", "data": "§ 1"},
        },
    )
    assert message.images == (
        Image(f"data:image/png;base64,{PIXEL}"),
        Image("https://example.org/a.png"),
    )
    assert message.text == "Satzung\n\n§ 1"
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    with pytest.raises(Unsupported) as caught:
        said({"type": "document", "source": pdf})
    assert caught.value.param == "messages[0].content[0]"


@pytest.mark.parametrize(
    ("wire", "ours"),
    [
        ({"type": "auto"}, ("auto", None, None)),
        ({"type": "any", "disable_parallel_tool_use": True}, ("required", None, False)),
        ({"type": "tool", "name": "look"}, ("required", "look", None)),
        ({"type": "none"}, ("none", None, None)),
    ],
)
def test_tool_choice(wire, ours):
    """Every choice of tools has its counterpart."""
    call = read(tool_choice=wire)
    assert (call.tool_choice, call.tool_name, call.parallel_tool_calls) == ours


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({}, None),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 8000}}, "medium"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "max"),
    ],
)
def test_effort(fields, effort):
    """A budget for thinking, or an effort, becomes ours."""
    assert read(**fields).effort == effort


def test_structured_output():
    """A schema for the answer is passed on."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    call = read(output_config={"format": {"type": "json_schema", "schema": schema}})
    assert json.loads(call.format.schema) == schema


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -5}, "max_tokens"),
        ({"max_tokens": 10**30}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": ""}]}, "messages[0].role"),
        ({"tools": [{"name": "x"}]}, "tools[0]"),
        ({"tools": [{"name": "w", "type": "web_search_20250305"}]}, "tools[0]"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice"),
        ({"mcp_servers": [{"type": "url", "url": "https://x"}]}, "mcp_servers"),
    ],
)
def test_refusals_name_the_field(fields, param):
    """What cannot be done is refused, with the field that asks for it."""
    with pytest.raises((InvalidField, Unsupported)) as caught:
        read(**fields)
    assert caught.value.param == param


def test_missing_limit_is_refused():
    """``max_tokens`` is required, except for a count."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}]}).encode()
    with pytest.raises(InvalidField):
        anthropic_request.decode(body, call_id="1", principal=WHO)
    assert anthropic_request.decode_count(body, call_id="1", principal=WHO).model == "m"


def test_hidden_bytes_are_refused():
    """Bytes that are no UTF-8 are refused even where the decoder only skips over them."""
    body = (
        b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],'
        b'"tools":[{"name":"t","input_schema":{"x":"\xff"}}]}'
    )
    with pytest.raises(InvalidJSON):
        anthropic_request.decode(body, call_id="1", principal=WHO)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
BLOCK = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "text",
                "image",
                "document",
                "thinking",
                "redacted_thinking",
                "tool_use",
                "tool_result",
            ]
        )
    },
    optional={
        "text": st.text(max_size=9),
        "source": st.fixed_dictionaries(
            {"type": st.sampled_from(["base64", "url", "text", "content", "file"])},
            optional={"data": JSON, "url": JSON, "media_type": JSON, "content": JSON},
        ),
        "thinking": st.text(max_size=9),
        "id": st.text(max_size=5),
        "name": st.text(max_size=5),
        "input": JSON,
        "tool_use_id": st.text(max_size=5),
        "content": JSON,
    },
)
REQUEST = st.fixed_dictionaries(
    {
        "model": st.text(max_size=5),
        "max_tokens": st.integers(),
        "messages": st.lists(
            st.fixed_dictionaries(
                {
                    "role": st.sampled_from(["user", "assistant", "system"]),
                    "content": st.text(max_size=9) | st.lists(BLOCK, max_size=4),
                }
            ),
            max_size=3,
        ),
    },
    optional={
        "system": JSON,
        "tools": st.lists(JSON, max_size=2),
        "tool_choice": JSON,
        "thinking": JSON,
        "output_config": JSON,
        "stop_sequences": JSON,
        "temperature": JSON,
    },
)


@given(st.binary(max_size=200) | (JSON | REQUEST).map(lambda found: json.dumps(found).encode()))
@settings(max_examples=300, deadline=None)
def test_decoders_never_break(body):
    """Whatever comes in, the decoders give a call or one of our errors."""
    for decode in (anthropic_request.decode, anthropic_request.decode_count):
        try:
            call = decode(body, call_id="1", principal=WHO)
        except HausgeistError:
            continue
        assert call.messages
