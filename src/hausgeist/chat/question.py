# SPDX-License-Identifier: EUPL-1.2
"""What a person asks, and the messages it becomes. Values in, values out; ids are made here."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from hausgeist.chat.leaving import UNSAID, Leaving
from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Part, Reasoning, Text
from hausgeist.errors import InvalidField
from hausgeist.store.chats import Attached, Said

SIDE_BY_SIDE = 4
"""Models that answer one question at once, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as the composer sends it.

    ``models`` answer it, several side by side. ``parent_id`` is the message it is asked after (None: the
    end of the branch that is shown), ``edit`` the question whose new version it is. ``files`` and
    ``assistant`` are ids. ``saw`` is the conversation's data class that the person had before their eyes; if
    it is another one by now, or unknown, a class below the conversation's is raised to it. ``leaving`` is
    what the person has said to the words leaving the house.
    """

    text: str
    models: tuple[str, ...]
    data_class: DataClass
    conversation_id: str | None = None
    parent_id: str | None = None
    edit: str | None = None
    files: tuple[str, ...] = ()
    assistant: str | None = None
    saw: DataClass | None = None
    leaving: Leaving = UNSAID


def new_id() -> str:
    """A fresh random id."""
    return secrets.token_hex(16)


def asked(text: str, files: Sequence[Attached], parent_id: str | None, now_ms: int) -> Said:
    """The message of a question."""
    words = (Text(text),) if text.strip() else ()
    return Said(
        id=new_id(), parent_id=parent_id, role="user", parts=(*files, *words), created_at=now_ms
    )


def awaited(question: Said, models: Sequence[str], now_ms: int) -> tuple[Said, ...]:
    """The messages of the answers to a question, one a model; several are a contest.

    Raises:
        InvalidField: more than ``SIDE_BY_SIDE`` models.
    """
    wanted = tuple(dict.fromkeys(models))
    if len(wanted) > SIDE_BY_SIDE:
        reason = f"at most {SIDE_BY_SIDE} models side by side"
        raise InvalidField(field="against", reason=reason, param="against")
    contest = new_id() if len(wanted) > 1 else None
    return tuple(
        Said(
            id=new_id(),
            parent_id=question.id,
            role="assistant",
            parts=(),
            created_at=now_ms + place,
            state="running",
            model=model,
            touched_at=now_ms,
            contest_id=contest,
        )
        for place, model in enumerate(wanted)
    )


def left_by(said: Said) -> tuple[Part, ...]:
    """What an answer that broke off has: what the next one begins with."""
    return tuple(part for part in said.parts if isinstance(part, Text | Reasoning))


def may_go_on(said: Said) -> bool:
    """Whether an answer broke off with words that can be gone on from."""
    broke_off = said.state in {"stopped", "interrupted", "failed"} or said.finish == "length"
    return said.role == "assistant" and broke_off and bool(said.text.strip())
