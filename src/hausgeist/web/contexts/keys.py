# SPDX-License-Identifier: EUPL-1.2
"""API keys as pages show them: a list, a form for a new one, and the one that is shown once."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key. Days are ready to be read, or empty; ``models`` are names, or empty for all."""

    id: str
    name: str
    hint: str
    service: str
    group: str
    models: tuple[str, ...]
    max_class: str
    administers: bool
    created: str
    expires: str
    used: str
    state: Literal["active", "expired", "revoked"]
    collected: str
    """Since which day tasks may be made of its calls; empty: they may not."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What was just made: ``token`` is shown this once."""

    token: str
    name: str


@dataclass(frozen=True, slots=True)
class KeyForm:
    """The form for a new key. ``models`` are those on offer; ``classes``, ``terms`` are choices.

    ``groups`` are those that may pay, by id and title; only a service's key names one.
    """

    action: str
    models: tuple[str, ...]
    classes: tuple[tuple[str, str], ...]
    terms: tuple[tuple[str, str], ...]
    may_administer: bool
    for_service: bool
    groups: tuple[tuple[str, str], ...] = ()
    error: str = ""
    name: str = ""
