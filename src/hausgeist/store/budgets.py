# SPDX-License-Identifier: EUPL-1.2
"""Verbs of budgets: limits that hold every month, and each month's balance.

A month's row is made from the rule with the month's first call. A month is one of UTC, and a call belongs
to the month in which it began. What is reserved and spent changes only here, a statement for each budget
and group of calls.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from hausgeist.core.accounting import Refused, Reservation, Settlement
from hausgeist.core.months import month_of, span_of
from hausgeist.store.tables import api_keys, budget_rules, budgets, groups, ledger, users
from hausgeist.store.trail import in_turn

KINDS = {
    "group": ledger.c.group_id,
    "key": ledger.c.service_key,
    "cost_centre": ledger.c.cost_centre,
}
"""What a budget may be for, and the ledger's column of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A limit that holds every month. None: no limit of that kind. Money is micro-EUR."""

    scope: str
    limit_tokens: int | None
    limit_micro_eur: int | None
    warn_percent: int | None
    updated_at: int = 0


@dataclass(slots=True, kw_only=True)
class Balance:
    """A month of a budget. Money is micro-EUR."""

    scope: str
    period: str
    limit_tokens: int | None
    limit_micro_eur: int | None
    reserved_tokens: int
    reserved_micro_eur: int
    spent_tokens: int
    spent_micro_eur: int
    warned_percent: int

    @property
    def limited(self) -> bool:
        """Whether it still limits anything."""
        return self.limit_tokens is not None or self.limit_micro_eur is not None

    @property
    def percent(self) -> float:
        """How much of the tighter limit is spent, in percent; a limit of nothing is always spent."""
        shares = [
            100.0 * spent / limit if limit else 100.0
            for spent, limit in (
                (self.spent_tokens, self.limit_tokens),
                (self.spent_micro_eur, self.limit_micro_eur),
            )
            if limit is not None
        ]
        return max(shares, default=0.0)

    def refuses(self, tokens: int, micro_eur: int | None) -> str:
        """Why it does not cover so much more: tokens, money, unknown; empty when it does."""
        used = self.spent_tokens + self.reserved_tokens + tokens
        if self.limit_tokens is not None and used > self.limit_tokens:
            return "tokens"
        if self.limit_micro_eur is None:
            return ""
        if micro_eur is None:
            return "unknown"
        held = self.spent_micro_eur + self.reserved_micro_eur + micro_eur
        return "money" if held > self.limit_micro_eur else ""


# -- calls ---------------------------------------------------------------------------------------


def draw(connection: Connection, items: Sequence[Reservation]) -> list[Refused | None]:
    """Draw each call's worst case on all of its budgets, or on none; says which refuses."""
    keys = {(scope, month_of(item.at_ms)) for item in items for scope in item.scopes}
    if not keys:
        return [None] * len(items)
    in_turn(connection)
    rows = {key: row for key in sorted(keys) if (row := _row(connection, *key)) is not None}
    out: list[Refused | None] = []
    drawn: set[tuple[str, str]] = set()
    for item in items:
        period = month_of(item.at_ms)
        mine = [(scope, period) for scope in item.scopes if (scope, period) in rows]
        refused = None
        for key in mine:
            if why := rows[key].refuses(item.tokens, item.micro_eur):
                refused = Refused(*key, why)
                break
        out.append(refused)
        if refused is None:
            drawn.update(mine)
            for key in mine:
                rows[key].reserved_tokens += item.tokens
                rows[key].reserved_micro_eur += item.micro_eur or 0
    for key in sorted(drawn):
        connection.execute(
            update(budgets)
            .where(_at(*key))
            .values(
                reserved_tokens=rows[key].reserved_tokens,
                reserved_micro_eur=rows[key].reserved_micro_eur,
            )
        )
    return out


def release(connection: Connection, items: Iterable[Settlement]) -> None:
    """Give back what calls had reserved, and book what they used."""
    sums: dict[tuple[str, str], list[int]] = {}
    for item in items:
        held = item.reservation
        for scope in held.scopes:
            total = sums.setdefault((scope, month_of(held.at_ms)), [0, 0, 0, 0])
            total[0] += held.tokens
            total[1] += held.micro_eur or 0
            total[2] += item.usage.total
            total[3] += item.micro_eur or 0
    if not sums:
        return
    in_turn(connection)
    for key in sorted(sums):
        tokens, money, used, cost = sums[key]
        connection.execute(
            update(budgets)
            .where(_at(*key))
            .values(
                reserved_tokens=budgets.c.reserved_tokens - tokens,
                reserved_micro_eur=budgets.c.reserved_micro_eur - money,
                spent_tokens=budgets.c.spent_tokens + used,
                spent_micro_eur=budgets.c.spent_micro_eur + cost,
            )
        )


def _at(scope: str, period: str) -> ColumnElement[bool]:
    return (budgets.c.scope == scope) & (budgets.c.period == period)


def _row(connection: Connection, scope: str, period: str) -> Balance | None:
    """A month's balance, made from the rule where the month has none yet; None without a budget."""
    found = connection.execute(select(budgets).where(_at(scope, period))).mappings().first()
    if found is not None:
        return Balance(**found)
    rule = find(connection, scope)
    return None if rule is None else _open(connection, rule, period)


