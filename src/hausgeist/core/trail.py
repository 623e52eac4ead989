# SPDX-License-Identifier: EUPL-1.2
"""An event of the audit trail, as a value. Content of prompts and answers never enters one."""

from dataclasses import dataclass, field

Fact = str | int | float | bool | None

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
