# SPDX-License-Identifier: EUPL-1.2
"""Prompts that could become tasks, and the word of a key's owner, as pages show them."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class CandidateCard:
    """A prompt. Sentences are ready to be read; ``why`` says why it is no candidate, empty: it is one.

    ``system``, ``before`` and ``after`` are what stays the same; ``values`` are labels, or a record's fields
    without counts. ``note`` says what the provider's terms forbid. ``task``: the address of the task made.
    """

    id: str
    key: str
    model: str
    service: bool
    ran: str
    answers: str
    saves: tuple[str, ...]
    why: str
    kind: str
    data_class: str
    system: str
    before: str
    after: str
    schema: bool
    values: tuple[tuple[str, str], ...]
    more_values: int
    note: str
    stays: str
    title: str
    task: str


@dataclass(frozen=True, slots=True)
class TrafficPage:
    """All prompts of somebody's keys. ``keys``: those whose owner agreed, with since when."""

    shell: Shell
    candidates: tuple[CandidateCard, ...]
    keys: tuple[tuple[str, str], ...]
    administers: bool
    days: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class KeyTasksPage:
    """One key: whether tasks may be made of its calls. ``since``: a day, empty: they may not."""

    shell: Shell
    action: str
    back: str
    name: str
    service: bool
    active: bool
    since: str
    prompts: int
    samples: str
    days: int
    done: str = ""
