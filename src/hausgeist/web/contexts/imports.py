# SPDX-License-Identifier: EUPL-1.2
"""What the page of imports shows. Words are in the reader's language already."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """An import: what was found in the file, and how far it is."""

    id: str
    state: str
    sources: str
    span: str
    conversations: int
    messages: int
    skipped: int
    left_behind: int
    people: int
    unreadable: tuple[tuple[str, str], ...]
    unreadable_count: int
    total: int
    done: int
    added: int
    known: int
    data_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """Bring conversations along. ``current``: an import that waits, runs or has ended."""

    shell: Shell
    limit: int
    classes: tuple[tuple[str, str], ...]
    current: ImportView | None = None
    error: str = ""
