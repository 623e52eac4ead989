# SPDX-License-Identifier: EUPL-1.2
"""Who may be the second person."""

import asyncio
import secrets
from dataclasses import dataclass

import pytest

from hausgeist.audit import Trail
from hausgeist.core.people import Principal, Role
from hausgeist.errors import LastAdmin, NoSecondPerson
from hausgeist.identity import Identity
from hausgeist.identity.tokens import DAY_MS

START = 1_790_000_000_000


@dataclass
class Clock:
    """A clock that tests set."""

    now: int = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def identity(store, clock):
    found = Identity(store, Trail(store, b"k" * 32, clock), clock, lambda: clock.now / 1000)
    yield found
    asyncio.run(found.close())


def made(identity, role):
    """A new account with a password, as a principal."""
    login = secrets.token_hex(4)
    person = asyncio.run(
        identity.people.create(login=login, name=login, password=None, role=role, by="test")
    )
    return Principal(id=person.id, name=login, role=person.role, session_id="s")


def seconds(identity, first, second):
    """Whether ``second`` may agree to what ``first`` asks."""
    try:
        asyncio.run(identity.second.may_second(first.id, second))
    except NoSecondPerson:
        return False
    return True


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_the_second_person_is_another_overseer_of_a_week(identity, clock, role):
    """Nobody seconds themselves, and a role counts after seven days."""
    first, second = made(identity, Role.ADMIN), made(identity, role)
    member = made(identity, Role.MEMBER)
    clock.now += 7 * DAY_MS - 1
    assert not seconds(identity, first, second)
    assert asyncio.run(identity.second.others(first.id)) == 0
    clock.now += 1
    assert seconds(identity, first, second)
    assert asyncio.run(identity.second.others(first.id)) == 1
    assert not seconds(identity, first, first)
    assert not seconds(identity, first, member)


def test_a_new_role_counts_from_its_day(identity, clock):
    """Who is appointed to second somebody has to wait a week, however old the account is."""
    first, second = made(identity, Role.ADMIN), made(identity, Role.MEMBER)
    clock.now += 30 * DAY_MS
    asyncio.run(
        identity.people.appoint(second.id, role=Role.AUDITOR, group="everyone", by=first.id)
    )
    now = Principal(id=second.id, name="", role=Role.AUDITOR, session_id="s")
    assert not seconds(identity, first, now)
    clock.now += 7 * DAY_MS
    assert seconds(identity, first, now)


def test_a_role_that_was_taken_back_does_not_count(identity, clock):
    """A principal that is still remembered as an overseer is looked up again."""
    first, second = made(identity, Role.ADMIN), made(identity, Role.AUDITOR)
    clock.now += 30 * DAY_MS
    asyncio.run(identity.people.set_active(second.id, active=False, by=first.id))
    assert not seconds(identity, first, second)


def test_an_auditor_is_no_administrator_that_remains(identity):
    """The last administrator cannot become an auditor."""
    admin = made(identity, Role.ADMIN)
    made(identity, Role.AUDITOR)
    with pytest.raises(LastAdmin):
        asyncio.run(
            identity.people.appoint(admin.id, role=Role.AUDITOR, group="everyone", by=admin.id)
        )
