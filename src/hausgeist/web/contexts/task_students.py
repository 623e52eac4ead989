# SPDX-License-Identifier: EUPL-1.2
"""What the pages of students show: all words and charts made, in the reader's language."""

from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from hausgeist.web.contexts.job import JobView
from hausgeist.web.contexts.task import TaskFrame

Facts: TypeAlias = tuple[tuple[str, str], ...]
Cells: TypeAlias = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class RungChoice:
    """A kind of student to train. ``hint``: what it is, and how long it took last time."""

    name: str
    title: str
    hint: str
    chosen: bool
    there: bool
    bases: tuple[tuple[str, str], ...] = ()
    """The house's bases to choose from, for the rung that trains one of them further: name and words."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A row of the leaderboard; ``cells`` in the order of the columns."""

    title: str
    href: str
    badge: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its sentences, and its numbers as a table."""

    key: str
    title: str
    chart: Markup | str
    words: tuple[str, ...]
    columns: tuple[str, ...] = ()
    rows: Cells = ()
    legend: tuple[tuple[str, str], ...] = ()
    """Tone of the line, and its name."""


@dataclass(frozen=True, slots=True)
class LivePart:
    """How the learning curves grow while a training runs."""

    curves: Drawn | None


@dataclass(frozen=True, slots=True)
class StopBox:
    """Which rules say that it is enough: name in words, badge, tone, figure."""

    progress: str
    advice: str
    tone: str
    rules: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentsPage:
    """``/tasks/{task_id}/students``."""

    frame: TaskFrame
    done: str
    error: str
    job: JobView | None
    live: Drawn | None
    rungs: tuple[RungChoice, ...]
    learns: str
    missing: str
    refused: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[BoardRow, ...]
    older: tuple[BoardRow, ...]
    sentences: tuple[str, ...]
    paid: Facts
    even: tuple[str, ...]
    hour: str
    curve: Drawn | None
    stop: StopBox | None
    suspects: str
    strategies: Facts
    strategy: str
    worth: tuple[str, ...]

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers that are mixed up: how often, and where the texts are."""

    truth: str
    said: str
    count: str
    href: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the confusion matrix; ``heat`` is 0 to 5, ``name`` for those who only hear it."""

    count: str
    heat: int
    href: str
    name: str
    right: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows are what is right, columns what was said."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentPage:
    """``/tasks/{task_id}/students/{student_id}``."""

    frame: TaskFrame
    at: str
    title: str
    headline: str
    facts: Facts
    said: tuple[str, ...]
    charts: tuple[Drawn, ...]
    matrix: Matrix | None
    pairs: tuple[Pair, ...]
    owner: bool
    errors: str

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class Near:
    """A text that the student learnt from and that is like the one at hand."""

    text: str
    value: str
    likeness: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A text on which the student and people differ; ``choices`` are answers to put it right."""

    id: str
    text: str
    partition: str
    truth: str
    said: str
    score: str
    near: tuple[Near, ...]
    choices: Facts
    chosen: str
    rather: str
    keep: bool
    rule: str
    similar: str
    work: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesPage:
    """The error clinic, and the list of answers that are probably wrong."""

    frame: TaskFrame
    at: str
    back: str
    title: str
    lead: str
    cases: tuple[CaseRow, ...]
    left: str
    more: str
    narrow: tuple[tuple[str, str, bool], ...]
    suspects: bool
    nothing: str
    done: str
    error: str
    cell: dict[str, str]
    """Of the confusion matrix, that is looked at: hidden fields of the forms."""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell
