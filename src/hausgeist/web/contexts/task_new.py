# SPDX-License-Identifier: EUPL-1.2
"""What the pages show on which a task is made of a file, in the reader's language."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell

Options = tuple[tuple[str, str], ...]
"""Value and words of what can be chosen."""


@dataclass(frozen=True, slots=True)
class TaskStartPage:
    """Where a file or lines are handed in. ``task``: id of the task that gets them; empty: a new one."""

    shell: Shell
    limit: int
    task: str = ""
    task_title: str = ""
    lines: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class TaskPreviewPage:
    """What is in a file, and what is to become of it. Cells are shortened.

    ``alike`` are labels that differ by capital letters only; ``refused`` are rows that cannot be read,
    with the reason in words; ``complete``: the whole file was looked at.
    """

    shell: Shell
    id: str
    name: str
    size: str
    read: str
    complete: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    refused: tuple[tuple[int, str], ...]
    is_table: bool
    head: bool
    text: str
    label: str
    sign: str
    alike: tuple[tuple[str, ...], ...]
    kinds: tuple[tuple[str, str, str], ...]
    kind: str
    labels: str
    fields: str
    title: str
    classes: Options
    data_class: str
    language: str
    golds: Options
    gold: str
    strata: str
    task: str = ""
    task_title: str = ""
    error: str = ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The columns, to choose from."""
        return [(name, name) for name in self.columns]

    @property
    def others(self) -> list[tuple[str, str]]:
        """The columns beside text and label, to choose from."""
        return [(name, name) for name in self.columns if name not in {self.text, self.label}]
