# SPDX-License-Identifier: EUPL-1.2
"""For operators: is the process alive, is the house ready, and its counters."""

import hmac
from ipaddress import ip_address
from typing import Literal

from starlette.responses import Response

from hausgeist.errors import NotFound
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.visit import Visit

PROXIED = frozenset(
    {
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)
"""Headers of which a reverse proxy sends at least one."""


async def healthz(visit: Visit) -> Response:
    """``GET /healthz``: the process answers.

    Of what it depends on it says one thing: that the border's rules cannot be read. The house serves
    then, and nothing leaves it.
    """
    if visit.house.policies.problem:
        return JSONBytes(b'{"status":"ok","policy":"damaged"}')
    return JSONBytes(b'{"status":"ok"}')


async def readyz(visit: Visit) -> Response:
    """``GET /readyz``: the database answers too; 503 while it does not."""
    if await visit.house.answers():
        return JSONBytes(b'{"status":"ready"}')
    return JSONBytes(b'{"status":"database unavailable"}', status_code=503)


async def metrics(visit: Visit) -> Response:
    """``GET /metrics``: with the operator's token, else from this machine only."""
    if not _may_read(visit):
        raise NotFound
    house = visit.house
    loaded = len(house.loaded())
    text = house.meter.text(running=house.gateway.running, loaded=loaded) + house.proof.metrics()
    text += house.gateway.border.examiner.health.metrics()
    text += house.gateway.tap.metrics()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(visit: Visit) -> bool:
    token = visit.house.settings.metrics_token
    if token:
        given = visit.raw_headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        return hmac.compare_digest(given, token.encode())
    if not PROXIED.isdisjoint(visit.raw_headers):
        return False  # a proxy on this machine speaks for somebody else
    return visit.client is not None and ip_address(visit.client.host).is_loopback


def _route(method: Literal["GET", "HEAD"], path: str, endpoint: Endpoint, summary: str) -> Route:
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        who=Who.ANYONE,
        dialect="json",
        summary=summary,
    )


ROUTES = [
    _route("GET", "/healthz", healthz, "Whether the process is alive"),
    _route("HEAD", "/healthz", healthz, "Whether the process is alive"),
    _route("GET", "/readyz", readyz, "Whether the house is ready"),
    _route("HEAD", "/readyz", readyz, "Whether the house is ready"),
    _route("GET", "/metrics", metrics, "Counters for Prometheus (operators only)"),
]
