# SPDX-License-Identifier: EUPL-1.2
"""What a hostile or broken OpenID provider says: nobody gets in by it.

A small provider on loopback says exactly what a test wants; the real one says no such things.
"""

import base64
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import idp
import pytest
from joserfc import jwk, jwt
from sourced import add, oidc

# tokens are checked before any database is asked
pytestmark = pytest.mark.parametrize("serve", ["sqlite"], indirect=True)

KEY = jwk.RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
STRANGER = jwk.RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})


class Liar:
    """A provider that says what it is told to: ``token`` makes an ID token of a nonce."""

    def __init__(self) -> None:
        self.keys = [KEY.as_dict(private=False)]
        self.token = lambda nonce: signed(self.claims(nonce))
        self.userinfo: dict = {}
        self.asked: list[str] = []
        self.metadata: dict = {}
        self.nonce = ""
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._say()

            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self._say()

            def _say(self):
                liar.asked.append(self.path)
                body = json.dumps(liar.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, path: str) -> dict:
        if path.startswith("/.well-known"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/me",
                **self.metadata,
            }
        if path == "/keys":
            return {"keys": self.keys}
        if path == "/me":
            return self.userinfo
        return {"id_token": self.token(self.nonce), "access_token": "x", "token_type": "Bearer"}

    def claims(self, nonce: str, **more: object) -> dict:
        now = int(time.time())
        told = {
            "iss": self.issuer,
            "sub": "a-1",
            "aud": idp.CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": "anna",
            "groups": [],
        }
        return {name: value for name, value in {**told, **more}.items() if value is not None}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def signed(claims: dict, key=KEY, alg="RS256", **head: object) -> str:
    return jwt.encode({"alg": alg, "kid": "ours", **head}, claims, key, [alg])


def unsigned(claims: dict, alg="none") -> str:
    """A token with a head that promises little, and no signature."""
    parts = [json.dumps({"alg": alg}).encode(), json.dumps(claims).encode(), b""]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.fixture
def liar(serve):
    """A house that trusts the liar."""
    running = Liar()
    running.userinfo = {"sub": "a-1", "name": "Anna"}
    server = serve()
    running.source = oidc(running.issuer)
    add(server, "idp", running.source)
    running.server = server
    yield running
    running.stop()


def enter(liar):
    """The whole way, with the nonce that the house asked for in the liar's hands."""
    visitor = liar.server.visitor()
    away = visitor.get("/sso/idp/login").location
    query = parse_qs(urlsplit(away).query)
    liar.nonce = query["nonce"][0]
    told = urlencode({"state": query["state"][0], "code": "c"})
    return visitor, visitor.get(f"/sso/idp/callback?{told}")


def test_an_honest_token_logs_in(liar):
    """So that the refusals below are refusals of what is wrong in them."""
    assert enter(liar)[1].status == 303


def hmac_signed(claims: dict) -> str:
    """A token whose HMAC has our public key, which everybody knows, as its secret."""
    head = unsigned(claims, "HS256").rpartition(".")[0]
    mac = hmac.new(KEY.as_pem(private=False), head.encode(), "sha256").digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


