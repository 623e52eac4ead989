# SPDX-License-Identifier: EUPL-1.2
"""Labelled texts in, the weights of a chain out: features are made, numbered, and given to CRFsuite.

CRFsuite (Okazaki 2007) trains with L-BFGS and both penalties, on one thread and without chance: the same
texts give the same weights. It knows no weights of examples, so an example stands as often as it weighs.
"""

import re
import tempfile
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycrfsuite

from hausgeist.core.answers import Span
from hausgeist.training.spans.lists import FOLDS, Learner, Lists, Phrase
from hausgeist.training.spans.looks import look
from hausgeist.training.spans.meanings import Meanings
from hausgeist.training.spans.sequences import (
    OUT,
    Stretch,
    labels_of,
    passages_of,
    sequences_of,
)
from hausgeist.training.spans.weights import Weights, features_of

LASSO, RIDGE = 0.05, 0.2
"""The penalties, on the sum of weights and on the sum of their squares.

Found on MobIE's train and dev parts, cut so that documents which are nearly the same stay together.
"""
LASSO_MEANT, RIDGE_MEANT = 0.02, 0.5
"""The same where words are known by their meaning too; found on the first 760 texts about food."""
ROUNDS = 100
"""Iterations of L-BFGS, at most."""
_COPY = 0.3
"""The weight that one copy of an example stands for."""
_ROUND = re.compile(r"Iteration #(\d+)")


@dataclass(frozen=True, slots=True)
class Taught:
    """A text with its passages. ``weight`` as an example's, 0 to 1."""

    text: str
    spans: tuple[Span, ...]
    weight: float = 1.0


class _Trainer(pycrfsuite.Trainer):  # type: ignore[misc]  # it is a C extension
    """CRFsuite's, that tells after each round."""

    def __init__(self, tick: Callable[[int], None]) -> None:
        super().__init__(algorithm="lbfgs", verbose=True)
        self.tick = tick

    def message(self, message: str) -> None:
        """What it says on its way."""
        found = _ROUND.search(message)
        if found:
            self.tick(int(found[1]))


def learn(
    taught: Sequence[Taught],
    options: Mapping[str, Any],
    given: Lists | None = None,
    tick: Callable[[float], None] = lambda _done: None,
) -> Weights:
    """Train a chain. ``options``: ``c1``, ``c2``, ``rounds``; ``given`` are the task's own lists.

    Option ``meaning``: words are also known by the groups of like meaning that they are in. ``tick`` is told
    how much is done, 0 to 1.
    """
    read = [(sequences_of(one.text), one) for one in taught]
    every = [word for parts, _ in read for part in parts for word in part.words]
    meanings = Meanings.learn(every) if options.get("meaning") else None
    learner = Learner()
    learner.learn(
        [
            (
                number % FOLDS,
                [look(word).plain for word in part.words],
                passages_of(part, one.spans),
            )
            for number, (parts, one) in enumerate(read)
            for part in parts
        ]
    )
    own = [given] if given is not None else []
    by_fold = [[learner.lists(fold), *own] for fold in range(FOLDS)]
    rounds = int(options.get("rounds", ROUNDS))
    trainer = _Trainer(lambda round_: tick(0.15 + 0.85 * min(1.0, round_ / rounds)))
    lasso, ridge = (LASSO_MEANT, RIDGE_MEANT) if meanings else (LASSO, RIDGE)
    trainer.set_params(
        {
            "c1": float(options.get("c1", lasso)),
            "c2": float(options.get("c2", ridge)),
            "max_iterations": rounds,
            "feature.possible_transitions": True,
        }
    )
    names: dict[str, int] = {}
    even = len({one.weight for one in taught}) == 1
    for number, (parts, one) in enumerate(read):
        copies = 1 if even else round(one.weight / _COPY)
        rows = [features_of(part.words, by_fold[number % FOLDS], meanings) for part in parts]
        _append(trainer, parts, rows, one.spans, names, copies)
        if number % 500 == 0:
            tick(0.15 * number / len(read))
    with tempfile.TemporaryDirectory(prefix="hausgeist-crf-") as folder:
        path = str(Path(folder) / "model.crfsuite")
        trainer.train(path)
        return _read(path, list(names), [learner.lists(), *own], meanings)


def _append(  # noqa: PLR0917  what one text is made of
    trainer: _Trainer,
    parts: Sequence[Stretch],
    features: Sequence[Sequence[Sequence[str]]],
    spans: Sequence[Span],
    names: dict[str, int],
    copies: int,
) -> None:
    """Give a text to CRFsuite, features as numbers: it then need not keep their names twice."""
    for part, told in zip(parts, features, strict=True):
        rows = [[str(names.setdefault(name, len(names))) for name in row] for row in told]
        for _ in range(copies if rows else 0):
            trainer.append(rows, labels_of(part, spans))


def _read(
    path: str, names: Sequence[str], lists: Sequence[Lists], meanings: Meanings | None
) -> Weights:
    """The weights in a file of CRFsuite's; features without any are left out."""
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    info = tagger.info()
    labels = sorted({OUT, *info.labels})
    column = {label: number for number, label in enumerate(labels)}
    used = array("l", sorted({int(name) for name, _ in info.state_features}))
    row = {name: number for number, name in enumerate(used)}
    rows = np.zeros((len(used), len(labels)), dtype=np.float32)
    for (name, label), weight in info.state_features.items():
        rows[row[int(name)], column[label]] = weight
    turns = np.zeros((len(labels), len(labels)), dtype=np.float32)
    for (from_, to), weight in info.transitions.items():
        turns[column[from_], column[to]] = weight
    tagger.close()
    return Weights(labels, [names[one] for one in used], rows, turns, lists, meanings)


def lists_of(options: Mapping[str, Any]) -> Lists | None:
    """The word lists given with a task: option ``lists``, name to phrases."""
    entries: dict[Phrase, str] = {}
    for name, phrases in dict(options.get("lists", {})).items():
        for phrase in phrases:
            for part in sequences_of(str(phrase))[:1]:
                entries[tuple(look(word).plain for word in part.words)] = f"*{name}"
    return Lists(entries) if entries else None
