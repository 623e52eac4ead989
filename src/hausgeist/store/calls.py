# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the ledger: reserve before a call, append its entry after it. Groups, never persons."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, or_, select, update

from hausgeist.core.accounting import Reservation, Settlement
from hausgeist.core.messages import Usage
from hausgeist.store.bulk import delete_keys, insert_rows
from hausgeist.store.tables import budgets, ledger, reservations


def period_of(at_ms: int) -> str:
    """The budget period of a moment: its month in UTC, such as ``2026-11``."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m")


def reserve(connection: Connection, items: Sequence[Reservation]) -> list[str | None]:
    """Hold each call's worst case; gives the scope of the budget that does not cover it, or None.

    A refused reservation holds nothing. An unknown price is refused by a budget in EUR.
    """
    refused = [_draw(connection, item) if item.scopes else None for item in items]
    rows = [
        (
            *_call_columns(item),
            item.tokens,
            item.micro_eur,
            json.dumps(item.scopes) if item.scopes else "[]",
            item.verdict,
            item.assistant,
        )
        for item, scope in zip(items, refused, strict=True)
        if scope is None
    ]
    insert_rows(connection, reservations, rows)
    return refused


def append(connection: Connection, items: Sequence[Settlement]) -> list[None]:
    """The one append function of the ledger: book calls and release what they held."""
    delete_keys(connection, reservations, [item.reservation.call_id for item in items])
    insert_rows(connection, ledger, [_entry(item) for item in items])
    for item in items:
        for scope in item.reservation.scopes:
            _release(connection, scope, item)
    return [None] * len(items)


def unsettled(connection: Connection, before_ms: int) -> list[Reservation]:
    """Reservations older than a moment: what a killed process left behind."""
    rows = connection.execute(select(reservations).where(reservations.c.at < before_ms))
    return [_reservation(row) for row in rows.mappings()]


def lost(reservation: Reservation, now_ms: int) -> Settlement:
    """Book a call whose process died at its worst: nobody is charged too little by a crash."""
    return Settlement(
        reservation=reservation,
        usage=Usage(input_tokens=reservation.tokens, estimated=True),
        micro_eur=reservation.micro_eur,
        price_source="reserved",
        energy_mwh=None,
        energy_source="unknown",
        duration_ms=max(0, now_ms - reservation.at_ms),
        first_token_ms=None,
        outcome="lost",
    )


def unused(reservation: Reservation, now_ms: int) -> Settlement:
    """Book a call that was given up before anything was opened."""
    return replace(lost(reservation, now_ms), usage=Usage(), micro_eur=0, outcome="aborted")


def _draw(connection: Connection, item: Reservation) -> str | None:
    """Draw on every budget of a call, or on none: the first that refuses is named."""
    period = period_of(item.at_ms)
    drawn: list[str] = []
    for scope in item.scopes:
        held = _hold(connection, scope, period, item.tokens, item.micro_eur)
        if held is False:
            for earlier in drawn:
                _hold(connection, earlier, period, -item.tokens, -(item.micro_eur or 0), free=True)
            return scope
        if held:
            drawn.append(scope)
    return None


def _hold(
    connection: Connection,
    scope: str,
    period: str,
    tokens: int,
    micro_eur: int | None,
    *,
    free: bool = False,
) -> bool | None:
    """Add to a budget's reservation: True held, False exhausted, None no such budget."""
    here = (budgets.c.scope == scope) & (budgets.c.period == period)
    change = update(budgets).where(here)
    if not free:
        room = budgets.c.spent_tokens + budgets.c.reserved_tokens + tokens
        change = change.where(or_(budgets.c.limit_tokens.is_(None), room <= budgets.c.limit_tokens))
        if micro_eur is None:
            change = change.where(budgets.c.limit_micro_eur.is_(None))
        else:
            money = budgets.c.spent_micro_eur + budgets.c.reserved_micro_eur + micro_eur
            change = change.where(
                or_(budgets.c.limit_micro_eur.is_(None), money <= budgets.c.limit_micro_eur)
            )
    done = connection.execute(
        change.values(
            reserved_tokens=budgets.c.reserved_tokens + tokens,
            reserved_micro_eur=budgets.c.reserved_micro_eur + (micro_eur or 0),
        )
    )
    if done.rowcount:
        return True
    exists = connection.execute(select(budgets.c.scope).where(here)).first()
    return False if exists else None


def _release(connection: Connection, scope: str, item: Settlement) -> None:
    held = item.reservation
    connection.execute(
        update(budgets)
        .where((budgets.c.scope == scope) & (budgets.c.period == period_of(held.at_ms)))
        .values(
            reserved_tokens=budgets.c.reserved_tokens - held.tokens,
            reserved_micro_eur=budgets.c.reserved_micro_eur - (held.micro_eur or 0),
            spent_tokens=budgets.c.spent_tokens + item.usage.total,
            spent_micro_eur=budgets.c.spent_micro_eur + (item.micro_eur or 0),
        )
    )


def budget_scopes(connection: Connection, period: str) -> set[str]:
    """The scopes that have a budget in a period."""
    rows = connection.execute(select(budgets.c.scope).where(budgets.c.period == period))
    return set(rows.scalars())


def _call_columns(item: Reservation) -> tuple[object, ...]:
    """The columns that reservations and ledger begin with, in the tables' order."""
    return (
        item.call_id,
        item.at_ms,
        item.group,
        item.cost_centre,
        item.service_key,
        item.purpose,
        item.model,
        item.provider,
        item.zone,
        item.data_class,
        item.policy_version,
    )


def _entry(item: Settlement) -> tuple[object, ...]:
    """A ledger row, in the table's order."""
    return (
        *_call_columns(item.reservation),
        item.usage.input_tokens,
        item.usage.output_tokens,
        item.usage.cached_tokens,
        item.usage.reasoning_tokens,
        item.usage.estimated,
        item.micro_eur,
        item.price_source,
        item.energy_mwh,
        item.energy_source,
        item.duration_ms,
        item.first_token_ms,
        item.outcome,
        item.reservation.verdict,
        item.reservation.assistant,
    )


def _reservation(row: object) -> Reservation:
    values = dict(row)  # type: ignore[call-overload]  # a mapping row
    return Reservation(
        call_id=values["call_id"],
        at_ms=values["at"],
        group=values["group_id"],
        cost_centre=values["cost_centre"],
        service_key=values["service_key"],
        purpose=values["purpose"],
        model=values["model"],
        provider=values["provider"],
        zone=values["zone"],
        data_class=values["data_class"],
        policy_version=values["policy_version"],
        verdict=values["verdict"],
        assistant=values["assistant_id"],
        tokens=values["tokens"],
        micro_eur=values["micro_eur"],
        scopes=tuple(json.loads(values["scopes"])),
    )
