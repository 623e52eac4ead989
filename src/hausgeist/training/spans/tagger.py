# SPDX-License-Identifier: EUPL-1.2
"""Texts in, passages with their probabilities out, by the weights of a trained chain."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hausgeist.core.answers import Span
from hausgeist.training.spans.chain import alike, decode
from hausgeist.training.spans.lists import Lists
from hausgeist.training.spans.meanings import FILE as MEANINGS
from hausgeist.training.spans.meanings import Meanings
from hausgeist.training.spans.sequences import OUT, Stretch, sequences_of, spans_of
from hausgeist.training.spans.weights import Weights

_AT_ONCE = 20_000
"""Words whose scores are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was found in a text. ``chance``: of all of it being as the model means, 0 to 1, uncalibrated."""

    spans: tuple[Span, ...]
    chance: float


class Tagger:
    """A chain with everything that takes it from text to passages."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def tag(self, texts: Sequence[str]) -> list[Tagged]:
        """The passages of each text, in the order of the texts."""
        return self.leaning(texts, (0.0,))[0]

    def leaning(self, texts: Sequence[str], leans: Sequence[float]) -> list[list[Tagged]]:
        """For each of ``leans`` what ``tag`` gives when this chain leans so far towards passages."""
        spans: list[list[list[Span]]] = [[[] for _ in texts] for _ in leans]
        logs = [[0.0] * len(texts) for _ in leans]
        names = self.weights.labels
        out = names.index(OUT)
        for some in _batches(texts):
            scores = self.weights.scores([part.words for _, part in some])
            sizes = [len(part.words) for _, part in some]
            before = 0.0
            for which, lean in enumerate(leans):
                scores[:, out] -= lean - before
                before = lean
                labels, likely = decode(scores, sizes, self.weights.turns)
                said = labels.tolist()
                at = 0
                for (number, part), size, log in zip(some, sizes, likely.tolist(), strict=True):
                    mine = [names[one] for one in said[at : at + size]]
                    spans[which][number] += spans_of(part, mine)
                    logs[which][number] += log
                    at += size
        return [
            [Tagged(tuple(one), float(np.exp(log))) for one, log in zip(*both, strict=True)]
            for both in zip(spans, logs, strict=True)
        ]

    def chances(self, text: str) -> list[tuple[Span, float]]:
        """The passages of a text, each with the probability of just its words having just its label.

        By the forward and backward sums over all labellings; slower than ``tag``.
        """
        found: list[tuple[Span, float]] = []
        weights = self.weights
        number = {label: at for at, label in enumerate(weights.labels)}
        for part in sequences_of(text):
            scores = weights.scores([part.words])
            labels, _ = decode(scores, [len(part.words)], weights.turns)
            ahead, behind, whole = alike(scores, weights.turns)
            starts = {place[0]: at for at, place in enumerate(part.places)}
            ends = {place[1]: at for at, place in enumerate(part.places)}
            for span in spans_of(part, [weights.labels[one] for one in labels.tolist()]):
                first, last = starts[span.start], ends[span.end]
                log = ahead[first, labels[first]]
                for at in range(first + 1, last + 1):
                    log += weights.turns[labels[at - 1], labels[at]] + scores[at, labels[at]]
                log += behind[last, labels[last]] - whole
                on = number.get(f"I-{span.label}")
                if on is not None and last + 1 < len(scores):  # it could have gone on
                    more = weights.turns[labels[last], on] + scores[last + 1, on]
                    more += behind[last + 1, on] - behind[last, labels[last]]
                    log += np.log1p(-min(float(np.exp(more)), 1 - 1e-9))
                found.append((span, float(min(1.0, np.exp(log)))))
        return found

    def files(self) -> dict[str, bytes]:
        """The files that keep it."""
        plain = {
            "labels": list(self.weights.labels),
            "lists": [one.plain() for one in self.weights.lists],
        }
        text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        meanings = self.weights.meanings
        more = meanings.files() if meanings else {}
        return {**self.weights.files(), "lists.json": text.encode(), **more}

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "Tagger":
        """What ``files`` gave.

        Raises:
            ValueError, KeyError, TypeError: it did not.
        """
        plain = json.loads(files["lists.json"])
        lists = [Lists.of(one) for one in plain["lists"]]
        meanings = Meanings.of(files[MEANINGS]) if MEANINGS in files else None
        return cls(Weights.of(plain["labels"], files, lists, meanings))


FILES = ("words.txt", "weights.npz", "lists.json")


def _batches(texts: Sequence[str]) -> Iterator[list[tuple[int, Stretch]]]:
    """The sequences of all texts with the number of their text, so many at a time."""
    some: list[tuple[int, Stretch]] = []
    size = 0
    for number, text in enumerate(texts):
        for part in sequences_of(text):
            some.append((number, part))
            size += len(part.words)
            if size >= _AT_ONCE:
                yield some
                some, size = [], 0
    if some:
        yield some
