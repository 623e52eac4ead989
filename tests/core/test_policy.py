# SPDX-License-Identifier: EUPL-1.2
"""The border's rule, as a table."""

import itertools

import pytest

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import DEFAULT_POLICY, Facts, Policy, Reason, Rule, Verdict, decide

P, I, D, S = DataClass.PUBLIC, DataClass.INTERNAL, DataClass.PERSONAL, DataClass.SPECIAL  # noqa: E741


def card(zone: Zone, cleared_for: DataClass = DataClass.PERSONAL) -> ModelCard:
    return ModelCard(f"model-{zone}", "provider", "m", zone, cleared_for=cleared_for)


def verdict(data_class: DataClass, zone: Zone, **facts) -> Verdict:
    known = Facts(data_class=data_class, purpose=Purpose.API, **facts)
    return decide(known, [card(zone)], DEFAULT_POLICY).verdict


@pytest.mark.parametrize(
    ("data_class", "house", "eu", "world"),
    [
        (P, "allow", "examine", "examine"),
        (I, "allow", "examine", "examine"),
        (D, "allow", "refuse", "refuse"),  # no pseudonymiser is there
        (S, "allow", "refuse", "refuse"),
    ],
)
def test_the_default_matrix(data_class, house, eu, world):
    """Each class in each zone gets the verdict of the default matrix."""
    zones = (Zone.HOUSE, Zone.EU, Zone.WORLD)
    assert tuple(verdict(data_class, zone) for zone in zones) == (house, eu, world)


def test_personal_data_goes_out_under_pseudonyms_only_after_an_examination():
    """With a pseudonymiser personal data is examined first, then pseudonymised, never allowed."""
    assert verdict(D, Zone.EU, can_pseudonymise=True) is Verdict.EXAMINE
    assert verdict(D, Zone.EU, can_pseudonymise=True, examined=True) is Verdict.PSEUDONYMISE


@pytest.mark.parametrize(("data_class", "zone"), list(itertools.product(DataClass, Zone)))
def test_a_gap_in_the_matrix_refuses(data_class, zone):
    """A policy that says nothing refuses everything."""
    facts = Facts(data_class=data_class, purpose=Purpose.API)
    assert decide(facts, [card(zone)], Policy("empty", {})).verdict is Verdict.REFUSE


def test_no_candidate_refuses():
    """Without a candidate there is nothing to allow."""
    facts = Facts(data_class=P, purpose=Purpose.API)
    assert decide(facts, [], DEFAULT_POLICY).verdict is Verdict.REFUSE


def test_a_provider_that_is_not_cleared_refuses():
    """The matrix allows, but the organisation has not released this provider for the class."""
    facts = Facts(data_class=I, purpose=Purpose.API, examined=True)
    decision = decide(facts, [card(Zone.EU, cleared_for=P)], DEFAULT_POLICY)
    assert (decision.verdict, decision.reasons) == (Verdict.REFUSE, (Reason.NOT_CLEARED,))


def test_a_key_cannot_carry_more_than_its_cap():
    """A key capped at internal cannot carry personal data, not even to a model in the house."""
    facts = Facts(data_class=D, purpose=Purpose.API, max_class=I)
    decision = decide(facts, [card(Zone.HOUSE)], DEFAULT_POLICY)
    assert (decision.verdict, decision.reasons) == (Verdict.REFUSE, (Reason.KEY_CLASS_CAP,))


def test_the_best_verdict_holds_for_those_that_reached_it_only():
    """Among candidates in several zones only the permitted ones are in the decision."""
    facts = Facts(data_class=S, purpose=Purpose.CHAT)
    decision = decide(facts, [card(Zone.WORLD), card(Zone.HOUSE), card(Zone.EU)], DEFAULT_POLICY)
    assert [found.zone for found in decision.models] == [Zone.HOUSE]


def test_titles_are_made_in_the_house_only():
    """Even public content does not leave for a title."""
    facts = Facts(data_class=P, purpose=Purpose.TITLE)
    assert decide(facts, [card(Zone.EU)], DEFAULT_POLICY).reasons == (Reason.TITLES_STAY,)


@pytest.mark.parametrize("zone", [Zone.EU, Zone.WORLD])
@pytest.mark.parametrize("rule", list(Rule))
def test_a_higher_class_never_gets_a_better_verdict(zone, rule):
    """In any matrix with the same rule everywhere, clearance alone makes verdicts worse with class."""
    policy = Policy("flat", dict.fromkeys(itertools.product(DataClass, Zone), rule))
    order = list(Verdict)
    found = [
        order.index(
            decide(
                Facts(data_class=data_class, purpose=Purpose.API, examined=True),
                [card(zone, cleared_for=I)],
                policy,
            ).verdict
        )
        for data_class in DataClass
    ]
    assert found == sorted(found)
