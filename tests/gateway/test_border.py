# SPDX-License-Identifier: EUPL-1.2
"""The border in the river: consent, another model instead, what is booked of a refusal, failing closed."""

import asyncio
from dataclasses import replace

import pytest
from river import ANNA, ask, booked, gateway_over

from hausgeist.core.calls import Call
from hausgeist.core.events import Delta, Failed, Finished, Started
from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.models import Capability
from hausgeist.core.policy import DEFAULT_POLICY, Clause, Rule, Verdict
from hausgeist.core.terms import Terms
from hausgeist.errors import BorderAsks, BorderRefused, DetectorDown, Upstream
from hausgeist.gateway.border import Border
from hausgeist.gateway.privacy import Examiner
from hausgeist.testing.echo import EchoProvider, echo_card

HOUSE = "echo"


class Finds:
    """An examiner that finds a person wherever a text has the word Erika, and counts its work."""

    def __init__(self, error=None):
        self.error = error
        self.asked = 0

    async def examine(self, texts):
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Examination(
            {
                text: (Finding(at, at + 5, Kind.PERSON, "test"),)
                for text in texts
                if (at := text.find("Erika")) >= 0
            }
        )


@pytest.fixture
def gateway(store):
    found = gateway_over(store, border=Border(examiner=Finds()))
    offer(found, echo_card())
    return found


def offer(gateway, card, provider=None):
    provider = provider or EchoProvider(name=card.provider)
    gateway.directory.put(card.provider, provider, [card])
    return provider


def far(gateway, zone=Zone.WORLD, name="far", **more):
    """A model outside, of a provider that is released for everything."""
    card = echo_card(name, provider=name, zone=zone, cleared_for=DataClass.SPECIAL, **more)
    return offer(gateway, card)


def call(text="Wann ist das Rathaus offen?", model="far", **more):
    values = {
        "id": "call-1",
        "principal": ANNA,
        "purpose": Purpose.API,
        "model": model,
        "messages": (text_message("user", text),),
    }
    return Call(**(values | more))


# -- consent --------------------------------------------------------------------------------------


def test_internal_data_to_the_world_waits_for_a_yes(gateway, store):
    """Without consent the call fails with where it would go; nothing is sent, nothing is booked."""
    provider = far(gateway)
    (failed,) = ask(gateway, store, call())
    assert isinstance(failed.error, BorderAsks)
    assert failed.error.values == {
        "provider": "far",
        "zone": "world",
        "country": "",
        "model": "far",
        "data_class": "internal",
    }
    assert provider.calls == []
    assert booked(store) == []


def test_with_a_yes_it_goes_and_is_examined_all_the_same(gateway, store):
    """Consent opens what the rules ask about, not what the detectors find."""
    provider = far(gateway)
    assert isinstance(ask(gateway, store, call(consented=True))[-1], Finished)
    assert len(provider.calls) == 1
    events = ask(gateway, store, call("Erika kommt.", consented=True, id="call-2"))
    assert isinstance(events[-1].error, BorderRefused)
    assert len(provider.calls) == 1


def test_public_data_is_not_asked_about(gateway, store):
    """What is public goes after the examination alone."""
    far(gateway)
    assert isinstance(ask(gateway, store, call(declared=DataClass.PUBLIC))[-1], Finished)


def test_a_yes_is_for_one_provider_also_when_it_fails(gateway, store):
    """The provider that the person was told of is down: no other one outside answers."""
    down = EchoProvider(name="a", failing=Upstream(provider="a", reason="down"))
    spare = EchoProvider(name="b")
    outside = {"zone": Zone.WORLD, "cleared_for": DataClass.INTERNAL}
    offer(gateway, echo_card("far", provider="a", **outside), down)
    offer(gateway, echo_card("far", provider="b", **outside), spare)
    events = ask(gateway, store, call(consented=True))
    assert isinstance(events[-1], Failed)
    assert len(down.calls) == 1
    assert spare.calls == []


# -- another model instead ------------------------------------------------------------------------


