# SPDX-License-Identifier: EUPL-1.2
"""What administrators see of students that answer in a model's place."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class TakeoverRow:
    """A student with a prompt that it answers. ``keys`` are words on who is known to send it."""

    id: str
    title: str
    facts: tuple[tuple[str, str], ...]
    system: str
    around: str
    keys: str
    released: bool


@dataclass(frozen=True, slots=True)
class TakeoversPage:
    """``/admin/service``."""

    shell: Shell
    tabs: Tabs
    rows: tuple[TakeoverRow, ...]
    done: str
    error: str
