# SPDX-License-Identifier: EUPL-1.2
"""What the examiner and its child process say to each other: a length in four bytes, then MessagePack.

Findings travel as numbers and words; a text travels in one direction only.
"""

from typing import Final

import msgspec

FRAME_MOST: Final = 64 * 1024 * 1024
"""Bytes of a frame; a longer one is no frame."""


class OwnEntry(msgspec.Struct, array_like=True, frozen=True):
    """One of the organisation's own words. ``pattern``: # stands for a digit, @ for a letter."""

    kind: str
    value: str
    hide: bool
    pattern: bool = False


class Words(msgspec.Struct, array_like=True, tag="words"):
    """From now on these are the organisation's own words."""

    entries: list[OwnEntry]


class Ask(msgspec.Struct, array_like=True, tag="ask"):
    """Examine a text; with ``persons``, look for later mentions of these only.

    ``bare``: without the organisation's own words, which a check of the detectors must not depend on.
    """

    id: int
    text: str
    persons: list[str] = []
    bare: bool = False


class Found(msgspec.Struct, array_like=True, frozen=True):
    """A finding, as in ``core.findings``."""

    start: int
    end: int
    kind: str
    rule: str
    certain: bool
    score: float


class Ready(msgspec.Struct, array_like=True, tag="ready"):
    """The child has loaded everything and put up its barriers; ``error`` says why not."""

    error: str
    version: str
    barriers: list[str]


class Answer(msgspec.Struct, array_like=True, tag="answer"):
    """What was found in the text of a question; ``error`` is the class of what went wrong."""

    id: int
    found: list[Found]
    error: str = ""


Order = Words | Ask
Reply = Ready | Answer


def packed(message: Order | Reply) -> bytes:
    """A message as a frame."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4) + body
