# SPDX-License-Identifier: EUPL-1.2
"""A list of names, packed: folded words in, what they are as names out. The words cannot be read back.

Three sorted arrays of 32-bit CRCs behind a small head: first names that are frequent, first names that
are rare, surnames. A word that is in none is taken for a surname once in forty thousand times.
"""

import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Self
from zlib import crc32

_HEAD = struct.Struct("<4s3I")
_MAGIC = b"HGN1"

FREQUENT, RARE, SURNAME = 1, 2, 4
"""Flags of a word."""


class Gazetteer:
    """Known first names and surnames."""

    def __init__(self, lists: "tuple[array[int], array[int], array[int]]") -> None:
        """``lists``: sorted CRCs of frequent first names, rare first names, surnames."""
        self._lists = lists

    @classmethod
    def of(cls, frequent: Iterable[str], rare: Iterable[str], surnames: Iterable[str]) -> Self:
        """Made of folded words."""
        first, second, third = (
            array("I", sorted({crc32(word.encode()) for word in words}))
            for words in (frequent, rare, surnames)
        )
        return cls((first, second, third))

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
        return cls((lists[0], lists[1], lists[2]))

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
        for flag, numbers in zip((FREQUENT, RARE, SURNAME), self._lists, strict=True):
            place = bisect_left(numbers, number)
            if place < len(numbers) and numbers[place] == number:
                found += flag
        return found

    def __len__(self) -> int:
        return sum(len(numbers) for numbers in self._lists)
