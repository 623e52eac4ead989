# SPDX-License-Identifier: EUPL-1.2
"""JSON schemas of callers: bounded before anything compiles them, and held against the answer after."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hausgeist.core.calls import AnswerFormat, Call
from hausgeist.core.events import Delta, Finished
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Tool, Usage, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.errors import AnswerNotValid, InvalidField
from hausgeist.gateway.schemas import read_schema
from hausgeist.gateway.shape import Shape

WHO = Principal(id="p1", name="Ada", role=Role.MEMBER)
STOP = Finished("stop", Usage())


def call(*, schema: object = None, tools: tuple[Tool, ...] = (), **more: object) -> Call:
    text = None if schema is None else json.dumps(schema)
    return Call(
        id="c1",
        principal=WHO,
        purpose=Purpose.API,
        model="m",
        messages=(text_message("user", "x"),),
        tools=tools,
        format=AnswerFormat(text) if more.get("format", True) else None,
    )


def chain(links: int, keyword: str) -> dict[str, object]:
    """A schema that doubles at every link once its references are followed."""
    schema: dict[str, object] = {f"a{links}": {"type": "string"}}
    for link in range(links):
        reference = {"$ref": f"#/$defs/a{link + 1}"}
        schema[f"a{link}"] = {keyword: [reference, reference]}
    return {"$ref": "#/$defs/a0", "$defs": schema}


def nested(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"anyOf": [{"type": "null"}, {"allOf": [{"$ref": "#"}]}]},
        {"properties": {"const": {"not": {"$ref": "#/properties/const"}}}},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "other.json#/a"},
        {"$ref": "#/$defs/missing"},
        {"$dynamicRef": "#node"},
        {"properties": {"a": {"$id": "urn:x", "$ref": "#/$defs/a"}}},
        chain(40, "anyOf"),
        chain(40, "allOf"),
        nested(200),
        {"enum": ["x" * 200_000]},
        [],
        "text",
        7,
    ],
)
def test_a_schema_that_could_hang_a_reader_is_refused(schema):
    """Circles, doubling chains, foreign references, depth and size are errors that name the field."""
    with pytest.raises(InvalidField) as caught:
        read_schema(json.dumps(schema), "tools[0].parameters")
    assert caught.value.param == "tools[0].parameters"


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"type": "object", "properties": {"children": {"items": {"$ref": "#"}}}},
        {"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"},
        {"type": "object", "properties": {"$ref": {"type": "string"}, "not": {"type": "null"}}},
        {"enum": [{"$ref": "http://example.org"}]},
        nested(25),
    ],
)
def test_recursion_into_the_value_is_welcome(schema):
    """Trees, lists of themselves, and properties with odd names are schemas like others."""
    assert read_schema(json.dumps(schema), "f") == schema


@given(st.text(max_size=60))
def test_any_text_is_a_schema_or_an_error_of_ours(text):
    """No text crashes the reader."""
    with suppress(InvalidField):
        read_schema(text, "f")


references = st.sampled_from(["#", "#/$defs/a", "#/$defs/b", "#/properties/a", "#/a/b", "x", ""])
keywords = st.sampled_from(["properties", "items", "anyOf", "not", "$defs", "a", "b", "allOf"])
schemas = st.recursive(
    st.builds(lambda found: {"$ref": found}, references) | st.just({"type": "object"}),
    lambda inner: st.dictionaries(keywords, inner | st.lists(inner, max_size=3), max_size=3),
    max_leaves=12,
)


@given(schemas, st.recursive(st.none(), lambda i: st.dictionaries(st.sampled_from("ab"), i)))
def test_whatever_the_reader_accepts_can_be_compiled_and_asked(schema, value):
    """An accepted schema gives a verdict on an answer, or is refused as no schema."""
    with suppress(InvalidField, AnswerNotValid):
        shape = Shape(call(schema=schema))
        shape.pass_on([Delta(json.dumps(value)), STOP])


def test_a_tools_schema_is_checked_before_anything_is_opened():
    """A circle in a tool's parameters names the tool."""
    good, bad = Tool("a", "", "{}"), Tool("b", "", '{"$ref":"#"}')
    with pytest.raises(InvalidField) as caught:
        Shape(call(tools=(good, bad)))
    assert caught.value.param == "tools[1].parameters"


PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def test_a_fitting_answer_passes_through_unchanged():
    """Bursts of an answer that fits come out as they went in."""
    shape = Shape(call(schema=PERSON))
    bursts = [[Delta('{"name":"Ada",')], [Delta('"age":36}'), STOP]]
    assert [shape.pass_on(burst) for burst in bursts] == bursts


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"name":"Ada"}', "required"),
        ('{"name":"Ada","age":-1}', "'age'"),
        ('{"name":"Ada","age":36', "not JSON"),
        ("Certainly! Here you are.", "not JSON"),
        ('```json\n{"name":"Ada","age":36}\n```', "Markdown"),
        ("", "not JSON"),
    ],
)
def test_an_answer_of_another_shape_is_an_error_that_says_where(answer, words):
    """The error names the place or the keyword, not the content."""
    shape = Shape(call(schema=PERSON))
    shape.pass_on([Delta(answer)])
    with pytest.raises(AnswerNotValid, match=words) as caught:
        shape.pass_on([STOP])
    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize("reason", ["length", "tool_calls", "content_filter"])
def test_an_answer_that_was_cut_off_is_not_judged(reason):
    """The reason to end says already that there is no complete answer."""
    burst = [Delta('{"name":'), Finished(reason, Usage())]
    assert Shape(call(schema=PERSON)).pass_on(burst) == burst


def test_any_json_means_an_object():
    """``json_object`` takes any object and nothing else."""
    Shape(call()).pass_on([Delta('{"a":[1]}'), STOP])
    with pytest.raises(AnswerNotValid):
        Shape(call()).pass_on([Delta("[1]"), STOP])


def test_a_pattern_cannot_run_away():
    """A pattern that backtracks for ever in other engines is answered at once."""
    schema = {"type": "object", "properties": {"a": {"pattern": "^(?=a)(a|a)*$"}}}
    shape = Shape(call(schema=schema))
    with pytest.raises(AnswerNotValid):
        shape.pass_on([Delta(json.dumps({"a": "a" * 3000 + "b"})), STOP])


def test_an_answer_that_would_take_minutes_to_check_is_refused():
    """Thousands of subschemas for each of fifty thousand values: nobody waits for that."""
    schema = {"type": "array", "items": chain(8, "anyOf")["$defs"]["a0"]} | {
        "$defs": chain(8, "anyOf")["$defs"]
    }
    shape = Shape(call(schema=schema))
    shape.pass_on([Delta(json.dumps([1] * 50_000))])
    with pytest.raises(AnswerNotValid, match="too large"):
        shape.pass_on([STOP])


def test_what_breaks_json_schema_is_refused_before_the_call():
    """A format that is no JSON schema is the caller's mistake."""
    with pytest.raises(InvalidField) as caught:
        Shape(call(schema={"type": "objekt"}))
    assert caught.value.param == "response_format"


def test_without_a_format_nothing_is_kept():
    """A call without a format leaves bursts alone."""
    burst = [Delta("no JSON at all"), STOP]
    assert Shape(call(format=False)).pass_on(burst) is burst
