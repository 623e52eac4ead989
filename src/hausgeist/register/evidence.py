# SPDX-License-Identifier: EUPL-1.2
"""What a verdict rests on: the sealed gold set and everybody's results go in, plain JSON values come out.

Nothing of it is content: figures, counts by label, and the properties that slices are made of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hausgeist.core.gate import Decision, Plan, decide, judged, quality_interval, seed_of
from hausgeist.core.quality import Outcome, by_label, measured, partial, per_item
from hausgeist.core.statistics.bootstrap import RESAMPLES
from hausgeist.core.statistics.calibration import calibration
from hausgeist.core.statistics.interval import wilson
from hausgeist.core.tasks import TaskKind
from hausgeist.store.evaluations import Result
from hausgeist.store.openings import GoldItem

CORE_HOUR_EUR = 0.05
"""What an hour of one processor core is taken to cost in the house, with power and administration."""
MS_LEAST = 0.001
LABEL_LEAST = 30
"""How often the truth must have a label before anything is said of it alone."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Per text: milliseconds, and EUR per 1,000 texts; None: unknown. ``own``: counted by the core's hour."""

    ms: float | None
    eur: float | None
    own: bool = False


def cost_of(results: Sequence[Result], *, own: bool) -> Cost:
    """What answering cost. ``own``: it ran on the house's cores; else by what the calls were billed."""
    times = [one.ms for one in results if one.ms is not None]
    ms = sum(times) / len(times) if times else None
    if own:
        return Cost(ms, None if ms is None else CORE_HOUR_EUR * max(ms, MS_LEAST) / 3_600, True)
    billed = [one.micro_eur for one in results if one.micro_eur is not None]
    whole = bool(billed) and len(billed) == len(results) and sum(billed) > 0
    return Cost(ms, sum(billed) / len(billed) / 1_000 if whole else None)


def cheaper(student: Cost, teacher: Cost) -> tuple[float | None, str]:
    """So many times cheaper, and by what: ``money``, or ``time`` where the teacher has no price."""
    if student.eur and teacher.eur:
        return teacher.eur / student.eur, "money"
    if student.ms is not None and teacher.ms:
        return teacher.ms / max(student.ms, MS_LEAST), "time"
    return None, "unknown"


def weigh(
    plan: Plan,
    sealed: Sequence[GoldItem],
    results: Mapping[str, Sequence[Result]],
    *,
    student: str,
    teacher: str,
    sha256: str,
) -> tuple[Decision, dict[str, Any]]:
    """The verdict and its evidence. ``results`` by subject, each in the order of the sealed items.

    Takes seconds of one core: not for a loop that serves others.
    """
    truths = [one.truth for one in sealed]
    outcomes: dict[str, list[Outcome]] = {}
    if plan.differing:
        sides = ([one.said for one in results[who]] for who in (student, teacher))
        outcomes[student], outcomes[teacher] = judged(plan.kind, truths, *sides)
    for subject, said in {} if plan.differing else results.items():
        pairs = [(truth, one.said) for truth, one in zip(truths, said, strict=True) if truth]
        outcomes[subject] = per_item(plan.kind, pairs)
    costs = {subject: cost_of(said, own=subject != teacher) for subject, said in results.items()}
    factor, basis = cheaper(costs[student], costs[teacher])
    decision = decide(
        plan,
        outcomes[student],
        outcomes[teacher],
        [one.slices for one in sealed],
        seed=seed_of(sha256),
        factor=factor,
    )
    told = asdict(decision)
    told["verdict"] = decision.verdict.value
    told |= {
        "plan": plan.plain(),
        "gold_hash": sha256,
        "seed": seed_of(sha256),
        "draws": RESAMPLES,
        "basis": basis,
        "core_hour_eur": CORE_HOUR_EUR,
        "student": student,
        "teacher": teacher,
        "subjects": [
            _subject(plan, subject, results[subject], outcomes[subject], costs[subject])
            for subject in results
        ],
        "labels": _labels(outcomes[student], outcomes[teacher]),
        "ceiling": _ceiling(plan, sealed),
        "calibration": _calibration(results[student], outcomes[student]),
    }
    if plan.differing:
        told |= _unknown(told, sealed, results[student], results[teacher])
    if plan.kind is TaskKind.SPANS:
        told["partial"] = {
            subject: partial(
                (truth, one.said)
                for truth, one in zip(truths, results[subject], strict=True)
                if truth is not None
            ).f1
            for subject in (student, teacher)
        }
    return decision, told


def _unknown(
    told: Mapping[str, Any],
    sealed: Sequence[GoldItem],
    student: Sequence[Result],
    teacher: Sequence[Result],
) -> dict[str, Any]:
    """What cannot be told where people judged only where the two differ, and what is told instead.

    ``both_wrong``: of the ``agreeing`` texts that people judged although both said the same, so many on which
    they said something else.
    """
    alike = [
        (one.truth, mine.said)
        for one, mine, its in zip(sealed, student, teacher, strict=True)
        if mine.said == its.said and one.truth is not None
    ]
    differ = sum(mine.said != its.said for mine, its in zip(student, teacher, strict=True))
    wrong = sum(truth != said for truth, said in alike)
    share = wilson(wrong, len(alike))
    nothing = dict.fromkeys(("quality", "low", "high"))
    return {
        "compared": {**told["compared"], "first": None, "second": None},
        "subjects": [one | nothing for one in told["subjects"]],
        "labels": [],
        "ceiling": None,
        "calibration": None,
        "differing": {
            "differ": differ,
            "agreeing": len(alike),
            "both_wrong": wrong,
            "low": share.low if share else None,
            "high": share.high if share else None,
        },
    }


def _subject(
    plan: Plan,
    subject: str,
    results: Sequence[Result],
    outcomes: Sequence[Outcome],
    cost: Cost,
) -> dict[str, Any]:
    found = quality_interval(plan.metric, outcomes)
    return {
        "subject": subject,
        "quality": found.estimate,
        "low": found.low,
        "high": found.high,
        "unreadable": sum(one.said is None for one in results),
        "ms": cost.ms,
        "eur": cost.eur,
    }


def _labels(student: Sequence[Outcome], teacher: Sequence[Outcome]) -> list[dict[str, Any]]:
    other = {one.label: one for one in by_label(teacher)}
    mine = {one.label: one for one in by_label(student)}
    found = []
    for label in sorted({*mine, *other}):
        one, two = mine.get(label), other.get(label)
        support = (one or two or None) and max(x.support for x in (one, two) if x)
        found.append(
            {
                "label": label,
                "support": support,
                "student": one.f1 if one else 0.0,
                "teacher": two.f1 if two else 0.0,
                "enough": bool(support and support >= LABEL_LEAST),
            }
        )
    return found


def _ceiling(plan: Plan, sealed: Sequence[GoldItem]) -> dict[str, float] | None:
    """People by the same metric: each answer beside what was decided, and one person beside another."""
    twice = [one for one in sealed if len(one.said) > 1 and one.truth is not None]
    if not twice:
        return None
    against = [(one.truth, said) for one in twice for said in one.said if one.truth is not None]
    between = [(one.said[0], one.said[1]) for one in twice]
    return {
        "gold": measured(plan.metric, per_item(plan.kind, against)),
        "between": measured(plan.metric, per_item(plan.kind, between)),
    }


def _calibration(results: Sequence[Result], outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    found = calibration(
        (one.score, outcome.right)
        for one, outcome in zip(results, outcomes, strict=True)
        if one.score is not None
    )
    return None if found is None else asdict(found)
