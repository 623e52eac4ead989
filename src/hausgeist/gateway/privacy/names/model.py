# SPDX-License-Identifier: EUPL-1.2
"""A linear-chain CRF at work: tokens in, for each how likely it is part of a person's name out.

Trained elsewhere (``scripts/train_names.py``, CRFsuite); this computes the marginals of Lafferty, McCallum
and Pereira (2001) by forward-backward in plain Python. What a word gives to the score of its own place and of
its neighbours' depends on the word alone and is added up once for each different word of a text, which
makes it faster than handing strings to a library. Of a text nothing is kept when a call ends but small words
that the model knows from its training ("und").

The file: a head, the weights between labels, then sorted CRCs of features with three weights each. The
features cannot be read back.
"""

import math
import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from zlib import crc32

from hausgeist.gateway.privacy.names.features import Seen, pairs, seen, sorts
from hausgeist.gateway.privacy.names.gazetteer import Gazetteer
from hausgeist.gateway.privacy.names.tokens import NEWLINE

LABELS = ("B", "I", "O")
"""Begins a name, goes on in one, is outside."""

_HEAD = struct.Struct("<4sfI")
_MAGIC = b"HGC1"
_STEP = 2048.0  # weights are kept as whole numbers of this part
_EDGE = 32767
_MOST_ROWS = 50_000  # rows of sorts that are kept; they hold no words

Weights = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a word gives to the score of its own place, and of those two and one before and behind it."""

    look: Seen
    own: Weights
    back2: Weights
    back1: Weights
    on1: Weights
    on2: Weights


class Model:
    """Weights that were learnt."""

    def __init__(self, between: Sequence[float], weights: Mapping[int, Weights]) -> None:
        """``between``: nine weights, from label to label, row by row; ``weights`` by a feature's CRC."""
        self._turn = [math.exp(one) for one in between]
        self._weights = weights
        self._common: dict[str, _Known] = {}
        self._rows: dict[tuple[str, str, str, str, str], Weights] = {}

    @staticmethod
    def packed(between: Sequence[float], weights: Mapping[str, Weights]) -> bytes:
        """The content of a file, of weights by feature. Features that come to nothing are left out."""
        rows: dict[int, list[int]] = {}
        for feature, row in weights.items():
            whole = [max(-_EDGE, min(_EDGE, round(one * _STEP))) for one in row]
            if any(whole):
                rows[crc32(feature.encode())] = whole
        keys = array("I", sorted(rows))
        values = array("h", (one for key in keys for one in rows[key]))
        turns = array("f", between)
        if sys.byteorder == "big":
            for numbers in (keys, values, turns):
                numbers.byteswap()
        head = _HEAD.pack(_MAGIC, _STEP, len(keys))
        return head + turns.tobytes() + keys.tobytes() + values.tobytes()

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """From what ``packed`` gave.

        Raises:
            ValueError: it is something else.
        """
        magic, step, count = _HEAD.unpack_from(packed)
        start = _HEAD.size + 36
        if magic != _MAGIC or len(packed) != start + 10 * count:
            raise ValueError("not a model of names")
        turns = array("f", packed[_HEAD.size : start])
        keys = array("I", packed[start : start + 4 * count])
        values = array("h", packed[start + 4 * count :])
        if sys.byteorder == "big":
            for numbers in (keys, values, turns):
                numbers.byteswap()
        parts = [[one / step for one in values[offset::3]] for offset in range(3)]
        return cls(turns, dict(zip(keys, zip(*parts, strict=True), strict=True)))

    def __len__(self) -> int:
        return len(self._weights)

    def likely(self, words: Sequence[str], names: Gazetteer) -> list[float]:
        """For every word how likely it is part of a person's name: 0 to 1."""
        return _marginals(self._scores(words, names), self._turn)

    def _scores(self, words: Sequence[str], names: Gazetteer) -> list[Weights]:
        """What the features of every place add up to, by label."""
        known = {word: self._known(word, names) for word in {NEWLINE, *words}}
        pairs_of: dict[tuple[str, str, str], Weights] = {}
        padded = [NEWLINE, NEWLINE, *words, NEWLINE, NEWLINE]
        facts = [known[word] for word in padded]
        scores: list[Weights] = []
        for place in range(2, len(padded) - 2):
            two, one, here, next_, last = facts[place - 2 : place + 3]
            row = (two.look.sort, one.look.sort, here.look.sort, next_.look.sort, last.look.sort)
            a = self._rows.get(row)
            if a is None:
                a = self._rows[row] = self._sum(sorts(row))
            pair = (padded[place - 1], row[2], padded[place + 1])
            b = pairs_of.get(pair)
            if b is None:
                b = pairs_of[pair] = self._sum(pairs(one.look, here.look, next_.look))
            c, d, e, f, g = here.own, two.back2, one.back1, next_.on1, last.on2
            scores.append(
                (
                    a[0] + b[0] + c[0] + d[0] + e[0] + f[0] + g[0],
                    a[1] + b[1] + c[1] + d[1] + e[1] + f[1] + g[1],
                    a[2] + b[2] + c[2] + d[2] + e[2] + f[2] + g[2],
                )
            )
        if len(self._rows) > _MOST_ROWS:
            self._rows.clear()
        return scores

    def _known(self, word: str, names: Gazetteer) -> "_Known":
        """What a word gives. Small words that the model knows anyway are kept from text to text."""
        found = self._common.get(word)
        if found is None:
            look = seen(word, names)
            found = _Known(
                look,
                self._sum(inner_features(look)),
                *(self._sum(outer_features(look, offset)) for offset in (-2, -1, 1, 2)),
            )
            if word.islower() and crc32(f"w={look.plain}".encode()) in self._weights:
                self._common[word] = found
        return found

    def _sum(self, features: Iterable[str]) -> Weights:
        begin = inside = outside = 0.0
        weights = self._weights
        for feature in features:
            row = weights.get(crc32(feature.encode()))
            if row is not None:
                begin += row[0]
                inside += row[1]
                outside += row[2]
        return begin, inside, outside


