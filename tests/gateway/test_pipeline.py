# SPDX-License-Identifier: EUPL-1.2
"""River 1 from end to end, without HTTP: what a call yields, and what is booked and noted of it."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace

import pytest
from river import ANNA, ask, booked, gateway_over
from sqlalchemy import delete, insert, select, text, update

from hausgeist.core.calls import Call
from hausgeist.core.events import Delta, Failed, Finished, Started
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import Image, Message, Text, text_message
from hausgeist.core.models import Capability, Price
from hausgeist.errors import (
    BorderRefused,
    ContextOverflow,
    GuardRefused,
    UnknownModel,
    Unsupported,
    Upstream,
)
from hausgeist.gateway.guard import Action, Guards, Mark, Place
from hausgeist.store.booked import broken
from hausgeist.store.tables import audit_payloads, ledger, reservations
from hausgeist.testing.echo import EchoProvider, echo_card


class Word:
    """A guard that objects to one word."""

    def __init__(self, word, *, refuse):
        self.name = f"word.{word}"
        self.window = len(word)
        self.places = frozenset(Place)
        self._word, self._action = word, Action.REFUSE if refuse else Action.WITHHOLD

    def inspect(self, text, place):
        del place
        start = text.find(self._word)
        if start < 0:
            return []
        return [Mark(self.name, start, start + len(self._word), self._action)]


@pytest.fixture
def gateway(store):
    found = gateway_over(store)
    offer(found, echo_card(price=Price(1.0, 2.0, source="list")))
    return found


def offer(gateway, card, provider=None):
    gateway.directory.put(card.provider, provider or EchoProvider(name=card.provider), [card])


def call(text="eins zwei drei", model="echo", **more):
    values = {
        "id": "call-1",
        "principal": ANNA,
        "purpose": Purpose.API,
        "model": model,
        "messages": (text_message("user", text),),
    }
    return Call(**(values | more))


def noted(store):
    rows = store.read_now(lambda c: c.execute(select(audit_payloads.c.body)).scalars().all())
    return [json.loads(row) for row in rows]


def open_reservations(store):
    return store.read_now(lambda c: c.execute(select(reservations)).all())


def test_an_answer_starts_flows_and_finishes(gateway, store):
    """One Started, then deltas, then one Finished with the usage."""
    first, *deltas, last = ask(gateway, store, call())
    assert first == Started("call-1", "echo", Zone.HOUSE, DataClass.INTERNAL, "echo", "default-3")
    assert "".join(delta.text for delta in deltas) == "eins zwei drei"
    assert isinstance(last, Finished)
    assert last.usage.output_tokens == 3


def test_a_call_is_booked_once_with_its_group_and_cost(gateway, store):
    """The ledger has one row: group, class, zone, tokens and cost, and no person."""
    ask(gateway, store, call())
    (row,) = booked(store)
    assert (row["group_id"], row["data_class"], row["zone"]) == ("planning", "internal", "house")
    assert (row["input_tokens"], row["output_tokens"], row["micro_eur"]) == (3, 3, 9)
    assert row["outcome"] == "ok"
    assert "anna" not in str(dict(row))
    assert open_reservations(store) == []


def test_the_trail_proves_what_was_booked_and_tells_nothing_of_it(gateway, store):
    """The event has the hash of the ledger's rows: no person, no group, no words, no number of tokens."""
    ask(gateway, store, call("streng geheim"))
    (event,) = noted(store)
    assert (event["kind"], event["actor"], event["subject"]) == ("call.booked", "", "")
    assert set(event["facts"]) == {"count", "rows"}
    assert store.read_now(lambda c: list(broken(c))) == []


