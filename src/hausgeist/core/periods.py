# SPDX-License-Identifier: EUPL-1.2
"""Periods after which figures of people may be shown: full weeks in which five people did enough.

How much each person did in each week goes in. A period begins where the one before ended, and ends with the
first week by which five people have done enough within it. Figures of one period are of five people at least,
and no two periods share an answer: comparing what was shown before and after tells nothing of anybody.
"""

from collections import Counter
from collections.abc import Mapping

FEWEST = 5
"""Figures of people are of so many at least."""
ANSWERS_LEAST = 20
"""Somebody who answered less than this in a period is not in its figures."""
WEEK_MS = 7 * 86_400_000
_MONDAY_MS = 3 * 86_400_000
"""The epoch began on a Thursday."""

Done = Mapping[tuple[int, str], int]
"""How much was done, by week and person."""


def week_of(at: int) -> int:
    """The number of the week (from Monday, UTC) of a moment in milliseconds."""
    return (at + _MONDAY_MS) // WEEK_MS


def begin_of(week: int) -> int:
    """When a week begins, in milliseconds."""
    return week * WEEK_MS - _MONDAY_MS


def last_period(done: Done, now: int) -> tuple[int, int, frozenset[str]] | None:
    """The latest period that is over: its first moment, the first after it, and who is in its figures.

    None: there has been none yet.
    """
    found = None
    first = None
    so_far: Counter[str] = Counter()
    weeks = sorted({week for week, _ in done if week < week_of(now)})
    for week in weeks:
        first = week if first is None else first
        for (at, who), many in done.items():
            if at == week:
                so_far[who] += many
        enough = frozenset(who for who, many in so_far.items() if many >= ANSWERS_LEAST)
        if len(enough) >= FEWEST:
            found = begin_of(first), begin_of(week + 1), enough
            first = None
            so_far.clear()
    return found
