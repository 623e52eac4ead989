# SPDX-License-Identifier: EUPL-1.2
"""Nobody reads another's conversations alone: not by a page, not by a new password, not by a group."""

import io
import re
import zipfile
from datetime import UTC, datetime

import msgspec
import pytest
from everything import add_everything, ids_of
from sqlalchemy import select, update
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.identity.sources import LdapSettings
from hausgeist.store import closing
from hausgeist.store.tables import (
    audit_payloads,
    conversations,
    login_sources,
    messages,
    readings,
    shares,
    users,
)

SECRET = "der geheime Plan des Bauamts"
WHY = "Beschwerde der Buergerin vom 3. November, Aktenzeichen 17/2026"
LONG_AGO = 1_600_000_000_000


class Town:
    """A house with two who oversee, and bernd, of whom there is everything."""

    def __init__(self, server) -> None:
        self.server = server
        self.anna = server.person("anna", Role.ADMIN)
        self.dora = server.person("dora", Role.AUDITOR)
        self.bernd = server.person("bernd")
        self.age(self.dora)
        self.ids = ids_of(self.bernd.id)
        now = server.house.now_ms()
        self.write(lambda c: add_everything(c, self.bernd.id, SECRET, now - 1000))
        # it is no example here
        self.write(lambda c: c.execute(readings.delete()))

    def write(self, work):
        return self.server.house.store.write_now(work)

    def age(self, person):
        """Let somebody have had the role for long."""
        self.set(person, role_since=LONG_AGO)

    def set(self, person, **columns):
        self.write(
            lambda c: c.execute(update(users).where(users.c.id == person.id).values(**columns))
        )
        self.server.house.identity.forget()

    def talk(self):
        return self.ids["conversation"]

    def ask(self, who):
        """Ask for bernd's conversation; gives the reading's id."""
        answer = who.form("/admin/readings", {"conversation": self.talk(), "reason": WHY})
        assert answer.status == 303, answer.text
        query = select(readings.c.id).order_by(readings.c.created_at.desc())
        return self.server.house.store.read_now(lambda c: c.execute(query).scalars().first())

    def kinds(self, prefix):
        query = select(audit_payloads.c.kind).order_by(audit_payloads.c.seq)
        found = self.server.house.store.read_now(lambda c: c.execute(query).scalars().all())
        return [kind for kind in found if kind.startswith(prefix)]


@pytest.fixture
def town(serve):
    return Town(serve())


