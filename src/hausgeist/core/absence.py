# SPDX-License-Identifier: EUPL-1.2
"""What counts as gone in a drill: a provider, a zone, or everything outside the house. No I/O."""

from dataclasses import dataclass

from hausgeist.core.labels import Zone
from hausgeist.core.models import ModelCard

WORLD = "world"
"""Everything outside the house."""


@dataclass(frozen=True, slots=True)
class Absence:
    """``provider`` is gone, or all of ``zones`` are."""

    provider: str = ""
    zones: frozenset[Zone] = frozenset()

    @classmethod
    def parse(cls, word: str) -> "Absence":
        """Read ``provider:NAME``, ``zone:eu``, ``zone:world`` or ``world``.

        Raises:
            ValueError: it is none of them.
        """
        if word == WORLD:
            return cls(zones=frozenset({Zone.EU, Zone.WORLD}))
        kind, _, name = word.partition(":")
        if kind == "provider" and name:
            return cls(provider=name)
        if kind == "zone" and name in {Zone.EU, Zone.WORLD}:
            return cls(zones=frozenset({Zone(name)}))
        raise ValueError(word)

    def takes(self, card: ModelCard) -> bool:
        """Whether a model is gone with it."""
        return card.zone in self.zones or (bool(self.provider) and card.provider == self.provider)
