# SPDX-License-Identifier: EUPL-1.2
"""What the page of a task's people shows: all words and charts made; nobody's name and nobody's member."""

from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame

Facts: TypeAlias = tuple[tuple[str, str], ...]
Cells: TypeAlias = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class CellRow:
    """Two labels against each other; ``heat`` from 1 to 5; ``items`` are address and beginning."""

    words: str
    count: str
    heat: int
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A remark of somebody. ``state`` in words, with its tone."""

    href: str
    begin: str
    words: str
    at: str
    state: str
    tone: str
    hard: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """``/tasks/{task_id}/people``. ``all``: the reader decides here, and sees more than their own figures."""

    frame: TaskFrame
    all: bool
    banner: str
    waiting: str
    headline: str
    tone: str
    agreement: tuple[str, ...]
    figures: Cells
    chart: Markup
    parts_chart: Markup
    parts: Cells
    cells: tuple[CellRow, ...]
    pull_words: str
    pull_tone: str
    pull: tuple[str, ...]
    pull_chart: Markup
    pull_rows: Cells
    checks_words: str
    checks_tone: str
    checks: tuple[str, ...]
    period_words: str
    period: Cells
    own: Facts
    stages: str
    comments: tuple[CommentRow, ...]
    older: str
    rules: tuple[str, ...]

    @property
    def shell(self) -> Shell:
        """The frame of the page."""
        return self.frame.shell
