# SPDX-License-Identifier: EUPL-1.2
"""Policies on their way: drafted, proposed, put into force by a second person; and failing closed."""

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select, update

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Principal, Role
from hausgeist.core.policy import DEFAULT_POLICY, HOUSE_ONLY, Clause, Rule
from hausgeist.errors import (
    ChangedMeanwhile,
    Conflict,
    InvalidField,
    NeedsSecond,
    NoSecondPerson,
    NotFound,
)
from hausgeist.gateway import policy_file
from hausgeist.gateway.border import Border
from hausgeist.gateway.policies import Policies, in_force_of
from hausgeist.identity.second import Second
from hausgeist.store.tables import audit_payloads, groups, policies, users

NOW = 1_790_000_000_000
STRICTER = replace(DEFAULT_POLICY, clauses=(*DEFAULT_POLICY.clauses, Clause(id="n", then=Rule.ASK)))
MILDER = replace(DEFAULT_POLICY, clauses=())


def person(name, role=Role.ADMIN):
    return Principal(id=name, name=name, role=role)


ANNA, BERND, CARLA = person("anna"), person("bernd", Role.AUDITOR), person("carla", Role.MEMBER)


@pytest.fixture
def house(store):
    """Two who oversee, one who does not, and the verbs of two servers on one database."""

    def people(connection):
        connection.execute(insert(groups).values(id="g", title="G", created_at=1))
        for who in (ANNA, BERND, CARLA):
            row = {"id": who.id, "login": who.id, "name": who.id, "role": who.role.value}
            row |= {"group_id": "g", "locale": "de", "active": True, "created_at": 1}
            connection.execute(insert(users).values(**row))

    store.write_now(people)
    trail = Trail(store, b"k" * 32, lambda: NOW)

    def server():
        return Policies(
            store=store,
            trail=trail,
            border=Border(),
            second=Second(store, lambda: NOW),
            now_ms=lambda: NOW,
        )

    return SimpleNamespace(store=store, one=server(), other=server())


def run(*steps):
    """One coroutine after the other."""

    async def all_of_them():
        return [await step for step in steps]

    return asyncio.run(all_of_them())[-1]


def draft_and_propose(house, policy, by="anna"):
    run(house.one.save(policy, by=by))
    return run(house.one.propose(by=by))


def test_a_house_begins_with_the_default(house):
    """Nothing is stored: the built-in rules are in force, and the list says so."""
    run(house.one.refresh())
    assert house.one.in_force is DEFAULT_POLICY
    (first,) = run(house.one.list())
    assert (first.version, first.state) == (DEFAULT_POLICY.version, "active")


def test_a_draft_changes_nothing(house):
    """Written, proposed, and still the old rules decide."""
    version = draft_and_propose(house, MILDER)
    run(house.one.refresh())
    assert house.one.in_force is DEFAULT_POLICY
    assert version.startswith("1-")
    assert run(house.one.get(version)).policy.clauses == ()
    assert run(house.one.draft()) is None


def test_a_second_person_puts_it_into_force_everywhere(house):
    """The proposal becomes the rules in every server at its next look; the old version is kept."""
    version = draft_and_propose(house, MILDER)
    run(house.one.activate(version, by=BERND, seen=DEFAULT_POLICY.version))
    assert house.one.in_force.version == version
    run(house.other.refresh())
    assert house.other.in_force.clauses == ()
    second = draft_and_propose(house, STRICTER)
    run(house.one.activate(second, by=BERND, seen=version))
    states = {one.version: one.state for one in run(house.one.list())}
    assert states == {second: "active", version: "retired", DEFAULT_POLICY.version: "retired"}


@pytest.mark.parametrize("second", [ANNA, CARLA, replace(BERND, key_id="k")])
def test_who_may_not_be_the_second_person_changes_nothing(house, second):
    """Not the one who proposed, not somebody without the role, not a program."""
    version = draft_and_propose(house, MILDER)
    with pytest.raises(NoSecondPerson):
        run(house.one.activate(version, by=second, seen=DEFAULT_POLICY.version))
    assert house.one.in_force is DEFAULT_POLICY


def test_a_proposal_of_somebody_who_is_gone_needs_a_new_one(house):
    """Without a first person there is no second."""
    version = draft_and_propose(house, MILDER)
    house.store.write_now(lambda c: c.execute(update(policies).values(author_id=None)))
    with pytest.raises(NoSecondPerson):
        run(house.one.activate(version, by=BERND, seen=DEFAULT_POLICY.version))


