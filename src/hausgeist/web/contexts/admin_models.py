# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of models: those on offer, those on their way."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model on offer. ``context``, ``size`` and ``facts`` are ready to be read, or empty."""

    id: str
    title: str
    provider: str
    zone: str
    context: str
    size: str
    facts: str
    loaded: bool
    removable: bool


@dataclass(frozen=True, slots=True)
class FetchRow:
    """A model on its way; ``value`` in percent, None when nobody knows how far."""

    id: str
    source: str
    value: int | None
    note: str
    ended: bool
    error: str


@dataclass(frozen=True, slots=True)
class ModelsPage:
    """``running``: something is on its way, and the page looks again by itself."""

    shell: Shell
    tabs: Tabs
    models: tuple[ModelRow, ...]
    fetches: tuple[FetchRow, ...]
    running: bool
    done: str = ""
    error: str = ""
    source: str = ""
