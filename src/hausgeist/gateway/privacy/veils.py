# SPDX-License-Identifier: EUPL-1.2
"""Pseudonyms at work: a call and its findings in; the call as it may leave, and its restorer, out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst
from hausgeist.core.findings import Examination, Kind


class Restores(Protocol):
    """Puts the real words back into one answer."""

    def pass_on(self, burst: Burst) -> Burst:
        """What may go on of a burst; what could still become a pseudonym is held back."""
        ...


@dataclass(frozen=True, slots=True)
class Veiled:
    """A call as it may leave, or texts to be turned into vectors; and what belongs to it."""

    call: Call
    restore: Restores
    texts: Sequence[str] | None = None
    counts: Counter[Kind] = field(default_factory=Counter)

    @property
    def hidden(self) -> tuple[tuple[str, int], ...]:
        """How many passages of each kind are hidden."""
        return tuple(sorted((kind.value, count) for kind, count in self.counts.items()))


class Veils(Protocol):
    """Makes pseudonyms."""

    async def hide(
        self, call: Call, found: Examination, texts: Sequence[str] | None = None
    ) -> Veiled:
        """Put everything found under pseudonyms; the map is stored before this returns.

        Raises:
            HausgeistError: it cannot be done; then nothing leaves.
        """
        ...
