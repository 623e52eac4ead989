# SPDX-License-Identifier: EUPL-1.2
"""The edge: which names we answer to, which origins may change something, which credential counts."""

import http.client

import pytest
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.errors import NotAllowed, WrongHost
from hausgeist.settings import Settings
from hausgeist.web.hosts import Hosts
from hausgeist.web.origin import check_origin

LOOPBACK = Settings(host="127.0.0.1", public_url="https://ki.example.de", allowed_hosts="intern")
EVERYWHERE = Settings(host="0.0.0.0")
ONE_ADDRESS = Settings(host="192.0.2.7")

HOSTS = [
    (LOOPBACK, b"127.0.0.1:8421", True),
    (LOOPBACK, b"localhost", True),
    (LOOPBACK, b"LOCALHOST:1", True),
    (LOOPBACK, b"localhost.:8421", True),
    (LOOPBACK, b"haus.localhost:8421", True),
    (LOOPBACK, b"[::1]:8421", True),
    (LOOPBACK, b"ki.example.de", True),
    (LOOPBACK, b"intern", True),
    (LOOPBACK, b"evil.example", False),
    (LOOPBACK, b"127.0.0.1.evil.example", False),
    (LOOPBACK, b"evil.example:8421", False),
    (LOOPBACK, b"192.0.2.7", False),
    (LOOPBACK, b"[2001:db8::1]", False),
    (LOOPBACK, b"localhost@evil.example", False),
    (LOOPBACK, b"evil.example#localhost", False),
    (LOOPBACK, b"localhost/evil", False),
    (LOOPBACK, b"localhost:8421:80", False),
    (LOOPBACK, b"localhost:port", False),
    (LOOPBACK, b"localhost:99999", False),
    (LOOPBACK, b"localhost evil.example", False),
    (LOOPBACK, b"localhost, evil.example", False),
    (LOOPBACK, b"[::1", False),
    (LOOPBACK, b"[localhost]", False),
    (LOOPBACK, b"2130706433", False),
    (LOOPBACK, b"loc\xc3\xa4lhost", False),
    (LOOPBACK, b"", False),
    (EVERYWHERE, b"192.0.2.7:8421", True),
    (EVERYWHERE, b"[2001:db8::1]:8421", True),
    (EVERYWHERE, b"127.0.0.1", True),
    (EVERYWHERE, b"evil.example", False),
    (ONE_ADDRESS, b"192.0.2.7:8421", True),
    (ONE_ADDRESS, b"192.0.2.8:8421", False),
]


@pytest.mark.parametrize(("settings", "host", "ours"), HOSTS)
def test_only_our_own_names_are_answered(settings, host, ours):
    """A foreign name that points here (DNS rebinding) and malformed headers are refused."""
    hosts = Hosts(settings)
    for _ in range(2):  # the second time it is remembered
        if ours:
            hosts.check({"headers": [(b"host", host)]})
        else:
            with pytest.raises(WrongHost):
                hosts.check({"headers": [(b"host", host)]})


@pytest.mark.parametrize("headers", [[], [(b"host", b"localhost"), (b"host", b"evil.example")]])
def test_no_host_and_two_hosts_are_refused(headers):
    """There is exactly one name in a request."""
    with pytest.raises(WrongHost):
        Hosts(LOOPBACK).check({"headers": headers})


@pytest.mark.parametrize("path", ["/login", "/v1/models", "/static/css/base.css", "/nothing"])
def test_a_rebound_name_reaches_nothing(server, path):
    """Pages, APIs, files and unknown paths refuse alike, before anything else is looked at."""
    assert server.visitor().get(path, Host="evil.example").status == 421


