# SPDX-License-Identifier: EUPL-1.2
"""A row in every table that may hold something of a person's, written for tests; ids by kind."""

import json
from collections.abc import Iterator

from sqlalchemy import Connection, Table, insert

from hausgeist.core.tasks import Label, Task, TaskKind
from hausgeist.store.tables import (
    api_keys,
    appeals,
    conversations,
    file_contents,
    files,
    folders,
    gold_openings,
    groups,
    holds,
    import_pieces,
    imported,
    imports,
    intakes,
    items,
    jobs,
    library_grants,
    library_items,
    library_versions,
    login_subjects,
    memberships,
    messages,
    policies,
    readings,
    rules,
    search_words,
    sessions,
    shares,
    students,
    task_members,
    tasks,
    traffic_samples,
    traffic_templates,
    veils,
)
from hausgeist.store.tasks import body_of

Rows = Iterator[tuple[Table, dict[str, object]]]
NOW = 1_790_000_000_000
WORDS = "Zwetschgenmus fuer das Rathaus"
"""What the person said; no other row of a test has it."""


def ids_of(person: str) -> dict[str, str]:
    """What the rows of a person are called, by kind."""
    tag = person[:12]
    called = {"conversation": "talk", "message": "said", "group": "team"}
    kinds = "group key session conversation message file folder share import hold prompt assistant"
    kinds += " reading appeal job task member item intake task_rule opening student template"
    return {"user": person, **{kind: f"{called.get(kind, kind)}-{tag}" for kind in kinds.split()}}


def add_everything(
    connection: Connection, person: str, words: str = WORDS, at: int = NOW, *, name: str = "Brief"
) -> None:
    """One of everything for a person: a conversation with a file, a private and a shared assistant.

    ``words`` are in what goes with the conversation; ``name`` is in what outlives it.
    """
    ids = ids_of(person)
    rows = (
        *_ways_in(ids, at),
        *_rules(ids, at),
        *_asked(ids, at),
        *_talk(ids, words, at, name),
        *_taken_along(ids, name, at),
        *_library(ids, name, at),
        *_task(ids, name, at),
        *_judged(ids, at),
    )
    for table, row in rows:
        connection.execute(insert(table).values(**row))


def _task(ids: dict[str, str], name: str, at: int) -> Rows:
    """A task of the workbench with a text, and the file it came from."""
    task = ids["task"]
    title = name[:100]
    made = Task(
        id=task,
        name=task,
        title=title,
        kind=TaskKind.SINGLE,
        labels=(Label("a", "A"), Label("b", "B")),
    )
    yield (
        tasks,
        {
            "id": task,
            "name": task,
            "title": title,
            "kind": "single",
            "body": body_of(made),
            "data_class": "internal",
            "created_at": at,
            "updated_at": at,
        },
    )
    yield (
        task_members,
        {
            "id": ids["member"],
            "task_id": task,
            "user_id": ids["user"],
            "part": "owner",
            "settings": "{}",
            "joined_at": at,
        },
    )
    yield (
        intakes,
        {
            "id": ids["intake"],
            "task_id": task,
            "actor": ids["member"],
            "body": json.dumps({"name": "post.csv"}),
            "state": "done",
            "row": 2,
            "added": 1,
            "answers": 0,
            "refused": "{}",
            "error": "",
            "created_at": at,
        },
    )
    yield (
        items,
        {
            "id": ids["item"],
            "task_id": task,
            "seq": 1,
            "text": "Die Laterne ist aus.",
            "text_hash": ids["item"],
            "source": "post.csv",
            "outside_id": "",
            "meta": "{}",
            "partition": "pool",
            "rank": 0.5,
            "worth": 0.0,
            "again": 0,
            "answered": 0,
            "created_at": at,
        },
    )