def test_a_model_of_the_house_answers_and_says_so(gateway, store):
    """The rules name a model: it answers, and the answer tells which one was wanted."""
    gateway.border.policy = replace(DEFAULT_POLICY, instead=HOUSE)
    provider = far(gateway, Zone.EU)
    events = ask(gateway, store, call("geheim", declared=DataClass.SPECIAL))
    started = next(event for event in events if isinstance(event, Started))
    assert (started.model, started.zone, started.wanted) == (HOUSE, Zone.HOUSE, "far")
    assert any(isinstance(event, Delta) for event in events)
    assert provider.calls == []
    (row,) = booked(store)
    assert (row["model"], row["zone"], row["verdict"]) == (HOUSE, "house", "reroute")


def test_what_the_detectors_find_reroutes_too(gateway, store):
    """A refusal that comes only with the examination finds the house's model as well."""
    gateway.border.policy = replace(DEFAULT_POLICY, instead=HOUSE)
    provider = far(gateway)
    events = ask(gateway, store, call("Erika kommt.", consented=True))
    assert next(event for event in events if isinstance(event, Started)).wanted == "far"
    assert provider.calls == []


@pytest.mark.parametrize("hindrance", ["unknown", "not theirs", "cannot", "outside"])
def test_a_model_that_may_not_or_cannot_does_not_answer_instead(gateway, store, hindrance):
    """Where the named model is no help, the refusal stays."""
    who = ANNA
    name = "spare"
    able = frozenset({Capability.EMBEDDING}) if hindrance == "cannot" else None
    if hindrance == "outside":
        far(gateway, Zone.EU, "spare")
    elif hindrance != "unknown":
        more = {} if able is None else {"capabilities": able}
        offer(gateway, echo_card("spare", provider="spare", **more))
    if hindrance == "not theirs":
        who = replace(ANNA, models=frozenset({"far"}))
    gateway.border.policy = replace(DEFAULT_POLICY, instead=name)
    far(gateway)
    (failed,) = ask(gateway, store, call(declared=DataClass.SPECIAL, principal=who))
    assert isinstance(failed.error, BorderRefused)


def test_vectors_are_never_made_by_another_model(gateway, store):
    """Vectors of two models do not belong together: an embedding is refused, not rerouted."""
    gateway.border.policy = replace(DEFAULT_POLICY, instead=HOUSE)
    far(gateway)

    async def run():
        asked = call(declared=DataClass.SPECIAL, messages=())
        with pytest.raises(BorderRefused):
            await gateway.embed(asked, ["eins"])
        await store.drain()

    asyncio.run(run())
    assert booked(store)[0]["outcome"] == "refused"


# -- booked ---------------------------------------------------------------------------------------


def test_a_refusal_is_booked_without_tokens_and_cost(gateway, store):
    """The ledger knows what was refused: class, zone, model, rules and group, and no person."""
    far(gateway, Zone.EU)
    ask(gateway, store, call(declared=DataClass.SPECIAL, assistant="a1"))
    (row,) = booked(store)
    assert (row["outcome"], row["verdict"], row["model"]) == ("refused", "refuse", "far")
    assert (row["zone"], row["data_class"], row["group_id"]) == ("eu", "special", "planning")
    assert (row["input_tokens"], row["output_tokens"], row["micro_eur"]) == (0, 0, 0)
    assert (row["policy_version"], row["assistant_id"]) == ("default-3", "a1")
    assert "anna" not in str(dict(row))


# -- failing closed -------------------------------------------------------------------------------


def test_a_detector_that_is_down_keeps_everything_in(gateway, store):
    """An error of the detectors is a refusal, booked as one; nothing is sent."""
    gateway.border.examiner = Finds(DetectorDown())
    provider = far(gateway)
    (failed,) = ask(gateway, store, call(declared=DataClass.PUBLIC))
    assert isinstance(failed.error, DetectorDown)
    assert provider.calls == []
    assert booked(store)[0]["outcome"] == "refused"


def test_detectors_that_are_not_there_keep_everything_in(gateway, store, tmp_path):
    """The real examiner, whose program is missing: nothing leaves."""
    gateway.border.examiner = Examiner(program=tmp_path / "missing")
    provider = far(gateway)
    (failed,) = ask(gateway, store, call(declared=DataClass.PUBLIC))
    assert isinstance(failed.error, DetectorDown)
    assert provider.calls == []


