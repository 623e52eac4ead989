# SPDX-License-Identifier: EUPL-1.2
"""The gate's decision: what two systems add on the same sealed items goes in, a verdict comes out.

Everything that could be chosen afterwards is chosen before: metric, margin and protected slices stand in the
plan, and the seed comes from the hash of the gold set. Whether that was made honestly is not seen here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hausgeist.core.answers import Value
from hausgeist.core.quality import Outcome, measured, outcome
from hausgeist.core.statistics.bootstrap import RESAMPLES, Resampled, alone, resample
from hausgeist.core.statistics.difference import inferior, paired
from hausgeist.core.statistics.eprocess import evidence
from hausgeist.core.statistics.holm import holm
from hausgeist.core.statistics.interval import Interval, wilson
from hausgeist.core.statistics.mcnemar import mcnemar, mcnemar_mid
from hausgeist.core.statistics.power import least, more_by_spread, more_to_decide
from hausgeist.core.tasks import Metric, TaskKind

LEVEL = 0.95
CHEAPER = 10.0
"""How many times cheaper a student must be that is only not worse."""
SLICE_LEAST = 30
"""Items of a protected slice below which nothing is said of it."""
SMALL_DRAWS = 2_000
"""Draws for what decides nothing alone: the interval of one system, and slices."""


class Verdict(StrEnum):
    """What the gate says of a student beside its teacher."""

    SUPERIOR = "superior"
    NON_INFERIOR = "non_inferior"
    """Not worse by the margin, and at least ten times cheaper."""
    NOT_CHEAPER = "not_cheaper"
    """Not worse by the margin, but not so much cheaper either."""
    SLICE_WORSE = "slice_worse"
    """On the whole not worse, but worse in a protected slice."""
    WORSE = "worse"
    UNDECIDED = "undecided"

    @property
    def passed(self) -> bool:
        """Whether the student may take the teacher's place."""
        return self in {Verdict.SUPERIOR, Verdict.NON_INFERIOR}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fixed before the first opening. ``margin`` is 0 to 1; ``slices`` are names of properties."""

    kind: TaskKind
    metric: Metric
    margin: float
    slices: tuple[str, ...] = ()
    cheaper: float = CHEAPER
    differing: bool = False
    """People judge only where the two differ: the difference is known, neither quality is."""

    def plain(self) -> dict[str, object]:
        """As JSON values; ``of`` reads them."""
        return {
            **({"differing": True} if self.differing else {}),
            "kind": self.kind.value,
            "metric": self.metric.value,
            "margin": self.margin,
            "slices": list(self.slices),
            "cheaper": self.cheaper,
        }

    @classmethod
    def of(cls, plain: Mapping[str, object]) -> "Plan":
        """What ``plain`` gave.

        Raises:
            KeyError, ValueError: it did not.
        """
        named = plain["slices"]
        return cls(
            kind=TaskKind(str(plain["kind"])),
            metric=Metric(str(plain["metric"])),
            margin=float(str(plain["margin"])),
            slices=tuple(str(one) for one in named) if isinstance(named, list) else (),
            cheaper=float(str(plain["cheaper"])),
            differing=plain.get("differing") is True,
        )


@dataclass(frozen=True, slots=True)
class Sealed:
    """One item of the gold set as it was frozen: the text by its hash, the truth, and where it belongs.

    ``truth`` of None: nobody was asked, because student and teacher said the same. ``said``: what these two
    said, where that decides who is asked; else nothing.
    """

    item: str
    text_hash: str
    truth: Value | None
    slices: tuple[tuple[str, str], ...] = ()
    said: tuple[Value | None, ...] = ()


def gold_hash(items: Iterable[Sealed]) -> str:
    """SHA-256 over ids, hashes of texts, truths and said values, in the order of ids.

    One change, another hash.
    """
    rows = sorted(
        (one.item, one.text_hash, *map(_encoded, (one.truth, *one.said))) for one in items
    )
    written = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _encoded(value: Value | None) -> str:
    return "null" if value is None else value.encode()


def judged(
    kind: TaskKind,
    truths: Sequence[Value | None],
    student: Sequence[Value | None],
    teacher: Sequence[Value | None],
) -> tuple[list[Outcome], list[Outcome]]:
    """Both sides' outcomes where people judged only some items; one where both say the same is a tie.

    Right or wrong, a tie adds to neither side's wins, and the tests of the difference (McNemar 1947, Tango
    1998) depend on wins, losses and the number of items alone. No figure of one side may be made of these.

    Raises:
        ValueError: nobody judged an item on which they differ.
    """
    first, second = list[Outcome](), list[Outcome]()
    for truth, one, other in zip(truths, student, teacher, strict=True):
        if truth is None and one != other:
            raise ValueError("somebody must judge where they differ")
        first.append(Outcome(True) if truth is None else outcome(kind, truth, one))
        second.append(Outcome(True) if truth is None else outcome(kind, truth, other))
    return first, second


def seed_of(sha256: str) -> int:
    """The seed of all drawing: nobody chooses it, the gold set does."""
    return int(sha256[:8], 16)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two systems on the same items.

    ``difference`` is two-sided at 95 percent, ``floor`` its lower bound on one side at 95 percent. ``p`` and
    ``mid_p`` are McNemar's, for accuracy; ``bca`` is the other bootstrap interval, for F1. ``more``: about so
    many more items decide; None: it is decided, or none would.
    """

    items: int
    first: Interval
    second: Interval
    wins: int
    losses: int
    difference: Interval
    floor: float
    superior: bool
    not_inferior: bool
    worse: bool
    more: int | None
    evidence: float
    p: float | None = None
    mid_p: float | None = None
    bca: Interval | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The same in one protected slice. ``p`` is of "not worse than the margin", ``holm`` corrected for all.

    ``state``: fine, unclear, worse; few: too few items to say.
    """

    name: str
    value: str
    items: int
    difference: Interval | None
    p: float | None
    holm: float | None
    state: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with what it rests on. ``factor``: so many times cheaper; None: unknown."""

    verdict: Verdict
    compared: Compared
    slices: tuple[Slice, ...] = field(default=())
    factor: float | None = None


