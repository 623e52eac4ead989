# SPDX-License-Identifier: EUPL-1.2
"""What use leaves behind: a day, nothing finer; and what a session and a key are worth over time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hausgeist.audit import Trail
from hausgeist.errors import InvalidField, NotFound, WeakPassword
from hausgeist.identity import Identity, KeyWish, Person, generated
from hausgeist.identity.sessions import LONGEST_DAYS
from hausgeist.store import accounts, schema, sessions
from hausgeist.store.db import Store, sqlite_url

PASSWORD = "drei Katzen im Regen"
DAY = 86_400_000
MORNING = 20_000 * DAY + 7 * 3_600_000 + 12_345


class House:
    """An identity whose time can be set."""

    def __init__(self, store: Store) -> None:
        self.now = MORNING
        self.seconds = 0.0
        self.store = store
        trail = Trail(store, b"s" * 32, lambda: self.now)
        self.identity = Identity(
            store, trail, lambda: self.now, lambda: self.seconds, session_days=14
        )

    def pass_days(self, days: float) -> None:
        """Let time pass, and what was remembered be forgotten."""
        self.now += int(days * DAY)
        self.seconds += 10

    async def person(self, login: str = "anna") -> Person:
        """An account."""
        return await self.identity.people.create(login=login, name=login, password=None, by="test")


@pytest.fixture
def run(home: Path) -> Callable[[Callable[[House], Awaitable[None]]], None]:
    """Run a story in a house."""

    def go(story: Callable[[House], Awaitable[None]]) -> None:
        async def told() -> None:
            store = Store(sqlite_url(home / "hausgeist.db"))
            schema.prepare(store)
            house = House(store)
            try:
                await story(house)
                await store.drain()
            finally:
                await house.identity.close()
                store.close()

        asyncio.run(told())

    return go


def test_a_key_remembers_the_day_of_its_use_and_no_more(run):
    """Two uses in a day leave one number: days since the epoch."""

    async def story(house: House) -> None:
        person = await house.person()
        token, key = await house.identity.keys.create(KeyWish(name="k"), person.id, person.id)
        assert key.used_day is None
        for _ in range(2):
            await house.identity.by_key(token)
            await house.store.drain()
            house.pass_days(0.1)
        (found,) = await house.identity.keys.of(person.id)
        assert found.used_day == MORNING // DAY

    run(story)


def test_a_session_is_noted_once_a_day_at_midnight(run):
    """Use moves the end on; the time of day of a use is nowhere."""

    async def story(house: House) -> None:
        person = await house.person()
        cookie = await house.identity.sessions.open(person.id)
        house.pass_days(3)
        principal = await house.identity.by_session(cookie)
        assert principal is not None
        await house.store.drain()
        row = house.store.read_now(lambda c: sessions.find(c, principal.session_id))
        assert row["seen_at"] == (MORNING // DAY + 3) * DAY
        house.pass_days(13)
        assert await house.identity.by_session(cookie) is not None
        await house.store.drain()
        house.pass_days(14.1)
        assert await house.identity.by_session(cookie) is None

    run(story)


def test_a_session_ends_even_if_it_is_used_every_day(run):
    """After the longest time a new login is due."""

    async def story(house: House) -> None:
        person = await house.person()
        cookie = await house.identity.sessions.open(person.id)
        days = 0
        while await house.identity.by_session(cookie) is not None:
            await house.store.drain()
            house.pass_days(1)
            days += 1
            assert days <= LONGEST_DAYS
        assert days == LONGEST_DAYS

    run(story)


def test_a_key_expires(run):
    """To the day it was made for."""

    async def story(house: House) -> None:
        person = await house.person()
        wish = KeyWish(name="k", expires_at=house.now + 30 * DAY)
        token, _ = await house.identity.keys.create(wish, person.id, person.id)
        house.pass_days(29.9)
        assert await house.identity.by_key(token) is not None
        house.pass_days(0.2)
        assert await house.identity.by_key(token) is None
        (key,) = await house.identity.keys.of(person.id)
        assert key.state(house.now) == "expired"
        with pytest.raises(InvalidField):
            await house.identity.keys.create(wish, person.id, person.id)

    run(story)


def test_a_change_while_a_key_is_being_read_is_not_remembered_wrongly(run):
    """Revoked between the look-up and its answer: the next call sees it, not two seconds later."""

    async def story(house: House) -> None:
        person = await house.person()
        token, key = await house.identity.keys.create(KeyWish(name="k"), person.id, person.id)
        read = house.store.read

        async def slow(work):
            row = await read(work)
            house.store.read = read
            await house.identity.keys.revoke(key.id, person.id, person.id)
            return row

        house.store.read = slow
        await house.identity.by_key(token)
        assert await house.identity.by_key(token) is None

    run(story)


def test_a_key_of_another_is_not_found(run):
    """Revoking goes through the owner."""

    async def story(house: House) -> None:
        anna, bernd = await house.person(), await house.person("bernd")
        _, key = await house.identity.keys.create(KeyWish(name="k"), anna.id, anna.id)
        for owner in (bernd.id, None):
            with pytest.raises(NotFound):
                await house.identity.keys.revoke(key.id, owner, "test")

    run(story)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "passwort123",
        "PASSWORT123",
        "aaaaaaaaaaaaa",
        "anna.beispiel",
        "x" * 1001,
        "1234567890",
    ],
)
def test_a_password_that_would_be_guessed_is_refused(run, password):
    """Too short, too long, too common, one letter over and over, or the login itself."""

    async def story(house: House) -> None:
        with pytest.raises(WeakPassword):
            await house.identity.people.create(
                login="anna.beispiel", name="Anna", password=password, by="test"
            )
        assert await house.identity.people.all() == []

    run(story)


def test_a_password_is_the_same_from_every_keyboard(run):
    """Composed and decomposed letters are one password; made-up ones are good enough."""

    async def story(house: House) -> None:
        people, login = house.identity.people, house.identity.sessions.login
        await people.create(login="Ämilie", name="Ä", password="Übermäßig lang", by="test")
        await login("a\u0308milie", "U\u0308bermäßig lang", "192.0.2.1")
        made = generated()
        assert made != generated()
        await people.create(login="bernd", name="B", password=made, by="test")

    run(story)


@pytest.mark.parametrize("login", ["", " ", "a b", "a\u200bb", "a\nb", "x" * 201, "\ud800"])
def test_a_login_name_is_plain(run, login):
    """No spaces, nothing invisible."""

    async def story(house: House) -> None:
        with pytest.raises(InvalidField):
            await house.identity.people.create(login=login, name="A", password=None, by="test")
        assert house.store.read_now(accounts.nobody_yet)

    run(story)


def test_hashing_does_not_hold_the_event_loop(run):
    """While a password is hashed, the loop goes on turning."""

    async def story(house: House) -> None:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        turning = asyncio.create_task(turn())
        await house.identity.people.create(
            login="anna", name="Anna", password=PASSWORD, by=str(time.monotonic())
        )
        turning.cancel()
        assert turns > 50

    run(story)
