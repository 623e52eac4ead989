# SPDX-License-Identifier: EUPL-1.2
"""What people see of the border: where a text would go, what asks or refuses, what would be hidden.

Words are in the reader's language already; the texts are the person's own.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hausgeist.web.contexts.shell import Shell

Fields: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values of a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmpelView:
    """Where a text will go and why. ``refused``: the border would not let it; ``label`` may be empty.

    ``instead`` is a model in the house that could answer (id and name); ``more`` are the places where
    further models answer side by side; ``leaves``: a preview has something to show.
    """

    zone: str
    label: str
    reason: str
    refused: bool = False
    leaves: bool = False
    instead: tuple[str, str] | None = None
    more: tuple["AmpelView", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopView:
    """What stops a question on its way out, with what can be done at once.

    ``agree`` is what one agrees to, empty where nothing helps; ``fields`` go along where the form that
    was sent is no longer there. ``preview`` is where one sees what would leave, or empty.
    """

    title: str
    said: tuple[str, ...]
    agree: str = ""
    instead: tuple[str, str] | None = None
    fields: Fields = ()
    preview: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenPart:
    """A hidden passage: the token that leaves, what stands behind it, and its kind in words."""

    token: str
    value: str
    kind: str
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """Words that leave as they are."""

    text: str


SheetPart: TypeAlias = TextPart | HiddenPart


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetText:
    """A text that leaves: ``label`` says what it is; ``note`` counts what is hidden in it."""

    label: str
    parts: tuple[SheetPart, ...]
    note: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Something that is hidden, however often: the token that stands for it, and ``times`` in words.

    ``undo`` is on the button that takes it back; empty where no click does.
    """

    token: str
    value: str
    kind: str
    times: str
    undo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What would leave for one place or several. ``kind`` says whether anything would."""

    kind: Literal["leaves", "stays", "refused", "asks"]
    ampel: AmpelView
    models: str
    line: str
    agree: str = ""
    """What one agrees to by sending."""
    entities: tuple[Entity, ...] = ()
    texts: tuple[SheetText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPage:
    """What would leave, as a page or (without a shell) as a fragment.

    ``action`` is where the question goes, ``again`` where corrections go, ``fields`` what the composer had.
    ``corrected`` are passages the person decided on: the words, whether hidden.
    """

    shell: Shell | None
    action: str
    again: str
    sheets: tuple[Sheet, ...]
    fields: Fields = ()
    corrected: tuple[tuple[str, bool], ...] = ()
