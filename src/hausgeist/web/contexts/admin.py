# SPDX-License-Identifier: EUPL-1.2
"""What the pages of the administration share, and what they show of services' keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from hausgeist.web.contexts.keys import KeyForm, KeyRow, NewKey
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class TabGroup:
    """Pages of the administration that belong together: key, words, address."""

    title: str
    entries: tuple[tuple[str, str, str], ...]


Tabs = tuple[TabGroup, ...]
"""The administration's pages."""


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """All pages there are for whoever looks; ``about`` says by key what is behind one."""

    shell: Shell
    tabs: Tabs
    about: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a long list is: addresses of the pages beside it, or empty; words such as 51 to 100 of 420."""

    words: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ServiceKeysPage:
    """Keys of services; the keys of people are theirs alone."""

    shell: Shell
    tabs: Tabs
    keys: tuple[KeyRow, ...]
    key_form: KeyForm
    new_key: NewKey | None = None
    done: str = ""
