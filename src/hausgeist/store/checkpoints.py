# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the tree over the trail: leaves, stored subtrees, signed heads. Nothing here is ever changed."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from hausgeist.store.accounts import Row
from hausgeist.store.bulk import insert_rows
from hausgeist.store.tables import (
    audit_checkpoints,
    audit_erased,
    audit_leaves,
    audit_nodes,
    audit_payloads,
)
from hausgeist.store.trail import in_turn

Node = tuple[int, int, bytes]
"""Level, place, hash."""


def size(connection: Connection) -> int:
    """How many leaves there are."""
    return (
        int(
            connection.execute(select(func.coalesce(func.max(audit_leaves.c.seq), -1))).scalar_one()
        )
        + 1
    )


def hashes(connection: Connection, level: int, first: int, count: int) -> list[bytes]:
    """Hashes of leaves (level 0) or stored subtrees, in their order; fewer where there are not so many."""
    if level == 0:
        query = select(audit_leaves.c.hash).where(
            audit_leaves.c.seq >= first, audit_leaves.c.seq < first + count
        )
        return [
            bytes(one) for one in connection.execute(query.order_by(audit_leaves.c.seq)).scalars()
        ]
    query = select(audit_nodes.c.hash).where(
        audit_nodes.c.level == level,
        audit_nodes.c.place >= first,
        audit_nodes.c.place < first + count,
    )
    return [bytes(one) for one in connection.execute(query.order_by(audit_nodes.c.place)).scalars()]


def stored(connection: Connection, level: int) -> int:
    """How many subtrees of a level are stored."""
    query = select(func.coalesce(func.max(audit_nodes.c.place), -1)).where(
        audit_nodes.c.level == level
    )
    return int(connection.execute(query).scalar_one()) + 1


def add_nodes(connection: Connection, nodes: Sequence[Node]) -> None:
    """Store subtrees, unless another server has meanwhile."""
    in_turn(connection)
    known = {level: stored(connection, level) for level in {one[0] for one in nodes}}
    insert_rows(connection, audit_nodes, [one for one in nodes if one[1] >= known[one[0]]])


def newest(connection: Connection, below: int | None = None) -> Row | None:
    """The head over the most leaves, or over fewer than ``below``; None when there is none."""
    query = select(audit_checkpoints).order_by(audit_checkpoints.c.size.desc()).limit(1)
    if below is not None:
        query = query.where(audit_checkpoints.c.size < below)
    return connection.execute(query).mappings().first()


def of_size(connection: Connection, wanted: int) -> Row | None:
    """The head over so many leaves; None when there is none."""
    query = select(audit_checkpoints).where(audit_checkpoints.c.size == wanted)
    return connection.execute(query).mappings().first()


def heads(connection: Connection, after: int, most: int) -> list[Row]:
    """Heads over more than ``after`` leaves, the smallest first."""
    query = (
        select(audit_checkpoints)
        .where(audit_checkpoints.c.size > after)
        .order_by(audit_checkpoints.c.size)
        .limit(most)
    )
    return list(connection.execute(query).mappings())


def add_head(connection: Connection, **columns: object) -> bool:
    """Keep a head; False when another server has kept one over as many leaves."""
    in_turn(connection)
    if of_size(connection, int(str(columns["size"]))) is not None:
        return False
    connection.execute(insert(audit_checkpoints).values(**columns))
    return True


def events(connection: Connection, first: int, count: int) -> list[Row]:
    """Leaves from ``first`` on with what is kept of their events: ``salt`` and ``body`` may be None."""
    query = (
        select(
            audit_leaves.c.seq,
            audit_leaves.c.hash,
            audit_payloads.c.salt,
            audit_payloads.c.body,
            audit_erased.c.event,
        )
        .select_from(
            audit_leaves.outerjoin(
                audit_payloads, audit_payloads.c.seq == audit_leaves.c.seq
            ).outerjoin(audit_erased, audit_erased.c.seq == audit_leaves.c.seq)
        )
        .where(audit_leaves.c.seq >= first, audit_leaves.c.seq < first + count)
        .order_by(audit_leaves.c.seq)
    )
    return list(connection.execute(query).mappings())
