# SPDX-License-Identifier: EUPL-1.2
"""Logins: sessions, cookies, throttling, redirects, and what ends them."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.errors import LoginThrottled
from hausgeist.identity import passwords, throttle
from hausgeist.web.forms import local_path


def test_a_login_gives_a_new_session_every_time(server):
    """A cookie brought along is never adopted, and the session it had is over (fixation)."""
    visitor = server.visitor()
    visitor.cookies["hausgeist_session"] = "chosen-by-somebody-else"
    visitor.form("/login", {"name": "bernd", "password": PASSWORD})
    first = visitor.cookies["hausgeist_session"]
    assert first != "chosen-by-somebody-else"
    visitor.form("/login", {"name": "Bernd ", "password": PASSWORD})
    assert visitor.cookies["hausgeist_session"] != first
    old = server.visitor()
    old.cookies["hausgeist_session"] = first
    assert old.get("/account").status == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(serve):
    """HttpOnly, SameSite=Lax, Path=/; Secure where people come by https."""
    server = serve(public_url="https://ki.example.de")
    server.person("bernd")
    answer = server.visitor().form("/login", {"name": "bernd", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=lax", "path=/", "secure", "max-age="):
        assert part in cookie, part


def test_the_database_holds_neither_cookie_nor_key_nor_password(serve):
    """What opens the house is not in its file."""
    server = serve()
    person = server.person("bernd")
    token = server.key(person.id)
    visitor = server.login("bernd")
    server.call(server.house.store.drain)
    content = b"".join(path.read_bytes() for path in server.settings.home.glob("hausgeist.db*"))
    assert person.id.encode() in content
    for secret in (token, visitor.cookies["hausgeist_session"], PASSWORD):
        assert secret.encode() not in content


def test_logout_ends_the_session_at_the_server(server):
    """A cookie kept from before is worth nothing afterwards."""
    visitor = server.login("bernd")
    kept = visitor.cookies["hausgeist_session"]
    assert visitor.form("/logout").location == "/login"
    assert "hausgeist_session" not in visitor.cookies
    visitor.cookies["hausgeist_session"] = kept
    assert visitor.get("/account").status == 303


def test_unknown_wrong_and_deactivated_are_one_answer(serve):
    """The page does not tell whether an account exists, in its words."""
    server = serve()
    server.person("anna", Role.ADMIN)
    gone = server.person("dora")
    people = server.house.identity.people
    server.call(lambda: people.set_active(gone.id, active=False, by="test"))
    bodies = set()
    for name, password in [("anna", "wrong one here"), ("nobody", PASSWORD), ("dora", PASSWORD)]:
        answer = server.visitor().form("/login", {"name": name, "password": password})
        assert answer.status == 401
        bodies.add(re.sub(f'value="{name}"', "", answer.text))
    assert len(bodies) == 1


def test_an_unknown_name_costs_a_verification_too(serve, monkeypatch):
    """Every failed login runs argon2 once, whoever was named."""
    server = serve()
    server.person("anna")
    runs = []
    verify = passwords.Passwords.verify

    async def counted(self, known, password):
        runs.append(known)
        return await verify(self, known, password)

    monkeypatch.setattr(passwords.Passwords, "verify", counted)
    for name in ("anna", "nobody"):
        server.visitor().form("/login", {"name": name, "password": "wrong one here"})
    assert len(runs) == 2
    assert passwords._NOBODY.split("$")[3] == runs[0].split("$")[3], "the same parameters"


def test_guessing_is_throttled_and_the_owner_gets_in_again(serve):
    """After a few wrong guesses the name has to wait, right password or not; the wait ends."""
    server = serve()
    server.person("bernd")
    for _ in range(throttle.FREE["login"]):
        assert _try(server, "bernd", "wrong one here").status == 401
    blocked = _try(server, "bernd", PASSWORD)
    assert blocked.status == 429
    assert 1 <= int(blocked.headers["retry-after"]) <= throttle.LONGEST_MS // 1000
    house = server.house
    soon = house.now_ms() + throttle.LONGEST_MS
    house.identity.sessions._now_ms = lambda: soon
    assert _try(server, "bernd", PASSWORD).status == 303


def test_parallel_guesses_pay_like_single_ones(serve):
    """A burst gets no more attempts than a row."""
    server = serve()
    server.person("bernd")
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: _try(server, "bernd", "wrong one here").status, range(12)))
    assert found.count(401) == throttle.FREE["login"]
    assert found.count(429) == 12 - throttle.FREE["login"]


def test_unknown_names_are_throttled_like_known_ones(serve):
    """Throttling does not tell whether an account exists."""
    server = serve()
    statuses = [_try(server, "nobody", "wrong one here").status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_one_network_is_throttled_over_many_names(serve):
    """Trying one password on many names runs into the wait of the network."""
    server = serve()

    async def charge_all() -> int:
        sessions = server.house.identity.sessions
        count = 0
        for number in range(throttle.FREE["network"] + 1):
            try:
                await sessions._throttle.charge(f"name{number}", "127.0.0.1", 1_000_000)
            except LoginThrottled:
                break
            count += 1
        return count

    assert server.call(charge_all) == throttle.FREE["network"]


def test_the_wait_grows_and_has_an_end():
    """Doubling from a second up to the longest wait; a name is never locked for good."""
    waits = [throttle.wait_ms("login:x", count) for count in range(1, 40)]
    assert waits[:7] == [0, 0, 0, 0, 1000, 2000, 4000]
    assert waits == sorted(waits)
    assert waits[-1] == throttle.LONGEST_MS


def test_a_network_is_an_address_or_an_ipv6_prefix():
    """Neighbours in one /64 count together, IPv4 written as IPv6 counts as IPv4."""
    assert throttle.network("203.0.113.9") == throttle.network("::ffff:203.0.113.9")
    assert throttle.network("2001:db8::1") == throttle.network("2001:db8::ffff")
    assert throttle.network("2001:db8::1") != throttle.network("2001:db8:0:1::1")
    assert throttle.network("fe80::1%eth0") == throttle.network("fe80::2")
    assert throttle.network("") == "unknown"


def test_a_changed_password_ends_the_other_sessions(serve):
    """The one who changed it stays; everybody else with a cookie is out."""
    server = serve()
    server.person("bernd")
    here, elsewhere = server.login("bernd"), server.login("bernd")
    new = "vier Hunde im Schnee"
    wrong = here.form("/account/password", {"old_password": "not it at all", "password": new})
    assert wrong.status == 400
    right = here.form("/account/password", {"old_password": PASSWORD, "password": new})
    assert right.location == "/account?done=password"
    assert here.get("/account").status == 200
    assert elsewhere.get("/account").status == 303
    assert _try(server, "bernd", PASSWORD).status == 401
    assert _try(server, "bernd", new).status == 303


def test_sessions_end_by_disuse(serve):
    """A session nobody used for the set number of days is over."""
    server = serve(session_days=3)
    server.person("bernd")
    visitor = server.login("bernd")
    identity = server.house.identity
    later = server.house.now_ms() + 3 * 86_400_000 + 1
    identity._now_ms = lambda: later
    identity.forget()
    assert visitor.get("/account").status == 303


def test_all_others_can_be_ended(serve):
    """One button ends the sessions left open elsewhere."""
    server = serve()
    server.person("bernd")
    here, elsewhere = server.login("bernd"), server.login("bernd")
    assert here.form("/account/sessions/end").location == "/account?done=sessions"
    assert elsewhere.get("/account").status == 303
    assert here.get("/account").status == 200


def test_deactivation_ends_session_and_key_at_once(serve):
    """The next request of either is refused, without waiting for what was remembered."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    token = server.key(bernd.id)
    session, program = server.login("bernd"), server.visitor(Authorization=f"Bearer {token}")
    assert session.get("/account").status == 200
    assert program.json("/v1/chat/completions", {}).status == 400
    done = server.login("anna").form(f"/admin/users/{bernd.id}/deactivate")
    assert done.status == 303
    assert session.get("/account").status == 303
    assert program.json("/v1/chat/completions", {}).status == 401
    server.login("anna").form(f"/admin/users/{bernd.id}/activate")
    assert program.json("/v1/chat/completions", {}).status == 401, "keys stay revoked"


