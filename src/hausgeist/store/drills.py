# SPDX-License-Identifier: EUPL-1.2
"""Verbs of drills: the ledger's rows to decide again, and what was found. SQL in, plain rows out.

Rows of the ledger know groups, never persons.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, delete, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import drills, groups, ledger, usage_days
from hausgeist.store.what_if import in_figures

COLUMNS = (
    usage_days.c.cell,
    ledger.c.at,
    ledger.c.group_id,
    ledger.c.cost_centre,
    ledger.c.service_key,
    ledger.c.assistant_id,
    ledger.c.purpose,
    ledger.c.data_class,
    ledger.c.model,
    ledger.c.provider,
    ledger.c.zone,
    ledger.c.input_tokens,
    ledger.c.output_tokens,
    ledger.c.cached_tokens,
    ledger.c.duration_ms,
    ledger.c.outcome,
)
AT_ONCE = 2_000


def calls_between(
    connection: Connection, since_ms: int, until_ms: int, most: int
) -> Iterator[tuple[object, ...]]:
    """The calls in figures from one moment on and before another, as ``COLUMNS``.

    The newest first, at most ``most``.
    """
    within = (ledger.c.at >= since_ms) & (ledger.c.at < until_ms)
    query = (
        select(*COLUMNS)
        .select_from(in_figures())
        .where(within)
        .order_by(ledger.c.at.desc())
        .limit(most)
    )
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        yield tuple(row)


def models_of_groups(connection: Connection) -> dict[str, str | None]:
    """Each group's list of models as it is stored; None: all."""
    return {row.id: row.models for row in connection.execute(select(groups.c.id, groups.c.models))}


def add(connection: Connection, drill_id: str, at_ms: int, without: str, body: str) -> None:
    """Keep a drill."""
    values = {"id": drill_id, "at": at_ms, "without": without, "body": body}
    connection.execute(insert(drills).values(**values))


def save(connection: Connection, drill_id: str, before: str, body: str) -> bool:
    """Write what a drill has become; False where it is gone, or somebody else wrote meanwhile."""
    fits = (drills.c.id == drill_id) & (drills.c.body == before)
    return bool(connection.execute(update(drills).where(fits).values(body=body)).rowcount)


def get(connection: Connection, drill_id: str) -> Row | None:
    """One drill."""
    return connection.execute(select(drills).where(drills.c.id == drill_id)).mappings().first()


def newest(connection: Connection, count: int) -> list[Row]:
    """The last drills, the newest first."""
    query = select(drills).order_by(drills.c.at.desc(), drills.c.id).limit(count)
    return list(connection.execute(query).mappings())


def remove(connection: Connection, drill_id: str) -> bool:
    """Forget a drill; False where there is none."""
    return bool(connection.execute(delete(drills).where(drills.c.id == drill_id)).rowcount)
