# SPDX-License-Identifier: EUPL-1.2
"""How many human decisions it takes to a verdict, on German MASSIVE. Alone: ``efficiency.py DATA``.

A simulated teacher that is right on 0.85 of the texts, with labels that it mixes up again and again, has
labelled the whole pool. Simulated people (0.96 each) answer; two for each text of the gold set, a third where
they differ: every one of these answers is counted. The strategy is fixed before anything is seen: nobody
labels the pool (a few hundred answers change little where a teacher has given fourteen thousand), the student
(the rung "both") learns from the teacher's answers, read again; all decisions go into the gold set, and it is
opened once, at a thousand. The points before it are what an opening there would have said; they decide
nothing, and each would count as one of a gold set's openings.

Beside each verdict stands what the power table says of so many texts: the chance of "not inferior" by the
difference and the share of differing texts that 2,000 texts show. They contradict each other where the table
holds a verdict for all but impossible (under 2 percent) or certain (over 98 percent) and the other thing
happens, or a verdict is wrong. Then, for comparison: what it costs to ask people only where student and
teacher differ, which is all that the difference depends on; the product's gate asks about all of it.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import classify

from hausgeist.core.answers import Example, Value
from hausgeist.core.gate import Compared, compare
from hausgeist.core.nearness import Near
from hausgeist.core.quality import Outcome, outcome
from hausgeist.core.resolution import Said, resolve
from hausgeist.core.statistics.power import power_to_match, to_match
from hausgeist.core.tasks import Label, Metric, Task, TaskKind
from hausgeist.testing.mistakes import Mistakes
from hausgeist.testing.simulated import SimulatedTeacher
from hausgeist.training.trainers import TRAINERS, Model, Recipe, Report

SEEDS = (1, 2, 3, 4, 5)
TEACHER, PERSON_RIGHT = 0.85, 0.96
MARGIN = 0.05
BUDGET = 1_000
GOLD = 2_000
"""Texts that are drawn for gold and so never learned from. The first of them are judged, as far as the budget
reaches; by the truths of all of them it is told how things really are."""
POINTS = (100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000)
RARE = 0.02
PASSED = frozenset({"superior", "not inferior"})


@dataclass(frozen=True, slots=True)
class Point:
    """An opening after so many decisions: the verdict's evidence and the table's chance."""

    decisions: int
    items: int
    found: Compared
    chance: float
    needed: int | None

    @property
    def verdict(self) -> str:
        """In the gate's words; cost is not at issue here."""
        if self.found.superior:
            return "superior"
        if self.found.not_inferior:
            return "not inferior"
        return "worse" if self.found.worse else "not decidable yet"

    def agrees(self, gap: float) -> bool:
        """Whether table and verdict can both be right; ``gap`` is the real difference."""
        if self.verdict in PASSED:
            return self.chance > RARE and gap > -MARGIN
        return self.chance < 1 - RARE and not (self.verdict == "worse" and gap >= 0)


class People:
    """Answers of simulated people, and what they count for."""

    def __init__(self, task: Task, truths: Mapping[str, Value], seed: int) -> None:
        self._truths = truths
        self._each = [
            Mistakes.of(task, truths, PERSON_RIGHT, seed=f"person{number}-{seed}")
            for number in range(3)
        ]

    def truth(self, text: str) -> tuple[Value, int]:
        """What two people say, or the third where they differ; and how many answers it took."""
        known = self._truths[text]
        one, other, third = (each.said(text, known) for each in self._each)
        found = resolve([Said(one), Said(other)], 2)
        if found is not None:
            return found.value, 2
        return third, 3


def task_of(labels: Sequence[str]) -> Task:
    """The task of the bench."""
    return Task(
        id="bench",
        name="massive",
        title="MASSIVE",
        kind=TaskKind.SINGLE,
        labels=tuple(Label(one, one) for one in labels),
    )


def student(pool: Sequence[str], teacher: SimulatedTeacher, task: Task) -> Model:
    """What the teacher's answers alone teach."""
    examples = [Example(text, text, teacher.says(text), 0.3, "teacher") for text in pool]
    labels = tuple(one.key for one in task.labels)
    recipe = Recipe(TaskKind.SINGLE, labels, threads=2)
    return TRAINERS["both"].train(examples, (), recipe, Report())


def outcomes(truths: Sequence[Value], said: Sequence[Value]) -> list[Outcome]:
    """Of each text, whether it is right."""
    return [outcome(TaskKind.SINGLE, one, other) for one, other in zip(truths, said, strict=True)]


