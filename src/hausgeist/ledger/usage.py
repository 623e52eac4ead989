# SPDX-License-Identifier: EUPL-1.2
"""What the house used, for controlling: days that are over, in cells of many people (see ``crowd``).

The ledger's rows in, once a day; sums by one dimension at a time out. Nothing here sees a person, a day
that runs, or two dimensions at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec

from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.messages import Usage as Tokens
from hausgeist.core.months import month_of, span_of
from hausgeist.core.prices import Price
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField
from hausgeist.ledger.crowd import KEY, OTHERS, OWN, Member, cells
from hausgeist.ledger.recorder import Recorder
from hausgeist.ledger.rules import day as checked_day
from hausgeist.store import usage
from hausgeist.store.db import Store
from hausgeist.store.usage import DAY, Cell, Mine, Sum, day_of

AFTER = 900_000
"""Milliseconds after midnight (UTC) before a day is added up: what ran is booked by then."""

AT_ONCE = 3
"""Days that one look adds up; other looks wait for it meanwhile."""

DIMENSIONS = ("group", "cost_centre", "model", "zone", "provider", "key")
"""What figures can be sorted by, one at a time."""

ENOUGH = 3
"""Days after which a month is forecast."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Grams of CO2 in a kilowatt-hour of the grid, with where the number comes from and of when it is."""

    grams: float = 363.0
    as_of: str = "2024"
    source: str = "Umweltbundesamt"

    def kilograms(self, milliwatt_hours: int) -> float:
        """CO2 of an energy."""
        return milliwatt_hours / 1e6 * self.grams / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: ``key`` names it (empty: none), ``others`` says that it is the groups of few together.

    ``services``: only services' calls are in it. ``before`` is the month before, up to the same day.
    """

    key: str
    others: bool = False
    services: bool = False
    sum: Sum
    before: Sum | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month as far as it is added up. ``days`` of its ``length`` are; ``shown`` of them are in figures.

    ``running``: it is not over. ``invoices`` are what providers outside take, where fewer than five people
    were here all month and the month is over; else None. ``lines`` are of one dimension.
    """

    period: str
    length: int
    days: int
    running: bool
    dimension: str
    lines: tuple[Line, ...]
    total: Sum
    before: Sum
    daily: tuple[tuple[int, Sum], ...]
    invoices: Mapping[str, Sum] | None = None

    @property
    def forecast(self) -> int | None:
        """Micro-EUR at the month's end if it goes on as so far; None after less than three days."""
        if not self.running or self.days < ENOUGH:
            return None
        return round(self.total.micro_eur * self.length / self.days)


