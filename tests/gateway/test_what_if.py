# SPDX-License-Identifier: EUPL-1.2
"""Last week's calls decided again: counts of the house, and never of a few."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import insert

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import DEFAULT_POLICY, Clause, Rule, Verdict
from hausgeist.gateway import Directory
from hausgeist.gateway.what_if import DAY_MS, told_apart, what_if_now
from hausgeist.store.tables import groups, ledger, users
from hausgeist.testing.echo import EchoProvider, echo_card

NOW = 1_790_000_000_000


def add_people(store, **sizes):
    """Groups of so many active people."""

    def work(connection):
        for group, size in sizes.items():
            connection.execute(insert(groups).values(id=group, title=group, created_at=1))
            for number in range(size):
                name = f"{group}{number}"
                row = {"id": name, "login": name, "name": name, "role": "member"}
                row |= {"group_id": group, "locale": "de", "active": True, "created_at": 1}
                connection.execute(insert(users).values(**row))

    store.write_now(work)


def add_calls(store, count, *, at=NOW - DAY_MS, **more):
    """So many booked calls, internal ones to the EU where nothing else is said."""
    row = {"at": at, "group_id": "big", "purpose": "chat", "model": "far", "provider": "far"}
    row |= {"zone": "eu", "data_class": "internal", "policy_version": "v", "outcome": "ok"}
    row |= dict.fromkeys(("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"), 1)
    row |= {"estimated": False, "price_source": "", "energy_source": "", "duration_ms": 1, **more}

    def work(connection):
        start = add_calls.seq
        for number in range(start, start + count):
            connection.execute(insert(ledger).values(call_id=f"c{number}", **row))
        add_calls.seq = start + count

    store.write_now(work)


add_calls.seq = 0


def asked(store, then, now=DEFAULT_POLICY):
    directory = Directory()
    card = echo_card("far", provider="far", zone=Zone.EU, cleared_for=DataClass.PERSONAL)
    directory.put("far", EchoProvider(name="far"), [card])
    directory.put("echo", EchoProvider(), [echo_card()])
    return asyncio.run(what_if_now(store, directory, lambda: NOW, now, then))


def test_calls_are_counted_by_what_would_become_of_them(store):
    """Three that go on, two that would be asked about, one that was refused and stays refused."""
    add_people(store, big=6)
    add_calls(store, 3, zone="house", model="echo", provider="echo", data_class="special")
    add_calls(store, 2)
    add_calls(store, 1, data_class="special", outcome="refused", verdict="refuse")
    add_calls(store, 5, at=NOW - 9 * DAY_MS)
    rule = Clause(id="ask", then=Rule.ASK)
    found = asked(store, replace(DEFAULT_POLICY, clauses=(rule,)))
    assert found.calls == 6
    assert found.was == {Verdict.ALLOW: 5, Verdict.REFUSE: 1}
    assert found.now == {Verdict.ALLOW: 5, Verdict.REFUSE: 1}
    assert found.then == {Verdict.ALLOW: 3, Verdict.ASK: 2, Verdict.REFUSE: 1}
    assert found.moved == {(Verdict.ALLOW, Verdict.ASK): 2}
    assert not found.merged


def test_another_model_would_answer(store):
    """What is refused now would be answered by the model of the house that the rules name."""
    add_people(store, big=5)
    add_calls(store, 1, data_class="special", outcome="refused", verdict="refuse")
    found = asked(store, replace(DEFAULT_POLICY, instead="echo"))
    assert found.moved == {(Verdict.REFUSE, Verdict.REROUTE): 1}


def test_a_rule_for_a_small_group_counts_nobody_apart(store):
    """Two people's calls cannot be told by writing a rule for their group."""
    add_people(store, big=20, small=2)
    add_calls(store, 7, group_id="small")
    rule = Clause(id="spy", then=Rule.REFUSE, groups=frozenset({"small"}))
    found = asked(store, replace(DEFAULT_POLICY, clauses=(*DEFAULT_POLICY.clauses, rule)))
    assert found.moved == {}
    assert found.merged


def test_a_small_group_cannot_be_found_by_subtraction(store):
    """Nor by writing the rule for everybody else, when everybody else is one group."""
    add_people(store, big=20, small=2)
    add_calls(store, 7, group_id="small")
    add_calls(store, 9, group_id="big")
    rule = Clause(id="spy", then=Rule.REFUSE, groups=frozenset({"big"}))
    found = asked(store, replace(DEFAULT_POLICY, clauses=(*DEFAULT_POLICY.clauses, rule)))
    assert found.moved == {}


def test_an_assistant_of_ones_own_counts_nobody_apart(store):
    """A rule for somebody's private assistant does not tell how much they use it."""
    add_people(store, big=20)
    add_calls(store, 7, assistant_id="mine")
    rule = Clause(id="spy", then=Rule.REFUSE, assistants=frozenset({"mine"}))
    found = asked(store, replace(DEFAULT_POLICY, clauses=(*DEFAULT_POLICY.clauses, rule)))
    assert found.moved == {}
    assert found.merged


def test_a_house_of_few_is_not_counted(store):
    """Four people's calls are those people's."""
    add_people(store, big=4)
    add_calls(store, 3)
    found = asked(store, DEFAULT_POLICY)
    assert (found.few, found.calls) == (True, 0)


@pytest.mark.parametrize(
    ("people", "kept"),
    [
        ({}, set()),
        ({"a": 5}, {"a"}),
        ({"a": 4}, set()),
        ({"a": 9, "b": 2}, set()),
        ({"a": 9, "b": 2, "c": 3}, {"a"}),
        ({"a": 9, "b": 6, "c": 2}, {"a"}),
        ({"a": 9, "b": 6}, {"a", "b"}),
        ({"a": 9, "b": 0}, {"a"}),
    ],
)
def test_which_groups_may_be_looked_at(people, kept):
    """Five or more, and nobody left over who would be fewer."""
    assert told_apart(people) == kept
