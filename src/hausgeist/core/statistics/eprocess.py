# SPDX-License-Identifier: EUPL-1.2
"""Looking as often as one likes: wins and losses go in one after another, evidence comes out.

Under "both win equally often" the evidence is a martingale that starts at 1, so the chance that it *ever*
reaches 20 is at most 1 in 20 (Ville 1939). Unlike a p value it may be looked at after every item.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log

from hausgeist.core.statistics.beta import log_beta

THRESHOLD = 20.0
"""Evidence at which one may stop and claim, at an error of 5 percent."""


def log_evidence(wins: int, losses: int) -> float:
    """The natural logarithm of E = 2^(w+l) B(1+w, 1+l): a bet spread evenly over all chances of winning."""
    return (wins + losses) * log(2) + log_beta(1 + wins, 1 + losses)


def evidence(wins: int, losses: int) -> float:
    """The evidence against "both win equally often"; 1 of nothing."""
    return exp(min(log_evidence(wins, losses), 700.0))


def wins_to_claim(losses: int, threshold: float = THRESHOLD) -> int:
    """The fewest wins beside so many losses at which one may claim to be better."""
    wins, goal = losses, log(threshold)
    while log_evidence(wins, losses) < goal:
        wins += 1
    return wins


@dataclass(frozen=True, slots=True)
class Meter:
    """Where the count stands. ``path`` is the evidence after each differing item, from the first on.

    ``decided`` is how many differing items it took to reach the threshold, None: not yet; ``ahead`` whether
    wins were more then (or are now).
    """

    wins: int
    losses: int
    evidence: float
    path: tuple[float, ...]
    decided: int | None
    ahead: bool


def meter(outcomes: Iterable[bool], threshold: float = THRESHOLD) -> Meter:
    """The count over differing items in the order they came; True: a win. What is decided stays decided."""
    wins = losses = 0
    path: list[float] = []
    decided: int | None = None
    ahead = False
    for won in outcomes:
        wins, losses = wins + won, losses + (not won)
        path.append(evidence(wins, losses))
        if decided is None:
            ahead = wins > losses
            if path[-1] >= threshold:
                decided = len(path)
    return Meter(wins, losses, path[-1] if path else 1.0, tuple(path), decided, ahead)