def inner_features(look: Seen) -> tuple[str, ...]:
    """What a word tells in its own place."""
    return look.inner


def outer_features(look: Seen, offset: int) -> Iterable[str]:
    """What a word tells ``offset`` places away; farther off it tells less."""
    told = look.outer if abs(offset) == 1 else look.outer[:2]
    return (f"{offset}:{one}" for one in told)


def features_of(words: Sequence[str], names: Gazetteer) -> list[list[str]]:
    """All features of every place, for training."""
    looks = [seen(word, names) for word in (NEWLINE, NEWLINE, *words, NEWLINE, NEWLINE)]
    found = []
    for place in range(2, len(looks) - 2):
        row = looks[place - 2 : place + 3]
        told = [*inner_features(row[2]), *pairs(row[1], row[2], row[3])]
        told += sorts((row[0].sort, row[1].sort, row[2].sort, row[3].sort, row[4].sort))
        for offset in (-2, -1, 1, 2):
            told += outer_features(looks[place + offset], offset)
        found.append(told)
    return found


def _marginals(scores: Sequence[Weights], turn: Sequence[float]) -> list[float]:
    """Forward-backward with scaling; one minus the chance of being outside."""
    bb, bi, bo, ib, ii, io, ob, oi, oo = turn
    gates = []
    for begin, inside, outside in scores:
        top = max(begin, inside, outside)
        gates.append((math.exp(begin - top), math.exp(inside - top), math.exp(outside - top)))
    forward = []
    b, i, o = 1.0, 1.0, 1.0
    first = True
    for gate_b, gate_i, gate_o in gates:
        if first:
            b, i, o, first = gate_b, gate_i, gate_o, False
        else:
            b, i, o = (
                (b * bb + i * ib + o * ob) * gate_b,
                (b * bi + i * ii + o * oi) * gate_i,
                (b * bo + i * io + o * oo) * gate_o,
            )
        whole = b + i + o
        b, i, o = b / whole, i / whole, o / whole
        forward.append((b, i, o))
    likely = [0.0] * len(gates)
    b = i = o = 1.0
    for place in range(len(gates) - 1, -1, -1):
        before_b, before_i, before_o = forward[place]
        inner = before_b * b + before_i * i
        likely[place] = inner / (inner + before_o * o)
        gate_b, gate_i, gate_o = gates[place]
        b, i, o = b * gate_b, i * gate_i, o * gate_o
        b, i, o = bb * b + bi * i + bo * o, ib * b + ii * i + io * o, ob * b + oi * i + oo * o
        whole = b + i + o
        b, i, o = b / whole, i / whole, o / whole
    return likely
