# SPDX-License-Identifier: EUPL-1.2
"""Ollama's requests, decoded."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.calls import AnswerFormat, Call, Prompt
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal, Role
from hausgeist.errors import HausgeistError, InvalidField, Unsupported
from hausgeist.gateway.dialects import ollama_models, ollama_request
from hausgeist.gateway.dialects.keeping import keep_alive_seconds
from hausgeist.gateway.dialects.ollama_request import Keep

WHO = Principal(id="u1", name="Ada", role=Role.MEMBER)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
JPEG = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP8="
WEBP = "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA="


def chat(**fields):
    """A call from a chat request with these fields."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hallo"}]} | fields
    return ollama_request.decode_chat(
        json.dumps(body).encode(), call_id="1", principal=WHO, declared=DataClass.PERSONAL
    )


def generate(**fields):
    """A call from a generate request with these fields."""
    body = {"model": "m", "prompt": "Hallo"} | fields
    return ollama_request.decode_generate(json.dumps(body).encode(), call_id="1", principal=WHO)


def test_streaming_is_the_default():
    """A request that says nothing streams."""
    assert chat().stream
    assert generate().stream
    assert not chat(stream=False).stream
    assert chat().declared is DataClass.PERSONAL


def test_options():
    """Options keep their meaning; whole numbers may come as floats, unknown ones are ignored."""
    call = chat(
        options={
            "num_ctx": 8192.0,
            "num_predict": 64,
            "seed": 7,
            "temperature": 0,
            "top_k": 40,
            "top_p": 0.9,
            "min_p": 0.05,
            "repeat_penalty": 1.1,
            "presence_penalty": 0.5,
            "frequency_penalty": 0.25,
            "stop": ["STOP"],
            "num_gpu": 99,
            "mirostat": None,
        }
    )
    chosen = call.sampling
    assert call.context == 8192
    assert (chosen.max_tokens, chosen.seed, chosen.top_k) == (64, 7, 40)
    assert (chosen.temperature, chosen.top_p, chosen.min_p) == (0, 0.9, 0.05)
    assert (chosen.repeat_penalty, chosen.presence_penalty) == (1.1, 0.5)
    assert (chosen.frequency_penalty, chosen.stop) == (0.25, ("STOP",))


@pytest.mark.parametrize("number", [-1, -2])
def test_no_limit(number):
    """A negative ``num_predict`` sets no limit."""
    assert chat(options={"num_predict": number}).sampling.max_tokens is None


@pytest.mark.parametrize(
    ("wire", "seconds"),
    [
        (None, None),
        (0, 0),
        (300, 300),
        (-1, -1),
        (2.5, 2.5),
        ("0", 0),
        ("10m", 600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("-1s", -1),
        ("-24h", -1),
    ],
)
def test_keep_alive(wire, seconds):
    """Seconds and Go's durations are understood; anything negative means for ever."""
    assert keep_alive_seconds(wire) == seconds


@pytest.mark.parametrize("wire", ["", "h", "10", "1 h", "forever", "--1s", "1d", "9" * 5000 + "s"])
def test_keep_alive_refused(wire):
    """What is no duration is refused; a bare number in a text is taken as seconds."""
    if wire == "10":
        assert keep_alive_seconds(wire) == 10
        return
    with pytest.raises(InvalidField):
        keep_alive_seconds(wire)


@pytest.mark.parametrize(
    ("keep_alive", "unload"), [(None, False), ("10m", False), (-1, False), (0, True), ("0s", True)]
)
def test_without_words_only_loads(keep_alive, unload):
    """Empty messages or an empty prompt ask to load, or with a zero to unload."""
    for found in (
        chat(messages=[], keep_alive=keep_alive),
        generate(prompt="", keep_alive=keep_alive),
    ):
        assert isinstance(found, Keep)
        assert (found.model, found.unload) == ("m", unload)


def test_roles_in_any_case():
    """Roles are understood in any case; others are refused by their place."""
    call = chat(messages=[{"role": "System", "content": "a"}, {"role": "USER", "content": "b"}])
    assert [message.role for message in call.messages] == ["system", "user"]
    with pytest.raises(InvalidField) as caught:
        chat(messages=[{"role": "robot", "content": "a"}])
    assert caught.value.param == "messages[0].role"


@pytest.mark.parametrize(
    ("data", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")]
)
def test_pictures(data, kind):
    """A bare picture gets the type that its first bytes show."""
    call = chat(messages=[{"role": "user", "content": "What?", "images": [data]}])
    assert call.messages[0].images[0].url == f"data:{kind};base64,{data}"
    assert generate(images=[data]).messages[0].images[0].url.startswith(f"data:{kind}")


@pytest.mark.parametrize("data", ["", "äöü", "SGFsbG8=", "https://example.org/a.png", "A"])
def test_no_pictures(data):
    """What is no picture in base64 is refused."""
    with pytest.raises(InvalidField):
        chat(messages=[{"role": "user", "images": [data]}])


def test_tools_and_results_find_each_other():
    """Calls without ids get some, and results find theirs by name, else by order."""
    call = chat(
        messages=[
            {"role": "user", "content": "Wetter?"},
            {
                "role": "assistant",
                "content": "",
                "thinking": "Hm.",
                "tool_calls": [
                    {"function": {"index": 0, "name": "look", "arguments": {"a": 1}}},
                    {"function": {"name": "see", "arguments": '{"b": 2}'}},
                    {"id": "x9", "function": {"name": "hear", "arguments": {}}},
                ],
            },
            {"role": "tool", "tool_name": "see", "content": "two"},
            {"role": "tool", "content": "one"},
            {"role": "tool", "tool_call_id": "x9", "content": "three"},
        ],
        tools=[
            {
                "type": "function",
                "function": {"name": "look", "description": "d", "parameters": {"type": "object"}},
            }
        ],
    )
    asked = call.messages[1].tool_calls
    assert [json.loads(each.arguments) for each in asked] == [{"a": 1}, {"b": 2}, {}]
    answers = [message.tool_call_id for message in call.messages[2:]]
    assert answers == [asked[1].id, asked[0].id, "x9"]
    assert json.loads(call.tools[0].parameters) == {"type": "object"}


def test_generate_is_a_turn():
    """A prompt is a turn with its system text; raw, or with a suffix, it is a bare prompt."""
    call = generate(system="Kurz.")
    assert [(m.role, m.text) for m in call.messages] == [("system", "Kurz."), ("user", "Hallo")]
    assert generate(raw=True).prompt == Prompt("Hallo")
    assert generate(suffix="}").prompt == Prompt("Hallo", "}")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"template": "{{ .Prompt }}"}, "template"),
        ({"context": [1, 2]}, "context"),
        ({"raw": True, "images": [PNG]}, "images"),
        ({"suffix": "x", "system": "y"}, "system"),
        ({"options": {"num_ctx": 0}}, "options"),
        ({"options": {"num_ctx": 1.5}}, "options.num_ctx"),
        ({"options": {"top_k": "many"}}, "options.top_k"),
        ({"format": "yaml"}, "format"),
        ({"format": 5}, "format"),
        ({"think": "hard"}, "think"),
    ],
)
def test_refusals_name_the_field(fields, param):
    """What cannot be done is refused, with the field that asks for it."""
    with pytest.raises((InvalidField, Unsupported)) as caught:
        generate(**fields)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("think", "effort"),
    [(None, None), (True, "medium"), (False, "none"), ("HIGH", "high"), ("max", "max")],
)
def test_think(think, effort):
    """Thinking is switched or graded."""
    assert chat(think=think).effort == effort


