# SPDX-License-Identifier: EUPL-1.2
"""What the page about the programming interfaces shows: every route, and who may use it."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """A route; ``who`` is in the reader's language."""

    method: str
    path: str
    summary: str
    who: str


@dataclass(frozen=True, slots=True)
class ApiGroup:
    """The routes of one dialect."""

    title: str
    routes: tuple[ApiRoute, ...]


@dataclass(frozen=True, slots=True)
class ApiPage:
    """All groups."""

    shell: Shell
    groups: tuple[ApiGroup, ...]
