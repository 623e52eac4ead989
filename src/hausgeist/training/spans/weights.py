# SPDX-License-Identifier: EUPL-1.2
"""The weights of a trained chain, and what they make of words: sequences in, scores of labels out.

What a word tells is added up once for each different word; what it tells with its neighbours is looked up
at every place. On disk the weights are whole numbers in steps of 1/512, of labels that have any.
"""

import io
from collections.abc import Mapping, Sequence

import numpy as np

from hausgeist.training.spans.chain import Floats
from hausgeist.training.spans.lists import Lists
from hausgeist.training.spans.looks import (
    EDGE,
    LISTENERS,
    Look,
    around,
    look,
    stretches,
    topics,
)
from hausgeist.training.spans.meanings import Meanings
from hausgeist.training.spans.packing import packed
from hausgeist.training.spans.sequences import OUT

_STEP = 512
_EDGE = 32767
_MOST_WORDS = 30_000
"""Different words that are kept; a thousand bytes each."""
_NEVER = -1000.0
"""The score of what cannot be: a passage that goes on without having begun."""

_ALL = "bias"
"""What every word tells."""

_HEARD = tuple(f"{one}~" for one in LISTENERS)
"""What marks a topic, by who hears it."""

OFFSETS = ("", "-1", "+1", "-2", "+2")


def told(looks: Look, offset: int) -> tuple[str, ...]:
    """What a word tells at an offset, an index of ``OFFSETS``: to itself, and to its neighbours."""
    if offset == 0:
        return looks.own
    mine = looks.next_ if offset < 3 else looks.far
    mark = OFFSETS[offset]
    return tuple(f"{mark}{one}" for one in mine)


def listed_of(looks: Sequence[Look], lists: Sequence[Lists]) -> list[str]:
    """What the lists know of each word; ``looks`` without the edges."""
    words = [one.plain for one in looks]
    first, *others = (one.at(words) for one in lists)
    for other in others:
        first = [f"{a},{b}" if a or b else "" for a, b in zip(first, other, strict=True)]
    return first


def seen(words: Sequence[str], meanings: Meanings | None) -> list[Look]:
    """Look at words, with what they mean if that is known."""
    return meanings.looks(words) if meanings else [look(word) for word in words]


def features_of(
    words: Sequence[str], lists: Sequence[Lists], meanings: Meanings | None = None
) -> list[list[str]]:
    """Everything that is told of every word, for training."""
    edge = look(EDGE)
    looks = seen(words, meanings)
    listed = ["", "", *listed_of(looks, lists), "", ""]
    looks = [edge, edge, *looks, edge, edge]
    found = []
    for at in range(2, len(looks) - 2):
        row = [*told(looks[at], 0), _ALL]
        for offset, far in enumerate((-1, 1, -2, 2), start=1):
            row += told(looks[at + far], offset)
        found.append(row + around(looks, at, listed))
    for first, after in stretches(len(words)):
        some = looks[first + 2 : after + 2]
        about = topics(some)
        for row, one in zip(found[first:after], some, strict=True):
            if one.hears >= 0:
                row += [f"{_HEARD[one.hears]}{topic}" for topic in about]
    return found


