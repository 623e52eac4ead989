# SPDX-License-Identifier: EUPL-1.2
"""What the house and the children of students say to each other: a length in four bytes, then MessagePack."""

from typing import Any, Final

import msgspec

FRAME_MOST: Final = 128 * 1024 * 1024
"""Bytes of a frame; a longer one is no frame."""


class Row(msgspec.Struct, array_like=True, frozen=True):
    """An example, as in ``core.answers``; ``value`` is its canonical JSON."""

    item: str
    text: str
    value: str
    weight: float
    source: str
    dev: bool = False


class Lesson(msgspec.Struct, array_like=True, tag="lesson"):
    """Train these rungs when all examples have come. ``recipe``: as its ``plain`` gives it."""

    rungs: list[str]
    recipe: dict[str, Any]
    options: dict[str, dict[str, Any]]
    metric: str
    threads: int


class Rows(msgspec.Struct, array_like=True, tag="rows"):
    """Some examples; an empty list: these were all."""

    rows: list[Row]


class Ask(msgspec.Struct, array_like=True, tag="ask"):
    """What does the student in this folder say of these texts?"""

    id: int
    folder: str
    texts: list[str]


class Said(msgspec.Struct, array_like=True, frozen=True):
    """A guess, as in ``core.answers``."""

    labels: tuple[str, ...]
    spans: tuple[tuple[int, int, str], ...]
    fields: tuple[tuple[str, str], ...]
    score: float
    ranked: tuple[tuple[str, float], ...]
    by: str
    far: float


class Ready(msgspec.Struct, array_like=True, tag="ready"):
    """The child has put up its barriers; ``error`` says why not."""

    error: str
    barriers: list[str]


class Answer(msgspec.Struct, array_like=True, tag="answer"):
    """What a student says; ``error`` is the class of what went wrong, with its values."""

    id: int
    said: list[Said]
    error: str = ""
    values: dict[str, str] = {}


class Line(msgspec.Struct, array_like=True, tag="line"):
    """How far a training is."""

    rung: str
    values: dict[str, Any]


class Learned(msgspec.Struct, array_like=True, tag="learned"):
    """A rung is trained and lies in the folder of its name; or it is not: ``error`` and its reason."""

    rung: str
    error: str = ""
    values: dict[str, str] = {}


Order = Lesson | Rows | Ask
Reply = Ready | Answer | Line | Learned


def packed(message: Order | Reply) -> bytes:
    """A message as a frame."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4) + body
