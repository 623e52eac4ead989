# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of models: those on offer, those on their way."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model on offer. ``context``, ``size`` and ``facts`` are ready to be read, or empty.

    ``talks``: it could be in the chat; ``hidden``: the chat does not offer it. ``own_title`` and
    ``description`` are the house's words. ``groups``: id, title, whether its people may use it, whether they
    may use all.
    """

    id: str
    title: str
    provider: str
    zone: str
    context: str
    size: str
    facts: str
    loaded: bool
    removable: bool
    hidden: bool
    talks: bool
    own_title: str
    description: str
    groups: tuple[tuple[str, str, bool, bool], ...]


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
    """``running``: something is on its way, and the page looks again by itself.

    ``default_model`` is offered first, else ``by_setting``; ``zones`` are the models to choose it from.
    """

    shell: Shell
    tabs: Tabs
    models: tuple[ModelRow, ...]
    fetches: tuple[FetchRow, ...]
    running: bool
    zones: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    default_model: str = ""
    by_setting: str = ""
    done: str = ""
    error: str = ""
    source: str = ""
