# SPDX-License-Identifier: EUPL-1.2
"""What the page of a task's rules shows, in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.task import TaskFrame

Pieces = tuple[tuple[str, bool], ...]
"""Parts of a text, with whether a rule finds them."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its figures as words; ``kind`` is what it is written in, ``state`` its key."""

    id: str
    pattern: str
    label: str
    kind: str
    state: str
    note: str
    author: str
    hits: str
    decides: str
    people: str
    dev: str
    teacher: str
    conflicts: int
    broken: str = ""
    failing: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """Two rules that say different things of the same texts."""

    first: str
    first_label: str
    second: str
    second_label: str
    texts: str
    example: str


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The fields of a rule; ``must`` and ``must_not`` one text a line."""

    rule: str = ""
    kind: str = "words"
    pattern: str = ""
    label: str = ""
    note: str = ""
    must: str = ""
    must_not: str = ""


@dataclass(frozen=True, slots=True)
class TrialPart:
    """What a draft would find. ``groups``: a heading with its examples."""

    figures: tuple[tuple[str, str], ...] = ()
    groups: tuple[tuple[str, tuple[Pieces, ...]], ...] = ()
    failing: tuple[str, ...] = ()
    error: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class RulesPage:
    """``verdict`` is a title, a sentence and a kind of notice; ``labels`` and ``kinds`` value and words."""

    frame: TaskFrame
    verdict: tuple[str, str, str]
    figures: tuple[tuple[str, str], ...]
    rules: tuple[RuleRow, ...]
    proposals: tuple[RuleRow, ...]
    conflicts: tuple[ConflictRow, ...]
    form: RuleForm
    labels: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    teacher: str
    sampled: str = ""
    trial: TrialPart | None = None
    done: str = ""
    error: str = ""

    @property
    def shell(self) -> object:
        """The frame of every page."""
        return self.frame.shell


@dataclass(frozen=True, slots=True)
class TrialPage:
    """The part that is put into the page while somebody types."""

    trial: TrialPart