def test_a_demoted_administrator_administers_nothing_from_then_on(serve):
    """An open session has the role of now, not the role of its login."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd", Role.ADMIN)
    session = server.login("bernd")
    assert session.get("/admin/users").status == 200
    server.login("anna").form(f"/admin/users/{bernd.id}", {"role": "member", "group": "everyone"})
    assert session.get("/admin/users").status == 403


def test_the_last_administrator_stays(serve):
    """Neither demotion nor deactivation leaves a house that nobody can administer."""
    server = serve()
    anna = server.person("anna", Role.ADMIN)
    visitor = server.login("anna")
    assert visitor.form(f"/admin/users/{anna.id}/deactivate").status == 409
    demote = {"role": "member", "group": "everyone"}
    assert visitor.form(f"/admin/users/{anna.id}", demote).status == 409
    assert visitor.get("/admin/users").status == 200


def test_a_hash_with_old_parameters_is_renewed_at_login(serve):
    """Who logs in is moved to today's parameters without noticing."""
    from argon2 import PasswordHasher

    from hausgeist.store import accounts

    server = serve()
    person = server.person("bernd")
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    store = server.house.store
    store.write_now(lambda c: accounts.set_user(c, person.id, password_hash=weak))
    server.login("bernd")
    renewed = store.read_now(lambda c: accounts.password_hash(c, person.id))
    assert renewed != weak
    assert f"m={passwords.MEMORY_KIB}," in renewed
    server.login("bernd")


ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:/evil.example",
    "/\r\nSet-Cookie: a=b",
    "account",
    "",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_a_login_leads_nowhere_else(server, wanted):
    """``next`` stays in the house."""
    visitor = server.visitor()
    fields = {"name": "bernd", "password": PASSWORD, "next": wanted}
    assert visitor.form("/login", fields).location == "/"


