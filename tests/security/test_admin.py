# SPDX-License-Identifier: EUPL-1.2
"""The administration's pages: people, service keys, models, providers; without a script."""

import re
import threading

import pytest
from visitors import PASSWORD

from hausgeist.core.people import Role
from hausgeist.store import providers as provider_rows
from hausgeist.testing.gguf import tiny_model
from hausgeist.web.pages.admin import PAGES


@pytest.fixture
def house(serve):
    """A house with an administrator's browser."""
    server = serve()
    server.person("anna", Role.ADMIN)
    return server, server.login("anna")


def test_a_new_person_logs_in_with_the_password_shown_once(house):
    """The made-up password stands in the answer, on no later page, and opens the account."""
    server, visitor = house
    made = visitor.form("/admin/users", {"login": "bernd", "role": "member", "group": "Bauamt"})
    password = re.search(r'id="once-value"[^>]*>([^<]+)<', made.text)[1]
    assert password not in visitor.get("/admin/users").text
    bernd = server.login("bernd", password)
    assert bernd.get("/").location == "/account/password"
    assert server.call(lambda: server.house.identity.people.by_login("bernd")).group == "bauamt"


def test_a_taken_login_is_said_and_what_was_typed_is_kept(house):
    """409 with the form filled in again."""
    _, visitor = house
    answer = visitor.form("/admin/users", {"login": "ANNA", "name": "Zweite Anna"})
    assert answer.status == 409
    assert "Zweite Anna" in answer.text


def test_a_service_key_is_shown_once_and_carries_its_limits(house):
    """Scope, class and group are what the form said; the page afterwards has only a hint."""
    server, visitor = house
    wish = {
        "key_name": "Suche",
        "service": "intranet",
        "group": "IT Abteilung",
        "cost_centre": "4711",
        "max_class": "internal",
        "days": "30",
    }
    made = visitor.form("/admin/keys", wish)
    token = re.search(r"hg-[\w-]{43}", made.text)[0]
    assert token not in visitor.get("/admin/keys").text
    principal = server.call(lambda: server.house.identity.by_key(token))
    assert principal.service_key == principal.key_id
    assert principal.group == "it-abteilung"
    assert principal.cost_centre == "4711"
    assert principal.max_class.word == "internal"
    assert not principal.is_admin
    assert visitor.form(f"/admin/keys/{principal.key_id}/revoke").status == 303
    assert server.call(lambda: server.house.identity.by_key(token)) is None


def test_a_model_arrives_and_goes(house, tmp_path):
    """Fetch a file, see it on offer in the house's zone, remove it."""
    _, visitor = house
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_model())
    assert visitor.form("/admin/models", {"source": f"file:{path}"}).location.endswith("started")
    for _ in range(200):
        text = visitor.get("/admin/models").text
        if 'http-equiv="refresh"' not in text:
            break
        threading.Event().wait(0.05)
    assert 'value="tiny"' in text
    assert 'data-zone="house"' in text
    assert visitor.form("/admin/models/remove", {"model": "tiny"}).status == 303
    assert 'value="tiny"' not in visitor.get("/admin/models").text
    assert visitor.form("/admin/models/remove", {"model": "tiny"}).status == 404


def test_a_source_that_fails_says_why(house, tmp_path):
    """What cannot be parsed is refused at once; what is no model ends with the reason on the page."""
    _, visitor = house
    refused = visitor.form("/admin/models", {"source": "ftp://somewhere/x"})
    assert refused.status == 400
    assert "ftp://somewhere/x" in refused.text
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF but not really" * 10)
    visitor.form("/admin/models", {"source": f"file:{path}"})
    for _ in range(200):
        text = visitor.get("/admin/models").text
        if 'http-equiv="refresh"' not in text:
            break
        threading.Event().wait(0.05)
    assert "notice--bad" in text


def test_a_provider_outside_europe_needs_the_ticked_box(house):
    """Add from the catalogue with a key: off; enabling without the confirmation is refused."""
    server, visitor = house
    fields = {"entry": "openai", "key": "sk-secret-of-the-house", "cleared_for": "public"}
    assert visitor.form("/admin/providers", fields).status == 303
    shown = visitor.get("/admin/providers").text
    assert "sk-secret-of-the-house" not in shown
    assert server.house.gateway.directory.sources().count("openai") == 0
    assert visitor.form("/admin/providers/openai/enable").status == 400
    confirmed = visitor.form("/admin/providers/openai/enable", {"confirm_world": "yes"})
    assert confirmed.status == 303
    assert "openai" in server.house.gateway.directory.sources()
    assert 'data-zone="world"' in visitor.get("/admin/models").text
    visitor.form("/admin/providers/openai/disable")
    assert "openai" not in server.house.gateway.directory.sources()
    visitor.form("/admin/providers/openai/delete")
    assert server.house.store.read_now(provider_rows.every) == []


