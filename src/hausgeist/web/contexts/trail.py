# SPDX-License-Identifier: EUPL-1.2
"""What is shown of the audit trail: its newest signed head, a quick check, the proof of one event."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A signed head: how many events, and when."""

    size: str
    when: str


@dataclass(frozen=True, slots=True)
class ShownProof:
    """An event that is proven: its number, its words (empty: erased), and the head it is in."""

    seq: int
    body: str
    size: str


@dataclass(frozen=True, slots=True)
class TrailPage:
    """``note``: the newest head as text, empty before the first. ``looked``: what a check has found."""

    shell: Shell
    tabs: Tabs
    events: str
    since: str
    note: str
    when: str
    key: str
    heads: tuple[HeadRow, ...]
    proof: ShownProof | None = None
    event: str = ""
    looked: str = ""
    error: str = ""
    done: str = ""
