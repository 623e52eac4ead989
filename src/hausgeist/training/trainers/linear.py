# SPDX-License-Identifier: EUPL-1.2
"""Trainers of linear students: by words, by meaning, by both side by side (the default candidate).

Every item is held out once (cross-validation by text, so that equal texts are held out together); what the
models say of items they had not seen calibrates the final one, sets its thresholds, and is kept for the list
of suspect labels. No chance but the seed's, one thread a model: the same examples and recipe give the same
files.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from hausgeist.core.answers import Example
from hausgeist.core.tasks import TaskKind
from hausgeist.training import deciding, meaning, rereading, solver
from hausgeist.training.deciding import Decision
from hausgeist.training.features import Words
from hausgeist.training.rows import Floats, Ints
from hausgeist.training.solver import Columns, Weights
from hausgeist.training.trainers import Recipe, Report
from hausgeist.training.trainers.labelled import (
    HONEST,
    inside,
    labels_of,
    report_held_out,
    targets_of,
)
from hausgeist.training.trainers.linear_model import Known, LinearModel, Table

KNOWN_MOST = 3_000
"""Items that are kept as meanings, so that a text that is like none of them is noticed."""
MEANING_SCALE = np.float32(2.0)
"""How much louder meaning is than words beside each other; found on the development parts of the benches."""
STRENGTH = {"words": 30.0, "meaning": 20.0, "both": 15.0}
"""Of the weights' freedom (C), by rung; found there too."""
BALANCE = 0.1
"""0: each example counts the same. 1: each label counts the same, however rare. More than a little of it
made both accuracy and macro F1 worse on the development part of German MASSIVE."""
WORDS_MOST = 150_000
MOST = 100_000
"""Examples that are learned from, at most."""
LETTERS_MOST = 100_000_000
"""Their characters together, at most."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model learns from, as numbers."""

    labels: tuple[str, ...]
    columns: Columns
    targets: Floats
    weights: Floats
    folds: Ints
    exclusive: bool
    strength: float


