# SPDX-License-Identifier: EUPL-1.2
"""Learning from a teacher that errs: its labels go in, what they probably should be comes out.

A teacher mixes up the same labels again and again. A first, cautious student says of each text, unseen, which
label it would give; from where the two differ it is counted what the teacher makes of which label; both
together say which label a text has, and how sure that is. The next student learns from that, and so on: the
expectation-maximisation of Dawid and Skene (1979) with a classifier in it (Raykar and others, 2010). Without
it a student with many features repeats its teacher's mistakes. What people have said is left as it is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from hausgeist.core.answers import Example, Guess, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.trainers import Model, Recipe, Report

LEAST = 300
"""A teacher's answers below which nothing can be counted of its habits."""
STRENGTHS = (0.07, 0.33, 1.0, 1.0)
"""Freedom of the weights in each round, as a share of the rung's own: cautious first."""
FOLDS = 3
_AMONG = 5
"""So many of a text's likely labels are looked at."""
_UNSEEN = 0.05
"""Of a text, that counts for each confusion that was never seen."""
_DROPPED = 0.02
"""Below this nothing is learned from an answer."""
TAUGHT = frozenset({"teacher", "rule"})
"""Sources that are read again."""


class Trains(Protocol):
    """A trainer whose report has what was said of held-out items."""

    def train(
        self, examples: Sequence[Example], dev: Sequence[Example], recipe: Recipe, report: Report
    ) -> Model:
        """Learn."""
        ...


def wanted(examples: Sequence[Example], recipe: Recipe) -> bool:
    """Whether there is enough of a teacher's to read it again; the option ``reread`` (0: never) decides."""
    if recipe.kind is not TaskKind.SINGLE or not int(recipe.options.get("reread", 1)):
        return False
    return sum(one.source in TAUGHT for one in examples) >= LEAST


def reread(
    trainer: Trains, examples: Sequence[Example], recipe: Recipe, report: Report, strength: float
) -> list[Example]:
    """The same examples, a teacher's with the label that is likely right, weighed by how likely it is.

    ``strength`` is the rung's own freedom of the weights. A recipe without folds gets one round.
    """
    rounds = STRENGTHS if recipe.options.get("folds") != 0 else STRENGTHS[:1]
    current = list(examples)
    for number, share in enumerate(rounds):
        options = {"reread": 0, "folds": FOLDS, "c": strength * share}
        told = Report()
        trainer.train(
            [one for one in current if one.weight >= _DROPPED],
            (),
            replace(recipe, options={**recipe.options, **options}),
            told,
        )
        current = _read(examples, told.held_out)
        report(0.6 * (number + 1) / len(rounds))
    changed = sum(a.value != b.value for a, b in zip(examples, current, strict=True))
    report.say("reread", count=changed)
    return [one for one in current if one.weight >= _DROPPED]


def _read(examples: Sequence[Example], held_out: Mapping[str, Guess]) -> list[Example]:
    """One round: what was said unseen, read together with the teacher's habits."""
    habits: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for one in examples:
        guess = held_out.get(one.item)
        if one.source in TAUGHT and guess is not None:
            for key, chance in guess.ranked[:_AMONG]:
                habits[key][_key(one.value)] += chance
    labels = {_key(one.value) for one in examples}
    totals = {key: sum(found.values()) for key, found in habits.items()}

    def chance_of(said: str, truth: str) -> float:
        floor = _UNSEEN * len(labels)
        return (habits[truth][said] + _UNSEEN) / (totals.get(truth, 0.0) + floor)

    found = []
    for one in examples:
        guess = held_out.get(one.item)
        if one.source not in TAUGHT or guess is None or not guess.ranked:
            found.append(one)
            continue
        said = _key(one.value)
        likely = {key: share * chance_of(said, key) for key, share in guess.ranked}
        total = sum(likely.values())
        best = max(likely, key=lambda key: likely[key])
        if total <= 0:
            found.append(one)
            continue
        value = Value((best,)) if best else Value()
        found.append(replace(one, value=value, weight=one.weight * likely[best] / total))
    return found


def _key(value: Value) -> str:
    return value.labels[0] if value.labels else ""
