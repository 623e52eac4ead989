# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the gate show: all words and charts made."""

from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from hausgeist.web.contexts.job import JobView
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame

Facts: TypeAlias = tuple[tuple[str, str], ...]
Cells: TypeAlias = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Calculator:
    """What was asked, in points and percent, and the answers in words."""

    gap: str
    differ: str
    margin: str
    answers: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Cells


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One opening."""

    href: str
    title: str
    words: str
    tone: str
    facts: str
    again: str


@dataclass(frozen=True, slots=True)
class GatePage:
    """``/tasks/{task_id}/gate``."""

    shell: Shell
    frame: TaskFrame
    lead: str
    gold: Facts
    missing: tuple[str, ...]
    power: tuple[str, ...]
    calculator: Calculator
    meter: Markup
    meter_path: bool
    """Whether there is anything to draw."""
    meter_words: str
    meter_facts: Facts
    standings: Cells
    students: tuple[tuple[str, str], ...]
    plan: Facts
    left: str
    may_open: bool
    ready: bool
    topped: bool
    history: tuple[HistoryRow, ...]
    job: JobView | None
    reason: str
    done: str
    error: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A table: title, heads of columns, rows; a note beneath."""

    title: str
    columns: tuple[str, ...]
    rows: Cells
    note: str = ""


@dataclass(frozen=True, slots=True)
class VerdictPage:
    """``/tasks/{task_id}/gate/{opening_id}``."""

    shell: Shell
    frame: TaskFrame
    at: str
    title: str
    headline: str
    tone: str
    void: str
    sentences: tuple[str, ...]
    charts: tuple[tuple[str, Markup], ...]
    figures: Facts
    tables: tuple[Figures, ...]
    job: JobView | None
    waiting: str
    decided: bool
