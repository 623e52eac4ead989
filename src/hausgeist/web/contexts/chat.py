# SPDX-License-Identifier: EUPL-1.2
"""What the chat's pages and fragments show. Words are in the reader's language already."""

from dataclasses import dataclass
from typing import Literal

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class AmpelView:
    """Where a text will go and why. ``refused``: the border would not let it; ``label`` may be empty."""

    zone: str
    label: str
    reason: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class SideRow:
    """A conversation in the list."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Side:
    """The list: headings with their rows; addresses of the next and the first page, or empty."""

    days: tuple[tuple[str, tuple[SideRow, ...]], ...]
    current: str
    older: str = ""
    newest: str = ""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """What a person said."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """What a model said, finished or not.

    ``html`` is the finished blocks, joined; ``tail`` the words of an unfinished one. ``events`` is the
    address of a running answer's events, and ``after`` the number of the last one shown. ``waiting`` is
    a sentence, or empty. ``place`` counts siblings from 1; ``before`` and ``next`` are their ids.
    """

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
    end: "EndView"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView:
    """What stands beneath a finished answer: what went wrong, the facts, other versions, tools."""

    id: str
    conversation: str
    shown: bool
    kind: Literal["", "info", "warn", "bad"] = ""
    happened: str = ""
    kept: str = ""
    words: bool = True
    zone: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    place: int = 1
    of: int = 1
    before: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """The form. ``models`` are groups of a heading and (id, name) pairs; ``parent`` is asked after."""

    conversation: str
    models: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    model: str
    classes: tuple[tuple[str, str], ...]
    data_class: str
    parent: str
    draft: str
    ampel: AmpelView | None
    stop: str = ""
    dictation: bool = False
    speech: bool = False
    """Whether a model hears dictation, or reads answers aloud."""

    @property
    def action(self) -> str:
        """Where the form goes without a script."""
        return f"/c/{self.conversation}" if self.conversation else "/c"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPage:
    """The page of one conversation, or of a new one (``conversation`` is empty).

    ``hidden`` messages stand before those shown; ``shown_next`` is how many to ask for then.
    """

    shell: Shell
    side: Side
    conversation: str
    title: str
    said: tuple[QuestionView | AnswerView, ...]
    composer: Composer
    hidden: int = 0
    shown_next: int = 0
    error: str = ""
    running: bool = False
    starters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnPart:
    """The fragment that a started turn adds to the thread; ``question`` is None when asked again."""

    question: QuestionView | None
    answer: AnswerView


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Rename or delete one conversation."""

    shell: Shell
    conversation: str
    name: str
    error: str = ""
