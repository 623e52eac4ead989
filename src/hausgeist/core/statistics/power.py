# SPDX-License-Identifier: EUPL-1.2
"""How many items it takes to see a gap, and which gap so many items show.

``gap`` and ``margin`` are differences of proportions (0.02: two points), ``differ`` is the share of items on
which exactly one of the two is right, ``power`` the chance that a true gap is seen.
"""

from math import ceil, sqrt
from statistics import NormalDist

LEVEL = 0.95
POWER = 0.8
_NORMAL = NormalDist()
_MOST = 10_000_000


def to_differ(
    gap: float, differ: float, *, level: float = LEVEL, power: float = POWER
) -> int | None:
    """Items for McNemar's test, two-sided (Connett, Smith and McHugh 1987); None: the gap cannot be.

    It cannot be where fewer items differ than the gap is wide.
    """
    gap = abs(gap)
    if not gap or gap > differ:
        return None
    seen = _NORMAL.inv_cdf((1 + level) / 2) * sqrt(differ)
    hoped = _NORMAL.inv_cdf(power) * sqrt(differ - gap * gap)
    return ceil((seen + hoped) ** 2 / (gap * gap) - 1e-9)


def to_match(
    margin: float, differ: float, *, gap: float = 0.0, level: float = LEVEL, power: float = POWER
) -> int | None:
    """Items to show "not worse by the margin", one-sided, if the true gap is this; None: it is worse.

    n = (z_level + z_power)^2 (differ - gap^2) / (margin + gap)^2, at least what is needed if none differ.
    """
    room = margin + gap
    if room <= 0 or margin <= 0:
        return None
    both = _NORMAL.inv_cdf(level) + _NORMAL.inv_cdf(power)
    spread = max(0.0, differ - gap * gap)
    return max(ceil(both * both * spread / (room * room) - 1e-9), least(margin, level=level))


def least(margin: float, *, level: float = LEVEL) -> int:
    """Items below which nobody is shown not to be worse by the margin, even if nothing differs.

    The score bound of no differing item of n is z^2 / (n + z^2): as with Wilson's interval of 0 of n.
    """
    z = _NORMAL.inv_cdf(level)
    return ceil(z * z * (1 - margin) / margin - 1e-9)


def power_to_differ(of: int, gap: float, differ: float, *, level: float = LEVEL) -> float:
    """The chance that so many items show this gap by McNemar's test, two-sided; 0 where it cannot be."""
    gap = abs(gap)
    if of <= 0 or not gap or gap > differ:
        return 0.0
    z = _NORMAL.inv_cdf((1 + level) / 2)
    spread = sqrt(max(differ - gap * gap, 1e-12))
    return _NORMAL.cdf((gap * sqrt(of) - z * sqrt(differ)) / spread)


def power_to_match(
    of: int, margin: float, differ: float, *, gap: float = 0.0, level: float = LEVEL
) -> float:
    """The chance that so many items show "not worse by the margin" if the true gap is this."""
    if of < least(margin, level=level) or margin + gap <= 0:
        return 0.0
    spread = sqrt(max(differ - gap * gap, 1e-12))
    return _NORMAL.cdf((margin + gap) * sqrt(of) / spread - _NORMAL.inv_cdf(level))


def gap_seen(of: int, differ: float, *, level: float = LEVEL, power: float = POWER) -> float | None:
    """The smallest gap that so many items show with this power, to a tenth of a point; None: none."""
    for tenth in range(1, int(differ * 1000) + 1):
        needed = to_differ(tenth / 1000, differ, level=level, power=power)
        if needed is not None and needed <= of:
            return tenth / 1000
    return None


def more_to_decide(
    wins: float,
    losses: float,
    of: int,
    margin: float,
    *,
    level: float = LEVEL,
    power: float = POWER,
) -> int | None:
    """About how many more items decide, if what was seen so far is how it is; None: no number would.

    The nearest of three decisions is counted: better, not worse by the margin, or worse. The seen shares are
    drawn half an item towards "both may happen", so that a few items do not promise too much.
    """
    if of <= 0:
        return None
    differ = (wins + losses + 1) / (of + 1)
    gap = (wins - losses) / (of + 1)
    found = [
        to_differ(gap, differ, level=level, power=power),
        to_match(margin, differ, gap=gap, level=level, power=power),
    ]
    needed = min((one for one in found if one is not None), default=None)
    if needed is None or needed > _MOST:
        return None
    return max(1, needed - of)


def more_by_spread(
    gap: float, spread: float, of: int, margin: float, *, level: float = LEVEL, power: float = POWER
) -> int | None:
    """The same for figures that are no proportion: ``spread`` is the standard error with so many items."""
    if of <= 0 or spread <= 0:
        return max(1, least(margin, level=level) - of) if of > 0 and margin > 0 else None
    hoped = _NORMAL.inv_cdf(power)
    two, one = _NORMAL.inv_cdf((1 + level) / 2) + hoped, _NORMAL.inv_cdf(level) + hoped
    found = [of * (two * spread / gap) ** 2] if gap else []
    found += [of * (one * spread / (margin + gap)) ** 2] if margin + gap > 0 else []
    needed = min(found, default=None)
    if needed is None or needed > _MOST:
        return None
    return max(1, ceil(needed) - of)
