# SPDX-License-Identifier: EUPL-1.2
"""The student that spaCy trains from nothing, for passages and for labels.

Hashed words, a convolution, and spaCy's parser of passages or classifier of texts. Only where the extra
``spacy`` is installed; no foreign weights are loaded.

spaCy gives no probabilities of passages, so the score is how often texts with as many passages were wholly
right on examples held back; without these it is a half. Saved is what ``Language.to_bytes`` gives (msgpack,
no pickle).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import spacy
from spacy.language import Language
from spacy.training import Example as Lesson
from spacy.util import filter_spans, fix_random_seed, minibatch

from hausgeist.core.answers import Example, Guess, Span, Value
from hausgeist.core.resolution import apart
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, NothingToLearn
from hausgeist.training.trainers import Recipe, Report, write

RUNG = "spacy"
FILE = "spacy.bin"
FEWEST = 4
ROUNDS, PATIENCE = 30, 5
"""Passes over the examples at most, and passes without a better result after which it ends."""
HELD_BACK = 0.2
HELD_LEAST = 20
"""Different texts without which none is held back: then all passes are done."""
LONGEST = 6_000_000
"""Characters of a text, at most: spaCy refuses a million unless it is told otherwise."""
_NONE = "(none)"
_MANY = 3
"""As many passages or more are one sort of text, for the score."""


class SpacyModel:
    """A pipeline. ``honest``: the score by the number of passages, or empty for classifiers."""

    def __init__(self, recipe: Recipe, nlp: Language, honest: Sequence[float]) -> None:
        self.recipe, self.nlp, self.honest = recipe, nlp, list(honest)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """One guess a text."""
        return [self._guess(doc) for doc in self.nlp.pipe(texts)]

    def _guess(self, doc: Any) -> Guess:
        if self.recipe.kind is TaskKind.SPANS:
            spans = [Span(one.start_char, one.end_char, one.label_) for one in doc.ents]
            score = self.honest[min(len(spans), _MANY)]
            return Guess(Value.of_spans(spans), score, (), RUNG)
        ranked = sorted(doc.cats.items(), key=lambda one: (-one[1], one[0]))
        if self.recipe.kind is TaskKind.SINGLE:
            label, score = ranked[0]
            value = Value.of_labels([] if label == _NONE else [label])
            shown = tuple((key, one) for key, one in ranked[:5] if key != _NONE)
            return Guess(value, score, shown, RUNG)
        sure = 1.0
        for _, one in ranked:
            sure *= max(one, 1 - one)
        chosen = [label for label, one in ranked if one >= 0.5]
        return Guess(Value.of_labels(chosen), sure, tuple(ranked[:5]), RUNG)

    def save(self, folder: Path) -> None:
        """The pipeline's bytes and the manifest."""
        about = {"honest": self.honest, "spacy": spacy.__version__, "labels": _names(self.recipe)}
        write(
            folder,
            rung=RUNG,
            recipe=self.recipe,
            labels=self.recipe.labels,
            files={FILE: self.nlp.to_bytes()},
            about=about,
        )


class SpacyTrainer:
    """Trains the rung ``spacy``."""

    kinds = frozenset({TaskKind.SINGLE, TaskKind.MULTI, TaskKind.SPANS})

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> SpacyModel:
        """Learn from the examples; the pass that is best on a fifth of them, held back, is kept.

        ``dev`` is not looked at: it judges the student, and what had chosen the pass could not judge it.

        Options: ``rounds`` (passes, 30). Weights of examples under 0.15 leave them out; others count alike.

        Raises:
            NothingToLearn: fewer than four examples.
        """
        del dev
        usable = [one for one in examples if one.weight >= 0.15 and apart(one.value)]
        if len(usable) < FEWEST:
            raise NothingToLearn(reason=N_("There are fewer than four."))
        fix_random_seed(recipe.seed)
        nlp = _blank(recipe)
        held = _held_back(usable, recipe.seed)
        back = {one.text for one in held}
        lessons = [_lesson(nlp, one, recipe) for one in usable if one.text not in back]
        optimizer = nlp.initialize(lambda: lessons)
        chance = Random(recipe.seed)  # noqa: S311  an order, no secret
        rounds = int(recipe.options.get("rounds", ROUNDS))
        best, kept, since = -1.0, b"", 0
        for round_ in range(rounds):
            chance.shuffle(lessons)
            for some in minibatch(lessons, size=4 if len(lessons) < 200 else 16):
                nlp.update(some, drop=0.2, sgd=optimizer)
            report((round_ + 1) / rounds)
            if not held:
                continue
            right = _right(SpacyModel(recipe, nlp, [0.5] * (_MANY + 1)), held)
            if right > best:
                best, kept, since = right, nlp.to_bytes(), 0
            elif best > 0:
                since += 1
                if since == PATIENCE:
                    break
        if kept:
            nlp.from_bytes(kept)
        model = SpacyModel(recipe, nlp, [0.5] * (_MANY + 1))
        model.honest = _honest(model, held)
        report(1.0)
        return model

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> SpacyModel:
        """What ``save`` wrote."""
        recipe = Recipe.of(manifest["recipe"])
        nlp = _blank(recipe, labelled=False)
        nlp.from_bytes((folder / FILE).read_bytes())
        return SpacyModel(recipe, nlp, [float(one) for one in manifest["about"]["honest"]])


