# SPDX-License-Identifier: EUPL-1.2
"""Verbs of taking a task along: pages of its items with all that was said of them, as plain JSON values.

Nobody's id goes out: members stand there as letters, in the order they came.
"""

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Partition
from hausgeist.store import tasks
from hausgeist.store.accounts import Row
from hausgeist.store.tables import answers, decisions, items, suggestions, task_members

AT_ONCE = 200
"""Items of a page."""
CHARS_MOST = 4_000_000
"""Characters of texts in a page, beyond which it ends after fewer items."""

Letters = Mapping[str, str]
"""Letter by member."""

_ANSWER = (
    "id",
    "mode",
    "state",
    "shown",
    "hard",
    "comment",
    "ms",
    "guideline_version",
    "schema_version",
    "origin",
    "drawn",
    "replaces",
    "batch",
    "at",
    "gone_at",
)
_SUGGESTION = (
    "id",
    "producer",
    "model",
    "version",
    "state",
    "score",
    "reason",
    "code",
    "tries",
    "raw",
    "lost",
    "call_id",
    "policy",
    "terms",
    "micro_eur",
    "tokens",
    "ms",
    "at",
)
_DECISION = ("id", "reason", "schema_version", "at", "gone_at")
_ITEM = (
    "id",
    "seq",
    "text",
    "partition",
    "gold_version",
    "dup_of",
    "source",
    "outside_id",
    "rank",
    "worth",
    "again",
    "created_at",
)


def letter(number: int) -> str:
    """Of 0, 1 and so on: A, B, … Z, AA, AB."""
    found = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def letters(connection: Connection, task_id: str) -> dict[str, str]:
    """Everybody's letter, in the order they came into the task."""
    found = tasks.members(connection, task_id)
    return {one.id: letter(at) for at, one in enumerate(found)}


def members(connection: Connection, task_id: str) -> list[dict[str, Any]]:
    """Who was in the task, by letter: no name, no account."""
    query = (
        select(task_members)
        .where(task_members.c.task_id == task_id)
        .order_by(task_members.c.joined_at, task_members.c.id)
    )
    return [
        {
            "letter": letter(at),
            "part": row["part"],
            "joined_at": row["joined_at"],
            "left_at": row["left_at"],
        }
        for at, row in enumerate(connection.execute(query).mappings())
    ]


def count(connection: Connection, task_id: str, *, gold: bool) -> int:
    """How many items go along."""
    query = select(func.count()).select_from(items).where(items.c.task_id == task_id)
    if not gold:
        query = query.where(items.c.partition != Partition.GOLD.value)
    return connection.execute(query).scalar_one()


def page(
    connection: Connection, task_id: str, after: int, names: Letters, *, gold: bool
) -> list[dict[str, Any]]:
    """The next items after a ``seq``, in the order they came, each with all that was ever said of it."""
    query = select(items).where(items.c.task_id == task_id, items.c.seq > after)
    if not gold:
        query = query.where(items.c.partition != Partition.GOLD.value)
    rows = []
    size = 0
    reading = query.order_by(items.c.seq).limit(AT_ONCE).execution_options(yield_per=20)
    for row in connection.execute(reading).mappings():
        rows.append(row)
        size += len(row["text"])
        if size > CHARS_MOST:
            break
    ids = [row["id"] for row in rows]
    said = _by_item(connection, answers, task_id, ids)
    guessed = _by_item(connection, suggestions, task_id, ids)
    decided = _by_item(connection, decisions, task_id, ids)
    return [
        {name: row[name] for name in _ITEM}
        | {
            "meta": json.loads(row["meta"]),
            "answers": [_answer(one, names) for one in said[row["id"]]],
            "decisions": [_decision(one, names) for one in decided[row["id"]]],
            "suggestions": [
                {name: one[name] for name in _SUGGESTION} | {"value": _value(one["value"])}
                for one in guessed[row["id"]]
            ],
        }
        for row in rows
    ]


def _by_item(
    connection: Connection, table: Any, task_id: str, ids: Sequence[str]
) -> dict[str, list[Row]]:
    query = (
        select(table)
        .where(table.c.task_id == task_id, table.c.item_id.in_(list(ids)))
        .order_by(table.c.at, table.c.id)
    )
    found: dict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["item_id"]].append(row)
    return found


def _answer(row: Row, names: Letters) -> dict[str, Any]:
    return {name: row[name] for name in _ANSWER} | {
        "by": names.get(row["actor"], ""),
        "value": _value(row["value"]),
        "first": _value(row["first"]),
        "planted": _value(row["planted"]),
    }


def _decision(row: Row, names: Letters) -> dict[str, Any]:
    return {name: row[name] for name in _DECISION} | {
        "by": names.get(row["actor"], ""),
        "value": _value(row["value"]),
    }


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


