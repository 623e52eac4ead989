# SPDX-License-Identifier: EUPL-1.2
"""A gateway with its real detectors, keys of two people and of a service, and the verbs of prompts."""

import asyncio
import time

from river import gateway_over
from sqlalchemy import func, select

from hausgeist.audit import Trail
from hausgeist.core.calls import Call
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.models import Price
from hausgeist.gateway.privacy import LateVeils
from hausgeist.identity import KeyWish
from hausgeist.identity.identity import Identity
from hausgeist.identity.tokens import new_id
from hausgeist.store import accounts
from hausgeist.store.tables import metadata, traffic_samples, traffic_templates
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.workbench.candidates import Candidates
from hausgeist.workbench.tasks import Tasks
from hausgeist.workbench.traffic import Traffic

NOW = 1_790_000_000_000
SECRET = b"k" * 32
SYSTEM = "Ordne die Zuschrift einer Abteilung zu: Bau, Verkehr oder Kita. Antworte mit einem Wort."
LABELS = ("Bau", "Verkehr", "Kita")


class Place:
    """One house without HTTP. ``now`` is its clock in milliseconds."""

    def __init__(self, store) -> None:
        self.store = store
        self.now = NOW
        self.trail = Trail(store, SECRET, lambda: self.now)
        self.identity = Identity(store, self.trail, lambda: self.now, time.monotonic)
        veils = LateVeils(store, SECRET, lambda: self.now)
        self.gateway = gateway_over(store, veils=veils)
        self.provider = EchoProvider(name="large")
        self.card = echo_card("large-70b", provider="large", price=Price(input=1.0, output=2.0))
        self.gateway.directory.put("large", self.provider, [self.card])
        self.tasks = Tasks(store, self.trail, lambda: self.now)
        self.traffic = Traffic(store, SECRET, self.gateway, lambda: self.now)
        self.candidates = Candidates(
            store, self.trail, self.traffic, self.tasks, self.gateway, lambda: self.now
        )

    def person(self, login: str) -> str:
        """An account."""
        user_id = new_id()

        def work(connection):
            accounts.add_group(connection, "everyone", "Everyone", NOW)
            accounts.add_user(
                connection,
                id=user_id,
                login=login,
                name=login.title(),
                role="member",
                group_id="everyone",
                locale="de",
                active=True,
                created_at=NOW,
            )

        self.store.write_now(work)
        return user_id

    async def key(self, owner: str | None, *, yes: bool = True):
        """A key's token and id; of a service where there is no owner."""
        wish = KeyWish(name="Sortierer", service=None if owner else "sorter")
        token, key = await self.identity.keys.create(wish, owner, owner or "admin")
        if yes:
            await self.identity.keys.agree(key.id, owner, owner or "admin", yes=True)
        return token, key.id

    async def ask(self, token: str, said: str, answer: str, system: str = SYSTEM, **more) -> None:
        """A program asks, and is answered."""
        principal = await self.identity.by_key(token)
        self.provider.answer = answer
        messages = [text_message("system", system)] if system else []
        call = Call(
            id=new_id(),
            principal=principal,
            model="large-70b",
            messages=(*messages, text_message("user", said)),
            **{"purpose": Purpose.API} | more,
        )
        events = [event async for burst in self.gateway.answer(call) for event in burst]
        assert events

    async def ask_many(self, token: str, count: int = 60, **more) -> None:
        """Letters to three departments, worked off."""
        for n in range(count):
            said = f"{('Laterne', 'Ampel', 'Gruppe')[n % 3]} Nummer {n * 7919} ist ein Fall."
            await self.ask(token, said, LABELS[n % 3], **more)
        await self.work_off()

    async def work_off(self) -> int:
        """All rounds until nothing waits."""
        counted = 0
        while self.gateway.tap.waiting:
            counted += await self.traffic.work_off()
        return counted

    def counts(self) -> tuple[int, int]:
        """How many prompts and samples there are."""

        def read(connection):
            return tuple(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (traffic_templates, traffic_samples)
            )

        return self.store.read_now(read)

    def everything(self) -> str:
        """Every row of every table."""

        def read(connection):
            return "\n".join(
                repr(tuple(row))
                for table in metadata.tables.values()
                for row in connection.execute(select(table))
            )

        return self.store.read_now(read)

    def run(self, work):
        """Do work; the detectors and the trail end with it."""

        async def all_of_it():
            try:
                return await work()
            finally:
                await self.gateway.border.examiner.close()
                await self.store.drain()
                await self.identity.close() if asyncio.iscoroutinefunction(
                    self.identity.close
                ) else None

        return asyncio.run(all_of_it())
