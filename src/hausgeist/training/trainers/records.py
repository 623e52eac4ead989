# SPDX-License-Identifier: EUPL-1.2
"""The student for records: passages that hold values, read by rules; choices by a classifier a field.

A value that stands in the text (words, numbers, dates) is found by a chain over words and brought to its
canonical form by rules. A choice, and a yes or no, is decided by the words of the whole text. What it cannot
do: values that the text does not have as they are (sums, ``zwölf``, ``morgen``), and two fields that share
one passage; how many of these the examples have is said.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hausgeist.core.answers import Example, Guess, Span, Value
from hausgeist.core.tasks import Field, FieldType, TaskKind
from hausgeist.errors import N_, NothingToLearn
from hausgeist.training.calibration import Map, mapped
from hausgeist.training.rules.fill import filled
from hausgeist.training.spans.learning import Taught, learn, lists_of
from hausgeist.training.spans.locating import LOCATED, candidates, located
from hausgeist.training.spans.meanings import FILE as MEANINGS
from hausgeist.training.spans.tagger import FILES, Tagger
from hausgeist.training.trainers import MANIFEST, TRAINERS, Model, Recipe, Report, write
from hausgeist.training.trainers.crf import FEWEST, parts_held_out

RUNG = "fields"
_NONE = "-"
"""The label of a text that does not have the choice."""
_SURE_FROM, _SURE = 5, 0.9
"""Texts with one date (or number) alone, and the share of them whose field it was, from which a text with
one alone fills the field even where the chain sees nothing."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What decides one field by the whole text: a classifier, or one answer for everything."""

    model: Model | None
    always: tuple[str, ...] = ()
    share: float = 1.0

    def answers(self, texts: Sequence[str]) -> list[tuple[tuple[str, ...], float]]:
        """For each text the field's values with their probability."""
        if self.model is None:
            return [(self.always, self.share)] * len(texts)
        return [
            (tuple(key for key in guess.value.labels if key != _NONE), guess.score)
            for guess in self.model.predict(texts)
        ]


@dataclass(slots=True)
class FieldsModel:
    """A chain for what stands in the text, and what decides the other fields.

    ``alone`` are the fields that a single date or number of their text fills; ``quality`` is what was found
    on dev, by field: right, said, and there.
    """

    recipe: Recipe
    tagger: Tagger | None
    choices: dict[str, _Choice]
    alone: frozenset[str]
    honest: Map = field(default_factory=Map)
    quality: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """The record of each text; the score is of all of its fields together."""
        found: list[list[tuple[str, str]]] = [[] for _ in texts]
        chances = np.ones(len(texts))
        if self.tagger is not None:
            for number, one in enumerate(self.tagger.tag(texts)):
                found[number] += self._read(texts[number], one.spans)
                chances[number] *= one.chance
        for key, choice in self.choices.items():
            for number, (values, chance) in enumerate(choice.answers(texts)):
                found[number] += [(key, value) for value in values]
                chances[number] *= chance
        scores = self.honest(chances).tolist()
        return [
            Guess(Value.of_fields(fields), round(score, 6), (), RUNG)
            for fields, score in zip(found, scores, strict=True)
        ]

    def _read(self, text: str, spans: Sequence[Span]) -> list[tuple[str, str]]:
        """The values of passages in canonical form; what holds no value of its field's type is left out."""
        found: list[tuple[str, str]] = []
        for one in self.recipe.fields:
            if one.type not in LOCATED:
                continue
            mine = [filled(one, text[s.start : s.end]) for s in spans if s.label == one.key]
            values = list(dict.fromkeys(value for value in mine if value))
            if not values and one.key in self.alone:
                there = {it.value for it in candidates(one, text)}
                values = list(there) if len(there) == 1 else []
            found += [(one.key, value) for value in (values if one.many else values[:1])]
        return found

    def save(self, folder: Path) -> None:
        """Write the chain, a file for each classifier, and the manifest."""
        files = self.tagger.files() if self.tagger else {}
        about: dict[str, Any] = {"alone": sorted(self.alone), "honest": self.honest.plain()}
        about["quality"] = {key: list(counts) for key, counts in self.quality.items()}
        about["choices"] = {}
        for number, (key, choice) in enumerate(self.choices.items()):
            names: dict[str, str] = {}
            kept = {"always": list(choice.always), "share": choice.share, "files": names}
            about["choices"][key] = kept
            if choice.model is None:
                continue
            with tempfile.TemporaryDirectory(prefix="hausgeist-field-") as made:
                choice.model.save(Path(made))
                for path in sorted(Path(made).iterdir()):
                    name = f"choice{number}-{path.name}"
                    files[name] = path.read_bytes()
                    names[path.name] = name
        labels = [one.key for one in self.recipe.fields]
        write(folder, rung=RUNG, recipe=self.recipe, labels=labels, files=files, about=about)


