# SPDX-License-Identifier: EUPL-1.2
"""What pages show of background work. Words are in the reader's language already."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as people see it. ``total`` of 0: not known yet; ``cost`` is empty where nothing was paid."""

    id: str
    what: str
    state: str
    state_words: str
    tone: str
    """Of its badge: good, bad, warn, accent or empty."""
    over: bool
    done: int
    total: int
    amount: str
    """How far it is: 120 of 1,000."""
    doing: str
    """What it tells of itself."""
    cost: str
    problem: str
    """Why it failed."""
    since: str
    place: str
    """Address of its task; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPart:
    """The part of a page that is fetched again and again."""

    job: JobView


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """One job."""

    shell: Shell
    job: JobView


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """What somebody started."""

    shell: Shell
    jobs: tuple[JobView, ...]
