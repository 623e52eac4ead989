# SPDX-License-Identifier: EUPL-1.2
"""The registry of personal data: complete, and it erases what it exports."""

import json
import re

from everything import add_everything
from sqlalchemy import inspect, select
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.people import STORES, Asked
from hausgeist.store.tables import audit_payloads, metadata, users

MEMBER = "a member of a task, who is a person only as long as task_members says so"
NO_PERSON = {
    "call_id": "a random id of a call, which no table ties to anybody",
    "group_id": "a group; the rows that tie a person to one point at the person, too",
    "service_key": "a key that belongs to a service and to no person",
    "sealed_key": "a provider's key, sealed",
    "assistant_id": "an item of the library",
    "folder_id": "a folder of the same owner's",
    "leaf_id": "a message",
    "parent_id": "a message",
    "contest_id": "a random id that answers share",
    "title_by": "words, model or person: which kind of author",
    "item_id": "a text of a task",
    "job_id": "a job; its own row points at the person",
    "student_id": "a trained model",
    "outside_id": "what a text was called where it came from",
    "served.by": "rule, student, teacher or queue",
    "evaluations.subject": "a student, a teacher or rules",
    "verdicts.subject": "a student",
    "rules.author": "teacher, or a member of a task, who is a person only as long as task_members says so",
    "deployments.actor": MEMBER,
    "gold_openings.actor": MEMBER,
    "task_guidelines.actor": MEMBER,
    "task_migrations.actor": MEMBER,
    "intakes.actor": MEMBER,
    "task_prompts.actor": MEMBER,
    "answers.actor": MEMBER,
    "task_reserved.actor": MEMBER,
    "decisions.actor": MEMBER,
}
"""Columns whose name sounds like a person and which hold none, each with the reason."""

SOUNDS = re.compile(
    r"(_id|_by|_key)$|^by$|owner|author|actor|subject|user|person|people|member|login|mail|account"
)

NOT_OURS = re.compile(r"^(alembic_version|sqlite_.*|search_index(_.*)?)$")
"""Tables beside the schema's own: Alembic's, SQLite's, and the search index over ``search_words``, whose
rows go with that table's by its triggers (``store.search.forget`` then drops the words)."""


def _pointing_at_people() -> set[str]:
    """Tables with a person's data: those that point at one, directly or through another."""
    found = {users.name}
    while True:
        more = {
            table.name
            for table in metadata.tables.values()
            if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return found
        found |= more


def test_every_table_about_people_is_registered():
    """A new table with a person in it fails here until it can be exported and erased."""
    registered = [name for store in STORES for name in store.tables]
    assert sorted(registered) == sorted(_pointing_at_people())


def test_no_column_hides_a_person():
    """A column that sounds like a person is in a registered table, points elsewhere, or has its reason."""
    registered = set().union(*(store.tables for store in STORES))
    odd = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if table.name not in registered
        and SOUNDS.search(column.name)
        and not column.foreign_keys
        and not {column.name, f"{table.name}.{column.name}"} & set(NO_PERSON)
    ]
    assert odd == []


def test_no_table_stands_beside_the_schema(serve):
    """What a migration makes is in ``tables`` or named here, so that the walk above misses none."""
    names = serve().house.store.read_now(lambda c: set(inspect(c).get_table_names()))
    assert {name for name in names if not NOT_OURS.match(name)} == set(metadata.tables)


def test_erasure_leaves_nothing_and_touches_nobody_else(serve):
    """After it no registered store knows the person; the other person is whole."""
    server = serve()
    anna, bernd = server.person("anna", Role.ADMIN), server.person("bernd")
    house = server.house
    for person in (anna, bernd):
        house.store.write_now(lambda c, p=person: add_everything(c, p.id))
    read = house.store.read_now
    before = {s.name: read(lambda c, s=s: s.export(c, anna.id)) for s in STORES}
    assert all(before.values())
    asked = Asked(anna.id, "administrator", "Musterstadt")
    receipt = server.call(lambda: house.lifecycle.erasure.erase(bernd.id, asked))
    assert {receipt["erased"][store.name] for store in STORES} == {1}
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
    visitor.get("/account/data/export")
    visitor.form("/logout")
    pseudonym = server.house.trail.pseudonym(bernd.id)
    rows = server.house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.kind, audit_payloads.c.body)).all()
    )
    done = {row.kind for row in rows if pseudonym in row.body}
    assert {"user.changed", "user.password", "user.exported"} <= done
    assert "session.opened" not in done  # what is use has another pseudonym in every event
    assert not [row.body for row in rows if pseudonym in row.body and bernd.id in row.body]
