# SPDX-License-Identifier: EUPL-1.2
"""Passages as numbers of pieces, and numbers of pieces as passages.

Each of our words is judged at the first piece that it has; ``O``, ``B-x`` and ``I-x`` are the outcomes, and
the best row of them is found over the whole text (``spans.chain``). Long texts are read in windows.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from hausgeist.core.answers import Span
from hausgeist.core.tokens import tokens_of
from hausgeist.training.bases.pieces import READS_MOST, Cut, Pieces, first_pieces, windows
from hausgeist.training.bases.tuning import IGNORED
from hausgeist.training.rows import Floats
from hausgeist.training.spans.chain import decode
from hausgeist.training.spans.sequences import OUT, Stretch, labels_of, spans_of

NEVER = np.float32(-30.0)
"""The logarithm of what cannot be: an inner word of a passage that has not begun."""

Judge = Callable[[Sequence[Sequence[int]]], list[Floats]]


class Passages:
    """Between texts and pieces, for these labels; ``length``: pieces that are read at once."""

    def __init__(self, labels: Sequence[str], pieces: Pieces, length: int) -> None:
        self.outcomes = [OUT, *(f"{part}-{one}" for one in labels for part in "BI")]
        self._number = {name: at for at, name in enumerate(self.outcomes)}
        self._pieces, self._room = pieces, pieces.room(length)
        self._turns = np.zeros((len(self.outcomes), len(self.outcomes)), dtype=np.float32)
        for at, name in enumerate(self.outcomes):
            if name[0] == "I":
                allowed = {at, self._number[f"B-{name[2:]}"]}
                for before in range(len(self.outcomes)):
                    if before not in allowed:
                        self._turns[before, at] = NEVER

    def lessons(self, text: str, spans: Sequence[Span]) -> Iterator[tuple[list[int], list[int]]]:
        """Pieces and what is right of each (``IGNORED`` where no word begins), a window at a time."""
        (cut,) = self._pieces.cut([text])
        stretch = _stretch(text)
        known = [one for one in spans if f"B-{one.label}" in self._number]
        right = [IGNORED] * len(cut.numbers)
        labels = labels_of(stretch, known)
        for label, at in zip(labels, first_pieces(cut, stretch.places), strict=True):
            if at >= 0 and right[at] == IGNORED:  # of two words in one piece the first counts
                right[at] = self._number[label]
        before, behind = [IGNORED] * len(self._pieces.head), [IGNORED] * len(self._pieces.tail)
        for one in windows(len(cut.numbers), self._room):
            inner = [
                right[at] if one.first <= at < one.after else IGNORED
                for at in range(one.begin, one.end)
            ]
            if any(number != IGNORED for number in inner):
                yield (
                    self._pieces.around(cut.numbers[one.begin : one.end]),
                    [*before, *inner, *behind],
                )

    def find(self, texts: Sequence[str], judge: Judge) -> list[tuple[list[Span], float]]:
        """The passages of each text, and the probability of all of them together."""
        if not texts:
            return []
        cuts = self._pieces.cut(texts)
        stretches = [_stretch(text) for text in texts]
        where = [
            (at, one)
            for at, cut in enumerate(cuts)
            for one in windows(len(cut.numbers), self._room)
        ]
        rows = judge(
            [self._pieces.around(cuts[at].numbers[one.begin : one.end]) for at, one in where]
        )
        tables = [
            np.zeros((len(cut.numbers), len(self.outcomes)), dtype=np.float32) for cut in cuts
        ]
        skip = len(self._pieces.head)
        for (at, one), row in zip(where, rows, strict=True):
            inner = row[skip + one.first - one.begin : skip + one.after - one.begin]
            tables[at][one.first : one.after] = inner
        scores = [
            self._scores(table, cut, stretch)
            for table, cut, stretch in zip(tables, cuts, stretches, strict=True)
        ]
        sizes = [len(one) for one in scores]
        labels, likely = decode(np.concatenate(scores), sizes, self._turns)
        found = []
        first = 0
        for stretch, size, log in zip(stretches, sizes, likely.tolist(), strict=True):
            names = [self.outcomes[at] for at in labels[first : first + size]]
            found.append((spans_of(stretch, names), float(np.exp(min(0.0, log)))))
            first += size
        return found

    def _scores(self, table: Floats, cut: Cut, stretch: Stretch) -> Floats:
        """Words x outcomes, as logarithms of probabilities."""
        firsts = first_pieces(cut, stretch.places)
        found = np.full((len(firsts), len(self.outcomes)), NEVER, dtype=np.float32)
        found[:, 0] = 0.0
        top = table.max(axis=1, keepdims=True) if len(table) else table
        sure = table - top - np.log(np.exp(table - top).sum(axis=1, keepdims=True))
        ends = {at: word for word, at in enumerate(firsts) if stretch.words[word][0].isalnum()}
        last = -1
        for word, at in enumerate(firsts):
            if at < 0 or (at == last and word > ends.get(at, -1)):
                continue  # a stop that the tokenizer keeps with the word before it is in no passage
            found[word] = sure[at]
            if at == last:  # a further word of the same piece: nothing begins there
                inner = np.logaddexp(found[word, 1::2], found[word, 2::2])
                found[word, 1::2], found[word, 2::2] = NEVER, inner
            last = at
        return found


def _stretch(text: str) -> Stretch:
    places = tokens_of(text[:READS_MOST])
    return Stretch([text[start:end] for start, end in places], places)