def seen_by(server, visitor, ids):
    """The addresses whose answers have the secret words: every GET there is, filled with ids."""
    leaks = []
    for route in server.edge.table.routes:
        if route.method != "GET" or route.path.endswith("/events"):
            continue
        path = route.path
        for place in re.findall(r"{([a-z_]+)[^}]*}", path):
            kind = {"turn_id": "message", "item_id": "assistant"}.get(
                place, place.removesuffix("_id")
            )
            value = {"format": "md", "number": "0"}.get(place, ids.get(kind, ids["user"]))
            path = re.sub(r"{" + place + r"[^}]*}", value, path, count=1)
        if route.path in {"/search", "/search/live"}:
            path += "?q=geheime"
        answer = visitor.get(path)
        body = answer.body
        if body[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                body = b" ".join(archive.read(name) for name in archive.namelist())
        if SECRET.encode() in body:
            leaks.append(route.path)
    return leaks


def test_two_people_and_the_owner(town):
    """Found by days alone, asked with a reason, granted by another, read; its owner sees every step."""
    server = town.server
    anna, dora, bernd = (server.session(one.id) for one in (town.anna, town.dora, town.bernd))
    wide = {"login": "bernd", "first": "2020-01-01", "last": "2030-01-01"}
    assert anna.form("/admin/readings/search", wide).status == 400
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    found = anna.form("/admin/readings/search", {"login": "bernd", "first": day, "last": day})
    assert town.talk() in found.text
    assert SECRET not in found.text
    assert "/account/reading" not in bernd.get("/", Accept="text/html").text

    reading = town.ask(anna)
    assert anna.form(f"/admin/readings/{reading}/open").status == 404
    assert anna.form(f"/admin/readings/{reading}/grant").status == 403
    assert bernd.form(f"/admin/readings/{reading}/grant").status == 403
    assert "/account/reading" in bernd.get("/", Accept="text/html").text, "the owner is not told"
    page = bernd.get("/account/reading").text
    assert WHY in page
    assert "Anna" in page

    assert dora.form(f"/admin/readings/{reading}/grant").status == 303
    assert dora.form(f"/admin/readings/{reading}/open").status == 404, "only who asked may read"
    read = anna.form(f"/admin/readings/{reading}/open")
    assert read.status == 200
    assert SECRET in read.text
    assert seen_by(server, anna, town.ids) == []
    page = bernd.get("/account/reading").text
    assert "Dora" in page
    assert town.kinds("reading.") == [
        "reading.searched",
        "reading.asked",
        "reading.granted",
        "reading.opened",
    ]

    town.write(lambda c: c.execute(update(readings).values(expires_at=1)))
    assert anna.form(f"/admin/readings/{reading}/open").status == 404, "its day is over"


def test_it_ends_at_once(town):
    """Who granted can end it; what was refused, ended, or asked for long ago cannot be read or granted."""
    server = town.server
    anna, dora = server.session(town.anna.id), server.session(town.dora.id)
    granted = town.ask(anna)
    dora.form(f"/admin/readings/{granted}/grant")
    assert dora.form(f"/admin/readings/{granted}/end").status == 303
    assert anna.form(f"/admin/readings/{granted}/open").status == 404
    assert dora.form(f"/admin/readings/{granted}/grant").status == 409
    refused = town.ask(anna)
    dora.form(f"/admin/readings/{refused}/refuse")
    assert anna.form(f"/admin/readings/{refused}/open").status == 404
    old = town.ask(anna)
    town.write(lambda c: c.execute(update(readings).values(created_at=1)))
    assert dora.form(f"/admin/readings/{old}/grant").status == 409


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_with_one_overseer_it_is_impossible(serve, role):
    """Alone, or beside somebody who was appointed just now: nothing is found, nothing can be asked for."""
    server = serve()
    town = Town(server)
    town.set(town.dora, role="member")
    server.person("new", role)
    anna = server.session(town.anna.id)
    assert anna.get("/admin/readings").status == 200
    asked = anna.form("/admin/readings", {"conversation": town.talk(), "reason": WHY})
    assert asked.status == 403
    looked = anna.form(
        "/admin/readings/search", {"login": "bernd", "first": "2026-01-01", "last": "2026-01-02"}
    )
    assert looked.status == 403
    assert town.kinds("reading.") == []


def test_the_second_person_is_not_one_whose_password_the_first_has_made(town):
    """An administrator who makes the auditor a new password cannot agree in the auditor's name."""
    server = town.server
    anna = server.session(town.anna.id)
    eva = server.person("eva", Role.AUDITOR)
    town.age(eva)
    reading = town.ask(anna)
    made = anna.form(f"/admin/users/{town.dora.id}/password").text
    password = re.search(r"[a-z2-9]{6}-[a-z2-9]{6}-[a-z2-9]{6}", made)[0]
    stolen = server.login("dora", password)
    stolen.form("/account/password", {"old_password": password, "password": "fuenf Enten im See"})
    assert stolen.form(f"/admin/readings/{reading}/grant").status == 403
    assert server.session(eva.id).form(f"/admin/readings/{reading}/grant").status == 303


def taken_over(town):
    """Anna makes bernd a new password and comes in as bernd."""
    anna = town.server.session(town.anna.id)
    made = anna.form(f"/admin/users/{town.bernd.id}/password").text
    password = re.search(r"[a-z2-9]{6}-[a-z2-9]{6}-[a-z2-9]{6}", made)[0]
    thief = town.server.login("bernd", password)
    thief.form("/account/password", {"old_password": password, "password": "fuenf Enten im See"})
    return thief


def test_a_new_password_opens_nothing_old(town):
    """Every page, search, download, link and the export have nothing from before; new things work."""
    server = town.server
    assert seen_by(server, server.session(town.bernd.id), town.ids), "the words are somewhere"
    thief = taken_over(town)
    assert seen_by(server, thief, town.ids) == []
    assert "/account/reading" in thief.get("/", Accept="text/html").text, (
        "nothing tells what is closed"
    )
    for way in (
        {"do": "restore", "c": town.talk()},
        {"do": "delete", "c": town.talk()},
        {"do": "unarchive", "c": town.talk()},
    ):
        thief.form("/conversations", way)
    assert seen_by(server, thief, town.ids) == []
    thief.form("/account/reading/code", {"password": "fuenf Enten im See"})
    assert thief.form("/account/reading/open", {"code": "fuenf Enten im See"}).status == 400
    assert seen_by(server, thief, town.ids) == []
    now = server.house.now_ms()
    carla = server.person("carla")
    town.write(lambda c: add_everything(c, carla.id, "x", now))
    words = server.house.store.read_now(
        lambda c: c.execute(
            select(messages.c.id).where(messages.c.conversation_id == town.talk())
        ).first()
    )
    assert words is not None, "closed is not deleted"


def test_the_old_password_opens_it_again(town):
    """Who knows the password from before is who they were; a new one in between changes nothing."""
    taken_over(town)
    thief = taken_over(town)  # once more, so that the one in between is the administrator's
    assert thief.form("/account/reading/open", {"code": "fuenf Enten im See"}).status == 400
    assert thief.form("/account/reading/open", {"code": PASSWORD}).status == 303
    assert "/c/{conversation_id}" in seen_by(town.server, thief, town.ids)
    assert town.kinds("user.opened") == ["user.opened"]


def test_the_recovery_code_opens_it_again(town):
    """A code that was written down opens everything once, and wrong ones are slowed down."""
    server = town.server
    bernd = server.login("bernd")
    assert bernd.form("/account/reading/code", {"password": "wrong words"}).status == 400
    shown = bernd.form("/account/reading/code", {"password": PASSWORD}).text
    code = re.search(r"(?:[A-Z2-9]{5}-){4}[A-Z2-9]{5}", shown)[0]
    assert code not in bernd.get("/account/reading").text
    thief = taken_over(town)
    seen = [thief.form("/account/reading/open", {"code": f"AAAA{n}"}).status for n in range(12)]
    assert seen[0] == 400
    assert seen[-1] == 429
    town.write(lambda c: c.exec_driver_sql("DELETE FROM throttles"))
    assert thief.form("/account/reading/open", {"code": code.lower()}).status == 303
    assert "/c/{conversation_id}" in seen_by(server, thief, town.ids)


def test_two_people_open_it_again(town):
    """Who made the password is the first already; a member, the account itself or a new role is no second."""
    server = town.server
    thief = taken_over(town)
    closed = f"/admin/readings/closed/{town.bernd.id}"
    assert server.session(town.anna.id).form(closed).status == 403
    assert thief.form(closed).status == 403
    young = server.person("young", Role.AUDITOR)
    assert server.session(young.id).form(closed).status == 403
    assert seen_by(server, thief, town.ids) == []
    assert server.session(town.dora.id).form(closed).status == 303
    assert "/c/{conversation_id}" in seen_by(server, thief, town.ids)


def test_a_linked_login_opens_nothing_old(town):
    """Linking a login source to an account closes it as a new password does."""
    server = town.server
    source = {"id": "adfs", "kind": "ldap", "settings": "{}", "enabled": False, "updated_at": 1}
    town.write(lambda c: c.execute(login_sources.insert().values(**source)))
    logins = server.house.logins
    server.call(lambda: logins.link("adfs", "bernd", "subject-x", by=town.anna.id))
    bernd = server.session(town.bernd.id)
    assert seen_by(server, bernd, town.ids) == []
    assert bernd.form("/account/reading/open", {"code": PASSWORD}).status == 303
    assert "/c/{conversation_id}" in seen_by(server, bernd, town.ids)


def test_a_directory_that_is_put_elsewhere_opens_nothing_old(town):
    """Who lets a server of their own answer for everybody reads what is written from then on, no more."""
    server = town.server
    logins = server.house.logins
    there = LdapSettings(title="Stadt", url="ldaps://ldap.stadt.intern", base="dc=stadt")
    server.call(lambda: logins.save("stadt", there, by=town.anna.id, new=True))
    server.call(lambda: logins.link("stadt", "bernd", "subject-x", by=town.anna.id))
    town.write(lambda c: closing.reopen(c, town.bernd.id))
    bernd = server.session(town.bernd.id)
    assert "/c/{conversation_id}" in seen_by(server, bernd, town.ids)
    renamed = msgspec.structs.replace(there, title="Rathaus")
    server.call(lambda: logins.save("stadt", renamed, by=town.anna.id))
    assert "/c/{conversation_id}" in seen_by(server, bernd, town.ids)
    moved = msgspec.structs.replace(renamed, url="ldaps://anna.stadt.intern")
    server.call(lambda: logins.save("stadt", moved, by=town.anna.id))
    assert seen_by(server, bernd, town.ids) == []
    closed = f"/admin/readings/closed/{town.bernd.id}"
    assert server.session(town.anna.id).form(closed).status == 403
    assert server.session(town.dora.id).form(closed).status == 303
    assert "/c/{conversation_id}" in seen_by(server, bernd, town.ids)


def test_a_person_who_changes_the_own_password_loses_nothing(town):
    """One's own change closes nothing."""
    bernd = town.server.login("bernd")
    new = {"old_password": PASSWORD, "password": "vier Hunde im Schnee"}
    assert bernd.form("/account/password", new).status == 303
    assert "/c/{conversation_id}" in seen_by(town.server, bernd, town.ids)


def _share(town, name, at, group):
    row = {"id": name, "conversation_id": town.talk(), "owner_id": town.bernd.id}
    row |= {"group_id": group, "created_at": at}
    town.write(lambda c: c.execute(shares.insert().values(**row)))


def test_who_joins_a_group_gets_what_is_shared_from_then_on(town):
    """Who joins a group as an administrator, or puts somebody made up into it, reads no older shares."""
    server, group = town.server, town.ids["group"]
    now = server.house.now_ms()
    _share(town, "old-share", now - 500, group)
    anna = server.session(town.anna.id)
    assert anna.form(f"/admin/users/{town.anna.id}/groups", {"groups": group}).status == 303
    assert anna.get("/s/old-share").status == 404
    assert "old-share" not in anna.get("/shares").text
    _share(town, "new-share", server.house.now_ms() + 1, group)
    server.house.identity.forget()
    assert SECRET in anna.get("/s/new-share").text
    anna.form("/admin/users", {"login": "sham", "name": "Sham", "role": "member", "group": group})
    sham = server.call(lambda: server.house.identity.people.by_login("sham"))
    town.set(sham, must_change=False)
    assert server.session(sham.id).get("/s/old-share").status == 404
    assert "user.groups" in town.kinds("user.groups")


def test_a_taken_account_does_not_read_what_others_shared_before(town):
    """The shares that a group made before a password was made by somebody else are closed as well."""
    server, group = town.server, town.ids["group"]
    carla = server.person("carla")
    town.write(lambda c: c.exec_driver_sql("DELETE FROM memberships"))
    for one in (carla, town.bernd):
        server.call(
            lambda one=one: server.house.identity.groups.set_further(one.id, [group], "dir", "dir")
        )
    now = server.house.now_ms()
    row = {"id": "talk-carla", "owner_id": carla.id, "title": SECRET, "model": "echo"}
    row |= {"data_class": "internal", "created_at": now - 50, "updated_at": now - 50}
    town.write(lambda c: c.execute(conversations.insert().values(**row)))
    share = {"id": "of-carla", "conversation_id": "talk-carla", "owner_id": carla.id}
    share |= {"group_id": group, "created_at": now - 40}
    town.write(lambda c: c.execute(shares.insert().values(**share)))
    assert SECRET in server.session(town.bernd.id).get("/s/of-carla").text
    thief = taken_over(town)
    assert thief.get("/s/of-carla").status == 404


def test_an_auditor_administers_nothing(town):
    """Every form of administrators refuses an auditor; the pages to oversee open."""
    dora = town.server.session(town.dora.id)
    for path in ("/admin/trail", "/admin/readings", "/admin/audit"):
        assert dora.get(path).status == 200, path
    for path in ("/admin/users", "/admin/keys"):
        assert dora.get(path).status == 403, path
    assert dora.form(f"/admin/users/{town.bernd.id}/password").status == 403


def test_the_export_says_what_is_not_in_it(town):
    """Who takes their data along from a closed account is told that older things are missing."""
    bernd = town.server.session(town.bernd.id)

    def readme(visitor):
        with zipfile.ZipFile(io.BytesIO(visitor.get("/account/data/export").body)) as archive:
            name = next(one for one in archive.namelist() if one.endswith(".txt"))
            return archive.read(name).decode()

    before = readme(bernd)
    after = readme(taken_over(town))
    assert len(after.split("\n\n")) == len(before.split("\n\n")) + 1