def decide(
    plan: Plan,
    student: Sequence[Outcome],
    teacher: Sequence[Outcome],
    where: Sequence[tuple[tuple[str, str], ...]],
    *,
    seed: int,
    factor: float | None,
    draws: int = RESAMPLES,
) -> Decision:
    """The verdict. ``where`` has the slices of each item, ``factor`` is teacher's by student's cost.

    Raises:
        ValueError: not the same items, or none.
    """
    found = compare(plan.metric, student, teacher, margin=plan.margin, seed=seed, draws=draws)
    slices = _slices(plan, student, teacher, where, seed)
    cheap = factor is not None and factor >= plan.cheaper
    if found.superior or found.not_inferior:
        if any(one.state == "worse" for one in slices):
            verdict = Verdict.SLICE_WORSE
        elif found.superior:
            verdict = Verdict.SUPERIOR
        else:
            verdict = Verdict.NON_INFERIOR if cheap else Verdict.NOT_CHEAPER
    else:
        verdict = Verdict.WORSE if found.worse else Verdict.UNDECIDED
    return Decision(verdict, found, slices, factor)


def compare(
    metric: Metric,
    first: Sequence[Outcome],
    second: Sequence[Outcome],
    *,
    margin: float,
    seed: int,
    draws: int = RESAMPLES,
) -> Compared:
    """Two systems on the same items: McNemar and Tango for accuracy, the paired bootstrap for F1.

    Raises:
        ValueError: not the same items, or none.
    """
    of = len(first)
    if len(second) != of or not of:
        raise ValueError("both must have answered the same documents")
    wins = sum(a.right > b.right for a, b in zip(first, second, strict=True))
    losses = sum(a.right < b.right for a, b in zip(first, second, strict=True))
    p = mid = bca = None
    if metric is Metric.ACCURACY:
        between, low = paired(wins, losses, of), paired(wins, losses, of, 2 * LEVEL - 1)
        assert between is not None
        assert low is not None
        p, mid = mcnemar(wins, losses), mcnemar_mid(wins, losses)
        told, floor = p <= 1 - LEVEL, low.low
        more = more_to_decide(wins, losses, of, margin)
    else:
        drawn = resample(metric, first, second, seed=seed, times=draws)
        between, bca, floor = drawn.percentile(LEVEL), drawn.bca(LEVEL), _floor(drawn)
        told = between.low > 0 or between.high < 0
        more = more_by_spread(between.estimate, between.half * 2 / 3.92, of, margin)
    superior = told and between.estimate > 0
    fine = of >= least(margin) and floor > -margin
    worse = told and between.estimate < 0 and not fine
    return Compared(
        items=of,
        first=quality_interval(metric, first, seed=seed),
        second=quality_interval(metric, second, seed=seed),
        wins=wins,
        losses=losses,
        difference=between,
        floor=floor,
        superior=superior,
        not_inferior=fine,
        worse=worse,
        more=None if superior or fine or worse else more,
        evidence=evidence(wins, losses),
        p=p,
        mid_p=mid,
        bca=bca,
    )


