# SPDX-License-Identifier: EUPL-1.2
"""Where people from other sources come in: through a provider's pages, or with a directory's password.

A journey through a provider begins here with an address and a cookie and ends here with a session. What a
provider says when it ends a session there (back-channel logout) ends ours.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import (
    N_,
    HausgeistError,
    InvalidField,
    LoginAway,
    LoginBroken,
    Upstream,
    UpstreamTimeout,
)
from hausgeist.identity.arrivals import Arrivals
from hausgeist.identity.journeys import Journeys
from hausgeist.identity.logins import Logins
from hausgeist.identity.sessions import Sessions
from hausgeist.store import logins as rows
from hausgeist.store.db import Store

log = logging.getLogger("hausgeist.identity")

CODE_MOST = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A way in that the login page offers."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a browser brought back from a provider; unproven, each may be missing."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str | None = None


class Entrance:
    """``base`` is the address people use, which providers send them back to."""

    def __init__(
        self,
        *,
        store: Store,
        trail: Trail,
        secret: bytes,
        logins: Logins,
        sessions: Sessions,
        arrivals: Arrivals,
        now_ms: Callable[[], int],
        base: str,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._logins = logins
        self._sessions = sessions
        self._arrivals = arrivals
        self._journeys = Journeys(secret)
        self._now_ms = now_ms
        self._base = base.rstrip("/")
        self._changed = changed

    def offers(self) -> tuple[Offer, ...]:
        """The providers that are on, by id."""
        return tuple(Offer(id=one.source, title=one.title) for one in self._logins.providers())

    def check(self, source: str) -> None:
        """Check that there is such a provider.

        Raises:
            NotFound: there is none, or it is off.
        """
        self._logins.provider(source)

    def callback(self, source: str) -> str:
        """The one address that a provider may send people back to."""
        return f"{self._base}/sso/{source}/callback"

    def backchannel(self, source: str) -> str:
        """Where a provider says that a session has ended."""
        return f"{self._base}/sso/{source}/backchannel"

    async def begin(self, source: str, wanted: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie it must bring back. ``wanted`` is a checked local path.

        Raises:
            NotFound: there is no such provider, or it is off.
            LoginAway: it does not answer properly.
        """
        provider = self._logins.provider(source)
        journey, cookie = self._journeys.begin(source, wanted, self._now_ms())
        with _said(source, provider.title):
            address = await provider.address(
                self.callback(source), journey.state, journey.nonce, journey.verifier
            )
        return address, cookie

    async def finish(
        self, source: str, cookie: str | None, answer: Answer, old: str | None
    ) -> tuple[str, str]:
        """The cookie of a new session, and the local path to go to; the ``old`` session is ended.

        Raises:
            NotFound: there is no such provider, or it is off.
            LoginBroken: what the browser brought proves nothing.
            LoginRefused: it does, and the person may not come in.
            LoginAway: the provider does not answer properly.
        """
        provider = self._logins.provider(source)
        try:
            journey = self._journeys.find(
                cookie, source, answer.state, self._now_ms(), provider.title
            )
            with _said(source, provider.title):
                await provider.check_issuer(answer.issuer)
            if answer.error:
                raise LoginBroken(source=provider.title, reason=_told(answer.error))
            if not 1 <= len(answer.code) <= CODE_MOST:
                raise LoginBroken(source=provider.title, reason=N_("no code came back."))
            with _said(source, provider.title):
                arrival = await provider.arrived(
                    answer.code, self.callback(source), journey.verifier, journey.nonce
                )
        except HausgeistError as error:
            self._trail.note("login.failed", actor="nobody", source=source, error=error.code)
            raise
        user_id = await self._arrivals.admit(provider.settings, arrival)
        token = await self._sessions.open(
            user_id, old, source=source, source_session=arrival.session
        )
        return token, journey.next

    async def by_password(self, name: str, password: str) -> tuple[str, str] | None:
        """Person and source, if a directory knows name and password; the first one that does counts.

        Raises:
            LoginRefused: it does, and the person may not come in.
            LoginAway, Unavailable: none did, and one could not be asked.
        """
        fault: LoginAway | None = None
        for directory in self._logins.directories():
            try:
                with _said(directory.source, directory.title):
                    arrival = await directory.proven(name, password)
            except LoginAway as error:
                fault = error
                continue
            if arrival is not None:
                return await self._arrivals.admit(directory.settings, arrival), directory.source
        if fault is not None:
            raise fault
        return None

    async def ended_there(self, source: str, token: str) -> int:
        """End the sessions that a provider's logout token names; gives how many.

        Raises:
            NotFound: there is no such provider, or it is off.
            LoginBroken: it is no logout token of this provider for us.
            Upstream, UpstreamTimeout, EgressDenied: its keys cannot be had.
        """
        provider = self._logins.provider(source)
        session, subject = await provider.ended(token)

        def work(connection: Any) -> dict[str, Fact] | None:
            owner = rows.owner(connection, source, subject) if subject else None
            if session is None and owner is None:
                return None
            ended = rows.end_sessions(
                connection,
                source,
                session=session,
                user_id=owner["id"] if owner is not None else None,
            )
            return {"count": ended, "source": source} if ended else None

        facts = await self._trail.change("session.ended", work, actor=f"login source {source}")
        self._changed()
        return int((facts or {}).get("count") or 0)

    async def way_out(self, source: str) -> str | None:
        """Where to log out at a provider too; None where that is not offered.

        Raises:
            NotFound, LoginAway: as ``begin``.
        """
        provider = self._logins.provider(source)
        with _said(source, provider.title):
            return await provider.way_out(f"{self._base}/login")

    async def source_of(self, session_id: str) -> str | None:
        """The provider that a session came from, while it is on; None for any other session."""
        found = await self._store.read(
            lambda connection: rows.source_of_session(connection, session_id)
        )
        return found if any(offer.id == found for offer in self.offers()) else None


@contextmanager
def _said(source: str, title: str) -> Iterator[None]:
    """A fault of a source, for visitors: that it is away. What it was goes into the log.

    Raises:
        LoginAway: instead of what went wrong between the source and us.
    """
    try:
        yield
    except (Upstream, UpstreamTimeout, InvalidField) as error:
        log.warning("login source %s: %s", source, error)
        raise LoginAway(source=title) from error


def _told(error: str) -> str:
    """What a provider's error says. Only the words of the standard are repeated, never free text."""
    if error == "access_denied":
        return N_("you did not agree there, or may not use it.")
    if error in {"login_required", "interaction_required", "consent_required"}:
        return N_("it wants to be asked again.")
    return N_("it reported an error.")
