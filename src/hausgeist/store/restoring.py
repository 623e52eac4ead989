# SPDX-License-Identifier: EUPL-1.2
"""Verbs of bringing a task back out of its archive: plain JSON values in, rows with new ids out.

``Names`` gives ids and members; every value that is an answer is read and written anew, so that nothing
that is none comes in.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from hausgeist.core.answers import Value
from hausgeist.core.items import fingerprint
from hausgeist.core.rules import Rule, RuleKind, RuleState
from hausgeist.core.tasks import Mode, Partition
from hausgeist.store import rules, task_answers
from hausgeist.store.tables import (
    answers,
    decisions,
    items,
    suggestions,
    task_guidelines,
    task_migrations,
    task_prompts,
)


class Names(Protocol):
    """What things of the archive are called here."""

    new: str
    """The task's id."""

    def id_of(self, old: str | None) -> str | None:
        """The id of something; none of none."""
        ...

    def said_by(self, letter: Any) -> str:
        """The member that a letter stands for; empty: nobody."""
        ...


def keep(connection: Connection, names: Names, found: Sequence[dict[str, Any]]) -> None:
    """Keep items with everything that was said of them.

    Raises:
        KeyError, TypeError, ValueError: a value is none of ours.
    """
    rows: dict[str, list[dict[str, Any]]] = {"items": [], "said": [], "guessed": [], "decided": []}
    for one in found:
        item = {**_item(one, names), "task_id": names.new}
        of = {"task_id": names.new, "item_id": item["id"]}
        rows["items"].append(item)
        rows["said"] += [_answer(row, names) | of for row in one["answers"]]
        rows["decided"] += [_decision(row, names) | of for row in one["decisions"]]
        if item["partition"] != Partition.GOLD.value:
            rows["guessed"] += [_suggestion(row, names) | of for row in one["suggestions"]]
    tables = (("items", items), ("said", answers), ("guessed", suggestions), ("decided", decisions))
    for name, table in tables:
        if rows[name]:
            _insert(connection, table, rows[name])
    task_answers.recount(connection, [one["id"] for one in rows["items"]])


def keep_about(connection: Connection, names: Names, about: dict[str, Any], listed: Any) -> None:
    """Keep guidelines, prompts, changes of labels and rules.

    Raises:
        KeyError, TypeError, ValueError: a value is none of ours.
    """
    task = {"task_id": names.new}
    for one in about["guidelines"]:
        row = {name: one[name] for name in ("version", "body", "note", "created_at")}
        row |= {
            "labels": json.dumps(list(one["labels"])),
            "actor": names.said_by(one["by"]) or None,
        }
        _insert(connection, task_guidelines, [row | task])
    for one in about["prompts"]:
        row = {name: one[name] for name in ("version", "number", "model", "body", "at")}
        row |= {"actor": names.said_by(one["by"])}
        _insert(connection, task_prompts, [row | task])
    for one in about["migrations"]:
        row = {"version": int(one["version"]), "at": int(one["at"])}
        body = json.dumps(_renamed(one["body"], names), ensure_ascii=False)
        row |= {"body": body, "actor": names.said_by(one["by"]) or None}
        _insert(connection, task_migrations, [row | task])
    rules.add(connection, [_rule(one, names) for one in listed])


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Keep rows of a foreign file.

    Raises:
        ValueError: they do not go together, or hold what the database cannot.
    """
    try:
        connection.execute(insert(table), rows)
    except (IntegrityError, DataError, InterfaceError, ProgrammingError, OverflowError) as error:
        raise ValueError from error


def _finite(said: Any) -> float:
    found = float(said)
    if not math.isfinite(found):
        raise ValueError
    return found


def _renamed(body: dict[str, Any], names: Names) -> dict[str, Any]:
    """A change of labels, with the items it asks again under their new ids."""
    if "again" not in body:
        return body
    return body | {"again": [names.id_of(one) for one in body["again"]]}


def _item(one: dict[str, Any], names: Names) -> dict[str, Any]:
    text = str(one["text"])
    return {
        "id": names.id_of(one["id"]),
        "seq": int(one["seq"]),
        "text": text,
        "text_hash": fingerprint(text),
        "source": str(one["source"])[:200],
        "outside_id": str(one["outside_id"])[:200],
        "meta": json.dumps({str(k): str(v) for k, v in one["meta"].items()}, ensure_ascii=False),
        "partition": Partition(one["partition"]).value,
        "gold_version": one["gold_version"],
        "dup_of": names.id_of(one["dup_of"]),
        "rank": _finite(one["rank"]),
        "worth": _finite(one["worth"]),
        "again": int(one["again"]),
        "created_at": int(one["created_at"]),
    }


def _answer(row: dict[str, Any], names: Names) -> dict[str, Any]:
    plain = "hard comment ms guideline_version schema_version origin drawn at gone_at state".split()
    return {name: row[name] for name in plain} | {
        "id": names.id_of(row["id"]),
        "actor": names.said_by(row["by"]),
        "mode": Mode(row["mode"]).value,
        "first": _value(row["first"]),
        "value": _value(row["value"]),
        "planted": _value(row["planted"]),
        "shown": names.id_of(row["shown"]),
        "replaces": names.id_of(row["replaces"]),
        "batch": names.id_of(row["batch"]),
    }


def _decision(row: dict[str, Any], names: Names) -> dict[str, Any]:
    plain = {name: row[name] for name in ("reason", "schema_version", "at", "gone_at")}
    value = _value(row["value"])
    return plain | {
        "id": names.id_of(row["id"]),
        "actor": names.said_by(row["by"]),
        "value": value,
    }


def _suggestion(row: dict[str, Any], names: Names) -> dict[str, Any]:
    plain = (
        "producer model version state score reason code tries raw lost call_id policy terms "
        "micro_eur tokens ms at"
    ).split()
    return {name: row[name] for name in plain} | {
        "id": names.id_of(row["id"]),
        "job": "",
        "value": _value(row["value"]),
    }


def _rule(one: dict[str, Any], names: Names) -> Rule:
    return Rule(
        id=str(names.id_of(one["id"])),
        task_id=names.new,
        kind=RuleKind(one["kind"]),
        pattern=str(one["pattern"]),
        label=str(one["label"]),
        state=RuleState(one["state"]),
        note=str(one["note"]),
        must=tuple(map(str, one["must"])),
        must_not=tuple(map(str, one["must_not"])),
        author=names.said_by(one["by"]) if str(one["by"]).isupper() else str(one["by"])[:64],
        created_at=int(one["created_at"]),
    )


def _value(plain: Any) -> str | None:
    return None if plain is None else Value.decode(json.dumps(plain)).encode()
