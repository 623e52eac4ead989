# SPDX-License-Identifier: EUPL-1.2
"""What the page of a temporary chat shows, and what it sends and gets. It holds what was said itself."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec

from hausgeist.web.contexts.border import StopView
from hausgeist.web.contexts.chat import Composer
from hausgeist.web.contexts.chat_list import Side
from hausgeist.web.contexts.shell import Shell
from hausgeist.web.contexts.turns import EndView

TEXT_MOST = 200_000
"""Characters of a question."""
PAPERS_MOST = 20
"""Files of one question."""
SAID_MOST = 1000
"""Messages that a page may send back."""


class PaperSent(msgspec.Struct, forbid_unknown_fields=True):
    """A file as the page holds it: a text, or a picture as a ``data:`` URI of a PNG or JPEG."""

    name: Annotated[str, msgspec.Meta(max_length=300)]
    text: Annotated[str, msgspec.Meta(max_length=2_000_000)] = ""
    picture: Annotated[
        str, msgspec.Meta(pattern=r"^(data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2})?\Z")
    ] = ""


class SaidSent(msgspec.Struct, forbid_unknown_fields=True):
    """A message as the page holds it: a person's or a model's, and nothing else."""

    role: Literal["user", "assistant"]
    text: Annotated[str, msgspec.Meta(max_length=1_100_000)]
    files: Annotated[list[PaperSent], msgspec.Meta(max_length=PAPERS_MOST)] = []


Passages: TypeAlias = Annotated[
    list[Annotated[str, msgspec.Meta(max_length=1000)]], msgspec.Meta(max_length=300)
]


class Question(msgspec.Struct, forbid_unknown_fields=True, rename={"data_class": "class"}):
    """A question with everything that was said before it."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_MOST)]
    model: Annotated[str, msgspec.Meta(max_length=200)]
    data_class: Literal["public", "internal", "personal", "special"]
    files: Annotated[list[PaperSent], msgspec.Meta(max_length=PAPERS_MOST)] = []
    plain: Passages = []
    hidden: Passages = []
    agree: Passages = []
    said: Annotated[list[SaidSent], msgspec.Meta(max_length=SAID_MOST)] = []


class PaperRead(msgspec.Struct):
    """A file that was read for the page and is not kept; ``notes`` say what was left out."""

    text: str
    picture: str
    notes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedView:
    """A message of a temporary chat; a model's has ``who`` and ``html``, and ``end`` when it is known."""

    id: str
    role: str
    text: str = ""
    papers: tuple[str, ...] = ()
    who: str = ""
    html: str = ""
    running: bool = False
    end: EndView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryPage:
    """The page; ``history`` is JSON of what was said, for browsers without a script."""

    shell: Shell
    side: Side
    composer: Composer
    conversation: str = ""
    """Of the list beside it, none is this one."""
    said: tuple[PassedView, ...] = ()
    history: str = "[]"
    draft: str = ""
    error: str = ""
    stop: StopView | None = None
    """The border has a question, or says no."""


@dataclass(frozen=True, slots=True)
class PassedPart:
    """The fragment of a question and its answer under way."""

    said: tuple[PassedView, ...]
