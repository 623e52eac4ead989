# SPDX-License-Identifier: EUPL-1.2
"""What the page of prices shows: of providers as entered or listed, of the house as its figures come to."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A model's price now. All but ``known`` are words; ``href`` leads to its form and history."""

    title: str
    id: str
    zone: str
    known: bool
    input: str
    output: str
    more: str
    source: str
    since: str
    old: bool
    href: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a history; ``state`` are words such as "holds now"; ``text`` is the price."""

    valid_from: str
    text: str
    source: str
    entered: str
    state: str
    now: bool
    day: str
    """``valid_from`` as people write it."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The fields of one tier."""

    above: str = ""
    since: str = ""
    until: str = ""
    input: str = ""
    output: str = ""
    cached: str = ""


@dataclass(frozen=True, slots=True)
class PriceForm:
    """The form of one price, its texts as typed, and what was entered before."""

    provider: str
    model: str
    title: str
    valid_from: str
    currency: str
    rate: str
    input: str
    output: str
    cached: str
    per_request: str
    minimum: str
    parameters: str
    source: str
    tiers: tuple[Tier, ...]
    history: tuple[Entry, ...]

    @property
    def whole(self) -> bool:
        """Whether it is about the provider as a whole."""
        return not self.model


@dataclass(frozen=True, slots=True)
class Field:
    """A number of the figures: name, label, text, hint, and whether it is needed."""

    name: str
    label: str
    value: str
    hint: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class OwnForm:
    """The form of figures of own hardware; ``parts`` are a month's costs in words, ``result`` the price."""

    model: str
    title: str
    valid_from: str
    fields: tuple[Field, ...]
    parts: tuple[tuple[str, str], ...]
    result: str
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class PricesPage:
    """All prices; a form when one was chosen. ``rate`` are words about USD."""

    shell: Shell
    tabs: Tabs
    outside: tuple[PriceRow, ...]
    inside: tuple[PriceRow, ...]
    providers: tuple[tuple[str, str, str], ...]
    rate: str
    form: PriceForm | None = None
    own: OwnForm | None = None
    done: str = ""
    error: str = ""
