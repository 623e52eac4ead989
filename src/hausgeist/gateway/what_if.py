# SPDX-License-Identifier: EUPL-1.2
"""What would have happened: last week's calls decided again, by the rules in force and by others.

Counts of the ledger flow in, counts of outcomes flow out, of the whole house only. A rule that speaks of
a group, or of an assistant, with fewer than five people would show what they do. So the rule of all
figures holds here as well (``ledger.crowd``): of a day that is over the cells that were made of it then,
whoever is in which group today. Calls of few count as everybody else's, and ``merged`` says so; what is in
no figure is not counted. A house of fewer than five is not counted at all.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import Facts, Policy, Verdict, decide
from hausgeist.gateway.directory import Directory
from hausgeist.ledger.crowd import FEWEST, OTHERS
from hausgeist.store import what_if
from hausgeist.store.db import Store
from hausgeist.store.what_if import Sort

DAYS = 7
DAY_MS = 86_400_000
OUTCOMES = (
    Verdict.ALLOW,
    Verdict.PSEUDONYMISE,
    Verdict.ASK,
    Verdict.REROUTE,
    Verdict.REFUSE,
)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How many of the last week's calls end how: as it was, by the rules in force, and by other rules.

    ``moved`` counts the calls whose outcome the other rules change, by outcome before and after.
    ``few``: there are too few people to count anything.
    """

    calls: int
    was: Mapping[Verdict, int]
    now: Mapping[Verdict, int]
    then: Mapping[Verdict, int]
    moved: Mapping[tuple[Verdict, Verdict], int]
    merged: bool = False
    few: bool = False


async def what_if_now(
    store: Store, directory: Directory, now_ms: Callable[[], int], now: Policy, then: Policy
) -> WhatIf:
    """Decide the calls of the last seven days that are over again, by two policies.

    Of today nothing: or a look before and after somebody's call would tell what became of it.
    """
    until = now_ms() // DAY_MS * DAY_MS
    since = until - DAYS * DAY_MS

    def read(connection: Any) -> tuple[list[Sort], set[str]] | None:
        if sum(what_if.people_by_group(connection).values()) < FEWEST:
            return None
        shared = what_if.assistants_of(connection, FEWEST, since)
        return what_if.sorts_between(connection, since, until), shared

    found = await store.read(read)
    if found is None:
        return WhatIf(0, {}, {}, {}, {}, few=True)
    sorts, shared = found
    return await asyncio.to_thread(_count, sorts, frozenset(shared), directory, now, then)


def _count(
    sorts: list[Sort],
    assistants: frozenset[str],
    directory: Directory,
    now: Policy,
    then: Policy,
) -> WhatIf:
    was: Counter[Verdict] = Counter()
    by_now: Counter[Verdict] = Counter()
    by_then: Counter[Verdict] = Counter()
    moved: Counter[tuple[Verdict, Verdict]] = Counter()
    cards = {(card.id, card.provider): card for card in directory.cards()}
    for sort in sorts:
        card = cards.get((sort.model, sort.provider)) or _gone(sort)
        facts = Facts(
            data_class=DataClass.parse(sort.data_class),
            purpose=Purpose(sort.purpose),
            examined=True,
            can_pseudonymise=True,
            assistant=sort.assistant_id if sort.assistant_id in assistants else None,
            groups=frozenset() if sort.cell == OTHERS else frozenset({sort.group_id}),
        )
        before, after = (_outcome(facts, card, policy, directory) for policy in (now, then))
        was[_was(sort)] += sort.count
        by_now[before] += sort.count
        by_then[after] += sort.count
        if before is not after:
            moved[before, after] += sort.count
    named = {name for policy in (now, then) for clause in policy.clauses for name in clause.groups}
    helpers = {
        name for policy in (now, then) for clause in policy.clauses for name in clause.assistants
    }
    apart = {sort.group_id for sort in sorts if sort.cell != OTHERS}
    return WhatIf(
        calls=sum(sort.count for sort in sorts),
        was=was,
        now=by_now,
        then=by_then,
        moved=moved,
        merged=not (named <= apart and helpers <= assistants),
    )


def _outcome(facts: Facts, card: ModelCard, policy: Policy, directory: Directory) -> Verdict:
    decision = decide(facts, [card], policy)
    if decision.verdict is Verdict.REFUSE and any(map(directory.knows, decision.instead)):
        return Verdict.REROUTE
    return decision.verdict


def _was(sort: Sort) -> Verdict:
    if sort.refused:
        return Verdict.REFUSE
    found = Verdict(sort.verdict)
    return found if found in OUTCOMES else Verdict.ALLOW


def _gone(sort: Sort) -> ModelCard:
    """A model that is no longer offered, of whose provider nothing is known but that it was released."""
    return ModelCard(
        id=sort.model,
        provider=sort.provider,
        upstream=sort.model,
        zone=Zone(sort.zone),
        cleared_for=DataClass.SPECIAL,
    )
