# SPDX-License-Identifier: EUPL-1.2
"""The rung "rules": a task's active rules, saved, loaded and served like any student.

The recipe's option ``rules`` holds them (``plain_of``). Examples teach them nothing; they only say how often
each rule is right, which becomes the confidence of its answers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hausgeist.core.answers import Example, Guess
from hausgeist.core.rules import Rule, RuleKind, RuleState
from hausgeist.core.statistics.interval import wilson
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, NothingToLearn
from hausgeist.training.rules.ruleset import RuleSet
from hausgeist.training.rules.verdicts import judged
from hausgeist.training.trainers import Recipe, Report, write

FILE = "rules.json"
_KEPT = ("id", "kind", "pattern", "label", "position", "note", "must", "must_not", "bound")


def plain_of(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules as JSON values, for a recipe or a file; ``rules_of`` reads them."""
    return [
        {name: value for name, value in asdict(rule).items() if name in _KEPT}
        | {"kind": rule.kind.value}
        for rule in rules
    ]


def rules_of(plain: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """What ``plain_of`` gave.

    Raises:
        KeyError, TypeError, ValueError: it did not.
    """
    return [
        Rule(
            id=str(one["id"]),
            kind=RuleKind(one["kind"]),
            pattern=str(one["pattern"]),
            label=str(one["label"]),
            position=int(one["position"]),
            note=str(one.get("note", "")),
            must=tuple(one.get("must", ())),
            must_not=tuple(one.get("must_not", ())),
            bound=float(one.get("bound", 0.0)),
            state=RuleState.ACTIVE,
        )
        for one in plain
    ]


class RulesModel:
    """A rule set with what it takes to keep it."""

    def __init__(self, rules: Sequence[Rule], recipe: Recipe) -> None:
        self.recipe = recipe
        self.set = RuleSet.compile(rules, recipe.kind, recipe.fields)

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """See ``RuleSet.predict``."""
        return self.set.predict(texts)

    def save(self, folder: Path) -> None:
        """Write it as a student's folder."""
        content = json.dumps(plain_of(self.set.rules), ensure_ascii=False, indent=1)
        labels = sorted({rule.target[0] for rule in self.set.rules})
        if self.recipe.kind is not TaskKind.RECORD:
            labels = sorted({rule.label for rule in self.set.rules})
        write(
            folder,
            rung="rules",
            recipe=replace(self.recipe, options={}),
            labels=labels,
            files={FILE: content.encode() + b"\n"},
            about={"rules": len(self.set.rules)},
        )


class RulesTrainer:
    """Makes and reads rule sets."""

    @property
    def kinds(self) -> frozenset[TaskKind]:
        """All."""
        return frozenset(TaskKind)

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> RulesModel:
        """Compile the recipe's rules and measure each on what people said.

        Raises:
            NothingToLearn: the recipe has no rules.
            InvalidField: one of them cannot be compiled.
        """
        rules = rules_of(recipe.options.get("rules", ()))
        if not rules:
            raise NothingToLearn(reason=N_("no rule is switched on."))
        found = RuleSet.compile(rules, recipe.kind, recipe.fields)
        told = [one for one in (*examples, *dev) if one.source != "teacher"]
        hits, right = [0] * len(rules), [0] * len(rules)
        for done, one in enumerate(told):
            for number, _, correct in judged(found, one.text, one.value, deciding=True):
                hits[number] += 1
                right[number] += correct
            if not done % 500:
                report(done / len(told))
        bounded = [
            replace(rule, bound=round(interval.low, 4) if interval else 0.0)
            for rule, interval in zip(found.rules, map(wilson, right, hits), strict=True)
        ]
        report(1.0)
        return RulesModel(bounded, recipe)

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> RulesModel:
        """Read what ``RulesModel.save`` wrote."""
        rules = rules_of(json.loads((folder / FILE).read_text("utf-8")))
        return RulesModel(rules, Recipe.of(manifest["recipe"]))


RULES = RulesTrainer()

__all__ = ["RULES", "RulesModel", "RulesTrainer", "plain_of", "rules_of"]
