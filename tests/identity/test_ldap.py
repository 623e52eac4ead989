# SPDX-License-Identifier: EUPL-1.2
"""Logins by a directory, against a real one: binds, groups, empty passwords, injected filters, TLS."""

import json
import re

import msgspec
import pytest
from directory import BASE, PASSWORD, dn, person
from sourced import add
from sqlalchemy import select

from hausgeist.core.people import Role
from hausgeist.errors import EgressDenied, Upstream
from hausgeist.identity.ldap import Directory, tellable
from hausgeist.identity.sources import LdapSettings, Rule, acceptable
from hausgeist.store.tables import audit_payloads, connections, memberships, sessions

pytestmark = pytest.mark.slapd
REFUSED = 401


def enter(server, name, password=PASSWORD):
    """Fill in the login form; gives browser and answer."""
    visitor = server.visitor()
    return visitor, visitor.form("/login", {"name": name, "password": password})


def who(server, login):
    return server.call(lambda: server.house.identity.people.by_login(login))


def groups_of(server, user_id):
    """The groups that the source ``stadt`` put somebody into."""
    query = select(memberships.c.group_id).where(
        memberships.c.user_id == user_id, memberships.c.source == "stadt"
    )
    return set(server.house.store.read_now(lambda c: c.execute(query).scalars().all()))


def test_the_first_login_makes_an_account_with_its_groups(serve, ldap):
    """Name, paying group and further groups are the directory's; the session says where it came from."""
    server = serve()
    add(server, "stadt", ldap)
    visitor, answer = enter(server, "Anna")
    assert answer.status == 303
    assert visitor.get("/account").status == 200
    anna = who(server, "anna")
    assert (anna.name, anna.group, anna.role) == ("Anna Amsel", "bauamt", Role.MEMBER)
    assert groups_of(server, anna.id) == {"bauamt", "leitung"}
    found = server.house.store.read_now(
        lambda c: c.execute(select(sessions.c.source).where(sessions.c.user_id == anna.id)).scalar()
    )
    assert found == "stadt"
    enter(server, "anna")
    assert len(server.call(lambda: server.house.logins.links("stadt"))) == 1


@pytest.mark.parametrize("serve", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "password", ["", " ", "\t\u00a0", "\u00ad", "\u200b\u200d", "\u0300", "x\x00", "wrong"]
)
def test_a_password_that_is_none_never_logs_in(serve, ldap, password):
    """The directory takes an empty password for an anonymous bind; what vanishes on the way is empty too."""
    server = serve()
    add(server, "stadt", ldap)
    assert enter(server, "anna", password)[1].status == REFUSED


def test_the_library_call_refuses_empty_passwords_by_itself(serve, ldap):
    """Whoever calls the directory's client, with whatever: nothing is even sent."""
    server = serve()
    add(server, "stadt", ldap)
    client = server.house.logins.directories()[0]
    opened = []
    server.house.outbound.record = lambda *row: opened.append(row)
    for password in ("", " ", "\u00ad"):
        assert server.call(lambda password=password: client.proven("anna", password)) is None
    assert opened == []
    assert server.call(lambda: client.proven("anna", PASSWORD)).login == "anna"
    assert tellable("x\u00ad")


@pytest.mark.parametrize("serve", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "name", ["*", "a*", "*)(uid=*", "anna)(cn=*", "\\2a", "anna\x00", "anna,ou=x"]
)
def test_nothing_in_a_name_widens_the_filter(serve, ldap, name):
    """A name is a name: stars and brackets match nobody, or the one who is called so."""
    server = serve()
    add(server, "stadt", ldap)
    assert enter(server, name)[1].status in {400, REFUSED}


def test_somebody_with_brackets_in_the_name_logs_in(serve, ldap):
    """Odd letters are escaped in the filter of people and in that of groups."""
    server = serve()
    config = msgspec.structs.replace(ldap, login_attribute="cn", people_filter="(uid={login})")
    add(server, "stadt", config)
    client = server.house.logins.directories()[0]
    arrival = server.call(lambda: client.proven("ö*)(uid=*", PASSWORD))
    assert (arrival.name, arrival.groups) == ("Frau Klammer", frozenset())


