# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the ledger: reserve before a call, append its entry after it. Groups, never persons."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, update

from hausgeist.core.accounting import Refused, Reservation, Settlement
from hausgeist.core.messages import Usage
from hausgeist.store import booked, budgets
from hausgeist.store.bulk import delete_keys, insert_rows
from hausgeist.store.tables import ledger, processes, reservations

__all__ = [
    "append",
    "beat",
    "bury",
    "give_up",
    "lost",
    "reserve",
    "servers",
    "unsettled",
    "unused",
]


def reserve(
    connection: Connection, items: Sequence[Reservation], process: str = ""
) -> list[Refused | None]:
    """Hold each call's worst case for a server; says which budget does not cover it, or None.

    A refused reservation holds nothing. An unknown price is refused by a budget in EUR.
    """
    refused = budgets.draw(connection, items)
    rows = [
        (
            *_call_columns(item),
            item.tokens,
            item.micro_eur,
            json.dumps(item.scopes) if item.scopes else "[]",
            item.verdict,
            item.assistant,
            process,
        )
        for item, why in zip(items, refused, strict=True)
        if why is None
    ]
    insert_rows(connection, reservations, rows)
    return refused


def append(connection: Connection, items: Sequence[Settlement]) -> list[None]:
    """The one append function of the ledger: book calls and release what they held.

    What was booked before (as lost, or by a commit whose answer was lost) stays as it was booked.
    """
    ids = [item.reservation.call_id for item in items]
    fresh: Sequence[Settlement] = items
    if delete_keys(connection, reservations, ids) < len(set(ids)):
        found = connection.execute(select(ledger.c.call_id).where(ledger.c.call_id.in_(ids)))
        before = set(found.scalars())
        fresh = [item for item in items if item.reservation.call_id not in before]
    if fresh:
        rows = [_entry(item) for item in fresh]
        ended = max(item.reservation.at_ms + item.duration_ms for item in fresh)
        event = booked.prove(connection, ended, rows)
        insert_rows(connection, ledger, [(*row, event) for row in rows])
    budgets.release(connection, fresh)
    return [None] * len(items)


def give_up(connection: Connection, items: Sequence[Settlement]) -> list[None]:
    """Book calls of which nobody knows whether they were reserved: only those that were."""
    ids = [item.reservation.call_id for item in items]
    found = connection.execute(
        select(reservations.c.call_id).where(reservations.c.call_id.in_(ids))
    )
    held = set(found.scalars())
    append(connection, [item for item in items if item.reservation.call_id in held])
    return [None] * len(items)


def unsettled(connection: Connection, servers: Collection[str]) -> list[Reservation]:
    """What these servers hold."""
    rows = connection.execute(select(reservations).where(reservations.c.process.in_(servers)))
    return [_reservation(row) for row in rows.mappings()]


def servers(connection: Connection) -> dict[str, int]:
    """The servers that beat or hold something, and the number of their last beat (-1: never)."""
    holding = connection.execute(select(reservations.c.process).distinct()).scalars()
    found = dict.fromkeys(holding, -1)
    return found | {row.id: row.beats for row in connection.execute(select(processes))}


def beat(connection: Connection, server: str, number: int) -> None:
    """Say that a server lives."""
    change = update(processes).where(processes.c.id == server).values(beats=number)
    if not connection.execute(change).rowcount:
        connection.execute(insert(processes).values(id=server, beats=number))


def bury(connection: Connection, servers: Collection[str]) -> None:
    """Forget servers that are dead."""
    connection.execute(delete(processes).where(processes.c.id.in_(servers)))


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
    """A ledger row, in the table's order, without the event that proves it."""
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
