# SPDX-License-Identifier: EUPL-1.2
"""What a call costs, as values: the reservation before it and the ledger's entry after it.

Both carry the group, never the person. Amounts of money are micro-EUR (1 EUR = 1,000,000).
"""

from dataclasses import dataclass

from hausgeist.core.messages import Usage
from hausgeist.core.models import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Held before a call, until it is settled; what a crash leaves behind is settled at its worst.

    ``tokens`` is the most the call can use; ``micro_eur`` the most it can cost, None when the price is
    unknown. ``scopes`` are the budgets it draws on, such as ``group:planning``.
    """

    call_id: str
    at_ms: int
    group: str
    cost_centre: str | None
    service_key: str | None
    purpose: str
    model: str
    provider: str
    zone: str
    data_class: str
    policy_version: str
    verdict: str = "allow"
    assistant: str | None = None
    tokens: int
    micro_eur: int | None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Which budget does not cover a call. ``why``: tokens, money, or unknown (nobody knows the price)."""

    scope: str
    period: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a reserved call ended. ``outcome``: ok, failed, aborted, lost or refused."""

    reservation: Reservation
    usage: Usage
    micro_eur: int | None
    price_source: str
    energy_mwh: int | None
    energy_source: str
    duration_ms: int
    first_token_ms: int | None
    outcome: str


NOISE = 1e-6
"""Micro-EUR that a sum of binary fractions may be off by: 100 tokens at 0.07 are 7, not 8."""


def cost_micro_eur(usage: Usage, price: Price | None, at_ms: int = 0) -> int | None:
    """Cost of a call in micro-EUR, rounded up once; None when the price is unknown (never zero).

    ``at_ms`` is when the call began, in milliseconds since the epoch; it decides between dated prices and
    times of day. EUR per million tokens is micro-EUR per token, so no unit conversion is needed.
    """
    if price is None:
        return None
    fresh = usage.input_tokens - usage.cached_tokens
    if price.until_ms is None and not price.tiers:  # nearly all of them
        cached_price = price.input if price.cached_input is None else price.cached_input
        exact = fresh * price.input + usage.cached_tokens * cached_price
        exact += usage.output_tokens * price.output
    else:
        dated = price.at(at_ms)
        if dated is None:
            return None
        price = dated
        whole, cached, output = price.rates(usage.input_tokens, at_ms)
        exact = fresh * whole + usage.cached_tokens * cached + usage.output_tokens * output
    if price.per_request:
        exact += price.per_request * 1_000_000
    return -int(-(exact - NOISE) // 1)
