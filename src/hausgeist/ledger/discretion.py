# SPDX-License-Identifier: EUPL-1.2
"""Whose use may be a number: that of few people may not, nor what could be worked out from other numbers.

People count where they pay: usage is booked to one group of each. Nothing here reads any usage.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FEWEST = 5
"""People that a group must have for a number of its use to be shown."""

A_DAY = 86_400_000
"""Milliseconds after a change of its limit before a mark of few people's budget is told.

Told at once, a limit that is moved up and down would find out the number.
"""


@dataclass(frozen=True, slots=True)
class Payers:
    """How many active people each group pays for, and each group's cost centre."""

    people: Mapping[str, int]
    centres: Mapping[str, str]

    def may_show(self, scope: str) -> bool:
        """Whether a number of a scope's use (``group:…``, ``key:…``, ``cost_centre:…``) may be shown.

        A service's key is nobody. A cost centre is shown if the people whose groups are not shown
        themselves are none, or many enough: what is left when the shown groups are taken off must not be
        of a few.
        """
        kind, _, name = scope.partition(":")
        if kind == "group":
            return self.people.get(name, 0) >= FEWEST
        if kind == "cost_centre":
            mine = [
                self.people.get(group, 0)
                for group, centre in self.centres.items()
                if centre == name
            ]
            few = sum(count for count in mine if count < FEWEST)
            return sum(mine) >= FEWEST and (few == 0 or few >= FEWEST)
        return kind == "key"
