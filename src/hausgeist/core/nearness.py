# SPDX-License-Identifier: EUPL-1.2
"""Texts that nearly repeat others: a few texts are known, many are asked about, one after the other.

Two texts are near if the Jaccard index of their sets of ``SHINGLE`` letters in a row is at least a threshold.
The answer is exact, not estimated: of each known text only its rarest shingles are indexed, of an asked one
only its rarest are looked for, so many that near texts must share one of them (prefix filtering: Chaudhuri,
Ganti, Kaushik 2006). What no known text has is rarest of all, so most texts are done with after a count.
What that finds is compared in full, unless a count of bits says that it differs in too much.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

SHINGLE = 4
THRESHOLD = 0.8
CHARACTERS_MOST = 20_000
"""Of a text, that are compared."""
_BIT = [1 << at for at in range(512)]
_OTHER = re.compile(r"[\W_]+")


def shingles(text: str) -> frozenset[str]:
    """The shingles of a text: small letters and digits, everything else a space."""
    plain = f" {_OTHER.sub(' ', text[:CHARACTERS_MOST].casefold()).strip()} "
    if len(plain) <= SHINGLE:
        return frozenset((plain,))
    return frozenset([plain[at : at + SHINGLE] for at in range(len(plain) - SHINGLE + 1)])


class Near:
    """Texts by id, to be compared with others."""

    def __init__(self, known: Iterable[tuple[str, str]], threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._sets = {key: shingles(text) for key, text in known}
        often = Counter(one for found in self._sets.values() for one in found)
        rarest = sorted(often, key=lambda one: (often[one], one))
        self._place = {one: at for at, one in enumerate(rarest)}
        self._apart = (1 - threshold) / (1 + threshold) + 1e-9
        self._index: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
        for key, found in self._sets.items():
            entry = key, _bits(found), len(found)
            for one in sorted(found, key=self._place.__getitem__)[: self._prefix(len(found))]:
                self._index[one].append(entry)

    def __len__(self) -> int:
        return len(self._sets)

    def of(self, text: str) -> str | None:
        """The id of a known text that is near enough, if there is one: the first that is found."""
        asked = shingles(text)
        there = asked & self._place.keys()
        first = self._prefix(len(asked)) - (len(asked) - len(there))
        if first <= 0:
            return None
        bits = _bits(asked)
        seen: set[str] = set()
        for one in sorted(there, key=self._place.__getitem__)[:first]:
            for key, theirs, size in self._index.get(one, ()):
                if key in seen:
                    continue
                seen.add(key)
                # of two near texts together, no more than a ninth has only one of them (at 0.8)
                most = (len(asked) + size) * self._apart
                if (bits ^ theirs).bit_count() > most:
                    continue
                shared = len(self._sets[key] & asked)
                if shared >= self._threshold * (len(asked) + size - shared):
                    return key
        return None

    def _prefix(self, size: int) -> int:
        """How many of a text's rarest shingles a near text cannot lack all of."""
        return int((1 - self._threshold) * size + 1e-9) + 1


def _bits(found: frozenset[str]) -> int:
    """A number of 512 bits, each of which says whether an odd number of shingles falls on it.

    Two sets differ in at least as many shingles as their numbers in bits (bitmap filter: Sandes, Teodoro,
    Melo 2020).
    """
    bits = 0
    for one in found:
        bits ^= _BIT[hash(one) & 511]
    return bits