def test_the_raw_request_line_does_not_matter(server):
    """An absolute address in the request line does not overrule the Host header."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("GET", "http://evil.example/login", skip_host=True)
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status == 421
    connection.close()


ORIGINS = [
    ({}, True),
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "cross-site", "origin": "http://localhost:8421"}, False),
    ({"origin": "http://localhost:8421"}, True),
    ({"origin": "https://ki.example.de"}, True),
    ({"origin": "http://localhost:9999"}, False),
    ({"origin": "http://localhost"}, False),
    ({"origin": "http://evil.example"}, False),
    ({"origin": "http://localhost:8421.evil.example"}, False),
    ({"origin": "http://localhost:8421@evil.example"}, False),
    ({"origin": "null"}, False),
    ({"origin": ""}, False),
]


@pytest.mark.parametrize(("headers", "passes"), ORIGINS)
def test_changes_come_from_our_own_pages(headers, passes):
    """Sec-Fetch-Site decides, else Origin; a program that sends neither brought the cookie itself."""
    raw = [(b"host", b"localhost:8421")]
    raw += [(name.encode(), value.encode()) for name, value in headers.items()]
    if passes:
        check_origin({"headers": raw}, LOOPBACK)
    else:
        with pytest.raises(NotAllowed):
            check_origin({"headers": raw}, LOOPBACK)


@pytest.mark.parametrize("path", ["/login", "/logout", "/preferences", "/setup", "/account/keys"])
def test_a_foreign_page_can_post_no_form_of_ours(server, path):
    """With and without a session: another site's form changes nothing (login CSRF included)."""
    visitor = server.login("bernd")
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        answer = visitor.form(path, {"name": "bernd", "password": PASSWORD}, **headers)
        assert answer.status == 403
        assert "set-cookie" not in answer.headers
    assert visitor.get("/account").status == 200


def test_a_session_opens_the_api_for_our_own_pages_only(server):
    """The same call with the same cookie: allowed from here, refused from elsewhere."""
    visitor = server.login("bernd")
    ours = visitor.json("/v1/chat/completions", {}, Sec_Fetch_Site="same-origin")
    foreign = visitor.json("/v1/chat/completions", {}, Sec_Fetch_Site="cross-site")
    assert (ours.status, foreign.status) == (400, 403)


def test_every_way_to_show_a_key_gives_the_same_decision(serve):
    """Bearer, x-api-key and session: who may what does not depend on the header."""
    server = serve()
    server.person("anna", Role.ADMIN)
    bernd = server.person("bernd")
    token = server.key(bernd.id, models=("only-this",))
    call = {"model": "another", "messages": [{"role": "user", "content": "x"}]}
    seen = set()
    for headers in ({"Authorization": f"Bearer {token}"}, {"x_api_key": token}):
        answer = server.visitor().json("/v1/chat/completions", call, **headers)
        seen.add((answer.status, answer.body))
    assert len(seen) == 1
    assert seen.pop()[0] == 404
    admin_only = [
        route.path
        for route in server.edge.table.routes
        if route.who.value == "admin key" and "{" not in route.path
    ]
    methods = {route.path: route.method for route in server.edge.table.routes}
    for path in admin_only:
        statuses = {
            server.visitor().ask(methods[path], path, b"{}", **headers).status
            for headers in ({"Authorization": f"Bearer {token}"}, {"x_api_key": token})
        } | {server.login("bernd").ask(methods[path], path, b"{}").status}
        assert statuses == {403}, path


def test_a_wrong_key_is_not_helped_by_a_session(server):
    """A credential that was shown counts; nothing falls back to the cookie."""
    visitor = server.login("bernd")
    answer = visitor.json("/v1/chat/completions", {}, Authorization="Bearer hg-wrong")
    assert answer.status == 401


def test_a_cookie_is_no_key_and_a_key_no_cookie(serve):
    """The two kinds of tokens do not stand in for each other."""
    server = serve()
    bernd = server.person("bernd")
    visitor = server.login("bernd")
    token = server.key(bernd.id)
    cookie = visitor.cookies["hausgeist_session"]
    as_key = server.visitor(Authorization=f"Bearer {cookie}")
    assert as_key.json("/v1/chat/completions", {}).status == 401
    as_cookie = server.visitor()
    as_cookie.cookies["hausgeist_session"] = token
    assert as_cookie.get("/account").status == 303


