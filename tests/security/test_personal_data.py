# SPDX-License-Identifier: EUPL-1.2
"""The registry of personal data: complete, and it erases what it exports."""

import json

from everything import add_everything
from sqlalchemy import insert, select
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.people import STORES, PersonalData
from hausgeist.store.tables import audit_payloads, conversations, metadata, users

ONE_OF_EACH = {"conversations": 1, "keys": 1, "sessions": 1, "account": 1}


def _pointing_at_people() -> set[str]:
    """Tables with a person's data: those that point at one, directly or through another."""
    found = {users.name}
    while True:
        more = {
            table.name
            for table in metadata.tables.values()
            if any(key.column.table.name in found for key in table.foreign_keys)
            or {"user_id", "owner_id", "person_id"} & set(table.c.keys())
        }
        if more <= found:
            return found
        found |= more


def test_every_table_about_people_is_registered():
    """A new table with a person in it fails here until it can be exported and erased."""
    registered = set().union(*(store.tables for store in STORES))
    assert _pointing_at_people() == registered


def test_export_has_everything_but_secrets(serve):
    """One's own data as a file: account, sessions, keys, conversations; no hashes."""
    server = serve()
    bernd = server.person("bernd")
    _talk(server, bernd.id)
    visitor = server.login("bernd")
    server.key(bernd.id)
    answer = visitor.get("/account/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    found = json.loads(answer.body)
    assert {name: len(rows) for name, rows in found.items() if rows} == ONE_OF_EACH
    assert "hash" not in answer.text
    assert "argon2" not in answer.text


def test_erasure_leaves_nothing_and_touches_nobody_else(serve):
    """After it no registered store knows the person; the other person is whole."""
    server = serve()
    anna, bernd = server.person("anna", Role.ADMIN), server.person("bernd")
    house = server.house
    for person in (anna, bernd):
        house.store.write_now(lambda c, p=person: add_everything(c, p.id))
    personal = PersonalData(house.store, house.trail, house.identity.forget)
    read = house.store.read_now
    before = {s.name: read(lambda c, s=s: s.export(c, anna.id)) for s in STORES}
    assert all(before.values())
    counts = server.call(lambda: personal.erase(bernd.id, "test"))
    assert set(counts.values()) == {1}
    assert not any(read(lambda c, s=s: s.export(c, bernd.id)) for s in STORES)
    assert {s.name: read(lambda c, s=s: s.export(c, anna.id)) for s in STORES} == before


def test_the_trail_names_nobody(serve):
    """What changes an account is on record, with pseudonyms and ids, without names and passwords."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    server.login("anna").form(f"/admin/users/{bernd.id}", {"role": "admin", "group": "Bauamt"})
    visitor = server.login("bernd")
    new = {"old_password": PASSWORD, "password": "vier Hunde im Schnee"}
    visitor.form("/account/password", new)
    visitor.form("/account/profile", {"name": "Bernd Beispiel"})
    rows = server.house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.kind, audit_payloads.c.body)).all()
    )
    kinds = {row.kind for row in rows}
    assert {"user.created", "user.changed", "user.password", "session.opened"} <= kinds
    bodies = " ".join(row.body for row in rows)
    for word in ("Bernd", "bernd", "Anna", PASSWORD, "vier Hunde", "argon2"):
        assert word not in bodies
    changed = next(json.loads(row.body) for row in rows if "before.role" in row.body)
    assert changed["facts"]["before.role"] == "member"
    assert changed["facts"]["after.role"] == "admin"
    assert changed["subject"] == bernd.id


def test_the_trail_does_not_unveil_its_own_pseudonyms(serve):
    """No event has a person's pseudonym and id together: what people do of themselves names them once."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    visitor = server.login("bernd")
    visitor.form("/account/profile", {"name": "Bernd Beispiel"})
    visitor.form(
        "/account/password", {"old_password": PASSWORD, "password": "vier Hunde im Schnee"}
    )
    visitor.get("/account/export")
    visitor.form("/logout")
    pseudonym = server.house.trail.pseudonym(bernd.id)
    rows = server.house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.kind, audit_payloads.c.body)).all()
    )
    done = {row.kind for row in rows if pseudonym in row.body}
    assert {"session.opened", "user.changed", "user.password", "user.exported"} <= done
    assert not [row.body for row in rows if pseudonym in row.body and bernd.id in row.body]


def _talk(server, owner: str) -> None:
    now = server.house.now_ms()
    server.house.store.write_now(
        lambda c: c.execute(
            insert(conversations).values(
                id=f"talk-{owner}",
                owner_id=owner,
                title="x",
                model="m",
                data_class="internal",
                created_at=now,
                updated_at=now,
            )
        )
    )
