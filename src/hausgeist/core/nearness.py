# SPDX-License-Identifier: EUPL-1.2
"""Texts that nearly repeat others: a few texts are known, many are asked about, one after the other.

Two texts are near if the Jaccard index of their sets of ``SHINGLE`` letters in a row is at least a threshold.
The answer is exact, not estimated: of each known text only its rarest shingles are indexed, so many that a
near text must have one of them (prefix filtering: Chaudhuri, Ganti, Kaushik 2006). What that finds is
compared in full. The time of a question grows with the asked text, hardly with how many are known.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

SHINGLE = 4
THRESHOLD = 0.8
CHARACTERS_MOST = 20_000
"""Of a text, that are compared."""
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
        self._index: dict[str, list[str]] = defaultdict(list)
        for key, found in self._sets.items():
            missing = int((1 - threshold) * len(found) + 1e-9)  # so many a near text may lack
            rarest = sorted(found, key=lambda one: (often[one], one))
            for one in rarest[: missing + 1]:
                self._index[one].append(key)

    def __len__(self) -> int:
        return len(self._sets)

    def of(self, text: str) -> str | None:
        """The id of a known text that is near enough, if there is one: the first that is found."""
        asked = shingles(text)
        seen: set[str] = set()
        for one in asked & self._index.keys():
            for key in self._index[one]:
                if key in seen:
                    continue
                seen.add(key)
                found = self._sets[key]
                if min(len(found), len(asked)) < self._threshold * max(len(found), len(asked)):
                    continue
                shared = len(found & asked)
                if shared >= self._threshold * (len(found) + len(asked) - shared):
                    return key
        return None
