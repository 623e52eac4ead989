# SPDX-License-Identifier: EUPL-1.2
"""Groups: what their members may use together, who pays, and what the trail tells; on both databases."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from sqlalchemy import select

from hausgeist.audit import Changes, Trail
from hausgeist.core.labels import Zone
from hausgeist.core.models import ModelCard
from hausgeist.core.people import Principal
from hausgeist.errors import Conflict, GroupInUse, InvalidField, NotAllowed, NotFound, UnknownModel
from hausgeist.gateway.directory import Directory
from hausgeist.identity import Identity, KeyWish, Person
from hausgeist.store.tables import api_keys, audit_payloads
from hausgeist.testing.echo import EchoProvider


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def inside(store) -> Callable[[Callable[[Identity], Awaitable[object]]], None]:
    """Runs work with an identity over the database."""

    def run(work: Callable[[Identity], Awaitable[object]]) -> None:
        async def go() -> None:
            trail = Trail(store, b"s" * 32, _now_ms)
            identity = Identity(store, trail, _now_ms, time.monotonic)
            try:
                await work(identity)
            finally:
                await store.drain()
                await identity.close()

        asyncio.run(go())

    return run


async def _person(identity: Identity, login: str = "bernd", group: str = "everyone") -> Person:
    return await identity.people.create(
        login=login, name=login.title(), password=None, group=group, by="test"
    )


async def _in_session(identity: Identity, person: Person) -> Principal:
    found = await identity.by_session(await identity.sessions.open(person.id))
    assert found is not None
    return found


async def _with_key(identity: Identity, person: Person | None, **wish: object) -> Principal:
    made = KeyWish(name="k", service=None if person else "wiki", **wish)
    token, _ = await identity.keys.create(made, person.id if person else None, "test")
    found = await identity.by_key(token)
    assert found is not None
    return found


def test_groups_are_listed_as_a_person_sorts_them(inside):
    """Neither capitals nor umlauts move a group to the end; the first one has a name, not an id."""

    async def work(identity: Identity) -> None:
        await _person(identity)
        for title in ("Zoo", "ämter im Bezirk", "bauamt", "Ordnungsamt", "Ämter"):
            await identity.groups.create(title, "", "test")
        titles = [one.title for one in await identity.groups.all()]
        assert titles == [
            "Alle im Haus",
            "Ämter",
            "ämter im Bezirk",
            "bauamt",
            "Ordnungsamt",
            "Zoo",
        ]

    inside(work)


def test_groups_allow_together_what_any_of_them_allows(inside):
    """The union of the lists; a group without a list allows all; sessions and keys see all groups."""

    async def work(identity: Identity) -> None:
        groups = identity.groups
        bau = await groups.create("Bauamt", "4711", "test")
        it = await groups.create("IT", "", "test")
        bernd = await _person(identity)
        assert (await _in_session(identity, bernd)).models is None
        await identity.people.appoint(bernd.id, role=bernd.role, group=bau.id, by="test")
        await groups.allow(bau.id, ["small"], "small", "test")
        await groups.allow(it.id, ["large", "code"], "", "test")
        assert (await _in_session(identity, bernd)).models == {"small"}
        await groups.join(bernd.id, it.id, "test")
        found = await _in_session(identity, bernd)
        assert found.models == {"small", "large", "code"}
        assert found.groups == {"bauamt", "it"}
        assert (found.group, found.cost_centre, found.default_model) == ("bauamt", "4711", "small")
        key = await _with_key(identity, bernd)
        assert (key.models, key.groups) == (found.models, found.groups)
        await groups.allow(it.id, None, "", "test")
        assert (await _in_session(identity, bernd)).models is None

    inside(work)


def test_a_key_never_may_more_than_its_groups(inside):
    """A key's own list is cut to what the groups allow, also when they allow less later; services too."""

    async def work(identity: Identity) -> None:
        bau = await identity.groups.create("Bauamt", "", "test")
        bernd = await _person(identity, group="Bauamt")
        token, _ = await identity.keys.create(
            KeyWish(name="k", models=("small", "large")), bernd.id, "test"
        )
        assert (await identity.by_key(token)).models == {"small", "large"}
        await identity.groups.allow(bau.id, ["small", "code"], "", "test")
        assert (await identity.by_key(token)).models == {"small"}
        service = await _with_key(identity, None, group="Bauamt")
        assert service.models == {"small", "code"}
        assert service.groups == {"bauamt"}

    inside(work)


