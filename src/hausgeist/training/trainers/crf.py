# SPDX-License-Identifier: EUPL-1.2
"""The student for passages: a conditional random field over words, trained with CRFsuite.

It answers with numpy alone: features are summed up once a word, sequences are labelled many at a time. Its
score is the probability of all passages of a text together, calibrated on texts it had not seen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from hausgeist.core.answers import Example, Guess, Span, Value
from hausgeist.core.resolution import apart
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, NothingToLearn
from hausgeist.training.calibration import FEWEST as FEWEST_JUDGED
from hausgeist.training.calibration import Map, mapped
from hausgeist.training.spans.learning import Taught, learn, lists_of
from hausgeist.training.spans.tagger import Tagged, Tagger
from hausgeist.training.trainers import Recipe, Report, write

RUNG, MEANING = "crf", "crf_meaning"
FEWEST = 4
"""Examples with passages without which nothing is learned."""
FEW = 10
"""Passages of a label below which people are told that it has few."""
LEANS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
"""How far a chain may lean towards passages: what it finds most often is not what has the best F1."""
LEAN_FROM = 100
"""Passages in texts that were not learnt, without which a chain leans nowhere."""
_SMALL, _MIDDLE = 100_000, 250_000
"""Characters of all examples up to which every text is held out once, in three parts or in two."""
_HELD_OUT = 0.2
"""Of more examples the share that is held out once where dev is too small to calibrate with."""


class CrfModel:
    """A trained chain with the map that makes its probabilities honest."""

    def __init__(self, rung: str, recipe: Recipe, tagger: Tagger, honest: Map) -> None:
        self.rung = rung
        self.recipe = recipe
        self.tagger = tagger
        self.honest = honest

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """The passages of each text; the score is of all of them together."""
        found = self.tagger.tag(texts)
        scores = self.honest(np.asarray([one.chance for one in found])).tolist()
        return [
            Guess(Value.of_spans(one.spans), round(score, 6), (), self.rung)
            for one, score in zip(found, scores, strict=True)
        ]

    def chances(self, text: str) -> list[tuple[Span, float]]:
        """The passages of one text, each with its own probability, 0 to 1, as the model means it."""
        return self.tagger.chances(text)

    def save(self, folder: Path) -> None:
        """Write words, weights, lists and the manifest."""
        write(
            folder,
            rung=self.rung,
            recipe=self.recipe,
            labels=self.recipe.labels,
            files=self.tagger.files(),
            about={"honest": self.honest.plain(), "features": len(self.tagger.weights)},
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """An example as it is learnt. ``right`` says whether passages that were found are its answer."""

    item: str
    taught: Taught
    by_person: bool

    def right(self, spans: Sequence[Span]) -> bool:
        """Whether these are its passages."""
        return tuple(sorted(spans)) == tuple(sorted(self.taught.spans))


class CrfTrainer:
    """Trains the rungs ``crf`` and ``crf_meaning``, whose words are known by their meaning too."""

    kinds = frozenset({TaskKind.SPANS})

    def __init__(self, rung: str) -> None:
        self.rung = rung

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> CrfModel:
        """Learn from all examples; calibrate on held-out ones, of many on ``dev``.

        Options: ``c1``, ``c2`` (penalties), ``rounds`` (iterations at most), ``folds`` (0: nothing is held
        out), ``lists`` (name to phrases). Examples whose passages overlap are left out, and it is said.

        Raises:
            NothingToLearn: fewer than four examples have passages.
        """
        taken = _taken(examples, recipe, report)
        judged = _taken(dev, recipe, Report())
        _tell_few(taken, recipe, report)

        def held_out(item: str, spans: tuple[Span, ...], score: float) -> None:
            report.hold_out(item, Guess(Value.of_spans(spans), score, (), self.rung))

        told = replace(recipe, options={"meaning": self.rung == MEANING, **recipe.options})
        tagger, honest = fitted(taken, judged, told, report, held_out)
        return CrfModel(self.rung, recipe, tagger, honest)

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> CrfModel:
        """What ``save`` wrote."""
        files = {name: (folder / name).read_bytes() for name in manifest["files"]}
        honest = Map.of(manifest["about"]["honest"])
        return CrfModel(self.rung, Recipe.of(manifest["recipe"]), Tagger.of(files), honest)


CRF = CrfTrainer(RUNG)
MEANT = CrfTrainer(MEANING)


def fitted(
    taken: Sequence[Taken],
    judged: Sequence[Taken],
    recipe: Recipe,
    report: Report,
    held_out: Callable[[str, tuple[Span, ...], float], None],
) -> tuple[Tagger, Map]:
    """A chain trained with all that was taken, and the map that its probabilities take.

    ``held_out`` is told what a chain that had not seen an example finds in it, if that is asked for.

    Raises:
        NothingToLearn: fewer than four examples have passages.
    """
    if sum(bool(one.taught.spans) for one in taken) < FEWEST:
        raise NothingToLearn(reason=N_("Too few texts have passages in them."))
    folds = parts_held_out([one.taught.text for one in taken], len(judged), recipe)
    steps = len(folds) + 1
    lists = lists_of(recipe.options)
    seen: list[Taken] = []
    tried: list[list[Tagged]] = [[] for _ in LEANS]
    for step, fold in enumerate(folds):
        hidden = set(fold)
        rest = [one.taught for at, one in enumerate(taken) if at not in hidden]
        if sum(bool(one.spans) for one in rest) < FEWEST:
            continue
        tagger = Tagger(learn(rest, recipe.options, lists, _tick(report, step, steps)))
        mine = [taken[at] for at in fold]
        seen += mine
        _try(tagger, mine, tried)
    every = [one.taught for one in taken]
    weights = learn(every, recipe.options, lists, _tick(report, len(folds), steps))
    if seen:
        lean, found = _leaning(seen, tried)
        honest = _honest(list(zip(seen, found, strict=True)), report)
        for one, said in zip(seen, found, strict=True):
            score = float(honest(np.asarray([said.chance]))[0])
            held_out(one.item, said.spans, round(score, 6))
    else:
        _try(Tagger(weights), judged, tried)
        lean, found = _leaning(judged, tried)
        honest = _honest(list(zip(judged, found, strict=True)), report)
        if honest.kind != "none" or lean:
            report.say("calibrated_there", count=len(judged))
    report(1.0)
    return Tagger(weights.lean(lean) if lean else weights), honest


def _try(tagger: Tagger, texts: Sequence[Taken], tried: Sequence[list[Tagged]]) -> None:
    """Add what a chain finds in texts at each of ``LEANS``."""
    for known, more in zip(
        tried, tagger.leaning([one.taught.text for one in texts], LEANS), strict=True
    ):
        known.extend(more)


def _leaning(
    seen: Sequence[Taken], tried: Sequence[Sequence[Tagged]]
) -> tuple[float, Sequence[Tagged]]:
    """The one of ``LEANS`` with the best F1 of passages in texts that were not learnt, and what it finds."""
    own = [at for at, one in enumerate(seen) if one.by_person]
    some = own if len(own) >= FEWEST_JUDGED else range(len(seen))
    there = sum(len(seen[at].taught.spans) for at in some)
    if there < LEAN_FROM:
        return LEANS[0], tried[0]
    rates = []
    for found in tried:
        said = sum(len(found[at].spans) for at in some)
        right = sum(len(set(found[at].spans) & set(seen[at].taught.spans)) for at in some)
        rates.append(2 * right / max(1, said + there))
    best = rates.index(max(rates))
    return LEANS[best], tried[best]


def _honest(seen: Sequence[tuple[Taken, Tagged]], report: Report) -> Map:
    """The map from what was seen: of people's answers where there are enough of them."""
    own = [one for one in seen if one[0].by_person]
    if len(own) < FEWEST_JUDGED <= len(seen):
        report.say("calibrated_on_teacher", count=len(seen))
        own = list(seen)
    chances = np.asarray([found.chance for _, found in own], dtype=np.float32)
    right = np.asarray([one.right(found.spans) for one, found in own], dtype=np.bool_)
    return mapped(chances, right, np.ones(len(own), dtype=np.float32))