class FieldsTrainer:
    """Trains the rung ``fields``."""

    kinds = frozenset({TaskKind.RECORD})

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> FieldsModel:
        """Learn from all examples; calibrate on held-out ones, of many on ``dev``.

        Options: as of the rung ``crf``.

        Raises:
            NothingToLearn: fewer than four examples have fields.
        """
        if sum(bool(one.value.fields) for one in examples) < FEWEST:
            raise NothingToLearn(reason=N_("Too few texts have fields in them."))
        _tell_limits(examples, recipe, report)
        parts = parts_held_out([one.text for one in examples], len(dev), recipe)
        seen: list[tuple[Example, Guess]] = []
        for step, part in enumerate(parts):
            hidden = set(part)
            rest = [one for at, one in enumerate(examples) if at not in hidden]
            mine = [examples[at] for at in part]
            guesses = _fit(rest, recipe).predict([one.text for one in mine])
            seen += zip(mine, guesses, strict=True)
            report((step + 1) / (len(parts) + 1))
        model = _fit(examples, recipe)
        judged = model.predict([one.text for one in dev])
        model.quality = _by_field(dev, judged, recipe)
        model.honest = _honest(seen or list(zip(dev, judged, strict=True)))
        for one, guess in seen:
            score = float(model.honest(np.asarray([guess.score]))[0])
            report.hold_out(one.item, replace(guess, score=round(score, 6)))
        report(1.0)
        return model

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> FieldsModel:
        """What ``save`` wrote."""
        about = manifest["about"]
        tagger = None
        if FILES[0] in manifest["files"]:
            there = [name for name in (*FILES, MEANINGS) if name in manifest["files"]]
            tagger = Tagger.of({name: (folder / name).read_bytes() for name in there})
        choices = {}
        for key, kept in about["choices"].items():
            model = _classifier(folder, manifest, kept["files"]) if kept["files"] else None
            choices[key] = _Choice(model, tuple(kept["always"]), float(kept["share"]))
        return FieldsModel(
            Recipe.of(manifest["recipe"]),
            tagger,
            choices,
            frozenset(about["alone"]),
            Map.of(about["honest"]),
            {key: tuple(counts) for key, counts in about["quality"].items()},
        )


FIELDS = FieldsTrainer()


def _classifier(folder: Path, manifest: Mapping[str, Any], names: Mapping[str, str]) -> Model:
    """A classifier out of files whose hashes the record's own manifest has."""
    with tempfile.TemporaryDirectory(prefix="hausgeist-field-") as made:
        for plain, name in names.items():
            if name not in manifest["files"] or Path(plain).name != plain:
                raise ValueError("a file that the manifest does not name")
            (Path(made) / plain).write_bytes((folder / name).read_bytes())
        own = json.loads((Path(made) / MANIFEST).read_bytes())
        return TRAINERS["words"].load(Path(made), own)


