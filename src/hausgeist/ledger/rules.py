# SPDX-License-Identifier: EUPL-1.2
"""How prices and figures are written down: JSON in, checked values out, and days as moments."""

import re
from datetime import UTC, date, datetime
from typing import Literal

import msgspec

from hausgeist.core.prices import MINUTES, Price, Tier
from hausgeist.core.running_costs import Figures
from hausgeist.errors import N_, InvalidField

MOST = 1e6
"""EUR per million tokens that no price reaches; a slip of the keyboard does."""

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


class TierRules(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Other prices for calls that fit; ``since`` and ``until`` such as ``16:30``, in UTC."""

    input: float
    output: float
    cached_input: float | None = None
    above: int = 0
    since: str = ""
    until: str = ""


class PriceRules(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A price as it was entered, per million tokens in ``currency``.

    ``rate`` is EUR for one unit of it. ``minimum`` is a month's least, of the provider as a whole.
    ``parameters`` are the billions a token passes through, for an estimate of energy; 0: unknown.
    """

    currency: Literal["EUR", "USD"] = "EUR"
    rate: float = 1.0
    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    per_request: float = 0.0
    minimum: float = 0.0
    tiers: tuple[TierRules, ...] = ()
    parameters: float = 0.0

    def price(self, as_of: str, source: str) -> Price | None:
        """In EUR; None where it says that the price is unknown."""
        if self.input is None or self.output is None:
            return None
        rate = self.rate
        if self.currency != "EUR":
            source = f"{source}, at {rate:g} EUR for 1 {self.currency}".lstrip(", ")
        return Price(
            input=self.input * rate,
            output=self.output * rate,
            cached_input=None if self.cached_input is None else self.cached_input * rate,
            as_of=as_of,
            source=source[:200],
            per_request=self.per_request * rate,
            tiers=tuple(
                Tier(
                    input=tier.input * rate,
                    output=tier.output * rate,
                    cached_input=None if tier.cached_input is None else tier.cached_input * rate,
                    above=tier.above,
                    since=_minute(tier.since),
                    until=_minute(tier.until),
                )
                for tier in sorted(self.tiers, key=lambda tier: -tier.above)
            ),
        )


def checked_rules(rules: PriceRules) -> PriceRules:
    """The rules, if they make sense.

    Raises:
        InvalidField: a number is out of range, or a longer text would cost less.
    """
    if (rules.input is None) != (rules.output is None):
        raise _bad("output", N_("give both prices, or none if they are unknown"))
    amounts = [
        ("input", rules.input),
        ("output", rules.output),
        ("cached_input", rules.cached_input),
        ("per_request", rules.per_request),
        ("minimum", rules.minimum),
        ("parameters", rules.parameters),
    ]
    for tier in rules.tiers:
        amounts += [("tiers", tier.input), ("tiers", tier.output), ("tiers", tier.cached_input)]
    for field, amount in amounts:
        if amount is not None and not 0 <= amount < MOST:
            raise _bad(field, N_("a number from 0 up to a million"))
    if not 0 < rules.rate < MOST:
        raise _bad("rate", N_("say how many EUR one unit of the currency is"))
    if rules.cached_input is not None and rules.cached_input > (rules.input or 0.0):
        raise _bad("cached_input", N_("what is cached costs no more than what is new"))
    for tier in rules.tiers:
        if tier.above < 0 or (not tier.above and not tier.since):
            raise _bad("tiers", N_("say above how many tokens, or at what time of day, it holds"))
        _minute(tier.since), _minute(tier.until)
    if rules.tiers and (rules.input is None or rules.output is None):
        raise _bad("tiers", N_("a tier needs the price that holds beside it"))
    _rising(rules)
    return rules


def _rising(rules: PriceRules) -> None:
    """A longer text never costs less: or a reservation would not cover what it is for."""
    steps = sorted((tier for tier in rules.tiers if tier.above), key=lambda tier: tier.above)
    before = (rules.input or 0.0, rules.output or 0.0)
    for tier in steps:
        after = (tier.input, tier.output)
        if not tier.since and (after[0] < before[0] or after[1] < before[1]):
            raise _bad("tiers", N_("above more tokens it cannot cost less"))
        before = after


def checked_figures(figures: Figures) -> Figures:
    """The figures, if they make sense.

    Raises:
        InvalidField: one is out of range.
    """
    ranges = {
        "years": (0.1, 50.0),
        "residual": (0.0, 1.0),
        "interest": (0.0, 1.0),
        "maintenance": (0.0, 1.0),
        "utilisation": (0.0, 1.0),
        "pue": (1.0, 5.0),
        "input_share": (0.0, 1.0),
    }
    for name in Figures.__slots__:
        value = getattr(figures, name)
        low, high = ranges.get(name, (0.0, 1e9))
        if value is not None and not low <= value <= high:
            raise InvalidField(
                field=name,
                reason=N_("a number from {low} to {high}"),
                param=name,
                low=low,
                high=high,
            )
    if figures.load_watt < figures.idle_watt:
        raise _bad("load_watt", N_("under load it takes no less than idle"))
    return figures


def day(text: str) -> str:
    """A day as it is stored, such as ``2026-11-01``.

    Raises:
        InvalidField: it is none.
    """
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        raise _bad("valid_from", N_("a date such as 2026-11-01"))
    return found.isoformat()


def begins(valid_from: str) -> int:
    """The first moment of a day in UTC, in milliseconds since the epoch."""
    return int(datetime.fromisoformat(valid_from).replace(tzinfo=UTC).timestamp() * 1000)


def encode(value: PriceRules | Figures) -> str:
    """As it is stored."""
    return msgspec.json.encode(value).decode()


def decode_rules(text: str) -> PriceRules:
    """As it was stored."""
    return msgspec.json.decode(text, type=PriceRules)


def decode_figures(text: str) -> Figures:
    """As they were stored."""
    return msgspec.json.decode(text, type=Figures)


def _minute(time: str) -> int:
    if not time:
        return 0
    found = _TIME.fullmatch(time.strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else MINUTES + 1
    if minute > MINUTES:
        raise _bad("tiers", N_("a time of day such as 16:30"))
    return minute % MINUTES


def _bad(field: str, reason: str) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field)