def test_two_entries_of_one_name_are_nobody(serve, ldap):
    """A filter that fits two people lets neither in."""
    server = serve()
    add(server, "stadt", msgspec.structs.replace(ldap, people_filter="(|(uid={login})(uid=carla))"))
    assert enter(server, "anna")[1].status == REFUSED
    assert enter(server, "carla")[1].status == 303


def test_groups_follow_the_directory_at_every_login(serve, ldap, directory):
    """Gone there is gone here, the paying group too; what an administrator gave stays."""
    server = serve()
    directory.load(person("dora", "Dora Dohle", PASSWORD))
    group = f"cn=archiv,ou=groups,{BASE}"
    directory.load(
        f"dn: {group}\nobjectClass: groupOfNames\ncn: archiv\nmember: {dn('anna')}\nmember: {dn('dora')}\n"
    )
    add(
        server, "stadt", msgspec.structs.replace(ldap, rules=(Rule("archiv", "archiv", pays=True),))
    )
    enter(server, "dora")
    dora = who(server, "dora")
    assert (dora.group, groups_of(server, dora.id)) == ("archiv", {"archiv"})
    groups = server.house.identity.groups
    server.call(lambda: groups.create("Chor", "", "test"))
    server.call(lambda: groups.join(dora.id, "chor", "test"))
    directory.load(f"dn: {group}\nchangetype: modify\ndelete: member\nmember: {dn('dora')}\n")
    enter(server, "dora")
    assert (who(server, "dora").group, groups_of(server, dora.id)) == ("everyone", set())
    assert "chor" in server.call(lambda: groups.of(dora.id))
    directory.remove(group)
    directory.remove(dn("dora"))


def test_groups_may_be_listed_at_the_person(serve, ldap):
    """``memberOf`` names groups by DN; the directory's case does not count."""
    server = serve()
    rule = Rule(f"CN=Bauamt, OU=Groups,{BASE}", "bauamt")
    add(
        server,
        "stadt",
        msgspec.structs.replace(ldap, member_of="memberOf", group_base="", rules=(rule,)),
    )
    enter(server, "bernd", PASSWORD + " 2")
    assert groups_of(server, who(server, "bernd").id) == {"bauamt"}


def test_only_allowed_groups_come_in(serve, ldap):
    """Right name and password, wrong group: no account, and a reason."""
    server = serve()
    add(server, "stadt", msgspec.structs.replace(ldap, allowed=("leitung",)))
    answer = enter(server, "bernd", PASSWORD + " 2")[1]
    assert answer.status == 403
    assert "none of the groups" in answer.text
    assert enter(server, "anna")[1].status == 303


def test_the_source_decides_on_administrators_only_if_told(serve, ldap):
    """In the group: administrator; no longer: member; but the last administrator stays."""
    server = serve()
    add(server, "stadt", ldap)
    enter(server, "anna")
    assert who(server, "anna").role is Role.MEMBER
    add(server, "stadt", msgspec.structs.replace(ldap, admins=("leitung",)), new=False)
    enter(server, "anna")
    assert who(server, "anna").role is Role.ADMIN
    add(server, "stadt", msgspec.structs.replace(ldap, admins=("none",)), new=False)
    people = server.house.identity.people
    root = who(server, "root")
    server.call(lambda: people.set_active(root.id, active=False, by="test"))
    enter(server, "anna")
    assert who(server, "anna").role is Role.ADMIN
    server.call(lambda: people.set_active(root.id, active=True, by="test"))
    enter(server, "anna")
    assert who(server, "anna").role is Role.MEMBER


def test_a_local_account_of_the_same_name_is_somebody_else(serve, ldap):
    """It is not taken over; an administrator links it with what the page said, and then it is the same."""
    server = serve()
    local = server.person("anna")
    add(server, "stadt", ldap)
    answer = enter(server, "anna")[1]
    assert answer.status == 403
    subject = re.search(r"identifier is ([0-9a-f-]{36})", answer.text)[1]
    admin = server.login("root")
    linked = admin.form("/admin/logins/stadt/link", {"login": "anna", "subject": subject})
    assert linked.status == 303
    assert enter(server, "anna")[1].status == 303
    assert groups_of(server, local.id) == {"bauamt", "leitung"}
    server.login("anna")  # the password of the house still works
    assert admin.form(f"/admin/logins/stadt/unlink/{local.id}").status == 303
    assert groups_of(server, local.id) == set()


