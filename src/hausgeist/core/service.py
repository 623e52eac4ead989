# SPDX-License-Identifier: EUPL-1.2
"""A student in service, as values: which calls it answers, from which score on, and who is asked after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

CALLER, OWNER = "caller", "owner"
"""Who pays for the models that are asked after a student."""


class Stage(StrEnum):
    """Where a deployment stands."""

    CANARY = "canary"
    """It answers a share; whoever answered before answers the rest."""
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt that programs send again and again, with a text in it.

    ``system`` is what comes before the user's message; that begins with ``prefix`` and ends with ``suffix``,
    with the text between. ``model``: only calls to it, empty: to whichever. ``named``: labels are answered by
    their names, as the teacher did, not by their keys. ``released``: an administrator agreed that calls of
    everybody are answered; until then it is those of ``owner`` alone, whom nobody keeps here.
    """

    system: str
    prefix: str = ""
    suffix: str = ""
    model: str = ""
    named: bool = False
    released: bool = False
    owner: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over what the calls have in common."""
        parts = json.dumps([self.system, self.prefix, self.suffix, self.model], ensure_ascii=False)
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()

    def text_in(self, said: str) -> str | None:
        """The text within a user's message; None where the message is not made by this template."""
        if len(said) < len(self.prefix) + len(self.suffix):
            return None
        if not (said.startswith(self.prefix) and said.endswith(self.suffix)):
            return None
        return said[len(self.prefix) : len(said) - len(self.suffix)].strip()


@dataclass(frozen=True, slots=True)
class Chain:
    """Who is asked beside the student: rules before it; after it models in their order, then people.

    ``rules`` is the id of a student made of rules, empty: none. ``groups``: who may call; None: everyone in
    the house, empty: the task's members alone. ``payer``: to whom the models' calls are booked, the caller or
    the task's owner; budgets of whoever it is bound them.
    """

    rules: str = ""
    teachers: tuple[str, ...] = ()
    queue: bool = True
    groups: tuple[str, ...] | None = None
    template: Template | None = None
    payer: str = CALLER

    def encode(self) -> str:
        """As JSON text, without the template's owner: who that is stands with the task's people."""
        plain = asdict(self)
        if self.template is not None:
            del plain["template"]["owner"]
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    def owned(self, owner: str) -> Chain:
        """With the template's owner."""
        if self.template is None:
            return self
        return replace(self, template=replace(self.template, owner=owner))

    @classmethod
    def decode(cls, text: str) -> Chain:
        """What ``encode`` wrote."""
        plain = json.loads(text)
        template = plain.pop("template", None)
        groups = plain.pop("groups", None)
        return cls(
            rules=plain["rules"],
            teachers=tuple(plain["teachers"]),
            queue=plain["queue"],
            groups=None if groups is None else tuple(groups),
            template=None if template is None else Template(**template),
            payer=plain.get("payer", CALLER),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A student in service. ``share`` and ``shadow`` are 0 to 1; times are milliseconds since the epoch.

    ``checks`` is the list as it was ticked, plain JSON: by key ``ok`` and ``said``, and the ``exception``
    with its reason, if one was made. ``was_live``: it answered everything once, so one may go back to it.
    """

    id: str
    task_id: str
    student_id: str
    number: int
    state: Stage
    share: float
    shadow: float
    threshold: float
    chain: Chain
    checks: Mapping[str, Any] = field(default_factory=dict)
    actor: str | None = None
    review_at: int | None = None
    started_at: int = 0
    ended_at: int | None = None

    @property
    def was_live(self) -> bool:
        """Whether it answered everything once."""
        return self.state is Stage.LIVE or bool(self.checks.get("was_live"))
