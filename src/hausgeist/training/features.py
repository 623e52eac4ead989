# SPDX-License-Identifier: EUPL-1.2
r"""Texts become sparse rows: words alone and in pairs, and pieces of 3 to 5 letters within words.

The same numbers as scikit-learn's ``TfidfVectorizer`` gives with ``analyzer="word"``,
``token_pattern=r"\w+"``, ``ngram_range=(1, 2)`` beside ``analyzer="char_wb"``, ``ngram_range=(3, 5)``, both
with ``sublinear_tf=True``; but many times faster, because the pieces of a word are looked up once a word,
not once a text. numpy alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausgeist.training.rows import Floats, Ints, Rows

_TOKEN = re.compile(r"\w+")
SHORTEST, LONGEST = 3, 5
CHUNK_MOST = 200
"""Characters of a word, at most: what is longer (a picture in base64) is no word and is cut."""
CACHE_MOST = 200_000
"""Words whose pieces are remembered."""
AT_ONCE = 2_000
"""Texts in one batch, at most."""
LETTERS_AT_ONCE = 500_000
"""Characters in one batch; a longer text is one by itself."""
SEPARATOR = "\n"
"""Between terms on disk: white space stands in no term but as the edge of a word, which is a space."""


def pieces(chunk: str) -> list[str]:
    """Pieces of 3 to 5 letters of a word with a space at both ends, as ``char_wb`` cuts them."""
    padded = f" {chunk} "
    size = len(padded)
    found: list[str] = []
    for length in range(SHORTEST, LONGEST + 1):
        if size <= length:
            found.append(padded)
            break
        found += [padded[at : at + length] for at in range(size - length + 1)]
    return found


def chunks(text: str) -> list[str]:
    """The words of a text, with what stands around them, in small letters."""
    return [one[:CHUNK_MOST] for one in text.lower().split()]


@dataclass(slots=True)
class _Ragged:
    """Rows of different length in one array."""

    flat: Ints
    starts: Ints

    @classmethod
    def of(cls, rows: Sequence[Ints]) -> "_Ragged":
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum([len(one) for one in rows], out=starts[1:])
        flat = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        return cls(flat, starts)

    def take(self, rows: Ints) -> tuple[Ints, Ints]:
        """The rows one after the other, and the length of each."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        shift = np.repeat(self.starts[rows] - (ends - lengths), lengths)
        return self.flat[np.arange(total, dtype=np.int64) + shift], lengths


def _runs(keys: Ints) -> tuple[Ints, Ints]:
    """Keys in order, each once, and how often each stands."""
    keys = np.sort(keys)
    edges = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[edges], np.diff(edges, append=len(keys))


