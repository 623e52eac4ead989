# SPDX-License-Identifier: EUPL-1.2
"""Everything the database holds of one person: read out, or erased. No hashes and no secrets are read.

Each store has two verbs with the connection and the person's id; those that may be long read a page at a
time: ``most`` rows after the id ``after``. What is kept of a person beyond these tables: audit leaves
(hashes), and ledger rows, which belong to groups and name nobody.
"""

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, or_, select, update

from hausgeist.store.closing import still_open
from hausgeist.store.tables import (
    api_keys,
    conversations,
    file_contents,
    files,
    folders,
    groups,
    holds,
    import_pieces,
    imported,
    imports,
    library_grants,
    library_items,
    library_versions,
    login_subjects,
    memberships,
    messages,
    policies,
    readings,
    search_words,
    sessions,
    shares,
    users,
    veils,
)

Rows = list[dict[str, Any]]


def account(connection: Connection, user_id: str) -> Rows:
    """The person's account."""
    secret = {"password_hash", "opens_hash", "recovery_hash"}
    return _rows(connection, users, users.c.id == user_id, but=secret)


def erase_account(connection: Connection, user_id: str) -> int:
    """Erase the account; gives how many rows that were."""
    return connection.execute(delete(users).where(users.c.id == user_id)).rowcount


def policies_by(connection: Connection, user_id: str) -> Rows:
    """The versions of the border's rules that the person wrote, or agreed to."""
    theirs = or_(policies.c.author_id == user_id, policies.c.second_id == user_id)
    return _rows(connection, policies, theirs, but={"author_id", "second_id"})


def forget_policies(connection: Connection, user_id: str) -> int:
    """Take the person's name off the rules, which stay; gives off how many."""
    found = 0
    for column in (policies.c.author_id, policies.c.second_id):
        taken = update(policies).where(column == user_id).values({column.name: None})
        found += connection.execute(taken).rowcount
    return found


def open_sessions(connection: Connection, user_id: str) -> Rows:
    """The person's sessions, without what would open or end one."""
    theirs = sessions.c.user_id == user_id
    return _rows(connection, sessions, theirs, but={"id", "user_id", "source_session"})


def erase_sessions(connection: Connection, user_id: str) -> int:
    """Erase the sessions; gives how many."""
    return connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def keys(connection: Connection, user_id: str) -> Rows:
    """The person's keys, without their hashes."""
    return _rows(connection, api_keys, api_keys.c.user_id == user_id, but={"hash"})


def erase_keys(connection: Connection, user_id: str) -> int:
    """Erase the keys; gives how many."""
    return connection.execute(delete(api_keys).where(api_keys.c.user_id == user_id)).rowcount


def logins(connection: Connection, user_id: str) -> Rows:
    """What other login sources call the person."""
    return _rows(connection, login_subjects, login_subjects.c.user_id == user_id)


def erase_logins(connection: Connection, user_id: str) -> int:
    """Forget the links to other login sources; gives how many."""
    theirs = login_subjects.c.user_id == user_id
    return connection.execute(delete(login_subjects).where(theirs)).rowcount


