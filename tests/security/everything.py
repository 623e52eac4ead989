# SPDX-License-Identifier: EUPL-1.2
"""A row in every table that may hold something of a person's, written for tests."""

import json

from sqlalchemy import Connection, insert

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
    search_words,
    sessions,
    shares,
)

NOW = 1_790_000_000_000
WORDS = "Zwetschgenmus fuer das Rathaus"
"""What the person said; no other row of a test has it."""


def add_everything(connection: Connection, person: str, words: str = WORDS, at: int = NOW) -> None:
    """One of everything for a person: a conversation with a file, a private and a shared assistant."""
    tag = person[:12]
    talk, said, file = f"talk-{tag}", f"said-{tag}", f"file-{tag}"
    for table, row in (
        (groups, {"id": f"team-{tag}", "title": "Team", "created_at": at}),
        (memberships, {"user_id": person, "group_id": f"team-{tag}"}),
        (
            login_subjects,
            {"source": "sso", "subject": f"sub-{tag}", "user_id": person, "created_at": at},
        ),
        (
            sessions,
            {
                "id": f"session-{tag}",
                "user_id": person,
                "created_at": at,
                "seen_at": at,
                "expires_at": at + 10**12,
                "source_session": f"elsewhere-{tag}",
            },
        ),
        (
            api_keys,
            {
                "id": f"key-{tag}",
                "hash": f"hash-{tag}",
                "hint": "hg-…abcd",
                "name": "script",
                "user_id": person,
                "group_id": f"team-{tag}",
                "max_class": "special",
                "created_at": at,
            },
        ),
        (folders, {"id": f"folder-{tag}", "owner_id": person, "name": "Sommer", "created_at": at}),
        (
            conversations,
            {
                "id": talk,
                "owner_id": person,
                "title": words,
                "model": "echo",
                "data_class": "internal",
                "leaf_id": said,
                "created_at": at,
                "updated_at": at,
            },
        ),
        (
            messages,
            {
                "id": said,
                "conversation_id": talk,
                "role": "user",
                "parts": json.dumps([{"type": "text", "text": words}]),
                "state": "done",
                "created_at": at,
            },
        ),
        (
            files,
            {
                "id": file,
                "owner_id": person,
                "conversation_id": talk,
                "name": "Brief.txt",
                "media": "text/plain",
                "size": len(words),
                "digest": "0" * 64,
                "data_class": "internal",
                "state": "ready",
                "text": words,
                "created_at": at,
            },
        ),
        (file_contents, {"file_id": file, "seq": 0, "content": words.encode()}),
        (
            shares,
            {
                "id": f"share-{tag}",
                "conversation_id": talk,
                "owner_id": person,
                "created_at": at,
            },
        ),
        (
            imports,
            {
                "id": f"import-{tag}",
                "owner_id": person,
                "state": "done",
                "data_class": "internal",
                "found": "{}",
                "total": 1,
                "done": 1,
                "added": 1,
                "known": 0,
                "created_at": at,
                "touched_at": at,
            },
        ),
        (import_pieces, {"import_id": f"import-{tag}", "seq": 0, "content": b"packed"}),
        (imported, {"owner_id": person, "mark": "0" * 64, "conversation_id": talk}),
        (
            holds,
            {
                "id": f"hold-{tag}",
                "user_id": person,
                "reason": "Verfahren beendet",
                "created_at": at - 2,
                "ended_at": at - 1,
            },
        ),
    ):
        connection.execute(insert(table).values(**row))
    connection.execute(
        insert(search_words).values(
            conversation_id=talk, message_id=said, owner_id=person, words=words.casefold()
        )
    )
    for kind, audience in (("prompt", "owner"), ("assistant", "groups")):
        item = f"{audience[:5]}-{tag}"
        connection.execute(
            insert(library_items).values(
                id=item,
                kind=kind,
                owner_id=person,
                name="Brief",
                version=1,
                audience=audience,
                words="brief",
                created_at=at,
                updated_at=at,
            )
        )
        connection.execute(
            insert(library_versions).values(
                item_id=item, version=1, body='{"name": "Brief"}', at=at, author_id=person
            )
        )
        connection.execute(insert(library_grants).values(item_id=item, group_id=f"team-{tag}"))
