# SPDX-License-Identifier: EUPL-1.2
"""All detectors together, as the child process runs them: identifiers, names, the organisation's own words.

A text flows in; findings flow out, in order and apart from each other. Loaded once, before the child gives
up its files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Self

from hausgeist.core.findings import Finding
from hausgeist.gateway.privacy.frames import OwnEntry
from hausgeist.gateway.privacy.identifiers import VERSION, Identifiers
from hausgeist.gateway.privacy.names import Names, spread
from hausgeist.gateway.privacy.overlap import Span, settle
from hausgeist.gateway.privacy.own import OwnList
from hausgeist.gateway.privacy.plain_reading import plain_reading


class Detectors:
    """Everything that looks into a text."""

    version = VERSION

    def __init__(self, identifiers: Identifiers, names: Names) -> None:
        self._identifiers = identifiers
        self._names = names
        self._own = OwnList()

    @classmethod
    def load(cls) -> Self:
        """Read what the detectors need; whatever is missing raises."""
        return cls(Identifiers(), Names.load())

    def know(self, entries: Iterable[OwnEntry]) -> None:
        """Replace the organisation's own words."""
        self._own = OwnList.of(entries)

    def find(self, text: str, *, bare: bool = False) -> tuple[Finding, ...]:
        """What is in a text; ``bare``: without the organisation's own words."""
        found, spared = self._look(text, bare=bare)
        plain = plain_reading(text)
        if plain is not None:  # it may say what its letters do not
            more, more_spared = self._look(plain.text, bare=bare)
            spared = [*spared, *(plain.back(*span) for span in more_spared)]
            for one in more:
                start, end = plain.back(one.start, one.end)
                found.append(replace(one, start=start, end=end))
        return settle(found, spared)

    def _look(self, text: str, *, bare: bool) -> tuple[list[Finding], list[Span]]:
        """All that is found in a text as it is written, overlapping; and the spans to be spared."""
        hidden, spared = ([], []) if bare else self._own.find(text)
        return [*self._identifiers.every(text), *self._names.find(text), *hidden], spared

    def again(self, persons: Sequence[str], text: str) -> tuple[Finding, ...]:
        """Later mentions of persons that were found elsewhere in the same text."""
        _, spared = self._own.find(text)
        return settle(spread(persons, text), spared)