class LinearTrainer:
    """Trains one of the rungs ``words``, ``meaning`` and ``both``."""

    kinds = frozenset({TaskKind.SINGLE, TaskKind.MULTI})

    def __init__(self, rung: str) -> None:
        self.rung = rung

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> LinearModel:
        """Learn from all examples; calibrate on held-out ones, or on ``dev`` where people said too little.

        Options: ``c`` (freedom of weights), ``balance``, ``least`` (texts a term must stand in), ``folds``
        (0: nothing is held out, as for a point of a curve), ``reread`` (0: a teacher's answers as they are).

        Raises:
            NothingToLearn: too few examples, or all with the same answer.
        """
        examples = _some(examples, recipe.seed, report)
        strength = float(recipe.options.get("c", STRENGTH[self.rung]))
        if rereading.wanted(examples, recipe):
            examples = rereading.reread(self, examples, recipe, report, strength)
        labels = labels_of(examples, recipe, report)
        texts = [one.text for one in examples]
        least = int(recipe.options.get("least", 1 if len(examples) < 2_000 else 2))
        words = None
        if self.rung != "meaning":
            words = Words.fit(texts, least=least, most=WORDS_MOST)
        columns = self._columns(words, texts)
        targets = targets_of(examples, labels)
        lesson = Lesson(
            labels=labels,
            columns=columns,
            targets=targets,
            weights=_weights(examples, targets, float(recipe.options.get("balance", BALANCE))),
            folds=_folds(examples, recipe),
            exclusive=recipe.kind is TaskKind.SINGLE,
            strength=strength,
        )
        held_out, final = _learn(lesson, recipe.threads, report)
        known = self._known(columns, targets, recipe.seed)
        decision = self._decision(
            lesson,
            held_out,
            final,
            examples=examples,
            dev=dev,
            words=words,
            known=known,
            report=report,
        )
        model = LinearModel(
            self.rung,
            recipe,
            decision,
            words=words,
            word_table=None if final.sparse is None else Table.of(final.sparse),
            meaning_table=None
            if final.dense is None
            else Table.of(np.asarray(final.dense * MEANING_SCALE)),
            bias=final.bias.copy(),
            known=known,
        )
        if held_out is not None:
            report_held_out(
                examples, decision, held_out, self._near(texts, words, known, seen=True), report
            )
        report(1.0)
        return model

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> LinearModel:
        """What a model's ``save`` wrote."""
        return LinearModel.load(folder, manifest)

    def _columns(self, words: Words | None, texts: Sequence[str]) -> Columns:
        return Columns(
            None if words is None else words.rows(texts).sparse(),
            None if self.rung == "words" else meaning.remembered(texts) * MEANING_SCALE,
        )

    def _known(self, columns: Columns, targets: Floats, seed: int) -> Known:
        """Items of every label, no more than fit; none where meaning is not looked at."""
        if columns.dense is None:
            return Known(np.zeros((0, meaning.WIDTH), dtype=np.int8))
        order = list(range(len(targets)))
        Random(seed).shuffle(order)  # noqa: S311  a sample, no secret
        if len(order) > KNOWN_MOST:
            first = targets.argmax(axis=1)
            seen: Counter[int] = Counter()
            turn = []
            for at in order:
                turn.append((seen[int(first[at])], at))
                seen[int(first[at])] += 1
            order = [at for _, at in sorted(turn, key=lambda one: one[0])[:KNOWN_MOST]]
        return Known.of(columns.dense[sorted(order)] / MEANING_SCALE)

    def _near(
        self, texts: Sequence[str], words: Words | None, known: Known, *, seen: bool
    ) -> Floats:
        """How near texts are to what was learned; of those it was learned from (``seen``), to the others."""
        if not len(known.numbers):
            return (
                np.ones(len(texts), dtype=np.float32)
                if words is None
                else words.known(texts, seen=seen)
            )
        found = np.zeros(len(texts), dtype=np.float32)
        directions = known.directions().T
        vectors = meaning.remembered(texts)
        for first in range(0, len(texts), 1000):
            likeness = vectors[first : first + 1000] @ directions
            if seen:
                likeness[likeness > 0.995] = -1  # itself, rounded to bytes
            found[first : first + 1000] = np.clip(likeness.max(axis=1), 0, 1)
        return found

    def _decision(
        self,
        lesson: Lesson,
        held_out: Floats | None,
        final: Weights,
        *,
        examples: Sequence[Example],
        dev: Sequence[Example],
        words: Words | None,
        known: Known,
        report: Report,
    ) -> Decision:
        """Learn to read scores: from held-out items with people's answers, else from dev, else from all.

        Of several labels never from dev: a map and a threshold each are so many choices that dev, which
        judges the student and bounds its errors, would promise too much.
        """
        many = 0 if lesson.exclusive else len(lesson.labels)
        if held_out is None:
            return Decision(lesson.labels, lesson.exclusive, thresholds=(0.5,) * many)
        by_people = np.asarray([one.source not in {"teacher", "rule"} for one in examples])
        judged = [one for one in dev if inside(one, lesson.labels)]
        weights = np.asarray([one.weight for one in examples], dtype=np.float32)
        near = self._near([one.text for one in examples], words, known, seen=True)
        targets = lesson.targets
        scores = held_out
        if int(by_people.sum()) >= HONEST or by_people.all():
            scores, targets = held_out[by_people], targets[by_people]
            weights, near = weights[by_people], near[by_people]
        elif lesson.exclusive and len(judged) >= HONEST:
            texts = [one.text for one in judged]
            scores = _scores(self._columns(words, texts), final)
            targets = targets_of(judged, lesson.labels)
            weights = np.asarray([one.weight for one in judged], dtype=np.float32)
            near = self._near(texts, words, known, seen=False)
            report.say("calibrated_on_dev", count=len(judged))
        else:
            report.say("calibrated_on_teacher", count=len(examples))
        return deciding.learn(
            lesson.labels, scores, targets, weights, near, exclusive=lesson.exclusive
        )