FORGERIES = {
    "alg none": lambda liar, nonce: unsigned(liar.claims(nonce)),
    "alg None": lambda liar, nonce: unsigned(liar.claims(nonce), "None"),
    "hmac with the public key": lambda liar, nonce: hmac_signed(liar.claims(nonce)),
    "somebody else's key": lambda liar, nonce: signed(liar.claims(nonce), STRANGER),
    "unknown key": lambda liar, nonce: signed(liar.claims(nonce), STRANGER, kid="other"),
    "wrong nonce": lambda liar, nonce: signed(liar.claims("another")),
    "no nonce": lambda liar, nonce: signed(liar.claims(None)),
    "another client": lambda liar, nonce: signed(liar.claims(nonce, aud="somebody-else")),
    "several clients without azp": lambda liar, nonce: signed(
        liar.claims(nonce, aud=[idp.CLIENT, "somebody-else"])
    ),
    "azp of another": lambda liar, nonce: signed(
        liar.claims(nonce, aud=[idp.CLIENT, "x"], azp="somebody-else")
    ),
    "another issuer": lambda liar, nonce: signed(liar.claims(nonce, iss="https://evil.example")),
    "expired": lambda liar, nonce: signed(liar.claims(nonce, exp=int(time.time()) - 3600)),
    "no expiry": lambda liar, nonce: signed(liar.claims(nonce, exp=None)),
    "expiry is no number": lambda liar, nonce: signed(liar.claims(nonce, exp="never")),
    "from the future": lambda liar, nonce: signed(
        liar.claims(nonce, iat=int(time.time()) + 3600, exp=int(time.time()) + 7200)
    ),
    "nobody": lambda liar, nonce: signed(liar.claims(nonce, sub="")),
    "sub is a list": lambda liar, nonce: signed(liar.claims(nonce, sub=["a-1"])),
    "no token": lambda liar, nonce: "abc",
    "huge": lambda liar, nonce: signed(liar.claims(nonce, x="y" * 100_000)),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(liar, name):
    """With a page that says so, and without a session."""
    liar.token = lambda nonce: FORGERIES[name](liar, nonce)
    visitor, answer = enter(liar)
    assert answer.status == 400, answer.text
    assert "hausgeist_session" not in visitor.cookies


def test_user_information_about_somebody_else_is_refused(liar):
    """It is merged only if its subject is the token's."""
    for told in ({"sub": "b-2", "preferred_username": "root"}, {"preferred_username": "root"}):
        liar.userinfo = told
        assert enter(liar)[1].status == 400


def test_what_is_signed_wins_over_user_information(liar):
    """Groups of the token are not replaced by what stands beside it."""
    add(liar.server, "idp", oidc(liar.issuer, admins=("boss",)), new=False)
    liar.userinfo = {"sub": "a-1", "groups": ["boss"]}
    enter(liar)
    anna = liar.server.call(lambda: liar.server.house.identity.people.by_login("anna"))
    assert anna.role == "member"


def test_groups_left_out_for_their_number_are_not_no_groups(liar):
    """Microsoft's overage claim: the login says so instead of taking groups away."""
    liar.token = lambda nonce: signed(liar.claims(nonce, groups=None, _claim_names={"groups": "s"}))
    answer = enter(liar)[1]
    assert answer.status == 400
    assert "too many groups" in answer.text


def test_unknown_keys_are_fetched_once_not_for_every_forgery(liar):
    """Whoever makes up key ids does not make the house ask and ask."""
    liar.token = lambda nonce: signed(liar.claims(nonce), STRANGER, kid="made up")
    for _ in range(4):
        enter(liar)
    assert liar.asked.count("/keys") <= 2
    assert liar.asked.count("/.well-known/openid-configuration") == 1


def test_a_discovery_document_of_another_issuer_is_refused(liar):
    """The way does not even begin."""
    liar.metadata = {"issuer": "https://evil.example"}
    answer = liar.server.visitor().get("/sso/idp/login")
    assert answer.status == 502


def test_addresses_on_hosts_that_nobody_allowed_are_not_asked(liar):
    """A discovery document cannot lead the house into its own network."""
    liar.metadata = {"token_endpoint": "https://10.0.0.1/token"}
    answer = enter(liar)[1]
    assert answer.status == 502
    assert "/me" not in liar.asked


def test_a_plain_http_address_elsewhere_is_refused(liar):
    """Codes and secrets do not travel where others can read along."""
    liar.metadata = {"token_endpoint": "http://idp.example/token"}
    assert liar.server.visitor().get("/sso/idp/login").status in {400, 502}


def logout_token(liar, **more):
    now = int(time.time())
    told = {
        "iss": liar.issuer,
        "aud": idp.CLIENT,
        "iat": now,
        "exp": now + 100,
        "jti": "1",
        "sub": "a-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    return {name: value for name, value in {**told, **more}.items() if value is not None}


def test_only_a_logout_token_for_us_ends_sessions(liar):
    """ID tokens, tokens for others, old ones, unsigned ones end nothing; the right one ends all of anna's."""
    visitor, _ = enter(liar)
    server = liar.server
    wrong = [
        signed(liar.claims("n")),
        signed(logout_token(liar, aud="somebody-else")),
        signed(logout_token(liar, iss="https://evil.example")),
        signed(logout_token(liar, iat=int(time.time()) - 3600, exp=None)),
        signed(logout_token(liar, events={})),
        signed(logout_token(liar, nonce="n")),
        signed(logout_token(liar, sub=None)),
        signed(logout_token(liar), STRANGER),
        unsigned(logout_token(liar)),
        "x",
    ]
    for token in wrong:
        answer = server.visitor().form("/sso/idp/backchannel", {"logout_token": token})
        assert answer.status == 400
    assert visitor.get("/account").status == 200
    other = server.visitor().form(
        "/sso/idp/backchannel", {"logout_token": signed(logout_token(liar, sub="b-2"))}
    )
    assert other.status == 200
    assert visitor.get("/account").status == 200
    right = server.visitor().form(
        "/sso/idp/backchannel", {"logout_token": signed(logout_token(liar))}
    )
    assert right.status == 200
    assert visitor.get("/account").status == 303


def test_a_changed_cookie_is_no_cookie(liar):
    """The journey is sealed: one bit, another source, an old one, and it is over."""
    visitor = liar.server.visitor()
    away = visitor.get("/sso/idp/login").location
    state = parse_qs(urlsplit(away).query)["state"][0]
    whole = visitor.cookies["hausgeist_journey"]
    for changed in (whole[:-6] + "AAAAAA", "", "x" * 5000, "ä"):
        visitor.cookies["hausgeist_journey"] = changed
        answer = visitor.get(f"/sso/idp/callback?{urlencode({'state': state, 'code': 'c'})}")
        assert answer.status == 400
