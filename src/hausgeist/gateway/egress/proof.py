# SPDX-License-Identifier: EUPL-1.2
"""All of the proof of one house together: its rounds, its alarms, and its counters for ``/metrics``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hausgeist.core.months import month_of, span_of
from hausgeist.gateway.departures import Departures
from hausgeist.gateway.egress.canary import Canary, Flight, last_flights
from hausgeist.gateway.egress.compare import Compared, compared
from hausgeist.gateway.egress.report import Reports
from hausgeist.gateway.egress.watch import Watch
from hausgeist.gateway.exposition import counter, single
from hausgeist.net import Outbound
from hausgeist.store.db import Store

Alarm: TypeAlias = Literal["differences", "canary", "bytes"]

ALARM_MS = 300_000
"""Milliseconds for which a comparison is remembered."""


async def recent(store: Store, month: str) -> tuple[Compared, Flight | None]:
    """A month's comparison and the newest flight, for who has the database alone."""
    flights = await last_flights(store, 1)
    return await compared(store, *span_of(month)), next(iter(flights), None)


@dataclass(slots=True, kw_only=True)
class Proof:
    """What proves what left. ``alarms`` names what is wrong: of the lists, the canary, the bytes."""

    now_ms: Callable[[], int]
    store: Store
    outbound: Outbound
    departures: Departures
    canary: Canary
    reports: Reports
    watch: Watch
    differences: int = 0
    """Of the running month, as of the last comparison."""
    _due_ms: int = 0

    async def round(self) -> None:
        """Look, compare, fly and report, each when it is time."""
        await self.watch.round()
        now = self.now_ms()
        if now >= self._due_ms:
            self._due_ms = now + ALARM_MS
            await self.compare()
        await self.reports.round()
        await self.canary.round(anybody_outside=self.outbound.allow.leads_out())

    async def compare(self) -> None:
        """Compare the rows of the running month."""
        found = await compared(self.store, *span_of(month_of(self.now_ms())))
        self.differences = len(found.differences)

    def alarms(self) -> list[Alarm]:
        """What is wrong now."""
        found: list[Alarm] = []
        if self.differences or self.watch.strangers:
            found.append("differences")
        if self.canary.last is not None and not self.canary.last.good:
            found.append("canary")
        if self.outbound.wire.too_much:
            found.append("bytes")
        return found

    def metrics(self) -> str:
        """Counters in Prometheus' text format (version 0.0.4)."""
        ended, bytes_ = self.departures.counts()
        alarms = self.alarms()
        last = self.canary.last
        wire = self.outbound.wire
        lines = [
            *counter(
                "hausgeist_departures_total",
                "Requests that left the house.",
                ("zone", "purpose", "outcome"),
                ended,
            ),
            *counter(
                "hausgeist_departed_bytes_total",
                "Bytes of requests that left the house, and of their answers.",
                ("zone", "direction"),
                bytes_,
            ),
            *single(
                "hausgeist_egress_sent_bytes",
                "Bytes that the kernel counted on sockets to the outside.",
                wire.sent,
            ),
            *single(
                "hausgeist_egress_differences",
                "Places where departures and connections do not agree this month.",
                self.differences + len(self.watch.strangers),
            ),
            *single(
                "hausgeist_canary_ok",
                "Whether the last flight of the canary found the border closed (1), or not (0).",
                int(last is None or last.good),
            ),
            *single(
                "hausgeist_canary_timestamp_seconds",
                "When the canary flew last.",
                0 if last is None else last.at // 1000,
            ),
            *single("hausgeist_egress_alarms", "Alarms of the proof of egress.", len(alarms)),
        ]
        return "\n".join(lines) + "\n"
