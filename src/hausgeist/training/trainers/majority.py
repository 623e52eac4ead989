# SPDX-License-Identifier: EUPL-1.2
"""The student that always gives the most frequent answer: what everything else is measured against."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hausgeist.core.answers import Example, Guess, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, NothingToLearn
from hausgeist.training.trainers import Recipe, Report, write

RUNG = "majority"


@dataclass(frozen=True, slots=True)
class MajorityModel:
    """One answer for everything, with the share of examples that have it."""

    recipe: Recipe
    value: Value
    share: float

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """The same for each text."""
        ranked = tuple((label, self.share) for label in self.value.labels)
        return [Guess(self.value, self.share, ranked, RUNG)] * len(texts)

    def save(self, folder: Path) -> None:
        """A manifest without further files."""
        about = {"value": self.value.encode(), "share": self.share}
        write(
            folder, rung=RUNG, recipe=self.recipe, labels=self.recipe.labels, files={}, about=about
        )


class MajorityTrainer:
    """Counts."""

    kinds = frozenset({TaskKind.SINGLE, TaskKind.MULTI})

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> MajorityModel:
        """The answer with the greatest weight; of equals the first in the order of labels."""
        del dev
        if not examples:
            raise NothingToLearn(reason=N_("There are none."))
        weights: Counter[Value] = Counter()
        for one in examples:
            weights[one.value] += one.weight  # type: ignore[assignment]  # weights are no whole numbers
        best = min(weights, key=lambda value: (-weights[value], value.encode()))
        share = round(weights[best] / max(1e-9, sum(weights.values())), 6)
        model = MajorityModel(recipe, best, share)
        for one in examples:
            report.hold_out(one.item, model.predict([one.text])[0])
        return model

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> MajorityModel:
        """From its manifest alone."""
        del folder
        about = manifest["about"]
        recipe = Recipe.of(manifest["recipe"])
        return MajorityModel(recipe, Value.decode(about["value"]), float(about["share"]))


MAJORITY = MajorityTrainer()
