# SPDX-License-Identifier: EUPL-1.2
"""Own hardware against prices per token: a month's cost either way, and from how many requests it pays.

Assumptions in, figures out; no I/O. The formulas are those of the cost report, sections 5.1 to 5.3::

    elsewhere  = max(requests * (t_in * p_in + t_out * p_out) / 1e6 + requests * per_request, minimum)
    break-even = monthly / (t_in * p_in + t_out * p_out) * 1e6      0 where the minimum alone costs more
    load       = requests * (t_out + share * t_in) / (days * hours * 3600)    tokens a second
    premium    = (monthly - elsewhere) / staff                                  EUR a month and head
"""

from dataclasses import dataclass
from math import ceil

from hausgeist.core.running_costs import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One number that may be changed: its unit, what stands there first, and where that comes from.

    ``source`` is a key: house (the house's own figures), month (last month's calls), usual, market
    (reported card prices, April 2026), tariff (small business, 2024), law, leaderboard (ML.ENERGY v3).
    ``default`` of None: there is no sensible one.
    """

    name: str
    unit: str
    default: float | None
    source: str


ASSUMPTIONS = (
    Assumption(name="requests", unit="a month", default=25_200, source="month"),
    Assumption(name="input_tokens", unit="tokens", default=4_000, source="month"),
    Assumption(name="output_tokens", unit="tokens", default=600, source="month"),
    Assumption(name="price_input", unit="EUR per million tokens", default=None, source="price"),
    Assumption(name="price_output", unit="EUR per million tokens", default=None, source="price"),
    Assumption(name="minimum", unit="EUR a month", default=0, source="price"),
    Assumption(name="staff", unit="people", default=400, source="usual"),
    Assumption(name="capex", unit="EUR", default=16_000, source="market"),
    Assumption(name="years", unit="years", default=5, source="usual"),
    Assumption(name="residual", unit="share", default=0, source="usual"),
    Assumption(name="interest", unit="share a year", default=0.03, source="usual"),
    Assumption(name="maintenance", unit="share a year", default=0.05, source="usual"),
    Assumption(name="idle_watt", unit="W", default=150, source="market"),
    Assumption(name="load_watt", unit="W", default=800, source="market"),
    Assumption(name="utilisation", unit="share", default=0.2, source="usual"),
    Assumption(name="pue", unit="", default=1.3, source="usual"),
    Assumption(name="eur_per_kwh", unit="EUR per kWh", default=0.25, source="tariff"),
    Assumption(name="admin_hours", unit="hours a month", default=8, source="usual"),
    Assumption(name="admin_rate", unit="EUR an hour", default=60, source="usual"),
    Assumption(name="software", unit="EUR a month", default=0, source="usual"),
    Assumption(
        name="tokens_per_second", unit="tokens a second", default=2_000, source="leaderboard"
    ),
    Assumption(name="input_share", unit="share", default=0.1, source="usual"),
    Assumption(name="days", unit="days a month", default=21, source="usual"),
    Assumption(name="hours", unit="hours a day", default=8, source="usual"),
    Assumption(name="peak", unit="times the average", default=3, source="usual"),
)
"""Every assumption there is, in the order of the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A month's requests, and the tokens each reads and writes, on average."""

    requests: float
    input_tokens: float
    output_tokens: float

    def per_second(self, days: float, hours: float, input_share: float) -> float:
        """Tokens a second, counted as written ones, if all requests come in office hours."""
        each = self.output_tokens + input_share * self.input_tokens
        return self.requests * each / (days * hours * 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A provider's prices: EUR per million tokens read and written, a request, and a month at least."""

    input: float
    output: float
    per_request: float = 0.0
    minimum: float = 0.0

    def each(self, load: Load) -> float:
        """EUR a request, without the minimum."""
        tokens = load.input_tokens * self.input + load.output_tokens * self.output
        return tokens / 1e6 + self.per_request

    def month(self, load: Load) -> float:
        """EUR a month, the minimum included."""
        return max(load.requests * self.each(load), self.minimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What it comes to. Money is EUR a month; loads and capacity are tokens a second.

    ``break_even`` is a number of requests a month: 0 if own hardware is cheaper from the first one, None
    if no number is enough because a request costs nothing elsewhere. ``fits`` says whether the machine can
    do the load that was asked about at its peak, and ``reachable`` whether it can at the break-even; None
    where nobody knows the machine's speed. Only a reachable break-even is one.
    """

    own: float
    elsewhere: float
    break_even: int | None
    average: float
    peak: float
    capacity: float | None
    fits: bool | None
    reachable: bool | None
    most: float | None
    """Requests a month that the machine can do, by its peak."""
    premium: float | None
    """EUR a month and head that own hardware costs more; negative where it costs less."""

    @property
    def cheaper(self) -> bool:
        """Whether own hardware is, and can do the load."""
        return self.own < self.elsewhere and self.fits is not False


def break_even(monthly: float, elsewhere: Elsewhere, load: Load) -> int | None:
    """Requests a month from which on ``monthly`` EUR is less; see ``Result.break_even``."""
    if monthly <= elsewhere.minimum:
        return 0
    each = elsewhere.each(load)
    return ceil(monthly / each - 1e-9) if each > 0 else None


def compare(
    figures: Figures,
    load: Load,
    elsewhere: Elsewhere,
    *,
    days: float = 21,
    hours: float = 8,
    peak: float = 3,
    staff: float = 0,
) -> Result:
    """Own hardware against one price."""
    own = figures.month().total
    there = elsewhere.month(load)
    needed = break_even(own, elsewhere, load)
    average = load.per_second(days, hours, figures.input_share)
    one = Load(requests=1, input_tokens=load.input_tokens, output_tokens=load.output_tokens)
    each = one.per_second(days, hours, figures.input_share) * peak
    capacity = figures.tokens_per_second
    most = capacity / each if capacity and each else None
    return Result(
        own=own,
        elsewhere=there,
        break_even=needed,
        average=average,
        peak=average * peak,
        capacity=capacity,
        fits=None if capacity is None else average * peak <= capacity,
        reachable=None if most is None or needed is None else needed <= most,
        most=most,
        premium=(own - there) / staff if staff else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A machine of the report's section 5.2: an estimate to begin with. Money is EUR."""

    key: str
    name: str
    capex: float
    idle_watt: float
    load_watt: float
    utilisation: float
    admin_hours: float
    tokens_per_second: float | None

    def figures(self) -> Figures:
        """With the usual assumptions."""
        return Figures(
            capex=self.capex,
            idle_watt=self.idle_watt,
            load_watt=self.load_watt,
            utilisation=self.utilisation,
            admin_hours=self.admin_hours,
            tokens_per_second=self.tokens_per_second,
        )


def _rig(key: str, name: str, *numbers: float, speed: float | None) -> Rig:
    capex, idle, load, utilisation, hours = numbers
    return Rig(
        key=key,
        name=name,
        capex=capex,
        idle_watt=idle,
        load_watt=load,
        utilisation=utilisation,
        admin_hours=hours,
        tokens_per_second=speed,
    )


RIGS = (
    _rig("cpu", "CPU", 4_000, 60, 250, 0.15, 4, speed=10),
    _rig("rtx", "1 x RTX PRO 6000 96 GB", 16_000, 150, 800, 0.2, 8, speed=2_000),
    _rig("rtx2", "2 x RTX PRO 6000", 28_000, 200, 1_400, 0.2, 8, speed=4_000),
    _rig("h200", "2 x H200 NVL", 95_000, 400, 1_800, 0.2, 12, speed=None),
    _rig("hgx", "8 x H200 HGX", 350_000, 2_500, 9_000, 0.2, 24, speed=None),
)
"""Own estimates around reported card prices; speeds are of a 14B model at batch 32 (H100-class: 2,023)."""
