# SPDX-License-Identifier: EUPL-1.2
"""What was said, as the chat's pages and fragments show it. Words are in the reader's language already."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Where a message stands among its versions: ``place`` of ``of`` from 1, the neighbours' ids."""

    place: int = 1
    of: int = 1
    before: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A file of a question: its name, what there is to say of it, and where it can be had."""

    id: str
    name: str
    note: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """What a person said."""

    kind = "question"

    id: str
    conversation: str
    text: str
    files: tuple[Chip, ...] = ()
    versions: Versions = Versions()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """What a model said, finished or not.

    ``html`` is the finished blocks, joined; ``tail`` the words of an unfinished one. ``events`` is the
    address of a running answer's events, and ``after`` the number of the last one shown. ``waiting`` is
    a sentence, or empty. ``column``: it stands side by side with others.
    """

    kind = "answer"

    id: str
    who: str
    html: str
    tail: str = ""
    thought: str = ""
    state: str = "done"
    waiting: str = ""
    events: str = ""
    stop: str = ""
    after: int = 0
    column: bool = False
    end: "EndView"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestView:
    """Answers of several models to one question, side by side, until one is kept."""

    kind = "contest"

    answers: tuple[AnswerView, ...]


SaidView: TypeAlias = QuestionView | AnswerView | ContestView


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """A notice of a guard: what it is about, the reason, and where one objects."""

    about: str
    reason: str
    objection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView:
    """What stands beneath a finished answer: what went wrong, the facts, other versions, tools.

    ``line`` is the quiet summary, ``table`` all that is known as label and value; ``left_out`` are
    sentences about what the model was not sent. ``sound``: it can be read aloud.
    """

    id: str
    conversation: str
    shown: bool
    kind: Literal["", "info", "warn", "bad"] = ""
    happened: str = ""
    kept: str = ""
    words: bool = True
    zone: str = ""
    line: tuple[str, ...] = ()
    table: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    flags: tuple[FlagView, ...] = ()
    go_on: bool = False
    keep: bool = False
    versions: Versions = Versions()


@dataclass(frozen=True, slots=True)
class TurnPart:
    """The fragment that a started turn adds to the thread; ``question`` is None when asked again."""

    question: QuestionView | None
    answer: AnswerView | ContestView


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforePart:
    """The fragment of earlier messages; ``hidden`` more stand before them, the first is ``first``."""

    conversation: str
    said: tuple[SaidView, ...]
    hidden: int
    first: str
    shown_next: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """The editor of a question, as a page or (without a shell) as a fragment."""

    shell: Shell | None
    conversation: str
    question: QuestionView
    model: str
    data_class: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainPage:
    """The choice of models that answer once more; ``models`` are groups of a heading and pairs."""

    shell: Shell | None
    conversation: str
    message: str
    models: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    chosen: str
    data_class: str
    most: int
    error: str = ""
