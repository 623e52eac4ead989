# SPDX-License-Identifier: EUPL-1.2
"""Allowances, on both databases: so many within a time, for all who take, and from anew after it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import select

from hausgeist.store import allowances, throttles
from hausgeist.store.tables import throttles as rows

NOON, NIGHT = 1_000_000, 2_000_000


def taken(store, wanted, *, scope="people:x", now=NOON, until=NIGHT, most=10):
    """How many were given."""
    verb = partial(
        allowances.take, scope=scope, wanted=wanted, most=most, until_ms=until, now_ms=now
    )
    return store.write_now(verb)


def test_no_more_is_given_than_there_is_and_each_scope_has_its_own(store):
    """The last gets what is left, then nobody gets anything."""
    assert [taken(store, 4) for _ in range(4)] == [4, 4, 2, 0]
    assert taken(store, 4, scope="people:y") == 4


def test_it_starts_anew_when_its_time_is_over_and_leaves_nothing(store):
    """The next day counts from nothing; yesterday's scopes are deleted on the way."""
    assert taken(store, 10, scope="people:yesterday") == 10
    assert taken(store, 1, scope="people:today", now=NIGHT, until=2 * NIGHT) == 1
    scopes = store.read_now(lambda c: c.execute(select(rows.c.scope)).scalars().all())
    assert scopes == ["allowed:people:today"]


def test_what_was_not_needed_is_there_again(store):
    """Given back, it can be taken by the next."""
    assert taken(store, 10) == 10
    store.write_now(lambda c: allowances.give_back(c, "people:x", 3))
    assert taken(store, 10) == 3


def test_many_at_once_get_no_more_than_there_is(store):
    """Eight threads take one at a time, as several servers do."""
    with ThreadPoolExecutor(8) as crowd:
        given = list(crowd.map(lambda _: taken(store, 1), range(40)))
    assert sum(given) == 10


def test_counters_of_logins_are_left_alone(store):
    """They stand in the same table and are none of its business."""
    wait = partial(throttles.charge, now_ms=NOON, forget_ms=NIGHT, wait_ms=lambda *_: 0)
    store.write_now(lambda c: wait(c, ["login:anna"]))
    taken(store, 1, now=3 * NIGHT, until=4 * NIGHT)
    scopes = store.read_now(lambda c: c.execute(select(rows.c.scope)).scalars().all())
    assert sorted(scopes) == ["allowed:people:x", "login:anna"]
