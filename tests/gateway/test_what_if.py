# SPDX-License-Identifier: EUPL-1.2
"""Last week's calls decided again: counts of the house, and never of a few."""

import asyncio
from dataclasses import replace

from sqlalchemy import insert, update

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import DEFAULT_POLICY, Clause, Rule, Verdict
from hausgeist.gateway import Directory
from hausgeist.gateway.what_if import DAY_MS, what_if_now
from hausgeist.ledger import Usage
from hausgeist.store.tables import (
    conversations,
    groups,
    ledger,
    library_items,
    sessions,
    users,
)
from hausgeist.testing.echo import EchoProvider, echo_card

NOW = 1_790_000_000_000


def add_people(store, **sizes):
    """Groups of so many active people who were here."""

    def work(connection):
        for group, size in sizes.items():
            connection.execute(insert(groups).values(id=group, title=group, created_at=1))
            for number in range(size):
                name = f"{group}{number}"
                row = {"id": name, "login": name, "name": name, "role": "member"}
                row |= {"group_id": group, "locale": "de", "active": True, "created_at": 1}
                connection.execute(insert(users).values(**row))
                seen = {"id": name, "user_id": name, "created_at": 1, "seen_at": NOW}
                connection.execute(insert(sessions).values(**seen, expires_at=NOW))

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


def close_days(store):
    """Add up the days that are over, as the house does a quarter of an hour after midnight."""
    usage = Usage(store, Trail(store, b"k" * 32, lambda: NOW), lambda: NOW)

    async def all_of_them():
        while await usage.tend():
            pass

    asyncio.run(all_of_them())


def asked(store, then, now=DEFAULT_POLICY):
    close_days(store)
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


def spying(**conditions):
    """The default rules and one that refuses whatever fits."""
    rule = Clause(id="spy", then=Rule.REFUSE, **conditions)
    return replace(DEFAULT_POLICY, clauses=(*DEFAULT_POLICY.clauses, rule))


def test_a_group_that_is_filled_up_afterwards_tells_nothing(store):
    """Whoever puts four others into somebody's group today does not learn what that one did last week."""
    add_people(store, big=20, alone=1)
    add_calls(store, 7, group_id="alone")
    close_days(store)

    def move(connection):
        moved = users.c.id.in_(["big0", "big1", "big2", "big3"])
        connection.execute(update(users).where(moved).values(group_id="alone", group_since=NOW))

    store.write_now(move)
    found = asked(store, spying(groups=frozenset({"alone"})))
    assert (found.moved, found.merged) == ({}, True)


def test_accounts_that_nobody_uses_make_no_group_larger(store):
    """Four accounts that were never here do not make a group of one a group of five."""
    add_people(store, big=20, alone=5)
    shams = ["alone1", "alone2", "alone3", "alone4"]
    store.write_now(lambda c: c.execute(sessions.delete().where(sessions.c.user_id.in_(shams))))
    add_calls(store, 7, group_id="alone")
    found = asked(store, spying(groups=frozenset({"alone"})))
    assert (found.moved, found.merged) == ({}, True)


def test_what_is_in_no_figure_is_not_counted(store):
    """What three people alone may use is told by no rule for its provider, and in no total."""
    add_people(store, big=20, three=3)
    listed = update(groups).where(groups.c.id == "big").values(models='["echo"]')
    store.write_now(lambda connection: connection.execute(listed))
    add_calls(store, 7, group_id="three")
    add_calls(store, 2, model="echo", provider="echo", zone="house")
    found = asked(store, spying(providers=frozenset({"far"})))
    assert (found.calls, found.moved) == (2, {})


def test_a_service_is_nobody(store):
    """A rule for the group that a service is booked to tells what becomes of its calls."""
    add_people(store, big=20, few=2)
    add_calls(store, 3, group_id="few", service_key="k")
    found = asked(store, spying(groups=frozenset({"few"})))
    assert found.moved == {(Verdict.ALLOW, Verdict.REFUSE): 3}


def test_an_assistant_is_told_apart_by_who_talks_with_it(store):
    """Sharing it with everybody is not enough: five people must have conversations with it."""
    add_people(store, big=20)
    add_calls(store, 7, assistant_id="helper")

    def use(connection, who):
        row = {"id": who, "owner_id": who, "title": "", "model": "far"}
        row |= {"created_at": NOW, "updated_at": NOW, "data_class": "internal"}
        row |= {"assistant_id": "helper"}
        connection.execute(insert(conversations).values(**row))

    item = {"id": "helper", "kind": "assistant", "name": "Helper", "version": 1, "words": ""}
    item |= {"audience": "everyone", "created_at": 1, "updated_at": 1}
    store.write_now(lambda connection: connection.execute(insert(library_items).values(**item)))
    for number in range(4):
        store.write_now(lambda connection, who=f"big{number}": use(connection, who))
    rules = spying(assistants=frozenset({"helper"}))
    assert asked(store, rules).moved == {}
    store.write_now(lambda connection: use(connection, "big4"))
    assert asked(store, rules).moved == {(Verdict.ALLOW, Verdict.REFUSE): 7}