class Words:
    """The terms that a model knows, with their weights. ``width`` columns: words, pairs, pieces.

    Made by ``fit`` or ``load``; ``rows`` turns texts into numbers.
    """

    def __init__(
        self,
        words: Sequence[str],
        pairs: NDArray[np.int64],
        letters: Sequence[str],
        idf: Floats,
        kept: NDArray[np.bool_],
    ) -> None:
        """``pairs``: rows of two numbers of words, sorted. ``kept``: words that are a column themselves."""
        self.words, self.pairs, self.letters, self.idf, self.kept = words, pairs, letters, idf, kept
        self._word = {word: number for number, word in enumerate(words)}
        self._letters = {piece: number for number, piece in enumerate(letters)}
        self._pair_keys = pairs[:, 0] * max(1, len(words)) + pairs[:, 1]
        self._column = np.where(kept, np.cumsum(kept) - 1, -1)
        self._alone = int(kept.sum())
        self._cache: dict[str, tuple[Ints, Ints]] = {}
        self.split = self._alone + len(pairs)
        """The first column of pieces."""
        self.width = self.split + len(letters)

    @classmethod
    def fit(cls, texts: Sequence[str], *, least: int = 1, most: int = 150_000) -> "Words":
        """Learn the terms that stand in at least ``least`` texts, the ``most`` frequent of them."""
        every = {chunk for text in texts for chunk in chunks(text)}
        words = sorted({word for chunk in every for word in _TOKEN.findall(chunk)})
        letters = sorted({piece for chunk in every for piece in pieces(chunk)})
        size = max(1, len(words))
        draft = cls(
            words,
            np.zeros((0, 2), dtype=np.int64),
            letters,
            np.ones(len(words) + len(letters), dtype=np.float32),
            np.ones(len(words), dtype=np.bool_),
        )
        seen = [np.zeros(draft.width, dtype=np.int64)]
        pair_keys: list[Ints] = []
        for some in _batches(texts):
            keys, pair_rows, pairs = draft._keys(some)
            seen[0] += np.bincount(_runs(keys)[0] % draft.width, minlength=draft.width)
            found, _ = _runs(pair_rows * size * size + pairs)
            pair_keys.append(found % (size * size))
        pairs, paired = _runs(np.concatenate(pair_keys) if pair_keys else np.zeros(0, np.int64))
        counts = [seen[0][: len(words)], paired, seen[0][len(words) :]]
        floor = _floor(counts, least, most)
        keeps = [one >= floor for one in counts]
        both = np.stack([pairs // size, pairs % size], axis=1)[keeps[1]]
        needed = keeps[0].copy()
        needed[both.ravel()] = True
        number = np.cumsum(needed) - 1
        total = np.concatenate([one[keep] for one, keep in zip(counts, keeps, strict=True)])
        return cls(
            [word for word, keep in zip(words, needed, strict=True) if keep],
            number[both],
            [piece for piece, keep in zip(letters, keeps[2], strict=True) if keep],
            (np.log((1 + len(texts)) / (1 + total)) + 1).astype(np.float32),
            keeps[0][needed],
        )

    def rows(self, texts: Sequence[str]) -> Rows:
        """One row a text; both halves (words and pairs, pieces) have length one."""
        parts = [self._rows(some) for some in _batches(texts)]
        if len(parts) == 1:
            return parts[0]
        before = np.cumsum([0, *(one.count for one in parts)])
        return Rows(
            np.concatenate([one.row + at for one, at in zip(parts, before, strict=False)])
            if parts
            else np.zeros(0, dtype=np.int64),
            np.concatenate([one.column for one in parts]) if parts else np.zeros(0, dtype=np.int64),
            np.concatenate([one.value for one in parts]) if parts else np.zeros(0, np.float32),
            int(before[-1]),
            self.width,
        )

    def _rows(self, texts: Sequence[str]) -> Rows:
        width = max(1, self.width)
        keys, pair_rows, pairs = self._keys(texts)
        if len(self._pair_keys):
            place = np.searchsorted(self._pair_keys, pairs)
            np.minimum(place, len(self._pair_keys) - 1, out=place)
            hit = self._pair_keys[place] == pairs
            keys = np.concatenate([keys, pair_rows[hit] * width + self._alone + place[hit]])
        keys, times = _runs(keys)
        row, column = keys // width, keys % width
        value = (1.0 + np.log(times)) * self.idf[column]
        half = row * 2 + (column >= self.split)
        squares = np.bincount(half, weights=value * value, minlength=2 * len(texts))
        value /= np.sqrt(squares)[half]
        return Rows(row, column, value.astype(np.float32), len(texts), self.width)

    def known(self, texts: Sequence[str], *, seen: bool = False) -> Floats:
        """The share of each text's words that the model knows; 0 of a text without words.

        ``seen``: the texts were learned from, so that a word counts only if other texts have it too.
        """
        get = self._word.get
        alone = self.idf[: self._alone]
        rarest = float(alone.max()) - 1e-6 if len(alone) else 0.0
        good = np.zeros(len(self.words) + 1, dtype=np.bool_)
        good[:-1][self.kept] = alone < rarest if seen else True
        found = []
        for text in texts:
            numbers = [get(word, -1) for chunk in chunks(text) for word in _TOKEN.findall(chunk)]
            found.append(float(good[numbers].mean()) if numbers else 0.0)
        return np.asarray(found, dtype=np.float32)

    def _keys(self, texts: Sequence[str]) -> tuple[Ints, Ints, Ints]:
        """Row times width plus column of every word and piece; rows of pairs, and keys of pairs."""
        places: dict[str, int] = {}
        sequence: list[int] = []
        sizes = np.zeros(len(texts), dtype=np.int64)
        for row, text in enumerate(texts):
            found = chunks(text)
            sizes[row] = len(found)
            sequence += [places.setdefault(chunk, len(places)) for chunk in found]
        entries = [self._entry(chunk) for chunk in places]
        order = np.asarray(sequence, dtype=np.int64)
        row_of = np.repeat(np.arange(len(texts), dtype=np.int64), sizes)
        width = max(1, self.width)
        tokens, lengths = _Ragged.of([one[0] for one in entries]).take(order)
        token_rows = np.repeat(row_of, lengths)
        known = tokens >= 0
        columns = self._column[tokens] if len(self._column) else tokens
        kept = known & (columns >= 0)
        letters, lengths = _Ragged.of([one[1] for one in entries]).take(order)
        keys = np.concatenate(
            [
                token_rows[kept] * width + columns[kept],
                np.repeat(row_of, lengths) * width + letters + self.split,
            ]
        )
        paired = (token_rows[1:] == token_rows[:-1]) & known[1:] & known[:-1]
        pairs = tokens[:-1][paired] * max(1, len(self.words)) + tokens[1:][paired]
        return keys, token_rows[1:][paired], pairs

    def _entry(self, chunk: str) -> tuple[Ints, Ints]:
        """The numbers of a word's parts and of its pieces; parts that are not known are -1."""
        found = self._cache.get(chunk)
        if found is None:
            get, number = self._letters.get, self._word.get
            parts = [number(word, -1) for word in _TOKEN.findall(chunk)]
            numbers = [one for one in map(get, pieces(chunk)) if one is not None]
            found = np.asarray(parts, dtype=np.int64), np.asarray(numbers, dtype=np.int64)
            if len(self._cache) >= CACHE_MOST:
                self._cache.clear()
            self._cache[chunk] = found
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays without objects, for a file; ``load`` reads them."""
        return {
            "words": _packed(self.words),
            "pairs": self.pairs.astype(np.int32),
            "letters": _packed(self.letters),
            "idf": self.idf,
            "kept": self.kept,
        }

    @classmethod
    def load(cls, arrays: Mapping[str, NDArray[Any]]) -> "Words":
        """What ``arrays`` gave."""
        return cls(
            _unpacked(arrays["words"]),
            arrays["pairs"].astype(np.int64),
            _unpacked(arrays["letters"]),
            arrays["idf"],
            arrays["kept"].astype(np.bool_),
        )


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts that are turned into numbers at a time: by number and by length."""
    first, size = 0, 0
    for at, text in enumerate(texts):
        if at > first and (at - first >= AT_ONCE or size + len(text) > LETTERS_AT_ONCE):
            yield texts[first:at]
            first, size = at, 0
        size += len(text)
    if first < len(texts):
        yield texts[first:]


def _floor(seen: Sequence[Ints], least: int, most: int) -> int:
    """The number of texts that a term must stand in so that no more than ``most`` terms are kept."""
    floor = least
    while sum(int((one >= floor).sum()) for one in seen) > most:
        floor += 1
    return floor


def _packed(terms: Sequence[str]) -> NDArray[np.uint8]:
    content = SEPARATOR.join(terms).encode("utf-8", "surrogatepass")
    return np.frombuffer(content, dtype=np.uint8)


def _unpacked(content: NDArray[np.uint8]) -> list[str]:
    text = content.tobytes().decode("utf-8", "surrogatepass")
    return text.split(SEPARATOR) if text else []
