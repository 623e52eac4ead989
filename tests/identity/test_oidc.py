# SPDX-License-Identifier: EUPL-1.2
"""Logins by an OpenID provider, against a real one: the flow, groups, logout from there, and forgeries."""

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import idp
import pytest
from sourced import add, oidc
from sqlalchemy import select

from hausgeist.core.people import Role
from hausgeist.errors import Conflict, InvalidField
from hausgeist.store.tables import connections, memberships

pytestmark = pytest.mark.idp


@pytest.fixture
def known(serve, provider):
    """A house and a provider that know each other."""
    server = serve()
    running = provider(server)
    add(server, "idp", oidc(running.issuer))
    return server, running


def begin(server, wanted="/account"):
    """Press the button; gives the browser and the provider's address."""
    visitor = server.visitor()
    answer = visitor.get(f"/sso/idp/login?{urlencode({'next': wanted})}")
    assert answer.status == 303, answer.text
    return visitor, answer.location


def come_back(visitor, address):
    """Follow the provider back into the house."""
    parts = urlsplit(address)
    return visitor.get(f"{parts.path}?{parts.query}")


def enter(server, login):
    """The whole way; gives the browser and the last answer."""
    visitor, away = begin(server)
    return visitor, come_back(visitor, idp.Person().go(away, login))


def who(server, login):
    return server.call(lambda: server.house.identity.people.by_login(login))


def changed(address, **query):
    """An address with other parameters."""
    parts = urlsplit(address)
    told = {name: values[0] for name, values in parse_qs(parts.query).items()}
    told = {name: value for name, value in {**told, **query}.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(told)))


def test_the_whole_way_makes_an_account_with_groups(known):
    """Button, provider, back: a session, an account with the provider's name, its groups, and who pays."""
    server, _ = known
    visitor, answer = enter(server, "bernd")
    assert answer.location == "/account"
    assert visitor.get("/account").status == 200
    assert "hausgeist_journey" not in visitor.cookies
    bernd = who(server, "bernd")
    assert (bernd.name, bernd.group, bernd.role) == ("Bernd Bär", "bauamt", Role.MEMBER)
    query = select(memberships.c.group_id).where(memberships.c.source == "idp")
    rows = server.house.store.read_now(lambda c: c.execute(query).scalars().all())
    assert set(rows) == {"bauamt", "leitung"}
    enter(server, "bernd")
    assert len(server.call(lambda: server.house.logins.links("idp"))) == 1


def test_claims_may_stand_in_the_token_alone(serve, provider):
    """Without user information, what the token says counts, groups and all."""
    server = serve()
    running = provider(server, only_userinfo=False)
    add(server, "idp", oidc(running.issuer, userinfo=False, admins=("leitung",)))
    enter(server, "bernd")
    assert who(server, "bernd").role is Role.ADMIN


def test_the_request_carries_what_protects_it(known):
    """PKCE with S256, state, nonce, the one redirect address; the cookie is sealed and out of reach."""
    server, running = known
    visitor = server.visitor()
    answer = visitor.get("/sso/idp/login")
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
    assert answer.location.startswith(running.issuer)
    assert query["redirect_uri"] == f"{server.settings.public_url}/sso/idp/callback"
    assert query["code_challenge_method"] == "S256"
    assert len(query["state"]) >= 43
    assert len(query["nonce"]) >= 43
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=lax", "path=/sso/", "max-age=600"):
        assert part in cookie
    for secret in (query["state"], query["nonce"]):
        assert secret not in visitor.cookies["hausgeist_journey"]


def test_only_local_paths_follow_a_login(known):
    """What stands in ``next`` leads nowhere else."""
    server, _ = known
    for wanted in ("https://evil.example", "//evil.example", "/\\evil.example"):
        visitor, away = begin(server, wanted)
        assert come_back(visitor, idp.Person().go(away, "anna")).location == "/"


def test_an_answer_slipped_into_another_browser_is_refused(known):
    """Login CSRF: somebody else's code and state fit no cookie here, and no cookie is none."""
    server, _ = known
    _, away = begin(server)
    back = idp.Person().go(away, "anna")
    stranger = server.visitor()
    answer = come_back(stranger, back)
    assert answer.status == 400
    assert "not begun in this browser" in answer.text
    victim, _ = begin(server)
    assert come_back(victim, back).status == 400
    assert "hausgeist_session" not in victim.cookies


