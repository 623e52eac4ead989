# SPDX-License-Identifier: EUPL-1.2
"""What the page of the organisation's own words shows."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Pager, Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class WordRow:
    """One of them; ``kind`` and ``added`` in words."""

    id: str
    value: str
    kind: str
    hide: bool
    pattern: bool
    added: str


@dataclass(frozen=True, slots=True)
class WordFilter:
    """What is searched for; empty: whatever."""

    words: str = ""
    kind: str = ""
    way: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or self.kind or self.way)


@dataclass(frozen=True, slots=True)
class WordsPage:
    """``kinds``: value and words of what can be chosen. ``detectors``: how they are, in a sentence."""

    shell: Shell
    tabs: Tabs
    rows: tuple[WordRow, ...]
    pager: Pager
    chosen: WordFilter
    kinds: tuple[tuple[str, str], ...]
    detectors: str
    down: bool
    value: str = ""
    list: str = ""
    done: str = ""
    error: str = ""
