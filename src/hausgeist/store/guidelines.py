# SPDX-License-Identifier: EUPL-1.2
"""Verbs of guidelines and of changes of labels: versions that are kept, SQL in, values out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.checks import is_of
from hausgeist.store.tables import (
    answers,
    decisions,
    items,
    rules,
    suggestions,
    task_guidelines,
    task_migrations,
)

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Guideline:
    """One version. ``labels``: keys whose meaning the change touches."""

    task_id: str
    version: int
    body: str
    note: str = ""
    labels: tuple[str, ...] = ()
    actor: str | None = None
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Migration:
    """A change of labels; ``body`` is ``workbench.migration``'s."""

    version: int
    body: Mapping[str, Any]
    actor: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Held:
    """A row that names labels: an answer, a decision or a suggestion, with its value as JSON texts.

    ``first`` and ``planted`` are an answer's.
    """

    id: str
    item_id: str
    value: str
    first: str | None = None
    planted: str | None = None


# -- guidelines -----------------------------------------------------------------------------------


def add(connection: Connection, made: Guideline) -> None:
    """Keep a new version."""
    row = {column.name: getattr(made, column.name) for column in task_guidelines.c}
    connection.execute(insert(task_guidelines).values(**row | {"labels": json.dumps(made.labels)}))


def get(connection: Connection, task_id: str, version: int) -> Guideline | None:
    """A version; None when there is none."""
    query = select(task_guidelines).where(
        task_guidelines.c.task_id == task_id, task_guidelines.c.version == version
    )
    row = connection.execute(query).mappings().first()
    return _guideline(row) if row else None


def versions(connection: Connection, task_id: str) -> list[Guideline]:
    """All versions, the newest first."""
    query = select(task_guidelines).where(task_guidelines.c.task_id == task_id)
    query = query.order_by(task_guidelines.c.version.desc()).limit(500)
    return [_guideline(row) for row in connection.execute(query).mappings()]


def _guideline(row: Row) -> Guideline:
    return Guideline(**{**row, "labels": tuple(json.loads(row["labels"]))})


# -- what names labels ------------------------------------------------------------------------------


def answered_with(connection: Connection, task_id: str, keys: Sequence[str]) -> Iterator[Held]:
    """The answers that count and name one of the labels; they are read as they are asked for."""
    yield from _naming(connection, answers, task_id, keys, counting=answers.c.gone_at.is_(None))


def decided_with(connection: Connection, task_id: str, keys: Sequence[str]) -> Iterator[Held]:
    """The decisions that count and name one of the labels."""
    yield from _naming(connection, decisions, task_id, keys, counting=decisions.c.gone_at.is_(None))


def suggested_with(connection: Connection, task_id: str, keys: Sequence[str]) -> Iterator[Held]:
    """The suggestions that name one of the labels."""
    yield from _naming(connection, suggestions, task_id, keys, counting=suggestions.c.state == "ok")


def _naming(
    connection: Connection, table: Any, task_id: str, keys: Sequence[str], *, counting: Any
) -> Iterator[Held]:
    columns = [table.c.id, table.c.item_id, table.c.value]
    if table is answers:
        columns += [table.c.first, table.c.planted]
    quoted = [json.dumps(key, ensure_ascii=False) for key in keys]
    likes = [
        table.c.value.contains(one, autoescape=True) for one in quoted
    ]  # narrowed in SQL, looked at below
    if not likes:
        return
    named = likes[0]
    for one in likes[1:]:
        named = named | one
    query = select(*columns).where(table.c.task_id == task_id, counting, named)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield Held(*row)


def rewrite(
    connection: Connection, kind: str, found: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Change columns of answers, decisions or suggestions by id."""
    table = {"answers": answers, "decisions": decisions, "suggestions": suggestions}[kind]
    for row_id, columns in found:
        connection.execute(update(table).where(table.c.id == row_id).values(**columns))


def rules_of(
    connection: Connection, task_id: str, keys: Sequence[str]
) -> list[tuple[str, str, str]]:
    """The rules that give one of the labels: id, label, state."""
    query = select(rules.c.id, rules.c.label, rules.c.state).where(
        rules.c.task_id == task_id, rules.c.label.in_(list(keys))
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def change_rule(connection: Connection, rule_id: str, **columns: object) -> None:
    """Change a rule's columns."""
    connection.execute(update(rules).where(rules.c.id == rule_id).values(**columns))


def ask_again(connection: Connection, task_id: str, ids: Sequence[str], version: int) -> int:
    """Have items answered again since a schema version; gives how many."""
    count = 0
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            update(items)
            .where(is_of(items, task_id), items.c.id.in_(ids[start : start + _AT_ONCE]))
            .values(again=version)
        )
        count += connection.execute(query).rowcount
    return count


def answered_since(connection: Connection, task_id: str, at: int) -> int:
    """How many answers and decisions came at or after a moment."""
    found = 0
    for table in (answers, decisions):
        query = (
            select(func.count())
            .select_from(table)
            .where(table.c.task_id == task_id, table.c.at >= at)
        )
        found += connection.execute(query).scalar_one()
    return found


# -- migrations -------------------------------------------------------------------------------------


def add_migration(connection: Connection, task_id: str, made: Migration) -> None:
    """Keep a change of labels."""
    connection.execute(
        insert(task_migrations).values(
            task_id=task_id,
            version=made.version,
            body=json.dumps(dict(made.body), ensure_ascii=False),
            actor=made.actor,
            at=made.at,
        )
    )


def migrations(connection: Connection, task_id: str) -> list[Migration]:
    """The changes of labels, the newest first."""
    query = select(
        task_migrations.c.version,
        task_migrations.c.body,
        task_migrations.c.actor,
        task_migrations.c.at,
    ).where(task_migrations.c.task_id == task_id)
    rows = connection.execute(query.order_by(task_migrations.c.version.desc()).limit(100))
    return [Migration(row[0], json.loads(row[1]), row[2], row[3]) for row in rows]


def drop_migration(connection: Connection, task_id: str, version: int) -> None:
    """Forget a change of labels that was taken back."""
    connection.execute(
        delete(task_migrations).where(
            task_migrations.c.task_id == task_id, task_migrations.c.version == version
        )
    )
