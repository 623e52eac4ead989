# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the annotation queue: which items somebody may get, and what is reserved for whom.

Nothing here looks at more than a window of a task's items: the queue asks for one window after another, each
from an index, so that two million items cost what ten do. Suggestions are read here for the screen alone,
and never for an item of the gold set.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Mode, Partition
from hausgeist.store.accounts import Row
from hausgeist.store.checks import is_of
from hausgeist.store.deployments import AUDIT
from hausgeist.store.tables import (
    answers,
    items,
    suggestions,
    task_guidelines,
    task_members,
    task_reserved,
    tasks,
)

_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""

_BEST = ("teacher", "student", "rules", "import")
"""Whose suggestion is shown where there are several."""


@dataclass(frozen=True, slots=True)
class Open:
    """An item of a window. ``place`` is its rank or worth; ``mine``: the member has answered it already."""

    id: str
    place: float
    mine: bool


@dataclass(frozen=True, slots=True)
class Suggested:
    """What is suggested for an item; ``score`` is between 0 and 1."""

    id: str
    producer: str
    model: str
    value: Value
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """An item on somebody's screen. ``place`` in their queue; ``until`` in milliseconds since the epoch."""

    item_id: str
    actor: str
    task_id: str
    work: str
    wanted: str
    drawn: str
    mode: Mode = Mode.BLIND
    shown: str | None = None
    planted: Value | None = None
    place: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What to look at next: of a partition, answered by so many, from a rank on (or the worth down).

    ``differing``: only items of which student and teacher say different things.
    """

    partition: Partition
    answered: int
    by_worth: bool = False
    differing: bool = False
    after: float | None = None
    size: int = 100


# -- windows --------------------------------------------------------------------------------------


def window(connection: Connection, task_id: str, actor: str, wanted: Window) -> list[Open]:
    """A window of items, in its order; one that nearly repeats another is left out of the result."""
    column = items.c.worth if wanted.by_worth else items.c.rank
    inner = select(items.c.id, column.label("place"), items.c.dup_of, items.c.again).where(
        items.c.task_id == task_id,
        items.c.partition == wanted.partition.value,
        items.c.answered == wanted.answered,
        *([items.c.differs > 0] if wanted.differing else []),
    )
    if wanted.after is not None:
        inner = inner.where(column < wanted.after if wanted.by_worth else column > wanted.after)
    order = column.desc() if wanted.by_worth else column
    part = inner.order_by(order).limit(wanted.size).subquery()
    mine = _answered_by(actor, part)
    query = select(part.c.id, part.c.place, part.c.dup_of, mine.label("mine"))
    query = query.order_by(part.c.place.desc() if wanted.by_worth else part.c.place)
    return [
        Open(row.id, row.place, bool(row.mine) or row.dup_of is not None)
        for row in connection.execute(query)
    ]


def _answered_by(actor: str, rows: FromClause) -> ColumnElement[bool]:
    """Whether a member's answer to an item counts; ``rows``: items, or something with their columns."""
    return (
        select(answers.c.id)
        .where(
            answers.c.item_id == rows.c.id,
            answers.c.actor == actor,
            answers.c.gone_at.is_(None),
            answers.c.schema_version >= rows.c.again,
        )
        .exists()
    )


