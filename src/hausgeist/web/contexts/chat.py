# SPDX-License-Identifier: EUPL-1.2
"""What the chat's pages and fragments show. Words are in the reader's language already."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hausgeist.web.contexts.border import AmpelView, Fields, StopView
from hausgeist.web.contexts.chat_list import Side
from hausgeist.web.contexts.files import Attached
from hausgeist.web.contexts.library import AssistantView
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.turns import SaidView


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """The form. ``models`` are groups of a heading and (id, name) pairs; ``parent`` is asked after."""

    conversation: str
    models: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    model: str
    classes: tuple[tuple[str, str], ...]
    data_class: str
    parent: str
    draft: str
    ampel: AmpelView | None
    stop: str = ""
    was: str = ""
    """The conversation's data class, so that choosing less counts as lowering it knowingly."""
    dictation: bool = False
    speech: bool = False
    """Whether a model hears dictation, or reads answers aloud."""
    attached: Attached = field(default_factory=Attached)
    rooms: Mapping[str, int] = field(default_factory=dict)
    """The windows of the models that tell them, in tokens."""
    sees: frozenset[str] = frozenset()
    """The models that see pictures."""
    outside: bool = False
    """Whether any of the models runs outside the house."""
    assistant: str = ""
    """Id of the assistant, whose class and rules the Ampel knows."""
    corrections: Fields = ()
    """What the person said of passages, not sent yet."""

    @property
    def action(self) -> str:
        """Where the form goes without a script."""
        return f"/c/{self.conversation}" if self.conversation else "/c"

    @property
    def preview(self) -> str:
        """Where the form goes to show what would leave."""
        return f"{self.action}/preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPage:
    """The page of one conversation, or of a new one (``conversation`` is empty).

    ``hidden`` messages stand before those shown, the first of which is ``first``; ``shown_next`` is how
    many to ask for then.
    """

    shell: Shell
    side: Side
    conversation: str
    title: str
    said: tuple[SaidView, ...]
    composer: Composer
    hidden: int = 0
    first: str = ""
    shown_next: int = 0
    error: str = ""
    stop: StopView | None = None
    """The border has a question, or says no."""
    kept: str = ""
    """Until when it is kept, in words, where that is soon."""
    running: bool = False
    starters: tuple[str, ...] = ()
    assistant: AssistantView | None = None
    assistants: tuple[AssistantView, ...] = ()
    """A few to begin with; on the start page only."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Rename or delete one conversation."""

    shell: Shell
    conversation: str
    name: str
    error: str = ""
