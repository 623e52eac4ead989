# SPDX-License-Identifier: EUPL-1.2
"""Judging only where student and teacher differ: which texts people get, and what is sealed of it.

The difference of two systems depends only on the items on which exactly one is right, and these are among
those on which they say different things. People judge all of these, and some on which both say the same, so
that nobody can tell by getting a text that there is a difference. Which is which is nobody's to see before
the verdict; how many there are is said, because work is planned by it.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.core.gate import Sealed, gold_hash
from hausgeist.store import evaluations, openings
from hausgeist.store.evaluations import STUDENT, TEACHER, Result
from hausgeist.store.openings import GoldItem, Kept, Opening

AGREEING = 0.10
"""Of the texts that people get, about so many are ones on which both say the same."""
AGREEING_LEAST = 10

_CHANCE = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What people judge, in no order that says anything; on ``differ`` of them the two differ."""

    ids: tuple[str, ...]
    differ: int


def choose(student: Sequence[Result], teacher: Sequence[Result]) -> Chosen:
    """All items on which they differ, and by chance some on which they do not; both in one order."""
    differ, agree = list[str](), list[str]()
    for one, other in zip(student, teacher, strict=True):
        (differ if one.said != other.said else agree).append(one.item)
    many = max(AGREEING_LEAST, round(len(differ) * AGREEING / (1 - AGREEING)))
    ids = differ + _CHANCE.sample(agree, min(len(agree), many))
    _CHANCE.shuffle(ids)
    return Chosen(tuple(ids), len(differ))


def unjudged(items: Sequence[GoldItem]) -> list[GoldItem]:
    """A gold set as it is frozen before anybody judges for an opening: texts without truths."""
    return [replace(one, truth=None, said=()) for one in items]


def judged_now(
    items: Sequence[GoldItem], sealed: Sequence[GoldItem], ids: Collection[str]
) -> list[GoldItem]:
    """What was frozen, with what people say now of the items that they were asked about."""
    now = {one.item: one for one in items}
    return [
        replace(one, truth=now[one.item].truth, said=now[one.item].said)
        if one.item in ids and one.item in now
        else replace(one, truth=None, said=())
        for one in sealed
    ]


def hash_of(items: Sequence[GoldItem], results: Mapping[str, Sequence[Result]]) -> str:
    """The hash of texts, truths and what both said. ``results`` by subject, in the items' order."""
    by_kind = {name.partition(":")[0]: found for name, found in results.items()}
    both = [by_kind[who] for who in (STUDENT, TEACHER) if who in by_kind]
    return gold_hash(
        Sealed(one.item, one.text_hash, one.truth, said=tuple(side[at].said for side in both))
        for at, one in enumerate(items)
    )


def changed(connection: Any, opening: Opening, kept: Kept | None, now: Sequence[GoldItem]) -> bool:
    """Whether the gold set (``now``) is not what it was at an opening: its verdict is void."""
    if opening.plan.get("differing") is not True:
        return gold_hash(openings.truths(now)) != opening.gold_hash
    if hash_of(unjudged(now), {}) != opening.gold_hash:
        return True
    if kept is None:
        return False
    asked = openings.asked(connection, opening)
    sealed, results = sealed_results(connection, opening)
    found = judged_now(now, sealed, asked.ids if asked else ())
    return hash_of(found, results) != str(kept.evidence["gold_hash"])


def sealed_results(
    connection: Any, opening: Opening
) -> tuple[list[GoldItem], dict[str, list[Result]]]:
    """What was frozen at an opening, and everybody's results in the same order, by subject."""
    sealed = openings.sealed(connection, opening)
    found: dict[str, list[Result]] = {}
    for one in evaluations.of_opening(
        connection, opening.task_id, opening.gold_version, opening.number
    ):
        if one.subject in {openings.SEAL, openings.ASKED}:
            continue
        known = {
            result.item: result
            for result in evaluations.results(connection, opening.task_id, one.id)
        }
        found[one.subject] = [
            known.get(item.item, Result(item.item, None, code="gone")) for item in sealed
        ]
    order = ("student", "teacher", "rules", "majority")
    names = sorted(found, key=lambda one: (order.index(one.partition(":")[0]), one))
    return sealed, {name: found[name] for name in names}
