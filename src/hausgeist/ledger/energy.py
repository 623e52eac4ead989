# SPDX-License-Identifier: EUPL-1.2
"""What models in the house take, measured where the hardware tells; where it does not, nothing is said.

Two sources. Intel's RAPL counts the energy of each processor package in ``/sys/class/powercap``; a model's
share of it is the share of its process in all processor time. NVML counts the energy of each graphics card,
if ``nvidia-ml-py`` is there; it goes to the models whose processes use the card. Every few seconds what
was taken meanwhile is added up, beside the tokens written; a call then takes its tokens' part of that.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from hausgeist.core.accounting import Settlement
from hausgeist.core.models import Energy

EVERY = 10.0
"""Seconds between two looks at the counters."""

ENOUGH = 200
"""Tokens after which an average is worth something."""

HALF = 20_000.0
"""Tokens after which the older half counts less: a model's later use tells more than its first."""

MICROJOULES = 3_600_000.0
"""Microjoules of a milliwatt-hour."""


class Source(Protocol):
    """A counter of energy. ``name`` stands in the ledger after ``measured:``."""

    name: str

    def taken(self, children: Mapping[str, int]) -> dict[str, float] | None:
        """Milliwatt-hours each model took since the last look, by the ids of their processes.

        None while it cannot be said: the first time, or where nothing can be read.
        """
        ...


@dataclass(slots=True)
class Rapl:
    """The packages' counters, shared out by processor time. ``sys`` and ``proc`` are where they are read."""

    sys: Path = Path("/sys/class/powercap")
    proc: Path = Path("/proc")
    name: str = "rapl"
    _energy: dict[str, int] = field(default_factory=dict)
    _busy: float = 0.0
    _times: dict[int, float] = field(default_factory=dict)

    def taken(self, children: Mapping[str, int]) -> dict[str, float] | None:
        """See ``Source``."""
        energy = self._counters()
        if not energy:
            return None
        joules = sum(self._grown(zone, now) for zone, now in energy.items() if zone in self._energy)
        busy, times = self._busy_ticks(), {pid: self._ticks(pid) for pid in children.values()}
        passed = busy - self._busy
        first = not self._energy
        shares = {
            model: (times[pid] - self._times[pid]) / passed
            for model, pid in children.items()
            if pid in self._times and passed > 0
        }
        self._energy, self._busy, self._times = energy, busy, times
        if first:
            return None
        return {model: joules / MICROJOULES * min(1.0, share) for model, share in shares.items()}

    def _counters(self) -> dict[str, int]:
        """Microjoules by package; empty where the kernel does not let us read them."""
        found = {}
        for zone in sorted(self.sys.glob("intel-rapl:*")):
            if zone.name.count(":") == 1:  # those below are parts of it
                try:
                    found[zone.name] = int((zone / "energy_uj").read_text())
                except (OSError, ValueError):
                    continue
        return found

    def _grown(self, zone: str, now: int) -> int:
        before = self._energy[zone]
        if now >= before:
            return now - before
        try:  # it began anew
            most = int((self.sys / zone / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            return 0
        return now + most - before

    def _busy_ticks(self) -> float:
        """Processor time that all processes had, in ticks."""
        fields = (self.proc / "stat").read_text().splitlines()[0].split()[1:9]
        user, nice, system, _idle, _wait, irq, soft, _steal = map(int, fields)
        return user + nice + system + irq + soft

    def _ticks(self, pid: int) -> float:
        """Processor time of a process, in ticks; 0 when it is gone."""
        try:
            stat = (self.proc / str(pid) / "stat").read_text()
        except OSError:
            return 0.0
        fields = stat.rpartition(")")[2].split()
        return float(int(fields[11]) + int(fields[12]))


@dataclass(slots=True)
class Nvml:
    """The graphics cards' counters. ``library`` is the module ``pynvml``."""

    library: Any
    name: str = "nvml"
    _energy: dict[int, int] = field(default_factory=dict)

    def taken(self, children: Mapping[str, int]) -> dict[str, float] | None:
        """See ``Source``; models on one card share it evenly."""
        try:
            return self._taken(children)
        except self.library.NVMLError:  # the card, or its driver, went away
            self._energy.clear()
            return None

    def _taken(self, children: Mapping[str, int]) -> dict[str, float] | None:
        nvml, out, before = self.library, dict.fromkeys(children, 0.0), dict(self._energy)
        for place in range(nvml.nvmlDeviceGetCount()):
            card = nvml.nvmlDeviceGetHandleByIndex(place)
            now = nvml.nvmlDeviceGetTotalEnergyConsumption(card)  # millijoules
            self._energy[place] = now
            using = {one.pid for one in nvml.nvmlDeviceGetComputeRunningProcesses(card)}
            models = [model for model, pid in children.items() if pid in using]
            for model in models:
                out[model] += (
                    max(0, now - before.get(place, now)) * 1000 / MICROJOULES / len(models)
                )
        return out if before else None


def sources() -> list[Source]:
    """What this machine can measure with."""
    found: list[Source] = []
    library = _nvml()
    if library is not None:
        found.append(Nvml(library))
    rapl = Rapl()
    if any(os.access(zone / "energy_uj", os.R_OK) for zone in rapl.sys.glob("intel-rapl:*")):
        found.append(rapl)
    return found


def _nvml() -> Any:
    """NVIDIA's library, ready; None where it, or a card, is missing."""
    try:
        library = import_module("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
    except library.NVMLError:
        return None
    return library


@dataclass(slots=True)
class _Sum:
    """What a model took and wrote, the older the less."""

    energy: float = 0.0
    tokens: float = 0.0

    def add(self, energy: float, tokens: int) -> None:
        if self.tokens > HALF:
            self.energy, self.tokens = self.energy / 2, self.tokens / 2
        self.energy += energy
        self.tokens += tokens


class EnergyMeter:
    """Adds up what models in the house take. ``children`` gives the processes of those in memory."""

    def __init__(
        self,
        children: Callable[[], Mapping[str, int]],
        clock: Callable[[], float],
        found: list[Source] | None = None,
    ) -> None:
        self.changed: Callable[[], None] = lambda: None
        """Called when a model's average is another."""
        self._children = children
        self._clock = clock
        self._sources = sources() if found is None else found
        self._written: dict[str, int] = {}
        self._sums: dict[str, _Sum] = {}
        self._looked_at = float("-inf")

    @property
    def measures(self) -> bool:
        """Whether this machine tells anything."""
        return bool(self._sources)

    def settled(self, settlement: Settlement) -> None:
        """Count what a model wrote."""
        model = settlement.reservation.model
        self._written[model] = self._written.get(model, 0) + settlement.usage.output_tokens

    async def look(self) -> None:
        """One look at the counters, every few seconds."""
        now = self._clock()
        if not self._sources or now - self._looked_at < EVERY:
            return
        self._looked_at = now
        children = self._children()
        told = [taken for source in self._sources if (taken := source.taken(children)) is not None]
        written, self._written = self._written, {}
        for model in children:
            spent = sum(taken.get(model, 0.0) for taken in told)
            if told and (written.get(model) or spent):
                self._sums.setdefault(model, _Sum()).add(spent, written.get(model, 0))
        if any(written.values()) and told:
            self.changed()

    def energy(self, model: str) -> Energy | None:
        """What a token of a model takes; None before it was measured over enough of them."""
        found = self._sums.get(model)
        if found is None or found.tokens < ENOUGH or not found.energy:
            return None
        names = "+".join(source.name for source in self._sources)
        return Energy(f"measured:{names}", per_token=found.energy / found.tokens)
