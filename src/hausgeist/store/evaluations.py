# SPDX-License-Identifier: EUPL-1.2
"""Verbs of evaluations: what somebody answered, one result an item. SQL in, values out.

A subject is ``student:<id>``, ``teacher:<version>``, ``rules:<hash>`` or ``majority``. The results are lines
of JSON, compressed; sums are never kept without them, because every test needs what each item adds.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Partition
from hausgeist.store.accounts import Row
from hausgeist.store.checks import is_of
from hausgeist.store.tables import evaluations, suggestions

STUDENT = "student"
TEACHER = "teacher"
RULES = "rules"
MAJORITY = "majority"
_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was said of an item. ``said`` of None: nothing readable, for the reason ``code``: an error.

    ``score`` is the confidence, 0 to 1; ``ms`` how long it took; ``micro_eur`` what it cost; None: unknown.
    """

    item: str
    said: Value | None
    score: float | None = None
    ms: float | None = None
    micro_eur: int | None = None
    code: str = ""

    def plain(self) -> list[object]:
        """As JSON values; ``of`` reads them."""
        said = None if self.said is None else json.loads(self.said.encode())
        return [self.item, said, self.score, self.ms, self.micro_eur, self.code]

    @classmethod
    def of(cls, plain: Sequence[Any]) -> "Result":
        """What ``plain`` gave."""
        item, said, *rest = plain
        return cls(item, None if said is None else Value.decode(json.dumps(said)), *rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An evaluation without its results. ``opening`` is a number where it was made by opening gold.

    ``facts`` are plain JSON values; ``complete`` among them is whether all items are answered.
    """

    id: str
    task_id: str
    subject: str
    partition: Partition
    gold_version: int | None = None
    opening: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    at: int = 0

    @property
    def kind(self) -> str:
        """What it is of: student, teacher, rules, majority."""
        return self.subject.partition(":")[0]


def put(connection: Connection, evaluation: Evaluation, results: Iterable[Result]) -> None:
    """Keep an evaluation as it now is, with all its results: a new one, or more of one that is there."""
    row = {
        "task_id": evaluation.task_id,
        "subject": evaluation.subject,
        "partition": evaluation.partition.value,
        "gold_version": evaluation.gold_version,
        "opening": evaluation.opening,
        "facts": json.dumps(evaluation.facts, ensure_ascii=False, separators=(",", ":")),
        "results": pressed(one.plain() for one in results),
        "at": evaluation.at,
    }
    there = update(evaluations).where(evaluations.c.id == evaluation.id).values(**row)
    if connection.execute(there).rowcount == 0:
        connection.execute(insert(evaluations).values(id=evaluation.id, **row))


def of_opening(
    connection: Connection, task_id: str, gold_version: int, opening: int
) -> list[Evaluation]:
    """What was measured at an opening of the gold set."""
    query = _facts(task_id).where(
        evaluations.c.gold_version == gold_version, evaluations.c.opening == opening
    )
    return [_of(row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, task_id: str, partition: Partition) -> list[Evaluation]:
    """Each subject's newest evaluation on a partition, outside of openings, by subject."""
    query = _facts(task_id).where(
        evaluations.c.partition == partition.value, evaluations.c.opening.is_(None)
    )
    found: dict[str, Evaluation] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["subject"], _of(row))
    return [found[subject] for subject in sorted(found)]


def results(connection: Connection, task_id: str, evaluation_id: str) -> list[Result]:
    """An evaluation's results; none where the task has no such evaluation."""
    query = select(evaluations.c.results).where(
        evaluations.c.task_id == task_id, evaluations.c.id == evaluation_id
    )
    return [Result.of(plain) for plain in unpressed(connection.execute(query).scalar())]


def suggested(
    connection: Connection, task_id: str, version: str, ids: Sequence[str]
) -> dict[str, Result]:
    """What a teacher's version said of these items already; what failed to be asked is left out."""
    found: dict[str, Result] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(
            suggestions
        ).where(
            is_of(suggestions, task_id),
            func.coalesce(suggestions.c.version, "") == version,  # as ``is_of``
            suggestions.c.state.in_(("ok", "unparsed")),
            suggestions.c.item_id.in_(list(ids[start : start + _AT_ONCE])),
        )
        for row in connection.execute(query).mappings():
            said = None if row["value"] is None else Value.decode(row["value"])
            found[row["item_id"]] = Result(
                row["item_id"], said, row["score"], row["ms"], row["micro_eur"], row["code"]
            )
    return found


def forget(connection: Connection, task_id: str, gone: Collection[str]) -> int:
    """Take what was said of deleted items out of all results; how many evaluations changed."""
    query = select(evaluations.c.id, evaluations.c.results)
    changed = 0
    for row in connection.execute(query.where(evaluations.c.task_id == task_id)).mappings().all():
        lines = unpressed(row["results"])
        if any(line[0] in gone for line in lines):
            kept = pressed(line for line in lines if line[0] not in gone)
            connection.execute(
                update(evaluations).where(evaluations.c.id == row["id"]).values(results=kept)
            )
            changed += 1
    return changed


def forget_before(
    connection: Connection, task_id: str, partition: Partition, subject: str, kept: str
) -> None:
    """Delete older evaluations of a subject on a partition, outside of openings."""
    connection.execute(
        delete(evaluations).where(
            evaluations.c.task_id == task_id,
            evaluations.c.partition == partition.value,
            evaluations.c.subject == subject,
            evaluations.c.opening.is_(None),
            evaluations.c.id != kept,
        )
    )


def pressed(lines: Iterable[object]) -> bytes:
    """JSON values, one a line, compressed."""
    written = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in lines)
    return zlib.compress("\n".join(written).encode(), 6)


def unpressed(content: bytes | None) -> list[Any]:
    """What ``pressed`` wrote; nothing of None."""
    if not content:
        return []
    return [json.loads(line) for line in zlib.decompress(content).decode().split("\n") if line]


def _facts(task_id: str) -> Select[Any]:
    columns = [one for one in evaluations.c if one.name != "results"]
    return (
        select(*columns)
        .where(evaluations.c.task_id == task_id)
        .order_by(evaluations.c.at.desc(), evaluations.c.id)
    )


def _of(row: Row) -> Evaluation:
    return Evaluation(
        **{**row, "partition": Partition(row["partition"]), "facts": json.loads(row["facts"])}
    )
