# SPDX-License-Identifier: EUPL-1.2
"""Whether what a student meets still is what it met at first: two windows of answers go in, signs come out.

A sign is an alarm only if the difference is large and no accident. Texts are not needed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean, pvariance

from hausgeist.core.statistics.interval import at_least, clopper_pearson

LEAST = 100
"""Answers of either window without which nothing is said."""
PSI_ALARM = 0.25
"""The population stability index from which on a shift is called large."""
SURE = 4.0
"""Standard errors from which on a difference is no accident."""
POINTS = 0.05
LENGTH_EFFECT = 0.5
"""Standard deviations of the logarithm of the length."""
FAR = 0.95
"""Share of known items that are nearer, from which on a text is about something else."""
LEVEL = 0.999


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer as it is looked at. ``kept``: the student answered it, nobody after it."""

    label: str
    score: float
    far: float
    length: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """One comparison. ``key``: mix, fallback, confidence, far, length, disagree, audit; ``alarm`` or not."""

    key: str
    before: float
    now: float
    alarm: bool


def signs(first: Sequence[Seen], recent: Sequence[Seen]) -> list[Sign]:
    """What differs between the answers after the start and the latest ones; nothing of too few."""
    if len(first) < LEAST or len(recent) < LEAST:
        return []
    found = [_mix(first, recent)]
    found.append(
        _share("fallback", [not one.kept for one in first], [not one.kept for one in recent])
    )
    found.append(_share("far", [one.far > FAR for one in first], [one.far > FAR for one in recent]))
    before, now = [one.score for one in first], [one.score for one in recent]
    found.append(Sign("confidence", fmean(before), fmean(now), _apart(before, now, POINTS)))
    before, now = [log(1 + one.length) for one in first], [log(1 + one.length) for one in recent]
    wide = sqrt(pvariance(before)) or 1.0
    alarm = _apart(before, now, LENGTH_EFFECT * wide)
    lengths = fmean(one.length for one in first), fmean(one.length for one in recent)
    found.append(Sign("length", *lengths, alarm))
    return found


def disagreeing(told: Sequence[bool]) -> Sign | None:
    """Whether the teacher agrees, in the order of time: the later half against the earlier; None: too few."""
    if len(told) < 2 * LEAST:
        return None
    half = len(told) // 2
    return _share("disagree", [not one for one in told[:half]], [not one for one in told[half:]])


def audited(wrong: int, of: int, promised: float) -> Sign | None:
    """The blind audit against what was promised; None before anything is answered.

    An alarm if the exact lower bound (Clopper and Pearson, 99 percent) is above the promise.
    """
    if not of:
        return None
    return Sign("audit", promised, wrong / of, at_least(wrong, of, 0.99) > promised)


def psi(first: Mapping[str, int], recent: Mapping[str, int]) -> tuple[float, float]:
    """The population stability index, and the value from which on it is no accident.

    Half a count is added to each. If nothing changed it is (1/n + 1/m) times a chi-squared variable with one
    degree of freedom less than there are labels (Yurdakul 2018); the second value is its mean and four
    standard deviations.
    """
    keys = sorted(first.keys() | recent.keys())
    n = sum(first.values()) + len(keys) / 2
    m = sum(recent.values()) + len(keys) / 2
    total = 0.0
    for key in keys:
        p, q = (first.get(key, 0) + 0.5) / n, (recent.get(key, 0) + 0.5) / m
        total += (q - p) * log(q / p)
    free, unit = max(0, len(keys) - 1), 1 / n + 1 / m
    return total, unit * (free + SURE * sqrt(2 * free))


def _mix(first: Sequence[Seen], recent: Sequence[Seen]) -> Sign:
    found, accident = psi(Counter(one.label for one in first), Counter(one.label for one in recent))
    return Sign("mix", 0.0, found, found > max(PSI_ALARM, accident))


def _share(key: str, first: Sequence[bool], recent: Sequence[bool]) -> Sign:
    """An alarm if the share rose by five points and the exact intervals do not touch."""
    before, now = (
        clopper_pearson(sum(first), len(first), LEVEL),
        clopper_pearson(sum(recent), len(recent), LEVEL),
    )
    assert before is not None
    assert now is not None
    rose = now.estimate - before.estimate >= POINTS and now.low > before.high
    return Sign(key, before.estimate, now.estimate, rose)


def _apart(before: Sequence[float], now: Sequence[float], least: float) -> bool:
    gap = abs(fmean(now) - fmean(before))
    error = sqrt(pvariance(before) / len(before) + pvariance(now) / len(now))
    return gap >= least and gap > SURE * error