def test_what_was_compared_with_other_rules_is_not_put_into_force(house):
    """Whoever agrees names the rules in force that they saw."""
    version = draft_and_propose(house, MILDER)
    with pytest.raises(ChangedMeanwhile):
        run(house.one.activate(version, by=BERND, seen="another"))
    assert house.one.in_force is DEFAULT_POLICY


def test_one_person_alone_may_tighten_at_once(house):
    """What is nowhere milder needs no second person."""
    run(house.one.save(STRICTER, by="anna"))
    version = run(house.one.tighten(by="anna"))
    run(house.other.refresh())
    assert house.other.in_force.version == version
    assert run(house.one.draft()) is None


def test_one_person_alone_can_never_loosen(house):
    """Neither what was always milder, nor the way back from a tightening."""
    run(house.one.save(MILDER, by="anna"))
    with pytest.raises(NeedsSecond):
        run(house.one.tighten(by="anna"))
    run(house.one.save(STRICTER, by="anna"))
    version = run(house.one.tighten(by="anna"))
    run(house.one.begin(DEFAULT_POLICY.version, by="anna"))
    with pytest.raises(NeedsSecond):
        run(house.one.tighten(by="anna"))
    assert house.one.in_force.version == version


def test_a_tightening_is_measured_against_what_any_server_put_into_force(house):
    """This server has not looked yet, and another one has tightened: the way back is no tightening."""
    run(house.other.save(replace(HOUSE_ONLY, version=""), by="anna"))
    run(house.other.tighten(by="anna"))
    run(house.one.save(DEFAULT_POLICY, by="anna"))
    with pytest.raises(NeedsSecond):
        run(house.one.tighten(by="anna"))


def test_two_who_write_at_once_do_not_overwrite_each_other(house):
    """Who saves a draft says which one they saw."""
    first = run(house.one.save(STRICTER, by="anna"))
    run(house.other.save(MILDER, by="bernd", seen=first.mark))
    with pytest.raises(ChangedMeanwhile):
        run(house.one.save(DEFAULT_POLICY, by="anna", seen=first.mark))
    with pytest.raises(ChangedMeanwhile):
        run(house.one.propose(by="anna", seen=first.mark))


def test_one_proposal_at_a_time_and_it_can_be_turned_down(house):
    """A second proposal waits until the first is decided."""
    version = draft_and_propose(house, MILDER)
    run(house.one.save(STRICTER, by="anna"))
    with pytest.raises(Conflict):
        run(house.one.propose(by="anna"))
    run(house.one.reject(version, by="bernd"))
    with pytest.raises(NotFound):
        run(house.one.activate(version, by=BERND, seen=DEFAULT_POLICY.version))
    assert run(house.one.propose(by="anna")).startswith("2-")


def test_a_file_becomes_a_draft_or_is_refused(house):
    """What is exported can be brought; what is no policy leaves no trace."""
    run(house.one.bring(policy_file.written(STRICTER), by="anna"))
    assert run(house.one.draft()).policy.clauses == STRICTER.clauses
    with pytest.raises(InvalidField):
        run(house.one.bring("[table.special]\neu = 'allow'\n", by="anna"))
    assert run(house.one.draft()).policy.clauses == STRICTER.clauses


@pytest.mark.parametrize("body", ["", "[table", policy_file.written(MILDER)])
def test_damaged_rules_let_nothing_out(house, body):
    """A body that cannot be read, or is another than its version's: house only, and it is said."""
    run(house.one.save(STRICTER, by="anna"))
    version = run(house.one.tighten(by="anna"))
    assert in_force_of(house.store) == (version, True)
    house.store.write_now(
        lambda c: c.execute(update(policies).where(policies.c.version == version).values(body=body))
    )
    run(house.one.refresh())
    assert house.one.in_force is HOUSE_ONLY
    assert house.one.in_force.rule(DataClass.PUBLIC, Zone.EU) is Rule.REFUSE
    assert house.one.problem
    assert in_force_of(house.store) == (version, False)


def test_every_step_is_in_the_trail_with_before_and_after(house):
    """Draft, proposal, activation: what was, what is, and who."""
    version = draft_and_propose(house, MILDER)
    run(house.one.activate(version, by=BERND, seen=DEFAULT_POLICY.version), house.store.drain())
    rows = house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.body).order_by(audit_payloads.c.seq)).scalars()
    )
    events = [json.loads(row) for row in rows]
    kinds = [event["kind"] for event in events]
    assert kinds == ["policy.draft_saved", "policy.proposed", "policy.activated"]
    facts = events[-1]["facts"]
    assert facts["before.version"] == DEFAULT_POLICY.version
    assert facts["after.version"] == version
    assert "contract" in facts["before.rule.contract"]
    assert facts["after.rule.contract"] is None
    assert events[-1]["actor"] != events[0]["actor"]
