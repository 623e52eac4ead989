# SPDX-License-Identifier: EUPL-1.2
"""Active learning: what an answer to an open text would be worth, from what a student guesses of it.

A guess goes in, a number from above 0 to 1 comes out: the higher, the sooner people are asked. Texts that
nobody looked at have 0. None of the ways is best everywhere, which is why a share is always drawn at random.
"""

from enum import StrEnum
from math import log

from hausgeist.core.answers import Guess, Value

LEAST = 1e-6


class Strategy(StrEnum):
    """By what texts are put in order."""

    MIXED = "mixed"
    """Half by how close the two best answers are, the rest by novelty and by disagreement."""
    MARGIN = "margin"
    """Close between the best two answers (Scheffer and others 2001)."""
    ENTROPY = "entropy"
    """Spread over many answers (Shannon)."""
    DISAGREE = "disagree"
    """Student and teacher differ, the surer both are the sooner."""
    TYPICAL = "typical"
    """Close, but like other texts: what is odd is left alone (Settles and Craven 2008)."""
    NEW = "new"
    """Unlike everything that was learnt."""


def worth(strategy: Strategy, guess: Guess, teacher: Value | None = None) -> float:
    """What an answer would be worth, above 0 to 1. ``teacher``: what it suggested, where it did."""
    close = 1.0 - guess.margin
    differ = 1.0 if teacher is not None and teacher != guess.value else 0.0
    if strategy is Strategy.MARGIN:
        found = close
    elif strategy is Strategy.ENTROPY:
        found = _entropy(guess)
    elif strategy is Strategy.DISAGREE:
        found = differ * (0.5 + guess.score / 2) + (1 - differ) * close / 2
    elif strategy is Strategy.TYPICAL:
        found = close * (1.0 - guess.far)
    elif strategy is Strategy.NEW:
        found = guess.far
    else:
        found = 0.5 * close + 0.25 * guess.far + 0.25 * differ
    return min(1.0, max(LEAST, found))


def _entropy(guess: Guess) -> float:
    """Of the ranked answers and the rest as one more, 0 to 1; of a single figure the binary one."""
    shares = [share for _, share in guess.ranked] or [guess.score]
    rest = max(0.0, 1.0 - sum(shares))
    every = [share for share in (*shares, rest) if share > 0]
    total = sum(every)
    if len(every) < 2 or total <= 0:
        return 0.0
    spread = -sum(share / total * log(share / total) for share in every)
    return spread / log(max(2, len(shares) + 1))
