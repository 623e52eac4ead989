# SPDX-License-Identifier: EUPL-1.2
"""Energy that was measured: counters and processor times as the kernel writes them, made by hand."""

import asyncio
from types import SimpleNamespace

import pytest

from hausgeist.core.accounting import Settlement
from hausgeist.core.messages import Usage
from hausgeist.ledger.energy import EnergyMeter, Nvml, Rapl


class Machine:
    """A machine's files: one processor package, and processes with their times."""

    def __init__(self, folder):
        self.sys, self.proc = folder / "powercap", folder / "proc"
        zone = self.sys / "intel-rapl:0"
        zone.mkdir(parents=True)
        (self.sys / "intel-rapl:0:0").mkdir()
        (self.sys / "intel-rapl:0:0/energy_uj").write_text("1")  # a part: it must not count twice
        (zone / "max_energy_range_uj").write_text("1000000000")
        self.zone = zone

    def at(self, energy, busy, **ticks):
        """Counters of a moment: microjoules, ticks of all processes, ticks of some (``p7=…``)."""
        (self.zone / "energy_uj").write_text(str(energy))
        self.proc.mkdir(exist_ok=True)
        (self.proc / "stat").write_text(f"cpu {busy} 0 0 999 0 0 0 0 0 0\n")
        for name, count in ticks.items():
            folder = self.proc / name[1:]
            folder.mkdir(exist_ok=True)
            fields = " ".join(["S", *["0"] * 10, str(count), "0", "0"])
            (folder / "stat").write_text(f"{name[1:]} (py (x) y) {fields}\n")


@pytest.fixture
def machine(tmp_path):
    """A machine that counts."""
    return Machine(tmp_path)


def test_a_model_takes_its_share_of_the_processor_s_energy(machine):
    """Half of the processor's time is half of the energy: 3.6 J are a milliwatt-hour."""
    rapl = Rapl(machine.sys, machine.proc)
    machine.at(1_000_000, 100, p7=10)
    assert rapl.taken({"leo": 7}) is None
    machine.at(8_200_000, 200, p7=60)
    assert rapl.taken({"leo": 7}) == {"leo": pytest.approx(1.0)}


def test_a_counter_that_begins_anew_goes_on(machine):
    """The counter's end is no negative energy."""
    rapl = Rapl(machine.sys, machine.proc)
    machine.at(999_000_000, 100, p7=10)
    rapl.taken({"leo": 7})
    machine.at(2_600_000, 200, p7=110)
    assert rapl.taken({"leo": 7}) == {"leo": pytest.approx(1.0)}


def test_without_counters_nothing_is_said(tmp_path):
    """A machine that tells nothing measures nothing."""
    assert Rapl(tmp_path, tmp_path).taken({"leo": 7}) is None


def test_a_call_takes_its_tokens_part_of_what_was_measured(machine):
    """After enough tokens the average is known, and labelled as measured."""
    clock = [0.0]
    meter = EnergyMeter(lambda: {"leo": 7}, lambda: clock[0], [Rapl(machine.sys, machine.proc)])
    told = []
    meter.changed = lambda: told.append(True)

    async def run():
        machine.at(0, 100, p7=0)
        await meter.look()
        assert meter.energy("leo") is None
        meter.settled(settled("leo", 1_000))
        clock[0] += 10
        machine.at(36_000_000, 200, p7=100)
        await meter.look()

    asyncio.run(run())
    energy = meter.energy("leo")
    assert (energy.source, energy.of(300, 5_000)) == ("measured:rapl", 3)
    assert meter.energy("mia") is None
    assert told == [True]


def settled(model, output):
    """As much of a settlement as is looked at."""
    found = object.__new__(Settlement)
    object.__setattr__(found, "reservation", SimpleNamespace(model=model))
    object.__setattr__(found, "usage", Usage(0, output))
    return found


def test_a_card_s_energy_goes_to_whoever_uses_it():
    """What a card took goes to the models whose processes are on it; a lost card says nothing."""
    millijoules = [0]
    cards = SimpleNamespace(
        NVMLError=IndexError,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda place: place,
        nvmlDeviceGetTotalEnergyConsumption=lambda _card: millijoules[0],
        nvmlDeviceGetComputeRunningProcesses=lambda _card: [SimpleNamespace(pid=7)],
    )
    nvml = Nvml(cards)
    assert nvml.taken({"leo": 7, "mia": 8}) is None
    millijoules[0] = 3_600
    assert nvml.taken({"leo": 7, "mia": 8}) == {"leo": pytest.approx(1.0), "mia": 0.0}
    millijoules.clear()
    assert nvml.taken({"leo": 7}) is None
