# SPDX-License-Identifier: EUPL-1.2
"""Prompts that programs send again and again: what of a call stays the same from one to the next.

Texts go in, frames come out. A frame is what a message begins and ends with; between lies the text that
differs from call to call. Knows no database and no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hausgeist.core.labels import Purpose
from hausgeist.core.messages import Text

if TYPE_CHECKING:
    from hausgeist.core.calls import Call

LEAST = 16
"""Characters that two messages without instructions before them must share to be of one template."""
LEAST_BESIDE = 48
"""The same where a system text comes before: letters have a salutation in common, too."""
LONERS = 5
"""So many unlike messages after the same system text: the text is the whole message."""
_OPENS = frozenset(" \t\n\r\"'`<>:=([{»„“#-|")
_CLOSES = frozenset(" \t\n\r\"'`<>.)]}«”“#-|")


def spoken(call: Call) -> tuple[str, str] | None:
    """What comes before the user's message (empty: nothing), and the message; None for anything else.

    One question of a program, in words alone: no conversation, no tools, no pictures.
    """
    if call.purpose is not Purpose.API or call.tools:
        return None
    if call.prompt is not None:
        return None if call.prompt.suffix or call.prompt.echo else ("", call.prompt.text)
    if not 1 <= len(call.messages) <= 2:
        return None
    last, first = call.messages[-1], call.messages[0]
    if last.role != "user" or (first is not last and first.role != "system"):
        return None
    if not all(isinstance(part, Text) for part in (*first.parts, *last.parts)):
        return None
    return ("" if first is last else first.text), last.text


def kinship(system: str, model: str, schema: str, key: bytes) -> str:
    """What calls of one template have in common for certain, as a keyed hash (BLAKE2b, 32 hex digits)."""
    made = hashlib.blake2b(digest_size=16, key=key[:64])
    for one in (system, model, schema):
        data = one.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Frame:
    """What messages begin and end with. ``whole``: one message only, so that all of it is both."""

    prefix: str = ""
    suffix: str = ""
    whole: bool = False

    @classmethod
    def of(cls, said: str) -> Frame:
        """The frame of a single message."""
        return cls(said, said, whole=True)

    @property
    def size(self) -> int:
        """Characters that stay the same."""
        return len(self.prefix) if self.whole else len(self.prefix) + len(self.suffix)

    def holds(self, said: str) -> bool:
        """Whether a message is made with it."""
        if self.whole:
            return said == self.prefix
        if len(said) < len(self.prefix) + len(self.suffix):
            return False
        return said.startswith(self.prefix) and said.endswith(self.suffix)

    def gap(self, said: str) -> str:
        """The text of a message that it holds, without blanks around it."""
        if self.whole:
            return ""
        return said[len(self.prefix) : len(said) - len(self.suffix)].strip()

    def shared(self, said: str) -> Frame:
        """What a further message leaves of it. Never within a word: letters in common are chance."""
        if self.holds(said):
            return self
        prefix = _opened(self.prefix, said)
        room = len(said) - len(prefix)
        if self.whole:
            room = min(room, len(self.prefix) - len(prefix))
        return Frame(prefix, _closed(self.suffix, said, room))


def _opened(prefix: str, said: str) -> str:
    if said.startswith(prefix):
        return prefix
    end = _common(prefix, said)
    while end and prefix[end - 1] not in _OPENS:
        end -= 1
    return prefix[:end]


def _closed(suffix: str, said: str, room: int) -> str:
    if len(suffix) <= room and said.endswith(suffix):
        return suffix
    start = min(_common(suffix[::-1], said[::-1]), room)
    while start and suffix[-start] not in _CLOSES:
        start -= 1
    return suffix[len(suffix) - start :]


def _common(one: str, other: str) -> int:
    """How many first characters are the same; halving, as comparing slices is fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message belongs: the index of a frame (None: a new one), the frame as it is from now on.

    ``absorbed``: indices of frames that turn out to be the same template and become part of it.
    """

    index: int | None
    frame: Frame
    absorbed: tuple[int, ...] = ()


def place(frames: Sequence[Frame], said: str, *, beside: bool) -> Placed:
    """Which of the frames a message is made with. They are kin already: see ``kinship``.

    ``beside``: a system text comes before the message, which can so be the text and nothing else.
    """
    least = LEAST_BESIDE if beside else LEAST
    best: tuple[int, int, Frame] | None = None
    for index, frame in enumerate(frames):
        if frame.size < least:
            continue
        both = frame.shared(said)
        enough = both.size >= least and (frame.whole or 2 * both.size >= frame.size)
        if enough and (best is None or both.size > best[0]):
            best = both.size, index, both
    if best is not None:
        return Placed(best[1], best[2])
    bare = [at for at, one in enumerate(frames) if not one.whole and one.size < least]
    alone = [at for at, one in enumerate(frames) if one.whole]
    if not beside or not (bare or len(alone) + 1 >= LONERS):
        same = (at for at in alone if frames[at].prefix == said)
        return Placed(next(same, None), Frame.of(said))
    first, *others = [*bare, *alone] if bare else alone
    frame = frames[first].shared(said)
    absorbed = [at for at in others if frames[at].whole]
    for at in absorbed:
        frame = frame.shared(frames[at].prefix)
    return Placed(first, frame, tuple(absorbed))
