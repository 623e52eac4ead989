# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the search: words of titles and messages in, the places where a query finds them out.

A row of ``search_words`` holds the stems of one message, or of a title (``message_id`` is NULL). The
index over it is the database's: FTS5 kept in step by triggers, or GIN over a tsvector; the owner is a
part of what the index is asked, so that other people's messages cost nothing. A row's id begins with the
time of the message, so that the index itself gives the newest first. Whatever deletes a message deletes
its words with it.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, and_, delete, exists, or_, select, text
from sqlalchemy.sql.selectable import Select

from hausgeist.store.tables import conversations, messages, meta, search_words
from hausgeist.store.words import Form, Query, Term, words_of

NEWEST: Final = (1 << 62) + 1
"""Above every id there is."""
WALKED: Final = 2_000
"""Conversations whose words are walked for parts of words: a twentieth of a second for long ones."""
_SPREAD = 12
"""Bits of an id that tell messages of one millisecond apart."""
_DIRTY = "search_deleted"

# ON CONFLICT: another process was faster, or two ids met; what then has no words gets them in `missing`
_PUT = text(
    "INSERT INTO search_words (id, conversation_id, message_id, owner_id, words) "
    "SELECT CAST(:id AS BIGINT), m.conversation_id, m.id, c.owner_id, CAST(:words AS TEXT) "
    "FROM messages m JOIN conversations c ON c.id = m.conversation_id "
    "WHERE m.id = :said AND c.id = :talk AND c.owner_id = :owner ON CONFLICT DO NOTHING"
)
_PUT_TITLE = text(
    "INSERT INTO search_words (id, conversation_id, message_id, owner_id, words) "
    "SELECT CAST(:id AS BIGINT), c.id, NULL, c.owner_id, CAST(:words AS TEXT) "
    "FROM conversations c WHERE c.id = :talk AND c.owner_id = :owner ON CONFLICT DO NOTHING"
)

# CROSS JOIN keeps SQLite's planner from walking anything but the index, newest first, until it is enough
_SQLITE = (
    "SELECT w.id, w.conversation_id, w.message_id FROM search_index "
    "CROSS JOIN search_words w ON w.id = search_index.rowid "
    "CROSS JOIN conversations c ON c.id = w.conversation_id "
    "WHERE search_index MATCH :query AND search_index.rowid < :before AND c.deleted_at IS NULL "
    "AND c.closed_at IS NULL "
    "ORDER BY search_index.rowid DESC"
)
VECTOR: Final = (
    "(to_tsvector('simple', words) || array_to_tsvector(CASE WHEN message_id IS NULL "
    "THEN ARRAY['@' || owner_id, '@title'] ELSE ARRAY['@' || owner_id] END))"
)
"""What PostgreSQL's index holds, as the migration made it; a query must say the same."""
# MATERIALIZED keeps the planner from walking the primary key and making every row's vector anew
_POSTGRES = f"""
WITH found AS MATERIALIZED (
  SELECT id, conversation_id, message_id, words FROM search_words
  WHERE {VECTOR} @@ CAST(:query AS tsquery))
SELECT w.id, w.conversation_id, w.message_id FROM found w
JOIN conversations c ON c.id = w.conversation_id
WHERE w.id < :before AND c.deleted_at IS NULL AND c.closed_at IS NULL ORDER BY w.id DESC
"""  # noqa: S608  nothing in it comes from outside
# The index knows words, not their order, and a vector costs 60 µs to make: phrases are looked for in the
# stems as they are written, of what has the words, until it is enough.
_PHRASES = f"""
SELECT id, conversation_id, message_id FROM
({_POSTGRES.replace("w.message_id FROM", "w.message_id, w.words FROM")} OFFSET 0) AS loose
WHERE"""  # noqa: S608  as above


Written: TypeAlias = tuple[str, str, str, int, str]
"""Owner, conversation, message, its time in milliseconds, its text."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a query was found. ``message_id`` is None for a title."""

    id: int
    conversation_id: str
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message that was found: who said it, and what."""

    id: str
    role: str
    text: str
    created_at: int


# -- words into the index -------------------------------------------------------------------------


def put(connection: Connection, items: Iterable[Written]) -> None:
    """Index messages."""
    rows = [
        {"owner": owner, "talk": talk, "said": said, "id": _id(at_ms), "words": words_of(words)}
        for owner, talk, said, at_ms, words in items
    ]
    if rows:
        connection.execute(_PUT, rows)


def put_title(connection: Connection, owner_id: str, talk_id: str, at_ms: int, title: str) -> None:
    """Index a conversation's title, in place of the one before."""
    connection.execute(
        delete(search_words).where(
            search_words.c.conversation_id == talk_id,
            search_words.c.owner_id == owner_id,
            search_words.c.message_id.is_(None),
        )
    )
    row = {"owner": owner_id, "talk": talk_id, "id": _id(at_ms), "words": words_of(title)}
    connection.execute(_PUT_TITLE, row)


