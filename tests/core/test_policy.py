# SPDX-License-Identifier: EUPL-1.2
"""The border's rule, as tables and as properties of every policy there can be."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import (
    DEFAULT_POLICY,
    HOUSE_ONLY,
    TERMS,
    Clause,
    Facts,
    Need,
    Point,
    Policy,
    Reason,
    Rule,
    Verdict,
    decide,
    demand,
    reroute,
)
from hausgeist.core.terms import Terms
from hausgeist.errors import REASONS

P, I, D, S = DataClass.PUBLIC, DataClass.INTERNAL, DataClass.PERSONAL, DataClass.SPECIAL  # noqa: E741
HOUSE, EU, WORLD = Zone.HOUSE, Zone.EU, Zone.WORLD
CONTRACT = Terms(contract_since="2026-01-01")


def card(zone: Zone, cleared_for: DataClass = D, terms: Terms = CONTRACT, **more) -> ModelCard:
    """A model in a zone, of a provider of the zone's name."""
    values = {"provider": f"p-{zone}", "terms": terms, **more}
    name = values.pop("id", f"model-{zone}")
    provider = values.pop("provider")
    return ModelCard(name, provider, "m", zone, cleared_for=cleared_for, **values)


def facts(data_class: DataClass, **more) -> Facts:
    values = {"purpose": Purpose.API, "can_pseudonymise": True, "examined": True, **more}
    return Facts(data_class=data_class, **values)


def with_clauses(*clauses: Clause, **more) -> Policy:
    return replace(DEFAULT_POLICY, clauses=(*DEFAULT_POLICY.clauses, *clauses), **more)


def verdict(data_class: DataClass, zone: Zone, policy: Policy = DEFAULT_POLICY, **known) -> Verdict:
    return decide(facts(data_class, **known), [card(zone)], policy).verdict


# -- the default ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data_class", "house", "eu", "world"),
    [
        (P, "allow", "examine", "examine"),
        (I, "allow", "examine", "examine"),
        (D, "allow", "examine", "refuse"),
        (S, "allow", "refuse", "refuse"),
    ],
)
def test_the_default_before_an_examination(data_class, house, eu, world):
    """What the default rules say as long as nobody has looked into the text."""
    found = tuple(verdict(data_class, zone, examined=False) for zone in (HOUSE, EU, WORLD))
    assert found == (house, eu, world)


@pytest.mark.parametrize(
    ("data_class", "house", "eu", "world"),
    [
        (P, "allow", "allow", "allow"),
        (I, "allow", "allow", "ask"),
        (D, "allow", "pseudonymise", "refuse"),
        (S, "allow", "refuse", "refuse"),
    ],
)
def test_the_default_after_an_examination(data_class, house, eu, world):
    """What they say once the detectors have had their say; internal to the world asks the person."""
    assert tuple(verdict(data_class, zone) for zone in (HOUSE, EU, WORLD)) == (house, eu, world)


def test_a_yes_lets_internal_data_go_to_the_world():
    """Who was told where it goes, and agreed, is not asked again."""
    assert verdict(I, WORLD, consented=True) is Verdict.ALLOW


def test_without_a_pseudonymiser_personal_data_stays():
    """Where no pseudonyms can be made, what would need them is refused."""
    decision = decide(facts(D, can_pseudonymise=False), [card(EU)], DEFAULT_POLICY)
    assert (decision.verdict, decision.reasons) == (Verdict.REFUSE, (Reason.NO_PSEUDONYMISER,))


def test_personal_data_needs_a_contract_on_file():
    """A provider in Europe without a contract gets no personal data, pseudonyms or not."""
    decision = decide(facts(D), [card(EU, terms=Terms())], DEFAULT_POLICY)
    assert decision.reasons == (Reason.NO_CONTRACT,)
    assert decide(facts(I), [card(EU, terms=Terms())], DEFAULT_POLICY).verdict is Verdict.ALLOW


