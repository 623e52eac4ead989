# SPDX-License-Identifier: EUPL-1.2
"""What every page of a task has: the frame, the task's own navigation, who is looking."""

from dataclasses import dataclass
from typing import TypeAlias

from hausgeist.core.tasks import Task
from hausgeist.web.contexts.shell import Shell

TaskTabs: TypeAlias = tuple[tuple[str, str, str], ...]
"""Key, words, address."""


@dataclass(frozen=True, slots=True)
class TaskFrame:
    """The frame of a page of a task. ``active`` is the key of its tab; ``part`` what the reader is in it."""

    shell: Shell
    task: Task
    tabs: TaskTabs
    active: str
    part: str
