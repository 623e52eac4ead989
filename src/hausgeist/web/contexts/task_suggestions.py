# SPDX-License-Identifier: EUPL-1.2
"""What the page of a task's suggestions shows. All texts are in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.job import JobView
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame


@dataclass(frozen=True, slots=True)
class TeacherRow:
    """A model that could teach. ``why`` says why it may not, or what happens first; ``terms`` in words."""

    id: str
    name: str
    zone: str
    price: str
    terms: str
    terms_tone: str
    permitted: bool
    why: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """What a run would be. ``facts`` are (words, value); ``asks``: the sentence to say yes to, or empty.

    ``said`` are (who, text): what is sent for a real text, word by word.
    """

    model: str
    name: str
    zone: str
    prompt: str
    left: int
    left_words: str
    facts: tuple[tuple[str, str], ...]
    asks: str
    warning: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RoundRow:
    """What came of one prompt. ``counts`` are (state, words, number, tone)."""

    version: str
    name: str
    model: str
    when: str
    counts: tuple[tuple[str, str, str, str], ...]
    lost: str
    cost: str
    terms: str
    policy: str
    blind: str
    seen: str
    open: bool


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One suggestion with the beginning of its text. ``why`` says why there is no answer."""

    item: str
    head: str
    answer: tuple[str, ...]
    state: str
    tone: str
    why: str
    raw: str
    score: str
    reason: str
    facts: str


@dataclass(frozen=True, slots=True)
class SuggestionsPage:
    """The page. ``may_ask``: the reader may start runs. ``version`` and ``state`` say what is listed."""

    frame: TaskFrame
    may_ask: bool
    job: JobView | None
    ended: str
    teachers: tuple[TeacherRow, ...]
    reason: bool
    shots: int
    limit: str
    words: str
    recipe: str
    plan: PlanView | None
    rounds: tuple[RoundRow, ...]
    version: str
    version_name: str
    state: str
    said: tuple[SaidRow, ...]
    before: str
    after: str
    retry: bool
    done: str
    error: str

    @property
    def shell(self) -> Shell:
        """The frame of every page."""
        return self.frame.shell