@pytest.mark.parametrize("change", ["tokens", "gone", "added"])
def test_a_ledger_that_was_changed_no_longer_fits_its_event(gateway, store, change):
    """A row that says something else, is gone, or was slipped in: found by the event of its group."""
    ask(gateway, store, call())

    def tamper(connection):
        if store.is_sqlite:
            connection.execute(text("DROP TRIGGER ledger_no_update"))
        else:
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        if change == "tokens":
            connection.execute(update(ledger).values(output_tokens=1))
        elif change == "gone":
            connection.execute(delete(ledger))
        else:
            row = dict(connection.execute(select(ledger)).mappings().one())
            connection.execute(insert(ledger).values(row | {"call_id": "slipped-in"}))

    store.write_now(tamper)
    assert len(store.read_now(lambda c: list(broken(c)))) == 1


def test_an_unknown_model_fails_as_an_event(gateway, store):
    """A refusal is an event, is noted, and books nothing."""
    (failed,) = ask(gateway, store, call(model="nobody"))
    assert isinstance(failed.error, UnknownModel)
    assert booked(store) == []
    assert noted(store)[0]["kind"] == "call.refused"


def test_a_model_outside_a_keys_scope_does_not_exist(gateway, store):
    """A key for other models gets the same answer as for an unknown model."""
    narrow = replace(ANNA, models=frozenset({"other"}))
    (failed,) = ask(gateway, store, call(principal=narrow))
    assert isinstance(failed.error, UnknownModel)


def test_special_data_does_not_leave_the_house(gateway, store):
    """Special data to a model in the EU is refused with the reason, and the provider is never asked."""
    provider = EchoProvider(name="eu")
    offer(
        gateway,
        echo_card("eu/m", provider="eu", zone=Zone.EU, cleared_for=DataClass.SPECIAL),
        provider,
    )
    (failed,) = ask(gateway, store, call(model="eu/m", declared=DataClass.SPECIAL))
    assert isinstance(failed.error, BorderRefused)
    assert failed.error.reasons == ("policy.class_not_for_zone",)
    assert provider.calls == []


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Wann ist das Rathaus offen?", True),
        ("Schreiben Sie an erika.mustermann@example.org.", False),
        ("Konto DE89 3704 0044 0532 0130 00 bitte.", False),
        ("Ticket AB12 3456 7890 1234 5678 bitte.", True),  # looks like an IBAN, check digits do not
        ("Anruf unter +49 30 901820 erbeten.", False),
    ],
)
def test_internal_text_leaves_only_if_the_detectors_find_nothing(gateway, store, text, leaves):
    """An internal text for the EU is examined; what looks personal raises the class and stays."""
    provider = EchoProvider(name="eu")
    offer(
        gateway,
        echo_card("eu/m", provider="eu", zone=Zone.EU, cleared_for=DataClass.PERSONAL),
        provider,
    )
    events = ask(gateway, store, call(text, model="eu/m"))
    assert bool(provider.calls) is leaves
    assert isinstance(events[-1], Finished if leaves else Failed)


def test_a_picture_cannot_be_examined_and_stays(gateway, store):
    """No detector sees into a picture, so an internal one does not leave."""
    provider = EchoProvider(name="eu")
    offer(
        gateway,
        echo_card("eu/m", provider="eu", zone=Zone.EU, cleared_for=DataClass.PERSONAL),
        provider,
    )
    message = Message("user", (Text("Was ist das?"), Image("data:image/png;base64,AAAA")))
    ask(gateway, store, call(model="eu/m", messages=(message,)))
    assert provider.calls == []


def test_the_second_route_answers_when_the_first_fails_before_a_byte(gateway, store):
    """Two providers offer one model; the first is down, the second answers and is booked."""
    down = EchoProvider(name="a", failing=Upstream(provider="a", reason="down"))
    offer(gateway, echo_card("m", provider="a"), down)
    offer(gateway, echo_card("m", provider="b"))
    events = ask(gateway, store, call(model="m"))
    assert isinstance(events[-1], Finished)
    assert booked(store)[0]["provider"] == "b"


