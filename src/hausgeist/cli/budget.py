# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist budget``: limits for each month without a browser. What few people used is no number here."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.user import AS_JSON, BY, show, with_identity
from hausgeist.errors import N_, InvalidField

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.identity import Identity
    from hausgeist.ledger import Budgets
    from hausgeist.ledger.limits import Budget
    from hausgeist.store.db import Store

budget = typer.Typer(help="Hard limits for each month (UTC).", no_args_is_help=True)

SCOPE = typer.Argument(help="group:<id>, key:<id of a service's key> or cost_centre:<name>.")


@budget.command("set")
def set_(
    scope: str = SCOPE,
    eur: float = typer.Option(-1.0, help="EUR a month; without it, EUR are not limited."),
    tokens: int = typer.Option(-1, help="Tokens a month; without it, tokens are not limited."),
    warn: int = typer.Option(80, min=1, max=100, help="Percent from which on people are told."),
    as_json: bool = AS_JSON,
) -> None:
    """Set or change a budget. It holds at once, for the running month too."""

    async def work(_identity: Identity, trail: Trail, store: Store) -> Budget:
        verbs = _verbs(store, trail)
        if not await store.read(
            partial(_exists, scope=scope)
        ):  # a typing error would limit nothing
            raise InvalidField(
                field="scope", reason=N_("there is none of this name"), param="scope"
            )
        await verbs.set(
            scope,
            tokens=None if tokens < 0 else tokens,
            micro_eur=None if eur < 0 else round(eur * 1_000_000),
            warn_percent=warn,
            by=BY,
        )
        return await verbs.get(scope)

    found = with_identity(work)
    show(_row(found), _line(found), as_json=as_json)


@budget.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List budgets and how this month stands."""

    async def work(_identity: Identity, trail: Trail, store: Store) -> list[Budget]:
        return await _verbs(store, trail).all()

    found = with_identity(work)
    lines = "\n".join(_line(one) for one in found)
    show([_row(one) for one in found], lines or "There is no budget.", as_json=as_json)


@budget.command()
def remove(scope: str = SCOPE, as_json: bool = AS_JSON) -> None:
    """Remove a budget; nothing limits this any more."""

    async def work(_identity: Identity, trail: Trail, store: Store) -> None:
        await _verbs(store, trail).remove(scope, BY)

    with_identity(work)
    show({"scope": scope}, f"{scope} has no budget any more.", as_json=as_json)


def _exists(connection: Any, scope: str) -> bool:
    from hausgeist.store import budgets  # noqa: PLC0415  as in ``with_identity``

    return budgets.exists(connection, scope)


def _verbs(store: Store, trail: Trail) -> Budgets:
    from hausgeist.ledger import Book, Budgets  # noqa: PLC0415  as in ``with_identity``

    return Budgets(store, trail, Book(store, _now_ms), _now_ms)


def _row(one: Budget) -> dict[str, object]:
    return {
        "scope": one.rule.scope,
        "month": one.period,
        "limit_eur": _eur(one.rule.limit_micro_eur),
        "limit_tokens": one.rule.limit_tokens,
        "warn_percent": one.rule.warn_percent,
        "reached_percent": one.reached,
        "shown": one.shown,
        "spent_eur": _eur(one.spent_micro_eur),
        "spent_tokens": one.spent_tokens,
        "reserved_eur": _eur(one.reserved_micro_eur),
        "reserved_tokens": one.reserved_tokens,
        "forecast_percent": one.forecast_percent,
    }


def _line(one: Budget) -> str:
    limits = []
    if one.rule.limit_micro_eur is not None:
        used = "" if one.spent_micro_eur is None else f"{one.spent_micro_eur / 1e6:,.2f} of "
        limits.append(f"{used}{one.rule.limit_micro_eur / 1e6:,.2f} EUR")
    if one.rule.limit_tokens is not None:
        used = "" if one.spent_tokens is None else f"{one.spent_tokens:,} of "
        limits.append(f"{used}{one.rule.limit_tokens:,} tokens")
    state = f"{one.reached} % reached" if one.reached else f"below {one.rule.warn_percent} %"
    if one.reached is None:
        state = "told later"
    return f"{one.rule.scope:<32} {one.period}  {state:<14} {', '.join(limits)}"


def _eur(micro: int | None) -> float | None:
    return None if micro is None else micro / 1_000_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