def test_a_trusted_source_takes_the_account_over(serve, ldap):
    """Only where an administrator ticked it."""
    server = serve()
    local = server.person("anna")
    add(server, "stadt", msgspec.structs.replace(ldap, take_over=True))
    assert enter(server, "anna")[1].status == 303
    assert [one.user_id for one in server.call(lambda: server.house.logins.links("stadt"))] == [
        local.id
    ]


def test_nobody_is_the_first_administrator_by_a_source(serve, ldap):
    """Before the set-up the directory's people stay outside, whatever their groups are."""
    server = serve(empty=True)
    add(server, "stadt", msgspec.structs.replace(ldap, admins=("leitung",)))
    answer = enter(server, "anna")[1]
    assert answer.status == 403
    assert server.call(server.house.identity.setup.pending)


def test_a_deactivated_account_stays_outside(serve, ldap):
    """The directory's password is right, the account is off: no session, and the old one has ended."""
    server = serve()
    add(server, "stadt", ldap)
    visitor, _ = enter(server, "anna")
    anna = who(server, "anna")
    key = server.key(anna.id)
    people = server.house.identity.people
    server.call(lambda: people.set_active(anna.id, active=False, by="test"))
    assert visitor.get("/account").status == 303
    assert server.visitor(Authorization=f"Bearer {key}").get("/v1/models").status == 401
    answer = enter(server, "anna")[1]
    assert answer.status == 403
    assert "deactivated" in answer.text


def test_starttls_with_an_authority_of_its_own(serve, ldap, directory):
    """``ldap://`` is secured before anything is said; an unknown authority or another name is refused."""
    server = serve()
    add(server, "stadt", msgspec.structs.replace(ldap, url=directory.ldap))
    assert enter(server, "anna")[1].status == 303
    for wrong in (
        {"certificates": ""},
        {"url": directory.ldaps, "certificates": ""},
        {"url": directory.ldap.replace("127.0.0.1", "localhost")},
        {"url": directory.ldaps.replace("127.0.0.1", "localhost")},
    ):
        add(
            server,
            "stadt",
            msgspec.structs.replace(ldap, **{"url": directory.ldap, **wrong}),
            new=False,
        )
        answer = enter(server, "anna")[1]
        assert answer.status == 502
        assert "Stadtnetz cannot be asked" in answer.text
        with pytest.raises(Upstream, match="certificate"):
            server.call(lambda: server.house.logins.test("stadt", by="test"))


def test_a_service_account_that_is_refused_is_said(serve, ldap):
    """Visitors read that the directory is away, not "wrong password"; the administrator reads why."""
    server = serve()
    add(server, "stadt", ldap, "not its password")
    answer = enter(server, "anna")[1]
    assert answer.status == 502
    assert "service account" not in answer.text
    admin = server.login("root")
    assert "service account" in admin.form("/admin/logins/stadt/test").text


def test_connections_are_allowed_and_in_the_ledger(serve, ldap):
    """Each connection to the directory is a row; off the allow list there is none."""
    server = serve()
    add(server, "stadt", ldap)
    enter(server, "anna")
    client = server.house.logins.directories()[0]
    server.call(lambda: server.house.logins.set_enabled("stadt", enabled=False, by="test"))
    with pytest.raises(EgressDenied):
        server.call(lambda: client.proven("anna", PASSWORD))
    server.call(server.house.store.drain)
    query = select(connections.c.reason, connections.c.allowed, connections.c.port)
    rows = server.house.store.read_now(lambda c: c.execute(query).all())
    assert {(reason, bool(ok)) for reason, ok, _ in rows} == {
        ("ldap:stadt", True),
        ("denied", False),
    }
    assert {port for *_, port in rows} == {ldap.place[2]}


