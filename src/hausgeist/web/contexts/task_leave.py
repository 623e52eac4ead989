# SPDX-License-Identifier: EUPL-1.2
"""What the page shows from which a task is taken along."""

from dataclasses import dataclass

from markupsafe import Markup

from hausgeist.web.contexts.job import JobView
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.task import TaskFrame


@dataclass(frozen=True, slots=True)
class TakenFile:
    """The file that lies there: its address and what is in it, in words."""

    href: str
    at: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LeavePage:
    """``/tasks/{task_id}/leave``. ``gold``: whether the task has a gold set."""

    frame: TaskFrame
    job: JobView | None
    file: TakenFile | None
    gold: bool
    card: Markup
    purpose: str
    licence: str
    review_on: str
    tickets: tuple[str, ...]
    done: str
    error: str

    @property
    def shell(self) -> Shell:
        """The frame of every page."""
        return self.frame.shell
