# SPDX-License-Identifier: EUPL-1.2
"""An assistant or a prompt as a plain Markdown file, and back: what is written reads the same.

    ---
    kind: prompt
    name: Reply to a letter
    shortcut: letter
    ---

    The text, to the end of the file.

The head is lines of ``key: value``; a value is everything after the first ``: `` to the end of its line,
taken as it stands. This is no YAML: there are no quotes, lists or escapes. Only the keys below are known,
each at most once but ``starter``. Whom an item is for, its owner and its history are not in the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hausgeist.chat.library.bodies import (
    LIMITS,
    STARTERS_MOST,
    AssistantBody,
    Body,
    PromptBody,
    checked,
)
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, BadFields

FILE_MOST = 256 * 1024
"""Bytes of one file."""
HEAD_LINES_MOST = 64
_FENCE = "---"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a file cannot be read: an English sentence of the catalogue, and what fills it.

    ``line`` counts from 1; 0 is the whole file. ``field`` names what the line is about, or is empty.
    """

    text: str
    values: Mapping[str, object]
    line: int = 0
    field: str = ""


class NotPlain(Exception):
    """A file is not what it should be."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].text)
        self.faults = faults


def written(body: Body) -> str:
    """The file of an item; UTF-8, Unix line ends."""
    lines = [_FENCE, f"kind: {'prompt' if isinstance(body, PromptBody) else 'assistant'}"]
    lines += [f"{key}: {value}" for key, value in _pairs(body) if value]
    return "\n".join([*lines, _FENCE, "", body.text, ""])


def read(content: bytes) -> Body:
    """The item of a file, checked.

    Raises:
        NotPlain: with every fault and its line.
    """
    if len(content) > FILE_MOST:
        raise NotPlain(Fault(text=TOO_BIG, values={"most": FILE_MOST // 1024}))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotPlain(Fault(text=NOT_UTF8, values={})) from None
    if "\x00" in text:
        raise NotPlain(Fault(text=NOT_TEXT, values={}))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        raise NotPlain(Fault(text=NO_HEAD, values={}, line=1))
    for end, line in enumerate(lines[1 : HEAD_LINES_MOST + 1], 1):
        if line.rstrip() == _FENCE:
            return _body(lines[1:end], "\n".join(lines[end + 1 :]))
    raise NotPlain(Fault(text=NO_END, values={"most": HEAD_LINES_MOST}, line=1))


TOO_BIG = N_("The file is larger than {most} KiB.")
NOT_UTF8 = N_("The file is not UTF-8 text.")
NOT_TEXT = N_("The file is not text.")
NO_HEAD = N_("The file must begin with a line of three hyphens (---).")
NO_END = N_(
    "The head has no end: a second line of three hyphens is missing in the first {most} lines."
)
NO_PAIR = N_("The line is no 'key: value'.")
NO_KIND = N_("The head must say 'kind: assistant' or 'kind: prompt'.")
UNKNOWN_KEY = N_("The key '{key}' is not known for this kind.")
TWICE = N_("The key '{key}' is there twice.")
NO_NUMBER = N_("'{value}' is no number.")
NO_CLASS = N_("'{value}' is no data class: use public, internal, personal or special.")

_PROMPT_KEYS = frozenset({"kind", "name", "description", "shortcut"})
_ASSISTANT_KEYS = frozenset(
    {"kind", "name", "description", "sign", "colour", "model", "class", "starter", *LIMITS}
)


def _pairs(body: Body) -> list[tuple[str, str]]:
    if isinstance(body, PromptBody):
        return [
            ("name", body.name),
            ("description", body.description),
            ("shortcut", body.shortcut),
        ]
    numbers = [(field, getattr(body.sampling, field)) for field in LIMITS]
    return [
        ("name", body.name),
        ("description", body.description),
        ("sign", body.sign),
        ("colour", body.colour),
        ("model", body.model or ""),
        ("class", body.data_class.word if body.data_class is not None else ""),
        *((field, "" if value is None else repr(value)) for field, value in numbers),
        *(("starter", words) for words in body.starters),
    ]


@dataclass(slots=True)
class _Head:
    """The pairs of a head with their lines, and what is wrong with it."""

    pairs: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    starters: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def _head(lines: list[str]) -> _Head:
    head = _Head()
    for number, line in enumerate(lines, 2):
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not line.strip():
            continue
        if not colon or not key:
            head.faults.append(Fault(text=NO_PAIR, values={}, line=number))
        elif key == "starter":
            head.starters.append(value)
            head.lines.setdefault("starters", number)
        elif key in head.pairs:
            head.faults.append(Fault(text=TWICE, values={"key": key[:40]}, line=number))
        else:
            head.pairs[key], head.lines[key] = value, number
    return head


def _body(head_lines: list[str], text: str) -> Body:
    head = _head(head_lines)
    found, lines, starters, faults = head.pairs, head.lines, head.starters, head.faults
    kind = found.get("kind", "")
    if kind not in {"assistant", "prompt"}:
        raise NotPlain(Fault(text=NO_KIND, values={}, line=lines.get("kind", 1)))
    known = _PROMPT_KEYS if kind == "prompt" else _ASSISTANT_KEYS
    odd = [key for key in found if key not in known]
    if kind == "prompt" and starters:
        odd.append("starter")
        lines["starter"] = lines["starters"]
    faults += [
        Fault(text=UNKNOWN_KEY, values={"key": key[:40]}, line=lines[key], field=key[:40])
        for key in odd
    ]
    body: Body
    if kind == "prompt":
        body = PromptBody(
            name=found.get("name", ""),
            description=found.get("description", ""),
            shortcut=found.get("shortcut", ""),
            text=text,
        )
    else:
        body = replace(
            _assistant(found, lines, faults),
            starters=tuple(starters[: STARTERS_MOST + 1]),
            instructions=text,
        )
    try:
        body = checked(body)
    except BadFields as error:
        faults += [
            Fault(text=sentence, values=values, line=lines.get(field, 0), field=field)
            for field, (sentence, values) in error.faults.items()
        ]
    if faults:
        raise NotPlain(*sorted(faults, key=lambda fault: fault.line))
    return body


def _assistant(
    found: Mapping[str, str], lines: Mapping[str, int], faults: list[Fault]
) -> AssistantBody:
    numbers: dict[str, int | float] = {}
    for key, (kind, _, _) in LIMITS.items():
        if (words := found.get(key, "")) == "":
            continue
        number = number_of(words, kind)
        if number is None:
            values = {"value": words[:40]}
            faults.append(Fault(text=NO_NUMBER, values=values, line=lines[key], field=key))
        else:
            numbers[key] = number
    word = found.get("class", "")
    data_class = None
    if word and word.upper() in DataClass.__members__:
        data_class = DataClass.parse(word)
    elif word:
        values = {"value": word[:40]}
        faults.append(Fault(text=NO_CLASS, values=values, line=lines["class"], field="class"))
    return AssistantBody(
        name=found.get("name", ""),
        description=found.get("description", ""),
        sign=found.get("sign", ""),
        colour=found.get("colour", ""),
        model=found.get("model") or None,
        data_class=data_class,
        sampling=Sampling(**numbers),  # type: ignore[arg-type]  # LIMITS names fields of it
    )


def number_of(words: str, kind: type) -> int | float | None:
    """A number as people write it, with a comma or a point; None when it is none."""
    plain = words.strip().replace(",", ".")
    if len(plain) > 20 or not (_WHOLE if kind is int else _NUMBER).fullmatch(plain):
        return None
    return int(plain) if kind is int else float(plain)
