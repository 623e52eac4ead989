# SPDX-License-Identifier: EUPL-1.2
"""What a version of an assistant or a prompt says, as checked values and as the JSON of its row.

Whatever makes one, a form or a file, goes through ``checked``: texts get the same line ends, and each
field that is not right is named. Knows nothing of who may see what.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeAlias

from hausgeist.chat.library.variables import VariableError, variables
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, BadFields

NAME_MOST = 80
DESCRIPTION_MOST = 300
TEXT_MOST = 32_000
"""Characters of an assistant's instructions or of a prompt."""
STARTERS_MOST = 6
STARTER_MOST = 300
SHORTCUT_MOST = 32
MODEL_MOST = 200
COLOURS = ("blue", "teal", "green", "amber", "red", "violet")

LIMITS: Mapping[str, tuple[type, float, float]] = {
    "temperature": (float, 0, 2),
    "top_p": (float, 0, 1),
    "top_k": (int, 1, 1000),
    "max_tokens": (int, 1, 1_000_000),
    "seed": (int, 0, 2**31 - 1),
    "presence_penalty": (float, -2, 2),
    "frequency_penalty": (float, -2, 2),
}
"""The parameters an assistant may set: type, least, most."""

_SHORTCUT = re.compile(r"[a-z0-9äöüß][a-z0-9äöüß_-]*", re.ASCII)
_CONTROL = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SIGN_KINDS = frozenset({"So", "Sk", "Mn", "Me", "Cf", "Lu", "Ll", "Lo", "Nd", "Po", "Sm", "Sc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantBody:
    """A saved assistant. ``model`` of None is the house's default, ``data_class`` of None declares none.

    ``sign`` is a letter or an emoji, ``colour`` one of ``COLOURS``; both may be empty.
    """

    name: str
    description: str = ""
    instructions: str = ""
    model: str | None = None
    sampling: Sampling = Sampling()
    data_class: DataClass | None = None
    starters: tuple[str, ...] = ()
    sign: str = ""
    colour: str = ""

    @property
    def text(self) -> str:
        """What the item is about, whatever its kind."""
        return self.instructions


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBody:
    """A prompt whose ``text`` may have variables; ``shortcut`` is the word after the slash, or empty."""

    name: str
    description: str = ""
    text: str = ""
    shortcut: str = ""


Body: TypeAlias = AssistantBody | PromptBody


def checked(body: Body) -> Body:
    """The body as it is stored: trimmed, with one kind of line end.

    Raises:
        BadFields: fields are missing, too long or not what they should be.
    """
    tidy = _tidied(body)
    faults: dict[str, tuple[str, Mapping[str, object]]] = {}

    def too_long(field: str, value: str, most: int) -> None:
        if len(value) > most:
            faults[field] = (TOO_LONG, {"most": most, "found": len(value)})

    if not tidy.name:
        faults["name"] = (NO_NAME, {})
    too_long("name", tidy.name, NAME_MOST)
    too_long("description", tidy.description, DESCRIPTION_MOST)
    if isinstance(tidy, PromptBody):
        _check_prompt(tidy, faults)
        too_long("text", tidy.text, TEXT_MOST)
    else:
        _check_assistant(tidy, faults)
        too_long("instructions", tidy.instructions, TEXT_MOST)
    if faults:
        raise BadFields(faults)
    return tidy


TOO_LONG = N_("Use at most {most} characters; these are {found}.")
NO_NAME = N_("Give it a name.")
NO_TEXT = N_("Write the text of the prompt.")
NO_INSTRUCTIONS = N_("Say what the assistant should do.")
ODD_SHORTCUT = N_("Use small letters, digits, - and _ only, at most {most} of them.")
ODD_SIGN = N_("Use one letter or one emoji.")
ODD_COLOUR = N_("There is no such colour.")
ODD_MODEL = N_("There is no such model.")
MANY_STARTERS = N_("Use at most {most} starter questions.")
LONG_STARTER = N_("A starter question has at most {most} characters.")
OUT_OF_RANGE = N_("Use a number from {least} to {most}.")


def _tidied(body: Body) -> Body:
    if isinstance(body, PromptBody):
        return PromptBody(
            name=one_line(body.name),
            description=one_line(body.description),
            text=many_lines(body.text),
            shortcut=one_line(body.shortcut).removeprefix("/").lower(),
        )
    return replace(
        body,
        name=one_line(body.name),
        description=one_line(body.description),
        instructions=many_lines(body.instructions),
        model=one_line(body.model or "") or None,
        sampling=Sampling(**_numbers(body.sampling)),
        starters=tuple(words for words in map(one_line, body.starters) if words),
        sign=one_line(body.sign),
        colour=one_line(body.colour),
    )


def _numbers(sampling: Sampling) -> dict[str, Any]:
    """The parameters that are set, as people write them: four places say all there is to say."""
    given = {field: getattr(sampling, field) for field in LIMITS}
    return {
        field: round(value, 4) if isinstance(value, float) else value
        for field, value in given.items()
        if value is not None
    }


def _check_prompt(body: PromptBody, faults: dict[str, tuple[str, Mapping[str, object]]]) -> None:
    if not body.text:
        faults["text"] = (NO_TEXT, {})
    if body.shortcut and (
        len(body.shortcut) > SHORTCUT_MOST or not _SHORTCUT.fullmatch(body.shortcut)
    ):
        faults["shortcut"] = (ODD_SHORTCUT, {"most": SHORTCUT_MOST})
    try:
        variables(body.text)
    except VariableError as error:
        faults["text"] = (error.text, error.values)


def _check_assistant(
    body: AssistantBody, faults: dict[str, tuple[str, Mapping[str, object]]]
) -> None:
    if not body.instructions:
        faults["instructions"] = (NO_INSTRUCTIONS, {})
    if len(body.model or "") > MODEL_MOST:
        faults["model"] = (ODD_MODEL, {})
    if len(body.starters) > STARTERS_MOST:
        faults["starters"] = (MANY_STARTERS, {"most": STARTERS_MOST})
    elif any(len(words) > STARTER_MOST for words in body.starters):
        faults["starters"] = (LONG_STARTER, {"most": STARTER_MOST})
    if body.sign and not _is_sign(body.sign):
        faults["sign"] = (ODD_SIGN, {})
    if body.colour and body.colour not in COLOURS:
        faults["colour"] = (ODD_COLOUR, {})
    for field, (_, least, most) in LIMITS.items():
        value = getattr(body.sampling, field)
        if value is not None and not least <= value <= most:  # not a number is in no range
            faults[field] = (OUT_OF_RANGE, {"least": least, "most": most})


def one_line(text: str) -> str:
    """Words without control characters, with single spaces and none around them."""
    return " ".join(_plain(text.replace("\t", " ").replace("\n", " ").replace("\r", " ")).split())


def many_lines(text: str) -> str:
    """A text with Unix line ends, without control characters but tabs, no empty lines around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_plain(line).rstrip() for line in lines).strip("\n")


def _plain(text: str) -> str:
    return "".join(
        letter for letter in text if letter == "\t" or unicodedata.category(letter) not in _CONTROL
    )


def _is_sign(text: str) -> bool:
    """Whether it is one letter or one emoji with its joiners and variants; never a word."""
    kinds = [unicodedata.category(letter) for letter in text]
    visible = sum(kind not in {"Mn", "Me", "Cf", "Sk"} for kind in kinds)
    joined = text.count("\u200d")
    flag = visible == 2 and all("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in text)
    one = visible == 1 + joined or flag
    return len(text) <= 12 and one and set(kinds) <= _SIGN_KINDS


# -- as JSON ----------------------------------------------------------------------------------------


def to_json(body: Body) -> str:
    """The body as the text of its row."""
    values = asdict(body)
    if isinstance(body, AssistantBody):
        values["data_class"] = None if body.data_class is None else body.data_class.word
        values["sampling"] = _numbers(body.sampling)
    return json.dumps(
        {key: value for key, value in values.items() if value}, ensure_ascii=False, sort_keys=True
    )


def from_json(kind: str, text: str) -> Body:
    """The body of a row. What a later release wrote beside it is ignored."""
    values: dict[str, Any] = json.loads(text)
    if kind == "prompt":
        return PromptBody(**_known(PromptBody, values))
    word = values.pop("data_class", None)
    sampling = {key: value for key, value in values.pop("sampling", {}).items() if key in LIMITS}
    values["starters"] = tuple(values.get("starters", ()))
    return AssistantBody(
        sampling=Sampling(**sampling),
        data_class=DataClass.parse(word) if word else None,
        **_known(AssistantBody, values),
    )


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {key: value for key, value in values.items() if key in names}


def words_of(body: Body) -> str:
    """What a search looks through: small letters, composed characters."""
    shortcut = f"/{body.shortcut}" if isinstance(body, PromptBody) and body.shortcut else ""
    return folded(f"{body.name}\n{shortcut}\n{body.description}\n{body.text}")


def folded(text: str) -> str:
    """A text as searches compare it."""
    return unicodedata.normalize("NFC", text).casefold()
