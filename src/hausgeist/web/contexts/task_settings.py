# SPDX-License-Identifier: EUPL-1.2
"""What the guideline and the settings of a task show, in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.task import TaskFrame

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of the guideline: what changed, by lines with a sign; ``labels`` are names."""

    version: int
    at: str
    note: str
    labels: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GuidelinePage:
    """The guideline as it holds, or being changed. ``html`` is clean."""

    frame: TaskFrame
    version: int
    html: str
    body: str
    labels: Options
    versions: tuple[VersionRow, ...]
    hard: tuple[tuple[str, str], ...]
    may: bool
    editing: bool = False
    touched: str = ""
    chosen: tuple[str, ...] = ()
    note: str = ""
    error: str = ""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody in the task."""

    id: str
    name: str
    login: str
    part: str
    left: bool
    me: bool


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label, and how many answers name it."""

    key: str
    name: str
    about: str
    answers: str


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """The settings of a task. Shares are in percent; ``lowered`` asks to confirm a lower data class."""

    frame: TaskFrame
    values: dict[str, str]
    metrics: Options
    modes: Options
    classes: Options
    parts: tuple[tuple[str, str, str], ...]
    members: tuple[MemberRow, ...]
    archived: bool
    labels: Options = ()
    reviewer_labels: frozenset[str] = frozenset()
    lowered: bool = False
    done: str = ""
    error: str = ""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class LabelsPage:
    """The labels, and what is to become of them. ``preview`` are sentences: what a change would do."""

    frame: TaskFrame
    labels: tuple[LabelRow, ...]
    version: int
    preview: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    undo: str = ""
    error: str = ""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell

    def others(self, key: str) -> list[tuple[str, str]]:
        """The labels beside one, to choose from."""
        return [(one.key, one.name) for one in self.labels if one.key != key]

    @property
    def filled(self) -> dict[str, str]:
        """What the form said, by field."""
        return dict(self.said)