def test_a_code_of_another_login_is_refused(known):
    """The state is the victim's own, the code somebody else's: PKCE and nonce do not fit."""
    server, _ = known
    _, away = begin(server)
    back = idp.Person().go(away, "bernd")
    code = parse_qs(urlsplit(back).query)["code"][0]
    victim, own = begin(server)
    state = parse_qs(urlsplit(own).query)["state"][0]
    answer = come_back(victim, changed(back, code=code, state=state))
    assert answer.status == 400
    assert "hausgeist_session" not in victim.cookies


def test_an_answer_counts_once(known):
    """The same address again: the cookie is gone; with the cookie kept, the code is used up."""
    server, _ = known
    visitor, away = begin(server)
    kept = visitor.cookies["hausgeist_journey"]
    back = idp.Person().go(away, "anna")
    assert come_back(visitor, back).status == 303
    assert come_back(visitor, back).status == 400
    thief = server.visitor()
    thief.cookies["hausgeist_journey"] = kept
    assert come_back(thief, back).status == 400
    assert "hausgeist_session" not in thief.cookies


def test_a_foreign_issuer_in_the_answer_is_refused(known):
    """RFC 9207: the provider says who it is, and must."""
    server, _ = known
    for issuer in ("https://evil.example", None):
        visitor, away = begin(server)
        back = changed(idp.Person().go(away, "anna"), iss=issuer)
        assert come_back(visitor, back).status == 400


def test_a_foreign_redirect_address_is_refused_by_the_provider(known):
    """The provider knows the one address and sends nobody elsewhere."""
    server, _ = known
    _, away = begin(server)
    status, location, _ = idp.Person().ask(
        "GET", changed(away, redirect_uri="https://evil.example/")
    )
    assert (status, location) == (400, None)


def test_an_error_of_the_provider_is_a_clear_page(known):
    """Only for whoever began; its own words are not repeated."""
    server, running = known
    visitor, away = begin(server)
    state = parse_qs(urlsplit(away).query)["state"][0]
    told = {"state": state, "iss": running.issuer, "error": "access_denied"}
    words = "Rufen Sie 0190 an"
    answer = visitor.get(f"/sso/idp/callback?{urlencode({**told, 'error_description': words})}")
    assert answer.status == 400
    assert "did not agree" in answer.text
    assert words not in answer.text
    assert 'name="password"' in answer.text


def test_a_login_name_that_is_taken_is_not_taken_over(known):
    """The administrator root stays who they are, whoever is called root at the provider."""
    server, _ = known
    visitor, answer = enter(server, "root")
    assert answer.status == 403
    assert "r-3" in answer.text
    assert "hausgeist_session" not in visitor.cookies


def test_nobody_is_the_first_administrator_by_a_provider(serve, provider):
    """Before the set-up the way ends with a reason, and nobody has an account."""
    server = serve(empty=True)
    running = provider(server)
    add(server, "idp", oidc(running.issuer, admins=("leitung",)))
    assert enter(server, "bernd")[1].status == 403
    assert server.call(server.house.identity.setup.pending)


def test_without_making_accounts_only_linked_people_come_in(serve, provider):
    """An account is made by an administrator, or not at all."""
    server = serve()
    running = provider(server)
    add(server, "idp", oidc(running.issuer, create=False))
    answer = enter(server, "anna")[1]
    assert answer.status == 403
    assert "no account yet" in answer.text
    server.person("anna")
    server.call(lambda: server.house.logins.link("idp", "anna", "a-1", by="test"))
    assert enter(server, "anna")[1].status == 303
    with pytest.raises(Conflict):
        server.call(lambda: server.house.logins.link("idp", "root", "a-1", by="test"))


def test_a_deactivated_account_stays_outside(known):
    """The provider says yes, the house says no."""
    server, _ = known
    visitor, _ = enter(server, "anna")
    people, anna = server.house.identity.people, who(server, "anna")
    server.call(lambda: people.set_active(anna.id, active=False, by="test"))
    assert visitor.get("/account").status == 303
    answer = enter(server, "anna")[1]
    assert answer.status == 403