def test_a_forbidden_model_is_an_unknown_model():
    """The directory answers alike for what is not there and what the groups do not allow."""
    directory = Directory()
    card = ModelCard(id="large", provider="echo", upstream="large", zone=Zone.HOUSE)
    directory.put("echo", EchoProvider(), [card])
    who = Principal(id="b", name="B", role="member", models=frozenset({"small"}))
    said = set()
    for name in ("large", "nothing"):
        with pytest.raises(UnknownModel) as refused:
            directory.candidates(name, who)
        said.add(str(refused.value).replace(name, "…"))
        assert refused.value.status == 404
    assert len(said) == 1
    assert directory.visible(who) == []
    assert [one.id for one in directory.everything()] == ["large"]


def test_the_groups_choice_goes_before_the_houses(inside):
    """Nobody's choice, the house's, a further group's, the paying group's."""

    async def work(identity: Identity) -> None:
        bernd = await _person(identity)
        assert (await _in_session(identity, bernd)).default_model == ""
        await identity.branding.set_default_model("house", "test")
        assert (await _in_session(identity, bernd)).default_model == "house"
        it = await identity.groups.create("IT", "", "test")
        await identity.groups.allow(it.id, None, "further", "test")
        await identity.groups.join(bernd.id, it.id, "test")
        assert (await _in_session(identity, bernd)).default_model == "further"
        await identity.groups.allow("everyone", None, "paying", "test")
        assert (await _in_session(identity, bernd)).default_model == "paying"

    inside(work)


def test_another_paying_group_pays_for_the_keys_too(inside, store):
    """Who moves takes the keys along."""

    async def work(identity: Identity) -> None:
        bernd = await _person(identity)
        await _with_key(identity, bernd)
        await identity.groups.create("Bauamt", "4711", "test")
        await identity.people.appoint(bernd.id, role=bernd.role, group="bauamt", by="test")
        paying = store.read_now(lambda c: c.execute(select(api_keys.c.group_id)).scalars().all())
        assert paying == ["bauamt"]

    inside(work)


def test_only_an_empty_group_can_be_deleted(inside):
    """People, further members and living service keys keep it; the first group stays for good."""

    async def work(identity: Identity) -> None:
        groups = identity.groups
        await groups.create("Bauamt", "", "test")
        bernd = await _person(identity)
        await groups.join(bernd.id, "bauamt", "test")
        with pytest.raises(GroupInUse):
            await groups.delete("bauamt", "test")
        await groups.leave(bernd.id, "bauamt", "test")
        wish = KeyWish(name="k", service="wiki", group="Bauamt")
        _, key = await identity.keys.create(wish, None, "test")
        with pytest.raises(GroupInUse):
            await groups.delete("bauamt", "test")
        await identity.keys.revoke(key.id, None, "test")
        await groups.delete("bauamt", "test")
        with pytest.raises(NotFound):
            await groups.get("bauamt")
        with pytest.raises(NotAllowed):
            await groups.delete("everyone", "test")

    inside(work)


def test_a_login_source_and_an_administrator_do_not_undo_each_other(inside):
    """What a source says of memberships stays when an administrator changes theirs, and the other way."""

    async def work(identity: Identity) -> None:
        groups = identity.groups
        for title in ("A", "B", "C"):
            await groups.create(title, "", "test")
        bernd = await _person(identity)
        await groups.set_further(bernd.id, ["a", "b"], "test", source="adfs")
        await groups.set_further(bernd.id, ["b", "c"], "test")
        assert await groups.of(bernd.id) == {"a": "adfs", "b": "adfs", "c": ""}
        await groups.set_further(bernd.id, ["a"], "test", source="adfs")
        assert await groups.of(bernd.id) == {"a": "adfs", "c": ""}
        with pytest.raises(NotFound):
            await groups.leave(bernd.id, "a", "test")

    inside(work)


def test_what_cannot_be_is_said(inside):
    """Two groups of one name, one without, an offer the group may not use, a group that is not there."""

    async def work(identity: Identity) -> None:
        groups = identity.groups
        await groups.create("Bauamt", "", "test")
        with pytest.raises(Conflict):
            await groups.create("bauamt", "", "test")
        with pytest.raises(InvalidField):
            await groups.create("  ", "", "test")
        with pytest.raises(InvalidField):
            await groups.allow("bauamt", ["small"], "large", "test")
        bernd = await _person(identity)
        with pytest.raises(NotFound):
            await groups.join(bernd.id, "nobody", "test")

    inside(work)


