# SPDX-License-Identifier: EUPL-1.2
"""What trainers of labels share: examples become labels and tables of numbers, held-out scores guesses."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hausgeist.core.answers import Example
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_, NothingToLearn
from hausgeist.training.deciding import Decision
from hausgeist.training.rows import Floats
from hausgeist.training.trainers import Recipe, Report

FEWEST = 4
"""Examples without which nothing is learned."""
FEW = 5
"""Examples of a label below which people are told that it has few."""
HONEST = 50
"""Items with people's answers, from which these alone calibrate."""


def labels_of(examples: Sequence[Example], recipe: Recipe, report: Report) -> tuple[str, ...]:
    """The labels that there are examples of, in the task's order; says which have few or none.

    Raises:
        NothingToLearn: too few examples, or all with the same answer.
    """
    if len(examples) < FEWEST:
        raise NothingToLearn(reason=N_("There are fewer than four."))
    counts: Counter[str] = Counter()
    for one in examples:
        counts.update(one.value.labels or ("",))
    multi = recipe.kind is TaskKind.MULTI
    order = [*recipe.labels, *sorted(set(counts) - set(recipe.labels) - {""})]
    there = [key for key in order if counts[key]]
    if not multi and counts[""]:
        there.append("")
    if not there or (len(there) < 2 and (not multi or counts[there[0]] == len(examples))):
        raise NothingToLearn(reason=N_("All have the same answer."))
    for key in recipe.labels:
        if not counts[key]:
            report.say("label_absent", label=key)
        elif counts[key] < FEW:
            report.say("label_few", label=key, count=counts[key])
    most, least = max(counts[key] for key in there), min(counts[key] for key in there)
    if most >= 20 * least:
        report.say("unbalanced", most=most, least=least)
    return tuple(there)


def inside(one: Example, labels: Sequence[str]) -> bool:
    """Whether its answer can be said with these labels."""
    return all(key in labels for key in one.value.labels) and (
        bool(one.value.labels) or "" in labels
    )


def targets_of(examples: Sequence[Example], labels: Sequence[str]) -> Floats:
    """Examples x labels: 1 where it has the label, the empty one where it has none."""
    place = {key: column for column, key in enumerate(labels)}
    found = np.zeros((len(examples), len(labels)), dtype=np.float32)
    for row, one in enumerate(examples):
        for key in one.value.labels or ("",):
            if key in place:
                found[row, place[key]] = 1
    return found


def report_held_out(
    examples: Sequence[Example], decision: Decision, scores: Floats, near: Floats, report: Report
) -> None:
    """Hand over what was said of held-out items; the item's own labels are always among the ranked."""
    chances = decision.chances(scores)
    place = {key: column for column, key in enumerate(decision.labels)}
    guesses = decision.guesses(scores, near, "")
    for row, (example, guess) in enumerate(zip(examples, guesses, strict=True)):
        named = {key for key, _ in guess.ranked}
        more = tuple(
            (key, round(float(chances[row, place[key]]), 5))
            for key in (example.value.labels or ("",))
            if key in place and key not in named
        )
        report.hold_out(
            example.item,
            type(guess)(guess.value, guess.score, guess.ranked + more, guess.by, guess.far),
        )
