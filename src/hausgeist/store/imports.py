# SPDX-License-Identifier: EUPL-1.2
"""Verbs of imports: what was read out of a file waits here, and goes when it has become conversations.

Every verb names the owner. ``mark`` is what a conversation from elsewhere is recognised by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, delete, insert, select, update

from hausgeist.store.tables import import_pieces, imported, imports

State: TypeAlias = Literal["ready", "running", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An import. ``found`` is JSON; counts are of conversations."""

    id: str
    state: State
    data_class: str
    found: str
    total: int
    done: int
    added: int
    known: int
    created_at: int
    touched_at: int


_ROW = tuple(column for column in imports.c if column.name != "owner_id")


def begin(connection: Connection, owner_id: str, row: Row, pieces: Sequence[bytes]) -> None:
    """Keep what was read; of an owner's imports that are not running only the newest stays."""
    connection.execute(
        delete(imports).where(imports.c.owner_id == owner_id, imports.c.state != "running")
    )
    values = {name: getattr(row, name) for name in Row.__slots__}
    connection.execute(insert(imports).values(owner_id=owner_id, **values))
    for seq, piece in enumerate(pieces):
        connection.execute(insert(import_pieces).values(import_id=row.id, seq=seq, content=piece))


def newest(connection: Connection, owner_id: str) -> Row | None:
    """The owner's last import; None when there is none."""
    query = (
        select(*_ROW)
        .where(imports.c.owner_id == owner_id)
        .order_by(imports.c.created_at.desc(), imports.c.id)
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else Row(**row)


def find(connection: Connection, owner_id: str, import_id: str) -> Row | None:
    """An import of the owner's; None when there is none."""
    row = connection.execute(select(*_ROW).where(_theirs(owner_id, import_id))).mappings().first()
    return None if row is None else Row(**row)


def move(
    connection: Connection,
    owner_id: str,
    import_id: str,
    states: Sequence[State],
    **columns: object,
) -> bool:
    """Change an import that is in one of these states; False when there is none."""
    query = (
        update(imports)
        .where(_theirs(owner_id, import_id), imports.c.state.in_(states))
        .values(**columns)
    )
    return connection.execute(query).rowcount == 1


def piece(connection: Connection, owner_id: str, import_id: str, seq: int) -> bytes | None:
    """A piece of an import; None after the last."""
    query = (
        select(import_pieces.c.content)
        .join(imports, imports.c.id == import_pieces.c.import_id)
        .where(_theirs(owner_id, import_id), import_pieces.c.seq == seq)
    )
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def drop_pieces(connection: Connection, import_id: str) -> None:
    """Forget what was read: it has become conversations, or will not."""
    connection.execute(delete(import_pieces).where(import_pieces.c.import_id == import_id))


def remove(connection: Connection, owner_id: str, import_id: str) -> bool:
    """Forget an import that does not run; False when there is none."""
    query = delete(imports).where(_theirs(owner_id, import_id), imports.c.state != "running")
    return connection.execute(query).rowcount == 1


def sweep(connection: Connection, before: int) -> int:
    """Forget what was read before then and never begun, and what ended before then; gives how many."""
    query = delete(imports).where(imports.c.state != "running", imports.c.touched_at < before)
    return connection.execute(query).rowcount


def left_running(connection: Connection, untouched_since: int) -> list[tuple[str, str]]:
    """Imports of processes that have died: owner and id, whoever's they are."""
    query = select(imports.c.owner_id, imports.c.id).where(
        imports.c.state == "running", imports.c.touched_at < untouched_since
    )
    return [(row.owner_id, row.id) for row in connection.execute(query)]


def is_known(connection: Connection, owner_id: str, mark: str) -> bool:
    """Whether the owner has this conversation already."""
    query = select(imported.c.mark).where(imported.c.owner_id == owner_id, imported.c.mark == mark)
    return connection.execute(query).first() is not None


def note(connection: Connection, owner_id: str, mark: str, talk_id: str, now: int) -> None:
    """Remember where a conversation came from, and when it came; deleted with it."""
    connection.execute(
        insert(imported).values(owner_id=owner_id, mark=mark, conversation_id=talk_id, at=now)
    )


def _theirs(owner_id: str, import_id: str) -> Any:
    return (imports.c.id == import_id) & (imports.c.owner_id == owner_id)
