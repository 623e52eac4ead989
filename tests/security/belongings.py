# SPDX-License-Identifier: EUPL-1.2
"""One of everything that a person can have, in a house that serves; gives the ids by kind."""

import json
import secrets

from sqlalchemy import insert

from hausgeist.chat.library import AssistantBody, PromptBody
from hausgeist.core.people import Principal, Role
from hausgeist.store import imports, shares
from hausgeist.store.tables import conversations, files, messages


def of(server, person, words: str) -> dict[str, str]:
    """Everything of a person, with these words in all of it; the group ``bauamt`` must be there."""
    talk, said, file, share = (secrets.token_hex(10) for _ in range(4))
    brought = secrets.token_hex(16)
    now = server.house.now_ms()

    def add(connection):
        _talk(connection, person.id, words, now, talk=talk, said=said, file=file)
        shares.add(
            connection,
            person.id,
            id=share,
            conversation_id=talk,
            leaf_id=said,
            group_id="bauamt",
            created_at=now,
        )
        imports.begin(connection, person.id, _waiting(brought, words, now), [])

    server.house.store.write_now(add)
    owner = Principal(id=person.id, name=person.login, role=Role.MEMBER)
    saved = [AssistantBody(name=words, instructions=words), PromptBody(name="x", text=words)]
    assistant, prompt = server.call(lambda: server.house.library.create(owner, saved))
    folder = server.call(lambda: server.house.shelves.make_folder(owner, words, [talk]))
    server.session(person.id)
    server.key(person.id)
    keys = server.call(lambda: server.house.identity.keys.of(person.id))
    sessions = server.call(lambda: server.house.identity.sessions.of(person.id, None))
    return {
        "user": person.id,
        "key": keys[0].id,
        "session": sessions[0].id,
        "conversation": talk,
        "message": said,
        "file": file,
        "assistant": assistant,
        "prompt": prompt,
        "folder": folder.id,
        "share": share,
        "import": brought,
    }


def _talk(connection, owner: str, words: str, now: int, *, talk: str, said: str, file: str) -> None:
    """A conversation with a question and a file."""
    connection.execute(
        insert(conversations).values(
            id=talk,
            owner_id=owner,
            title=words,
            model="none-such",
            data_class="internal",
            leaf_id=said,
            created_at=now,
            updated_at=now,
        )
    )
    connection.execute(
        insert(files).values(
            id=file,
            owner_id=owner,
            conversation_id=talk,
            name=f"{words}.txt",
            media="text/plain",
            size=len(words),
            digest="0" * 64,
            data_class="internal",
            state="ready",
            text=words,
            created_at=now,
        )
    )
    attached = {
        "type": "file",
        "file_id": file,
        "name": f"{words}.txt",
        "media": "text/plain",
        "size": len(words),
        "data_class": "internal",
    }
    connection.execute(
        insert(messages).values(
            id=said,
            conversation_id=talk,
            role="user",
            parts=json.dumps([{"type": "text", "text": words}, attached]),
            state="done",
            created_at=now,
        )
    )


def _waiting(id_: str, words: str, now: int) -> imports.Row:
    """An import that waits to be begun."""
    return imports.Row(
        id=id_,
        state="ready",
        data_class="internal",
        found=json.dumps({"sources": [words]}),
        total=1,
        done=0,
        added=0,
        known=0,
        created_at=now,
        touched_at=now,
    )