def test_the_house_answers_while_the_detectors_are_down(gateway, store):
    """What stays in the house needs no examination."""
    gateway.border.examiner = Finds(DetectorDown())
    assert isinstance(ask(gateway, store, call(model=HOUSE))[-1], Finished)
    assert gateway.border.examiner.asked == 0


@pytest.mark.parametrize("data_class", list(DataClass))
def test_the_fallback_stays_within_the_decision(gateway, store, data_class):
    """One model in all zones, the house's route down: only where the decision allowed is it tried."""
    down = EchoProvider(name="a", failing=Upstream(provider="a", reason="down"))
    offer(gateway, echo_card("m", provider="a"), down)
    outside = [
        offer(gateway, echo_card("m", provider=name, zone=zone, cleared_for=DataClass.SPECIAL))
        for name, zone in (("e", Zone.EU), ("w", Zone.WORLD))
    ]
    events = ask(gateway, store, call(model="m", declared=data_class, consented=True))
    assert isinstance(events[-1].error, Upstream)
    assert [provider.calls for provider in outside] == [[], []]


# -- remembered -----------------------------------------------------------------------------------


def test_another_policy_decides_at_once(gateway, store):
    """What was decided under one policy is not remembered under the next."""
    far(gateway, Zone.EU)
    public = {"declared": DataClass.PUBLIC}
    assert isinstance(ask(gateway, store, call(**public))[-1], Finished)
    no = Clause(id="no", then=Rule.REFUSE)
    gateway.border.policy = replace(DEFAULT_POLICY, clauses=(no,))
    assert isinstance(ask(gateway, store, call(id="2", **public))[-1].error, BorderRefused)


@pytest.mark.parametrize(
    ("clause", "refused", "free"),
    [
        (
            Clause(id="g", then=Rule.REFUSE, groups=frozenset({"hr"})),
            {"principal": replace(ANNA, groups=frozenset({"planning", "hr"}))},
            {},
        ),
        (
            Clause(id="g", then=Rule.REFUSE, groups=frozenset({"planning"})),
            {},
            {"principal": replace(ANNA, group="it")},
        ),
        (
            Clause(id="a", then=Rule.REFUSE, assistants=frozenset({"a1"})),
            {"assistant": "a1"},
            {"assistant": "a2"},
        ),
        (
            Clause(id="p", then=Rule.REFUSE, purposes=frozenset({Purpose.CHAT})),
            {"purpose": Purpose.CHAT},
            {},
        ),
    ],
)
def test_a_remembered_decision_is_nobody_elses(gateway, store, clause, refused, free):
    """Who or what the rules tell apart is told apart, in either order, the second time too."""
    gateway.border.policy = replace(DEFAULT_POLICY, clauses=(clause,))
    far(gateway, Zone.EU)
    for turn in range(2):
        one = ask(gateway, store, call(id=f"r{turn}", **refused))
        other = ask(gateway, store, call(id=f"f{turn}", **free))
        assert isinstance(one[-1].error, BorderRefused)
        assert isinstance(other[-1], Finished)


def test_terms_of_a_provider_decide(gateway, store):
    """No contract on file: personal data is refused even under pseudonyms."""
    provider = far(gateway, Zone.EU, terms=Terms())
    (failed,) = ask(gateway, store, call(declared=DataClass.PERSONAL))
    assert failed.error.reasons == ("policy.no_contract",)
    assert provider.calls == []


def test_a_look_raises_nothing(gateway, store):
    """For a preview, a question and a refusal are decisions."""
    far(gateway)
    cards = gateway.directory.candidates("far", ANNA)

    async def run():
        asked, _ = await gateway.border.look(call(), cards)
        refused, found = await gateway.border.look(call("Erika kommt."), cards)
        return asked.verdict, refused.verdict, found.data_class

    found = asyncio.run(run())
    assert found == (Verdict.ASK, Verdict.REFUSE, DataClass.PERSONAL)
