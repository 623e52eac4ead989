# SPDX-License-Identifier: EUPL-1.2
"""A database with two people, and the verbs over what is held of them."""

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hausgeist.audit import Trail
from hausgeist.people import Erasure, Export, Holds, Retention, Signer
from hausgeist.store import accounts
from hausgeist.store.db import Store

sys.path.append(str(Path(__file__).parent.parent / "security"))  # ``everything`` is there

DAY = 86_400_000
START = 1_790_000_000_000
SECRET = b"k" * 32


@dataclass
class Held:
    """The verbs, a clock that tests set, and what they began."""

    store: Store
    now: int = START
    ended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trail = Trail(self.store, SECRET, self.clock)
        self.retention = Retention(self.store, self.trail, self.clock)
        self.holds = Holds(self.store, self.trail, self.clock)
        self.export = Export(self.store, self.trail, self.clock)
        self.signer = Signer(SECRET)

        async def ending(user_id: str) -> None:
            self.ended.append(user_id)

        self.erasure = Erasure(
            self.store,
            self.trail,
            self.signer,
            self.clock,
            changed=lambda: None,
            ending=ending,
        )

    def clock(self) -> int:
        return self.now

    def person(self, login: str, role: str = "member", group: str = "everyone") -> str:
        user_id = secrets.token_hex(16)

        def work(connection):
            accounts.add_group(connection, group, group.title(), START)
            accounts.add_user(
                connection,
                id=user_id,
                login=login,
                name=login.title(),
                role=role,
                group_id=group,
                locale="de",
                active=True,
                created_at=START,
            )

        self.store.write_now(work)
        return user_id


@pytest.fixture
def held(store):
    """A house's data, on SQLite and then on PostgreSQL."""
    return Held(store)


@pytest.fixture
def serve(tmp_path):
    """Starts houses; they stop with the test."""
    from visitors import Server

    started = []

    def start(**settings):
        server = Server(tmp_path / f"home{len(started)}", **settings)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
