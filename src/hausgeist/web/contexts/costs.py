# SPDX-License-Identifier: EUPL-1.2
"""What the pages of controlling show, and a person's own usage. All but flags are words ready to be read."""

from dataclasses import dataclass

from markupsafe import Markup

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class CostRow:
    """A row of figures; ``note`` says what is special about it. ``cells`` are in the columns' order."""

    title: str
    note: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferRow:
    """What the month's tokens would cost at a price; ``own``: the house can use it today."""

    title: str
    provider: str
    zone: str
    price: str
    since: str
    source: str
    cost: str
    note: str
    own: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to the same page by another dimension or month."""

    key: str
    words: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsPage:
    """A month. ``facts`` are pairs of a name and its figure with a note; charts stand over their tables."""

    shell: Shell
    tabs: Tabs
    month: str
    period: str
    by: str
    until: str
    months: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    facts: tuple[tuple[str, str, str], ...]
    days: Markup | None
    day_rows: tuple[tuple[str, str, str], ...]
    chart: Markup | None
    columns: tuple[str, ...]
    rows: tuple[CostRow, ...]
    total: CostRow
    offers: tuple[OfferRow, ...]
    unknown: tuple[OfferRow, ...]
    offers_chart: Markup | None
    rate: str
    invoices: tuple[tuple[str, str], ...]
    fewest: int
    csv: str
    grid: tuple[str, str, str]
    grid_words: str
    may_change: bool
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A number of the calculator's form: name, label, text, unit and source."""

    name: str
    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakevenPage:
    """The calculator: groups of fields with a title, results, a chart, and what does not fit."""

    shell: Shell
    tabs: Tabs
    groups: tuple[tuple[str, tuple[Asked, ...]], ...]
    rigs: tuple[Choice, ...]
    prices: tuple[Choice, ...]
    share: str
    verdict: str
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...]
    chart: Markup | None
    columns: tuple[str, ...]
    rows: tuple[CostRow, ...]
    parts: tuple[tuple[str, str], ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePage:
    """One's own usage: columns and rows by month and model, and one's keys with the day of their last use."""

    shell: Shell
    chart: Markup | None
    columns: tuple[str, ...]
    rows: tuple[CostRow, ...]
    keys: tuple[tuple[str, str], ...]
    fewest: int
