# SPDX-License-Identifier: EUPL-1.2
"""The monthly report for the data protection officer: what left, compared, tried, signed.

Months are of UTC. A month that is over is reported once, and kept; of the running one a provisional report
is made anew each time. No person and no group is in it: the rows it is made of do not know them. Whoever has
the public key can check one anywhere (``signing``).
"""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hausgeist import __version__
from hausgeist.audit import Trail
from hausgeist.core.months import month_of, span_of
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, BadUpload, InvalidField
from hausgeist.gateway.egress.compare import Compared, compared
from hausgeist.net import AllowList
from hausgeist.signing import (
    Document,
    NotGenuine,
    SigningKey,
    as_text,
    canonical,
    check_document,
    parsed,
)
from hausgeist.store import departures
from hausgeist.store.db import Store

FORMAT = "hausgeist-egress-report/1"
_PURPOSE = b"hausgeist egress reports 1"

EVERY_MS = 10 * 60 * 1000
"""Milliseconds between looks whether a month is over."""
SETTLED_MS = 20 * 60 * 1000
"""How long after a month's end its last requests may still be completed."""
MONTHS_MOST = 24


@dataclass(frozen=True, slots=True)
class Signed:
    """A report: canonical JSON, the signature, and whether its month is not over yet."""

    month: str
    body: str
    signature: str
    provisional: bool
    made_at: int

    @property
    def text(self) -> str:
        """As it is handed out."""
        return as_text({**json.loads(self.body), "signature": self.signature})


def report_key(secret: bytes) -> SigningKey:
    """The key that signs a house's reports; ``secret`` is the house's, 32 bytes."""
    return SigningKey(secret, _PURPOSE)


def verified(text: str, public_key: str) -> Document:
    """A report that the owner of a public key (Base64) has signed, unchanged.

    Raises:
        BadUpload: it is none, was changed, or was signed with another key.
    """
    report = parsed(text, FORMAT)
    if report is None:
        raise BadUpload(reason=N_("it is no report of what left the house"))
    try:
        check_document(base64.b64decode(public_key, validate=True), report)
    except NotGenuine:
        raise BadUpload(reason=N_("it was changed, or another house has signed it")) from None
    except ValueError:
        raise BadUpload(reason=N_("the public key is none")) from None
    return report


def asked_span(month: str) -> tuple[int, int]:
    """``span_of`` a month that somebody asks for.

    Raises:
        InvalidField: there is no such month.
    """
    try:
        return span_of(month)
    except ValueError:
        raise InvalidField(field="month", reason=N_("write it as 2026-11"), param="month") from None


class Reports:
    """Makes, keeps and hands out reports."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        key: SigningKey,
        now_ms: Callable[[], int],
        *,
        organisation: Callable[[], Awaitable[str]],
        allow: AllowList,
    ) -> None:
        self._store = store
        self._trail = trail
        self._key = key
        self._now_ms = now_ms
        self._organisation = organisation
        self._allow = allow
        self._due = 0

    def public_key(self) -> str:
        """The key that checks the house's reports."""
        return self._key.public_text

    async def months(self) -> list[tuple[str, int]]:
        """The months that have a report, the newest first, and when it was made (ms)."""
        return await self._store.read(departures.reports)

    async def of(self, month: str) -> Signed:
        """The report of a month: the kept one, else made now; kept if the month is over.

        Raises:
            InvalidField: there is no such month, or it is to come.
        """
        since, until = asked_span(month)
        now = self._now_ms()
        if since > now:
            raise InvalidField(field="month", reason=N_("this month is to come"), param="month")
        kept = await self._store.read(lambda connection: departures.report(connection, month))
        if kept is not None:
            return Signed(month, kept["body"], kept["signature"], False, kept["made_at"])
        provisional = now < until + SETTLED_MS
        values = await self._values(month, provisional=provisional, now=now)
        report = self._key.signed(values, FORMAT)
        signature = report.pop("signature")
        made = Signed(month, canonical(report).decode(), signature, provisional, now)
        if provisional:
            return made
        await self._keep(made)
        return await self.of(month)

    async def round(self) -> None:
        """Make the reports of months that are over and have none."""
        now = self._now_ms()
        if now < self._due:
            return
        self._due = now + EVERY_MS
        first = await self._store.read(departures.first_at)
        if first is None:
            return
        done = {month for month, _ in await self.months()}
        month = month_of(now - SETTLED_MS)
        for _ in range(MONTHS_MOST):
            month = month_of(span_of(month)[0] - 1)
            if month < month_of(first):
                return
            if month not in done:
                await self.of(month)

    async def _keep(self, made: Signed) -> None:
        row = {
            "month": made.month,
            "body": made.body,
            "signature": made.signature,
            "made_at": made.made_at,
        }

        def work(connection: Any) -> dict[str, Fact] | None:
            return {"month": made.month} if departures.keep_report(connection, row) else None

        await self._trail.change("egress.reported", work, actor="house", subject=made.month)

    async def _values(self, month: str, *, provisional: bool, now: int) -> dict[str, Any]:
        since, until = span_of(month)
        wanted = departures.Wanted(since=since, until=until)

        def read(connection: Any) -> tuple[list[dict[str, Any]], dict[str, int], dict[str, int]]:
            return (
                departures.sums(connection, wanted),
                departures.hidden(connection, wanted),
                departures.flights(connection, since, until),
            )

        sums, hidden, flights = await self._store.read(read)
        return {
            "organisation": await self._organisation(),
            "month": month,
            "from": _moment(since),
            "until": _moment(until),
            "made_at": _moment(now),
            "provisional": provisional,
            "version": __version__,
            "departures": sums,
            "hidden": hidden,
            "policies": sorted({row["policy_version"] for row in sums if row["policy_version"]}),
            "compared": _told(await compared(self._store, since, until)),
            "canary": flights,
            "allow_list": allowed(self._allow),
        }


def allowed(allow: AllowList) -> list[dict[str, Any]]:
    """The allow list as it is now: host, port, reason, zone, and whether it leads out."""
    return [
        {
            "host": one.host,
            "port": one.port,
            "reason": one.reason,
            "zone": one.zone,
            "outside": one.outside,
        }
        for one in allow.all()
    ]


def _told(found: Compared) -> dict[str, Any]:
    return {
        "agreed": found.agreed,
        "denied": found.denied,
        "open": found.open,
        "exceptions": [
            {"reason": reason, "host": host, "port": port, "count": count}
            for reason, host, port, count in found.exceptions
        ],
        "differences": [
            {"code": one.code, "host": one.host, "port": one.port, "count": one.count}
            for one in found.differences
        ],
    }


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
