# SPDX-License-Identifier: EUPL-1.2
"""Tokens of an OpenID provider in, checked claims out. Whatever is not proven is refused.

After OpenID Connect Core 1.0 (3.1.3.7), Back-Channel Logout 1.0 (2.6) and RFC 8725: the algorithm is one
of ours and fits the key, the token is for us and nobody else, and it answers the question we asked.
"""

import hmac
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hausgeist.errors import N_, LoginBroken

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
)  # fmt: skip
"""Asymmetric signatures only: with ``none`` or an HMAC anybody could write tokens."""
_KEY_TYPES = {"R": "RSA", "P": "RSA", "E": "EC"}
LEEWAY = 60
"""Seconds that two clocks may differ."""
OLDEST_LOGOUT = 600
"""Seconds after which a logout token is too old."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
SUBJECT_MOST = 255
TOKEN_MOST = 64 * 1024

_NOT_FOR_US = N_("the token is for somebody else.")
_UNREADABLE = N_("the token cannot be read.")
_NOT_GENUINE = N_("the token's signature is not right.")
_NOT_NOW = N_("the token is too old or not yet valid.")
_OTHER_ISSUER = N_("the token comes from somebody else.")
_OTHER_LOGIN = N_("the token belongs to another login.")
_NOBODY = N_("the token names nobody.")

Claims = Mapping[str, Any]


class UnknownKey(Exception):
    """The token was signed with a key that is not among those we have; maybe it is new."""


def key_id(token: str, source: str) -> tuple[str | None, str]:
    """Key id and algorithm of a token's head, unproven.

    Raises:
        LoginBroken: it is no signed token of an algorithm of ours.
    """
    from joserfc.util import urlsafe_b64decode  # noqa: PLC0415  only where such a source is set up

    if len(token) > TOKEN_MOST or token.count(".") != 2:
        raise LoginBroken(source=source, reason=_UNREADABLE)
    try:
        head = msgspec.json.decode(urlsafe_b64decode(token.partition(".")[0].encode()))
    except (ValueError, UnicodeError) as error:
        raise LoginBroken(source=source, reason=_UNREADABLE) from error
    if not isinstance(head, dict) or head.get("alg") not in ALGORITHMS or "crit" in head:
        raise LoginBroken(source=source, reason=_NOT_GENUINE)
    kid = head.get("kid")
    return kid if isinstance(kid, str) else None, head["alg"]


def signed(token: str, keys: Iterable[Mapping[str, Any]], source: str) -> Claims:
    """The claims of a token, if one of the provider's keys signed it.

    Raises:
        UnknownKey: none of the keys is the one it names.
        LoginBroken: the signature is wrong, or it is no token of ours.
    """
    from joserfc import jwk, jwt  # noqa: PLC0415  60 ms, only where such a source is set up
    from joserfc.errors import JoseError  # noqa: PLC0415  as above

    kid, algorithm = key_id(token, source)
    fitting = [
        key
        for key in keys
        if key.get("kty") == _KEY_TYPES[algorithm[0]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    if not fitting or (kid is None and len(fitting) > 1):
        raise UnknownKey
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # it warns of old algorithms; which we take stands above
            return dict(jwt.decode(token, jwk.import_key(dict(fitting[0])), [algorithm]).claims)
    except (JoseError, ValueError, TypeError) as error:
        raise LoginBroken(source=source, reason=_NOT_GENUINE) from error


def check_login(
    claims: Claims, *, issuer: str, client_id: str, nonce: str, now: float, source: str
) -> str:
    """Check the claims of an ID token; gives the subject.

    Raises:
        LoginBroken: it is of another issuer, for another client, expired, or of another login.
    """
    _check_common(claims, issuer=issuer, client_id=client_id, now=now, source=source)
    if not _is_number(claims.get("exp")) or claims["exp"] < now - LEEWAY:
        raise LoginBroken(source=source, reason=_NOT_NOW)
    told = claims.get("nonce")
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise LoginBroken(source=source, reason=_OTHER_LOGIN)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_MOST:
        raise LoginBroken(source=source, reason=_NOBODY)
    return subject


def check_logout(
    claims: Claims, *, issuer: str, client_id: str, now: float, source: str
) -> tuple[str | None, str | None]:
    """Check the claims of a logout token; gives session and subject, at least one of them.

    Raises:
        LoginBroken: it is no logout token for us, or too old.
    """
    _check_common(claims, issuer=issuer, client_id=client_id, now=now, source=source)
    expires = claims.get("exp", now)
    if not _is_number(expires) or expires < now - LEEWAY or claims["iat"] < now - OLDEST_LOGOUT:
        raise LoginBroken(source=source, reason=_NOT_NOW)
    events = claims.get("events")
    if "nonce" in claims or not isinstance(events, dict) or LOGOUT_EVENT not in events:
        raise LoginBroken(source=source, reason=_UNREADABLE)  # an ID token ends no session
    session, subject = claims.get("sid"), claims.get("sub")
    named = [one for one in (session, subject) if isinstance(one, str) and one]
    if not named:
        raise LoginBroken(source=source, reason=_NOBODY)
    return (
        session if isinstance(session, str) and session else None,
        subject if isinstance(subject, str) and subject else None,
    )


def found(claims: Claims, path: str) -> object:
    """A claim by name, or by path through objects (``realm_access.roles``); None when it is not there."""
    if path in claims:
        return claims[path]
    value: object = claims
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def text_of(claims: Claims, path: str) -> str:
    """A claim that is a text; empty for any other."""
    value = found(claims, path)
    return value if isinstance(value, str) else ""


def groups_of(claims: Claims, path: str, source: str) -> frozenset[str]:
    """The groups that a claim names: a list of texts, or one text.

    Raises:
        LoginBroken: the provider left them out because they are too many (Microsoft's overage claim);
            taking that for "no groups" would take somebody's groups away.
    """
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, Mapping) and path in elsewhere:
        reason = N_("there are too many groups for a token; limit them at the provider.")
        raise LoginBroken(source=source, reason=reason)
    value = found(claims, path) if path else None
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, list):
        return frozenset(one for one in value if isinstance(one, str))
    return frozenset()


def _check_common(claims: Claims, *, issuer: str, client_id: str, now: float, source: str) -> None:
    if claims.get("iss") != issuer:
        raise LoginBroken(source=source, reason=_OTHER_ISSUER)
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp", client_id if len(several) == 1 else None)
    if client_id not in several or party != client_id:
        raise LoginBroken(source=source, reason=_NOT_FOR_US)
    issued, begins = claims.get("iat"), claims.get("nbf", now)
    if not _is_number(issued) or not _is_number(begins):
        raise LoginBroken(source=source, reason=_UNREADABLE)
    if max(issued, begins) > now + LEEWAY:
        raise LoginBroken(source=source, reason=_NOT_NOW)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