def test_a_provider_is_released_for_a_class_by_a_person(house):
    """Nothing but public is released until somebody says so."""
    server, visitor = house
    fields = {"entry": "mistral", "key": "secret", "cleared_for": "public"}
    visitor.form("/admin/providers", fields)
    visitor.form("/admin/providers/mistral/clearance", {"cleared_for": "internal"})
    found = server.call(lambda: server.house.providers.get("mistral"))
    assert found.config.cleared_for == "internal"
    assert found.has_key
    odd = visitor.form("/admin/providers/mistral/clearance", {"cleared_for": "everything"})
    assert odd.status == 400


def test_every_page_speaks_both_languages(house):
    """The account's language decides; without an account the browser's, then the house's."""
    server, visitor = house
    paths = ["/account", "/account/password", *(path for *_, path in PAGES)]
    paths += [f"/admin/users/{server.person('bernd').id}", "/admin/groups/everyone"]
    for path in paths:
        visitor.form("/preferences", {"language": "de"})
        german = visitor.get(path)
        visitor.form("/preferences", {"language": "en"})
        english = visitor.get(path)
        assert (german.status, english.status) == (200, 200)
        assert '<html lang="de"' in german.text
        assert '<html lang="en"' in english.text
    stranger = server.visitor()
    assert '<html lang="en"' in stranger.get("/login", Accept_Language="en-GB,de;q=0.5").text
    assert '<html lang="de"' in stranger.get("/login", Accept_Language="fr").text


def test_the_key_of_a_service_is_accounted_to_a_group_that_there_is(house):
    """The form offers the groups by name, and the list calls them so."""
    server, visitor = house
    server.call(lambda: server.house.identity.groups.create("Amt für Bauen", "4711", "test"))
    page = visitor.get("/admin/keys").text
    assert '<option value="amt-für-bauen">Amt für Bauen</option>' in page
    assert '<option value="everyone" selected>' in page
    wish = {"key_name": "Suche", "service": "wiki", "group": "amt-für-bauen", "days": "30"}
    assert visitor.form("/admin/keys", {**wish, "max_class": "internal"}).status == 200
    assert "wiki (Amt für Bauen)" in visitor.get("/admin/keys").text


def test_errors_on_pages_are_pages(house):
    """A missing page, a refused one, a wrong form: readable, in the reader's language, with a way on."""
    server, visitor = house
    server.person("bernd")
    for answer, status in (
        (visitor.get("/nothing-here"), 404),
        (server.login("bernd").get("/admin/users"), 403),
        (visitor.json("/account/profile", {}, Origin=f"http://127.0.0.1:{server.port}"), 400),
        (visitor.form("/account/keys", {"key_name": "x" * 70_000}), 413),
    ):
        assert answer.status == status
        assert answer.headers["content-type"].startswith("text/html")
        assert 'class="empty' in answer.text


def test_part_of_a_page_sends_the_whole_page_to_the_login(serve):
    """When the session is over, htmx is told to load the login, not to paste it somewhere."""
    server = serve()
    answer = server.visitor().get("/account", HX_Request="true")
    assert (answer.status, answer.headers["hx-redirect"]) == (401, "/login")


def test_the_password_never_travels_back(house):
    """No page repeats a password that was typed."""
    server, visitor = house
    typed = "ein sehr eigenes Passwort"
    fields = {"old_password": typed, "password": typed}
    assert typed not in visitor.form("/account/password", fields).text
    login = server.visitor().form("/login", {"name": "anna", "password": typed})
    assert typed not in login.text
    assert PASSWORD not in visitor.get("/account").text


def test_a_password_made_by_somebody_else_is_changed_first(house):
    """Until then there is nothing else: no page, no form, no interface; afterwards there is everything."""
    server, visitor = house
    made = visitor.form("/admin/users", {"login": "bernd", "group": "everyone"})
    password = re.search(r'id="once-value"[^>]*>([^<]+)<', made.text)[1]
    bernd = server.login("bernd", password)
    assert bernd.get("/account").location == "/account/password"
    assert bernd.form("/account/profile", {"name": "B"}).location == "/account/password"
    assert bernd.get("/v1/models").status == 403
    assert bernd.get("/account/password").status == 200
    fields = {"old_password": password, "password": "kurz"}
    assert bernd.form("/account/password", fields).status == 400
    fields["password"] = PASSWORD
    assert bernd.form("/account/password", fields).location == "/"
    assert bernd.get("/account").status == 200
    assert server.login("bernd").get("/account").status == 200