def retitle(connection: Connection, owner_id: str, talk_id: str) -> None:
    """Index the title that a conversation has now."""
    query = select(conversations.c.title, conversations.c.updated_at).where(
        conversations.c.id == talk_id, conversations.c.owner_id == owner_id
    )
    row = connection.execute(query).first()
    if row is not None:
        put_title(connection, owner_id, talk_id, row.updated_at, row.title)


def catch_up_titles(connection: Connection, after: str, most: int) -> str | None:
    """Index titles that have no words yet; gives where to go on, None at the end.

    ``after`` is an id of a conversation, empty at first; ``most`` of them are looked at.
    """
    query = (
        select(
            conversations.c.id,
            conversations.c.owner_id,
            conversations.c.title,
            conversations.c.updated_at,
            search_words.c.id,
        )
        .select_from(
            conversations.outerjoin(
                search_words,
                and_(
                    search_words.c.conversation_id == conversations.c.id,
                    search_words.c.message_id.is_(None),
                ),
            )
        )
        .where(conversations.c.id > after)
        .order_by(conversations.c.id)
        .limit(most)
    )
    rows = list(connection.execute(query))
    for talk_id, owner_id, title, at_ms, known in rows:
        if known is None:
            put_title(connection, owner_id, talk_id, at_ms, title)
    return rows[-1][0] if len(rows) == most else None


def missing(connection: Connection, after: str, most: int) -> list[str]:
    """Ids above ``after`` of ended messages that have no words yet. Reads only: it holds nobody up.

    They are from before there was a search, or of a process that died.
    """
    query = (
        select(messages.c.id)
        .outerjoin(search_words, search_words.c.message_id == messages.c.id)
        .where(messages.c.id > after, search_words.c.id.is_(None), messages.c.state != "running")
        .order_by(messages.c.id)
        .limit(most)
    )
    return list(connection.scalars(query))


def catch_up(connection: Connection, ids: Sequence[str]) -> None:
    """Index these messages; without words of their own they get a row without words."""
    query = (
        select(
            conversations.c.owner_id,
            messages.c.conversation_id,
            messages.c.id,
            messages.c.created_at,
            messages.c.parts,
        )
        .join(conversations, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.id.in_(ids))
    )
    put(
        connection,
        [
            (owner, talk, said, at_ms, spoken(parts))
            for owner, talk, said, at_ms, parts in connection.execute(query)
        ],
    )


def spoken(parts: str) -> str:
    """The searched text of a message's parts as they are stored: its words, and its files' names."""
    found = json.loads(parts)
    words = "".join(part["text"] for part in found if part["type"] == "text")
    names = [part["name"] for part in found if part["type"] == "file"]
    return "\n".join([words, *names])


# -- words out of the index -------------------------------------------------------------------------


def hits(
    connection: Connection,
    owner_id: str,
    query: Query,
    most: int,
    *,
    before: int = NEWEST,
    titles: bool = False,
) -> list[Hit]:
    """Where the owner's messages and titles (``titles``: only these) have what is asked, newest first.

    Nothing that lies in the bin. ``before`` is the id where the last page ended.
    """
    values: dict[str, object] = {"before": before, "most": most}
    if connection.dialect.name == "sqlite":
        statement, values["query"] = _SQLITE, _fts5(owner_id, query, titles=titles)
    else:
        # a scan of the table would make the vector of every row
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        values["query"] = _tsquery(owner_id, query, titles=titles)
        phrases = _phrases(query)
        statement = f"{_PHRASES} {' AND '.join(phrases)}" if phrases else _POSTGRES
    rows = connection.execute(text(f"{statement} LIMIT :most"), values)
    return [Hit(*row) for row in rows]


def inside(
    connection: Connection, owner_id: str, stems: Sequence[Sequence[str]], most: int
) -> list[Hit]:
    """Where the owner's words have stems in them, of each of ``stems`` one, newest first.

    For what ``hits`` does not find. No index knows the parts of a word, so that words are walked: those of
    the conversations lately used. Stems are letters and digits.
    """
    lately = (
        select(conversations.c.id)
        .where(
            conversations.c.owner_id == owner_id,
            conversations.c.deleted_at.is_(None),
            conversations.c.closed_at.is_(None),
        )
        .order_by(conversations.c.updated_at.desc())
        .limit(WALKED)
        .subquery()
    )
    parts = [or_(*(search_words.c.words.contains(one) for one in ones)) for ones in stems]
    query = (
        select(search_words.c.id, search_words.c.conversation_id, search_words.c.message_id)
        .join(lately, lately.c.id == search_words.c.conversation_id)
        .where(*parts)
        .order_by(search_words.c.id.desc())
        .limit(most)
    )
    return [Hit(*row) for row in connection.execute(query)]