class Usage:
    """The verbs. ``by`` is the id of who does it."""

    def __init__(self, store: Store, trail: Recorder, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._closed_until = -1

    async def tend(self) -> int:
        """Add up the days that are over; gives how many. A look a day that costs something."""
        until = day_of(self._now_ms() - AFTER)
        if until <= self._closed_until:
            return 0
        await self._store.drain()  # what is booked of yesterday, and waits to be written
        count = 0
        while count < AT_ONCE:
            day = await self._store.read(lambda connection: usage.due(connection, until))
            if day is None:
                self._closed_until = until
                break
            draft = await self._store.read(partial(usage.add_up, day=day, cells=parted))
            await self._store.write(partial(usage.close, draft=draft))
            count += 1
        return count

    async def month(self, period: str, dimension: str = "group") -> Month:
        """A month, sorted by one dimension."""
        now = self._now_ms()
        first_ms, after_ms = span_of(period)
        first, after = day_of(first_ms), day_of(after_ms)

        def read(connection: Any) -> tuple[Any, ...]:
            known = usage.closed(connection)
            days = 0 if known is None else max(0, min(after, known[1] + 1) - first)
            end = first + days
            before = day_of(span_of(_before(period))[0])
            last = min(before + days, first) if days < after - first else first
            return (
                days,
                usage.between(connection, first, end),
                usage.between(connection, before, last),
                usage.by_day(connection, first, end),
                usage.invoices(connection, first, after) if days == after - first else None,
            )

        days, found, earlier, daily, invoices = await self._store.read(read)
        sums, before = sorted_by(found, dimension), sorted_by(earlier, dimension)
        lines = [
            replace(line, before=before[key].sum if key in before else Sum())
            for key, line in sums.items()
        ]
        lines.sort(key=lambda line: (line.others, -line.sum.micro_eur, -line.sum.calls, line.key))
        return Month(
            period=period,
            length=after - first,
            days=days,
            running=first_ms <= now < after_ms + AFTER and days < after - first,
            dimension=dimension,
            lines=tuple(lines),
            total=total(found),
            before=total(earlier),
            daily=tuple((first + n, daily.get(first + n, Sum())) for n in range(days)),
            invoices=invoices or None,
        )

    async def months(self) -> list[str]:
        """The months that there is anything of, the newest first; the running one always."""
        known = await self._store.read(usage.closed)
        here = month_of(self._now_ms())
        found = [here]
        first = here if known is None else month_of(known[0] * DAY)
        while found[-1] > first and len(found) < 36:
            found.append(_before(found[-1]))
        return found

    # -- one's own ---------------------------------------------------------------------------------

    async def mine(self, person_id: str) -> list[Mine]:
        """A person's own answers of a year, by month and model, from what they have kept."""
        since = self._now_ms() - 366 * DAY
        return await self._store.read(lambda connection: usage.mine(connection, person_id, since))

    async def my_keys(self, person_id: str) -> list[tuple[str, str, int | None]]:
        """A person's keys: name, hint, day of the last use."""
        return await self._store.read(lambda connection: usage.my_keys(connection, person_id))

    # -- the grid ----------------------------------------------------------------------------------

    async def grid(self) -> Grid:
        """The factor that CO2 is computed with."""
        text = await self._store.read(usage.grid)
        return Grid() if text is None else msgspec.json.decode(text, type=Grid)

    async def set_grid(self, grams: float | None, as_of: str, source: str, by: str) -> None:
        """Enter another factor.

        Raises:
            InvalidField: it is out of range, or without its source or day.
        """
        if grams is None or not 0 <= grams <= 2000:
            raise InvalidField(field="grams", reason=N_("a number from 0 to 2000"), param="grams")
        if not source.strip():
            raise InvalidField(
                field="source", reason=N_("say where the number comes from"), param="source"
            )
        year = as_of.strip()
        if not (len(year) == 4 and year.isascii() and year.isdigit()):
            year = checked_day(as_of)
        made = msgspec.json.encode(Grid(grams=grams, as_of=year, source=source.strip()[:200]))

        def work(connection: Any) -> dict[str, Fact] | None:
            before = usage.grid(connection)
            if before == made.decode():
                return None
            usage.save_grid(connection, made.decode())
            return {"before.factor": before, "after.factor": made.decode()}

        await self._trail.change("grid_factor.set", work, actor=by, subject="house")


def parted(
    here: Iterable[usage.Here], used: Iterable[tuple[usage.Account, str]]
) -> Mapping[tuple[usage.Account, str], str]:
    """The rule, for the store."""
    return cells([Member(one.accounts, one.models) for one in here], used)


def sorted_by(found: Sequence[Cell], dimension: str) -> dict[tuple[str, bool], Line]:
    """Cells added up by one dimension; those of few go together where people are sorted."""
    lines: dict[tuple[str, bool], Line] = {}
    for cell in found:
        key, others = _place(cell, dimension)
        known = lines.get((key, others))
        services = cell.cell == KEY and dimension in {"group", "cost_centre"}
        lines[key, others] = (
            Line(key=key, others=others, services=services, sum=cell.sum)
            if known is None
            else replace(known, services=known.services and services, sum=known.sum + cell.sum)
        )
    return lines


def _place(cell: Cell, dimension: str) -> tuple[str, bool]:
    if dimension in {"group", "cost_centre"}:
        if cell.cell == OTHERS:
            return "", True
        return (cell.group_id if dimension == "group" else cell.cost_centre), False
    if dimension == "key":
        return (cell.service_key, False) if cell.cell == KEY else ("", cell.cell in {OWN, OTHERS})
    return {"model": cell.model, "zone": cell.zone, "provider": cell.provider}[dimension], False


def spent(connection: Any, period: str) -> dict[str, Sum]:
    """What groups and cost centres used in a month, by scope: those alone that figures may name."""
    first, after = (day_of(at) for at in span_of(period))
    found = usage.between(connection, first, after)
    out = {}
    for kind in ("group", "cost_centre"):
        for line in sorted_by(found, kind).values():
            if line.key and not line.others and not line.services:
                out[f"{kind}:{line.key}"] = line.sum
    return out


def total(found: Iterable[Cell]) -> Sum:
    """Everything that is in figures."""
    added = Sum()
    for cell in found:
        added += cell.sum
    return added


def elsewhere(sum_: Sum, price: Price, minimum: float, at_ms: int) -> int | None:
    """Micro-EUR that the tokens of a sum would cost at a price, with its least amount; None: unknown.

    Tiers by length are taken at the average call; none of the cache's rebates is counted.
    """
    if not sum_.calls:
        return 0
    calls = sum_.calls
    each = Tokens(
        input_tokens=round(sum_.input_tokens / calls),
        output_tokens=round(sum_.output_tokens / calls),
    )
    if not price.tiers:
        each = Tokens(input_tokens=sum_.input_tokens, output_tokens=sum_.output_tokens)
        calls = 1
    cost = cost_micro_eur(each, replace(price, per_request=0.0, until_ms=None, then=None), at_ms)
    if cost is None:
        return None
    whole = cost * calls + price.per_request * 1e6 * sum_.calls
    return round(max(whole, minimum * 1e6))


def _before(period: str) -> str:
    """The month before a month."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"
