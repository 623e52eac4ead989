# SPDX-License-Identifier: EUPL-1.2
"""Two policies compared: does the second let through anything that the first does not?

Two policies in, the points at which the second is milder out. All points are looked at that the two can
tell apart; where they are too many to look at, that is said, and counts as milder.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.policy import Clause, Demand, Point, Policy, Rule, demand

POINTS_MOST = 40_000
OTHER = "\x00"
"""Stands for every name that neither policy mentions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A point at which two policies demand different things."""

    point: Point
    before: Demand
    after: Demand

    @property
    def milder(self) -> bool:
        """Whether the second lets through what the first does not."""
        return not self.after.covers(self.before)


def is_tightening(before: Policy, after: Policy) -> bool:
    """Whether the second policy is nowhere milder than the first; False if that cannot be shown."""
    points = points_of(before, after)
    if points is None:
        return False
    return not any(one.milder for one in _differences(before, after, points)) and _stays(
        before, after
    )


def cells(before: Policy, after: Policy) -> list[Difference]:
    """Where they differ in the plain case: no particular provider, country, assistant or group."""
    points = [
        Point(data_class=data_class, zone=zone, purpose=Purpose.CHAT, provider=OTHER, country=OTHER)
        for data_class in DataClass
        for zone in Zone
    ]
    return list(_differences(before, after, points))


def points_of(*policies: Policy) -> list[Point] | None:
    """Every point that the policies can tell apart; None if they are too many."""
    clauses = [clause for policy in policies for clause in policy.clauses]
    purposes = sorted({purpose for clause in clauses for purpose in clause.purposes})
    spare = next((one for one in Purpose if one not in purposes), None)
    groups = sorted({name for clause in clauses for name in clause.groups})
    axes = (
        list(DataClass),
        list(Zone),
        purposes if spare is None else [*purposes, spare],
        [*sorted({name for clause in clauses for name in clause.providers}), OTHER],
        [*sorted({name for clause in clauses for name in clause.countries}), OTHER, None],
        [*sorted({name for clause in clauses for name in clause.assistants}), OTHER],
    )
    count = 2 ** min(len(groups), 32)
    for axis in axes:
        count *= len(axis)
    if count > POINTS_MOST:
        return None
    return [
        Point(
            data_class=data_class,
            zone=zone,
            purpose=purpose,
            provider=provider,
            country=country,
            assistant=assistant,
            groups=frozenset(some),
        )
        for data_class, zone, purpose, provider, country, assistant in itertools.product(*axes)
        for size in range(len(groups) + 1)
        for some in itertools.combinations(groups, size)
    ]


def _differences(before: Policy, after: Policy, points: list[Point]) -> Iterator[Difference]:
    for point in points:
        was, will = demand(before, point), demand(after, point)
        if not (was.covers(will) and will.covers(was)):
            yield Difference(point, was, will)


def _stays(before: Policy, after: Policy) -> bool:
    """Whether no model answers instead that did not: that would be new, though it is in the house."""
    return _named(after) <= _named(before)


def _named(policy: Policy) -> set[str]:
    found = {policy.instead}
    found |= {clause.instead for clause in policy.clauses if clause.then is Rule.REROUTE}
    return found - {""}


def changed_clauses(before: Policy, after: Policy) -> list[tuple[Clause | None, Clause | None]]:
    """Rules that are new, gone or different, each as before and after."""
    was = {clause.id: clause for clause in before.clauses}
    will = {clause.id: clause for clause in after.clauses}
    names = [*was, *(name for name in will if name not in was)]
    return [(was.get(name), will.get(name)) for name in names if was.get(name) != will.get(name)]