def groups_of(connection: Connection, user_id: str) -> Rows:
    """The groups the person is in, beside the one that pays, which the account names."""
    query = (
        select(memberships, groups.c.title)
        .join(groups, memberships.c.group_id == groups.c.id)
        .where(memberships.c.user_id == user_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def erase_memberships(connection: Connection, user_id: str) -> int:
    """Take the person out of the groups; gives how many."""
    return connection.execute(delete(memberships).where(memberships.c.user_id == user_id)).rowcount


# -- conversations -----------------------------------------------------------------------------------


def talks(connection: Connection, user_id: str, after: str = "", most: int | None = None) -> Rows:
    """The person's conversations, also those in the bin, each with its ``messages``.

    ``pseudonyms_at``: when pseudonyms were last given in it; what they stand for is in the messages.
    """
    query = (
        select(conversations, veils.c.updated_at.label("pseudonyms_at"))
        .outerjoin(veils, veils.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.owner_id == user_id,
            conversations.c.id > after,
            still_open(conversations),
        )
        .order_by(conversations.c.id)
        .limit(most)
    )
    found = {row["id"]: {**row, "messages": []} for row in connection.execute(query).mappings()}
    if not found:
        return []
    of_them = (
        select(messages)
        .join(conversations, messages.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.owner_id == user_id,
            conversations.c.id > after,
            conversations.c.id <= max(found),
        )
        .order_by(messages.c.created_at, messages.c.id)
    )
    for row in connection.execute(of_them).mappings():
        said = dict(row)
        for name in ("parts", "about", "error_values"):
            said[name] = json.loads(said[name]) if said[name] else None
        if row["conversation_id"] in found:
            found[row["conversation_id"]]["messages"].append(said)
    return list(found.values())


def erase_talks(connection: Connection, user_id: str) -> int:
    """Erase the conversations with messages, search words, shares and pseudonyms; gives how many."""
    theirs = select(conversations.c.id).where(conversations.c.owner_id == user_id)
    mine = or_(search_words.c.conversation_id.in_(theirs), search_words.c.owner_id == user_id)
    connection.execute(delete(search_words).where(mine))
    connection.execute(delete(shares).where(shares.c.conversation_id.in_(theirs)))
    connection.execute(delete(veils).where(veils.c.conversation_id.in_(theirs)))
    connection.execute(delete(messages).where(messages.c.conversation_id.in_(theirs)))
    return connection.execute(
        delete(conversations).where(conversations.c.owner_id == user_id)
    ).rowcount


def shared(connection: Connection, user_id: str) -> Rows:
    """The links the person has given out, and with whom."""
    return _rows(connection, shares, shares.c.owner_id == user_id)


def erase_shares(connection: Connection, user_id: str) -> int:
    """Take the links back; gives how many."""
    return connection.execute(delete(shares).where(shares.c.owner_id == user_id)).rowcount


def folders_of(connection: Connection, user_id: str) -> Rows:
    """The person's folders."""
    return _rows(connection, folders, folders.c.owner_id == user_id)


def erase_folders(connection: Connection, user_id: str) -> int:
    """Erase the folders; gives how many."""
    return connection.execute(delete(folders).where(folders.c.owner_id == user_id)).rowcount


def imports_of(connection: Connection, user_id: str) -> Rows:
    """What the person has brought from other programs: each import, and what came of it."""
    found = _rows(connection, imports, imports.c.owner_id == user_id)
    marks = _rows(connection, imported, imported.c.owner_id == user_id)
    return [*found, *marks]


def erase_imports(connection: Connection, user_id: str) -> int:
    """Erase the imports with what waits in them; gives how many."""
    theirs = select(imports.c.id).where(imports.c.owner_id == user_id)
    connection.execute(delete(import_pieces).where(import_pieces.c.import_id.in_(theirs)))
    connection.execute(delete(imported).where(imported.c.owner_id == user_id))
    return connection.execute(delete(imports).where(imports.c.owner_id == user_id)).rowcount


# -- files ---------------------------------------------------------------------------------------------


def files_of(
    connection: Connection, user_id: str, after: str = "", most: int | None = None
) -> Rows:
    """The person's files with the text that was read out of them; contents come by ``pieces``."""
    query = (
        select(files)
        .where(files.c.owner_id == user_id, files.c.id > after, still_open(files))
        .order_by(files.c.id)
        .limit(most)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def piece(
    connection: Connection, user_id: str, file_id: str, after: int
) -> tuple[int, bytes] | None:
    """The piece of a file of the person's that follows number ``after``, at most 1 MiB; None at the end."""
    query = (
        select(file_contents.c.seq, file_contents.c.content)
        .join(files, file_contents.c.file_id == files.c.id)
        .where(
            files.c.owner_id == user_id,
            files.c.id == file_id,
            file_contents.c.seq > after,
            still_open(files),
        )
        .order_by(file_contents.c.seq)
        .limit(1)
    )
    found = connection.execute(query).first()
    return None if found is None else (found.seq, found.content)


def erase_files(connection: Connection, user_id: str) -> int:
    """Erase the files with their contents; gives how many files."""
    theirs = select(files.c.id).where(files.c.owner_id == user_id)
    connection.execute(delete(file_contents).where(file_contents.c.file_id.in_(theirs)))
    return connection.execute(delete(files).where(files.c.owner_id == user_id)).rowcount


# -- the library ---------------------------------------------------------------------------------------


def library(connection: Connection, user_id: str) -> Rows:
    """Assistants and prompts the person owns or has written versions of, with what is theirs of them."""
    wrote = select(library_versions.c.item_id).where(library_versions.c.author_id == user_id)
    mine = or_(library_items.c.owner_id == user_id, library_items.c.id.in_(wrote))
    found = {
        row["id"]: {**row, "versions": [], "groups": []}
        for row in _rows(connection, library_items, mine)
    }
    if not found:
        return []
    theirs = select(library_items.c.id).where(library_items.c.owner_id == user_id)
    of_them = or_(library_versions.c.author_id == user_id, library_versions.c.item_id.in_(theirs))
    for row in _rows(connection, library_versions, of_them):
        found[row["item_id"]]["versions"].append({**row, "body": json.loads(row["body"])})
    for row in _rows(connection, library_grants, library_grants.c.item_id.in_(theirs)):
        found[row["item_id"]]["groups"].append(row["group_id"])
    return list(found.values())


def erase_library(connection: Connection, user_id: str) -> int:
    """Erase what only the person could use; what is shared stays, without owner and author.

    Versions from before something was shared go, too: whoever takes it over would read them.
    Gives how many items were erased.
    """
    private = select(library_items.c.id).where(
        library_items.c.owner_id == user_id, library_items.c.audience == "owner"
    )
    connection.execute(delete(library_grants).where(library_grants.c.item_id.in_(private)))
    connection.execute(delete(library_versions).where(library_versions.c.item_id.in_(private)))
    gone = connection.execute(
        delete(library_items).where(
            library_items.c.owner_id == user_id, library_items.c.audience == "owner"
        )
    ).rowcount
    connection.execute(
        delete(library_versions).where(
            exists().where(
                library_items.c.id == library_versions.c.item_id,
                library_items.c.owner_id == user_id,
                library_items.c.shared_from > library_versions.c.version,
            )
        )
    )
    for table, column in (
        (library_items, library_items.c.owner_id),
        (library_versions, library_versions.c.author_id),
    ):
        connection.execute(update(table).where(column == user_id).values({column.name: None}))
    return gone


def shared_items(connection: Connection, user_id: str) -> int:
    """How many assistants and prompts of the person's would stay, because others use them."""
    theirs = (library_items.c.owner_id == user_id) & (library_items.c.audience != "owner")
    return len(connection.execute(select(library_items.c.id).where(theirs)).all())


# -- readings of conversations by others ------------------------------------------------------------


def readings_of(connection: Connection, user_id: str) -> Rows:
    """Who asked for one of the person's conversations, why and when; others' ids are not read out."""
    return _rows(
        connection, readings, readings.c.owner_id == user_id, but={"asked_by", "second_id"}
    )


def erase_readings(connection: Connection, user_id: str) -> int:
    """Erase what was asked about the person, and take the person's name off what they asked of others."""
    for column in (readings.c.asked_by, readings.c.second_id):
        connection.execute(update(readings).where(column == user_id).values({column.name: None}))
    return connection.execute(delete(readings).where(readings.c.owner_id == user_id)).rowcount


# -- holds ---------------------------------------------------------------------------------------------


def holds_on(connection: Connection, user_id: str) -> Rows:
    """The holds on the person's own data, also those that have ended."""
    return _rows(connection, holds, holds.c.user_id == user_id)


def erase_holds(connection: Connection, user_id: str) -> int:
    """Erase the holds on the person, all of which have ended: one that lasts refuses the erasure."""
    return connection.execute(delete(holds).where(holds.c.user_id == user_id)).rowcount


def _rows(
    connection: Connection,
    table: Table,
    which: ColumnElement[bool],
    but: frozenset[str] | set[str] = frozenset(),
) -> Rows:
    columns = [column for column in table.c if column.name not in but]
    query = select(*columns).where(which).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(query).mappings()]
