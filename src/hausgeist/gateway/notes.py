# SPDX-License-Identifier: EUPL-1.2
"""What the house says of its models beside their cards: a title, a description, whether the chat offers it.

Rows flow in, the directory's cards show it. A hidden model can still be had by its name.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, UnknownModel
from hausgeist.gateway.directory import Directory, Note
from hausgeist.store import model_notes
from hausgeist.store.db import Store

TITLE_MOST: Final = 120
DESCRIPTION_MOST: Final = 500
"""Characters."""


class ModelNotes:
    """Verbs of notes; ``by`` is the id of who does it."""

    def __init__(
        self, store: Store, trail: Trail, directory: Directory, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._trail = trail
        self._directory = directory
        self._now_ms = now_ms

    async def refresh(self) -> None:
        """Read what any process wrote."""
        rows = await self._store.read(model_notes.every)
        self._directory.annotate(
            {row["model"]: Note(row["title"], row["description"], row["hidden"]) for row in rows}
        )

    async def set(self, model: str, note: Note, by: str) -> None:
        """Say something else of a model, or nothing.

        Raises:
            UnknownModel: the house has no such model.
            InvalidField: a text is too long.
        """
        if not self._directory.knows(model):
            raise UnknownModel(model=model, param="model")
        for field, text, most in (
            ("title", note.title, TITLE_MOST),
            ("description", note.description, DESCRIPTION_MOST),
        ):
            if len(text) > most:
                raise InvalidField(
                    field=field, reason=N_("at most {most} characters"), param=field, most=most
                )
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            rows = {row["model"]: row for row in model_notes.every(connection)}
            row = rows.get(model)
            before = Note(row["title"], row["description"], row["hidden"]) if row else Note()
            if before == note:
                return None
            if note == Note():
                model_notes.drop(connection, model)
            else:
                model_notes.put(
                    connection,
                    model,
                    title=note.title,
                    description=note.description,
                    hidden=note.hidden,
                    updated_at=now,
                )
            return {
                "before.title": before.title or None,
                "after.title": note.title or None,
                "before.description": _mark(before.description),
                "after.description": _mark(note.description),
                "before.hidden": before.hidden,
                "after.hidden": note.hidden,
            }

        await self._trail.change("model.changed", work, actor=by, subject=model)
        await self.refresh()


def _mark(text: str) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else None