def _open(connection: Connection, rule: Rule, period: str) -> Balance:
    """Begin a month: what was booked of it before the budget began counts."""
    tokens, money = booked(connection, rule.scope, period)
    made = Balance(
        scope=rule.scope,
        period=period,
        limit_tokens=rule.limit_tokens,
        limit_micro_eur=rule.limit_micro_eur,
        reserved_tokens=0,
        reserved_micro_eur=0,
        spent_tokens=tokens,
        spent_micro_eur=money,
        warned_percent=0,
    )
    connection.execute(
        insert(budgets).values({name: getattr(made, name) for name in Balance.__slots__})
    )
    return made


def booked(connection: Connection, scope: str, period: str) -> tuple[int, int]:
    """What the ledger has of a budget's month: tokens, and micro-EUR as far as prices were known."""
    kind, _, name = scope.partition(":")
    first, after = span_of(period)
    row = connection.execute(
        select(
            func.coalesce(func.sum(ledger.c.input_tokens + ledger.c.output_tokens), 0),
            func.coalesce(func.sum(ledger.c.micro_eur), 0),
        ).where(KINDS[kind] == name, ledger.c.at >= first, ledger.c.at < after)
    ).one()
    return int(row[0]), int(row[1])


def payers(connection: Connection) -> tuple[dict[str, int], dict[str, str]]:
    """How many active people each group pays for, and each group's cost centre; by group."""
    paying = select(users.c.group_id, func.count()).where(users.c.active.is_(True))
    people = {row[0]: row[1] for row in connection.execute(paying.group_by(users.c.group_id))}
    found = connection.execute(select(groups.c.id, groups.c.cost_centre))
    return people, {row.id: row.cost_centre or "" for row in found}


# -- rules ---------------------------------------------------------------------------------------


def exists(connection: Connection, scope: str) -> bool:
    """Whether there is such a group or service key; a cost centre is whatever it is called."""
    kind, _, name = scope.partition(":")
    if kind == "cost_centre":
        return True
    found = (
        select(groups.c.id).where(groups.c.id == name)
        if kind == "group"
        else select(api_keys.c.id).where((api_keys.c.id == name) & api_keys.c.service.is_not(None))
    )
    return connection.execute(found).first() is not None


def rules(connection: Connection) -> list[Rule]:
    """All rules, by scope."""
    rows = connection.execute(select(budget_rules).order_by(budget_rules.c.scope)).mappings()
    return [Rule(**row) for row in rows]


def find(connection: Connection, scope: str) -> Rule | None:
    """The rule of a scope."""
    found = connection.execute(select(budget_rules).where(budget_rules.c.scope == scope))
    row = found.mappings().first()
    return None if row is None else Rule(**row)


def months(connection: Connection, period: str) -> list[Balance]:
    """The balances of a period that limit anything, by scope."""
    found = connection.execute(
        select(budgets)
        .where(
            budgets.c.period == period,
            or_(budgets.c.limit_tokens.is_not(None), budgets.c.limit_micro_eur.is_not(None)),
        )
        .order_by(budgets.c.scope)
    )
    return [Balance(**row) for row in found.mappings()]


def save(connection: Connection, rule: Rule, period: str) -> Rule | None:
    """Write a rule, and let it hold for the month that runs; gives the rule before it.

    A new one counts what the month's ledger has already; calls under way are not in it.
    """
    in_turn(connection)
    before = find(connection, rule.scope)
    values = {name: getattr(rule, name) for name in Rule.__slots__}
    if before is None:
        connection.execute(insert(budget_rules).values(values))
    else:
        connection.execute(
            update(budget_rules).where(budget_rules.c.scope == rule.scope).values(values)
        )
    limits = {"limit_tokens": rule.limit_tokens, "limit_micro_eur": rule.limit_micro_eur}
    here = connection.execute(select(budgets.c.scope).where(_at(rule.scope, period))).first()
    if here is None:
        _open(connection, rule, period)
    else:
        limits["warned_percent"] = 0  # it is told anew, by the new limits
        if before is None:
            tokens, money = booked(connection, rule.scope, period)
            limits |= {"spent_tokens": tokens, "spent_micro_eur": money}
        connection.execute(update(budgets).where(_at(rule.scope, period)).values(limits))
    return before


def remove(connection: Connection, scope: str) -> Rule | None:
    """Forget a rule; balances stay and limit nothing any more. Gives the rule, None if there was none."""
    in_turn(connection)
    before = find(connection, scope)
    if before is not None:
        connection.execute(delete(budget_rules).where(budget_rules.c.scope == scope))
        connection.execute(
            update(budgets)
            .where(budgets.c.scope == scope)
            .values(limit_tokens=None, limit_micro_eur=None)
        )
    return before


def warned(connection: Connection, scope: str, period: str, percent: int) -> bool:
    """Note that people were told of a mark; False if another server, or a higher mark, was first."""
    done = connection.execute(
        update(budgets)
        .where(_at(scope, period), budgets.c.warned_percent < percent)
        .values(warned_percent=percent)
    )
    return bool(done.rowcount)
