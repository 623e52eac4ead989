# SPDX-License-Identifier: EUPL-1.2
"""One OpenID provider: where to send a browser, and who comes back. OpenID Connect Core 1.0, code flow.

Discovery document and keys are fetched through ``net`` (so only from hosts that somebody allowed), kept
for an hour, and the keys fetched anew for a token with an unknown one, at most twice a minute. What is kept
belongs to this object, and so to one version of the source's settings. PKCE (RFC 7636) is always used.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from hausgeist.errors import N_, HausgeistError, LoginBroken, Upstream
from hausgeist.identity import claims
from hausgeist.identity.claims import Claims, UnknownKey
from hausgeist.identity.sources import Arrival, OidcSettings, secure_target
from hausgeist.net import Destination, Outbound

T = TypeVar("T")

KEEP_SECONDS = 3600.0
RENEW_SECONDS = 30.0
"""Keys are not fetched more often than this, whatever key ids strangers make up."""
AGAIN_SECONDS = 3.0
"""How long a provider that could not be reached is left alone."""
DOCUMENT_MOST = 512 * 1024
ANSWER_SECONDS = 10.0

_FORM = "application/x-www-form-urlencoded"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we need of a discovery document (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """The addresses that the house itself connects to."""
        return tuple(
            one for one in (self.token_endpoint, self.jwks_uri, self.userinfo_endpoint) if one
        )


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class OpenId:
    """Speaks with one provider. ``clock`` is monotonic, ``now`` since the epoch; both in seconds."""

    def __init__(
        self,
        source: str,
        settings: OidcSettings,
        secret: str,
        outbound: Outbound,
        *,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self.source = source
        self.settings = settings
        self._secret = secret
        self._outbound = outbound
        self._clock = clock
        self._now = now
        self._metadata: tuple[float, Metadata] | None = None
        self._fault: tuple[float, HausgeistError] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None
        self._lock = asyncio.Lock()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.settings.title

    async def metadata(self) -> Metadata:
        """The discovery document.

        Raises:
            Upstream, UpstreamTimeout, EgressDenied: it cannot be had, or is none of this issuer.
        """
        async with self._lock:
            if self._metadata is not None and self._metadata[0] > self._clock():
                return self._metadata[1]
            if self._fault is not None and self._fault[0] > self._clock():
                raise self._fault[1]  # whoever waited behind a failure does not try it once more
            try:
                found = await self._fetch_metadata()
            except HausgeistError as error:
                self._fault = (self._clock() + AGAIN_SECONDS, error)
                raise
            self._metadata = (self._clock() + KEEP_SECONDS, found)
            return found

    async def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser. Raises as ``metadata``."""
        found = await self.metadata()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        return _with_query(found.authorization_endpoint, query)

    async def check_issuer(self, told: str | None) -> None:
        """Check the issuer that a browser brought back (RFC 9207).

        Raises:
            LoginBroken: it is another one's answer, or does not say whose although it always does.
        """
        found = await self.metadata()
        missing = told is None and found.authorization_response_iss_parameter_supported
        if missing or (told is not None and told != found.issuer):
            raise LoginBroken(source=self.title, reason=N_("the answer comes from somebody else."))

    async def arrived(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> Arrival:
        """Who came back with a code.

        Raises:
            LoginBroken: the code or the tokens prove nothing.
            Upstream, UpstreamTimeout, EgressDenied: the provider does not answer properly.
        """
        tokens = await self._exchange(code, redirect_uri, verifier)
        told = await self._proven(tokens.id_token)
        subject = claims.check_login(
            told,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=nonce,
            now=self._now(),
            source=self.title,
        )
        more = await self._userinfo(tokens.access_token, subject)
        told = {**more, **told}  # what is signed wins
        session = told.get("sid")
        return Arrival(
            source=self.source,
            subject=subject,
            login=claims.text_of(told, self.settings.login_claim),
            name=claims.text_of(told, self.settings.name_claim),
            groups=claims.groups_of(told, self.settings.groups_claim, self.title),
            session=session[:255] if isinstance(session, str) and session else None,
        )

    async def ended(self, token: str) -> tuple[str | None, str | None]:
        """Session and subject that a logout token ends; at least one of them. Raises as ``arrived``."""
        return claims.check_logout(
            await self._proven(token),
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            now=self._now(),
            source=self.title,
        )

    async def way_out(self, back: str) -> str | None:
        """Where to log out at the provider too (RP-Initiated Logout 1.0); None where it has no such place."""
        found = await self.metadata()
        if found.end_session_endpoint is None:
            return None
        secure_target(found.end_session_endpoint, "end_session_endpoint")
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return _with_query(found.end_session_endpoint, query)

    async def look(self) -> tuple[Metadata, int]:
        """Discovery document and number of keys, fetched now. Raises as ``metadata``."""
        self._metadata = self._fault = self._keys = None
        found = await self.metadata()
        return found, len(await self._signing_keys(self._clock()))

    # -- tokens ------------------------------------------------------------------------------------

    async def _proven(self, token: str) -> Claims:
        """The claims of a token that the provider signed."""
        asked = self._clock()
        try:
            return claims.signed(token, await self._signing_keys(), self.title)
        except UnknownKey:
            pass
        try:
            return claims.signed(token, await self._signing_keys(asked), self.title)
        except UnknownKey as error:
            reason = N_("the token was signed by somebody unknown.")
            raise LoginBroken(source=self.title, reason=reason) from error

    async def _signing_keys(self, newer_than: float | None = None) -> list[dict[str, Any]]:
        """The provider's keys; fetched anew where those we have are older than asked, within reason."""
        address = (await self.metadata()).jwks_uri
        async with self._lock:
            now = self._clock()
            kept = self._keys
            old = kept is None or kept[0] + KEEP_SECONDS <= now
            wanted = kept is not None and newer_than is not None and kept[0] < newer_than
            if kept is None or old or (wanted and kept[0] + RENEW_SECONDS <= now):
                body = await self._ask("GET", address)
                kept = (now, self._read(body, _Keys).keys)
                self._keys = kept
            return kept[1]

    async def _exchange(self, code: str, redirect_uri: str, verifier: str) -> _Tokens:
        found = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": _FORM}
        methods = found.token_endpoint_auth_methods_supported
        if not self._secret:
            form["client_id"] = self.settings.client_id
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self.settings.client_id, "client_secret": self._secret}
        body = await self._ask("POST", found.token_endpoint, headers, urlencode(form).encode())
        return self._read(body, _Tokens)

    async def _userinfo(self, access_token: str, subject: str) -> Claims:
        """What the provider tells beside the token, if it speaks of the same person."""
        address = (await self.metadata()).userinfo_endpoint
        if not self.settings.userinfo or address is None or not access_token:
            return {}
        if not access_token.isascii() or not access_token.isprintable():
            raise LoginBroken(source=self.title, reason=N_("the token cannot be read."))
        body = await self._ask("GET", address, {"Authorization": f"Bearer {access_token}"})
        told = self._read(body, dict[str, Any])
        other = told.get("sub")
        if not isinstance(other, str) or not hmac.compare_digest(other.encode(), subject.encode()):
            reason = N_("token and user information name different people.")
            raise LoginBroken(source=self.title, reason=reason)
        return told

    # -- the wire --------------------------------------------------------------------------------------

    async def _fetch_metadata(self) -> Metadata:
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._read(await self._ask("GET", address), Metadata)
        if found.issuer != self.settings.issuer:
            raise Upstream(
                provider=self.title, reason=N_("its discovery document names another issuer")
            )
        for one in (found.authorization_endpoint, *found.asked):
            secure_target(one, "issuer")
        return found

    async def _ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> bytes:
        async with self._outbound.stream(
            method,
            address,
            headers={"Accept": "application/json", **(headers or {})},
            body=body,
            idle_timeout=ANSWER_SECONDS,
            total_timeout=2 * ANSWER_SECONDS,
        ) as response:
            content = await response.read(DOCUMENT_MOST)
            status = response.status
        if status in {400, 401, 403} and method == "POST":
            reason = N_("the provider did not accept our request; the secret may be wrong.")
            raise LoginBroken(source=self.title, reason=reason)
        if status != 200:
            raise Upstream(provider=self.title, reason=f"HTTP {status}")
        return content

    def _read(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Upstream(
                provider=self.title, reason=N_("the answer is not what OpenID expects")
            ) from error


def challenge(verifier: str) -> str:
    """RFC 7636, 4.2: BASE64URL(SHA256(verifier))."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def destinations(settings: OidcSettings, reason: str) -> list[Destination]:
    """Where the house may connect to for a source: the issuer, and the further hosts that were named."""
    addresses = [settings.issuer, *(f"https://{host}" for host in settings.hosts)]
    targets = [secure_target(address, "hosts") for address in addresses]
    return [Destination(one.host, one.port, reason, private=settings.private) for one in targets]


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
