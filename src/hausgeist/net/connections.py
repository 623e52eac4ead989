# SPDX-License-Identifier: EUPL-1.2
"""The ledger of connections: where the house connected to, or was kept from connecting to.

Never what was said there, and never by whom.
"""

import secrets
from collections.abc import Callable

from hausgeist.store import connections
from hausgeist.store.db import Store


class Connections:
    """Appends rows; ``note`` is what ``Outbound.record`` calls."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms

    def note(self, host: str, port: int, reason: str, allowed: bool) -> None:  # noqa: FBT001  see Record
        """Append a row; nobody waits for the commit."""
        row = {
            "id": secrets.token_hex(16),
            "at": self._now_ms(),
            "host": host[:253],
            "port": port,
            "reason": reason[:64],
            "allowed": allowed,
        }
        self._store.write_later(connections.append, row)
