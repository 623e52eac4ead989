# SPDX-License-Identifier: EUPL-1.2
"""The beta distribution: its function of distribution and the quantile, to about twelve digits."""

from math import exp, lgamma, log, log1p

_TINY = 1e-300
_STEPS = 10_000


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function B(a, b)."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for x from 0 to 1.

    The continued fraction of DLMF 8.17.22, by the method of Lentz as modified by Thompson and Barnett.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_share(1.0 - x, b, a)
    front = exp(a * log(x) + b * log1p(-x) - log_beta(a, b)) / a
    c, d = 1.0, _away(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = _away(1 + even * d), _apart(1 + even / c)
        fraction *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = _away(1 + odd * d), _apart(1 + odd / c)
        fraction *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return front * fraction


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = share, by halving."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
        if high - low < 1e-15:
            break
    return (low + high) / 2


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _away(value: float) -> float:
    return 1 / _apart(value)
