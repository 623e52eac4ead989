# SPDX-License-Identifier: EUPL-1.2
"""What everybody's pages show of the house: its logo, its colours, and announcements put away.

The logo's and the colours' addresses carry a digest, so that browsers may keep them for ever.
"""

from functools import lru_cache
from typing import Final

from starlette.responses import Response

from hausgeist.core.colours import palette, stylesheet
from hausgeist.errors import NotFound
from hausgeist.web.assets import ASK_AGAIN, FOR_EVER
from hausgeist.web.forms import FORM_MOST, path_of
from hausgeist.web.pages.cookies import for_session
from hausgeist.web.rendering import READ_COOKIE, go, read_announcements
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

READ_MOST: Final = 50
"""Announcements a browser remembers to have put away."""
CSS: Final = "text/css; charset=utf-8"


async def logo(visit: Visit) -> Response:
    """``GET /brand/logo``."""
    found = await visit.house.identity.branding.logo()
    if found is None:
        raise NotFound
    brand, data = found
    kept = FOR_EVER if visit.query_params.get("v") == brand.logo else ASK_AGAIN
    headers = {"Cache-Control": kept, "ETag": f'"{brand.logo}"'}
    if brand.logo in visit.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=brand.logo_media, headers=headers)


async def colours(visit: Visit) -> Response:
    """``GET /brand/theme.css``."""
    brand = await visit.house.identity.branding.shown()
    if not brand.accent:
        raise NotFound
    kept = FOR_EVER if visit.query_params.get("v") == brand.accent[1:] else ASK_AGAIN
    return Response(theme(brand.accent), media_type=CSS, headers={"Cache-Control": kept})


@lru_cache(maxsize=16)
def theme(accent: str) -> str:
    """The stylesheet of an accent ``#rrggbb``."""
    return stylesheet(palette(accent))


async def dismiss(visit: Visit) -> Response:
    """``POST /announcements/{announcement_id}/dismiss``: not shown again in this browser's session."""
    found = await visit.house.identity.announcements.get(visit.path_params["announcement_id"])
    kept = [one for one in read_announcements(visit.scope) if one != found.id]
    response = go(path_of(visit.headers.get("referer", "")))
    return for_session(visit, response, READ_COOKIE, ".".join([*kept[-READ_MOST:], found.id]))


ROUTES = [
    Route(
        method="GET",
        path="/brand/logo",
        endpoint=logo,
        who=Who.ANYONE,
        dialect="page",
        summary="The organisation's logo",
    ),
    Route(
        method="GET",
        path="/brand/theme.css",
        endpoint=colours,
        who=Who.ANYONE,
        dialect="page",
        summary="The organisation's colours",
    ),
    Route(
        method="POST",
        path="/announcements/{announcement_id}/dismiss",
        endpoint=dismiss,
        who=Who.SESSION,
        dialect="page",
        summary="Put an announcement away",
        max_body=FORM_MOST,
    ),
]