def latest_place(
    connection: Connection, task_id: str, actor: str, partition: Partition
) -> float | None:
    """The rank of what a member answered last, where it is of the partition: most before it is done."""
    query = (
        select(items.c.rank, items.c.partition)
        .join(answers, answers.c.item_id == items.c.id)
        .where(answers.c.task_id == task_id, answers.c.actor == actor, answers.c.gone_at.is_(None))
        .order_by(answers.c.at.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return row.rank if row is not None and row.partition == partition.value else None


def latest_at(connection: Connection, task_id: str) -> int:
    """When the latest answer of a task was given; 0: there is none."""
    query = select(func.max(answers.c.at)).where(answers.c.task_id == task_id)
    return connection.execute(query).scalar() or 0


def begun_since(
    connection: Connection, task_id: str, actor: str, wanted: Window, at: int
) -> list[Open]:
    """Items as in a ``window``, but only what others have answered from a moment on."""
    theirs = (
        select(answers.c.item_id)
        .where(answers.c.task_id == task_id, answers.c.at >= at, answers.c.actor != actor)
        .order_by(answers.c.at)
        .limit(_AT_ONCE)
    )
    mine = _answered_by(actor, items)
    query = select(items.c.id, items.c.rank).where(
        items.c.id.in_(theirs),
        is_of(items, task_id),
        items.c.partition == wanted.partition.value,
        items.c.answered == wanted.answered,
        items.c.dup_of.is_(None),
        ~mine,
        *([items.c.differs > 0] if wanted.differing else []),
    )
    found = connection.execute(query.order_by(items.c.rank))
    return [Open(row.id, row.rank, mine=False) for row in found]


def still_open(connection: Connection, task_id: str, actor: str, ids: Sequence[str]) -> list[str]:
    """Of some items of the pool, in their order, those that are kept in and the member has not answered."""
    mine = _answered_by(actor, items)
    query = select(items.c.id).where(
        items.c.id.in_(list(ids)),
        is_of(items, task_id),
        items.c.partition == Partition.POOL.value,
        items.c.dup_of.is_(None),
        ~mine,
    )
    found = set(connection.execute(query).scalars())
    return [one for one in ids if one in found]


def asked_again(connection: Connection, task_id: str, actor: str, most: int) -> list[str]:
    """Items that are to be answered again and the member has not, of pool and dev."""
    mine = _answered_by(actor, items)
    query = (
        select(items.c.id)
        .where(
            items.c.task_id == task_id,
            items.c.again > 0,
            items.c.partition != Partition.GOLD.value,
            items.c.dup_of.is_(None),
            ~mine,
        )
        .limit(most)
    )
    return [row.id for row in connection.execute(query)]


def suspects(connection: Connection, task_id: str, actor: str, most: int) -> list[str]:
    """Items that a member has answered otherwise than the student would, the surest first."""
    otherwise = (
        select(answers.c.id)
        .where(
            answers.c.item_id == suggestions.c.item_id,
            answers.c.actor == actor,
            answers.c.gone_at.is_(None),
            answers.c.state == "answered",
            answers.c.drawn != "suspect",
            answers.c.value != suggestions.c.value,
        )
        .exists()
    )
    query = (
        select(suggestions.c.item_id)
        .join(items, items.c.id == suggestions.c.item_id)
        .where(
            suggestions.c.task_id == task_id,
            suggestions.c.producer == "student",
            suggestions.c.state == "ok",
            items.c.partition == Partition.POOL.value,
            otherwise,
        )
        .order_by(suggestions.c.score.desc())  # as the index has it: no more is read than is given
        .limit(most)
    )
    return list(dict.fromkeys(connection.execute(query).scalars()))


def beginnings(
    connection: Connection, task_id: str, ids: Sequence[str], most: int
) -> dict[str, str]:
    """The first characters of the texts of a task's items."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(items.c.id, func.substr(items.c.text, 1, most).label("begin")).where(
            items.c.id.in_(ids[start : start + _AT_ONCE]),
            func.coalesce(items.c.task_id, "") == task_id,  # a check, not a way in: see ``items``
        )
        found |= {row.id: row.begin for row in connection.execute(query)}
    return found


def worth_anything(connection: Connection, task_id: str) -> bool:
    """Whether somebody has said what open items of the pool are worth."""
    query = select(func.max(items.c.worth)).where(
        items.c.task_id == task_id,
        items.c.partition == Partition.POOL.value,
        items.c.answered == 0,
    )
    return bool(connection.execute(query).scalar())


# -- suggestions ----------------------------------------------------------------------------------


def suggested(
    connection: Connection, task_id: str, ids: Sequence[str]
) -> dict[str, dict[str, Suggested]]:
    """The latest readable suggestion of each producer, by item; none of items of the gold set."""
    found: dict[str, dict[str, Suggested]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            select(suggestions)
            .join(items, items.c.id == suggestions.c.item_id)
            .where(
                # a check, not a way in: SQLite would walk all suggestions of the task
                func.coalesce(suggestions.c.task_id, "") == task_id,
                suggestions.c.item_id.in_(ids[start : start + _AT_ONCE]),
                suggestions.c.state == "ok",
                items.c.partition != Partition.GOLD.value,
            )
            .order_by(suggestions.c.at, suggestions.c.id)
        )
        for row in connection.execute(query).mappings():
            found.setdefault(row["item_id"], {})[row["producer"]] = _suggested(row)
    return found


def sure(  # noqa: PLR0917  a query with its bounds
    connection: Connection, task_id: str, actor: str, value: str, least: float, among: int
) -> list[tuple[str, str]]:
    """Open items of the pool with the teacher's suggestions of a value from a score on, in random order.

    Never those of the blind audit: what is served is not measured by a suggestion.
    """
    some = (
        select(items.c.id, items.c.rank)
        .where(
            items.c.task_id == task_id,
            items.c.partition == Partition.POOL.value,
            items.c.answered == 0,
            items.c.dup_of.is_(None),
            items.c.source != AUDIT,
        )
        .order_by(items.c.rank)
        .limit(among)
        .subquery()
    )
    mine = (
        select(answers.c.id)
        .where(
            answers.c.item_id == some.c.id, answers.c.actor == actor, answers.c.gone_at.is_(None)
        )
        .exists()
    )
    query = (
        select(some.c.id, func.max(suggestions.c.id).label("shown"))
        .join(suggestions, suggestions.c.item_id == some.c.id)
        .where(
            suggestions.c.producer == "teacher",
            suggestions.c.state == "ok",
            suggestions.c.value == value,
            suggestions.c.score >= least,
            ~mine,
        )
        .group_by(some.c.id, some.c.rank)
        .order_by(some.c.rank)
    )
    return [(row.id, row.shown) for row in connection.execute(query)]


def best(found: dict[str, Suggested]) -> Suggested | None:
    """Of an item's suggestions, the one that is shown."""
    return next((found[one] for one in _BEST if one in found), None)


def _suggested(row: Row) -> Suggested:
    return Suggested(
        id=row["id"],
        producer=row["producer"],
        model=row["model"],
        value=Value.decode(row["value"]),
        score=row["score"],
        reason=row["reason"],
    )


# -- beside the item ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Guideline:
    """The guideline as it stands. ``note``: what changed; ``at`` in milliseconds since the epoch."""

    version: int
    body: str
    note: str
    at: int


def guideline(connection: Connection, task_id: str) -> Guideline | None:
    """The guideline in its latest version; None: nobody has written one."""
    table = task_guidelines
    query = select(table).where(table.c.task_id == task_id).order_by(table.c.version.desc())
    row = connection.execute(query.limit(1)).mappings().first()
    return Guideline(row["version"], row["body"], row["note"], row["created_at"]) if row else None


def keep_settings(connection: Connection, member_id: str, settings: Mapping[str, Any]) -> None:
    """Keep a member's own settings."""
    text = json.dumps(dict(settings), ensure_ascii=False)
    connection.execute(
        update(task_members).where(task_members.c.id == member_id).values(settings=text)
    )


def complete_gold(
    connection: Connection, task_id: str, people: int, among: Collection[str] | None = None
) -> int:
    """How many items of the gold set as many people have answered as it takes; ``among``: of these."""
    if among is not None:
        ids = sorted(among)
        parts = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
        query = select(func.count()).select_from(items).where(items.c.task_id == task_id)
        query = query.where(items.c.answered >= people)
        return sum(
            connection.execute(query.where(items.c.id.in_(one))).scalar_one() for one in parts
        )
    query = (
        select(func.count())
        .select_from(items)
        .where(
            items.c.task_id == task_id,
            items.c.partition == Partition.GOLD.value,
            items.c.answered >= people,
        )
    )
    return connection.execute(query).scalar_one()


def waiting_gold(
    connection: Connection,
    task_id: str,
    actor: str,
    people: int,
    among: Collection[str] | None = None,
) -> int:
    """How many items of the gold set wait for this member: too few have answered, and not they."""
    mine = (
        select(answers.c.id)
        .where(answers.c.item_id == items.c.id, answers.c.actor == actor)
        .where(answers.c.gone_at.is_(None))
        .exists()
    )
    query = (
        select(items.c.id)
        .where(items.c.task_id == task_id, items.c.partition == Partition.GOLD.value)
        .where(items.c.answered < people, ~mine)
    )
    found = connection.execute(query).scalars()
    return sum(among is None or one in among for one in found)


# -- reservations ---------------------------------------------------------------------------------


def reserved(connection: Connection, task_id: str, actor: str) -> list[Reserved]:
    """What is reserved for a member, in the order of their queue; also what has run out."""
    query = (
        select(task_reserved)
        .where(task_reserved.c.task_id == task_id, task_reserved.c.actor == actor)
        .order_by(task_reserved.c.place, task_reserved.c.item_id)
    )
    return [_reserved(row) for row in connection.execute(query).mappings()]


def reservation(connection: Connection, task_id: str, actor: str, item_id: str) -> Reserved | None:
    """What a member's screen says of an item; None: it is not on it."""
    query = select(task_reserved).where(
        task_reserved.c.task_id == task_id,
        task_reserved.c.actor == actor,
        task_reserved.c.item_id == item_id,
    )
    row = connection.execute(query).mappings().first()
    return _reserved(row) if row else None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a member would like to have. ``people``: how many may answer an item, by partition."""

    task_id: str
    actor: str
    wanted: Sequence[Reserved]
    people: dict[Partition, int] = field(default_factory=dict)
    freely: bool = False
    """An item of one's own that is looked at once more: no one else's turn is taken."""
    more: dict[str, int] = field(default_factory=dict)
    """Items that more people may answer, and how many."""


def reserve(connection: Connection, claim: Claim, most: int, now: int) -> list[Reserved]:
    """Reserve up to so many of what a member would like to have; gives what they got.

    An item that as many people have answered, or have on their screens, as may answer it is not given.
    """
    # one at a time: on PostgreSQL two processes could count at once and both be right
    connection.execute(select(tasks.c.id).where(tasks.c.id == claim.task_id).with_for_update())
    ids = [one.item_id for one in claim.wanted]
    free = set(ids) if claim.freely else _free(connection, claim, ids, now)
    got = [one for one in claim.wanted if one.item_id in free][:most]
    if got:
        mine = and_(
            task_reserved.c.actor == claim.actor,
            task_reserved.c.item_id.in_([one.item_id for one in got]),
        )
        connection.execute(delete(task_reserved).where(mine))
        connection.execute(insert(task_reserved), [_row(one) for one in got])
    return got


def _free(connection: Connection, claim: Claim, ids: Sequence[str], now: int) -> set[str]:
    partitions = dict(
        connection.execute(select(items.c.id, items.c.partition).where(items.c.id.in_(ids))).all()
    )
    taken: dict[str, set[str]] = {}
    said = (
        select(answers.c.item_id, answers.c.actor)
        .join(items, items.c.id == answers.c.item_id)
        .where(
            answers.c.item_id.in_(ids),
            answers.c.gone_at.is_(None),
            answers.c.state == "answered",
            answers.c.schema_version >= items.c.again,
        )
    )
    held = select(task_reserved.c.item_id, task_reserved.c.actor).where(
        task_reserved.c.item_id.in_(ids), task_reserved.c.until > now
    )
    for item_id, actor in [*connection.execute(said), *connection.execute(held)]:
        taken.setdefault(item_id, set()).add(actor)
    return {
        item_id
        for item_id, partition in partitions.items()
        if len(taken.get(item_id, set()) - {claim.actor})
        < max(claim.people[Partition(partition)], claim.more.get(item_id, 0))
    }


def extend(connection: Connection, task_id: str, actor: str, until: int) -> None:
    """Whoever works keeps what is reserved for them."""
    connection.execute(
        update(task_reserved)
        .where(task_reserved.c.task_id == task_id, task_reserved.c.actor == actor)
        .values(until=case((task_reserved.c.until < until, until), else_=task_reserved.c.until))
    )


def release(connection: Connection, task_id: str, actor: str, ids: Sequence[str]) -> None:
    """Give back what is reserved for a member."""
    for start in range(0, len(ids), _AT_ONCE):
        connection.execute(
            delete(task_reserved).where(
                task_reserved.c.task_id == task_id,
                task_reserved.c.actor == actor,
                task_reserved.c.item_id.in_(ids[start : start + _AT_ONCE]),
            )
        )


def release_all(connection: Connection, task_id: str, actor: str) -> None:
    """Give back whatever is reserved for a member."""
    connection.execute(
        delete(task_reserved).where(
            task_reserved.c.task_id == task_id, task_reserved.c.actor == actor
        )
    )


def _reserved(row: Row) -> Reserved:
    planted = None if row["planted"] is None else Value.decode(row["planted"])
    return Reserved(**{**row, "mode": Mode(row["mode"]), "planted": planted})


def _row(one: Reserved) -> dict[str, Any]:
    row = {column.name: getattr(one, column.name) for column in task_reserved.c}
    planted = None if one.planted is None else one.planted.encode()
    return row | {"mode": one.mode.value, "planted": planted}