@pytest.mark.parametrize(("data_class", "zone"), list(itertools.product(DataClass, Zone)))
def test_a_gap_in_the_table_refuses(data_class, zone):
    """A policy that says nothing refuses everything."""
    assert verdict(data_class, zone, Policy("empty", {})) is Verdict.REFUSE


def test_a_gap_beneath_refuses_what_is_above():
    """Where internal data may not go, personal data may not either, whatever its own cell says."""
    table = {**DEFAULT_POLICY.matrix, (I, EU): Rule.REFUSE}
    assert verdict(D, EU, Policy("odd", table)) is Verdict.REFUSE


def test_house_only_lets_nothing_out():
    """The rules of an emergency: everything in the house, nothing outside."""
    for one in DataClass:
        assert verdict(one, HOUSE, HOUSE_ONLY) is Verdict.ALLOW
        assert verdict(one, EU, HOUSE_ONLY) is Verdict.REFUSE
        assert verdict(one, WORLD, HOUSE_ONLY) is Verdict.REFUSE


def test_no_candidate_refuses():
    """Without a candidate there is nothing to allow."""
    assert decide(facts(P), [], DEFAULT_POLICY).verdict is Verdict.REFUSE


def test_a_provider_that_is_not_cleared_refuses():
    """The table allows, but the organisation has not released this provider for the class."""
    decision = decide(facts(I), [card(EU, cleared_for=P)], DEFAULT_POLICY)
    assert (decision.verdict, decision.reasons) == (Verdict.REFUSE, (Reason.NOT_CLEARED,))


def test_a_key_cannot_carry_more_than_its_cap():
    """A key capped at internal cannot carry personal data, not even to a model in the house."""
    decision = decide(facts(D, max_class=I), [card(HOUSE)], DEFAULT_POLICY)
    assert (decision.verdict, decision.reasons) == (Verdict.REFUSE, (Reason.KEY_CLASS_CAP,))


def test_the_best_verdict_holds_for_those_that_reached_it_only():
    """Among candidates in several zones only the permitted ones are in the decision."""
    decision = decide(facts(S), [card(WORLD), card(HOUSE), card(EU)], DEFAULT_POLICY)
    assert [found.zone for found in decision.models] == [HOUSE]


def test_titles_are_made_in_the_house_only():
    """Even public content does not leave for a title, and no other model is put in its place."""
    policy = replace(DEFAULT_POLICY, instead="model-house")
    decision = decide(facts(P, purpose=Purpose.TITLE), [card(EU)], policy)
    assert (decision.reasons, decision.instead) == ((Reason.TITLES_STAY,), ())


def test_every_reason_has_a_sentence():
    """No code reaches people without words."""
    assert {str(reason) for reason in Reason} <= set(REASONS)


# -- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "hits", "misses"),
    [
        ({"purposes": frozenset({Purpose.API})}, {}, {"purpose": Purpose.CHAT}),
        ({"data_class": I}, {"data_class": D}, {"data_class": P}),
        ({"zones": frozenset({EU})}, {}, {"zone": WORLD}),
        ({"countries": frozenset({"US"})}, {"country": "US"}, {"country": "DE"}),
        ({"countries": frozenset({"US"})}, {"country": None}, {"zone": HOUSE}),
        ({"providers": frozenset({"p-eu"})}, {}, {"provider": "other"}),
        ({"assistants": frozenset({"a1"})}, {"assistant": "a1"}, {"assistant": None}),
        ({"groups": frozenset({"hr"})}, {"groups": frozenset({"hr", "x"})}, {}),
    ],
)
def test_a_rule_fits_what_its_conditions_say(condition, hits, misses):
    """Each condition alone: what it fits, and what it does not."""
    here = Point(data_class=I, zone=EU, purpose=Purpose.API, provider="p-eu", country="DE")
    clause = Clause(id="r", then=Rule.REFUSE, **condition)
    assert clause.fits(replace(here, **hits))
    assert not clause.fits(replace(here, **misses))