def test_format():
    """``json`` is any JSON, a schema is that schema, an empty text is nothing."""
    assert chat(format="json").format == AnswerFormat(field="format")
    assert json.loads(chat(format={"type": "object"}).format.schema) == {"type": "object"}
    assert chat(format="").format is None
    assert chat(format=None).format is None


def test_embedding():
    """One text or several; an empty one is nothing to embed."""
    body = {"model": "m", "input": ["a", "b"], "truncate": True, "keep_alive": "5m"}
    call, texts, dimensions = ollama_request.decode_embed(
        json.dumps(body).encode(), call_id="1", principal=WHO
    )
    assert (texts, call.keep_alive) == (["a", "b"], 300)
    call, texts, dimensions = ollama_request.decode_embed(
        b'{"model":"m","input":""}', call_id="1", principal=WHO
    )
    assert (texts, dimensions) == ([], None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "Assistant", "tool", "SYSTEM", "x"])},
    optional={
        "content": st.text(max_size=9),
        "images": st.lists(st.sampled_from([PNG, "AA", "R0lGODlh", "\x00"]), max_size=2),
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {
                    "function": st.fixed_dictionaries(
                        {"name": st.text(max_size=3), "arguments": JSON}
                    )
                }
            ),
            max_size=2,
        ),
        "tool_name": st.text(max_size=3),
    },
)
REQUEST = st.fixed_dictionaries(
    {"model": st.text(max_size=5)},
    optional={
        "messages": st.lists(MESSAGE, max_size=4),
        "prompt": st.text(max_size=9),
        "input": JSON,
        "options": st.dictionaries(
            st.sampled_from(["num_ctx", "num_predict", "seed", "stop", "top_k", "temperature"]),
            JSON,
        ),
        "keep_alive": st.text(alphabet="0123456789.hms-+ nµu", max_size=12) | st.floats(),
        "format": JSON,
        "think": JSON,
        "tools": st.lists(JSON, max_size=2),
        "raw": st.booleans(),
        "suffix": st.text(max_size=3),
        "images": JSON,
    },
)


@given(st.binary(max_size=200) | (JSON | REQUEST).map(lambda found: json.dumps(found).encode()))
@settings(max_examples=300, deadline=None)
def test_decoders_never_break(body):
    """Whatever comes in, the decoders give something of ours or one of our errors."""
    for decode in (
        ollama_request.decode_chat,
        ollama_request.decode_generate,
        ollama_request.decode_embed,
        ollama_request.decode_embeddings,
    ):
        try:
            found = decode(body, call_id="1", principal=WHO)
        except HausgeistError:
            continue
        assert isinstance(found, Call | Keep | tuple)
    try:
        name, _ = ollama_models.named(body)
    except HausgeistError:
        return
    assert name
