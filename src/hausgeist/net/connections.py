# SPDX-License-Identifier: EUPL-1.2
"""The ledger of connections: where the house connected to, or was kept from connecting to.

Never what was said there, and never by whom.
"""

import secrets
from collections.abc import Callable

from hausgeist.errors import EgressDenied
from hausgeist.net.allow import AllowList, plainly_own
from hausgeist.store import connections
from hausgeist.store.db import Store


class Connections:
    """Appends rows; ``note`` is what ``Outbound.record`` calls. ``allow`` knows hosts in the house."""

    def __init__(
        self, store: Store, now_ms: Callable[[], int], allow: AllowList | None = None
    ) -> None:
        self._store = store
        self._now_ms = now_ms
        self._allow = allow

    def note(self, host: str, port: int, reason: str, allowed: bool) -> None:  # noqa: FBT001  see Record
        """Append a row; nobody waits for the commit."""
        row = {
            "id": secrets.token_hex(16),
            "at": self._now_ms(),
            "host": host[:253],
            "port": port,
            "reason": reason[:64],
            "allowed": allowed,
            "zone": self._zone(host, port),
        }
        self._store.write_later(connections.append, row)

    def _zone(self, host: str, port: int) -> str | None:
        """The zone of a host; None where nobody said, or nobody allowed it."""
        if self._allow is None:
            return None
        try:
            found = self._allow.find(host, port)
        except EgressDenied:
            return "house" if plainly_own(host) else None
        return found.zone or (None if found.outside else "house")
