# SPDX-License-Identifier: EUPL-1.2
"""The tap: calls of keys whose owner agreed that a task may be made of them, laid aside for the workbench.

A call without that word costs one look at a flag. What is laid aside waits in memory, nowhere else, and not
for long; where there is no room it is dropped and counted. Nothing here slows a call, and nothing fails it.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from hausgeist.core.accounting import Settlement
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished, Judged, ToolCalled
from hausgeist.core.labels import DataClass
from hausgeist.core.templates import spoken
from hausgeist.gateway.exposition import single

WAITING_MOST: Final = 2_000
CHARACTERS_MOST: Final = 20_000_000
"""Of all that waits."""
LONGEST: Final = 100_000
"""Characters of a call and its answer; longer ones are not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A call that was answered. Never kept as it stands: personal data are still in it."""

    key_id: str
    system: str
    said: str
    answer: str
    schema: str
    wanted: str
    """The model that was asked for."""
    model: str
    provider: str
    data_class: DataClass
    micro_eur: int | None
    energy_mwh: int | None
    at_ms: int

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.system) + len(self.said) + len(self.answer)


class Ear:
    """Listens to one call's answer."""

    __slots__ = ("_call", "_ended", "_parts", "_pieces", "_room", "_useless")

    def __init__(self, call: Call, system: str, said: str) -> None:
        self._call = call
        self._parts = system, said
        self._pieces: list[str] = []
        self._room = LONGEST - len(system) - len(said)
        self._ended = False
        self._useless = self._room < 0

    def hear(self, burst: Burst) -> Burst:
        """Take note of what goes to the caller, and pass it on."""
        if self._useless:
            return burst
        for event in burst:
            if isinstance(event, Delta):
                self._pieces.append(event.text)
                self._room -= len(event.text)
            elif isinstance(event, Finished):
                self._ended = event.reason == "stop"
            elif isinstance(event, ToolCalled | Judged):  # a student teaches no student
                self._useless = True
        self._useless = self._useless or self._room < 0
        return burst

    def heard(self, settlement: Settlement) -> Heard | None:
        """The whole call, if it was answered to its end."""
        if self._useless or not self._ended or settlement.outcome != "ok":
            return None
        call, held = self._call, settlement.reservation
        return Heard(
            key_id=call.principal.key_id or "",
            system=self._parts[0],
            said=self._parts[1],
            answer="".join(self._pieces),
            schema="" if call.format is None else call.format.schema or "json",
            wanted=call.model,
            model=held.model,
            provider=held.provider,
            data_class=DataClass.parse(held.data_class),
            micro_eur=settlement.micro_eur,
            energy_mwh=settlement.energy_mwh,
            at_ms=held.at_ms,
        )


@dataclass(slots=True)
class Tap:
    """What was laid aside and waits. ``dropped``: calls for which there was no room."""

    most: int = WAITING_MOST
    characters: int = CHARACTERS_MOST
    dropped: int = 0
    taken: int = 0
    _waiting: deque[Heard] = field(default_factory=deque)
    _held: int = 0

    def ear(self, call: Call) -> Ear | None:
        """Who listens to a call of a key that agreed; None where it can be no task's question."""
        parts = spoken(call)
        if parts is None or call.principal.session_id is not None or call.principal.job_id:
            return None
        return Ear(call, *parts)

    def offer(self, ear: Ear, settlement: Settlement) -> None:
        """Lay a call aside that has ended."""
        heard = ear.heard(settlement)
        if heard is None:
            return
        if len(self._waiting) >= self.most or self._held + heard.size > self.characters:
            self.dropped += 1
            return
        self.taken += 1
        self._held += heard.size
        self._waiting.append(heard)

    def take(self, most: int) -> list[Heard]:
        """The next calls that wait; they wait no more."""
        found = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        self._held -= sum(one.size for one in found)
        return found

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._waiting)

    def metrics(self) -> str:
        """As lines of Prometheus' text format; no content, no key."""
        rows = (
            ("taken_total", "Calls laid aside for tasks, with their owners' word.", self.taken),
            ("dropped_total", "Calls for tasks that there was no room for.", self.dropped),
        )
        lines = [
            line
            for name, text, value in rows
            for line in single(f"hausgeist_traffic_{name}", text, value, "counter")
        ]
        return "\n".join(lines) + "\n"
