# SPDX-License-Identifier: EUPL-1.2
"""What the overview of a task and its list of texts show, in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Pager
from hausgeist.web.contexts.job import JobView
from hausgeist.web.contexts.task import TaskFrame
from hausgeist.web.contexts.task_students import StopBox


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, in one sentence; ``href`` and ``label`` of the button, or empty."""

    words: str
    label: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class PartitionTile:
    """One part of the texts: counts in words, ``share`` of those answered in percent."""

    key: str
    title: str
    about: str
    total: str
    answered: str
    share: int
    dups: str
    again: str


@dataclass(frozen=True, slots=True)
class IntakeView:
    """A file that came in. ``refused`` are reason and count in words."""

    id: str
    name: str
    at: str
    state: str
    added: str
    answers: str
    refused: tuple[tuple[str, str], ...]
    error: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """Where a task stands."""

    frame: TaskFrame
    kind: str
    class_words: str
    step: NextStep
    tickets: tuple[str, ...]
    tiles: tuple[PartitionTile, ...]
    labels: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    intakes: tuple[IntakeView, ...]
    jobs: tuple[JobView, ...]
    owner: bool
    draw: bool
    top_up: str
    golds: tuple[tuple[str, str], ...]
    gold: str
    strata: tuple[tuple[str, str], ...]
    error: str = ""
    stop: StopBox | None = None
    alarms: tuple[str, ...] = ()
    """What a student in service meets that is new, until its owner has seen it."""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A text in the list, shortened."""

    id: str
    text: str
    partition: str
    answered: bool
    dup: bool
    again: bool
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """The texts of a task, narrowed and in pages. ``meta`` is a property and its value, as one text."""

    frame: TaskFrame
    items: tuple[ItemRow, ...]
    pager: Pager
    words: str
    partition: str
    state: str
    meta: str
    partitions: tuple[tuple[str, str], ...]
    metas: tuple[tuple[str, str], ...]
    narrows: bool
    owner: bool
    done: str = ""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One text. ``answers`` are what was said of it, without names; of the gold set there are none."""

    frame: TaskFrame
    row: ItemRow
    text: str
    source: str
    outside: str
    gold: bool
    answers: tuple[str, ...]
    like: str
    datasets: tuple[str, ...]
    owner: bool

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell
