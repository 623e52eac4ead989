# SPDX-License-Identifier: EUPL-1.2
"""What the pages of egress show: what left, whether it agrees, the canary, the reports. Nobody's usage."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Pager, Tabs
from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where something went, with its share of the month's bytes in percent, for the bar."""

    host: str
    zone: str
    zone_words: str
    class_words: str
    what: str
    count: str
    sent: str
    received: str
    share: int


@dataclass(frozen=True, slots=True)
class DepartureRow:
    """One departure. ``bad``: it did not end as it should."""

    when: str
    host: str
    zone: str
    zone_words: str
    what: str
    class_words: str
    verdict: str
    hidden: str
    sent: str
    received: str
    outcome: str
    bad: bool


@dataclass(frozen=True, slots=True)
class State:
    """A part of the proof: ``kind`` is good, info, warn or bad."""

    title: str
    kind: str
    badge: str
    text: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowRow:
    """A host that the house may connect to."""

    place: str
    reason: str
    zone: str
    zone_words: str


@dataclass(frozen=True, slots=True)
class FlightRow:
    """A flight of the canary."""

    when: str
    outcome: str
    detail: str
    bad: bool


@dataclass(frozen=True, slots=True)
class EgressPage:
    """``silent``: nothing left in this month. ``months``: those to choose from, the newest first."""

    shell: Shell
    tabs: Tabs
    month: str
    month_words: str
    months: tuple[tuple[str, str], ...]
    """The months there are: value and words."""
    running: bool
    silent: bool
    totals: str
    states: tuple[State, ...]
    places: tuple[PlaceRow, ...]
    hidden: str
    rows: tuple[DepartureRow, ...]
    pager: Pager
    zones: tuple[tuple[str, str], ...]
    outcomes: tuple[tuple[str, str], ...]
    hosts: tuple[str, ...]
    chosen_host: str
    chosen_zone: str
    chosen_outcome: str
    flights: tuple[FlightRow, ...]
    reports: tuple[tuple[str, str, str], ...]
    """Month, its words, and when its report was made."""
    allowed: tuple[AllowRow, ...]
    public_key: str
    misses: tuple[str, ...]
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class EgressReportPage:
    """A report as people read it. ``html`` is made from the signed values alone."""

    shell: Shell
    tabs: Tabs
    month: str
    month_words: str
    provisional: bool
    html: str