def said(connection: Connection, owner_id: str, ids: Sequence[str]) -> dict[str, Spoken]:
    """Messages of the owner's, by id."""
    if not ids:
        return {}
    theirs = select(conversations.c.id).where(
        conversations.c.owner_id == owner_id,
        conversations.c.deleted_at.is_(None),
        conversations.c.closed_at.is_(
            None
        ),  # as store.closing has it, which imports this file's users
    )
    query: Select[Any] = (
        select(messages.c.id, messages.c.role, messages.c.parts, messages.c.created_at)
        .where(messages.c.id.in_(ids))
        # not a join: SQLite's planner would begin it with all the owner's conversations
        .where(exists(theirs.where(conversations.c.id == messages.c.conversation_id)))
    )
    return {
        message_id: Spoken(message_id, role, spoken(parts), at_ms)
        for message_id, role, parts, at_ms in connection.execute(query)
    }


# -- what was deleted ---------------------------------------------------------------------------------


def forget(connection: Connection, steps: int | None) -> bool:
    """Take deleted words out of SQLite's index; True when nothing is left of them.

    FTS5 only notes a deletion and drops the word when it merges its pages, maybe never. So the pages are
    merged, ``steps`` pages at once: None begins. (FTS5's own option ``secure-delete`` makes a file that
    SQLite before 3.42 cannot read.) PostgreSQL's vacuum does it by itself.
    """
    if connection.dialect.name != "sqlite":
        return True
    if steps is None:
        dirty = connection.execute(delete(meta).where(meta.c.key == _DIRTY)).rowcount
        if not dirty:
            return True
        steps = -PAGES
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.exec_driver_sql(
        "INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)", (steps,)
    )
    after = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return bool(after - before < 2)  # as FTS5's documentation tells when there is nothing to merge


PAGES = 200


def _id(at_ms: int) -> int:
    return (at_ms << _SPREAD) | secrets.randbits(_SPREAD)


def _fts5(owner_id: str, query: Query, *, titles: bool) -> str:
    """A query for FTS5; stems are letters and digits, and the owner is ours, so nothing needs escaping."""
    scope = f'scope : "{owner_id}"' + (' AND scope : "title"' if titles else "")
    wanted = " AND ".join(_fts5_term(term) for term in query.wanted)
    unwanted = "".join(f" NOT words : {_fts5_term(term)}" for term in query.unwanted)
    return f"({scope} AND words : ({wanted})){unwanted}"


def _fts5_term(term: Term) -> str:
    return "(" + " OR ".join(_fts5_form(form) for form in term) + ")"


def _fts5_form(form: Form) -> str:
    return f'"{" ".join(form.stems)}"' + (" *" if form.prefix else "")


def _tsquery(owner_id: str, query: Query, *, titles: bool) -> str:
    """A query for PostgreSQL's index, in which a phrase is its words in whatever order."""
    scope = [f"'@{owner_id}'"] + (["'@title'"] if titles else [])
    wanted = [_ts_word(word) for term in query.wanted for word in _words(term)]
    unwanted = [f"!{_ts_word(term)}" for term in query.unwanted if not _is_phrase(term)]
    return " & ".join([*scope, *wanted, *unwanted])


def _ts_word(term: Term) -> str:
    stems = (f"'{form.stems[0]}'" + (":*" if form.prefix else "") for form in term)
    return "(" + " | ".join(stems) + ")"


def _words(term: Term) -> list[Term]:
    """The words of a phrase one by one, each in all its forms."""
    last = len(term[0].stems) - 1
    return [
        tuple(Form((form.stems[place],), form.prefix and place == last) for form in term)
        for place in range(last + 1)
    ]


def _is_phrase(term: Term) -> bool:
    return len(term[0].stems) > 1


def _phrases(query: Query) -> list[str]:
    """Conditions on the stems as they are written, a space around each: letters and digits, no more."""
    return [
        f"(' ' || words || ' ') {verb} (ARRAY[{', '.join(map(_like, term))}])"
        for verb, terms in (("LIKE ANY", query.wanted), ("NOT LIKE ALL", query.unwanted))
        for term in terms
        if _is_phrase(term)
    ]


def _like(form: Form) -> str:
    return f"'% {' '.join(form.stems)}{'' if form.prefix else ' '}%'"
