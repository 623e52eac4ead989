# SPDX-License-Identifier: EUPL-1.2
"""Same-origin checks: a change made with a cookie must come from our own pages, and to our own name."""

from urllib.parse import urlsplit

from starlette.types import Scope

from hausgeist.errors import NotAllowed
from hausgeist.settings import Settings


def check_origin(scope: Scope, settings: Settings) -> None:
    """Refuse a state-changing request with a cookie that another site caused.

    Browsers send ``Sec-Fetch-Site``; older ones send ``Origin``. Without either it is no browser, and the
    cookie was put there on purpose.

    Raises:
        NotAllowed: the request came from elsewhere.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return
        raise NotAllowed
    origin = headers.get(b"origin")
    if origin is None:
        return
    own = {headers.get(b"host", "")}
    if settings.public_url:
        own.add(urlsplit(settings.public_url).netloc)
    if _netloc(origin) not in own:
        raise NotAllowed


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no browser sends it
        return None