def of_seed(known: Mapping[str, Value], seed: int) -> dict[str, float]:
    """One house: draw gold, keep what resembles it away, train, open; prints the curve."""
    began = time.monotonic()
    task = task_of(sorted({one.labels[0] for one in known.values()}))
    texts = sorted(known)
    Random(seed).shuffle(texts)
    gold = texts[:GOLD]
    near = Near([(text, text) for text in gold])
    rest = [text for text in texts[GOLD:] if near.of(text) is None]
    teacher = SimulatedTeacher.of(
        task, list(known.items()), accuracy=TEACHER, seed=f"teacher{seed}"
    )
    people = People(task, known, seed)
    model = student(rest, teacher, task)
    says = {text: guess.value for text, guess in zip(gold, model.predict(gold), strict=True)}
    wins = sum(says[one] == known[one] != teacher.says(one) for one in gold)
    losses = sum(says[one] != known[one] == teacher.says(one) for one in gold)
    gap, differ = (wins - losses) / GOLD, (wins + losses) / GOLD
    print(
        f"seed {seed}: pool {len(rest):,}; on {GOLD:,} texts the teacher is right on "
        f"{sum(teacher.says(one) == known[one] for one in gold) / GOLD:.3f}, the student on "
        f"{sum(says[one] == known[one] for one in gold) / GOLD:.3f}; only one of them on "
        f"{differ:.3f}; {time.monotonic() - began:.0f} s"
    )
    print(
        "  decisions   texts   difference (floor)   verdict             table: chance, texts for 80 %"
    )
    judged = [people.truth(text) for text in gold]
    points = [
        point(gold, judged, says, teacher, most=most, gap=gap, differ=differ) for most in POINTS
    ]
    agree = 0
    for one in points:
        fits = one.agrees(gap)
        agree += fits
        print(
            f"  {one.decisions:>9}{one.items:>8}   {one.found.difference.estimate:>+9.3f} "
            f"({one.found.floor:+.3f})   {one.verdict:<18}  {one.chance:>5.0%}"
            f"{one.needed if one.needed is not None else 'never':>9}   "
            f"{'agree' if fits else 'CONTRADICT'}",
            flush=True,
        )
    asked, of = where_they_differ(gold, judged, says, teacher)
    print(
        f"  asked only where they differ, {BUDGET} decisions judge {of:,} texts: {asked}",
        flush=True,
    )
    return {
        "passed": float(points[-1].verdict in PASSED),
        "points": float(len(points)),
        "agree": float(agree),
        "differ_passed": float(asked in PASSED),
    }


def point(
    gold: Sequence[str],
    judged: Sequence[tuple[Value, int]],
    says: Mapping[str, Value],
    teacher: SimulatedTeacher,
    *,
    most: int,
    gap: float,
    differ: float,
) -> Point:
    """An opening when ``most`` answers have been given, in the order in which gold was drawn."""
    spent = items = 0
    while items < len(gold) and spent + judged[items][1] <= most:
        spent += judged[items][1]
        items += 1
    some, truths = gold[:items], [truth for truth, _ in judged[:items]]
    found = compare(
        Metric.ACCURACY,
        outcomes(truths, [says[one] for one in some]),
        outcomes(truths, [teacher.says(one) for one in some]),
        margin=MARGIN,
        seed=1,
    )
    return Point(
        spent,
        items,
        found,
        power_to_match(items, MARGIN, differ, gap=gap),
        to_match(MARGIN, differ, gap=gap),
    )


def where_they_differ(
    gold: Sequence[str],
    judged: Sequence[tuple[Value, int]],
    says: Mapping[str, Value],
    teacher: SimulatedTeacher,
) -> tuple[str, int]:
    """The same budget, spent only on texts of which the two say different things; the verdict, the texts."""
    spent, first, second = 0, list[Outcome](), list[Outcome]()
    for text, (truth, cost) in zip(gold, judged, strict=True):
        mine, its = says[text], teacher.says(text)
        if mine != its:
            if spent + cost > BUDGET:
                break
            spent += cost
        # where they say the same, both are right or both are wrong: the difference is the same
        first.append(outcome(TaskKind.SINGLE, truth, mine) if mine != its else Outcome(True))
        second.append(outcome(TaskKind.SINGLE, truth, its) if mine != its else Outcome(True))
    found = compare(Metric.ACCURACY, first, second, margin=MARGIN, seed=1)
    return Point(spent, len(first), found, 0.0, None).verdict, len(first)


def report(data: Path) -> dict[str, float]:
    """All seeds; the shares that passed, and that agree."""
    known: dict[str, Value] = {}
    for part in ("train", "dev", "test"):
        for one in classify.massive(data, part):
            known.setdefault(one.text, one.value)
    print(f"Label efficiency: German MASSIVE, {len(known):,} texts, margin {MARGIN * 100:g} points")
    found = [of_seed(known, seed) for seed in SEEDS]
    totals = {name: sum(one[name] for one in found) for name in found[0]}
    print(
        f"  not inferior within {BUDGET} decisions: {totals['passed']:.0f} of {len(found)}; "
        f"asked only where they differ: {totals['differ_passed']:.0f} of {len(found)}; "
        f"table and verdict agree at {totals['agree']:.0f} of {totals['points']:.0f} points"
    )
    return {
        "efficiency_passed": totals["passed"] / len(found),
        "efficiency_differ": totals["differ_passed"] / len(found),
        "efficiency_agree": totals["agree"] / totals["points"],
    }


if __name__ == "__main__":
    report(Path(sys.argv[1]))
