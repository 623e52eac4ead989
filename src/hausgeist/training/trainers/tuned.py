# SPDX-License-Identifier: EUPL-1.2
"""The student that is a base of the house, trained further: for labels and for passages.

A fifth of the examples is held back: it says which pass was best, and makes the probabilities honest. ``dev``
is not looked at where that is enough: it judges the student, and what had chosen the pass could not judge.

The student's folder has all of the encoder, in half precision and under the names of the base, with the
base's own configuration, tokenizer and licence: it stays what it is when the base leaves the shelf, and other
programs read its encoder too.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from hausgeist.core.answers import Example, Guess, Span, Value
from hausgeist.core.resolution import apart
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, BaseRefused, NothingToLearn, StudentBroken, UnknownBase
from hausgeist.training import deciding
from hausgeist.training.bases.folder import (
    CONFIG,
    NEEDED,
    TOKENS,
    WEIGHTS,
    fingerprint,
    fitting,
)
from hausgeist.training.bases.network import kept, opened
from hausgeist.training.bases.pieces import Pieces
from hausgeist.training.bases.tagging import Passages
from hausgeist.training.bases.tuning import Network, Sample, outcomes, plan, tune
from hausgeist.training.calibration import FEWEST as FEWEST_JUDGED
from hausgeist.training.calibration import Map, mapped
from hausgeist.training.deciding import Decision
from hausgeist.training.rows import Floats
from hausgeist.training.rungs import BASE
from hausgeist.training.trainers import Recipe, Report, write
from hausgeist.training.trainers.labelled import (
    HONEST,
    inside,
    labels_of,
    report_held_out,
    targets_of,
)

HEAD, TEXT = "head.safetensors", "LICENSE"
FEWEST = 4
HELD_BACK, HELD_LEAST = 0.2, 20
"""Of different texts the share that is held back, and how many there must be."""
LENGTH = 512
"""Pieces of a text that are read at once, special ones included, where the base can take as many."""
AT_ONCE = 512
"""Texts that are answered at a time."""
_TAUGHT = frozenset({"teacher", "rule"})


class Encoder:
    """What a student has of its base: the network, the tokenizer, and the files that go along."""

    def __init__(
        self,
        network: Network,
        pieces: Pieces,
        names: Mapping[str, str],
        files: Mapping[str, bytes],
        length: int,
    ) -> None:
        self.network, self.pieces, self.names, self.files = network, pieces, names, files
        self.length = length

    @classmethod
    def of(cls, folder: Path, many: int, *, by_piece: bool, length: int = LENGTH) -> "Encoder":
        """From a folder with a base in it, with a head that knows nothing.

        Raises:
            BaseRefused: the folder's files do not fit each other.
        """
        shape = fitting(folder)
        encoder, names = opened(folder / WEIGHTS, shape)
        files = {name: (folder / name).read_bytes() for name in (CONFIG, TOKENS)}
        if (folder / TEXT).is_file():
            files[TEXT] = (folder / TEXT).read_bytes()
        pieces = Pieces(files[TOKENS].decode("utf-8"), shape)
        network = Network(encoder, many, by_piece=by_piece)
        return cls(network, pieces, names, files, max(8, min(length, shape.positions)))

    def kept(self) -> dict[str, bytes]:
        """The files of a student."""
        head = {
            name: one.detach().contiguous() for name, one in self.network.head.state_dict().items()
        }
        body = kept(self.network.encoder, self.names)
        return {**self.files, WEIGHTS: save(body, {"format": "pt"}), HEAD: save(head)}

    def begin(self, texts: Sequence[str]) -> list[list[int]]:
        """The beginning of each text as pieces, as much as is read at once."""
        room = self.pieces.room(self.length)
        return [self.pieces.around(one.numbers) for one in self.pieces.cut(texts, room)]

    def scores(self, texts: Sequence[str]) -> Floats:
        """Texts x labels."""
        rows = outcomes(self.network, self.begin(texts))
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 1), dtype=np.float32)


class TunedLabels:
    """A base with a head for labels."""

    def __init__(self, recipe: Recipe, encoder: Encoder, decision: Decision) -> None:
        self.recipe, self.encoder, self.decision = recipe, encoder, decision

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """One guess a text; only its beginning is read."""
        found: list[Guess] = []
        for first in range(0, len(texts), AT_ONCE):
            some = texts[first : first + AT_ONCE]
            found += self.decision.guesses(self.encoder.scores(some), _near(len(some)), BASE)
        return found

    def save(self, folder: Path) -> None:
        """The encoder, the head and the manifest."""
        _write(folder, self, self.decision.labels, {"decision": self.decision.plain()})


class TunedSpans:
    """A base with a head for the words of passages; ``honest`` turns probabilities into honest ones."""

    def __init__(self, recipe: Recipe, encoder: Encoder, honest: Map) -> None:
        self.recipe, self.encoder, self.honest = recipe, encoder, honest
        self.passages = Passages(recipe.labels, encoder.pieces, encoder.length)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """The passages of each text; the score is of all of them together."""
        found = self.found(texts)
        scores = self.honest(np.asarray([chance for _, chance in found])).tolist()
        return [
            Guess(Value.of_spans(spans), round(score, 6), (), BASE)
            for (spans, _), score in zip(found, scores, strict=True)
        ]

    def found(self, texts: Sequence[str]) -> list[tuple[list[Span], float]]:
        """Passages, and their probability as the network means it."""
        return self.passages.find(texts, lambda rows: outcomes(self.encoder.network, rows))

    def save(self, folder: Path) -> None:
        """The encoder, the head and the manifest."""
        _write(folder, self, self.recipe.labels, {"honest": self.honest.plain()})


class TunedTrainer:
    """Trains the rung ``base``."""

    kinds = frozenset({TaskKind.SINGLE, TaskKind.MULTI, TaskKind.SPANS})

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> TunedLabels | TunedSpans:
        """Learn from the examples, with the base that ``options["base"]`` names.

        Options: ``rounds`` (passes at most), ``rate`` (of learning), ``length`` (pieces of a text).

        Raises:
            NothingToLearn: too few examples, or all with the same answer.
            UnknownBase, BaseRefused: the base is not there, is another one now, or is none.
        """
        folder = _base(recipe)
        usable = [one for one in examples if one.weight > 0]
        length = int(recipe.options.get("length", LENGTH))
        if recipe.kind is TaskKind.SPANS:
            many = 2 * len(recipe.labels) + 1
            encoder = Encoder.of(folder, many, by_piece=True, length=length)
            return _train_spans(usable, encoder, recipe, report)
        encoder = Encoder.of(folder, 1, by_piece=False, length=length)
        return _train_labels(usable, dev, encoder, recipe, report)

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> TunedLabels | TunedSpans:
        """What ``save`` wrote. It answers with one thread, as all students do."""
        torch.set_num_threads(1)
        recipe, about = Recipe.of(manifest["recipe"]), manifest["about"]
        spans = recipe.kind is TaskKind.SPANS
        labels = tuple(manifest["labels"])
        many = 2 * len(labels) + 1 if spans else len(labels)
        try:
            encoder = Encoder.of(folder, many, by_piece=spans, length=int(about["length"]))
        except BaseRefused as error:
            raise StudentBroken(file=str(error.values.get("file", WEIGHTS))) from None
        try:
            head = load_file(folder / HEAD)
        except SafetensorError:
            raise StudentBroken(file=HEAD) from None
        own = encoder.network.head.state_dict()
        if {name: one.shape for name, one in head.items()} != {
            name: one.shape for name, one in own.items()
        }:
            raise StudentBroken(file=HEAD)
        encoder.network.head.load_state_dict(head)
        encoder.network.eval()
        if spans:
            return TunedSpans(recipe, encoder, Map.of(about["honest"]))
        return TunedLabels(recipe, encoder, Decision.of(labels, about["decision"]))


TUNED = TunedTrainer()


def _tune(
    encoder: Encoder,
    recipe: Recipe,
    samples: Sequence[Sample],
    judge: Callable[[], tuple[float, float]],
    report: Report,
    *,
    held: bool,
    exclusive: bool,
) -> None:
    """Train an encoder further, by the recipe; ``held``: whether there is something to judge by."""
    made = plan(
        recipe.options,
        seed=recipe.seed,
        threads=recipe.threads,
        exclusive=exclusive,
        held=held,
        samples=len(samples),
        width=encoder.network.encoder.shape.width,
    )
    tune(encoder.network, samples, made, judge, lambda done: report(0.97 * done))


def _train_labels(
    usable: Sequence[Example],
    dev: Sequence[Example],
    encoder: Encoder,
    recipe: Recipe,
    report: Report,
) -> TunedLabels:
    labels = labels_of(usable, recipe, report)
    exclusive = recipe.kind is TaskKind.SINGLE
    encoder.network.outcomes(len(labels))
    held, rest = _parted(usable, recipe.seed)
    targets = targets_of(rest, labels)
    samples = [
        Sample(pieces, int(row.argmax()) if exclusive else row, one.weight)
        for pieces, row, one in zip(
            encoder.begin([one.text for one in rest]), targets, rest, strict=True
        )
    ]
    texts, wanted = [one.text for one in held], targets_of(held, labels)

    def judge() -> tuple[float, float]:
        return _figures(encoder.scores(texts), wanted, exclusive=exclusive)

    _tune(encoder, recipe, samples, judge, report, held=bool(held), exclusive=exclusive)
    judged = _judges(held, dev, labels, report, exclusive=exclusive)
    decision = deciding.learn(
        labels,
        encoder.scores([one.text for one in judged]) if judged else targets[:0],
        targets_of(judged, labels),
        np.asarray([one.weight for one in judged], dtype=np.float32),
        _near(len(judged)),
        exclusive=exclusive,
    )
    if held:
        report_held_out(held, decision, encoder.scores(texts), _near(len(held)), report)
    report(1.0)
    return TunedLabels(recipe, encoder, decision)


def _train_spans(
    usable: Sequence[Example], encoder: Encoder, recipe: Recipe, report: Report
) -> TunedSpans:
    whole = [one for one in usable if apart(one.value)]
    if len(whole) < len(usable):
        report.say("overlapping", count=len(usable) - len(whole))
    if sum(bool(one.value.spans) for one in whole) < FEWEST:
        raise NothingToLearn(reason=N_("Too few texts have passages in them."))
    model = TunedSpans(recipe, encoder, Map())
    held, rest = _parted(whole, recipe.seed)
    samples = [
        Sample(pieces, right, one.weight)
        for one in rest
        for pieces, right in model.passages.lessons(one.text, one.value.spans)
    ]
    texts = [one.text for one in held]

    def judge() -> tuple[float, float]:
        found = model.found(texts)
        return _spans_right(held, found), float(np.mean([chance for _, chance in found]))

    _tune(encoder, recipe, samples, judge, report, held=bool(held), exclusive=True)
    if held:
        model.honest = _honest(held, model.found(texts), report)
        for one, guess in zip(held, model.predict(texts), strict=True):
            report.hold_out(one.item, guess)
    report(1.0)
    return model


def _base(recipe: Recipe) -> Path:
    """The folder of the base that the recipe names, if it is still the one that was meant."""
    chosen = recipe.options.get("base")
    if not isinstance(chosen, Mapping) or recipe.shelf is None:
        raise UnknownBase(base="?")
    name = str(chosen.get("name", ""))
    folder = recipe.shelf / Path(name).name
    files = {}
    for one in NEEDED:
        try:
            with (folder / one).open("rb") as file:
                files[one] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise UnknownBase(base=name) from None
    if fingerprint(files) != chosen.get("sha256"):
        raise UnknownBase(base=name)
    return folder


def _parted(usable: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """A fifth of the different texts and the others; people's answers where these are enough of them."""
    own = [one for one in usable if one.source not in _TAUGHT]
    among = own if len({one.text for one in own}) >= 2 * HELD_LEAST else usable
    texts = sorted({one.text for one in among})
    if len(texts) < HELD_LEAST:
        return [], list(usable)
    Random(seed).shuffle(texts)  # noqa: S311  a sample, no secret
    back = set(texts[: round(HELD_BACK * len(texts))])
    held = [one for one in among if one.text in back]
    return held, [one for one in usable if one.text not in back]


