# SPDX-License-Identifier: EUPL-1.2
"""The ledger read for a what-if: how many calls of each sort there were. Groups, never persons."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from hausgeist.store.tables import ledger, library_grants, library_items, users


@dataclass(frozen=True, slots=True)
class Sort:
    """Calls that a policy cannot tell apart, and how many they are."""

    purpose: str
    data_class: str
    zone: str
    provider: str
    model: str
    group_id: str
    assistant_id: str | None
    verdict: str
    refused: bool
    count: int


def sorts_between(connection: Connection, since_ms: int, until_ms: int) -> list[Sort]:
    """The calls from one moment on and before another, counted by sort."""
    by = (
        ledger.c.purpose,
        ledger.c.data_class,
        ledger.c.zone,
        ledger.c.provider,
        ledger.c.model,
        ledger.c.group_id,
        ledger.c.assistant_id,
        ledger.c.verdict,
    )
    refused = ledger.c.outcome == "refused"
    query = (
        select(*by, refused.label("refused"), func.count().label("count"))
        .where((ledger.c.at >= since_ms) & (ledger.c.at < until_ms))
        .group_by(*by, refused)
    )
    return [
        Sort(**{**row, "refused": bool(row["refused"])})
        for row in connection.execute(query).mappings()
    ]


def people_by_group(connection: Connection) -> dict[str, int]:
    """How many active people each group pays for."""
    query = (
        select(users.c.group_id, func.count().label("people"))
        .where(users.c.active)
        .group_by(users.c.group_id)
    )
    return {row.group_id: row.people for row in connection.execute(query)}


def shared_assistants(connection: Connection, groups: frozenset[str]) -> set[str]:
    """Assistants that everybody may use, or one of these groups."""
    everyone = select(library_items.c.id).where(library_items.c.audience == "everyone")
    granted = (
        select(library_grants.c.item_id)
        .join(library_items, library_items.c.id == library_grants.c.item_id)
        .where(library_items.c.audience == "groups", library_grants.c.group_id.in_(groups))
    )
    return {*connection.execute(everyone).scalars(), *connection.execute(granted).scalars()}
