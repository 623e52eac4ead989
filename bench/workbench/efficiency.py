# SPDX-License-Identifier: EUPL-1.2
"""How many human decisions it takes to a verdict, on German MASSIVE. Alone: ``efficiency.py DATA``.

A simulated teacher that is right on 0.85 of the texts, with labels that it mixes up again and again, has
labelled the whole pool. Simulated people (0.96 each) answer; two for each text they get, a third where they
differ: every one of these answers is counted. The strategy is fixed before anything is seen: nobody labels
the pool (a few hundred answers change little where a teacher has given fourteen thousand), the student (the
rung "both") learns from the teacher's answers, read again; all decisions go into the gold set, judged only
where student and teacher differ (``register.judging``, with its share of texts on which both say the same),
and it is opened once, with as many texts as a thousand decisions judge. The points before it are what an
opening of so many texts would have said; they decide nothing. For comparison: people answer every gold text.

The power table is tested at each point: of many gold sets of that size, drawn by the shares that 2,000 texts
show, how often does the gate say "not inferior", and how often should it by the table? Both must be the same
but for ``TOLERANCE``. That one verdict differs from what is likelier is no contradiction.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import classify
import numpy as np

from hausgeist.core.answers import Example, Value
from hausgeist.core.gate import Compared, compare
from hausgeist.core.nearness import Near
from hausgeist.core.quality import Outcome, outcome
from hausgeist.core.resolution import Said, resolve
from hausgeist.core.statistics.difference import paired
from hausgeist.core.statistics.power import least, power_to_match, to_match
from hausgeist.core.tasks import Label, Metric, Task, TaskKind
from hausgeist.register.judging import AGREEING, AGREEING_LEAST
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
DRAWN = 2_000
"""Gold sets that are drawn for a point."""
TOLERANCE = 0.05 + 3 * (0.25 / DRAWN) ** 0.5
"""Between the table, which is an approximation, and what happens; and three times what chance does to it."""
PASSED = frozenset({"superior", "not inferior"})


@dataclass(frozen=True, slots=True)
class Point:
    """An opening after so many decisions: the verdict's evidence; what the table says, what happens."""

    decisions: int
    items: int
    found: Compared
    chance: float = 0.0
    happens: float = 0.0
    needed: int | None = None

    @property
    def verdict(self) -> str:
        """In the gate's words; cost is not at issue here."""
        if self.found.superior:
            return "superior"
        if self.found.not_inferior:
            return "not inferior"
        return "worse" if self.found.worse else "not decidable yet"

    @property
    def agrees(self) -> bool:
        """Whether the table tells what happens."""
        return abs(self.chance - self.happens) <= TOLERANCE


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
    differ = (wins + losses) / GOLD
    print(
        f"seed {seed}: pool {len(rest):,}; on {GOLD:,} texts the teacher is right on "
        f"{sum(teacher.says(one) == known[one] for one in gold) / GOLD:.3f}, the student on "
        f"{sum(says[one] == known[one] for one in gold) / GOLD:.3f}; only one of them on "
        f"{differ:.3f}; {time.monotonic() - began:.0f} s"
    )
    print(
        "  decisions   texts   difference (floor)   verdict             "
        "not inferior: table, drawn; texts for 80 %"
    )
    judged = [people.truth(text) for text in gold]
    points = [
        told(where_they_differ(gold, judged, says, teacher, most), wins / GOLD, losses / GOLD)
        for most in POINTS
    ]
    for one in points:
        print(
            f"  {one.decisions:>9}{one.items:>8}   {one.found.difference.estimate:>+9.3f} "
            f"({one.found.floor:+.3f})   {one.verdict:<18}  {one.chance:>5.0%} {one.happens:>5.0%}"
            f"{one.needed if one.needed is not None else 'never':>9}   "
            f"{'agree' if one.agrees else 'CONTRADICT'}",
            flush=True,
        )
    every = all_of_them(gold, judged, says, teacher)
    print(
        f"  asked about every text, {every.decisions} decisions judge {every.items:,}: {every.verdict}",
        flush=True,
    )
    return {
        "passed": float(points[-1].verdict in PASSED),
        "points": float(len(points)),
        "agree": float(sum(one.agrees for one in points)),
        "all_passed": float(every.verdict in PASSED),
    }


def all_of_them(
    gold: Sequence[str],
    judged: Sequence[tuple[Value, int]],
    says: Mapping[str, Value],
    teacher: SimulatedTeacher,
) -> Point:
    """An opening of which people answered every text, as far as the budget reaches."""
    spent = items = 0
    while items < len(gold) and spent + judged[items][1] <= BUDGET:
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
    return Point(spent, items, found)


def where_they_differ(
    gold: Sequence[str],
    judged: Sequence[tuple[Value, int]],
    says: Mapping[str, Value],
    teacher: SimulatedTeacher,
    most: int,
) -> Point:
    """An opening of as many texts as ``most`` decisions judge: all on which the two differ, some others."""
    same = [
        cost
        for text, (_, cost) in zip(gold, judged, strict=True)
        if says[text] == teacher.says(text)
    ]
    spent = differ = paid = 0
    first, second = list[Outcome](), list[Outcome]()
    for text, (truth, cost) in zip(gold, judged, strict=True):
        mine, its = says[text], teacher.says(text)
        if mine == its:  # both right or both wrong: a tie, whichever it is
            first.append(Outcome(True))
            second.append(Outcome(True))
            continue
        others = sum(same[: max(AGREEING_LEAST, round((differ + 1) * AGREEING / (1 - AGREEING)))])
        if spent + cost + others > most:
            break
        spent, differ, paid = spent + cost, differ + 1, others
        first.append(outcome(TaskKind.SINGLE, truth, mine))
        second.append(outcome(TaskKind.SINGLE, truth, its))
    found = compare(Metric.ACCURACY, first, second, margin=MARGIN, seed=1)
    return Point(spent + paid, len(first), found)


def told(one: Point, wins: float, losses: float) -> Point:
    """The point with the table's chance, and how often it is "not inferior"; the shares are the real ones."""
    gap, differ, of = wins - losses, wins + losses, one.items
    drawn = np.random.default_rng(of).multinomial(of, [wins, losses, 1 - differ], size=DRAWN)
    pairs, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
    passed = 0
    for (won, lost), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        floor = paired(won, lost, of, 0.90)
        passed += count * (of >= least(MARGIN) and floor is not None and floor.low > -MARGIN)
    return replace(
        one,
        chance=power_to_match(of, MARGIN, differ, gap=gap),
        happens=passed / DRAWN,
        needed=to_match(MARGIN, differ, gap=gap),
    )


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
        f"asked about every text: {totals['all_passed']:.0f} of {len(found)}; "
        f"table and verdict agree at {totals['agree']:.0f} of {totals['points']:.0f} points"
    )
    return {
        "efficiency_passed": totals["passed"] / len(found),
        "efficiency_all": totals["all_passed"] / len(found),
        "efficiency_agree": totals["agree"] / totals["points"],
    }


if __name__ == "__main__":
    report(Path(sys.argv[1]))
