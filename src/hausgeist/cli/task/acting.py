# SPDX-License-Identifier: EUPL-1.2
"""Who acts in a task, and the doors they act through: an account goes in, a verb's result comes out.

The rules are those of the pages: somebody who is nobody in a task finds no such task. Nothing is opened to
the outside before a verb asks a model.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from hausgeist import settings
from hausgeist.errors import NotFound, SetupError

if TYPE_CHECKING:
    from hausgeist.core.people import Principal
    from hausgeist.core.tasks import Part, Task
    from hausgeist.identity import Person
    from hausgeist.register.bench import Bench
    from hausgeist.store.db import Store
    from hausgeist.store.tasks import Member
    from hausgeist.web.house import House

T = TypeVar("T")

AS = typer.Option("", "--as", help="Login name of who acts; empty: the only administrator.")
NAME = typer.Argument(help="The task's name, as it stands in its address.")


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody at work: the house, its bench, and who it is."""

    house: House
    bench: Bench
    who: Principal
    login: str

    @property
    def store(self) -> Store:
        """The house's database."""
        return self.bench.ground.store

    async def task(self, name: str, *parts: Part) -> tuple[Task, Member]:
        """A task by its name or id, and who they are in it.

        Raises:
            NotFound: there is none, or they may not.
        """
        from hausgeist.store import tasks  # noqa: PLC0415  half a second that --help saves

        found = await self.store.read(
            lambda connection: tasks.by_name(connection, name) or tasks.get(connection, name)
        )
        if found is None:
            raise NotFound
        return await self.bench.tasks.opened(found.id, self.who.id, *parts)

    async def ready_to_ask(self) -> None:
        """Learn what a server knows of rules, models, prices and budgets, before a model is asked."""
        house = self.house
        await house.policies.refresh()
        await house.own_words.refresh()
        await house.prices.refresh()
        await house.gateway.book.refresh()
        await house.shelf()
        await house.providers.load_all()
        await house.notes.refresh()
        await house.guards.refresh()


def acting(work: Callable[[Acting], Awaitable[T]], login: str = "") -> T:
    """Run ``work`` as an account on the house's database, and commit what it did.

    Raises:
        SetupError: nobody of this login name is there, or it is not clear who acts.
    """
    from hausgeist import app  # noqa: PLC0415  half a second that --help saves

    async def run() -> T:
        house = app.build(settings.load())
        try:
            bench = house.bench
            bench.jobs.handed_in = _nobody_hears  # this process does what it hands in
            person = await _person(house, login)
            made = Acting(house, bench, await _principal(house, person), person.login)
            result = await work(made)
            await house.store.drain()
        finally:
            for stop in reversed(house.on_stop[1:]):  # all but the checkpoint at a server's end
                await stop()
            house.store.close()
        return result

    return asyncio.run(run())


def server_runs() -> bool:
    """Whether a server is at work on the same data directory."""
    from hausgeist.locks import try_lock  # noqa: PLC0415  as above

    lock = settings.load().home / "serve.lock"
    if not lock.exists():
        return False
    with lock.open("a") as file:
        return not try_lock(file)


def told(words: str) -> None:
    """Say something to the person, not to the script that reads the result."""
    typer.echo(words, err=True)


def _nobody_hears() -> None:
    """Handed in here, done here."""


async def _person(house: House, login: str) -> Person:
    people = house.identity.people
    if not login:
        found, _ = await people.search(role="admin", count=500)
        admins = [one for one in found if one.active]
        if len(admins) == 1:
            return admins[0]
        if sys.stdin.isatty():
            login = typer.prompt("Who acts (login name)", err=True)
    if not login:
        raise SetupError(problem="It is not clear who acts.", advice="Say so with --as LOGIN.")
    try:
        person = await people.by_login(login)
    except NotFound:
        raise SetupError(
            problem=f"Nobody here has the login name {login}.",
            advice="`hausgeist user list` lists accounts.",
        ) from None
    if not person.active:
        raise SetupError(problem=f"The account {login} is deactivated.", advice="Name another.")
    return person


async def _principal(house: House, person: Person) -> Principal:
    from hausgeist.core.people import Principal  # noqa: PLC0415  as above
    from hausgeist.identity.groups import rights  # noqa: PLC0415  as above
    from hausgeist.store import groups  # noqa: PLC0415  as above

    def look(connection: Any) -> list[Any]:
        return groups.of_person(connection, person.id)

    theirs = await house.store.read(look)
    given = rights(theirs)
    return Principal(
        id=person.id,
        name=person.name,
        role=person.role,
        group=person.group,
        groups=given.groups,
        models=given.models,
        default_model=given.default_model,
        cost_centre=theirs[0]["cost_centre"] if theirs else None,
        locale=person.locale,
    )
