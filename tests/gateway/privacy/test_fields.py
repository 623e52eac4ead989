# SPDX-License-Identifier: EUPL-1.2
"""The one traversal of a call reaches every text that leaves with it."""

import dataclasses
import json
import types
import typing

import pytest

from hausgeist.core.calls import AnswerFormat, Call, Correction, Prompt, Sampling
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Image, Message, Reasoning, Text, Tool, ToolCall
from hausgeist.core.people import Principal, Role
from hausgeist.gateway.privacy.fields import Place, seen_in, texts_of, with_texts

WHO = Principal(id="anna", name="Anna", role=Role.MEMBER)

EXCEPTED = {
    "Call.id": "ours, made up for the call",
    "Call.principal": "who asks is not sent",
    "Call.model": "the provider's own name of it is sent",
    "Call.assistant": "an id of ours that is not sent",
    "Call.conversation": "an id of ours that is not sent",
    "Call.corrections": "what a person said of pseudonyms is not sent",
    "Absence.provider": "of a drill: it is not sent",
    "Image.url": "what goes along with pictures is never pseudonymised: the border refuses it",
    "Image.detail": "as the picture",
    "ToolCall.id": "made by a machine, and must match; what no machine writes is read",
    "Message.tool_call_id": "as the call's",
    "Reasoning.signature": "a seal of the provider's own; what may be words is read",
    "AnswerFormat.field": "for our errors, not sent",
    "extra.name": "names of parameters on a provider's allow-list",
}
"""Texts that are left alone, each with the reason."""


def a_call():
    """A call with a text in every place, each saying where it stands."""
    return Call(
        id="c",
        principal=WHO,
        purpose=Purpose.API,
        model="m",
        prompt=Prompt("Prompt.text", "Prompt.suffix"),
        messages=(
            Message("user", (Text("Text.text"),), name="Message.name"),
            Message(
                "assistant",
                (
                    Reasoning("Reasoning.text", "c2VhbGVk" * 8),
                    ToolCall("id", "ToolCall.name", json.dumps({"k": "ToolCall.arguments"})),
                ),
            ),
        ),
        tools=(Tool("Tool.name", "Tool.description", json.dumps({"d": ["Tool.parameters"]})),),
        tool_choice="required",
        tool_name="Call.tool_name",
        format=AnswerFormat(json.dumps({"title": "AnswerFormat.schema"}), "AnswerFormat.name"),
        sampling=Sampling(stop=("Sampling.stop",), logit_bias=(("Sampling.logit_bias", 1.0),)),
        corrections=(Correction("Call.corrections", hide=True),),
        extra=(("user", "Call.extra"),),
    )


def texts_in(kind, seen=None):
    """``Class.field`` of every field that can hold text, of a dataclass and of those it leads to."""
    seen = set() if seen is None else seen
    if kind in seen:
        return
    seen.add(kind)
    for name, hint in typing.get_type_hints(kind).items():
        where = f"{kind.__name__}.{name}"
        if where in EXCEPTED:
            yield where
            continue
        for one in _leaves(hint):
            if one is str:
                yield where
            elif dataclasses.is_dataclass(one):
                yield from texts_in(one, seen)


def _leaves(hint):
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return
    if origin in {typing.Union, types.UnionType, tuple}:
        for one in typing.get_args(hint):
            yield from _leaves(one)
    else:
        yield hint


def test_every_text_of_a_call_is_read_or_left_alone_with_a_reason():
    """Whoever gives a call a new field of text must say what becomes of it."""
    read = " ".join(texts_of(a_call()))
    found = set(texts_in(Call))
    assert {"Text.text", "Prompt.suffix", "Sampling.stop"} <= found  # the walk works
    assert sorted(one for one in found - set(EXCEPTED) if one not in read) == []
    assert set(EXCEPTED) <= found | {"extra.name"}  # none is left over


def test_every_text_that_is_read_is_changed():
    """Reading and changing are one traversal: no text that is read leaves as it was."""
    changed = with_texts(a_call(), lambda one: json.dumps({"x": "y"}) if one.laid else "y")
    assert set(texts_of(changed)) == {"y", "x: y\n"}


def test_a_call_without_a_change_is_the_same():
    """Putting back what was read changes nothing."""
    call = a_call()
    assert with_texts(call, lambda one: one.raw) == call


def test_names_are_told_apart_from_prose():
    """Providers take only letters and digits in names of tools."""
    places = {one.raw: one.place for one in seen_in(a_call())}
    for name in ("Message.name", "ToolCall.name", "Tool.name", "AnswerFormat.name"):
        assert places[name] is Place.NAME


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (
            r'{"nachname": "M\u00fcller", "konto": 532013000}',
            "nachname: Müller\nkonto: 532013000\n",
        ),
        (r'[{"a":"x\ny"},["z"]]', "a: x\ny\nz\n"),
        ("{kein JSON}", "{kein JSON}"),
        ('"nur ein Text"', '"nur ein Text"'),
        ("[" * 2000 + "]" * 2000, None),
    ],
)
def test_json_is_read_as_lines(raw, read):
    """An anchor word in a key is seen, escapes are decoded; what is no JSON is read as it stands."""
    call = Call(
        id="c",
        principal=WHO,
        purpose=Purpose.API,
        model="m",
        messages=(Message("tool", (Text(raw),)),),
    )
    (text,) = texts_of(call)
    assert text == (raw if read is None else read)
    assert with_texts(call, lambda one: one.raw) == call


def test_pictures_are_left_alone():
    """A picture is no text."""
    call = Call(
        id="c",
        principal=WHO,
        purpose=Purpose.API,
        model="m",
        messages=(Message("user", (Image("data:image/png;base64,AAAA"),)),),
    )
    assert list(texts_of(call)) == []
