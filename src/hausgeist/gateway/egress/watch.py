# SPDX-License-Identifier: EUPL-1.2
"""What the kernel says we have open, beside what we know that we opened; what nobody knows is an alarm.

Looks every few seconds, in a thread. A stranger is noted once in the trail and in the ledger of
connections, so that it stays in the month's comparison. What a look can miss says ``net.kernel``.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hausgeist.audit import Trail
from hausgeist.gateway.egress.compare import UNEXPLAINED
from hausgeist.net import AllowList, Connections, Outbound
from hausgeist.net.kernel import Seen, opened_in_namespace, readable, seen

EVERY = 5.0
"""Seconds between looks."""
_DNS = 53
_PIP = " -m pip download "


@dataclass(frozen=True, slots=True)
class Looked:
    """The last look. ``at`` 0: there was none; ``begun``: connections begun in this namespace, by all."""

    at: int = 0
    open: int = 0
    strangers: tuple[tuple[str, int], ...] = ()
    begun: int | None = None


class Watch:
    """Looks at the kernel's lists.

    ``expected`` maps ports of services that have a way of their own (the database, directories) to words.
    """

    def __init__(
        self,
        outbound: Outbound,
        connections: Connections,
        trail: Trail,
        now_ms: Callable[[], int],
        expected: Callable[[], Mapping[int, str]] = dict,
    ) -> None:
        self._outbound = outbound
        self._connections = connections
        self._trail = trail
        self._now_ms = now_ms
        self._expected = expected
        self._strangers: dict[tuple[str, int], int] = {}
        self._due = 0.0
        self.looked = Looked()

    @property
    def can(self) -> bool:
        """Whether the kernel of this machine tells."""
        return readable()

    @property
    def strangers(self) -> list[tuple[str, int]]:
        """Addresses and ports that nobody here knew, since the start."""
        return list(self._strangers)

    async def round(self) -> None:
        """Look if it is time."""
        now = asyncio.get_running_loop().time()
        if now < self._due or not self.can:
            return
        self._due = now + EVERY
        await self.look()

    async def look(self) -> None:
        """Look now."""
        found, begun = await asyncio.to_thread(_look, os.getpid())
        self._outbound.wire.look()
        expected = self._expected()
        strangers = [one for one in found if not self._known(one, expected)]
        for one in strangers:
            place = one.address, one.port
            if place not in self._strangers:
                self._strangers[place] = self._now_ms()
                self._connections.note(one.address, one.port, UNEXPLAINED, True)
                self._trail.note(
                    "egress.unexplained", actor="house", subject=f"{one.address}:{one.port}"
                )
        self.looked = Looked(
            self._now_ms(), len(found), tuple((one.address, one.port) for one in strangers), begun
        )

    def _known(self, one: Seen, expected: Mapping[int, str]) -> bool:
        if one.kind == "udp" and one.port == _DNS:
            return True  # names are turned into addresses by the system's own library
        if one.program:
            return _PIP in f" {one.program} "  # an exception; no other child has a way out
        return (one.address, one.port) in self._outbound.wire.addresses or one.port in expected


def own_ways(database: int | None, allow: AllowList) -> dict[int, str]:
    """Ports of the services that do not go through the one client: the database's, the directories'."""
    found = {} if database is None else {database: "database"}
    return found | {one.port: "ldap" for one in allow.all() if one.reason.startswith("login:")}


def _look(pid: int) -> tuple[list[Seen], int | None]:
    return seen(pid), opened_in_namespace(pid)
