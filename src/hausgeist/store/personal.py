# SPDX-License-Identifier: EUPL-1.2
"""Everything the database holds of one person: read out, or erased. No hashes and no secrets are read.

Audit leaves stay (they are hashes); what the ledger holds belongs to groups and names nobody.
"""

import json
from typing import Any

from sqlalchemy import Connection, delete, select

from hausgeist.store.tables import api_keys, conversations, messages, sessions, users

Rows = list[dict[str, Any]]


def account(connection: Connection, user_id: str) -> Rows:
    """The person's account."""
    columns = [column for column in users.c if column.name != "password_hash"]
    found = connection.execute(select(*columns).where(users.c.id == user_id)).mappings()
    return [dict(row) for row in found]


def erase_account(connection: Connection, user_id: str) -> int:
    """Erase the account; gives how many rows that were."""
    return connection.execute(delete(users).where(users.c.id == user_id)).rowcount


def open_sessions(connection: Connection, user_id: str) -> Rows:
    """The person's sessions, without what would open one."""
    query = select(sessions.c.created_at, sessions.c.seen_at, sessions.c.expires_at)
    found = connection.execute(query.where(sessions.c.user_id == user_id)).mappings()
    return [dict(row) for row in found]


def erase_sessions(connection: Connection, user_id: str) -> int:
    """Erase the sessions; gives how many."""
    return connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def keys(connection: Connection, user_id: str) -> Rows:
    """The person's keys, without their hashes."""
    columns = [column for column in api_keys.c if column.name != "hash"]
    query = select(*columns).where(api_keys.c.user_id == user_id).order_by(api_keys.c.created_at)
    return [dict(row) for row in connection.execute(query).mappings()]


def erase_keys(connection: Connection, user_id: str) -> int:
    """Erase the keys; gives how many."""
    return connection.execute(delete(api_keys).where(api_keys.c.user_id == user_id)).rowcount


def talks(connection: Connection, user_id: str) -> Rows:
    """The person's conversations, each with its ``messages``."""
    query = (
        select(conversations)
        .where(conversations.c.owner_id == user_id)
        .order_by(conversations.c.created_at)
    )
    found = {row["id"]: {**row, "messages": []} for row in connection.execute(query).mappings()}
    of_them = (
        select(messages)
        .join(conversations, messages.c.conversation_id == conversations.c.id)
        .where(conversations.c.owner_id == user_id)
        .order_by(messages.c.created_at, messages.c.id)
    )
    for row in connection.execute(of_them).mappings():
        said = {**row, "parts": json.loads(row["parts"])}
        found[row["conversation_id"]]["messages"].append(said)
    return list(found.values())


def erase_talks(connection: Connection, user_id: str) -> int:
    """Erase the conversations and their messages; gives how many conversations."""
    theirs = select(conversations.c.id).where(conversations.c.owner_id == user_id)
    connection.execute(delete(messages).where(messages.c.conversation_id.in_(theirs)))
    return connection.execute(
        delete(conversations).where(conversations.c.owner_id == user_id)
    ).rowcount
