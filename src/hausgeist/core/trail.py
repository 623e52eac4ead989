# SPDX-License-Identifier: EUPL-1.2
"""An event of the audit trail, as a value. Content of prompts and answers never enters one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Fact = str | int | float | bool | None

FACT_MOST = 500
"""Characters of a fact of a change; what is longer is cut."""

USED = (
    "call.",
    "session.",
    "login.failed",
    "login.refused",
    "share.",
    "conversations.",
    "temporary.",
)
"""Kinds of events that tell of somebody's use of the house: their actors cannot be linked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Something that happened: ``kind`` such as ``call.refused`` or ``key.created``.

    ``actor`` is a keyed pseudonym, in events of use (``USED``) another one in each. ``subject`` names
    what was acted on (an id, never a name).
    ``facts`` are flat; a change carries ``before.…`` and ``after.…``.
    """

    kind: str
    at_ms: int
    actor: str
    subject: str = ""
    facts: tuple[tuple[str, Fact], ...] = field(default=())


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, Fact]:
    """``before.…`` and ``after.…`` of every value that differs, by name; what is missing is None.

    Values are facts, or lists and dictionaries of JSON, which become its text.
    """
    facts: dict[str, Fact] = {}
    for name in sorted(before.keys() | after.keys()):
        then, now = before.get(name), after.get(name)
        if then != now:
            facts[f"before.{name}"], facts[f"after.{name}"] = _fact(then), _fact(now)
    return facts


def _fact(value: object) -> Fact:
    if value is None or isinstance(value, int | float | bool):
        return value
    if isinstance(value, str):
        return value[:FACT_MOST]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:FACT_MOST]
