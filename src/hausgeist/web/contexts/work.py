# SPDX-License-Identifier: EUPL-1.2
"""What the annotation page shows: one item with its question, what was decided before, and the guideline."""

from dataclasses import dataclass

from hausgeist.core.tasks import Task
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame


@dataclass(frozen=True, slots=True)
class Choice:
    """A label as a button. ``key`` is what is printed on it; empty: found by typing."""

    label: str
    name: str
    about: str
    cap: str
    suggested: bool = False
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text; with a ``label`` it is a passage. ``dotted``: suggested by a model."""

    text: str
    label: str = ""
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A field of a record with what stands in it. ``choices``: the only ones there are, if any."""

    key: str
    name: str
    about: str
    type: str
    choices: tuple[str, ...]
    many: bool
    values: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """The item on the screen. ``mode`` is a mode's key; ``said`` the member's own answer in words."""

    item: str
    text: str
    mode: str
    gold: bool
    drawn: str
    again: bool
    choices: tuple[Choice, ...]
    pieces: tuple[Piece, ...]
    boxes: tuple[Box, ...]
    suggested: str = ""
    """The suggestion in words, empty: none is shown."""
    said: str = ""
    revealed: str = ""
    """What a model said, after the own answer."""
    comment: str = ""
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A decision in the history strip."""

    id: str
    item: str
    begin: str
    said: str
    hard: bool = False
    comment: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """The guideline beside the item. ``changed``: since the reader's last answer, with what changed."""

    version: int
    html: str
    since: str
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: answers of the reader's, altogether and today; texts with an answer; what is open."""

    mine: int
    today: int
    labelled: int
    total: int
    gold: int
    gold_total: int
    again: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order or a kind of work, in words, with its address."""

    key: str
    words: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class WorkPage:
    """``question`` is None where nothing is left. ``data`` is the JSON that the scripts start from."""

    frame: TaskFrame
    task: Task
    question: Question | None
    works: tuple[Order, ...]
    orders: tuple[Order, ...]
    order: str
    work: str
    like: str
    note: str
    random_percent: int
    progress: Progress
    history: tuple[Past, ...]
    guide: Guide | None
    data: str
    error: str = ""
    may_bulk: bool = False

    @property
    def shell(self) -> Shell:
        """The frame of the page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class BulkText:
    """A text of the sample."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class BulkPage:
    """What would be accepted. ``count`` None: no label is chosen; ``batch``: what was accepted just now."""

    frame: TaskFrame
    task: Task
    label: str
    least: int
    choices: tuple[int, ...]
    count: int | None
    mark: str
    sample: tuple[BulkText, ...]
    batch: str = ""
    undone: int | None = None
    error: str = ""

    @property
    def shell(self) -> Shell:
        """The frame of the page."""
        return self.frame.shell
