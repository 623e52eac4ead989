# SPDX-License-Identifier: EUPL-1.2
"""Two people, every route, every id of the other: nothing is found, and nothing is changed."""

import itertools
import json
import re
from urllib.parse import urlencode

import pytest
from everything import add_everything, ids_of
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.people import STORES

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
PLACES = {
    "conversation_id": ["conversation"],
    "message_id": ["message"],
    "turn_id": ["message"],
    "file_id": ["file"],
    "folder_id": ["folder"],
    "import_id": ["import"],
    "item_id": ["assistant", "prompt", "item"],
    "key_id": ["key"],
    "share_id": ["share"],
    "user_id": ["user"],
    "group_id": ["group"],
    "hold_id": ["hold"],
    "reading_id": ["reading"],
    "job_id": ["job"],
    "task_id": ["task"],
    "member_id": ["member"],
    "intake_id": ["intake"],
    "rule_id": ["task_rule"],
    "opening_id": ["opening"],
    "student_id": ["student"],
    "upload_id": ["intake"],
    "template_id": ["template"],
    "id": ["conversation", "message"],
}
"""The kinds of a person's things that a place in a path names; the other places name the house's."""
HOUSE = {"format": "md"}
FIELD_KINDS = {
    "user": "user user_id owner owner_id",
    "key": "key key_id",
    "session": "session session_id",
    "conversation": "conversation conversation_id chat_id thread_id to c id q",
    "message": "message message_id parent parent_id leaf_id previous_response_id again older at edit "
    "continue before after",
    "assistant": "assistant version starter",
    "folder": "folder from",
    "group": "group groups group_id",
    "file": "file take",
}
KINDS = ("application/json", "application/x-www-form-urlencoded")
ID_FIELDS = {name: kind for kind, names in FIELD_KINDS.items() for name in names.split()}


@pytest.fixture(scope="module")
def two(server):
    """Bernd and carla have one of everything; carla will try to reach what is bernd's."""
    bernd = server.call(lambda: server.house.identity.people.by_login("bernd"))
    carla = server.call(lambda: server.house.identity.people.by_login("carla"))
    now = server.house.now_ms()
    for person, words in ((bernd, SECRET), (carla, "der Speiseplan")):
        server.house.store.write_now(
            lambda c, p=person, w=words: add_everything(c, p.id, w, now, name=w)
        )
    return server, bernd, carla, ids_of(bernd.id), ids_of(carla.id)


def _held(server, person) -> str:
    """Everything the database holds of a person, as text."""
    read = server.house.store.read_now
    return json.dumps(read(lambda c: {s.name: s.export(c, person.id) for s in STORES}))


def _foreign(kinds) -> str:
    """A kind that is none of these."""
    return next(kind for kind in ("conversation", "user") if kind not in kinds)


def _fields(ids: dict[str, str]):
    """Fields that name the other's ids: each with one of its kind, then all with one of another."""
    # what is left out would turn a new question into something else
    for left_out in ({"again", "continue", "edit"}, {"again", "continue"}, {"continue"}, set()):
        yield {name: ids[kind] for name, kind in ID_FIELDS.items() if name not in left_out}
    yield dict.fromkeys(ID_FIELDS, ids["session"])


def _bodies(route, ids: dict[str, str]):
    """Bodies that name the other's ids in every field; as a form for pages, as JSON for programs."""
    if route.method in {"GET", "HEAD", "DELETE"}:
        yield None, {}
    if route.method in {"GET", "HEAD"}:
        return
    for chosen in _fields(ids):
        fields = {**FIELDS, **chosen}
        if route.dialect in {"page", "json"}:
            form = {name: value for name, value in fields.items() if isinstance(value, str)}
            yield urlencode(form), {"Content_Type": "application/x-www-form-urlencoded"}
        else:
            yield json.dumps(fields), {"Content_Type": "application/json"}


def _paths(route, ids: dict[str, str], own: dict[str, str]):
    """The route's path with the other's ids, once in each place with a foreign kind or one's own."""
    places = re.findall(r"{([a-z_]+)[^}]*}", route.path)
    kinds = [PLACES.get(place, []) for place in places]
    theirs = [
        [ids[kind] for kind in known] or [HOUSE.get(place, ids["user"])]
        for place, known in zip(places, kinds, strict=True)
    ]
    for chosen in itertools.product(*theirs):
        yield _filled(route.path, chosen)
    for n, known in enumerate(kinds):
        first = [found[0] for found in theirs]
        yield _filled(route.path, [*first[:n], ids[_foreign(known)], *first[n + 1 :]])
        if known and any(kinds[:n] + kinds[n + 1 :]):
            yield _filled(route.path, [*first[:n], own[known[0]], *first[n + 1 :]])


def _filled(path: str, chosen) -> str:
    for found in chosen:
        path = re.sub(r"{[^}]*}", found, path, count=1)
    return path


def test_no_id_of_another_leads_anywhere(two):
    """Every route with an id in its path, as session and as key: not found, or not for this role."""
    server, bernd, carla, ids, own = two
    before = _held(server, bernd)
    token = server.key(carla.id)
    visitors = server.session(carla.id), server.visitor(Authorization=f"Bearer {token}")
    tried = 0
    for route in server.edge.table.routes:
        if "{" not in route.path:
            continue
        for path, (body, headers), visitor in itertools.product(
            _paths(route, ids, own), _bodies(route, ids), visitors
        ):
            answer = visitor.ask(route.method, path, body, **headers)
            where = f"{route.method} {path}: {answer.status}"
            to_login = answer.status == 303 and answer.location.startswith("/login")
            assert answer.status in {401, 403, 404} or to_login, where
            assert SECRET.encode() not in answer.body, where
            tried += 1
    assert tried > 1000
    assert visitors[0].get("/account").status == 200, "the session did not last"
    assert _held(server, bernd) == before


def test_no_field_with_an_id_of_another_leads_anywhere(two):
    """Every other route with the ids in query and body: nothing of the other is shown or changed."""
    server, bernd, carla, ids, _ = two
    before = _held(server, bernd)
    token = server.key(carla.id)
    for route in server.edge.table.routes:
        if "{" in route.path:
            continue
        asked = [urlencode(fields) for fields in _fields(ids)]
        bodies = list(_bodies(route, ids))
        # a body with every query where there is none; else they go in step
        tries = zip(asked, bodies if len(bodies) > 1 else bodies * len(asked), strict=False)
        for query, (body, headers) in tries:
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
    server, bernd, _, ids, _ = two
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
        # of what kind a body is does not matter where none is read
        for kind in KINDS[:1] if route.method in {"GET", "HEAD"} else KINDS:
            visitor = server.session(anna.id)
            answer = visitor.probe(route.method, path, body, Content_Type=kind)
            assert answer.status < 500, f"{route.method} {path} {kind}: {answer.status}"
