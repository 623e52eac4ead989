# SPDX-License-Identifier: EUPL-1.2
"""Whole conversations, with every branch: SQL in, values out; and back in. Every verb names the owner."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hausgeist.store import chats
from hausgeist.store.chats import Conversation, Said
from hausgeist.store.closing import still_open
from hausgeist.store.tables import conversations, folders, messages


@dataclass(frozen=True, slots=True)
class Tree:
    """A conversation with all its messages in the order they came, and the name of its folder."""

    conversation: Conversation
    said: tuple[Said, ...]
    folder: str | None


def ids(connection: Connection, owner_id: str) -> list[str]:
    """The owner's conversations, the archived too, newest first; not those in the bin."""
    query = (
        select(conversations.c.id)
        .where(
            conversations.c.owner_id == owner_id,
            conversations.c.deleted_at.is_(None),
            still_open(conversations),
        )
        .order_by(conversations.c.updated_at.desc(), conversations.c.id)
    )
    return list(connection.execute(query).scalars())


def whole(connection: Connection, owner_id: str, talk_id: str) -> Tree | None:
    """A conversation of the owner's with all of its tree; None when there is none."""
    talk = chats.find(connection, owner_id, talk_id)
    if talk is None:
        return None
    query = (
        select(messages.c.id)
        .where(messages.c.conversation_id == talk_id)
        .order_by(messages.c.created_at, messages.c.id)
    )
    order = list(connection.execute(query).scalars())
    found = chats.several(connection, owner_id, talk_id, order)
    folder = None
    if talk.folder_id is not None:
        folder = connection.execute(
            select(folders.c.name).where(
                folders.c.id == talk.folder_id, folders.c.owner_id == owner_id
            )
        ).scalar()
    return Tree(talk, tuple(found[one] for one in order if one in found), folder)


def plant(connection: Connection, owner_id: str, talk: Conversation, said: Sequence[Said]) -> None:
    """Write a conversation with its tree, with the dates and the leaf it has."""
    chats.create(connection, owner_id, talk)
    if said:
        chats.add(connection, owner_id, talk.id, said)
    chats.change(connection, owner_id, talk.id, leaf_id=talk.leaf_id, updated_at=talk.updated_at)
