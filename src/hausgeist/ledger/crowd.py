# SPDX-License-Identifier: EUPL-1.2
"""The one rule of privacy of all figures of use: a number is of five people at least, or of a service.

A day that is over is parted into cells, once and for good: the use of one model that is booked to a group
and a cost centre (an account). Where five people could have made it, the cell stands for itself; the
rest of the house is put together as "others", with the smallest account that stands for itself where the
others alone would be fewer than five; and what then still is of fewer is in no figure at all, in no total
either. Every figure of every page is a sum of whole cells, so that whatever is subtracted from whatever (a
total and its parts, two months, two pages, two visits) is made of cells again. Rows of services are people
neither: they are shown.

Who counts: people, not keys; who paid to the account all day, may use the model, and has been here lately.
People and pairs in, the kind of each cell out; no usage is read here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FEWEST = 5
"""People who could have made a number, at the least."""

OWN = "own"
OTHERS = "others"
KEY = "key"
WITHHELD = ""
"""What becomes of a day's row: see the module."""

Account = tuple[str, str]
"""A group and a cost centre; an empty text: none."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who was here: the accounts that their calls are booked to, and the models they may use.

    ``models`` of None are all.
    """

    accounts: frozenset[Account]
    models: frozenset[str] | None = None

    def may_use(self, model: str) -> bool:
        """Whether they could have made a call to it."""
        return self.models is None or model in self.models


def cells(
    members: Iterable[Member], used: Iterable[tuple[Account, str]]
) -> Mapping[tuple[Account, str], str]:
    """What becomes of each account's use of each model on a day: own, others or withheld."""
    everyone = list(members)
    wanted: dict[str, set[Account]] = {}
    for account, model in used:
        wanted.setdefault(model, set()).add(account)
    found: dict[tuple[Account, str], str] = {}
    for model, accounts in wanted.items():
        others, withheld = _parted(everyone, model, accounts)
        for account in accounts:
            kind = OTHERS if account in others else OWN
            found[account, model] = WITHHELD if account in others and withheld else kind
    return found


def _parted(
    everyone: list[Member], model: str, accounts: set[Account]
) -> tuple[set[Account], bool]:
    """Which accounts go together for a model, and whether they are too few even so."""
    people: dict[Account, set[int]] = {account: set() for account in accounts}
    for number, member in enumerate(everyone):
        if member.may_use(model):
            for account in member.accounts:
                people.setdefault(account, set()).add(number)
    small = {account for account, who in people.items() if len(who) < FEWEST}
    large = sorted(set(people) - small, key=lambda account: (len(people[account]), account))
    together = {number for account in small for number in people[account]}
    while small and len(together) < FEWEST and large:
        account = large.pop(0)
        small.add(account)
        together |= people[account]
    return small, len(together) < FEWEST