def test_a_release_fits_up_to_its_class_and_only_known_countries():
    """Opening needs certainty: nothing more delicate, no unknown country."""
    here = Point(data_class=D, zone=WORLD, purpose=Purpose.API, country="US")
    release = Clause(id="r", release=True, data_class=I, countries=frozenset({"US"}))
    assert not release.fits(here)
    assert release.fits(replace(here, data_class=I))
    assert not release.fits(replace(here, data_class=I, country=None))


def test_demands_of_table_and_rules_add_up():
    """A rule that asks does not take away the pseudonyms that the table demands."""
    policy = with_clauses(Clause(id="ask", then=Rule.ASK, zones=frozenset({EU})))
    assert verdict(D, EU, policy) is Verdict.ASK
    assert verdict(D, EU, policy, consented=True) is Verdict.PSEUDONYMISE


def test_one_refusing_rule_is_enough_and_says_its_sentence():
    """The organisation's own words for a refusal go with it."""
    no = Clause(id="no", then=Rule.REFUSE, groups=frozenset({"hr"}), note="Personalakten bleiben.")
    decision = decide(facts(P, groups=frozenset({"hr"})), [card(EU)], with_clauses(no))
    assert decision.verdict is Verdict.REFUSE
    assert decision.reasons == (Reason.HOUSE_RULE,)
    assert decision.notes == ("Personalakten bleiben.",)
    assert decide(facts(P), [card(EU)], with_clauses(no)).verdict is Verdict.ALLOW


def test_a_release_sets_the_table_aside_for_what_it_names():
    """Personal data to one provider in the world, under pseudonyms, because somebody released it."""
    out = Clause(
        id="dsb",
        release=True,
        then=Rule.PSEUDONYMISE,
        data_class=D,
        zones=frozenset({WORLD}),
        providers=frozenset({"p-world"}),
    )
    policy = with_clauses(out)
    assert verdict(D, WORLD, policy, consented=True) is Verdict.PSEUDONYMISE
    assert verdict(S, WORLD, policy, consented=True) is Verdict.REFUSE
    other = card(WORLD, provider="other")
    assert decide(facts(D), [other], policy).verdict is Verdict.REFUSE


@pytest.mark.parametrize(
    ("need", "good", "bad", "reason"),
    [
        (Need.CONTRACT, Terms(contract_since="2026-01-01"), Terms(), Reason.NO_CONTRACT),
        (Need.NO_TRAINING, Terms(trains=False), Terms(trains=True), Reason.MAY_TRAIN),
        (Need.NO_TRAINING, Terms(trains=False), Terms(), Reason.MAY_TRAIN),
        (
            Need.EUROPEAN,
            Terms(operator_country="DE", parent_country="CH", admin_country="FR"),
            Terms(operator_country="DE", parent_country="US", admin_country="FR"),
            Reason.NOT_EUROPEAN,
        ),
        (
            Need.EUROPEAN,
            Terms(operator_country="DE", parent_country="DE", admin_country="DE"),
            Terms(operator_country="DE", parent_country="DE"),
            Reason.NOT_EUROPEAN,
        ),
        (
            Need.OWN_HOSTING,
            Terms(externally_hosted=False),
            Terms(externally_hosted=None),
            Reason.HOSTED_ELSEWHERE,
        ),
    ],
)
def test_terms_that_are_required_must_be_known_to_hold(need, good, bad, reason):
    """What nobody has entered counts as not given."""
    policy = with_clauses(Clause(id="t", requires=frozenset({need})))
    assert decide(facts(P), [card(EU, terms=good)], policy).verdict is Verdict.ALLOW
    assert decide(facts(P), [card(EU, terms=bad)], policy).reasons == (reason,)
    assert decide(facts(P), [card(HOUSE, terms=bad)], policy).verdict is Verdict.ALLOW


@pytest.mark.parametrize(("days", "allowed"), [(0, True), (30, True), (31, False), (None, False)])
def test_a_limit_for_how_long_the_provider_keeps(days, allowed):
    """The strictest limit counts, and unknown is for ever."""
    policy = with_clauses(
        Clause(id="long", retention_days=90), Clause(id="short", retention_days=30)
    )
    decision = decide(facts(P), [card(EU, terms=Terms(retention_days=days))], policy)
    assert (decision.verdict is Verdict.ALLOW) is allowed


