# SPDX-License-Identifier: EUPL-1.2
"""What the adjudication room shows: a text, what people said of it under letters, the guideline."""

from dataclasses import dataclass

from hausgeist.core.tasks import Task
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame
from hausgeist.web.contexts.work import Box, Choice, Guide


@dataclass(frozen=True, slots=True)
class Layer:
    """A piece of the text, and who marked it: pairs of a place (0 to 4) and letters.

    ``tags``: what begins here, as letters and label.
    """

    text: str
    by: tuple[int, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An answer: the letters of those who gave it, in words; ``value`` is what the form sends."""

    letters: str
    key: str
    words: str
    value: str
    comments: tuple[str, ...]
    hard: bool
    chosen: bool
    place: int


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A passage that somebody marked, to be ticked."""

    value: str
    words: str
    letters: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case. ``state`` in words; ``offered`` are the values that people gave to a field, by its key."""

    item: str
    layers: tuple[Layer, ...]
    gold: bool
    partition: str
    state: str
    options: tuple[OptionRow, ...]
    remarks: tuple[str, ...]
    choices: tuple[Choice, ...]
    spans: tuple[SpanRow, ...]
    boxes: tuple[Box, ...]
    offered: dict[str, tuple[str, ...]]
    reason: str
    decided: str


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One of the reader's decisions."""

    item: str
    begin: str
    words: str


@dataclass(frozen=True, slots=True)
class RoomPage:
    """``/tasks/{task_id}/people/room``. ``case`` None: nothing is left to decide."""

    frame: TaskFrame
    task: Task
    case: CaseView | None
    waiting: str
    others: str
    guide: Guide | None
    history: tuple[DecidedRow, ...]
    may_guide: bool
    done: str = ""
    error: str = ""

    @property
    def shell(self) -> Shell:
        """The frame of the page."""
        return self.frame.shell
