# SPDX-License-Identifier: EUPL-1.2
"""Verbs of attached files: SQL in, values out.

A file belongs to a person, and from the moment its question is sent to a conversation, with which it goes.
Every query of a person's names the owner: what is not theirs is not found. A content lies in pieces of
at most 1 MiB, so that nobody needs to hold a whole one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from hausgeist.store.closing import still_open
from hausgeist.store.tables import file_contents, files, users

State: TypeAlias = Literal["arriving", "reading", "ready", "failed"]

PIECE: int = 1024 * 1024
"""Bytes of a piece of content, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file without its content and text. ``size`` in bytes, ``chars`` of the text, times milliseconds.

    ``media`` is what the content is; empty until it was looked at. ``error`` is a code of
    ``hausgeist.errors`` and ``error_values`` what fills its text. ``notes`` are (English text of the
    catalogue, values) pairs. ``conversation_id`` of None: not sent yet.
    """

    id: str
    conversation_id: str | None
    name: str
    media: str
    size: int
    digest: str
    data_class: str
    state: State
    error: str | None = None
    error_values: Mapping[str, Any] = field(default_factory=dict)
    pages: int | None = None
    chars: int | None = None
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    created_at: int

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, which goes to models that can see."""
        return self.media.startswith("image/")


_HELD = tuple(column for column in files.c if column.name not in {"owner_id", "text", "closed_at"})


def begin(connection: Connection, owner_id: str, held: Held) -> None:
    """Note a file that is about to arrive."""
    connection.execute(
        insert(files).values(
            id=held.id,
            owner_id=owner_id,
            name=held.name,
            media=held.media,
            size=held.size,
            digest=held.digest,
            data_class=held.data_class,
            state=held.state,
            created_at=held.created_at,
        )
    )


def add_piece(connection: Connection, file_id: str, seq: int, content: bytes) -> None:
    """Keep a piece of a content."""
    connection.execute(insert(file_contents).values(file_id=file_id, seq=seq, content=content))


def drop_pieces(connection: Connection, file_id: str) -> None:
    """Forget a content."""
    connection.execute(delete(file_contents).where(file_contents.c.file_id == file_id))


def piece(connection: Connection, owner_id: str, file_id: str, seq: int) -> bytes | None:
    """A piece of a content; None after the last, or when the file is not the owner's."""
    query = (
        select(file_contents.c.content)
        .join(files, files.c.id == file_contents.c.file_id)
        .where(_theirs(owner_id, file_id), file_contents.c.seq == seq)
    )
    found = connection.execute(query).scalar()
    return None if found is None else bytes(found)


def find(connection: Connection, owner_id: str, ids: Sequence[str]) -> dict[str, Held]:
    """Those of the files that are the owner's, by id."""
    query = select(*_HELD).where(
        files.c.owner_id == owner_id, files.c.id.in_(ids), still_open(files)
    )
    return {row["id"]: _read(row) for row in connection.execute(query).mappings()}


def unsent(connection: Connection, owner_id: str) -> list[Held]:
    """The files the owner has attached and not sent, oldest first."""
    query = (
        select(*_HELD)
        .where(files.c.owner_id == owner_id, files.c.conversation_id.is_(None), still_open(files))
        .order_by(files.c.created_at, files.c.id)
    )
    return [_read(row) for row in connection.execute(query).mappings()]


def weight(connection: Connection, owner_id: str) -> tuple[int, int]:
    """How many files the owner has not sent, and the bytes of all of theirs."""
    # count() leaves out NULL: what is left is what has no conversation
    waiting = func.count() - func.count(files.c.conversation_id)
    query = select(waiting, func.sum(files.c.size)).where(files.c.owner_id == owner_id)
    count, size = connection.execute(query).one()
    return int(count or 0), int(size or 0)


def one_at_a_time(connection: Connection, owner_id: str) -> None:
    """Until the transaction ends, nobody else weighs and adds this person's files."""
    connection.execute(select(users.c.id).where(users.c.id == owner_id).with_for_update())


def texts(connection: Connection, owner_id: str, ids: Sequence[str]) -> dict[str, str]:
    """What was read out of those of the files that are the owner's and ready."""
    query = select(files.c.id, files.c.text).where(
        files.c.owner_id == owner_id,
        files.c.id.in_(ids),
        files.c.state == "ready",
        files.c.text.is_not(None),
        still_open(files),
    )
    return {row.id: str(row.text) for row in connection.execute(query)}


def change(connection: Connection, owner_id: str, file_id: str, **columns: object) -> bool:
    """Change columns of a file; False when there is none."""
    for name in ("error_values", "notes"):
        if name in columns:
            columns[name] = json.dumps(columns[name], ensure_ascii=False, default=str)
    query = update(files).where(_theirs(owner_id, file_id)).values(**columns)
    return connection.execute(query).rowcount == 1


def claim(connection: Connection, owner_id: str, conversation_id: str, ids: Sequence[str]) -> int:
    """Give files to a conversation; gives how many of them are the owner's and not another's."""
    query = (
        update(files)
        .where(
            files.c.owner_id == owner_id,
            files.c.id.in_(ids),
            still_open(files),
            files.c.state == "ready",
            files.c.conversation_id.is_(None) | (files.c.conversation_id == conversation_id),
        )
        .values(conversation_id=conversation_id)
    )
    return connection.execute(query).rowcount


def remove(connection: Connection, owner_id: str, file_id: str) -> bool:
    """Delete a file that was not sent; False when there is none."""
    query = delete(files).where(_theirs(owner_id, file_id), files.c.conversation_id.is_(None))
    return connection.execute(query).rowcount == 1


def interrupt(connection: Connection, begun_before: int) -> int:
    """Files that have been arriving or read since before then never will be; gives how many."""
    lost = and_(files.c.state.in_(["arriving", "reading"]), files.c.created_at < begun_before)
    query = update(files).where(lost).values(state="failed", error="file_interrupted")
    return connection.execute(query).rowcount


def _theirs(owner_id: str, file_id: str) -> Any:
    return (files.c.id == file_id) & (files.c.owner_id == owner_id) & still_open(files)


def _read(row: Any) -> Held:
    values = dict(row)
    values["error_values"] = json.loads(values["error_values"] or "{}")
    values["notes"] = tuple((text, given) for text, given in json.loads(values["notes"] or "[]"))
    return Held(**values)