def test_a_logout_there_ends_the_session_here(known):
    """Back-channel logout: the provider's own logout ends this browser's session, no other one."""
    server, running = known
    at_provider = idp.Person()
    visitor, away = begin(server)
    come_back(visitor, at_provider.go(away, "anna"))
    other, _ = enter(server, "anna")
    local = server.login("root")
    out = server.visitor().get("/sso/idp/logout")
    assert out.status == 303
    status, _, body = at_provider.ask("GET", out.location)
    assert status == 200, body
    xsrf = body.partition('name="xsrf" value="')[2].partition('"')[0]
    at_provider.ask(
        "POST", f"{running.issuer}/session/end/confirm", {"xsrf": xsrf, "logout": "yes"}
    )
    for _ in range(100):
        if visitor.get("/account").status == 303:
            break
    assert visitor.get("/account").status == 303
    assert other.get("/account").status == 200
    assert local.get("/account").status == 200


def test_a_logout_here_shows_the_way_out_there(known):
    """A link on the login page; a session with a password of the house has none."""
    server, _ = known
    visitor, _ = enter(server, "anna")
    out = visitor.form("/logout")
    assert out.location == "/login?left=idp"
    assert "/sso/idp/logout" in visitor.get(out.location).text
    assert server.login("root").form("/logout").location == "/login"


def test_a_source_that_is_off_does_not_exist(known):
    """No button, no way, no connection; its host leaves the allow list."""
    server, running = known
    assert "Stadt-Konto" in server.visitor().get("/login").text
    logins = server.house.logins
    server.call(lambda: logins.set_enabled("idp", enabled=False, by="test"))
    assert "Stadt-Konto" not in server.visitor().get("/login").text
    for path in ("login", "callback", "logout"):
        assert server.visitor().get(f"/sso/idp/{path}").status == 404
    host, port = running.issuer.removeprefix("http://").split(":")
    with pytest.raises(Exception, match="does not open connections"):
        server.house.outbound.allow.find(host, int(port))


def test_connections_to_the_provider_are_in_the_ledger(known):
    """With the source's name as the reason."""
    server, _ = known
    enter(server, "anna")
    server.call(server.house.store.drain)
    query = select(connections.c.reason).distinct()
    assert server.house.store.read_now(lambda c: c.execute(query).scalars().all()) == ["login:idp"]


def test_the_issuer_of_a_source_never_changes(known):
    """Somebody else's "a-1" must not become ours."""
    server, _ = known
    logins = server.house.logins
    with pytest.raises(InvalidField):
        server.call(lambda: logins.save("idp", oidc("https://other.example"), by="test"))


def test_a_wrong_client_secret_is_said(serve, provider):
    """The provider refuses the code; the page says what may be wrong."""
    server = serve()
    running = provider(server)
    add(server, "idp", oidc(running.issuer), "not the secret")
    answer = enter(server, "anna")[1]
    assert answer.status == 400
    assert "secret" in answer.text


def test_an_administrator_sets_it_up_by_forms(serve, provider):
    """Add, test, switch on, log in, forget: the secret is on no page, every step is in the trail."""
    server = serve()
    running = provider(server)
    admin = server.login("root")
    fields = {
        "kind": "oidc",
        "id": "idp",
        "title": "Stadt-Konto",
        "issuer": running.issuer,
        "client_id": idp.CLIENT,
        "secret": idp.SECRET,
        "scopes": "openid profile groups",
        "login_claim": "preferred_username",
        "name_claim": "name",
        "groups_claim": "groups",
        "userinfo": "yes",
        "private": "yes",
        "create": "yes",
        "theirs0": "bau",
        "ours0": "Bau Amt",
        "pays0": "yes",
    }
    wrong = admin.form("/admin/logins", {**fields, "issuer": "http://idp.example"})
    assert wrong.status == 400
    assert "Stadt-Konto" in wrong.text
    assert idp.SECRET not in wrong.text
    assert admin.form("/admin/logins", fields).location == "/admin/logins/idp?done=saved"
    shown = admin.get("/admin/logins/idp").text
    assert f"{server.settings.public_url}/sso/idp/callback" in shown
    assert idp.SECRET not in shown
    assert 'value="bau-amt"' in shown
    assert "The provider answered" in admin.form("/admin/logins/idp/test").text
    assert admin.form("/admin/logins/idp/enable").status == 303
    assert enter(server, "anna")[1].status == 303
    assert who(server, "anna").group == "bau-amt"
    assert admin.form("/admin/logins/idp", {**fields, "secret": ""}).status == 303
    assert enter(server, "anna")[1].status == 303
    visitor, _ = enter(server, "anna")
    assert admin.form("/admin/logins/idp/delete").status == 303
    assert visitor.get("/account").status == 303
    assert admin.get("/admin/logins/idp").status == 404
