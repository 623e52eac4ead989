# SPDX-License-Identifier: EUPL-1.2
"""What the ledger needs of the audit trail, which stands beside it and not beneath."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hausgeist.core.trail import Fact


class Recorder(Protocol):
    """Runs a change and appends its event in one transaction; see ``audit.Trail.change``."""

    async def change(
        self,
        kind: str,
        work: Callable[[Any], Mapping[str, Fact] | None],
        *,
        actor: str,
        subject: str,
    ) -> Mapping[str, Fact] | None:
        """``work`` gets the store's connection and gives the event's facts, None for no event."""
        ...