def test_groups_decide_what_is_offered_and_answered(house):
    """A model that no group allows is unknown to the chat, to keys and in lists; then it is there."""
    server, visitor = house
    bernd = server.person("bernd")
    token = server.key(bernd.id)
    program = server.visitor(Authorization=f"Bearer {token}")
    call = {"model": "echo", "messages": [{"role": "user", "content": "Hallo"}]}
    assert 'value="echo"' in server.session(bernd.id).get("/", Accept="text/html").text
    assert program.json("/v1/chat/completions", call).status == 200
    visitor.form("/admin/groups/everyone/models", {"which": "some", "models": ["other"]})
    unknown = program.json("/v1/chat/completions", {**call, "model": "nothing"})
    refused = program.json("/v1/chat/completions", call)
    assert refused.status == unknown.status == 404
    assert refused.text.replace("echo", "") == unknown.text.replace("nothing", "")
    assert "echo" not in program.get("/v1/models").text
    assert 'value="echo"' not in server.session(bernd.id).get("/", Accept="text/html").text
    assert 'value="echo"' in visitor.get("/admin/models").text
    visitor.form("/admin/groups/everyone/models", {"which": "all"})
    assert program.json("/v1/chat/completions", call).status == 200


def test_a_hidden_model_is_had_by_name_only(house):
    """Not in the chat's choice, still in the interface; its title is the house's."""
    server, visitor = house
    bernd = server.session(server.person("bernd").id)
    visitor.form("/admin/models/note", {"model": "echo", "title": "Hausmodell", "offered": "yes"})
    assert "Hausmodell" in bernd.get("/", Accept="text/html").text
    visitor.form("/admin/models/note", {"model": "echo", "title": "Hausmodell"})
    assert 'value="echo"' not in bernd.get("/", Accept="text/html").text
    assert '"echo"' in bernd.get("/v1/models").text


def test_an_announcement_can_be_put_away(house):
    """It stands over every page until its reader puts it away; others still see it; hostile words rest."""
    server, visitor = house
    text = "**Wartung** <script>alert(1)</script> [x](javascript:alert(1))"
    visitor.form("/admin/announcements", {"text": text, "kind": "warn"})
    bernd = server.session(server.person("bernd").id)
    shown = bernd.get("/account").text
    assert "<strong>Wartung</strong>" in shown
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown
    address = re.search(r'action="(/announcements/[^"]+)"', shown)[1]
    assert bernd.form(address).status == 303
    assert "Wartung" not in bernd.get("/account").text
    assert "Wartung" in visitor.get("/account").text
    assert "Wartung" not in server.visitor().get("/login").text


def test_the_looks_are_served_to_everybody(house):
    """Colours and links reach the login page; the stylesheet is kept for ever under its digest only."""
    server, visitor = house
    stranger = server.visitor()
    assert stranger.get("/brand/theme.css").status == 404
    assert stranger.get("/brand/logo").status == 404
    visitor.form("/admin/appearance/colour", {"accent": "#aa0033"})
    fields = {"organisation": "Stadt", "imprint": "https://example.org/i", "login_de": "Moin."}
    visitor.form("/admin/appearance", fields)
    login = stranger.get("/login", Accept_Language="de").text
    address = re.search(r'href="(/brand/theme.css[^"]+)"', login)[1]
    assert "immutable" in stranger.get(address).headers["cache-control"]
    assert "immutable" not in stranger.get("/brand/theme.css").headers["cache-control"]
    assert "Moin." in login
    assert 'href="https://example.org/i"' in login
    bad = visitor.form("/admin/appearance", {**fields, "imprint": "javascript:alert(1)"})
    assert bad.status == 400
    assert "javascript" not in stranger.get("/login").text


def test_erasing_asks_for_the_name_and_gives_a_receipt(house):
    """A wrong name erases nothing; the right one ends the account and shows what was erased."""
    server, visitor = house
    bernd = server.person("bernd")
    at = f"/admin/users/{bernd.id}"
    assert visitor.form(f"{at}/erase", {"confirm": "carla"}).status == 400
    assert visitor.get(at).status == 200
    receipt = visitor.form(f"{at}/erase", {"confirm": "Bernd"})
    assert receipt.status == 200
    assert "signature" in receipt.text
    assert visitor.get(at).status == 404


def test_nothing_on_a_persons_page_tells_of_use(house):
    """The page is the same after a day of work, but for nothing."""
    server, visitor = house
    bernd = server.person("bernd")
    at = f"/admin/users/{bernd.id}"
    before = visitor.get(at).text
    theirs = server.session(bernd.id)
    theirs.get("/account")
    token = server.key(bernd.id)
    call = {"model": "echo", "messages": [{"role": "user", "content": "Hallo"}]}
    server.visitor(Authorization=f"Bearer {token}").json("/v1/chat/completions", call)
    assert visitor.get(at).text == before
