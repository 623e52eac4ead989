# SPDX-License-Identifier: EUPL-1.2
"""The cookies we set: the session's, out of reach of scripts, and two for language and appearance."""

from typing import TypeVar
from urllib.parse import urlsplit

from starlette.responses import Response

from hausgeist.identity.sessions import LONGEST_DAYS
from hausgeist.settings import Settings
from hausgeist.web.asgi import SESSION_COOKIE
from hausgeist.web.visit import Visit

R = TypeVar("R", bound=Response)

DAY = 86_400
YEAR = 365 * DAY


def with_session(visit: Visit, response: R, token: str) -> R:
    """Hand the session's cookie out; over https only where people reach us by https.

    The browser keeps it as long as a session can last at most; when it is over is decided here.
    """
    settings = visit.house.settings
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=LONGEST_DAYS * DAY,
        path="/",
        httponly=True,
        samesite="lax",
        secure=over_https(settings),
    )
    return response


def without_session(visit: Visit, response: R) -> R:
    """Take the session's cookie back."""
    response.delete_cookie(
        SESSION_COOKIE,
        path="/",
        httponly=True,
        samesite="lax",
        secure=over_https(visit.house.settings),
    )
    return response


def with_choice(visit: Visit, response: R, name: str, value: str) -> R:
    """Remember a choice of language or appearance for a year."""
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        path="/",
        httponly=True,
        samesite="lax",
        secure=over_https(visit.house.settings),
    )
    return response


def for_session(visit: Visit, response: R, name: str, value: str) -> R:
    """Remember something until the browser is closed."""
    response.set_cookie(
        name,
        value,
        path="/",
        httponly=True,
        samesite="lax",
        secure=over_https(visit.house.settings),
    )
    return response


def over_https(settings: Settings) -> bool:
    """Whether people reach the house by https."""
    return urlsplit(settings.public_url).scheme == "https"
