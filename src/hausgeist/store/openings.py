# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the gold set: how far it is answered, its openings, and the verdicts. SQL in, values out.

What is sealed at an opening (ids, hashes of texts, truths, slices, what each person said) is kept with it,
so that a verdict can be recomputed and a change of the gold set be seen.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from hausgeist.core.answers import Value
from hausgeist.core.gate import Sealed
from hausgeist.core.tasks import Partition, Task
from hausgeist.store import datasets, task_answers
from hausgeist.store.evaluations import pressed, unpressed
from hausgeist.store.tables import evaluations, gold_openings, students, verdicts

PEOPLE = 2
"""Who answer each item of the gold set, independently."""
SEAL = "gold"
"""The subject under which the sealed truths themselves are kept."""
ASKED = "asked"
"""The subject under which stand the items that people judge, where they judge only some."""


@dataclass(frozen=True, slots=True)
class GoldItem:
    """An item of the gold set as it stands. ``truth`` of None: open. ``said``: by each person."""

    item: str
    text_hash: str
    truth: Value | None
    slices: tuple[tuple[str, str], ...]
    said: tuple[Value, ...]

    @property
    def state(self) -> str:
        """done; or what is missing: unanswered, alone (one more person), differ (somebody must decide)."""
        if len(self.said) < PEOPLE:
            return "alone" if self.said else "unanswered"
        return "differ" if self.truth is None else "done"

    def sealed(self) -> Sealed:
        """As it is frozen; only of an item that is done."""
        assert self.truth is not None
        return Sealed(self.item, self.text_hash, self.truth, self.slices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opening of the gold set. ``plan`` is what was fixed before it, as JSON values."""

    id: str
    task_id: str
    gold_version: int
    number: int
    gold_hash: str
    student_id: str
    plan: dict[str, Any]
    reason: str
    job_id: str = ""
    actor: str | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """The items that people judge for an opening; on ``differ`` of them student and teacher differ."""

    ids: frozenset[str]
    differ: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A verdict with its evidence, as JSON values."""

    id: str
    opening_id: str
    subject: str
    against: str
    verdict: str
    evidence: dict[str, Any] = field(default_factory=dict)
    at: int = 0


def gold(connection: Connection, task: Task, version: int | None = None) -> list[GoldItem]:
    """The gold set up to a version, in the order the items came; no texts."""
    said: dict[str, dict[str, Value]] = {}
    for one in task_answers.live(connection, task.id, Partition.GOLD):
        if one.value is not None:
            said.setdefault(one.item_id, {})[one.actor] = one.value
    of_two = replace(task, overlap=max(PEOPLE, task.overlap))
    found = []
    for item in datasets.gathered(connection, of_two, (Partition.GOLD,), gold_version=version):
        told = tuple(value for _, value in sorted(said.get(item.item, {}).items()))
        truth = item.resolved.value if item.resolved and len(told) >= PEOPLE else None
        found.append(GoldItem(item.item, item.text_hash, truth, item.slices, told))
    return found


def add(
    connection: Connection, opening: Opening, items: Sequence[GoldItem], seal_id: str, most: int
) -> Opening | None:
    """Count and keep an opening with what is sealed; None where the version has had as many as it may."""
    mine = gold_openings.c.task_id == opening.task_id
    query = select(func.max(gold_openings.c.number)).where(
        mine, gold_openings.c.gold_version == opening.gold_version
    )
    number = (connection.execute(query).scalar() or 0) + 1
    if number > most:
        return None
    made = replace(opening, number=number)
    row = {name: getattr(made, name) for name in made.__slots__}
    plan = json.dumps(made.plan, ensure_ascii=False)
    connection.execute(insert(gold_openings).values(**row | {"plan": plan}))
    connection.execute(
        insert(evaluations).values(
            id=seal_id,
            task_id=made.task_id,
            subject=SEAL,
            partition=Partition.GOLD.value,
            gold_version=made.gold_version,
            opening=made.number,
            facts="{}",
            results=pressed(map(_line, items)),
            at=made.at,
        )
    )
    return made


def spend(connection: Connection, opening: Opening) -> None:
    """Say that a version of the gold set left the house with its answers: it decides nothing any more.

    It stands among the openings, without a student and with a number above theirs.
    """
    mine = gold_openings.c.task_id == opening.task_id
    query = select(func.max(gold_openings.c.number)).where(
        mine, gold_openings.c.gold_version == opening.gold_version
    )
    number = (connection.execute(query).scalar() or 0) + 1
    row = {name: getattr(opening, name) for name in opening.__slots__}
    plan = json.dumps(opening.plan, ensure_ascii=False)
    connection.execute(insert(gold_openings).values(**row | {"plan": plan, "number": number}))


def spent(connection: Connection, task: Task) -> bool:
    """Whether the task's version of the gold set left the house."""
    query = select(gold_openings.c.id).where(
        gold_openings.c.task_id == task.id,
        gold_openings.c.gold_version == task.gold_version,
        gold_openings.c.student_id == "",
    )
    return connection.execute(query).first() is not None


def sealed(connection: Connection, opening: Opening) -> list[GoldItem]:
    """The gold set as it was frozen at an opening."""
    query = select(evaluations.c.results).where(
        evaluations.c.task_id == opening.task_id,
        evaluations.c.subject == SEAL,
        evaluations.c.gold_version == opening.gold_version,
        evaluations.c.opening == opening.number,
    )
    return [_item(plain) for plain in unpressed(connection.execute(query).scalar())]


def seal_again(connection: Connection, opening: Opening, items: Sequence[GoldItem]) -> None:
    """Keep the truths of an opening whose items were judged after it."""
    query = update(evaluations).where(*_of_opening(opening, SEAL))
    connection.execute(query.values(results=pressed(map(_line, items))))


def keep_asked(  # noqa: PLR0917  a row with its columns
    connection: Connection, opening: Opening, row_id: str, ids: Iterable[str], differ: int, at: int
) -> None:
    """Keep which items people judge for an opening, and on how many of them the two differ."""
    connection.execute(
        insert(evaluations).values(
            id=row_id,
            task_id=opening.task_id,
            subject=ASKED,
            partition=Partition.GOLD.value,
            gold_version=opening.gold_version,
            opening=opening.number,
            facts=json.dumps({"differ": differ}),
            results=pressed([one] for one in ids),
            at=at,
        )
    )


def asked(connection: Connection, opening: Opening) -> Asked | None:
    """Which items people judge for an opening; None: nobody knows yet, or they judge all."""
    query = select(evaluations.c.facts, evaluations.c.results).where(*_of_opening(opening, ASKED))
    row = connection.execute(query).first()
    if row is None:
        return None
    ids = frozenset(str(one) for (one,) in unpressed(row.results))
    return Asked(ids, int(json.loads(row.facts)["differ"]))


def to_judge(connection: Connection, task: Task) -> frozenset[str] | None:
    """The items of the gold set that people are to judge now; None: all of them."""
    if not task.differing:
        return None
    decided = verdicts_of(connection, task.id)
    found: frozenset[str] = frozenset()
    for one in of_task(connection, task.id):
        if one.gold_version == task.gold_version and one.id not in decided:
            told = asked(connection, one)
            found |= told.ids if told else frozenset()
    return found


def _of_opening(opening: Opening, subject: str) -> tuple[ColumnElement[bool], ...]:
    return (
        evaluations.c.task_id == opening.task_id,
        evaluations.c.subject == subject,
        evaluations.c.gold_version == opening.gold_version,
        evaluations.c.opening == opening.number,
    )


def of_task(connection: Connection, task_id: str) -> list[Opening]:
    """A task's openings, the newest first."""
    query = (
        select(gold_openings)
        .where(gold_openings.c.task_id == task_id)
        .order_by(gold_openings.c.at.desc(), gold_openings.c.number.desc())
    )
    return [_opening(row) for row in connection.execute(query).mappings()]


def get(connection: Connection, task_id: str, opening_id: str) -> Opening | None:
    """One of a task's openings; None when there is none."""
    query = select(gold_openings).where(
        gold_openings.c.task_id == task_id, gold_openings.c.id == opening_id
    )
    row = connection.execute(query).mappings().first()
    return _opening(row) if row else None


def numbers(connection: Connection, task_id: str) -> dict[str, int]:
    """The numbers of a task's students by their ids, also of deleted ones."""
    query = select(students.c.id, students.c.number).where(students.c.task_id == task_id)
    return {row.id: row.number for row in connection.execute(query)}


def set_job(connection: Connection, opening_id: str, job_id: str) -> None:
    """Say which job works on an opening."""
    connection.execute(
        update(gold_openings).where(gold_openings.c.id == opening_id).values(job_id=job_id)
    )


def keep_verdict(connection: Connection, task_id: str, kept: Kept) -> None:
    """Keep the verdict of an opening; one that is there already stays."""
    there = select(verdicts.c.id).where(verdicts.c.opening_id == kept.opening_id)
    if connection.execute(there).first() is None:
        row = {name: getattr(kept, name) for name in kept.__slots__}
        evidence = json.dumps(kept.evidence, ensure_ascii=False)
        connection.execute(insert(verdicts).values(task_id=task_id, **row | {"evidence": evidence}))


def verdicts_of(connection: Connection, task_id: str) -> dict[str, Kept]:
    """A task's verdicts by the ids of their openings."""
    query = select(verdicts).where(verdicts.c.task_id == task_id)
    return {row["opening_id"]: _kept(row) for row in connection.execute(query).mappings()}


def _line(item: GoldItem) -> list[object]:
    truth = None if item.truth is None else item.truth.encode()
    return [item.item, item.text_hash, truth, item.slices, [one.encode() for one in item.said]]


def _item(plain: Sequence[Any]) -> GoldItem:
    item, text_hash, truth, slices, said = plain
    return GoldItem(
        item,
        text_hash,
        None if truth is None else Value.decode(truth),
        tuple((name, value) for name, value in slices),
        tuple(Value.decode(one) for one in said),
    )


def _opening(row: Mapping[Any, Any]) -> Opening:
    return Opening(**{**row, "plan": json.loads(row["plan"])})


def _kept(row: Mapping[Any, Any]) -> Kept:
    values = {name: value for name, value in row.items() if name != "task_id"}
    return Kept(**{**values, "evidence": json.loads(row["evidence"])})


def truths(items: Iterable[GoldItem]) -> list[Sealed]:
    """Those of a gold set that are done, as they are frozen."""
    return [one.sealed() for one in items if one.state == "done"]