def test_a_yes_holds_for_the_provider_that_was_named():
    """Of two providers that ask, only the first is the person's choice, also as a fallback."""
    cards = [card(WORLD), card(WORLD, provider="other", id="model-world")]
    decision = decide(facts(I, consented=True), cards, DEFAULT_POLICY)
    assert [found.provider for found in decision.models] == ["p-world"]


# -- another model instead ------------------------------------------------------------------------


def test_a_model_of_the_house_answers_where_the_policy_names_one():
    """The wanted one may not; the named one answers, and the reasons of the refusal are kept."""
    policy = replace(DEFAULT_POLICY, instead="model-house")
    known = facts(S)
    refused = decide(known, [card(EU)], policy)
    assert refused.instead == ("model-house",)
    found = reroute(refused, known, [card(HOUSE)], policy)
    assert found.verdict is Verdict.REROUTE
    assert [one.zone for one in found.models] == [HOUSE]
    assert found.reasons == (Reason.CLASS_NOT_FOR_ZONE,)


def test_nothing_outside_the_house_answers_instead():
    """A spare model outside is no way around a refusal."""
    policy = replace(DEFAULT_POLICY, instead="model-eu")
    refused = decide(facts(S), [card(WORLD)], policy)
    assert reroute(refused, facts(S), [card(EU)], policy) is refused


def test_a_rule_names_its_own_model():
    """What a rule sends elsewhere goes to its model first, then to the policy's."""
    away = Clause(id="r", then=Rule.REROUTE, zones=frozenset({EU}), instead="small")
    decision = decide(facts(P), [card(EU)], with_clauses(away, instead="large"))
    assert (decision.verdict, decision.instead) == (Verdict.REFUSE, ("small", "large"))


def test_a_key_over_its_cap_is_not_rerouted():
    """The cap holds in the house too."""
    policy = replace(DEFAULT_POLICY, instead="model-house")
    assert decide(facts(D, max_class=I), [card(EU)], policy).instead == ()


# -- properties -----------------------------------------------------------------------------------

some_rule = st.sampled_from(Rule)
some_class = st.sampled_from(DataClass)
GROUPS, PROVIDERS, COUNTRIES = ("hr", "it"), ("p-eu", "p-world", "other"), ("DE", "US")


def subsets(values):
    return st.frozensets(st.sampled_from(values))


clauses = st.builds(
    Clause,
    id=st.just("r"),
    then=some_rule,
    release=st.booleans(),
    data_class=some_class,
    purposes=subsets(list(Purpose)),
    zones=subsets(list(Zone)),
    countries=subsets(COUNTRIES),
    providers=subsets(PROVIDERS),
    assistants=subsets(("a1",)),
    groups=subsets(GROUPS),
    requires=subsets(TERMS),
    retention_days=st.none() | st.integers(0, 60),
    instead=st.sampled_from(("", "model-house", "model-eu")),
)
policies = st.builds(
    Policy,
    version=st.just("v"),
    matrix=st.dictionaries(st.tuples(some_class, st.sampled_from(Zone)), some_rule),
    clauses=st.lists(clauses, max_size=4).map(tuple),
    instead=st.sampled_from(("", "model-house", "model-eu")),
)
points = st.builds(
    Point,
    data_class=some_class,
    zone=st.sampled_from(Zone),
    purpose=st.sampled_from(Purpose),
    provider=st.sampled_from(PROVIDERS),
    country=st.none() | st.sampled_from(COUNTRIES),
    assistant=st.none() | st.just("a1"),
    groups=subsets(GROUPS),
)
cards = st.builds(
    card,
    zone=st.sampled_from(Zone),
    cleared_for=some_class,
    provider=st.sampled_from(PROVIDERS),
    country=st.none() | st.sampled_from(COUNTRIES),
    terms=st.builds(
        Terms,
        contract_since=st.sampled_from(("", "2026-01-01")),
        trains=st.none() | st.booleans(),
        retention_days=st.none() | st.integers(0, 60),
        externally_hosted=st.none() | st.booleans(),
    ),
)
known_facts = st.builds(
    Facts,
    data_class=some_class,
    purpose=st.sampled_from(Purpose),
    max_class=some_class,
    examined=st.booleans(),
    can_pseudonymise=st.booleans(),
    consented=st.booleans(),
    assistant=st.none() | st.just("a1"),
    groups=subsets(GROUPS),
)
candidates = st.lists(cards, max_size=5)
OPEN = {Verdict.ALLOW, Verdict.PSEUDONYMISE}


