# SPDX-License-Identifier: EUPL-1.2
"""What pages show of guards: rules, their form, a text that was tried, and what people say to them."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class GuardRow:
    """A rule of the list; ``places`` and ``action`` in words."""

    id: str
    title: str
    reason: str
    places: str
    action: str
    soft: bool
    enabled: bool
    shipped: bool


@dataclass(frozen=True, slots=True)
class GuardForm:
    """The fields of a rule; ``hits`` and ``passes`` one text a line."""

    id: str = ""
    title: str = ""
    reason: str = ""
    pattern: str = ""
    places: tuple[str, ...] = ("input",)
    action: str = "flag"
    soft: bool = False
    window: str = "300"
    hits: str = ""
    passes: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A text that was tried; ``pieces`` are its parts in order, with the rule that marks one, or empty."""

    text: str
    place: str
    pieces: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[str, str, str], ...] = ()
    """Rule, action and reason of each mark."""
    done: bool = False


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal; ``name`` is whose it is, where somebody else answers it."""

    id: str
    rule: str
    text: str
    when: str
    state: str
    answer: str
    name: str = ""
    title: str = ""
    """Of a rule that comes with the house; empty for others."""


@dataclass(frozen=True, slots=True)
class GuardsPage:
    """``rules`` in the order in which they are shown; ``places`` are value and words."""

    shell: Shell
    tabs: Tabs
    rules: tuple[GuardRow, ...]
    appeals: tuple[AppealRow, ...]
    places: tuple[tuple[str, str], ...]
    tried: Tried
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class GuardPage:
    """One rule's form; ``of`` is the id of the one that is changed, or empty."""

    shell: Shell
    tabs: Tabs
    of: str
    form: GuardForm
    places: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class AppealsPage:
    """A person's own objections, and the form for a new one."""

    shell: Shell
    appeals: tuple[AppealRow, ...]
    rule: str = ""
    title: str = ""
    text: str = ""
    done: str = ""
    error: str = ""
