# SPDX-License-Identifier: EUPL-1.2
"""Answers of the real starter model through the house's provider."""

import asyncio
import json
import math
import os
import signal
from contextlib import aclosing
from dataclasses import replace

import pytest
from engine_calls import call, messages

from hausgeist.core.calls import AnswerFormat
from hausgeist.core.events import Delta, Finished, ToolCalled
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Image, Message, Text, Tool, ToolCall, text_message
from hausgeist.errors import (
    ContextOverflow,
    InvalidField,
    ModelCrashed,
    UnknownModel,
    Unsupported,
    UpstreamRefused,
)

pytestmark = pytest.mark.engine

A_JOBS_CHAT = None
"""In place of a purpose."""
WEATHER = Tool(
    "weather",
    "The weather in a city",
    '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}',
)
CLOCK = Tool("clock", "The time", '{"type":"object","properties":{}}')


async def _drain(stream):
    async for _ in stream:
        pass


def words(events):
    return "".join(event.text for event in events if isinstance(event, Delta))


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_streams_and_ends_with_the_engines_count(bench, stream):
    """The starter model answers, streamed and whole, and says what it used."""

    async def flow():
        async with bench() as here:
            return await here.answer(call(stream=stream))

    events = asyncio.run(flow())
    assert words(events)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "length"
    assert events[-1].usage.output_tokens == 8
    assert events[-1].usage.input_tokens > 8
    assert not events[-1].usage.estimated


def test_tokens_are_counted_as_the_engine_counts(bench):
    """Counting without answering gives the number that answering reports."""

    async def flow():
        async with bench() as here:
            wanted = call(messages=messages("Wie spät ist es?", "Und <|im_start|> morgen?"))
            counted = await here.provider.count_tokens(wanted, here.cards["smol"])
            prompt = await here.provider.count_tokens(call(prompt="one two"), here.cards["smol"])
            return counted, prompt, (await here.answer(wanted))[-1]

    counted, prompt, end = asyncio.run(flow())
    assert counted == end.usage.input_tokens
    assert prompt == 2


def test_stopping_early_frees_the_slot(bench):
    """A reader who leaves gives the engine's slots back: later calls are answered."""

    async def flow():
        async with bench() as here:
            long = call(sampling={"max_tokens": 900})
            for _ in range(4):  # twice the slots
                async with aclosing(here.provider.stream(long, here.cards["smol"])) as bursts:
                    async for _burst in bursts:
                        break
            (status,) = here.supervisor.status()
            return status.taken, await here.answer(call())

    taken, events = asyncio.run(flow())
    assert taken == 0
    assert words(events)


def test_a_persons_call_is_answered_before_a_jobs_that_was_there_first(bench, spec):
    """Its purpose decides who is next where places are taken; a job's token is a job's, whatever it says."""

    async def flow():
        async with bench() as here:
            order, tasks = [], []

            async def ask(purpose):
                made = call(purpose=purpose or Purpose.CHAT)
                if not purpose:
                    made = replace(made, principal=replace(made.principal, job_id="j1"))
                await here.answer(made)
                order.append(purpose)

            async with here.supervisor.lease(spec):
                async with here.supervisor.lease(spec):
                    for purpose in (Purpose.SUGGEST, A_JOBS_CHAT, Purpose.API, Purpose.CHAT):
                        tasks.append(asyncio.create_task(ask(purpose)))
                        many = len(tasks)
                        await here.until(lambda n=many: here.supervisor.status()[0].waiting == n)
                await asyncio.gather(*tasks)  # one place is left for all of them
            return order

    assert asyncio.run(flow()) == [
        Purpose.API,
        Purpose.CHAT,
        Purpose.SUGGEST,
        A_JOBS_CHAT,
    ]


def test_an_answer_keeps_to_a_schema(bench):
    """Structured output is enforced by the engine, even with a model that knows no JSON."""
    schema = json.dumps(
        {
            "type": "object",
            "properties": {"colour": {"enum": ["red", "green"]}},
            "required": ["colour"],
            "additionalProperties": False,
        }
    )

    async def flow():
        async with bench() as here:
            wanted = call(format=AnswerFormat(schema), sampling={"max_tokens": 64})
            return await here.answer(wanted)

    events = asyncio.run(flow())
    assert json.loads(words(events))["colour"] in {"red", "green"}


