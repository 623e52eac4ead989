# SPDX-License-Identifier: EUPL-1.2
"""Several questions asked of the same items: p values go in, corrected ones come out."""

from collections.abc import Sequence


def holm(values: Sequence[float]) -> list[float]:
    """The p values corrected for their number, in the same order (Holm 1979)."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - place) * values[index]))
        found[index] = highest
    return found