def _judges(
    held: Sequence[Example],
    dev: Sequence[Example],
    labels: Sequence[str],
    report: Report,
    *,
    exclusive: bool,
) -> list[Example]:
    """Examples on which probabilities are made honest: held-back ones of people, else dev, else all held."""
    own = [one for one in held if one.source not in _TAUGHT and inside(one, labels)]
    if len(own) >= FEWEST_JUDGED:
        return own
    judged = [one for one in dev if inside(one, labels)]
    if exclusive and len(judged) >= HONEST:
        report.say("calibrated_on_dev", count=len(judged))
        return judged
    if held and len(own) < len(held):
        report.say("calibrated_on_teacher", count=len(held))
    return [one for one in held if inside(one, labels)]


def _figures(scores: Floats, wanted: Floats, *, exclusive: bool) -> tuple[float, float]:
    """How much is right (accuracy, or F1 of all labels), and the mean logarithm of its probability."""
    if exclusive:
        sure = scores - scores.max(axis=1, keepdims=True)
        sure = sure - np.log(np.exp(sure).sum(axis=1, keepdims=True))
        hit = scores.argmax(axis=1) == wanted.argmax(axis=1)
        return float(hit.mean()), float((sure * wanted).sum(axis=1).mean())
    said = scores > 0
    both = float((said & (wanted > 0)).sum())
    likely = -np.logaddexp(0, np.where(wanted > 0, -scores, scores)).sum(axis=1).mean()
    return 2 * both / max(1.0, float(said.sum() + wanted.sum())), float(likely)


