# SPDX-License-Identifier: EUPL-1.2
"""What own hardware costs a month, and a model on it per million tokens: the operator's figures, no I/O.

The formula is that of the cost report, section 5.2::

    monthly = capex * (1 - residual) / (years * 12)     depreciation
            + capex / 2 * interest / 12                 capital
            + capex * maintenance / 12                  warranty, spares
            + kWh * price                               kWh = 730 h * watts / 1000 * PUE
            + admin hours * rate + software and hosting
    EUR per million output tokens = monthly / (tokens per second * utilisation * 3600 * 730 / 1e6)
"""

from dataclasses import dataclass
from math import exp

from hausgeist.core.prices import Energy, Price

HOURS = 730.0
"""Hours of a month."""

SECONDS = 3600.0 * HOURS
"""Seconds of a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month's cost in EUR, part by part, and the energy in kWh."""

    depreciation: float
    interest: float
    maintenance: float
    power: float
    admin: float
    software: float
    kwh: float

    @property
    def total(self) -> float:
        """All parts together, in EUR."""
        return (
            self.depreciation
            + self.interest
            + self.maintenance
            + self.power
            + self.admin
            + self.software
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The assumptions, each of which the operator may change.

    ``capex`` is EUR; ``residual``, ``interest`` (a year), ``maintenance`` (a year) and ``utilisation`` are
    shares, 0.2 being 20 %; watts are at the plug; ``eur_per_kwh`` is EUR; ``admin_hours`` are a month's, at
    ``admin_rate`` EUR; ``software`` is EUR a month, with hosting. ``tokens_per_second`` is what the machine
    writes under load. ``input_share`` is the work of a token that is read, as a share of one that is
    written. ``measured_output`` and ``measured_input`` are million tokens a month that were really made;
    with the first, they count instead of throughput and utilisation.
    """

    capex: float
    years: float = 5.0
    residual: float = 0.0
    interest: float = 0.03
    maintenance: float = 0.05
    idle_watt: float
    load_watt: float
    utilisation: float = 0.2
    pue: float = 1.3
    eur_per_kwh: float = 0.25
    admin_hours: float
    admin_rate: float = 60.0
    software: float = 0.0
    tokens_per_second: float | None = None
    input_share: float = 0.1
    measured_output: float | None = None
    measured_input: float = 0.0

    def month(self) -> Month:
        """What a month costs."""
        watts = self.idle_watt + self.utilisation * (self.load_watt - self.idle_watt)
        kwh = HOURS * watts / 1000 * self.pue
        return Month(
            depreciation=self.capex * (1 - self.residual) / (self.years * 12),
            interest=self.capex / 2 * self.interest / 12,
            maintenance=self.capex * self.maintenance / 12,
            power=kwh * self.eur_per_kwh,
            admin=self.admin_hours * self.admin_rate,
            software=self.software,
            kwh=kwh,
        )

    def capacity(self) -> float | None:
        """Million tokens a month, counted as written ones; None when neither measured nor given."""
        if self.measured_output is not None:
            return self.measured_output + self.input_share * self.measured_input or None
        if not self.tokens_per_second or not self.utilisation:
            return None
        return self.tokens_per_second * self.utilisation * SECONDS / 1e6

    def price(self, as_of: str = "", source: str = "") -> Price | None:
        """EUR per million tokens; None when it cannot be said how many there are."""
        capacity = self.capacity()
        if capacity is None:
            return None
        output = self.month().total / capacity
        return Price(output * self.input_share, output, as_of=as_of, source=source)

    def energy(self) -> Energy | None:
        """What a call takes by these figures: by its tokens where the throughput is known, else by its time.

        Several calls at once share the machine, so that time alone counts too much.
        """
        watts = self.load_watt * self.pue
        if not watts:
            return None
        per_second = watts / 3.6  # mWh
        if self.tokens_per_second:
            return Energy("estimated:power-figures", per_token=per_second / self.tokens_per_second)
        return Energy("estimated:power-figures", per_second=per_second)


def gpu_energy(active_parameters: float, batch: float = 64.0) -> Energy:
    """What a provider's model takes: milliwatt-hours of the GPU alone, from billions of active parameters.

    EcoLogits 0.11: Wh per output token = 1.1665e-6 * exp(-0.0112 * batch) * parameters + 4.05e-5.
    """
    watt_hours = 1.1665e-6 * exp(-0.0112 * batch) * active_parameters + 4.05e-5
    return Energy("estimated:parameters", per_token=watt_hours * 1000)
