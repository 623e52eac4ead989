# SPDX-License-Identifier: EUPL-1.2
"""The ledger read for a what-if: how many calls of each sort there were. Groups, never persons.

Only days that were added up are read, and of them only what is in figures (see ``ledger.crowd``): each
call comes with the cell in which it was counted.
"""

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    and_,
    func,
    literal_column,
    or_,
    select,
)

from hausgeist.store.tables import conversations, ledger, usage_closed, usage_days, users
from hausgeist.store.usage import DAY


@dataclass(frozen=True, slots=True)
class Sort:
    """Calls that a policy cannot tell apart, and how many they are; ``cell`` as in ``usage_days``."""

    cell: str
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


def in_figures() -> FromClause:
    """The ledger's rows beside the cell in which each was counted; those in no figure are left out.

    What was booked late is left out, too: it was counted with another day.
    """
    day: ColumnElement[int] = ledger.c.at // literal_column(str(DAY), Integer)
    counted = and_(
        usage_days.c.day == day,
        usage_days.c.group_id == ledger.c.group_id,
        usage_days.c.cost_centre == func.coalesce(ledger.c.cost_centre, ""),
        usage_days.c.service_key == func.coalesce(ledger.c.service_key, ""),
        usage_days.c.model == ledger.c.model,
        usage_days.c.provider == ledger.c.provider,
        usage_days.c.zone == ledger.c.zone,
        usage_days.c.cell != "",
    )
    in_time = and_(
        usage_closed.c.day == day,
        or_(ledger.c.event.is_(None), ledger.c.event <= usage_closed.c.event),
    )
    return ledger.join(usage_days, counted).join(usage_closed, in_time)


def sorts_between(connection: Connection, since_ms: int, until_ms: int) -> list[Sort]:
    """The calls in figures from one moment on and before another, counted by sort."""
    by = (
        usage_days.c.cell,
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
        .select_from(in_figures())
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


def assistants_of(connection: Connection, fewest: int, since_ms: int) -> set[str]:
    """Assistants with which so many people at least have conversations of since then."""
    assistant = conversations.c.assistant_id
    query = (
        select(assistant)
        .where(assistant.is_not(None), conversations.c.updated_at >= since_ms)
        .group_by(assistant)
        .having(func.count(conversations.c.owner_id.distinct()) >= fewest)
    )
    return set(connection.execute(query).scalars())
