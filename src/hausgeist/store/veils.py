# SPDX-License-Identifier: EUPL-1.2
"""Verbs of conversations' pseudonyms: SQL in, sealed bytes out. What they say is nobody's business here.

Every query names the owner of the conversation, which is not closed to them. A row is written only by who
has read the last one.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hausgeist.store.closing import still_open
from hausgeist.store.tables import conversations, veils


@dataclass(frozen=True, slots=True, kw_only=True)
class VeilRow:
    """A conversation's pseudonyms: its own key, sealed with the house's secret, and the map under that key.

    ``version`` counts the writes; ``updated_at`` is in milliseconds.
    """

    conversation_id: str
    sealed_key: bytes
    sealed_map: bytes
    version: int
    updated_at: int


def of(connection: Connection, owner_id: str, conversation_id: str) -> VeilRow | None:
    """The row of a conversation of this owner's; None if there is none yet, or no such conversation."""
    query = (
        select(veils)
        .join(conversations, veils.c.conversation_id == conversations.c.id)
        .where(
            veils.c.conversation_id == conversation_id,
            conversations.c.owner_id == owner_id,
            still_open(conversations),
        )
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else VeilRow(**dict(found))


def keep(connection: Connection, owner_id: str, row: VeilRow) -> bool | None:
    """Write a row, if it follows the one that is there.

    Gives False if somebody else was faster, None if the owner has no such conversation. The conversation
    is locked meanwhile, so that of two replicas one waits.
    """
    theirs = (
        select(conversations.c.id)
        .where(
            conversations.c.id == row.conversation_id,
            conversations.c.owner_id == owner_id,
            still_open(conversations),
        )
        .with_for_update()
    )
    if connection.execute(theirs).first() is None:
        return None
    mine = veils.c.conversation_id == row.conversation_id
    values: dict[str, Any] = {
        "sealed_key": row.sealed_key,
        "sealed_map": row.sealed_map,
        "version": row.version,
        "updated_at": row.updated_at,
    }
    seen = connection.execute(select(veils.c.version).where(mine)).scalar()
    if (seen or 0) != row.version - 1:
        return False
    if seen is None:
        connection.execute(insert(veils).values(conversation_id=row.conversation_id, **values))
    else:
        connection.execute(update(veils).where(mine).values(values))
    return True
