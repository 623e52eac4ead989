# SPDX-License-Identifier: EUPL-1.2
"""How long a base will train: its size, texts and their length in, minutes out. Nothing is loaded.

A training multiplies each trained number six times a token (twice forwards, four times back; Kaplan and
others 2020, section 2.1), in every pass, for the learning curve's parts too.
"""

import math
from dataclasses import dataclass

from hausgeist.training.bases.shelf import Base

BATCH = 16
ROUNDS, ROUNDS_MOST, STEPS_LEAST = 8, 40, 240
"""Passes over the samples at most: 8, and of few samples as many as make 240 steps, but 40 at most."""
CURVE = 1.8
"""All examples once, and a tenth, a fifth and a half of them for the learning curve (``lessons.SHARES``)."""
HELD_BACK = 0.2
PIECES_MOST = 512
LETTERS_A_PIECE = 4.0
"""Of German text in a vocabulary that knows German; others need more pieces."""
A_CORE = 20e9
"""Multiplications and additions a second of one core of a usual server, with all that is lost."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A training that was measured: seconds, examples, trained numbers of its base."""

    seconds: float
    examples: int
    trained: int


def passes(samples: int) -> int:
    """Over the samples, at most."""
    return min(ROUNDS_MOST, max(ROUNDS, math.ceil(STEPS_LEAST * BATCH / max(1, samples))))


def minutes(
    base: Base, texts: int, letters: float, *, threads: int, earlier: Earlier | None = None
) -> float:
    """What a training takes at most; ``letters`` of a text on average.

    ``earlier``: one on this machine, by which it is reckoned instead.
    """
    if earlier is not None and earlier.examples > 0:
        now = passes(texts) * texts * base.trained
        before = passes(earlier.examples) * earlier.examples * max(1, earlier.trained)
        return earlier.seconds * now / max(1, before) / 60
    pieces = min(PIECES_MOST, base.positions, letters / LETTERS_A_PIECE + 2)
    samples = (1 - HELD_BACK) * texts
    work = 6.0 * base.trained * pieces * samples * passes(round(samples)) * CURVE
    return work / (A_CORE * max(1, threads)) / 60
