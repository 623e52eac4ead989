# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the drill show: counts of the house, answers to questions. Nobody's usage."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class FareRow:
    """Calls that fare alike. ``tone`` is good, warn or bad; ``share`` percent of all, for the bar."""

    model: str
    zone: str
    zone_words: str
    fate: str
    tone: str
    to: str
    to_zone: str
    to_zone_words: str
    notes: tuple[str, ...]
    calls: str
    share: float
    today: str
    then: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar over everything: what it is, its count, where it begins and how wide, in percent."""

    words: str
    tone: str
    count: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A budget: whose, its limit, a month today and then. ``holds`` of None: a price is unknown."""

    scope: str
    limit: str
    today: str
    then: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class LoadRow:
    """A model of the house in its busiest hour. ``tone`` is good, bad or empty: unknown."""

    model: str
    calls: str
    places: str
    today: str
    then: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class ForecastView:
    """What would become of the calls."""

    without: str
    days: str
    policy: str
    when: str
    calls: str
    few: bool
    cut: bool
    merged: bool
    parts: tuple[Part, ...]
    rows: tuple[FareRow, ...]
    today: str
    then: str
    purposes: tuple[tuple[str, str, str], ...]
    limits: tuple[LimitRow, ...]
    hidden: int
    loads: tuple[LoadRow, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShareView:
    """So many of so many, and the interval, in words; and in percent for the drawing."""

    words: str
    interval: str
    percent: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ComparedView:
    """A model of today and the one that would answer."""

    wanted: str
    today: str
    then: str
    questions: str
    passed_today: ShareView | None
    passed_then: ShareView | None
    failed_today: str
    failed_then: str
    length_today: str
    length_then: str
    as_good: ShareView | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer: whose, its text, whether it passed (None: no criterion), or why there is none."""

    model: str
    text: str
    passed: bool | None
    error: str


@dataclass(frozen=True, slots=True)
class PairView:
    """A question with both answers."""

    question: str
    reference: str
    today: AnswerView
    then: AnswerView
    choice: str


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A drill in the list."""

    id: str
    when: str
    without: str
    state: str
    tone: str
    result: str
    quality: str


@dataclass(frozen=True, slots=True)
class DrillPage:
    """Choose what is gone; the table at once; the drills so far."""

    shell: Shell
    tabs: Tabs
    choices: tuple[tuple[str, str], ...]
    chosen: str
    days: int
    spans: tuple[tuple[int, str], ...]
    view: ForecastView | None
    drills: tuple[DrillRow, ...]
    models: tuple[str, ...]
    questions: str
    administers: bool
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DrillResultPage:
    """A drill that was kept, with its questions."""

    shell: Shell
    tabs: Tabs
    id: str
    state: str
    state_words: str
    tone: str
    done_count: int
    total: int
    progress: str
    view: ForecastView
    compared: tuple[ComparedView, ...]
    pairs: tuple[PairView, ...]
    administers: bool
    done: str = ""
    error: str = ""
