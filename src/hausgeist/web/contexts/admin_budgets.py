# SPDX-License-Identifier: EUPL-1.2
"""What the page of budgets shows. Use of few people is no number: see ``ledger.limits``."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class Bar:
    """How much of one limit is used: words such as 12 of 50 €, and percent for the drawing."""

    words: str
    percent: int


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget. ``limits`` are words; ``bars`` are empty where numbers of use are not told.

    ``state``: good, warn or bad, said in ``state_words``; ``forecast`` are words, or empty;
    ``mark`` is the percentage from which on people are told.
    """

    scope: str
    kind: str
    title: str
    limits: tuple[str, ...]
    bars: tuple[Bar, ...]
    state: str
    state_words: str
    forecast: str
    shown: bool
    mark: int


@dataclass(frozen=True, slots=True)
class BudgetForm:
    """What stands in the form's fields. ``editing``: the scope whose budget is changed, else empty."""

    scope: str = ""
    title: str = ""
    centre: str = ""
    eur: str = ""
    tokens: str = ""
    warn: str = "80"
    editing: bool = False


@dataclass(frozen=True, slots=True)
class BudgetsPage:
    """All budgets, and a form. ``choices``: words of a kind, and the scopes and names to choose from."""

    shell: Shell
    tabs: Tabs
    month: str
    budgets: tuple[BudgetRow, ...]
    choices: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    form: BudgetForm
    fewest: int
    done: str = ""
    error: str = ""