def test_guesses_at_the_directory_are_throttled_like_any(serve, ldap):
    """After a few wrong passwords even the right one has to wait."""
    server = serve()
    add(server, "stadt", ldap)
    answers = [enter(server, "carla", "wrong")[1].status for _ in range(6)]
    assert answers[-1] == 429 or enter(server, "carla")[1].status == 429


def test_local_passwords_may_be_for_administrators_alone(serve, ldap):
    """Members with a password of the house stay outside, administrators and the directory's people do not."""
    server = serve()
    server.person("emil")
    add(server, "stadt", ldap)
    server.login("emil")
    admin = server.login("root")
    assert admin.form("/admin/logins/local", {"local": "admins"}).status == 303
    assert enter(server, "emil", "drei Katzen im Regen")[1].status == REFUSED
    server.login("root")
    assert enter(server, "anna")[1].status == 303


def test_whoever_left_the_directory_loses_the_account(serve, ldap, directory):
    """The daily look deactivates one who is gone; it does so once a day, and not when too many are gone."""
    server = serve()
    names = [f"p{index}" for index in range(5)]
    for name in names:
        directory.load(person(name, f"Person {name}", PASSWORD))
    add(server, "stadt", ldap)
    for name in names:
        assert enter(server, name)[1].status == 303
    client: Directory = server.house.logins.directories()[0]
    check = server.recheck = _recheck(server)
    directory.remove(dn("p0"))
    assert server.call(lambda: check.check(client)) == 1
    assert not who(server, "p0").active
    for name in names[1:]:
        directory.remove(dn(name))
    assert server.call(lambda: check.check(client)) == 0  # today's look is done
    tomorrow = _recheck(server, days=1)
    assert server.call(lambda: tomorrow.check(client)) == 0
    assert all(who(server, name).active for name in names[1:])
    kinds = server.house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.kind)).scalars().all()
    )
    assert "login_source.recheck_refused" in kinds


def _recheck(server, days=0):
    from hausgeist.identity.recheck import Recheck

    house = server.house
    return Recheck(
        house.store,
        house.trail,
        logins=house.logins,
        people=house.identity.people,
        now_ms=lambda: house.now_ms() + days * 86_400_000,
    )


def test_no_secret_leaves_the_house(serve, ldap):
    """Neither page nor trail nor database has the service account's password; the trail says what changed."""
    server = serve()
    add(server, "stadt", ldap, "sehr geheimes Wort")
    admin = server.login("root")
    page = admin.get("/admin/logins/stadt").text
    assert "Stadtnetz" in page
    assert "sehr geheimes Wort" not in page
    server.call(server.house.store.drain)
    rows = server.house.store.read_now(
        lambda c: c.execute(select(audit_payloads.c.kind, audit_payloads.c.body)).all()
    )
    text = json.dumps([list(row) for row in rows])
    assert "login_source.saved" in text
    assert "after.url" in text
    assert "sehr geheimes Wort" not in text


def test_another_server_needs_the_secret_again(serve, ldap, directory):
    """The password of the service account is bound to the address it was entered for."""
    server = serve()
    add(server, "stadt", ldap)
    logins = server.house.logins
    moved = msgspec.structs.replace(ldap, url=directory.ldap)
    server.call(lambda: logins.save("stadt", moved, by="test"))
    assert not server.call(lambda: logins.get("stadt")).has_secret
    with pytest.raises(Upstream):
        server.call(lambda: logins.test("stadt", by="test"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://127.0.0.1"},
        {"url": "ldap://user:pw@host"},
        {"people_filter": "(uid=x)"},
        {"people_filter": "(uid={login}))(a=b"},
        {"group_filter": "(member=x)"},
        {"id_attribute": "entryUUID)(x"},
        {"timeout": 0},
        {"certificates": "none"},
        {"base": ""},
    ],
)
def test_settings_that_cannot_work_are_refused(ldap, wrong):
    """With the field's name."""
    from hausgeist.errors import InvalidField

    with pytest.raises(InvalidField) as caught:
        acceptable(msgspec.structs.replace(ldap, **wrong))
    assert caught.value.param == next(iter(wrong))
    assert isinstance(acceptable(ldap), LdapSettings)
