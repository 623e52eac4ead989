# SPDX-License-Identifier: EUPL-1.2
"""Verbs of usage: days that are over, added up once and without persons, and their sums afterwards.

A row is a day's use of a model by an account, in one cell for good; what the cells are is the caller's
rule. What is booked late (a server died) is counted with the day that is added up next: a figure that was
shown never grows by one call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
)

from hausgeist.core.months import month_of
from hausgeist.store import accounts
from hausgeist.store.tables import (
    api_keys,
    audit_leaves,
    conversations,
    groups,
    ledger,
    memberships,
    messages,
    sessions,
    usage_closed,
    usage_days,
    users,
)
from hausgeist.store.trail import in_turn

DAY = 86_400_000
"""Milliseconds of a day."""

LATE = 60
"""Days after which nothing is booked late any more."""

LATELY = 30
"""Days within which somebody must have been here to count."""

SUMS = (
    "calls",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "estimated",
    "micro_eur",
    "unpriced",
    "measured_mwh",
    "estimated_mwh",
    "unmeasured",
)
"""The columns that are added up."""

_NONE: ColumnElement[str] = literal_column("''")  # no parameter: what is selected is grouped by

_KEYS = ("group_id", "cost_centre", "service_key", "model", "provider", "zone")

Account = tuple[str, str]
Cells = Callable[
    [Iterable["Here"], Iterable[tuple[Account, str]]], Mapping[tuple[Account, str], str]
]


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody who was here: what they pay to, and the models they may use (None: all)."""

    accounts: frozenset[Account]
    models: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Added up. Money is micro-EUR, energy milliwatt-hours; ``unpriced`` and ``unmeasured`` are calls."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    estimated: int = 0
    micro_eur: int = 0
    unpriced: int = 0
    measured_mwh: int = 0
    estimated_mwh: int = 0
    unmeasured: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(**{name: getattr(self, name) + getattr(other, name) for name in SUMS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A month's use of a model by an account, as far as it is in figures: see ``ledger.crowd``."""

    group_id: str
    cost_centre: str
    service_key: str
    model: str
    provider: str
    zone: str
    cell: str
    sum: Sum


def day_of(at_ms: int) -> int:
    """Days since the epoch, in UTC."""
    return at_ms // DAY


# -- adding up -------------------------------------------------------------------------------------


def due(connection: Connection, until: int) -> int | None:
    """The first day before ``until`` that is not added up; None when all are."""
    last = connection.execute(select(func.max(usage_closed.c.day))).scalar()
    if last is None:
        first = connection.execute(select(func.min(ledger.c.at))).scalar()
        last = until - 1 if first is None else day_of(first) - 1
    return None if last + 1 >= until else last + 1


@dataclass(frozen=True, slots=True)
class Draft:
    """A day added up, with the trail's last event of which it knows."""

    day: int
    event: int
    rows: list[dict[str, object]]


def add_up(connection: Connection, day: int, cells: Cells) -> Draft:
    """Add up a day that is over, without writing anything."""
    last = connection.execute(select(func.max(usage_closed.c.event))).scalar()
    event = connection.execute(select(func.max(audit_leaves.c.seq))).scalar()
    mark = -1 if event is None else int(event)
    rows = _added(connection, day, last, mark)
    used = {((row.group_id, row.cost_centre), row.model) for row in rows if not row.service_key}
    kinds = cells(here(connection, day), used) if used else {}
    made: list[dict[str, object]] = [
        {
            "day": day,
            "cell": "key" if row.service_key else kinds[(row.group_id, row.cost_centre), row.model],
            **{name: getattr(row, name) for name in _KEYS},
            **{name: int(getattr(row, name)) for name in SUMS},
        }
        for row in rows
    ]
    return Draft(day, mark, made)


def close(connection: Connection, draft: Draft) -> bool:
    """Write a day's sums once; False if another server did."""
    in_turn(connection)
    done = select(usage_closed.c.day).where(usage_closed.c.day == draft.day)
    if connection.execute(done).first() is not None:
        return False
    if draft.rows:
        connection.execute(insert(usage_days), draft.rows)
    connection.execute(insert(usage_closed).values(day=draft.day, event=draft.event))
    return True


def _added(connection: Connection, day: int, last: int | None, mark: int) -> Sequence[Row[Any]]:
    """The ledger's rows of a day and late ones of days before, by account and model.

    What is booked after ``mark`` meanwhile is late by the next day.
    """
    begins = day * DAY
    known = or_(ledger.c.event.is_(None), ledger.c.event <= mark)
    when: ColumnElement[bool] = and_(ledger.c.at >= begins, ledger.c.at < begins + DAY, known)
    if last is not None:
        late = and_(
            ledger.c.at >= begins - LATE * DAY,
            ledger.c.at < begins,
            ledger.c.event > last,
            ledger.c.event <= mark,
        )
        when = or_(when, late)

    def amount(prefix: str) -> ColumnElement[int]:
        told = case(
            (ledger.c.energy_source.like(f"{prefix}:%"), ledger.c.energy_mwh), else_=literal(0)
        )
        return func.coalesce(func.sum(told), 0)

    keys = (
        ledger.c.group_id,
        func.coalesce(ledger.c.cost_centre, _NONE).label("cost_centre"),
        func.coalesce(ledger.c.service_key, _NONE).label("service_key"),
        ledger.c.model,
        ledger.c.provider,
        ledger.c.zone,
    )
    sums = (
        func.count().label("calls"),
        func.sum(ledger.c.input_tokens).label("input_tokens"),
        func.sum(ledger.c.cached_tokens).label("cached_tokens"),
        func.sum(ledger.c.output_tokens).label("output_tokens"),
        func.sum(case((ledger.c.estimated.is_(True), 1), else_=0)).label("estimated"),
        func.coalesce(func.sum(ledger.c.micro_eur), 0).label("micro_eur"),
        func.sum(case((ledger.c.micro_eur.is_(None), 1), else_=0)).label("unpriced"),
        amount("measured").label("measured_mwh"),
        amount("estimated").label("estimated_mwh"),
        func.sum(case((ledger.c.energy_mwh.is_(None), 1), else_=0)).label("unmeasured"),
    )
    query = select(*keys, *sums).where(when)
    grouped = query.group_by(*(getattr(key, "element", key) for key in keys))
    return connection.execute(grouped).all()


def here(connection: Connection, day: int) -> list[Here]:
    """Who counts on a day: in their group all day, active, and here within the days before it."""
    begins = day * DAY
    since = begins - LATELY * DAY
    seen = or_(
        select(sessions.c.id)
        .where(sessions.c.user_id == users.c.id, sessions.c.seen_at >= since)
        .exists(),
        select(conversations.c.id)
        .where(conversations.c.owner_id == users.c.id, conversations.c.updated_at >= since)
        .exists(),
        select(api_keys.c.id)
        .where(api_keys.c.user_id == users.c.id, api_keys.c.used_day >= day - LATELY)
        .exists(),
    )
    query = (
        select(users.c.id, users.c.group_id, groups.c.cost_centre)
        .join(groups, users.c.group_id == groups.c.id)
        .where(
            users.c.active.is_(True),
            users.c.created_at < begins,
            func.coalesce(users.c.group_since, 0) < begins,
            seen,
        )
    )
    people = connection.execute(query).all()
    given, models = _allowed(connection)
    own = _own_centres(connection)
    found = []
    for person in people:
        paid = {(person.group_id, person.cost_centre or "")} | own.get(person.id, set())
        mine = [models.get(group) for group in (person.group_id, *given.get(person.id, ()))]
        narrow = [one for one in mine if one is not None]
        allowed = frozenset().union(*narrow) if len(narrow) == len(mine) else None
        found.append(Here(frozenset(paid), allowed))
    return found


def _allowed(
    connection: Connection,
) -> tuple[dict[str, list[str]], dict[str, frozenset[str] | None]]:
    """Each person's further groups, and what each group's members may use."""
    given: dict[str, list[str]] = {}
    for row in connection.execute(select(memberships.c.user_id, memberships.c.group_id)):
        given.setdefault(row.user_id, []).append(row.group_id)
    models: dict[str, frozenset[str] | None] = {}
    for row in connection.execute(select(groups.c.id, groups.c.models)):
        models[row.id] = (
            msgspec.json.decode(row.models, type=frozenset[str]) if row.models else None
        )
    return given, models


def _own_centres(connection: Connection) -> dict[str, set[Account]]:
    """What people's keys pay to beside their group's cost centre."""
    query = select(api_keys.c.user_id, api_keys.c.group_id, api_keys.c.cost_centre).where(
        api_keys.c.user_id.is_not(None),
        api_keys.c.cost_centre.is_not(None),
        api_keys.c.revoked_at.is_(None),
    )
    found: dict[str, set[Account]] = {}
    for row in connection.execute(query):
        found.setdefault(row.user_id, set()).add((row.group_id, row.cost_centre))
    return found


# -- sums ------------------------------------------------------------------------------------------


def _sums() -> list[Any]:
    return [func.sum(usage_days.c[name]).label(name) for name in SUMS]


def _sum(row: Any) -> Sum:
    return Sum(**{name: int(getattr(row, name)) for name in SUMS})


def _shown(first: int, after: int) -> ColumnElement[bool]:
    return and_(usage_days.c.day >= first, usage_days.c.day < after, usage_days.c.cell != "")


def between(connection: Connection, first: int, after: int) -> list[Cell]:
    """What is in figures of the days from ``first`` to the one before ``after``, added up."""
    keys = [usage_days.c[name] for name in (*_KEYS, "cell")]
    query = select(*keys, *_sums()).where(_shown(first, after)).group_by(*keys).order_by(*keys)
    return [
        Cell(**{name: getattr(row, name) for name in (*_KEYS, "cell")}, sum=_sum(row))
        for row in connection.execute(query)
    ]


def by_day(connection: Connection, first: int, after: int) -> dict[int, Sum]:
    """The days that are in figures, each added up."""
    query = select(usage_days.c.day, *_sums()).where(_shown(first, after))
    rows = connection.execute(query.group_by(usage_days.c.day).order_by(usage_days.c.day))
    return {row.day: _sum(row) for row in rows}


def closed(connection: Connection) -> tuple[int, int] | None:
    """The first and last day that were added up; None: none yet."""
    row = connection.execute(
        select(func.min(usage_closed.c.day), func.max(usage_closed.c.day))
    ).one()
    return None if row[0] is None else (int(row[0]), int(row[1]))


def invoices(connection: Connection, first: int, after: int) -> dict[str, Sum] | None:
    """What each provider outside the house is owed, where of people nothing is in any figure.

    None where something is: its rest would be of the others.
    """
    here_ = and_(usage_days.c.day >= first, usage_days.c.day < after)
    shown = select(usage_days.c.day).where(here_, usage_days.c.cell.in_(("own", "others")))
    if connection.execute(shown.limit(1)).first() is not None:
        return None
    query = select(usage_days.c.provider, *_sums()).where(here_, usage_days.c.zone != "house")
    rows = connection.execute(query.group_by(usage_days.c.provider))
    return {
        row.provider: Sum(micro_eur=int(row.micro_eur), unpriced=int(row.unpriced)) for row in rows
    }


# -- one's own -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A month and model of one person's own conversations. ``unpriced`` are answers."""

    month: str
    model: str
    zone: str
    answers: int
    input_tokens: int
    output_tokens: int
    micro_eur: int
    unpriced: int


def mine(connection: Connection, owner_id: str, since_ms: int) -> list[Mine]:
    """What a person's kept conversations have of answers since then, the newest month first."""
    query = (
        select(
            messages.c.created_at,
            messages.c.model,
            messages.c.zone,
            messages.c.input_tokens,
            messages.c.output_tokens,
            messages.c.micro_eur,
        )
        .join(conversations, messages.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.owner_id == owner_id,
            conversations.c.closed_at.is_(None),
            messages.c.role == "assistant",
            messages.c.created_at >= since_ms,
            messages.c.input_tokens.is_not(None),
        )
    )
    found: dict[tuple[str, str, str], list[int]] = {}
    for row in connection.execute(query):
        month = month_of(row.created_at)
        total = found.setdefault((month, row.model or "", row.zone or ""), [0] * 5)
        total[0] += 1
        total[1] += row.input_tokens
        total[2] += row.output_tokens or 0
        total[3] += row.micro_eur or 0
        total[4] += row.micro_eur is None
    return [
        Mine(
            month=month,
            model=model,
            zone=zone,
            answers=total[0],
            input_tokens=total[1],
            output_tokens=total[2],
            micro_eur=total[3],
            unpriced=total[4],
        )
        for (month, model, zone), total in sorted(
            found.items(), key=lambda item: (item[0][0], item[1][2]), reverse=True
        )
    ]


def my_keys(connection: Connection, owner_id: str) -> list[tuple[str, str, int | None]]:
    """A person's keys that hold: name, hint and the last day of use, in days since the epoch."""
    query = select(api_keys.c.name, api_keys.c.hint, api_keys.c.used_day).where(
        api_keys.c.user_id == owner_id, api_keys.c.revoked_at.is_(None)
    )
    return [
        (row.name, row.hint, row.used_day)
        for row in connection.execute(query.order_by(api_keys.c.name))
    ]


# -- the grid --------------------------------------------------------------------------------------

_GRID = "grid_factor"


def grid(connection: Connection) -> str | None:
    """The grid's factor as it was entered; None: nobody did."""
    return accounts.read_meta(connection, _GRID)


def save_grid(connection: Connection, value: str) -> None:
    """Write it."""
    accounts.write_meta(connection, _GRID, value)
