# SPDX-License-Identifier: EUPL-1.2
"""A list of names, packed: folded words in, what they are as names out. The words cannot be read back.

Four sorted arrays of 32-bit CRCs behind a small head: first names that are frequent, first names that
are rare, surnames; and common words, which are no names. A word that is in none is taken for a surname
once in forty thousand times.
"""

import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Self
from zlib import crc32

_HEAD = struct.Struct("<4s4I")
_MAGIC = b"HGN2"

FREQUENT, RARE, SURNAME = 1, 2, 4
"""Flags of a word."""


class Gazetteer:
    """Known first names and surnames."""

    def __init__(self, lists: "Sequence[array[int]]") -> None:
        """``lists``: sorted CRCs of frequent first names, rare first names, surnames, common words."""
        self._lists = lists
        self._common = lists[3]

    @classmethod
    def of(
        cls,
        frequent: Iterable[str],
        rare: Iterable[str],
        surnames: Iterable[str],
        common: Iterable[str] = (),
    ) -> Self:
        """Made of folded words."""
        return cls(
            [
                array("I", sorted({crc32(word.encode()) for word in words}))
                for words in (frequent, rare, surnames, common)
            ]
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """From what ``packed`` gave.

        Raises:
            ValueError: it is something else.
        """
        magic, *counts = _HEAD.unpack_from(packed)
        if magic != _MAGIC or len(packed) != _HEAD.size + 4 * sum(counts):
            raise ValueError("not a list of names")
        place = _HEAD.size
        lists = []
        for count in counts:
            numbers = array("I", packed[place : place + 4 * count])
            if sys.byteorder == "big":
                numbers.byteswap()
            lists.append(numbers)
            place += 4 * count
        return cls(lists)

    def packed(self) -> bytes:
        """The file's content; four bytes a name."""
        parts = [_HEAD.pack(_MAGIC, *(len(numbers) for numbers in self._lists))]
        for numbers in self._lists:
            copy = array("I", numbers)
            if sys.byteorder == "big":
                copy.byteswap()
            parts.append(copy.tobytes())
        return b"".join(parts)

    def flags(self, word: str) -> int:
        """What a folded word is: ``FREQUENT``, ``RARE`` and ``SURNAME`` added up."""
        number = crc32(word.encode())
        found = 0
        for flag, numbers in zip((FREQUENT, RARE, SURNAME), self._lists, strict=False):
            place = bisect_left(numbers, number)
            if place < len(numbers) and numbers[place] == number:
                found += flag
        return found

    def is_common(self, word: str) -> bool:
        """Whether a folded word is one of everyday language, and on no list of names."""
        number = crc32(word.encode())
        place = bisect_left(self._common, number)
        return place < len(self._common) and self._common[place] == number

    def __len__(self) -> int:
        return sum(len(numbers) for numbers in self._lists[:3])
