# SPDX-License-Identifier: EUPL-1.2
"""Counters of calls in Prometheus' text format (version 0.0.4). No person, no group, no key, no content.

Settlements flow in, one dictionary look-up each; text flows out when somebody asks.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from hausgeist.core.accounting import Settlement
from hausgeist.gateway.exposition import counter, single

SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the histograms' buckets."""


class Meter:
    """What the gateway did since the process started."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str, str, str]] = Counter()
        self._tokens: Counter[tuple[str, str, str]] = Counter()
        self._duration = Histogram()
        self._first = Histogram()

    def settled(self, settlement: Settlement) -> None:
        """Count a call that ended."""
        held = settlement.reservation
        self._calls[held.model, held.zone, held.purpose, settlement.outcome] += 1
        self._tokens[held.model, held.zone, "input"] += settlement.usage.input_tokens
        self._tokens[held.model, held.zone, "output"] += settlement.usage.output_tokens
        self._duration.add(settlement.duration_ms / 1000)
        if settlement.first_token_ms is not None:
            self._first.add(settlement.first_token_ms / 1000)

    def text(self, *, running: int, loaded: int) -> str:
        """All counters, with the calls and models of this moment."""
        lines = [
            *counter(
                "hausgeist_calls_total",
                "Calls that ended.",
                ("model", "zone", "purpose", "outcome"),
                self._calls.items(),
            ),
            *counter(
                "hausgeist_tokens_total",
                "Tokens booked.",
                ("model", "zone", "direction"),
                self._tokens.items(),
            ),
            *self._duration.lines("hausgeist_call_seconds", "Duration of calls."),
            *self._first.lines("hausgeist_first_token_seconds", "Time to the first token."),
            *single("hausgeist_calls_running", "Calls under way.", running),
            *single("hausgeist_models_loaded", "Models in memory.", loaded),
        ]
        return "\n".join(lines) + "\n"


class Histogram:
    """How often a duration fell into each bucket, in seconds."""

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._sum += seconds

    def lines(self, name: str, text: str) -> Iterable[str]:
        """The histogram in Prometheus' format: buckets are cumulative."""
        yield f"# HELP {name} {text}"
        yield f"# TYPE {name} histogram"
        total = 0
        for bound, count in zip((*map(str, SECONDS), "+Inf"), self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.3f}"
        yield f"{name}_count {total}"
