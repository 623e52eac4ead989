# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist price``: what models cost, from a day on. Calls that were booked stay as they are."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from hausgeist.cli.user import AS_JSON, BY, show, with_identity

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.identity import Identity
    from hausgeist.ledger.prices import Entered, Prices
    from hausgeist.store.db import Store

price = typer.Typer(help="Prices of models, each from a day on.", no_args_is_help=True)


@price.command("set")
def set_(
    model: str = typer.Argument(help="Provider and model, such as mistral/mistral-small-2603."),
    paid: float = typer.Option(..., "--input", help="For a million tokens read."),
    written: float = typer.Option(..., "--output", help="For a million tokens written."),
    cached: float = typer.Option(-1.0, help="For a million tokens read from the cache."),
    per_request: float = typer.Option(0.0, min=0.0, help="For each call."),
    valid_from: str = typer.Option("", "--from", help="First day in UTC; empty: today."),
    usd_rate: float = typer.Option(0.0, help="EUR for one USD, if the prices are in USD."),
    source: str = typer.Option("", help="Where the number comes from."),
    as_json: bool = AS_JSON,
) -> None:
    """Enter a price, or correct the one of that day."""
    from hausgeist.ledger.rules import PriceRules  # noqa: PLC0415  as in ``with_identity``

    provider, _, name = model.partition("/")
    rules = PriceRules(
        currency="USD" if usd_rate else "EUR",
        rate=usd_rate or 1.0,
        input=paid,
        output=written,
        cached_input=None if cached < 0 else cached,
        per_request=per_request,
    )
    day = valid_from or datetime.now(UTC).strftime("%Y-%m-%d")

    async def work(_identity: Identity, trail: Trail, store: Store) -> list[Entered]:
        verbs = _verbs(store, trail)
        await verbs.set(provider, name, day, rules, source=source, by=BY)
        return [
            one
            for one in await verbs.entered()
            if (one.provider, one.model, one.valid_from) == (provider, name, day)
        ]

    (made,) = with_identity(work)
    show(_row(made), _line(made), as_json=as_json)


@price.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List the prices that were entered; those of the catalogue are on the page."""

    async def work(_identity: Identity, trail: Trail, store: Store) -> list[Entered]:
        return await _verbs(store, trail).entered()

    found = with_identity(work)
    lines = "\n".join(_line(one) for one in found)
    show([_row(one) for one in found], lines or "No price was entered.", as_json=as_json)


def _verbs(store: Store, trail: Trail) -> Prices:
    from hausgeist.ledger import Prices  # noqa: PLC0415  as in ``with_identity``

    return Prices(store, trail, lambda: time.time_ns() // 1_000_000)


def _row(one: Entered) -> dict[str, object]:
    found = one.price
    return {
        "provider": one.provider,
        "model": one.model,
        "valid_from": one.valid_from,
        "input_eur": found.input if found else None,
        "output_eur": found.output if found else None,
        "minimum_eur": one.rules.minimum * one.rules.rate,
        "currency": one.rules.currency,
        "rate": one.rules.rate,
        "source": one.source,
    }


def _line(one: Entered) -> str:
    found = one.price
    text = f"{found.input:g} / {found.output:g} EUR" if found else "unknown"
    if not one.model:
        text = f"at least {one.rules.minimum:g} {one.rules.currency} a month"
    return f"{one.valid_from}  {one.provider}/{one.model:<32} {text:<24} {one.source}"