class Weights:
    """A trained chain.

    ``labels`` are those of words; ``rows`` are features x labels, ``names`` the features' in the order of
    the rows; ``turns`` are labels x labels, from and to.
    """

    def __init__(  # noqa: PLR0917  what a chain is, in the order of its making
        self,
        labels: Sequence[str],
        names: Sequence[str],
        rows: Floats,
        turns: Floats,
        lists: Sequence[Lists],
        meanings: Meanings | None = None,
    ) -> None:
        self.meanings = meanings
        self.labels = tuple(labels)
        self._names = names
        self._rows = np.concatenate([np.zeros((1, len(labels)), dtype=np.float32), rows])
        self._index = {name: number for number, name in enumerate(names, start=1)}
        self._raw = turns
        self.lists = list(lists)
        self.turns = turns.copy()
        self._first = np.zeros(len(labels), dtype=np.float32)
        for to, label in enumerate(self.labels):
            if label[0] == "I":
                self._first[to] = _NEVER
                for from_, other in enumerate(self.labels):
                    if other == OUT or other[2:] != label[2:]:
                        self.turns[from_, to] = _NEVER
        self._forget()

    def __len__(self) -> int:
        return len(self._names)

    def _forget(self) -> None:
        self._words: dict[str, int] = {}
        self._looks: list[Look] = []
        self._told = np.zeros((0, len(OFFSETS), len(self.labels)), dtype=np.float32)
        self._learn([EDGE])

    def _learn(self, words: Sequence[str]) -> None:
        """Add up what new words tell."""
        index = self._index
        flat: list[int] = []
        ends: list[int] = []
        for word, looks in zip(words, seen(words, self.meanings), strict=True):
            self._words[word] = len(self._looks)
            self._looks.append(looks)
            for offset in range(len(OFFSETS)):
                flat += [index[one] for one in told(looks, offset) if one in index]
                if offset == 0 and _ALL in index:
                    flat.append(index[_ALL])
                flat.append(0)  # so that no sum is of nothing
                ends.append(len(flat))
        sums = np.add.reduceat(self._rows[np.asarray(flat)], [0, *ends[:-1]], axis=0)
        fresh = sums.reshape(len(words), len(OFFSETS), len(self.labels))
        self._told = np.concatenate([self._told, fresh])

    def scores(self, sequences: Sequence[Sequence[str]]) -> Floats:
        """Scores of every word's labels, words x labels, the sequences one after the other."""
        if len(self._words) > _MOST_WORDS:
            self._forget()
        fresh = list(dict.fromkeys(w for words in sequences for w in words if w not in self._words))
        if fresh:
            self._learn(fresh)
        known, looks, index = self._words, self._looks, self._index
        ids: list[int] = []
        middle: list[int] = []
        flat: list[int] = []
        ends: list[int] = []
        firsts: list[int] = []
        about = _Topics(index)
        for words in sequences:
            mine = [0, 0, *(known[word] for word in words), 0, 0]
            some = [looks[one] for one in mine]
            listed = ["", "", *listed_of(some[2:-2], self.lists), "", ""]
            about.add(some[2:-2])
            base = len(ids) + 2
            if words:
                firsts.append(len(middle))
            ids += mine
            middle += range(base, base + len(words))
            for at in range(2, len(mine) - 2):
                flat += [index[one] for one in around(some, at, listed) if one in index]
                flat.append(0)
                ends.append(len(flat))
        if not middle:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        places = np.asarray(middle)
        which = np.asarray(ids)
        found: Floats = np.add.reduceat(self._rows[np.asarray(flat)], [0, *ends[:-1]], axis=0)
        for offset, far in enumerate((0, -1, 1, -2, 2)):
            found += self._told[which[places + far], offset]
        about.tell(found, self._rows)
        found[firsts] += self._first
        return found

    def lean(self, far: float) -> "Weights":
        """These weights, but every word is so much less likely to be outside: natural logarithm of the odds.

        It is taken off the weight that all words have in common, so that nothing else changes, on disk too.
        """
        names, rows = list(self._names), self._rows[1:].copy()
        if _ALL not in names:
            names.append(_ALL)
            rows = np.concatenate([rows, np.zeros((1, len(self.labels)), dtype=np.float32)])
        rows[names.index(_ALL), self.labels.index(OUT)] -= np.float32(far)
        return Weights(self.labels, names, rows, self._raw, self.lists, self.meanings)

    # -- on disk ------------------------------------------------------------------------------------

    def files(self) -> dict[str, bytes]:
        """The files that keep it."""
        whole = np.clip(np.rint(self._rows[1:] * _STEP), -_EDGE, _EDGE).astype(np.int16)
        row, column = np.nonzero(whole)
        turns = np.clip(np.rint(self._raw * _STEP), -_EDGE, _EDGE).astype(np.int16)
        return {
            "words.txt": "\n".join(self._names).encode(),
            "weights.npz": packed(
                values=whole[row, column],
                columns=column.astype(np.uint16),
                counts=np.bincount(row, minlength=len(whole)).astype(np.uint16),
                turns=turns,
            ),
        }

    @classmethod
    def of(
        cls,
        labels: Sequence[str],
        files: Mapping[str, bytes],
        lists: Sequence[Lists],
        meanings: Meanings | None = None,
    ) -> "Weights":
        """What ``files`` gave.

        Raises:
            ValueError, KeyError: it did not.
        """
        text = files["words.txt"].decode()
        names = text.split("\n") if text else []
        with np.load(io.BytesIO(files["weights.npz"]), allow_pickle=False) as kept:
            values, columns, counts = kept["values"], kept["columns"], kept["counts"]
            turns = kept["turns"].astype(np.float32) / _STEP
        if len(counts) != len(names) or turns.shape != (len(labels), len(labels)):
            raise ValueError("not the weights of these labels")
        rows = np.zeros((len(names), len(labels)), dtype=np.float32)
        rows[np.repeat(np.arange(len(names)), counts), columns] = values.astype(np.float32) / _STEP
        return cls(labels, names, rows, turns, lists, meanings)


class _Topics:
    """Gathers what sequences are about, and adds it to the scores of those words that listen."""

    def __init__(self, index: Mapping[str, int]) -> None:
        self._index = index
        self._flat: list[int] = []
        self._ends = [0]
        self._heard: list[tuple[int, int]] = []
        """Places of words with the numbers of their sums."""
        self._words = 0

    def add(self, looks: Sequence[Look]) -> None:
        """Read the next sequence."""
        index, flat, ends = self._index, self._flat, self._ends
        for first, after in stretches(len(looks)):
            some = looks[first:after]
            about = topics(some)
            base = self._words + first
            for kind, mark in enumerate(_HEARD):
                places = [at for at, one in enumerate(some, start=base) if one.hears == kind]
                if places:
                    number = len(ends) - 1
                    self._heard += [(at, number) for at in places]
                    flat += [index.get(f"{mark}{topic}", 0) for topic in about]
                    ends.append(len(flat))
        self._words += len(looks)

    def tell(self, found: Floats, rows: Floats) -> None:
        """Add what they hear to the scores of all words, words x labels."""
        if self._heard:
            sums = np.add.reduceat(rows[np.asarray(self._flat)], self._ends[:-1], axis=0)
            places, numbers = np.asarray(self._heard).T
            found[places] += sums[numbers]
