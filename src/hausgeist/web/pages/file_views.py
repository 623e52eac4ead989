# SPDX-License-Identifier: EUPL-1.2
"""Attached files as pages show them: values of the chat in, views in the reader's language out."""

from collections.abc import Callable, Sequence

from hausgeist.chat.failures import named
from hausgeist.chat.files import PER_QUESTION
from hausgeist.chat.labels import CLASSES
from hausgeist.errors import N_
from hausgeist.gateway.run import CHARS_PER_TOKEN
from hausgeist.locale import counter, translator
from hausgeist.store.files import Held
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.files import Attached, FileChip
from hausgeist.web.visit import Visit

NAMES = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.ms-excel": "Excel",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.oasis.opendocument.text": "OpenDocument",
    "application/vnd.oasis.opendocument.spreadsheet": "OpenDocument",
    "application/vnd.oasis.opendocument.presentation": "OpenDocument",
    "application/rtf": "RTF",
    "text/html": "HTML",
}
"""Kinds of files by names that are the same in every language."""
KINDS = {
    "message/rfc822": N_("Mail"),
    "text/plain": N_("Text"),
    "image/png": N_("Picture"),
    "image/jpeg": N_("Picture"),
}
PAGES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": N_("{count} sheets"),
    "application/vnd.ms-excel": N_("{count} sheets"),
    "application/vnd.oasis.opendocument.spreadsheet": N_("{count} sheets"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": N_(
        "{count} slides"
    ),
    "application/vnd.oasis.opendocument.presentation": N_("{count} slides"),
}
_SUFFIXES = {
    "pdf": "PDF",
    "docx": "Word",
    "xlsx": "Excel",
    "xls": "Excel",
    "pptx": "PowerPoint",
    "png": "image",
    "jpg": "image",
    "jpeg": "image",
    "eml": N_("Mail"),
}
OTHERWISE = N_("By its name it would be another kind of file; it was read as what it is: {kind}.")


def attached(visit: Visit, found: Sequence[Held], language: str) -> Attached:
    """The files somebody has attached."""
    largest = visit.house.settings.file_most
    return Attached(
        files=tuple(chip(held, language) for held in found),
        largest=largest,
        limit=f"{number(largest // (1024 * 1024), language)} MB",
        most=PER_QUESTION,
        per_token=CHARS_PER_TOKEN,
    )


def chip(held: Held, language: str) -> FileChip:
    """One file, short."""
    turn = translator(language)
    problem = ""
    if held.state == "failed":
        problem = named(held.error or "file_interrupted", held.error_values).say(turn)
    return FileChip(
        id=held.id,
        name=held.name,
        state=held.state,
        note=_note(held, turn, language),
        problem=problem,
        is_picture=held.is_picture and held.state == "ready",
        chars=held.chars or 0,
        data_class=held.data_class,
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
    )


def facts(held: Held, language: str) -> tuple[tuple[str, str], ...]:
    """What is known of a file."""
    turn = translator(language)
    known = [(turn(N_("Size")), size(held.size, language))]
    if held.media:
        known.insert(0, (turn(N_("Kind")), _kind(held.media, turn) or held.media))
    if held.pages:
        known.append((turn(N_("Length")), _pages(held, turn, language)))
    if held.chars:
        known.append((turn(N_("Characters")), number(held.chars, language)))
    names = {one.word: words for one, words in CLASSES.items()}
    known.append((turn(N_("Data")), turn(names.get(held.data_class, held.data_class))))
    return tuple(known)


def notes(held: Held, language: str) -> tuple[str, ...]:
    """What was left out or ignored, in sentences."""
    turn = translator(language)
    said = []
    for text, values in held.notes:
        shown = {
            name: number(value, language) if isinstance(value, int) else value
            for name, value in values.items()
        }
        said.append(turn(text).format(**shown))
    kind = NAMES.get(held.media) or KINDS.get(held.media, "")
    suffix = held.name.rpartition(".")[2].lower() if "." in held.name else ""
    promised = _SUFFIXES.get(suffix)
    real = "image" if held.is_picture else kind
    if held.state == "ready" and promised is not None and promised != real:
        said.append(turn(OTHERWISE).format(kind=_kind(held.media, turn)))
    return tuple(said)


def _note(held: Held, turn: Callable[[str], str], language: str) -> str:
    if held.state == "arriving":
        return turn(N_("arriving …"))
    if held.state == "reading":
        return turn(N_("is being read …"))
    if held.state == "failed":
        return turn(N_("could not be read"))
    parts = [_kind(held.media, turn)]
    if held.pages:
        parts.append(_pages(held, turn, language))
    if held.chars:
        counted = counter(language)
        parts.append(
            counted("{count} character", "{count} characters", number(held.chars, language))
        )
    else:
        parts.append(size(held.size, language))
    if notes(held, language):
        parts.append(turn(N_("with notes")))
    return " · ".join(part for part in parts if part)


def _kind(media: str, turn: Callable[[str], str]) -> str:
    """What a kind of file is called; empty for one without a name."""
    words = KINDS.get(media)
    return NAMES.get(media, "") if words is None else turn(words)


def _pages(held: Held, turn: Callable[[str], str], language: str) -> str:
    words = PAGES.get(held.media, N_("{count} pages"))
    if held.pages == 1:
        words = {
            "{count} pages": N_("1 page"),
            "{count} sheets": N_("1 sheet"),
            "{count} slides": N_("1 slide"),
        }[words]
    return turn(words).format(count=number(held.pages or 0, language))
