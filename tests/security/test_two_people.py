# SPDX-License-Identifier: EUPL-1.2
"""Two people, every route, every id of the other: nothing is found, and nothing is changed."""

import itertools
import json
import re
from urllib.parse import urlencode

import pytest
from sqlalchemy import insert
from visitors import PASSWORD

from hausgeist.chat.library import AssistantBody, PromptBody
from hausgeist.core.people import Principal, Role
from hausgeist.people import STORES
from hausgeist.store import accounts, imports, shares
from hausgeist.store.tables import conversations, messages

SECRET = "der geheime Plan des Bauamts"
FIELDS = {
    "name": "stolen",
    "login": "stolen",
    "title": "stolen",
    "role": "admin",
    "group": "stolen",
    "password": "stolen words here",
    "old_password": PASSWORD,
    "language": "en",
    "theme": "dark",
    "key_name": "stolen",
    "max_class": "special",
    "days": "30",
    "text": "stolen",
    "content": "stolen",
    "prompt": "stolen",
    "model": "echo",
    "class": "internal",
    "do": "delete",
    "messages": [{"role": "user", "content": "x"}],
    "input": "x",
}
ID_FIELDS = tuple(
    "id user user_id owner owner_id key key_id session session_id conversation conversation_id "
    "chat_id message message_id parent parent_id leaf_id thread_id previous_response_id "
    "to again older assistant take version folder at q edit continue file".split()
)


def _everything_of(server, person) -> dict[str, str]:
    """One of everything that a person can have; gives ids by kind."""
    now = server.house.now_ms()
    talk, said = "c" * 20, "d" * 20

    def add(connection):
        connection.execute(
            insert(conversations).values(
                id=talk,
                owner_id=person.id,
                title=SECRET,
                model="none-such",
                data_class="internal",
                leaf_id=said,
                created_at=now,
                updated_at=now,
            )
        )
        connection.execute(
            insert(messages).values(
                id=said,
                conversation_id=talk,
                role="user",
                parts=json.dumps([{"type": "text", "text": SECRET}]),
                state="done",
                created_at=now,
            )
        )

    server.house.store.write_now(add)
    owner = Principal(id=person.id, name=person.login, role=Role.MEMBER)
    saved = AssistantBody(name=SECRET, instructions=SECRET)
    library = server.house.library
    item = server.call(lambda: library.create(owner, [saved, PromptBody(name="x", text=SECRET)]))
    shelves = server.house.shelves
    folder = server.call(lambda: shelves.make_folder(owner, SECRET, [talk]))
    share, brought = _shared_and_brought(server, person, talk, said)
    server.session(person.id)
    server.key(person.id)
    keys = server.call(lambda: server.house.identity.keys.of(person.id))
    sessions = server.call(lambda: server.house.identity.sessions.of(person.id, None))
    return {
        "user": person.id,
        "key": keys[0].id,
        "session": sessions[0].id,
        "conversation": talk,
        "message": said,
        "assistant": item[0],
        "prompt": item[1],
        "folder": folder.id,
        "share": share,
        "import": brought,
    }


def _shared_and_brought(server, person, talk: str, said: str) -> tuple[str, str]:
    """A share with a group that the other is not in, and an import that waits."""
    now = server.house.now_ms()
    row = imports.Row(
        id="e" * 32,
        state="ready",
        data_class="internal",
        found=json.dumps({"sources": [SECRET]}),
        total=1,
        done=0,
        added=0,
        known=0,
        created_at=now,
        touched_at=now,
    )

    def add(connection):
        accounts.add_group(connection, "bauamt", "Bauamt", now)
        shares.add(
            connection,
            person.id,
            id="f" * 32,
            conversation_id=talk,
            leaf_id=said,
            group_id="bauamt",
            created_at=now,
        )
        imports.begin(connection, person.id, row, [])

    server.house.store.write_now(add)
    return "f" * 32, row.id


def _held(server, person) -> str:
    """Everything the database holds of a person, as text."""
    read = server.house.store.read_now
    return json.dumps(read(lambda c: {s.name: s.export(c, person.id) for s in STORES}))


@pytest.fixture(scope="module")
def two(server):
    """Bernd has one of everything; carla will try to reach it."""
    bernd = server.call(lambda: server.house.identity.people.by_login("bernd"))
    carla = server.call(lambda: server.house.identity.people.by_login("carla"))
    return server, bernd, carla, _everything_of(server, bernd)


def _bodies(route, ids: dict[str, str]):
    """Bodies that name the other's ids in every field; as a form for pages, as JSON for programs."""
    if route.method in {"GET", "HEAD", "DELETE"}:
        yield None, {}
    if route.method in {"GET", "HEAD"}:
        return
    for found in ids.values():
        # they turn a new question into something else
        for left_out in ({"again", "continue", "edit"}, {"again", "continue"}, {"continue"}, set()):
            names = [name for name in ID_FIELDS if name not in left_out]
            fields = {**FIELDS, **dict.fromkeys(names, found)}
            if route.dialect in {"page", "json"}:
                form = {name: value for name, value in fields.items() if isinstance(value, str)}
                yield urlencode(form), {"Content_Type": "application/x-www-form-urlencoded"}
            else:
                yield json.dumps(fields), {"Content_Type": "application/json"}


