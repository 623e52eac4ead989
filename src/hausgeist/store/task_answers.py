# SPDX-License-Identifier: EUPL-1.2
"""Verbs of what people answer in a task: SQL in, values out.

An answer is never deleted: undone, or replaced by a later one of the same person, it has a time at which it
went, and comes back when what replaced it is undone. Who answers is a member, never a person. After every
change ``items.answered`` says again by how many people an item is answered, in the schema it is asked in.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, select, update

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Mode, Partition
from hausgeist.store.accounts import Row
from hausgeist.store.tables import answers, items, task_reserved

_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""

ANSWERED = "answered"
SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a member said of an item. ``value`` None: skipped. ``first`` None: the same as ``value``.

    ``shown`` is the suggestion that was seen; ``planted`` what was shown in its place, wrong on purpose.
    ``drawn``: ``random``, or the order in which the item came. ``origin``: person, bulk, import. ``batch``
    names what was accepted or imported at once. ``ms`` from shown to answered; times are milliseconds since
    the epoch.
    """

    id: str
    task_id: str
    item_id: str
    actor: str
    mode: Mode
    value: Value | None
    first: Value | None = None
    shown: str | None = None
    planted: Value | None = None
    hard: bool = False
    comment: str = ""
    ms: int = 0
    guideline_version: int = 0
    schema_version: int = 1
    origin: str = "person"
    drawn: str = ""
    replaces: str | None = None
    batch: str | None = None
    at: int = 0
    gone_at: int | None = None

    @property
    def skipped(self) -> bool:
        """Whether nothing was said."""
        return self.value is None

    @property
    def own(self) -> Value | None:
        """What was said before a suggestion was seen."""
        return self.first if self.first is not None else self.value


# -- reading --------------------------------------------------------------------------------------


def get(connection: Connection, task_id: str, answer_id: str) -> Answer | None:
    """An answer of a task, whoever gave it; None when there is none."""
    query = select(answers).where(answers.c.task_id == task_id, answers.c.id == answer_id)
    row = connection.execute(query).mappings().first()
    return answer_of(row) if row else None


def live(
    connection: Connection,
    task_id: str,
    *partitions: Partition,
    actor: str = "",
    ids: Sequence[str] | None = None,
    skipped: bool = False,
) -> Iterator[Answer]:
    """The answers of a task that count, the oldest first, as they are read.

    ``partitions``: only of their items; ``actor``: only of this member; ``ids``: only of these items;
    ``skipped``: also where nothing was said.
    """
    for some in [None] if ids is None else _batches(ids):
        query = _living(task_id, skipped=skipped, by_item=some is not None)
        if partitions:
            query = query.join(items, items.c.id == answers.c.item_id).where(
                items.c.partition.in_([one.value for one in partitions])
            )
        if actor:
            query = query.where(answers.c.actor == actor)
        if some is not None:
            query = query.where(answers.c.item_id.in_(some))
        query = query.order_by(answers.c.at, answers.c.id)
        query = query.execution_options(yield_per=_AT_ONCE)
        rows = connection.execute(query).mappings()
        yield from (answer_of(row) for row in rows)


def of_member(
    connection: Connection, task_id: str, actor: str, *, before: int | None = None, most: int = 20
) -> list[Answer]:
    """A member's latest answers that count, newest first, skipped ones too; ``before`` a time."""
    query = _living(task_id, skipped=True).where(answers.c.actor == actor)
    if before is not None:
        query = query.where(answers.c.at < before)
    query = query.order_by(answers.c.at.desc(), answers.c.id.desc()).limit(most)
    return [answer_of(row) for row in connection.execute(query).mappings()]


def standing(connection: Connection, task_id: str, actor: str, item_id: str) -> Answer | None:
    """What a member says of an item now; None: nothing yet."""
    query = _living(task_id, skipped=True, by_item=True).where(
        answers.c.actor == actor, answers.c.item_id == item_id
    )
    row = connection.execute(query.order_by(answers.c.at.desc())).mappings().first()
    return answer_of(row) if row else None


def latest(connection: Connection, task_id: str, actor: str, item_id: str) -> Answer | None:
    """What a member said of an item last, also if it is undone; None: nothing ever."""
    query = select(answers).where(
        _of(task_id), answers.c.actor == actor, answers.c.item_id == item_id
    )
    row = connection.execute(query.order_by(answers.c.at.desc())).mappings().first()
    return answer_of(row) if row else None


def hard_cases(connection: Connection, task_id: str, *, most: int = 100) -> list[Answer]:
    """What somebody found hard, newest first; never of the gold set, whose texts nobody may point out."""
    query = (
        _living(task_id, skipped=True)
        .join(items, items.c.id == answers.c.item_id)
        .where(answers.c.hard.is_(True), items.c.partition != Partition.GOLD.value)
        .order_by(answers.c.at.desc())
        .limit(most)
    )
    return [answer_of(row) for row in connection.execute(query).mappings()]