def test_a_key_opens_no_page(serve):
    """Pages take sessions, even from an administrator's key that administers."""
    server = serve()
    anna = server.person("anna", Role.ADMIN)
    token = server.key(anna.id, administers=True)
    for path in ("/account", "/admin/users", "/account/data/export"):
        assert server.visitor(Authorization=f"Bearer {token}").get(path).status == 303


def test_an_administrators_key_administers_only_when_asked_for(serve):
    """A key for a program does not inherit what its owner may in the browser."""
    server = serve()
    anna = server.person("anna", Role.ADMIN)
    plain, strong = server.key(anna.id), server.key(anna.id, administers=True)
    by_key = server.house.identity.by_key
    assert not server.call(lambda: by_key(plain)).is_admin
    assert server.call(lambda: by_key(strong)).is_admin
    visitor = server.login("anna")
    people = server.house.identity.people
    server.person("dora", Role.ADMIN)
    server.call(lambda: people.appoint(anna.id, role=Role.MEMBER, group="everyone", by="test"))
    assert not server.call(lambda: by_key(strong)).is_admin
    wanted = {"key_name": "x", "max_class": "public", "days": "30", "administers": "yes"}
    assert visitor.form("/account/keys", wanted).status == 403


@pytest.mark.parametrize(
    "header",
    [
        "Bearer ' OR '1'='1",
        "Bearer hg-" + "x" * 5000,
        "Bearer \x7f",
        "Bearer",
        "",
        "Basic YW5uYTphbm5h",
        "Bearer hg-%00",
        "Bearer \xff\xfe",
    ],
)
def test_odd_credentials_are_refused_quietly(server, header):
    """Nothing in an Authorization header becomes SQL, a crash or a pass."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/v1/chat/completions")
    connection.putheader("Authorization", header.encode("latin-1"))
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    assert connection.getresponse().status in {400, 401}  # the HTTP parser refuses some itself
    connection.close()


STATIC = [
    "/static/../app.py",
    "/static/..%2f..%2fapp.py",
    "/static/%2e%2e/%2e%2e/app.py",
    "/static//etc/passwd",
    "/static/css/../../templates/base.html",
    "/static/css/base.css%00.html",
    "/static/",
    "/static/css",
    "/static/vendor/htmx.org-2.0.11/LICENSE",
]


@pytest.mark.parametrize("path", STATIC)
def test_static_files_are_a_fixed_list(server, path):
    """Nothing outside the list is served, however the path is written."""
    assert server.visitor().get(path).status == 404


def test_static_files_are_small_and_kept(server):
    """Addresses with a fingerprint are kept for ever, and bodies are compressed."""
    visitor = server.visitor()
    page = visitor.get("/login").text
    address = page.partition('href="/static/css/components.css')[2].partition('"')[0]
    answer = visitor.get(f"/static/css/components.css{address}", Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    plain = visitor.get("/static/css/components.css")
    assert plain.headers["cache-control"] == "no-cache"
    again = visitor.get("/static/css/components.css", If_None_Match=plain.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_pages_are_not_kept_and_carry_a_strict_policy(server):
    """No cache holds a page; scripts come from us alone."""
    answer = server.visitor().get("/login")
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_what_people_type_is_shown_as_text(serve):
    """Names with markup stay names, on every page that shows them."""
    server = serve()
    server.person("anna", Role.ADMIN)
    visitor = server.login("anna")
    markup = '"><script>alert(1)</script>{{ 7*7 }}'
    visitor.form("/account/profile", {"name": markup, "language": "de", "theme": "auto"})
    wish = {"key_name": markup, "max_class": "public", "days": "never"}
    visitor.form("/account/keys", wish)
    visitor.form("/admin/keys", {**wish, "service": markup})
    for path in ("/account", "/admin/users", "/admin/keys"):
        text = visitor.get(path).text
        assert "<script>alert" not in text
        assert "{{ 7*7 }}" in text, path