def test_a_model_is_given_to_groups_and_taken_from_them(inside):
    """The view from the model changes the lists of groups that have one, and leaves the others alone."""

    async def work(identity: Identity) -> None:
        groups = identity.groups
        for title in ("A", "B", "C"):
            await groups.create(title, "", "test")
        await groups.allow("a", ["small"], "small", "test")
        await groups.allow("b", ["large"], "", "test")
        await groups.offer("small", ["b"], "test")
        found = {group.id: group for group in await groups.all()}
        assert found["a"].models == ()
        assert found["a"].default_model == ""
        assert found["b"].models == ("large", "small")
        assert found["c"].models is None

    inside(work)


def test_changes_are_told_with_before_and_after(inside, store):
    """A group's and a person's changes name what was and what is; nothing changed tells nothing."""

    async def work(identity: Identity) -> None:
        await identity.groups.create("Bauamt", "1", "test")
        await identity.groups.change("bauamt", title="Bau", cost_centre="1", by="test")
        await identity.groups.change("bauamt", title="Bau", cost_centre="1", by="test")
        await identity.groups.allow("bauamt", ["small"], "", "test")
        bernd = await _person(identity)
        await identity.groups.join(bernd.id, "bauamt", "test")

    inside(work)
    rows = store.read_now(
        lambda c: (
            c.execute(
                select(audit_payloads.c.body)
                .where(audit_payloads.c.kind.in_(["group.changed", "user.groups"]))
                .order_by(audit_payloads.c.seq)
            )
            .scalars()
            .all()
        )
    )
    assert [msgspec.json.decode(row)["facts"] for row in rows] == [
        {"before.title": "Bauamt", "after.title": "Bau"},
        {"before.models": "*", "after.models": "small"},
        {"before.groups": "", "after.groups": "bauamt", "source": None},
    ]


def test_the_list_of_changes_tells_nothing_of_use(inside, store):
    """No logins, no sessions, no keys of people, nothing people do to their own accounts."""

    async def work(identity: Identity) -> None:
        bernd = await _person(identity)
        await _in_session(identity, bernd)
        await _with_key(identity, bernd)
        await _with_key(identity, None)
        await identity.people.set_profile(bernd.id, name="Bernd Baumeister")
        await identity.sessions.end_all(bernd.id, "test")
        await identity.people.set_active(bernd.id, active=False, by="test")
        found, more = await Changes(store).page(["user.", "key.", "session.", "login."])
        assert [one.kind for one in found] == [
            "user.deactivated",
            "user.sessions_ended",  # by somebody else: no use of the house
            "key.created",
            "user.created",
        ]
        assert found[2].facts["service"] is True
        assert not more
        first, more = await Changes(store).page(["user.", "key."], count=3)
        rest, _ = await Changes(store).page(["user.", "key."], before=first[-1].seq)
        assert more
        assert [one.kind for one in rest] == ["user.created"]

    inside(work)


def test_two_thousand_people_are_found_a_page_at_a_time(inside):
    """Search by words without case, filters, pages, and how many there are."""

    async def work(identity: Identity) -> None:
        await identity.groups.create("Bauamt", "", "test")
        for login, name in (("oezil", "Özil, Ömer"), ("mueller", "Änne Müller"), ("m_x", "M%x")):
            person = await identity.people.create(login=login, name=name, password=None, by="test")
        await identity.groups.join(person.id, "bauamt", "test")
        people = identity.people
        for words, logins in (
            ("özil", ["oezil"]),
            ("MUELL", ["mueller"]),
            ("müller", ["mueller"]),
            ("%", ["m_x"]),
            ("_", ["m_x"]),
            ("nobody", []),
        ):
            found, total = await people.search(words=words)
            assert [one.login for one in found] == logins, words
            assert total == len(logins)
        found, total = await people.search(count=2, offset=2)
        assert (len(found), total) == (1, 3)
        found, _ = await people.search(group="bauamt")
        assert [one.login for one in found] == ["m_x"]
        assert (await people.search(active=False))[1] == 0
        assert (await people.search(role="admin"))[1] == 0

    inside(work)
