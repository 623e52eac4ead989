# SPDX-License-Identifier: EUPL-1.2
"""A login on its way through a provider: what must be remembered meanwhile, sealed into a cookie.

No server remembers anything, so any replica can finish what another began. The cookie belongs to one
browser; a code or a state that somebody slipped into another browser fits no cookie there.
"""

import base64
import hmac
import secrets

import msgspec

from hausgeist.errors import N_, LoginBroken
from hausgeist.sealing import Seal, SealBroken

LONGEST_MS = 600_000
"""How long somebody may take at the provider."""
COOKIE_MOST = 4000

NOT_BEGUN = N_("it was not begun in this browser, or it took too long.")


class Journey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A login that has begun. ``next`` is a checked local path; ``began_at`` in milliseconds."""

    source: str
    state: str
    nonce: str
    verifier: str
    next: str
    began_at: int


class Journeys:
    """Begins and finds journeys. ``secret`` is the house's."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, b"hausgeist logins under way 1")

    def begin(self, source: str, wanted: str, now_ms: int) -> tuple[Journey, str]:
        """A new journey and its cookie."""
        journey = Journey(
            source=source,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=wanted if len(wanted) <= 1000 else "/",
            began_at=now_ms,
        )
        sealed = self._seal.seal(msgspec.json.encode(journey), source)
        return journey, base64.urlsafe_b64encode(sealed).decode()

    def find(self, cookie: str | None, source: str, state: str, now_ms: int, title: str) -> Journey:
        """The journey of a cookie, if the provider's answer belongs to it.

        Raises:
            LoginBroken: there is none, it is another one, or it has taken too long.
        """
        journey = self._opened(cookie, source)
        if (
            journey is None
            or not hmac.compare_digest(journey.state.encode(), state.encode())
            or not 0 <= now_ms - journey.began_at <= LONGEST_MS
        ):
            raise LoginBroken(source=title, reason=NOT_BEGUN)
        return journey

    def _opened(self, cookie: str | None, source: str) -> Journey | None:
        if not cookie or len(cookie) > COOKIE_MOST:
            return None
        try:
            plain = self._seal.open(base64.urlsafe_b64decode(cookie), source)
            return msgspec.json.decode(plain, type=Journey)
        except (SealBroken, ValueError):  # the decoders' errors are values' errors
            return None
