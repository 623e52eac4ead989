# SPDX-License-Identifier: EUPL-1.2
"""A call as it may leave, with what restores its answer; and who makes it so, loaded when one leaves."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hausgeist.core.calls import Call
from hausgeist.core.events import Burst
from hausgeist.core.findings import Examination, Kind
from hausgeist.core.preview import Masked
from hausgeist.store.db import Store


class Restores(Protocol):
    """Puts the real words back into one answer."""

    def pass_on(self, burst: Burst) -> Burst:
        """What may go on of a burst; what could still become a pseudonym is held back."""
        ...

    def flush(self) -> Burst:
        """What is held back, when an answer breaks off."""
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


class Hides(Protocol):
    """Makes pseudonyms; see ``Veils``."""

    async def hide(
        self, call: Call, found: Examination, texts: Sequence[str] | None = None
    ) -> Veiled:
        """Put everything found under pseudonyms; the map is stored before this returns."""
        ...

    async def preview(self, call: Call, found: Examination) -> tuple[Masked, ...]:
        """What would be hidden; nothing is stored."""
        ...

    async def due(self, call: Call) -> bool:
        """Whether a call is to be veiled even if nothing is found in it."""
        ...


class LateVeils:
    """``Veils``, loaded with the first call that may leave: a house that sends nothing out never pays."""

    def __init__(self, store: Store, secret: bytes, now_ms: Callable[[], int]) -> None:
        self._store, self._secret, self._now_ms = store, secret, now_ms
        self._made: Hides | None = None

    async def hide(
        self, call: Call, found: Examination, texts: Sequence[str] | None = None
    ) -> Veiled:
        """See ``Veils``."""
        return await self._veils().hide(call, found, texts)

    async def preview(self, call: Call, found: Examination) -> tuple[Masked, ...]:
        """See ``Veils``."""
        return await self._veils().preview(call, found)

    async def due(self, call: Call) -> bool:
        """See ``Veils``."""
        return await self._veils().due(call)

    def _veils(self) -> Hides:
        if self._made is None:
            from hausgeist.gateway.privacy.veils import Veils  # noqa: PLC0415  see the class

            self._made = Veils(self._store, self._secret, self._now_ms)
        return self._made