def _spans_right(held: Sequence[Example], found: Sequence[tuple[list[Span], float]]) -> float:
    """F1 of exact passages."""
    hit = said = there = 0
    for one, (spans, _) in zip(held, found, strict=True):
        true = set(one.value.spans)
        hit, said, there = hit + len(true & set(spans)), said + len(spans), there + len(true)
    return 2 * hit / max(1, said + there)


def _honest(
    held: Sequence[Example], found: Sequence[tuple[list[Span], float]], report: Report
) -> Map:
    """The map from what was held back: of people's answers where there are enough of them."""
    pairs = list(zip(held, found, strict=True))
    own = [one for one in pairs if one[0].source not in _TAUGHT]
    if len(own) < FEWEST_JUDGED <= len(pairs):
        report.say("calibrated_on_teacher", count=len(pairs))
        own = pairs
    chances = np.asarray([chance for _, (_, chance) in own], dtype=np.float32)
    right = np.asarray(
        [Value.of_spans(spans) == one.value for one, (spans, _) in own], dtype=np.bool_
    )
    return mapped(chances, right, np.ones(len(own), dtype=np.float32))


def _near(count: int) -> Floats:
    """How near texts are to what was learned is not measured here: only doubt makes them strange."""
    return np.ones(count, dtype=np.float32)


def _write(
    folder: Path,
    model: TunedLabels | TunedSpans,
    labels: Sequence[str],
    about: Mapping[str, Any],
) -> None:
    write(
        folder,
        rung=BASE,
        recipe=model.recipe,
        labels=labels,
        files=model.encoder.kept(),
        about={
            **about,
            "length": model.encoder.length,
            "base": model.recipe.options.get("base"),
        },
    )