def _some(examples: Sequence[Example], seed: int, report: Report) -> Sequence[Example]:
    """No more than can be learned from in a child's memory: people's answers first, others by chance."""
    if len(examples) <= MOST and sum(len(one.text) for one in examples) <= LETTERS_MOST:
        return examples
    order = list(range(len(examples)))
    Random(seed).shuffle(order)  # noqa: S311  a sample, no secret
    order.sort(key=lambda at: examples[at].source in {"teacher", "rule"})
    kept: list[int] = []
    letters = 0
    for at in order:
        letters += len(examples[at].text)
        if len(kept) == MOST or letters > LETTERS_MOST:
            break
        kept.append(at)
    report.say("sampled", count=len(examples), used=len(kept))
    return [examples[at] for at in sorted(kept)]


def _weights(examples: Sequence[Example], targets: Floats, balance: float) -> Floats:
    """Each example's own weight, times more for those with a rare label."""
    own = np.asarray([max(0.0, one.weight) for one in examples], dtype=np.float32)
    counts = np.maximum(1e-6, (targets * own[:, None]).sum(axis=0))
    usual = float(counts.mean())
    louder = np.clip((usual / counts) ** balance, 0.5, 5.0)
    per_label = np.where(targets > 0, louder[None, :], 0).max(axis=1)
    found = own * np.where(per_label > 0, per_label, 1.0)
    return np.asarray(found * own.sum() / max(1e-9, float(found.sum())), dtype=np.float32)


def _folds(examples: Sequence[Example], recipe: Recipe) -> Ints:
    """The number of the part in which each item is held out; equal texts are in the same one."""
    asked = recipe.options.get("folds")
    many = (5 if len(examples) < 5_000 else 3) if asked is None else int(asked)
    many = min(many, len(examples) // 2)
    if many < 2:
        return np.zeros(0, dtype=np.int64)
    groups: dict[str, list[int]] = {}
    for at, one in enumerate(examples):
        groups.setdefault(" ".join(one.text.lower().split()), []).append(at)
    order = sorted(groups)
    Random(recipe.seed).shuffle(order)  # noqa: S311  parts, no secret
    order.sort(
        key=lambda text: examples[groups[text][0]].value.encode()
    )  # stable: chance within labels
    found = np.zeros(len(examples), dtype=np.int64)
    for number, text in enumerate(order):
        found[groups[text]] = number % many
    return found


def _learn(lesson: Lesson, threads: int, report: Report) -> tuple[Floats | None, Weights]:
    """Scores of every item by a model that had not seen it (None: not wanted), and the final weights."""
    parts: list[Any] = [None]
    if len(lesson.folds):
        parts += list(range(int(lesson.folds.max()) + 1))
    ways = [0.0] * len(parts)

    def one(number: int) -> Weights:
        part = parts[number]
        rows = (
            np.arange(len(lesson.targets)) if part is None else np.flatnonzero(lesson.folds != part)
        )

        def step(way: float) -> None:
            ways[number] = way
            report(0.98 * sum(ways) / len(ways))

        found = solver.fit(
            lesson.columns.at(rows),
            lesson.targets[rows],
            lesson.weights[rows],
            c=lesson.strength,
            exclusive=lesson.exclusive,
            step=step,
        )
        step(1.0)
        return found

    with ThreadPoolExecutor(max(1, min(threads, len(parts)))) as pool:
        weights = list(pool.map(one, range(len(parts))))
    if len(parts) == 1:
        return None, weights[0]
    scores = np.zeros_like(lesson.targets)
    for part, found in zip(parts[1:], weights[1:], strict=True):
        rows = np.flatnonzero(lesson.folds == part)
        scores[rows] = _scores(lesson.columns.at(rows), found)
    return scores, weights[0]


def _scores(columns: Columns, weights: Weights) -> Floats:
    count = len(columns.dense) if columns.dense is not None else columns.sparse.shape[0]
    scores = np.repeat(weights.bias[None, :], count, axis=0)
    if weights.sparse is not None:
        scores += columns.sparse @ weights.sparse
    if weights.dense is not None and columns.dense is not None:
        scores += columns.dense @ weights.dense
    return scores


WORDS = LinearTrainer("words")
MEANING = LinearTrainer("meaning")
BOTH = LinearTrainer("both")