def _paths(route, ids: dict[str, str]):
    """The route's path with every combination of the other's ids in its places."""
    parts = re.findall(r"{[^}]*}", route.path)
    for chosen in itertools.product(ids.values(), repeat=len(parts)):
        path = route.path
        for part, found in zip(parts, chosen, strict=True):
            path = path.replace(part, found, 1)
        yield path


def test_no_id_of_another_leads_anywhere(two):
    """Every route with an id in its path, as session and as key: not found, or not for this role."""
    server, bernd, carla, ids = two
    before = _held(server, bernd)
    token = server.key(carla.id)
    tried = 0
    for route in server.edge.table.routes:
        if "{" not in route.path:
            continue
        for path in _paths(route, ids):
            session = server.session(carla.id)
            for body, headers in _bodies(route, ids):
                for visitor in (session, server.visitor(Authorization=f"Bearer {token}")):
                    answer = visitor.ask(route.method, path, body, **headers)
                    where = f"{route.method} {path}: {answer.status}"
                    to_login = answer.status == 303 and answer.location.startswith("/login")
                    assert answer.status in {401, 403, 404} or to_login, where
                    assert SECRET.encode() not in answer.body, where
                    tried += 1
    assert tried > 50
    assert _held(server, bernd) == before


def test_no_field_with_an_id_of_another_leads_anywhere(two):
    """Every other route with the ids in query and body: nothing of the other is shown or changed."""
    server, bernd, carla, ids = two
    before = _held(server, bernd)
    token = server.key(carla.id)
    for route in server.edge.table.routes:
        if "{" in route.path:
            continue
        query = urlencode(dict.fromkeys(ID_FIELDS, ids["conversation"]))
        for body, headers in _bodies(route, ids):
            for visitor in (
                server.session(carla.id),
                server.visitor(Authorization=f"Bearer {token}"),
            ):
                answer = visitor.ask(route.method, f"{route.path}?{query}", body, **headers)
                where = f"{route.method} {route.path}: {answer.status}"
                assert SECRET.encode() not in answer.body, where
                assert answer.status < 500 or answer.status in {502, 503, 504}, where
    assert _held(server, bernd) == before
    carla_now = server.call(lambda: server.house.identity.people.get(carla.id))
    assert carla_now.role is Role.MEMBER
    assert carla_now.group == "everyone"


def test_an_administrator_does_not_reach_into_peoples_keys(two):
    """Personal keys are on no page of the administration, and cannot be revoked from there."""
    server, bernd, _, ids = two
    anna = server.call(lambda: server.house.identity.people.by_login("anna"))
    visitor = server.session(anna.id)
    assert visitor.ask("POST", f"/admin/keys/{ids['key']}/revoke", "").status == 404
    listed = visitor.get("/admin/keys").text
    for key in server.call(lambda: server.house.identity.keys.of(bernd.id)):
        assert key.id not in listed
        assert key.hint not in listed


def test_a_form_cannot_write_what_is_not_on_it(serve):
    """Extra fields with tempting names change nothing (mass assignment)."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    visitor = server.session(bernd.id)
    tempting = {
        "role": "admin",
        "admin": "1",
        "is_admin": "true",
        "active": "0",
        "group": "chefs",
        "group_id": "chefs",
        "id": "0",
        "user_id": "0",
        "owner": "0",
        "login": "root",
        "password_hash": "x",
        "service": "wiki",
        "cost_centre": "99",
        "administers": "",
    }
    visitor.form("/account/profile", {**tempting, "name": "Bernd", "language": "de"})
    visitor.form(
        "/account/keys", {**tempting, "key_name": "k", "max_class": "public", "days": "never"}
    )
    now = server.call(lambda: server.house.identity.people.get(bernd.id))
    assert (now.login, now.role, now.group, now.active) == ("bernd", "member", "everyone", True)
    (key,) = server.call(lambda: server.house.identity.keys.of(bernd.id))
    assert (key.owner, key.service, key.group, key.administers) == (
        bernd.id,
        None,
        "everyone",
        False,
    )


@pytest.mark.parametrize("body", ["{}", "[]", "", "null", '{"a":', "\x00", "a=%zz&b=%ff"])
def test_no_body_breaks_a_route(serve, body):
    """Empty, wrong and broken bodies to every route as an administrator: a clear no, never a 5xx."""
    server = serve()
    anna = server.person("anna", Role.ADMIN)
    for route in server.edge.table.routes:
        path = re.sub(r"{[^}]*}", "none-such", route.path)
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            visitor = server.session(anna.id)
            answer = visitor.probe(route.method, path, body, Content_Type=kind)
            assert answer.status < 500, f"{route.method} {path} {kind}: {answer.status}"