def test_no_second_route_after_the_first_byte(gateway, store):
    """An upstream that breaks in the middle ends the answer; nobody else is asked."""
    broken = EchoProvider(name="a", failing=Upstream(provider="a", reason="gone"), fail_after=2)
    spare = EchoProvider(name="b")
    offer(gateway, echo_card("m", provider="a"), broken)
    offer(gateway, echo_card("m", provider="b"), spare)
    events = ask(gateway, store, call(model="m"))
    assert isinstance(events[-1], Failed)
    assert spare.calls == []
    (row,) = booked(store)
    assert (row["outcome"], row["output_tokens"], row["estimated"]) == (
        "failed",
        3,
        True,
    )  # nine characters


def test_a_route_in_a_zone_the_border_refused_is_never_the_fallback(gateway, store):
    """With the house's route down, a personal call fails rather than going to the world."""
    down = EchoProvider(name="a", failing=Upstream(provider="a", reason="down"))
    world = EchoProvider(name="w")
    offer(gateway, echo_card("m", provider="a"), down)
    offer(
        gateway, echo_card("m", provider="w", zone=Zone.WORLD, cleared_for=DataClass.SPECIAL), world
    )
    events = ask(gateway, store, call(model="m", declared=DataClass.PERSONAL))
    assert isinstance(events[-1].error, Upstream)
    assert world.calls == []


def test_an_aborted_stream_is_closed_upstream_and_booked(gateway, store):
    """A reader who goes away after the first words closes the upstream; what was used is booked."""
    provider = EchoProvider(delay=0.001)
    offer(gateway, echo_card(), provider)

    async def run():
        async with aclosing(gateway.answer(call("wort " * 500))) as bursts:
            async for burst in bursts:
                if any(isinstance(event, Delta) for event in burst):
                    break
        await store.drain()

    asyncio.run(run())
    assert (provider.open, provider.cancelled) == (0, 1)
    (row,) = booked(store)
    assert row["outcome"] == "aborted"
    assert row["output_tokens"] >= 1
    assert gateway.running == 0


def test_a_context_that_is_certainly_too_small_is_refused(gateway, store):
    """Nothing is cut: a text that cannot fit is refused before anything is opened."""
    provider = EchoProvider()
    offer(gateway, echo_card(context=100), provider)
    (failed,) = ask(gateway, store, call("wort " * 1000))
    assert isinstance(failed.error, ContextOverflow)
    assert provider.calls == []


def test_tools_for_a_model_without_tools_are_refused(gateway, store):
    """A model is never asked for what its card does not say."""
    offer(gateway, echo_card(capabilities=frozenset({Capability.EMBEDDING})))
    (failed,) = ask(gateway, store, call())
    assert isinstance(failed.error, Unsupported)


def test_an_input_guard_refuses_before_anything_is_opened(gateway, store):
    """A rule that refuses the question keeps it from the model."""
    provider = EchoProvider()
    offer(gateway, echo_card(), provider)
    gateway.guards = Guards([Word("verboten", refuse=True)])
    (failed,) = ask(gateway, store, call("das ist verboten"))
    assert isinstance(failed.error, GuardRefused)
    assert provider.calls == []


@pytest.mark.parametrize("cut", range(1, 20))
def test_an_output_guard_finds_a_word_across_any_cut(gateway, store, cut):
    """However the answer is cut into chunks, the withheld word never gets through."""
    text = "das Wort geheim bleibt"

    class Cut(EchoProvider):
        async def stream(self, asked, card):
            yield [Delta(text[:cut])]
            yield [Delta(text[cut:])]
            async for burst in EchoProvider(answer="").stream(asked, card):
                yield burst

    offer(gateway, echo_card(), Cut())
    gateway.guards = Guards([Word("geheim", refuse=False)])
    events = ask(gateway, store, call())
    assert "".join(e.text for e in events if isinstance(e, Delta)) == "das Wort  bleibt"


def test_embeddings_take_the_same_way(gateway, store):
    """Vectors come back in order, and the call is booked and noted like any other."""

    async def run():
        result = await gateway.embed(call(messages=()), ["eins", "zwei", "eins"])
        await store.drain()
        return result

    vectors = asyncio.run(run()).vectors
    assert vectors[0] == vectors[2] != vectors[1]
    assert len(booked(store)) == len(noted(store)) == 1