@pytest.mark.parametrize(
    "schema", ['{"type":"banana"}', '{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}']
)
def test_an_impossible_schema_is_the_callers_mistake(bench, schema):
    """A schema the engine cannot use, cyclic ones included, is refused, and the engine lives on."""

    async def flow():
        async with bench() as here:
            with pytest.raises(UpstreamRefused) as caught:
                await here.answer(call(format=AnswerFormat(schema)))
            return caught.value.values["upstream_status"], await here.answer(call())

    status, events = asyncio.run(flow())
    assert status == 400
    assert words(events)


def test_a_forced_tool_is_called(bench):
    """With a template that knows tools, and examples to follow, the tool that was asked for is called."""
    history = []
    for city in ("Berlin", "Hamburg", "Kassel"):
        asked = ToolCall("call_1", "weather", json.dumps({"city": city}))
        history += [
            text_message("user", f"Weather in {city}?"),
            Message("assistant", (asked,)),
            Message("tool", (Text("Rain."),), tool_call_id="call_1"),
        ]

    async def flow():
        async with bench() as here:
            wanted = call(
                messages=(*history, text_message("user", "Weather in Bonn?")),
                model="tools",
                tools=(CLOCK, WEATHER),
                tool_choice="required",
                tool_name="weather",
                sampling={"max_tokens": 200},
            )
            return await here.answer(wanted)

    events = asyncio.run(flow())
    called = [event for event in events if isinstance(event, ToolCalled)]
    assert called[0].name == "weather"
    assert "city" in json.loads("".join(event.arguments for event in called))
    assert events[-1].reason == "tool_calls"


def test_log_probabilities_come_with_their_alternatives(bench):
    """Chat and bare prompts give natural logarithms, bytes and as many alternatives as asked for."""

    async def flow():
        async with bench() as here:
            asked = {"logprobs": True, "top_logprobs": 3, "max_tokens": 2}
            chat = await here.answer(call(sampling=asked))
            bare = await here.answer(call(prompt="The sky is", sampling=asked))
            none = await here.answer(
                call(prompt="The sky is", sampling={"logprobs": True, "max_tokens": 2})
            )
            return chat, bare, none

    for events in asyncio.run(flow()):
        tokens = [token for e in events if isinstance(e, Delta) for token in e.logprobs]
        assert len(tokens) == 2
        assert all(token.logprob <= 0 and token.bytes for token in tokens)
        assert bytes(tokens[0].bytes).decode() == tokens[0].token


def test_alternatives_are_sorted(bench):
    """The alternatives of a token are as many as asked for, the likeliest first."""

    async def flow():
        async with bench() as here:
            return await here.answer(call(sampling={"logprobs": True, "top_logprobs": 3}))

    events = asyncio.run(flow())
    token = next(e for e in events if isinstance(e, Delta) and e.logprobs).logprobs[0]
    assert len(token.top) == 3
    assert list(token.top) == sorted(token.top, key=lambda top: -top.logprob)


def test_a_seed_repeats_an_answer(bench):
    """Sampling parameters reach the engine: the same seed, the same words; another one, others."""

    async def flow():
        async with bench() as here:
            said = []
            for seed in (7, 7, 8):
                chosen = {"seed": seed, "temperature": 1.5, "top_k": 50, "max_tokens": 24}
                chosen |= {"min_p": 0.01, "repeat_penalty": 1.1, "top_p": 0.99}
                said.append(words(await here.answer(call(sampling=chosen))))
            return said

    first, second, third = asyncio.run(flow())
    assert first == second != third


def test_a_prompt_is_repeated_on_request(bench):
    """``echo`` puts the prompt before its continuation."""

    async def flow():
        async with bench() as here:
            return await here.answer(call(prompt="Once upon", echo=True))

    said = words(asyncio.run(flow()))
    assert said.startswith("Once upon")
    assert len(said) > len("Once upon")


def test_a_prompt_that_is_too_long_is_refused_with_numbers(bench):
    """Nothing is cut: the refusal says what was needed and what there is."""

    async def flow():
        async with bench() as here:
            wanted = call("hallo " * 2000)
            needed = await here.provider.count_tokens(wanted, here.cards["smol"])
            with pytest.raises(ContextOverflow) as caught:
                await here.answer(wanted)
            return needed, caught.value.values

    needed, values = asyncio.run(flow())
    assert (values["needed"], values["context"]) == (needed, 1024)


def test_an_answer_ends_where_the_window_ends(bench):
    """An answer without a limit fills the window and says so; the window never shifts."""

    async def flow():
        async with bench() as here:
            wanted = call(
                "hallo " * 480, sampling={"max_tokens": None, "logit_bias": (("2", -100.0),)}
            )
            return await here.answer(wanted)

    end = asyncio.run(flow())[-1]
    assert end.reason == "length"
    assert 1000 < end.usage.total <= 1025


