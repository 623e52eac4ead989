# SPDX-License-Identifier: EUPL-1.2
"""Texts become the pieces that an encoder reads, in stretches that it can take; pieces are found by words.

In: a hub's ``tokenizer.json`` and texts. Out: numbers of pieces with their places in the text, windows over
them, and for each of our words the piece that it begins with. Nothing is fetched from anywhere.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from hausgeist.core.tokens import Place
from hausgeist.errors import N_, BaseRefused
from hausgeist.training.bases.shape import Shape

READS_MOST = 100_000
"""Characters of a text that are read at all; what stands behind them is not seen."""
LETTERS_A_PIECE = 40
"""More characters than a piece has on average, in any language: what lies beyond is not even cut."""
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Cut:
    """The pieces of a text: their numbers, and where each stands (start, exclusive end)."""

    numbers: list[int]
    places: list[Place]


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces that are read at once: ``begin`` to ``end`` are read, ``first`` to ``after`` judged."""

    begin: int
    end: int
    first: int
    after: int


class Pieces:
    """A tokenizer. ``head`` and ``tail`` are the special pieces around a text.

    Raises:
        BaseRefused: the tokenizer cannot be read, or knows pieces that the weights do not.
    """

    def __init__(self, content: str, shape: Shape) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(content)
        except Exception:  # noqa: BLE001  a plugin call: the library has no other class for it
            raise BaseRefused(
                reason=N_("{file} cannot be read: it is damaged, or something else."),
                file="tokenizer.json",
            ) from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        special = self._tokenizer.encode("").ids
        self.head, self.tail = special[:1], special[1:]
        if len(special) > 8 or self._tokenizer.get_vocab_size() > shape.vocabulary:
            raise BaseRefused(
                reason=N_(
                    "{file} has words that the weights do not know: they belong to different bases."
                ),
                file="tokenizer.json",
            )

    def cut(self, texts: Sequence[str], most: int | None = None) -> list[Cut]:
        """The pieces of texts; ``most``: no more than so many of each."""
        letters = READS_MOST if most is None else min(READS_MOST, most * LETTERS_A_PIECE)
        whole = [_HALF.sub("?", text[:letters]) for text in texts]
        found = self._tokenizer.encode_batch(whole, add_special_tokens=False)
        return [Cut(one.ids[:most], one.offsets[:most]) for one in found]

    def around(self, numbers: Sequence[int]) -> list[int]:
        """Pieces with the special ones around them."""
        return [*self.head, *numbers, *self.tail]

    def room(self, length: int) -> int:
        """Pieces of a text that fit beside the special ones."""
        return max(1, length - len(self.head) - len(self.tail))


def windows(count: int, room: int) -> Iterator[Window]:
    """Stretches over ``count`` pieces: each piece is judged once, with an eighth of a stretch around it."""
    if count <= room:
        yield Window(0, count, 0, count)
        return
    edge = room // 8
    step = max(1, room - 2 * edge)
    first = 0
    while first < count:
        begin = max(0, min(first - edge, count - room))
        end = min(count, begin + room)
        after = count if end == count else min(count, first + step, end)
        yield Window(begin, end, first, after)
        first = after


def first_pieces(cut: Cut, words: Sequence[Place]) -> list[int]:
    """For each word the index of the piece it begins with; -1 where the tokenizer leaves the word out."""
    solid = [(start, end, at) for at, (start, end) in enumerate(cut.places) if end > start]
    ends = [end for _, end, _ in solid]
    found = []
    for start, end in words:
        at = bisect_right(ends, start)
        there = at < len(solid) and solid[at][0] < end
        found.append(solid[at][2] if there else -1)
    return found
