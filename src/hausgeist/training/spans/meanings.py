# SPDX-License-Identifier: EUPL-1.2
"""Groups of words of like meaning: a word that no example had is known by the company of those that had.

In: the words of the texts that are learnt. Out: groups, coarse and fine, and for any word the group that it
is nearest to, told as two more of its marks. Nearness is that of the built-in sentence encoder's vectors, as
if the word were a sentence. The words that were learnt are kept with their groups; only another one is
encoded when it is met, once. Numbers, links and signs mean nothing here.

Groups: spherical k-means (Dhillon and Modha 2001). That groups of words from unlabelled text help to find
names: Miller, Guinness, Zamanian 2004.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausgeist.training.meaning import WIDTH, remembered, vectors
from hausgeist.training.rows import Floats
from hausgeist.training.spans.looks import Look, look
from hausgeist.training.spans.packing import packed

SIZES = (30, 120, 500)
"""Groups of each grain, at most."""
FEWEST = 4
"""Words a group, on average, at least."""
_ROUNDS = 12
_MOST = 200_000
"""Words that are remembered with their groups."""

FILE = "meanings.npz"


class Meanings:
    """Groups by grain. ``middles``: groups x width, rows of length one; ``known``: words to their groups."""

    def __init__(self, middles: Sequence[Floats], known: dict[str, tuple[int, ...]]) -> None:
        self._middles = list(middles)
        self._learnt = known
        self._known = dict(known)

    @classmethod
    def learn(cls, words: Sequence[str]) -> "Meanings":
        """Groups of these words; the same words give the same groups."""
        usable = sorted({one.plain for one in map(look, words) if _means(one)})
        table = remembered(usable)
        sizes = [min(size, len(usable) // FEWEST) for size in SIZES]
        # as they are kept, so that learning and answering have the same groups
        middles = [_kept(_grouped(table, size)) for size in sizes if size > 1]
        made = cls(middles, {})
        made._add(usable, table)
        return cls(middles, made._known)

    def looks(self, words: Sequence[str]) -> list[Look]:
        """Look at words, and tell of each the groups that it is in."""
        seen = [look(word) for word in words]
        new = {one.plain for one in seen if _means(one) and one.plain not in self._known}
        if new and self._middles:
            if len(self._known) + len(new) > _MOST:
                self._known = dict(self._learnt)
            fresh = sorted(new)
            self._add(fresh, vectors(fresh))
        return [self._told(one) for one in seen]

    def _told(self, one: Look) -> Look:
        groups = self._known.get(one.plain) if _means(one) else None
        if not groups:
            return one
        marks = tuple(f"q{grain}={group}" for grain, group in enumerate(groups))
        return replace(one, own=one.own + marks, next_=one.next_ + marks[-1:])

    def _add(self, words: Sequence[str], table: Floats) -> None:
        nearest = [(table @ middle.T).argmax(axis=1).tolist() for middle in self._middles]
        self._known.update(zip(words, zip(*nearest, strict=True), strict=False))

    # -- on disk ------------------------------------------------------------------------------------

    def files(self) -> dict[str, bytes]:
        """The file that keeps it."""
        words = sorted(self._learnt)
        groups = np.asarray([self._learnt[one] for one in words], dtype=np.uint16)
        middles = {f"middles{at}": one.astype(np.float16) for at, one in enumerate(self._middles)}
        text = np.frombuffer("\n".join(words).encode("utf-8", "surrogatepass"), dtype=np.uint8)
        return {FILE: packed(words=text, groups=groups, **middles)}

    @classmethod
    def of(cls, content: bytes) -> "Meanings":
        """What ``files`` gave.

        Raises:
            ValueError, KeyError: it did not.
        """
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            middles = [_kept(kept[f"middles{at}"]) for at in range(len(kept.files) - 2)]
            words = kept["words"].tobytes().decode("utf-8", "surrogatepass").split("\n")
            groups = kept["groups"]
        words = words if len(groups) else []
        if groups.shape[:1] != (len(words),) or any(one.shape[1:] != (WIDTH,) for one in middles):
            raise ValueError("not the groups of these words")
        if len(words) and groups.shape != (len(words), len(middles)):
            raise ValueError("not as many groups as grains")
        return cls(middles, dict(zip(words, map(tuple, groups.tolist()), strict=True)))


def _kept(middles: NDArray[Any]) -> Floats:
    """Rounded to what a file keeps."""
    return middles.astype(np.float16).astype(np.float32)


def _means(one: Look) -> bool:
    """Whether it is a word that can mean something: two letters or more, and no number, link or sign."""
    return len(one.plain) > 1 and one.plain[0].isalpha() and one.form[:1] in "Xx#@"


def _grouped(table: Floats, size: int) -> Floats:
    """The middles of so many groups, groups x width, rows of length one."""
    chance = np.random.default_rng(size)  # the same groups for the same words
    middles = table[chance.permutation(len(table))[:size]].copy()
    for _ in range(_ROUNDS):
        mine = (table @ middles.T).argmax(axis=1)
        order = np.argsort(mine, kind="stable")
        there, starts = np.unique(mine[order], return_index=True)
        sums = np.add.reduceat(table[order], starts, axis=0)
        middles[there] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return middles
