# SPDX-License-Identifier: EUPL-1.2
"""A rule: a pattern that says an answer without any model, who wrote it, and the texts it must keep to."""

from dataclasses import dataclass, field
from enum import StrEnum


class RuleKind(StrEnum):
    """What a pattern is written in."""

    REGEX = "regex"
    """A regular expression."""
    TOKENS = "tokens"
    """Conditions, one a word."""
    WORDS = "words"
    """A list of words and phrases."""


class RuleState(StrEnum):
    """Whether a rule decides anything."""

    PROPOSED = "proposed"
    """Nobody has looked at it yet."""
    ACTIVE = "active"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a task. Of the active ones, the first by ``position`` that fits decides.

    ``label`` is a label's key; in records ``field`` (the passage fills it) or ``field=value`` (a hit fills
    it with this value). ``must`` and ``must_not`` are texts that it has to find, and may not. ``author`` is
    a member's id, ``teacher`` or ``counted`` (mined from answers). ``bound`` is the lower bound of its
    precision, 0 where nobody has measured it. Times are milliseconds since the epoch.
    """

    id: str
    task_id: str = ""
    kind: RuleKind = RuleKind.REGEX
    pattern: str = ""
    label: str = ""
    state: RuleState = RuleState.PROPOSED
    position: int = 0
    note: str = ""
    must: tuple[str, ...] = field(default=())
    must_not: tuple[str, ...] = field(default=())
    author: str = ""
    created_at: int = 0
    bound: float = 0.0

    @property
    def target(self) -> tuple[str, str]:
        """The field and the constant value that a rule of a record names; the value is mostly empty."""
        name, _, constant = self.label.partition("=")
        return name, constant
