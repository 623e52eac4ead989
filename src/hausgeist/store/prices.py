# SPDX-License-Identifier: EUPL-1.2
"""Verbs of prices that somebody entered, and of the figures of own hardware; each holds from a day on.

An entry is known by whose it is and its first day (``2026-11-01``); writing it again corrects it. What was
booked is in the ledger and stays as it is.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from hausgeist.store.tables import house_costs, prices


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """A price as it is stored: ``rules`` is JSON; an empty ``model``: what the provider takes by itself."""

    provider: str
    model: str
    valid_from: str
    rules: str
    source: str
    entered_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresRow:
    """Figures of own hardware: ``figures`` is JSON; an empty ``model``: the house as a whole."""

    model: str
    valid_from: str
    figures: str
    entered_at: int


def every(connection: Connection) -> list[PriceRow]:
    """All entries by provider, model and day."""
    order = (prices.c.provider, prices.c.model, prices.c.valid_from)
    return [
        PriceRow(**row) for row in connection.execute(select(prices).order_by(*order)).mappings()
    ]


def save(connection: Connection, row: PriceRow) -> PriceRow | None:
    """Write an entry; gives what it was before."""
    here = _price_at(row.provider, row.model, row.valid_from)
    before = connection.execute(select(prices).where(here)).mappings().first()
    values = {name: getattr(row, name) for name in PriceRow.__slots__}
    connection.execute(
        insert(prices).values(values)
        if before is None
        else update(prices).where(here).values(values)
    )
    return None if before is None else PriceRow(**before)


def remove(connection: Connection, provider: str, model: str, valid_from: str) -> PriceRow | None:
    """Delete an entry; gives what it was, None where there was none."""
    here = _price_at(provider, model, valid_from)
    before = connection.execute(select(prices).where(here)).mappings().first()
    connection.execute(delete(prices).where(here))
    return None if before is None else PriceRow(**before)


def figures(connection: Connection) -> list[FiguresRow]:
    """All figures by model and day."""
    query = select(house_costs).order_by(house_costs.c.model, house_costs.c.valid_from)
    return [FiguresRow(**row) for row in connection.execute(query).mappings()]


def save_figures(connection: Connection, row: FiguresRow) -> FiguresRow | None:
    """Write figures; gives what they were before."""
    here = _figures_at(row.model, row.valid_from)
    before = connection.execute(select(house_costs).where(here)).mappings().first()
    values = {name: getattr(row, name) for name in FiguresRow.__slots__}
    connection.execute(
        insert(house_costs).values(values)
        if before is None
        else update(house_costs).where(here).values(values)
    )
    return None if before is None else FiguresRow(**before)


def remove_figures(connection: Connection, model: str, valid_from: str) -> FiguresRow | None:
    """Delete figures; gives what they were, None where there were none."""
    here = _figures_at(model, valid_from)
    before = connection.execute(select(house_costs).where(here)).mappings().first()
    connection.execute(delete(house_costs).where(here))
    return None if before is None else FiguresRow(**before)


def _price_at(provider: str, model: str, valid_from: str) -> ColumnElement[bool]:
    return (
        (prices.c.provider == provider)
        & (prices.c.model == model)
        & (prices.c.valid_from == valid_from)
    )


def _figures_at(model: str, valid_from: str) -> ColumnElement[bool]:
    return (house_costs.c.model == model) & (house_costs.c.valid_from == valid_from)