def _judged(ids: dict[str, str], at: int) -> Rows:
    """What was made and decided by a task's texts: a student, an opening of its gold, and a rule."""
    task = ids["task"]
    yield (
        students,
        {
            "id": ids["student"],
            "task_id": task,
            "number": 1,
            "rung": "words",
            "recipe": "{}",
            "job_id": "",
            "state": "ready",
            "facts": "{}",
            "size": 1,
            "files_hash": "",
            "created_at": at,
        },
    )
    yield (
        gold_openings,
        {
            "id": ids["opening"],
            "task_id": task,
            "gold_version": 1,
            "number": 1,
            "gold_hash": "",
            "student_id": "",
            "plan": json.dumps(
                {
                    "kind": "single",
                    "metric": "accuracy",
                    "margin": 0.01,
                    "slices": [],
                    "cheaper": 10,
                }
            ),
            "reason": "Die Ämter warten",
            "job_id": "",
            "actor": ids["member"],
            "at": at,
        },
    )
    yield (
        rules,
        {
            "id": ids["task_rule"],
            "task_id": task,
            "kind": "words",
            "pattern": "Laterne",
            "label": "a",
            "state": "off",
            "position": 0,
            "note": "",
            "cases": json.dumps({"must": [], "must_not": []}),
            "author": ids["member"],
            "created_at": at,
        },
    )


def _ways_in(ids: dict[str, str], at: int) -> Rows:
    """A group and all that lets the person in, and a hold that has ended."""
    person, group = ids["user"], ids["group"]
    yield groups, {"id": group, "title": "Team", "created_at": at}
    yield memberships, {"user_id": person, "group_id": group}
    yield (
        login_subjects,
        {"source": "sso", "subject": f"sub-{person}", "user_id": person, "created_at": at},
    )
    yield (
        sessions,
        {
            "id": ids["session"],
            "user_id": person,
            "created_at": at,
            "seen_at": at,
            "expires_at": at + 10**12,
            "source_session": f"elsewhere-{person}",
        },
    )
    yield (
        api_keys,
        {
            "id": ids["key"],
            "hash": f"hash-{person}",
            "hint": "hg-…abcd",
            "name": "script",
            "user_id": person,
            "group_id": group,
            "max_class": "special",
            "created_at": at,
        },
    )
    yield (
        traffic_templates,
        {
            "id": ids["template"],
            "key_id": ids["key"],
            "kin": "0" * 32,
            "model": "echo",
            "provider": "echo",
            "answered_by": "echo",
            "body": b"sealed elsewhere",
            "calls": 1,
            "micro_eur": 0,
            "unpriced": 0,
            "energy_mwh": 0,
            "unmetered": 0,
            "samples": 1,
            "data_class": "internal",
            "first_at": at,
            "last_at": at,
        },
    )
    yield (
        traffic_samples,
        {
            "id": ids["template"],
            "template_id": ids["template"],
            "text": b"sealed elsewhere",
            "answer": b"sealed elsewhere",
            "answer_hash": "0" * 64,
            "data_class": "internal",
            "at": at,
        },
    )
    yield (
        holds,
        {
            "id": ids["hold"],
            "user_id": person,
            "reason": "Verfahren beendet",
            "created_at": at - 2,
            "ended_at": at - 1,
        },
    )


def _rules(ids: dict[str, str], at: int) -> Rows:
    """A version of the border's rules that the person wrote, and what they say to a guard."""
    person = ids["user"]
    row = {"version": f"1-{person[:12]}", "number": 1, "body": "", "state": "retired"}
    yield policies, {**row, "author_id": person, "created_at": at}
    appeal = {"id": ids["appeal"], "owner_id": person, "rule": "house.secret", "state": "open"}
    yield appeals, {**appeal, "text": "Das war kein Geheimnis.", "created_at": at}


