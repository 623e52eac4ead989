# SPDX-License-Identifier: EUPL-1.2
"""Two policies compared: what counts as stricter, and what does not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.policy import (
    DEFAULT_POLICY,
    HOUSE_ONLY,
    TERMS,
    Clause,
    Need,
    Point,
    Policy,
    Rule,
    demand,
)
from hausgeist.core.policy_change import cells, changed_clauses, is_tightening, points_of

I, D = DataClass.INTERNAL, DataClass.PERSONAL  # noqa: E741
EU, WORLD = Zone.EU, Zone.WORLD


def table(changes, policy: Policy = DEFAULT_POLICY) -> Policy:
    return replace(policy, matrix={**policy.matrix, **changes})


def rules(*more: Clause, policy: Policy = DEFAULT_POLICY) -> Policy:
    return replace(policy, clauses=(*policy.clauses, *more))


some_class, zones = st.sampled_from(DataClass), st.frozensets(st.sampled_from(Zone))
clauses = st.builds(
    Clause,
    id=st.sampled_from(("r1", "r2", "r3")),
    then=st.sampled_from(Rule),
    release=st.booleans(),
    data_class=some_class,
    zones=zones,
    countries=st.frozensets(st.sampled_from(("DE", "US"))),
    providers=st.frozensets(st.sampled_from(("p", "q"))),
    groups=st.frozensets(st.sampled_from(("hr", "it"))),
    requires=st.frozensets(st.sampled_from(TERMS)),
    retention_days=st.none() | st.integers(0, 60),
)
policies = st.builds(
    Policy,
    version=st.just("v"),
    matrix=st.dictionaries(
        st.tuples(some_class, st.sampled_from(Zone)), st.sampled_from(Rule), min_size=6
    ),
    clauses=st.lists(clauses, max_size=3).map(tuple),
)
points = st.builds(
    Point,
    data_class=some_class,
    zone=st.sampled_from(Zone),
    purpose=st.sampled_from(Purpose),
    provider=st.sampled_from(("p", "q", "r")),
    country=st.none() | st.sampled_from(("DE", "US", "FR")),
    groups=st.frozensets(st.sampled_from(("hr", "it", "else"))),
)
RELEASE = Clause(id="out", release=True, then=Rule.EXAMINE, data_class=I, zones=frozenset({WORLD}))
REFUSAL = Clause(id="no", then=Rule.REFUSE, groups=frozenset({"hr"}))


@pytest.mark.parametrize(
    ("before", "after", "tightens"),
    [
        (DEFAULT_POLICY, DEFAULT_POLICY, True),
        (DEFAULT_POLICY, HOUSE_ONLY, True),
        (HOUSE_ONLY, DEFAULT_POLICY, False),
        (DEFAULT_POLICY, table({(I, EU): Rule.ASK}), True),
        (DEFAULT_POLICY, table({(I, WORLD): Rule.EXAMINE}), False),
        (DEFAULT_POLICY, table({(I, WORLD): Rule.PSEUDONYMISE}), False),  # nobody is asked then
        (DEFAULT_POLICY, rules(REFUSAL), True),
        (rules(REFUSAL), DEFAULT_POLICY, False),
        (DEFAULT_POLICY, rules(RELEASE), False),
        (rules(RELEASE), DEFAULT_POLICY, True),
        (rules(REFUSAL), rules(replace(REFUSAL, groups=frozenset({"hr", "it"}))), True),
        (rules(REFUSAL), rules(replace(REFUSAL, groups=frozenset({"it"}))), False),
        (DEFAULT_POLICY, rules(Clause(id="d", retention_days=30)), True),
        (
            rules(Clause(id="d", retention_days=30)),
            rules(Clause(id="d", retention_days=31)),
            False,
        ),
        (DEFAULT_POLICY, replace(DEFAULT_POLICY, clauses=()), False),  # no contract needed any more
        (DEFAULT_POLICY, replace(DEFAULT_POLICY, instead="small"), False),
        (
            DEFAULT_POLICY,
            rules(Clause(id="t", requires=frozenset({Need.NO_TRAINING}))),
            True,
        ),
    ],
)
def test_stricter_or_equal_everywhere(before, after, tightens):
    """One person alone may put into force exactly what is nowhere milder."""
    assert is_tightening(before, after) is tightens


def test_too_many_combinations_count_as_milder():
    """What cannot be looked at in full is not called stricter."""
    many = Clause(id="m", then=Rule.REFUSE, groups=frozenset(f"g{n}" for n in range(20)))
    assert points_of(rules(many)) is None
    assert not is_tightening(DEFAULT_POLICY, rules(many))


def test_what_differs_is_named_once():
    """Cells and rules that differ, and no others."""
    after = rules(REFUSAL, policy=table({(I, EU): Rule.ASK}))
    (cell, above) = cells(DEFAULT_POLICY, after)
    assert (cell.point.data_class, cell.point.zone, cell.milder) == (I, EU, False)
    assert above.point.data_class is D  # what is above must ask too
    assert changed_clauses(DEFAULT_POLICY, after) == [(None, REFUSAL)]


@given(policies, clauses, points)
@settings(max_examples=60, deadline=None)
def test_what_is_called_stricter_is_stricter_at_every_point(policy, clause, point):
    """Wherever the comparison says yes, no point demands less than before."""
    after = replace(policy, clauses=(*policy.clauses, clause))
    for one, other in ((policy, after), (after, policy)):
        if is_tightening(one, other):
            assert demand(other, point).covers(demand(one, point))