def test_an_image_from_elsewhere_is_refused(bench):
    """An engine never fetches: images come as data, or not at all."""

    async def flow():
        async with bench() as here:
            message = Message("user", (Text("Was ist das?"), Image("https://example.org/a.png")))
            with pytest.raises(InvalidField) as caught:
                await here.answer(call(messages=(message,)))
            assert here.names() == []
            return caught.value.param

    assert asyncio.run(flow()) == "messages"


def test_what_the_engine_would_ignore_is_refused(bench):
    """A suffix needs a dialect of its own."""

    async def flow():
        async with bench() as here:
            wanted = call(prompt="def f(")
            object.__setattr__(wanted.prompt, "suffix", "return 1")
            with pytest.raises(Unsupported):
                await here.answer(wanted)

    asyncio.run(flow())


def test_killing_the_engine_mid_answer_is_told_to_that_caller_only(bench):
    """SIGKILL in the middle of an answer: a clear error there, a neighbour untouched, then a restart."""

    async def flow():
        async with bench() as here:
            neighbour = asyncio.create_task(
                here.answer(call(model="other", sampling={"max_tokens": 400}))
            )
            stream = here.provider.stream(call(sampling={"max_tokens": 900}), here.cards["smol"])
            await anext(stream)
            first = here.pid()
            os.kill(first, signal.SIGKILL)
            with pytest.raises(ModelCrashed) as caught:
                await _drain(stream)
            again = await here.answer(call())
            return caught.value, first, here.pid(), words(again), (await neighbour)[-1]

    error, first, second, said, neighbour = asyncio.run(flow())
    assert error.values["model"] == "smol"
    assert error.retry_after
    assert first != second
    assert said
    assert isinstance(neighbour, Finished)


def test_an_empty_call_only_loads_and_unloads(bench):
    """A call without messages and prompt loads its model; with ``keep_alive`` 0 it unloads it."""

    async def flow():
        async with bench() as here:
            loaded = await here.answer(call(messages=()))
            names = here.names()
            gone = await here.answer(call(messages=(), keep_alive=0))
            await here.until(lambda: not here.names())
            return loaded, names, gone

    loaded, names, gone = asyncio.run(flow())
    assert [event.reason for event in loaded + gone] == ["load", "unload"]
    assert names == ["smol"]


def test_the_encoder_understands_german(bench):
    """Sentences that mean the same are nearer than others; vectors have length one, tokens are counted."""
    texts = [
        "Wie beantrage ich einen Personalausweis?",
        "Ich möchte einen neuen Ausweis haben.",
        "Das Schwimmbad ist heute geschlossen.",
        "How do I apply for an identity card?",
        "",
    ]

    async def flow():
        async with bench() as here:
            return await here.provider.embed(texts * 20, here.cards["hausgeist-embed"])

    found = asyncio.run(flow())
    first, same, other, english, _ = found.vectors[:5]

    def near(a, b):
        return math.fsum(x * y for x, y in zip(a, b, strict=True))

    assert len(found.vectors) == 100
    assert {len(vector) for vector in found.vectors} == {512}
    assert near(first, first) == pytest.approx(1.0, abs=1e-4)
    assert near(first, same) > near(first, other) + 0.3
    assert near(first, english) > near(first, other) + 0.3
    assert found.usage.input_tokens > 500
    assert found.vectors[95] == pytest.approx(first, abs=1e-5)


def test_a_text_that_is_too_long_for_the_encoder_is_refused(bench):
    """The encoder refuses long texts with numbers, never cuts them, and lives on."""

    async def flow():
        async with bench() as here:
            card = here.cards["hausgeist-embed"]
            found = []
            for text in ("Amt " * 6000, "a" * 200_000):
                with pytest.raises(ContextOverflow) as caught:
                    await here.provider.embed([text], card)
                found.append(caught.value.values)
            return found, await here.provider.embed(["Amt"], card)

    found, result = asyncio.run(flow())
    assert all(values["context"] == 4096 < values["needed"] for values in found)
    assert len(result.vectors) == 1


def test_a_model_that_is_not_on_the_shelf_is_unknown(bench, shelf):
    """A card that the shelf no longer backs is answered with the one error for missing models."""

    async def flow():
        async with bench() as here:
            here.provider._offers.pop("smol")
            with pytest.raises(UnknownModel):
                await here.answer(call())

    asyncio.run(flow())
