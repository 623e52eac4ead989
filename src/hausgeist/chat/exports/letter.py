# SPDX-License-Identifier: EUPL-1.2
"""What is written on paper of a conversation: the shown branch, in the reader's language.

A value that goes to a child process as JSON: everything in it is data, nothing is looked up later.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from hausgeist.chat.labels import CLASSES, ZONES
from hausgeist.core.labels import DataClass, Zone
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store.chats import Opened, Said

MARKED = N_(
    "Parts headed “Answer (AI)” were written by an AI model. They can be wrong: check what matters."
)
_ENDINGS = {
    "stopped": N_("This answer was stopped."),
    "interrupted": N_("This answer is not complete."),
    "failed": N_("This answer is not complete."),
    "running": N_("This answer was still being written."),
}


class LetterTurn(msgspec.Struct, frozen=True):
    """A question (plain words) or an answer (Markdown). ``about`` is a line of origin and time."""

    heading: str
    about: str
    text: str
    is_answer: bool
    files: list[str] = []
    note: str = ""


class Letter(msgspec.Struct, frozen=True):
    """A conversation for paper. ``facts`` stand beneath its title; ``page`` has {page} and {pages}."""

    title: str
    organisation: str
    language: str
    facts: list[tuple[str, str]]
    marked: str
    page: str
    turns: list[LetterTurn]
    lacking: str = ""
    """What to say when no font has some characters."""


def letter_of(
    opened: Opened, organisation: str, language: str, now_ms: int, name_of: Callable[[str], str]
) -> Letter:
    """The letter of the branch that was opened. ``name_of`` gives a model's name."""
    turn = translator(language)
    talk = opened.conversation
    facts = [
        (turn(N_("Organisation")), organisation),
        (turn(N_("Begun")), moment(talk.created_at, language)),
        (turn(N_("Exported")), moment(now_ms, language)),
        (turn(N_("Data")), turn(CLASSES[DataClass.parse(talk.data_class)])),
    ]
    return Letter(
        title=talk.title,
        organisation=organisation,
        language=language,
        facts=[(label, words) for label, words in facts if words],
        marked=turn(MARKED),
        page=turn(N_("Page {page} of {pages}")),
        turns=[_turn(said, language, name_of) for said in opened.branch],
        lacking=turn(
            N_("Some characters are in no font of the server; they appear as boxes or by name.")
        ),
    )


def _turn(said: Said, language: str, name_of: Callable[[str], str]) -> LetterTurn:
    turn = translator(language)
    files = [file.name for file in said.files]
    when = moment(said.created_at, language)
    if said.role == "user":
        return LetterTurn(turn(N_("Question")), when, said.text, is_answer=False, files=files)
    zone = said.zone or ""
    known = zone in Zone.__members__.values()
    origin = (
        name_of(said.model or ""),
        turn(ZONES[Zone(zone)]) if known else "",
        str(said.about.get("country", "")),
        when,
    )
    ending = _ENDINGS.get(said.state, "")
    return LetterTurn(
        turn(N_("Answer (AI)")),
        " · ".join(filter(None, origin)),
        said.text,
        is_answer=True,
        files=files,
        note=turn(ending) if ending else "",
    )


def moment(at_ms: int, language: str) -> str:
    """A time as people write it, in the server's time zone."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    if language == "de":
        return f"{at:%d.%m.%Y, %H:%M} Uhr"
    return f"{at.day} {at:%b %Y, %H:%M}"