@given(policies, clauses, points)
def test_a_rule_never_widens_unless_it_is_a_release(policy, clause, point):
    """With one more rule, everything that was demanded is still demanded."""
    more = replace(policy, clauses=(*policy.clauses, replace(clause, release=False)))
    assert demand(more, point).covers(demand(policy, point))


@given(policies, points)
def test_more_delicate_data_never_has_it_easier(policy, point):
    """What a class must meet, every class above it must meet, in any policy."""
    for higher in DataClass:
        if higher >= point.data_class:
            above = demand(policy, replace(point, data_class=higher))
            assert above.covers(demand(policy, point))


@given(policies, known_facts, candidates)
def test_special_data_never_leaves(policy, known, models):
    """No table and no release lets special data out, with whatever was agreed."""
    special = replace(known, data_class=S)
    decision = decide(special, models, policy)
    assert all(found.zone is HOUSE for found in decision.models)


@given(policies, known_facts, candidates)
def test_every_model_of_a_decision_would_be_permitted_alone(policy, known, models):
    """The fallback is always within the decision: no model is in it that another carried along."""
    decision = decide(known, models, policy)
    for found in decision.models:
        assert decide(known, [found], policy).verdict is decision.verdict


@given(policies, known_facts, candidates)
def test_what_goes_out_meets_every_demand(policy, known, models):
    """ALLOW and PSEUDONYMISE outside the house: examined, agreed to, released, and under the terms."""
    decision = decide(known, models, policy)
    for found in decision.models if decision.verdict in OPEN else ():
        demanded = demand(policy, known.point(found))
        if found.zone is HOUSE:
            continue
        needs, terms = demanded.needs, found.terms
        assert Need.REFUSE not in needs
        assert known.data_class <= min(found.cleared_for, known.max_class)
        assert known.examined or Need.EXAMINE not in needs
        assert known.consented or Need.ASK not in needs
        assert (Need.PSEUDONYMISE in needs) is (decision.verdict is Verdict.PSEUDONYMISE)
        assert terms.contract_since or Need.CONTRACT not in needs
        assert terms.trains is False or Need.NO_TRAINING not in needs
        assert demanded.retention_days is None or terms.retention_days is not None


@given(policies, known_facts, candidates, candidates)
def test_what_answers_instead_is_in_the_house_and_allowed_there(policy, known, models, spares):
    """A reroute gives only models of the house that the rules allow."""
    decision = decide(known, models, policy)
    if decision.verdict is not Verdict.REFUSE or known.data_class > known.max_class:
        return
    found = reroute(decision, known, spares, policy)
    assert found.verdict in {Verdict.REFUSE, Verdict.REROUTE}
    for one in found.models:
        assert one.zone is HOUSE
        assert decide(known, [one], policy).verdict is Verdict.ALLOW


@given(policies, known_facts, cards)
@settings(max_examples=200)
def test_an_examination_or_a_yes_never_makes_it_worse(policy, known, model):
    """Knowing more opens or keeps; it refuses nothing that was open."""
    order = list(Verdict)
    before = order.index(decide(known, [model], policy).verdict)
    agreed = decide(replace(known, consented=True), [model], policy).verdict
    assert order.index(agreed) <= max(before, order.index(Verdict.EXAMINE))
