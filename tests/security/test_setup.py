# SPDX-License-Identifier: EUPL-1.2
"""The first account: one link, one use, one administrator."""

from concurrent.futures import ThreadPoolExecutor

from visitors import PASSWORD

FIELDS = {"organisation": "Stadt Beispiel", "login": "anna", "name": "Anna", "password": PASSWORD}


def _token(server) -> str:
    return server.call(server.house.identity.setup.token)


def test_the_link_makes_an_administrator_who_is_logged_in(serve):
    """Link, form, session: then the administration opens, and the link is dead."""
    server = serve()
    token = _token(server)
    visitor = server.visitor()
    shown = visitor.get(f"/setup?token={token}")
    assert shown.status == 200
    assert token in shown.text
    made = visitor.form("/setup", {**FIELDS, "token": token})
    assert (made.status, made.location) == (303, "/")
    users = visitor.get("/admin/users")
    assert users.status == 200
    assert "Stadt Beispiel" in users.text
    assert server.visitor().get(f"/setup?token={token}").status == 404
    assert server.visitor().form("/setup", {**FIELDS, "token": token, "login": "eve"}).status == 404
    assert _token(server) is None


def test_of_two_first_accounts_at_once_one_is_made(serve):
    """Concurrent requests with the same link: one administrator, everybody else is refused."""
    server = serve()
    token = _token(server)

    def attempt(login: str) -> int:
        return server.visitor().form("/setup", {**FIELDS, "token": token, "login": login}).status

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(attempt, ["anna", "bernd", "carla", "dora"]))
    assert statuses == [303, 404, 404, 404]
    assert len(server.call(server.house.identity.people.all)) == 1


def test_a_new_start_ends_the_earlier_link(serve):
    """Only the link printed last works."""
    server = serve()
    first, second = _token(server), _token(server)
    assert server.visitor().get(f"/setup?token={first}").status == 404
    assert server.visitor().get(f"/setup?token={second}").status == 200


def test_a_weak_password_keeps_the_link_and_the_fields(serve):
    """The form comes back with what was typed, without the password, and says what to change."""
    server = serve()
    token = _token(server)
    answer = server.visitor().form("/setup", {**FIELDS, "token": token, "password": "passwort123"})
    assert answer.status == 400
    assert "Stadt Beispiel" in answer.text
    assert "passwort123" not in answer.text
    assert server.visitor().get(f"/setup?token={token}").status == 200


def test_no_account_comes_with_the_house(serve):
    """A fresh install has nobody: no default name opens it."""
    server = serve()
    assert server.call(server.house.identity.people.all) == []
    for login, password in [("admin", "admin"), ("admin", "password"), ("hausgeist", "hausgeist")]:
        answer = server.visitor().form("/login", {"name": login, "password": password})
        assert answer.status == 401