def quality_interval(metric: Metric, outcomes: Sequence[Outcome], *, seed: int = 1) -> Interval:
    """The metric with its interval of 95 percent: Wilson's for accuracy, the bootstrap's for F1."""
    if not outcomes:
        return Interval(0.0, 0.0, 1.0)
    if metric is Metric.ACCURACY:
        found = wilson(sum(one.right for one in outcomes), len(outcomes), LEVEL)
        assert found is not None
        return found
    drawn = alone(metric, outcomes, seed=seed, times=SMALL_DRAWS)
    within = drawn.percentile(LEVEL)
    return Interval(measured(metric, outcomes), within.low, within.high)


def _floor(drawn: Resampled) -> float:
    """The lower bound on one side."""
    return drawn.percentile(2 * LEVEL - 1).low


def _slices(
    plan: Plan,
    student: Sequence[Outcome],
    teacher: Sequence[Outcome],
    where: Sequence[tuple[tuple[str, str], ...]],
    seed: int,
) -> tuple[Slice, ...]:
    places: dict[tuple[str, str], list[int]] = {}
    for at, pairs in enumerate(where):
        for name, value in pairs:
            if name in plan.slices:
                places.setdefault((name, value), []).append(at)
    large = {key: found for key, found in places.items() if len(found) >= SLICE_LEAST}
    seen = {
        key: _slice(plan, [student[at] for at in found], [teacher[at] for at in found], seed=seed)
        for key, found in sorted(large.items())
    }
    corrected = dict(zip(seen, holm([p for _, _, p in seen.values()]), strict=True))
    slices = []
    for (name, value), found in sorted(places.items()):
        if (name, value) not in seen:
            slices.append(Slice(name, value, len(found), None, None, None, "few"))
            continue
        between, floor, p = seen[name, value]
        after = corrected[name, value]
        state = "fine" if floor > -plan.margin else "unclear"
        slices.append(
            Slice(
                name, value, len(found), between, p, after, "worse" if after <= 1 - LEVEL else state
            )
        )
    return tuple(slices)


def _slice(
    plan: Plan, student: Sequence[Outcome], teacher: Sequence[Outcome], *, seed: int
) -> tuple[Interval, float, float]:
    """The difference in a slice, its lower bound on one side, and how likely it is if none is there."""
    of = len(student)
    if plan.metric is not Metric.ACCURACY:
        drawn = resample(plan.metric, student, teacher, seed=seed, times=SMALL_DRAWS)
        above = sum(one >= -plan.margin for one in drawn.drawn)
        return drawn.percentile(LEVEL), _floor(drawn), (above + 1) / (len(drawn.drawn) + 1)
    wins = sum(a.right > b.right for a, b in zip(student, teacher, strict=True))
    losses = sum(a.right < b.right for a, b in zip(student, teacher, strict=True))
    between, low = paired(wins, losses, of, LEVEL), paired(wins, losses, of, 2 * LEVEL - 1)
    assert between is not None
    assert low is not None
    return between, low.low, inferior(wins, losses, of, plan.margin)