def _fit(examples: Sequence[Example], recipe: Recipe) -> FieldsModel:
    """A model without calibration."""
    in_text = [one for one in recipe.fields if one.type in LOCATED]
    taught = [Taught(one.text, _passages(one, in_text)[0], one.weight) for one in examples]
    tagger = None
    if sum(bool(one.spans) for one in taught) >= FEWEST:
        tagger = Tagger(learn(taught, recipe.options, lists_of(recipe.options)))
    choices = {
        one.key: _choice(examples, one, recipe) for one in recipe.fields if one.type not in LOCATED
    }
    alone = frozenset(one.key for one in in_text if _alone(examples, one))
    return FieldsModel(recipe, tagger, choices, alone)


def _passages(
    example: Example, fields: Sequence[Field]
) -> tuple[tuple[Span, ...], Counter[str], int]:
    """Where an example's values stand; by field how many do not, and how many share a passage."""
    spans: list[Span] = []
    nowhere: Counter[str] = Counter()
    shared = 0
    for one in fields:
        for value in (text for key, text in example.value.fields if key == one.key):
            places = located(one, example.text, value)
            free = [
                place
                for place in places
                if all(place[1] <= span.start or span.end <= place[0] for span in spans)
            ]
            if free:
                spans.append(Span(*free[0], one.key))
            elif places:
                shared += 1
            else:
                nowhere[one.key] += 1
    return tuple(sorted(spans)), nowhere, shared


def _choice(examples: Sequence[Example], one: Field, recipe: Recipe) -> _Choice:
    """What decides a field by the whole text."""
    keys = one.choices if one.type is FieldType.CHOICE else ("yes", "no")
    labelled = []
    for example in examples:
        said = [text for key, text in example.value.fields if key == one.key]
        labelled.append(
            replace(example, value=Value.of_labels(said or ([] if one.many else [_NONE])))
        )
    kind = TaskKind.MULTI if one.many else TaskKind.SINGLE
    labels = keys if one.many else (*keys, _NONE)
    own = Recipe(kind, labels, seed=recipe.seed, threads=recipe.threads, options={"folds": 0})
    try:
        return _Choice(TRAINERS["words"].train(labelled, [], own, Report()))
    except NothingToLearn:  # all have the same answer: so will every text
        most, count = Counter(it.value.labels for it in labelled).most_common(1)[0]
        return _Choice(None, tuple(key for key in most if key != _NONE), count / len(labelled))


def _alone(examples: Sequence[Example], one: Field) -> bool:
    """Whether a date or number that stands alone in a text is this field's."""
    right = total = 0
    for example in examples:
        there = {it.value for it in candidates(one, example.text)}
        if len(there) == 1:
            total += 1
            right += (one.key, *there) in example.value.fields
    return total >= _SURE_FROM and right >= _SURE * total


def _honest(seen: Sequence[tuple[Example, Guess]]) -> Map:
    chances = np.asarray([guess.score for _, guess in seen], dtype=np.float32)
    right = np.asarray([guess.value == one.value for one, guess in seen], dtype=np.bool_)
    return mapped(chances, right, np.ones(len(seen), dtype=np.float32))


def _by_field(
    dev: Sequence[Example], judged: Sequence[Guess], recipe: Recipe
) -> dict[str, tuple[int, int, int]]:
    """By field: how many values were right, were said, and are there."""
    found = {one.key: [0, 0, 0] for one in recipe.fields}
    for one, guess in zip(dev, judged, strict=True):
        true, said = set(one.value.fields), set(guess.value.fields)
        for at, some in enumerate((true & said, said, true)):
            for key, _ in some:
                if key in found:
                    found[key][at] += 1
    return {key: (right, said, there) for key, (right, said, there) in found.items()}


def _tell_limits(examples: Sequence[Example], recipe: Recipe, report: Report) -> None:
    """Say how many values no chain can learn."""
    fields = [one for one in recipe.fields if one.type in LOCATED]
    nowhere: Counter[str] = Counter()
    shared = 0
    for example in examples:
        _, missing, together = _passages(example, fields)
        nowhere += missing
        shared += together
    for key, count in sorted(nowhere.items()):
        report.say("not_in_text", field=key, count=count)
    if shared:
        report.say("shared_passage", count=shared)