def _asked(ids: dict[str, str], at: int) -> Rows:
    """Somebody asked to read the person's conversation."""
    row = {"id": ids["reading"], "conversation_id": ids["conversation"], "owner_id": ids["user"]}
    row |= {"asked_role": "auditor", "reason": "Verfahren, Aktenzeichen 17", "state": "asked"}
    yield readings, {**row, "created_at": at, "changed_at": at}


def _talk(ids: dict[str, str], words: str, at: int, name: str) -> Rows:
    """A folder, and a conversation: a question that carries a file, and the words to find it by."""
    person, talk, said, file = (ids[kind] for kind in ("user", "conversation", "message", "file"))
    attached = {
        "file_id": file,
        "name": f"{name}.txt",
        "media": "text/plain",
        "size": len(words),
        "data_class": "internal",
    }
    parts = [{"type": "text", "text": words}, {"type": "file", **attached}]
    yield folders, {"id": ids["folder"], "owner_id": person, "name": name, "created_at": at}
    yield (
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
    )
    yield (
        messages,
        {
            "id": said,
            "conversation_id": talk,
            "role": "user",
            "parts": json.dumps(parts),
            "state": "done",
            "created_at": at,
        },
    )
    yield (
        files,
        {
            "id": file,
            "owner_id": person,
            "conversation_id": talk,
            "name": f"{name}.txt",
            "media": "text/plain",
            "size": len(words),
            "digest": "0" * 64,
            "data_class": "internal",
            "state": "ready",
            "text": words,
            "created_at": at,
        },
    )
    yield file_contents, {"file_id": file, "seq": 0, "content": words.encode()}
    sealed = {"sealed_key": b"key", "sealed_map": b"map", "version": 1}
    yield veils, {**sealed, "conversation_id": talk, "updated_at": at}
    yield (
        search_words,
        {
            "conversation_id": talk,
            "message_id": said,
            "owner_id": person,
            "words": words.casefold(),
        },
    )


def _taken_along(ids: dict[str, str], name: str, at: int) -> Rows:
    """A share with the group, and an import that waits to be begun."""
    person, talk = ids["user"], ids["conversation"]
    yield (
        shares,
        {
            "id": ids["share"],
            "conversation_id": talk,
            "owner_id": person,
            "group_id": ids["group"],
            "created_at": at,
        },
    )
    yield (
        imports,
        {
            "id": ids["import"],
            "owner_id": person,
            "state": "ready",
            "data_class": "internal",
            "found": json.dumps({"sources": [name]}),
            "total": 1,
            "done": 0,
            "added": 0,
            "known": 0,
            "created_at": at,
            "touched_at": at,
        },
    )
    yield (
        jobs,
        {
            "id": ids["job"],
            "kind": "suggest",
            "params": "{}",
            "user_id": person,
            "state": "running",
            "done": 1,
            "total": 2,
            "note": "{}",
            "result": "{}",
            "error": "",
            "worker": "elsewhere",
            "beat_at": at + 10**12,
            "attempts": 1,
            "created_at": at,
        },
    )
    yield import_pieces, {"import_id": ids["import"], "seq": 0, "content": b"packed"}
    yield imported, {"owner_id": person, "mark": "0" * 64, "conversation_id": talk, "at": NOW}


def _library(ids: dict[str, str], name: str, at: int) -> Rows:
    """A prompt of the person's own and an assistant that the group may use."""
    for kind, audience in (("prompt", "owner"), ("assistant", "groups")):
        yield (
            library_items,
            {
                "id": ids[kind],
                "kind": kind,
                "owner_id": ids["user"],
                "name": name,
                "version": 1,
                "audience": audience,
                "words": "brief",
                "created_at": at,
                "updated_at": at,
            },
        )
        yield (
            library_versions,
            {
                "item_id": ids[kind],
                "version": 1,
                "body": json.dumps({"name": name, "text": name, "instructions": name}),
                "at": at,
                "author_id": ids["user"],
            },
        )
        yield library_grants, {"item_id": ids[kind], "group_id": ids["group"]}
