# SPDX-License-Identifier: EUPL-1.2
"""What the page of a task's service shows: all words and charts made."""

from dataclasses import dataclass

from markupsafe import Markup

from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the check list. ``facts`` say why."""

    words: str
    ok: bool
    facts: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with the table beneath: heading, drawing, a sentence, column heads, rows."""

    key: str
    title: str
    drawn: Markup
    words: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LiveCard:
    """What is in service. ``share`` and ``shadow`` are percent, as they stand in the form."""

    id: str
    title: str
    state: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    exception: str
    trial: bool
    share: str
    shadow: str
    alarm: str
    alarms: tuple[str, ...]
    charts: tuple[Chart, ...]
    template: str


@dataclass(frozen=True, slots=True)
class PastRow:
    """A deployment that ended."""

    title: str
    facts: str
    exception: str


@dataclass(frozen=True, slots=True)
class WishForm:
    """What was asked for, as it stands in the form."""

    student: str
    wrong: str
    share: str
    shadow: str
    rules: str
    teachers: tuple[str, ...]
    queue: bool
    readers: str
    groups: tuple[str, ...]
    review: str
    exception: str
    threshold: str
    system: str
    prefix: str
    suffix: str
    model: str
    named: bool
    payer: str


@dataclass(frozen=True, slots=True)
class ServicePage:
    """``/tasks/{task_id}/service``. ``snippets``: name and text of what programs can be made of.

    ``payers``: who may pay for the models after a student, value and words; ``people`` how many texts of a
    caller people get in a day.
    """

    shell: Shell
    frame: TaskFrame
    lead: str
    address: str
    snippets: tuple[tuple[str, str], ...]
    live: tuple[LiveCard, ...]
    can_go_back: bool
    owner: bool
    students: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]
    models: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, str], ...]
    checks: tuple[CheckRow, ...]
    bound: str
    ready: bool
    excusable: bool
    form: WishForm
    payers: tuple[tuple[str, str], ...]
    people: str
    past: tuple[PastRow, ...]
    done: str
    error: str