def parts_held_out(texts: Sequence[str], judged: int, recipe: Recipe) -> list[list[int]]:
    """Which examples are held out together: equal texts in the same part, none at all where they are many.

    ``judged``: how many there are of dev, which can then calibrate instead.
    """
    size = sum(len(one) for one in texts)
    usual = 3 if size <= _SMALL else 2 if size <= _MIDDLE else 0
    count = int(recipe.options.get("folds", usual))
    different = sorted(set(texts))
    Random(recipe.seed).shuffle(different)  # noqa: S311  a sample, no secret
    if count > 1:
        part = {text: at % count for at, text in enumerate(different)}
        return [
            [at for at, text in enumerate(texts) if part[text] == fold] for fold in range(count)
        ]
    if count == 0 and "folds" not in recipe.options and judged < FEWEST_JUDGED:
        some = set(different[: int(_HELD_OUT * len(different))])
        return [[at for at, text in enumerate(texts) if text in some]]
    return []


def _taken(examples: Sequence[Example], recipe: Recipe, report: Report) -> list[Taken]:
    known = set(recipe.labels)
    found = []
    refused = 0
    for one in examples:
        if not apart(one.value):
            refused += 1
            continue
        spans = tuple(span for span in one.value.spans if span.label in known)
        by_person = one.source not in {"teacher", "rule"}
        found.append(Taken(one.item, Taught(one.text, spans, one.weight), by_person))
    if refused:
        report.say("overlapping", count=refused)
    return found


def _tell_few(taken: Sequence[Taken], recipe: Recipe, report: Report) -> None:
    """Say which labels have few passages."""
    counts = dict.fromkeys(recipe.labels, 0)
    for one in taken:
        for span in one.taught.spans:
            counts[span.label] += 1
    for label, count in counts.items():
        if count == 0:
            report.say("label_absent", label=label)
        elif count < FEW:
            report.say("label_few", label=label, count=count)


def _tick(report: Report, step: int, steps: int) -> Callable[[float], None]:
    return lambda done: report((step + done) / steps)
