# SPDX-License-Identifier: EUPL-1.2
"""The shipped double for everything that needs a model: it echoes."""

import asyncio
from contextlib import aclosing

import pytest

from hausgeist.core.calls import Call, Sampling
from hausgeist.core.events import Delta, Finished, ToolCalled
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import ToolCall, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.errors import Upstream
from hausgeist.testing.echo import EchoProvider, echo_card


def call(text="Guten Tag, Welt", **more):
    """A call with one message."""
    who = Principal(id="u1", name="Ada", role=Role.MEMBER)
    return Call(
        id="c1",
        principal=who,
        purpose=Purpose.API,
        model="echo",
        messages=(text_message("user", text),),
        **more,
    )


def events(echo, asked):
    """All events of an answer."""

    async def run():
        return [event async for burst in echo.stream(asked, echo_card()) for event in burst]

    return asyncio.run(run())


def test_echo_answers_word_by_word_and_counts():
    """The user's words come back as one delta each, then the usage."""
    *deltas, end = events(EchoProvider(), call())
    assert [delta.text for delta in deltas] == ["Guten", " Tag,", " Welt"]
    assert isinstance(end, Finished)
    assert (end.reason, end.usage.input_tokens, end.usage.output_tokens) == ("stop", 3, 3)


def test_echo_stops_at_the_limit():
    """``max_tokens`` cuts the answer and says so."""
    *deltas, end = events(EchoProvider(), call(sampling=Sampling(max_tokens=1)))
    assert [delta.text for delta in deltas] == ["Guten"]
    assert end.reason == "length"


def test_echo_asks_for_its_tool():
    """With a tool set, it is asked for once."""
    found = events(EchoProvider(tool=ToolCall("t1", "wetter", '{"ort":"Kiel"}')), call())
    assert found[0] == ToolCalled(0, "t1", "wetter", '{"ort":"Kiel"}')
    assert found[-1].reason == "tool_calls"


def test_echo_fails_where_it_is_told():
    """The error comes before the chosen word."""
    echo = EchoProvider(failing=Upstream(provider="echo", reason="broken"), fail_after=1)
    seen = []

    async def run():
        async for burst in echo.stream(call(), echo_card()):
            seen.extend(burst)

    with pytest.raises(Upstream):
        asyncio.run(run())
    assert seen == [Delta("Guten")]


def test_echo_notices_that_it_was_closed():
    """Leaving the stream early closes it."""
    echo = EchoProvider(hold=asyncio.Event())

    async def run():
        async with aclosing(echo.stream(call(), echo_card())) as stream:
            async for _ in stream:
                break

    asyncio.run(run())
    assert (echo.open, echo.cancelled) == (0, 1)
