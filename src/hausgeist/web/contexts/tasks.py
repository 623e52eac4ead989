# SPDX-License-Identifier: EUPL-1.2
"""What the list of tasks, and what a task is called, show in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in the list. ``kind`` and ``part`` are words; ``texts`` and ``answered`` are counts in words."""

    id: str
    title: str
    kind: str
    part: str
    texts: str
    answered: str
    share: int
    """Of the texts that are not kept out, that have an answer; in percent."""
    changed: str


@dataclass(frozen=True, slots=True)
class TasksPage:
    """The tasks somebody works on; ``archived``: those put away. ``demo``: an example is offered."""

    shell: Shell
    tasks: tuple[TaskRow, ...]
    archived: bool
    any_archived: bool
    demo: bool = False
    done: str = ""
    error: str = ""
