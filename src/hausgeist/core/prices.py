# SPDX-License-Identifier: EUPL-1.2
"""What a model costs: one value, a list of rules with dates, and the energy a token takes. No I/O.

A price holds from a moment until another follows it; within it the first tier that fits a call decides,
by the length of its input or the time of day, and the price's own figures hold where none does.
Unknown is ``None``, never zero.
"""

from dataclasses import dataclass

MINUTES = 24 * 60
"""Minutes of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Other prices, in EUR per million tokens, for calls that fit.

    ``above`` is a number of input tokens that a call must exceed; ``since`` and ``until`` are minutes of
    the day in UTC, the second excluded; a span may pass midnight, and equal ones mean the whole day.
    """

    input: float
    output: float
    cached_input: float | None = None
    above: int = 0
    since: int = 0
    until: int = 0

    def fits(self, input_tokens: int, minute: int) -> bool:
        """Whether a call with so much input, begun in this minute of the day, pays these prices."""
        if input_tokens <= self.above and self.above:
            return False
        if self.since < self.until:
            return self.since <= minute < self.until
        return self.since == self.until or minute >= self.since or minute < self.until


@dataclass(frozen=True, slots=True)
class Price:
    """EUR per million tokens, with where the number comes from (URL or words) and since when.

    ``per_request`` is EUR a call; ``minimum`` is EUR a month that the provider takes at least, and part of
    no call's cost. From ``until_ms`` on (milliseconds since the epoch) ``then`` holds instead; ``then`` of
    None is an unknown price.
    """

    input: float
    output: float
    cached_input: float | None = None
    as_of: str = ""
    source: str = ""
    per_request: float = 0.0
    minimum: float = 0.0
    tiers: tuple[Tier, ...] = ()
    until_ms: int | None = None
    then: "Price | None" = None

    def at(self, at_ms: int) -> "Price | None":
        """The price that holds at a moment; None when it is unknown then."""
        found: Price | None = self
        while found is not None and found.until_ms is not None and at_ms >= found.until_ms:
            found = found.then
        return found

    def rates(self, input_tokens: int, at_ms: int) -> tuple[float, float, float]:
        """Input, cached input and output for a call, in EUR per million tokens."""
        chosen: Price | Tier = self
        if self.tiers:
            minute = at_ms // 60_000 % MINUTES
            chosen = next((tier for tier in self.tiers if tier.fits(input_tokens, minute)), self)
        cached = chosen.input if chosen.cached_input is None else chosen.cached_input
        return chosen.input, cached, chosen.output


@dataclass(frozen=True, slots=True)
class Energy:
    """What a call takes: milliwatt-hours per output token and per second, and how that is known.

    ``source`` begins with ``measured:`` or ``estimated:``.
    """

    source: str
    per_token: float = 0.0
    per_second: float = 0.0

    def of(self, output_tokens: int, duration_ms: int) -> int:
        """Milliwatt-hours of a call, rounded up."""
        exact = self.per_token * output_tokens + self.per_second * duration_ms / 1000
        return -int(-exact // 1)