SPACY = SpacyTrainer()


def _names(recipe: Recipe) -> list[str]:
    """The labels that the pipeline knows."""
    return [*recipe.labels, *([_NONE] if recipe.kind is TaskKind.SINGLE else [])]


def _blank(recipe: Recipe, *, labelled: bool = True) -> Language:
    """A pipeline that has learnt nothing; without labels where they come with its bytes."""
    nlp = spacy.blank(recipe.language)
    nlp.max_length = LONGEST
    factory = {
        TaskKind.SPANS: "ner",
        TaskKind.SINGLE: "textcat",
        TaskKind.MULTI: "textcat_multilabel",
    }[recipe.kind]
    pipe: Any = nlp.add_pipe(factory)
    for label in _names(recipe) if labelled else ():
        pipe.add_label(label)
    return nlp


def _lesson(nlp: Language, one: Example, recipe: Recipe) -> Lesson:
    """An example as spaCy takes it; passages are widened to its words."""
    told = nlp.make_doc(one.text)
    if recipe.kind is TaskKind.SPANS:
        spans = [
            told.char_span(span.start, span.end, label=span.label, alignment_mode="expand")
            for span in one.value.spans
            if span.label in recipe.labels
        ]
        told.ents = filter_spans([span for span in spans if span is not None])
    else:
        mine = set(one.value.labels) or {_NONE}
        told.cats = {label: float(label in mine) for label in _names(recipe)}
    return Lesson(nlp.make_doc(one.text), told)


def _held_back(usable: Sequence[Example], seed: int) -> list[Example]:
    """A fifth of the different texts, none where they are few; people's answers where these are enough."""
    own = [one for one in usable if one.source not in {"teacher", "rule"}]
    among = own if len({one.text for one in own}) >= 2 * HELD_LEAST else usable
    texts = sorted({one.text for one in among})
    if len(texts) < HELD_LEAST:
        return []
    Random(seed).shuffle(texts)  # noqa: S311  a sample, no secret
    back = set(texts[: round(HELD_BACK * len(texts))])
    return [one for one in among if one.text in back]


def _right(model: SpacyModel, judged: Sequence[Example]) -> float:
    """How much of these is right: F1 of passages, or of labels."""
    hit = said = there = 0
    guesses = model.predict([it.text for it in judged])
    for one, guess in zip(judged, guesses, strict=True):
        true = {*one.value.spans, *one.value.labels}
        mine = {*guess.value.spans, *guess.value.labels}
        hit, said, there = hit + len(true & mine), said + len(mine), there + len(true)
    return 2 * hit / max(1, said + there)


def _honest(model: SpacyModel, judged: Sequence[Example]) -> list[float]:
    """By the number of passages found: the share of these texts that are wholly right, drawn to a half."""
    counts: dict[int, list[int]] = defaultdict(lambda: [1, 2])
    guesses = model.predict([it.text for it in judged])
    for one, guess in zip(judged, guesses, strict=True):
        sort = min(len(guess.value.spans), _MANY)
        counts[sort][0] += guess.value == one.value
        counts[sort][1] += 1
    return [round(counts[sort][0] / counts[sort][1], 4) for sort in range(_MANY + 1)]
