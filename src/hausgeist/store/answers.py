# SPDX-License-Identifier: EUPL-1.2
"""Verbs of a model's answers under way and of contests: stop requests, what was kept, a model's title.

What people answer in the workbench is in ``store.task_answers``.

As in ``store.chats``, every query of a person's names the owner.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, exists, select, update

from hausgeist.store import search
from hausgeist.store.chats import message, theirs
from hausgeist.store.tables import conversations, messages

_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""


def keep(connection: Connection, owner_id: str, talk_id: str, said_id: str) -> list[str]:
    """Decide a contest for an answer that is nobody's second choice yet; gives the others' ids.

    Empty when the answer is in no contest, or the contest is decided already.
    """
    said = message(connection, owner_id, talk_id, said_id)
    if said is None or said.contest_id is None:
        return []
    rivals = (messages.c.conversation_id == talk_id) & (messages.c.contest_id == said.contest_id)
    rows = connection.execute(select(messages.c.id, messages.c.preferred).where(rivals)).all()
    if any(preferred for _, preferred in rows):
        return []
    mine = messages.c.id == said_id
    connection.execute(update(messages).where(rivals, ~mine).values(preferred=False))
    connection.execute(update(messages).where(rivals, mine).values(preferred=True))
    return [one for one, _ in rows if one != said_id]


def ask_to_stop(connection: Connection, owner_id: str, talk_id: str, said_id: str, at: int) -> bool:
    """Ask whatever process writes an answer to stop; False when nothing of the owner's runs there."""
    query = (
        update(messages)
        .where(
            messages.c.id == said_id,
            messages.c.conversation_id == talk_id,
            messages.c.state == "running",
            exists().where(theirs(owner_id, talk_id)),
        )
        .values(stop_at=at)
    )
    return connection.execute(query).rowcount == 1


def unwanted(connection: Connection, ids: Sequence[str]) -> dict[str, bool]:
    """Of running answers, those that somebody asked to stop or whose conversation went.

    The value tells whether the conversation went; an id that is not there any more went with it.
    """
    found: dict[str, bool] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        query = (
            select(messages.c.id, messages.c.stop_at, conversations.c.deleted_at)
            .join(conversations, messages.c.conversation_id == conversations.c.id)
            .where(messages.c.id.in_(some))
        )
        rows = {row[0]: row for row in connection.execute(query)}
        for one in some:
            row = rows.get(one)
            if row is None or row[2] is not None:
                found[one] = True
            elif row[1] is not None:
                found[one] = False
    return found


def entitle(connection: Connection, owner_id: str, talk_id: str, title: str) -> bool:
    """Give a conversation the title a model made, unless somebody gave it another meanwhile."""
    query = (
        update(conversations)
        .where(theirs(owner_id, talk_id), conversations.c.title_by == "words")
        .values(title=title, title_by="model")
    )
    entitled = connection.execute(query).rowcount == 1
    if entitled:
        search.retitle(connection, owner_id, talk_id)
    return entitled