# -- what the card says ----------------------------------------------------------------------------


def suggested(connection: Connection, task_id: str) -> list[dict[str, Any]]:
    """What models said in the task, by producer, model, version, policy and terms: how much, and its price.

    ``unpriced``: of how many nobody knows the price.
    """
    columns = [
        suggestions.c[name] for name in ("producer", "model", "version", "policy", "terms", "state")
    ]
    query = (
        select(
            *columns,
            func.count().label("count"),
            func.sum(suggestions.c.micro_eur).label("micro_eur"),
            (func.count() - func.count(suggestions.c.micro_eur)).label("unpriced"),
        )
        .where(suggestions.c.task_id == task_id)
        .group_by(*columns)
        .order_by(*columns)
    )
    found = []
    for row in connection.execute(query).mappings():
        cost = row["micro_eur"]
        found.append(dict(row) | {"micro_eur": None if cost is None else int(cost)})
    return found


def sources(connection: Connection, task_id: str) -> dict[str, dict[str, int]]:
    """Of each partition how many items there are, and how many people have answered."""
    query = (
        select(
            items.c.partition,
            func.count().label("texts"),
            func.count(items.c.dup_of).label("kept_out"),
            func.sum((items.c.answered > 0).cast(items.c.seq.type)).label("answered"),
        )
        .where(items.c.task_id == task_id)
        .group_by(items.c.partition)
    )
    return {
        row["partition"]: {
            "texts": row["texts"],
            "kept_out": row["kept_out"],
            "answered": int(row["answered"] or 0),
        }
        for row in connection.execute(query).mappings()
    }


def answered(connection: Connection, task_id: str) -> dict[str, int]:
    """How many answers count, by where they came from."""
    query = (
        select(answers.c.origin, func.count())
        .where(answers.c.task_id == task_id, answers.c.gone_at.is_(None))
        .where(answers.c.state == "answered")
        .group_by(answers.c.origin)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def shared(
    connection: Connection, task_id: str, after: str, most: int
) -> list[tuple[str, dict[str, str]]]:
    """Items that two or more people have answered, after an id: by member what each said, as JSON text.

    Of the pool and dev; what gold says of agreement stands in its verdicts.
    """
    many = (
        select(answers.c.item_id)
        .join(items, items.c.id == answers.c.item_id)
        .where(answers.c.task_id == task_id, answers.c.gone_at.is_(None))
        .where(answers.c.state == "answered", items.c.partition != Partition.GOLD.value)
        .where(answers.c.origin != "bulk", answers.c.item_id > after)
        .group_by(answers.c.item_id)
        .having(func.count(answers.c.actor.distinct()) > 1)
        .order_by(answers.c.item_id)
        .limit(most)
    )
    ids = list(connection.execute(many).scalars())
    found: dict[str, dict[str, str]] = {one: {} for one in ids}
    query = (
        select(answers.c.item_id, answers.c.actor, answers.c.value)
        .where(answers.c.item_id.in_(ids), answers.c.gone_at.is_(None))
        .where(answers.c.state == "answered")
        .order_by(answers.c.item_id, answers.c.at)
    )
    for item, actor, value in connection.execute(query):
        found[item][actor] = value
    return list(found.items())


# -- what models said elsewhere --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hint:
    """What a model said of an item in another tool."""

    item_id: str
    value: Value
    model: str
    score: float | None


def keep_hints(connection: Connection, task_id: str, found: Sequence[Hint], at: int) -> None:
    """Keep what models said elsewhere as suggestions; whether it may train models is unknown."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found:
        version = hashlib.sha256(f"import:{one.model}".encode("utf-8", "replace")).hexdigest()
        score = one.score if one.score is not None and 0 <= one.score <= 1 else None
        rows[one.item_id, version] = {
            "id": secrets.token_hex(16),
            "task_id": task_id,
            "item_id": one.item_id,
            "job": "",
            "producer": "import",
            "model": one.model,
            "version": version,
            "state": "ok",
            "value": one.value.encode(),
            "score": score,
            "reason": "",
            "code": "",
            "tries": 1,
            "raw": "",
            "lost": 0,
            "call_id": "",
            "policy": "",
            "terms": "unknown",
            "at": at,
        }
    ids = sorted({item for item, _ in rows})
    query = select(suggestions.c.item_id, suggestions.c.version).where(
        suggestions.c.task_id == task_id, suggestions.c.item_id.in_(ids)
    )
    there = {(row[0], row[1]) for row in connection.execute(query)} if ids else set()
    fresh = [row for key, row in rows.items() if key not in there]
    if fresh:
        connection.execute(insert(suggestions), fresh)