@pytest.mark.parametrize("wanted", [*ELSEWHERE, " /account", "/%00" + "x" * 3000])
def test_only_a_plain_local_path_passes(wanted):
    """Anything a browser could read as another place gives the default."""
    assert local_path(wanted, "/chat") == "/chat"


def test_preferences_go_back_to_our_own_page_only(server):
    """Of the referring address the path counts, never the host."""
    visitor = server.visitor()
    back = visitor.form("/preferences", {"theme": "dark"}, Referer="https://evil.example/login?a=1")
    assert back.location == "/login?a=1"
    assert 'data-theme="dark"' in visitor.get("/login").text
    back = visitor.form("/preferences", {"language": "en"}, Referer="https://a//evil.example")
    assert back.location == "/"
    assert 'lang="en"' in visitor.get("/login").text


def test_a_visitor_comes_back_to_the_page_that_asked_for_the_login(server):
    """The address with its query survives the login."""
    visitor = server.visitor()
    sent = visitor.get("/account?done=profile")
    assert (sent.status, sent.location) == (303, "/login?next=%2Faccount%3Fdone%3Dprofile")
    shown = visitor.get(sent.location)
    assert 'value="/account?done=profile"' in shown.text
    fields = {"name": "bernd", "password": PASSWORD, "next": "/account?done=profile"}
    assert visitor.form("/login", fields).location == "/account?done=profile"


def test_a_login_does_not_stall_other_answers(serve):
    """While passwords are hashed on their threads, the event loop goes on serving."""
    server = serve()
    server.person("bernd")
    with ThreadPoolExecutor(4) as pool:
        logins = [pool.submit(_try, server, f"nobody{n}", "wrong one here") for n in range(4)]
        while not any(login.done() for login in logins):
            assert server.visitor().get("/login").status == 200
            time.sleep(0.001)
        assert {login.result().status for login in logins} == {401}


def _try(server, name: str, password: str):
    return server.visitor().form("/login", {"name": name, "password": password})
