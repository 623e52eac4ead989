# SPDX-License-Identifier: EUPL-1.2
"""A library over a real database: three people, two groups, a trail that can be read."""

from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from hausgeist.audit import Trail
from hausgeist.chat.library import Library
from hausgeist.core.people import Principal, Role
from hausgeist.store import accounts
from hausgeist.store.tables import audit_payloads, memberships


def person(name, *groups, role=Role.MEMBER):
    return Principal(id=name, name=name.title(), role=role, groups=frozenset({"everyone", *groups}))


@pytest.fixture
def shelf(store):
    """The library, its people (anna and bernd in the building office, carla, otto the administrator)."""
    anna, bernd = person("anna", "bau"), person("bernd", "bau")
    carla, otto = person("carla", "soziales"), person("otto", role=Role.ADMIN)

    def people(connection):
        for group in ("everyone", "bau", "soziales"):
            accounts.add_group(connection, group, group.title(), 0)
        for who in (anna, bernd, carla, otto):
            accounts.add_user(
                connection,
                id=who.id,
                login=who.id,
                name=who.name,
                role=who.role.value,
                group_id="everyone",
                locale="de",
                active=True,
                created_at=0,
            )
        rows = [("anna", "bau"), ("bernd", "bau"), ("carla", "soziales")]
        connection.execute(
            insert(memberships), [{"user_id": one, "group_id": two} for one, two in rows]
        )

    store.write_now(people)
    now = [1_790_000_000_000]

    def clock():
        now[0] += 1
        return now[0]

    def events():
        """Kinds and bodies of what the trail has, in order."""
        query = select(audit_payloads.c.kind, audit_payloads.c.body).order_by(audit_payloads.c.seq)
        return [tuple(row) for row in store.read_now(lambda c: c.execute(query).all())]

    library = Library(store, Trail(store, b"k" * 32, clock), clock)
    return SimpleNamespace(
        library=library,
        store=store,
        events=events,
        anna=anna,
        bernd=bernd,
        carla=carla,
        otto=otto,
    )