def confusions(connection: Connection, task_id: str, *, most: int = 2000) -> list[tuple[str, str]]:
    """Of the latest answers, what was said first and what at last, where a person changed it: JSON texts."""
    query = (
        select(answers.c.first, answers.c.value)
        .where(
            answers.c.task_id == task_id,
            answers.c.gone_at.is_(None),
            answers.c.first.is_not(None),
            answers.c.value.is_not(None),
        )
        .order_by(answers.c.at.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def count_of(connection: Connection, task_id: str, actor: str, since: int = 0) -> int:
    """How many items a member has answered; since a time, without what came from files."""
    query = (
        select(func.count())
        .select_from(answers)
        .where(
            answers.c.task_id == task_id,
            answers.c.actor == actor,
            answers.c.at >= since,
            *([answers.c.origin != "import"] if since else []),
            answers.c.gone_at.is_(None),
            answers.c.state == ANSWERED,
        )
    )
    return connection.execute(query).scalar() or 0


def batch_of(connection: Connection, task_id: str, batch: str) -> list[Answer]:
    """What was accepted or imported at once and still counts."""
    query = _living(task_id, skipped=True).where(answers.c.batch == batch)
    return [answer_of(row) for row in connection.execute(query).mappings()]


# -- writing --------------------------------------------------------------------------------------


def add(connection: Connection, answer: Answer) -> Answer:
    """Keep an answer; what the member said of the item before goes, and is named in it."""
    return add_many(connection, [answer])[0]


def add_many(connection: Connection, found: Sequence[Answer]) -> list[Answer]:
    """Keep answers of one task, one member and different items; as ``add``."""
    kept: list[Answer] = []
    for some in _batches(found):
        ids = [one.item_id for one in some]
        before = {
            one.item_id: one.id
            for one in live(connection, some[0].task_id, actor=some[0].actor, ids=ids, skipped=True)
        }
        made = [replace(one, replaces=before.get(one.item_id)) for one in some]
        if before:
            connection.execute(
                update(answers)
                .where(answers.c.id.in_(list(before.values())))
                .values(gone_at=some[0].at)
            )
        connection.execute(insert(answers), [_row(one) for one in made])
        mine = and_(task_reserved.c.item_id.in_(ids), task_reserved.c.actor == some[0].actor)
        connection.execute(task_reserved.delete().where(mine))
        recount(connection, ids)
        kept += made
    return kept


def take_back(connection: Connection, found: Iterable[Answer], at: int) -> None:
    """Undo answers of one task that count; what each of them replaced counts again."""
    for some in _batches(list(found)):
        ids = [one.id for one in some]
        connection.execute(update(answers).where(answers.c.id.in_(ids)).values(gone_at=at))
        again = [one.replaces for one in some if one.replaces]
        if again:
            connection.execute(update(answers).where(answers.c.id.in_(again)).values(gone_at=None))
        recount(connection, [one.item_id for one in some])


def recount(connection: Connection, ids: Sequence[str]) -> None:
    """Say again by how many people items are answered; call it after ``items.again`` has changed too.

    What was said in an older schema than the one the item is asked in does not count.
    """
    count = (
        select(func.count(answers.c.actor.distinct()))
        .where(
            answers.c.item_id == items.c.id,
            answers.c.gone_at.is_(None),
            answers.c.state == ANSWERED,
            answers.c.schema_version >= items.c.again,
        )
        .scalar_subquery()
    )
    for some in _batches(ids):
        connection.execute(update(items).where(items.c.id.in_(some)).values(answered=count))


def settle(connection: Connection, item_id: str, people: int) -> None:
    """An item that so many people have answered in its schema is asked again no longer."""
    enough = and_(items.c.id == item_id, items.c.answered >= people)
    connection.execute(update(items).where(enough).values(again=0))
    recount(connection, [item_id])


def remark(connection: Connection, answer: Answer) -> None:
    """Keep whether an answer was hard, and its comment, as they now are."""
    connection.execute(
        update(answers)
        .where(answers.c.id == answer.id)
        .values(hard=answer.hard, comment=answer.comment)
    )


# -- rows -----------------------------------------------------------------------------------------


def answer_of(row: Row) -> Answer:
    """The answer that a row keeps."""
    values = {name: value for name, value in row.items() if name != "state"}
    for name in ("value", "first", "planted"):
        values[name] = None if row[name] is None else Value.decode(row[name])
    return Answer(**{**values, "mode": Mode(row["mode"])})


def _row(answer: Answer) -> dict[str, Any]:
    row = {column.name: getattr(answer, column.name, None) for column in answers.c}
    for name in ("value", "first", "planted"):
        value: Value | None = getattr(answer, name)
        row[name] = None if value is None else value.encode()
    return row | {"mode": answer.mode.value, "state": SKIPPED if answer.skipped else ANSWERED}


def _of(task_id: str) -> Any:
    """Whether an answer is of a task, as a check and not as a way in.

    Beside ids SQLite would else walk all answers of the task by its index.
    """
    return func.coalesce(answers.c.task_id, "") == task_id


def _living(task_id: str, *, skipped: bool, by_item: bool = False) -> Select[Any]:
    ours = _of(task_id) if by_item else answers.c.task_id == task_id
    query = select(answers).where(ours, answers.c.gone_at.is_(None))
    return query if skipped else query.where(answers.c.state == ANSWERED)


def _batches(found: Sequence[Any]) -> Iterator[Sequence[Any]]:
    yield from (found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE))
