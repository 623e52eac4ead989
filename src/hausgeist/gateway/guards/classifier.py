# SPDX-License-Identifier: EUPL-1.2
"""The slot for a small classifier: a linear model over hashed n-grams of characters, as a guard.

A file of weights flows in, marks flow out, always soft: a guess flags, and stops something only beside
the mark of another rule. Features: n-grams of 2 to 5 characters of the small letters, hashed by CRC-32
into ``2**bits`` cells, each counted once; score = logistic of bias + sum of weights / sqrt(features).
"""

import math
import struct
import zlib
from array import array
from collections.abc import Sequence
from pathlib import Path

from hausgeist.gateway.guard import Action, Mark, Place

MAGIC = b"HGC1"
NGRAMS = (2, 3, 4, 5)
READ_MOST = 4_000
"""Characters of a text that are read."""


class Classifier:
    """``threshold`` between 0 and 1: from which score on a text is flagged."""

    def __init__(
        self,
        name: str,
        weights: "array[float]",
        bias: float,
        *,
        threshold: float,
        reason: str,
        places: frozenset[Place] = frozenset({Place.INPUT}),
    ) -> None:
        if len(weights) & (len(weights) - 1) or not weights:
            raise ValueError("the number of weights is a power of two")
        self.name = name
        self.window = 0
        self.places = places - {Place.OUTPUT}
        self.threshold = threshold
        self._weights = weights
        self._mask = len(weights) - 1
        self._bias = bias
        self._reason = reason

    def score(self, text: str) -> float:
        """Between 0 and 1; linear in the text, of which the beginning is read."""
        cells = features(text, self._mask)
        if not cells:
            return 0.0
        total = sum(self._weights[cell] for cell in cells) / math.sqrt(len(cells)) + self._bias
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))

    def inspect(self, text: str, place: Place) -> Sequence[Mark]:
        """One mark over the whole text, or none."""
        del place
        if self.score(text) < self.threshold:
            return ()
        return (Mark(self.name, 0, len(text), Action.REFUSE, self._reason, soft=True),)


def features(text: str, mask: int) -> set[int]:
    """The cells of a text."""
    words = text[:READ_MOST].casefold().split()
    small = f" {' '.join(words)} " if words else ""
    return {
        zlib.crc32(small[at : at + size].encode()) & mask
        for size in NGRAMS
        for at in range(len(small) - size + 1)
    }


def load(path: Path, *, name: str, threshold: float, reason: str) -> Classifier:
    """A classifier from its file: magic, bits (1 byte), bias and weights (float32), CRC-32; big-endian.

    Raises:
        ValueError: the file is damaged or none of ours. It is never guessed.
    """
    data = path.read_bytes()
    if len(data) < 13 or data[:4] != MAGIC or not 1 <= data[4] <= 22:
        raise ValueError(f"{path.name} is no classifier")
    body, check = data[:-4], data[-4:]
    if zlib.crc32(body) != int.from_bytes(check, "big") or len(body) != 9 + 4 * (1 << data[4]):
        raise ValueError(f"{path.name} is damaged")
    count = 1 << data[4]
    (bias,) = struct.unpack(">f", body[5:9])
    weights = array("f", struct.unpack(f">{count}f", body[9:]))
    return Classifier(name, weights, bias, threshold=threshold, reason=reason)


def dump(weights: Sequence[float], bias: float) -> bytes:
    """The file of a classifier; the number of weights is a power of two."""
    bits = len(weights).bit_length() - 1
    body = MAGIC + bytes([bits]) + struct.pack(f">f{len(weights)}f", bias, *weights)
    return body + zlib.crc32(body).to_bytes(4, "big")
