# SPDX-License-Identifier: EUPL-1.2
"""Several servers on one PostgreSQL: one first administrator, one count of attempts, one last admin."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from hausgeist.audit import Trail
from hausgeist.core.people import Role
from hausgeist.errors import HausgeistError, LastAdmin, LoginThrottled, NotFound
from hausgeist.identity import Identity, KeyWish
from hausgeist.identity.throttle import FREE
from hausgeist.store import schema
from hausgeist.store.db import Store

pytestmark = pytest.mark.postgres
PASSWORD = "drei Katzen im Regen"
SECRET = b"s" * 32


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _replicas(url: str, work: Callable[..., Awaitable[object]]) -> object:
    """Run work with two servers' identities over one database."""

    async def run() -> object:
        stores = [Store(url), Store(url)]
        schema.prepare(stores[0])
        identities = [
            Identity(store, Trail(store, SECRET, _now_ms), _now_ms, time.monotonic)
            for store in stores
        ]
        try:
            return await work(*identities)
        finally:
            for identity, store in zip(identities, stores, strict=True):
                await store.drain()
                await identity.close()
                store.close()

    return asyncio.run(run())


async def _outcomes(*attempts: Awaitable[object]) -> list[type]:
    found = await asyncio.gather(*attempts, return_exceptions=True)
    for result in found:
        assert not isinstance(result, Exception) or isinstance(result, HausgeistError), result
    return [type(result) for result in found]


def test_two_servers_make_one_first_administrator(postgres_url):
    """The same link at two servers at once: one account, one refusal."""

    async def work(one: Identity, two: Identity) -> None:
        token = await one.setup.token()

        def attempt(identity: Identity, login: str) -> Awaitable[str]:
            return identity.setup.first_admin(
                token,
                organisation="Stadt",
                login=login,
                name=login,
                password=PASSWORD,
                locale="de",
            )

        outcomes = await _outcomes(
            attempt(one, "anna"), attempt(two, "bernd"), attempt(one, "c"), attempt(two, "d")
        )
        assert sorted(kind.__name__ for kind in outcomes) == ["NotFound"] * 3 + ["str"]
        assert len(await one.people.all()) == 1
        assert await two.setup.token() is None

    _replicas(postgres_url, work)


def test_attempts_are_counted_over_all_servers(postgres_url):
    """Guessing at two servers in turn and at once is no faster than at one."""

    async def work(one: Identity, two: Identity) -> None:
        guesses = [
            (one, two)[number % 2].sessions.login("nobody", "wrong one here", "192.0.2.1")
            for number in range(12)
        ]
        outcomes = await _outcomes(*guesses)
        assert outcomes.count(LoginThrottled) == 12 - FREE["login"]

    _replicas(postgres_url, work)


def test_two_administrators_cannot_dismiss_each_other(postgres_url):
    """At the same moment at two servers: one stays."""

    async def work(one: Identity, two: Identity) -> None:
        people = [
            await one.people.create(
                login=login, name=login, password=None, role=Role.ADMIN, by="test"
            )
            for login in ("anna", "bernd")
        ]
        outcomes = await _outcomes(
            one.people.set_active(people[0].id, active=False, by=people[1].id),
            two.people.set_active(people[1].id, active=False, by=people[0].id),
        )
        assert outcomes.count(LastAdmin) == 1
        assert sum(person.active for person in await one.people.all()) == 1

    _replicas(postgres_url, work)


def test_one_login_name_is_given_once(postgres_url):
    """Two servers make the same account at once: one is told that the name is taken."""

    async def work(one: Identity, two: Identity) -> None:
        def create(identity: Identity) -> Awaitable[object]:
            return identity.people.create(login="anna", name="Anna", password=None, by="test")

        outcomes = await _outcomes(create(one), create(two))
        assert sorted(kind.__name__ for kind in outcomes) == ["LoginTaken", "Person"]

    _replicas(postgres_url, work)


def test_a_revoked_key_ends_at_the_other_server_within_seconds(postgres_url):
    """What another server remembers of a key is forgotten after the time it says."""

    async def work(one: Identity, two: Identity) -> None:
        person = await one.people.create(login="anna", name="Anna", password=None, by="test")
        token, key = await one.keys.create(KeyWish(name="k"), person.id, person.id)
        assert await two.by_key(token) is not None
        await one.keys.revoke(key.id, person.id, person.id)
        assert await one.by_key(token) is None
        later = time.monotonic() + 3
        two._clock = lambda: later
        assert await two.by_key(token) is None
        with pytest.raises(NotFound):
            await two.keys.revoke(key.id, person.id, person.id)

    _replicas(postgres_url, work)
