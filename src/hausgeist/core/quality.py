# SPDX-License-Identifier: EUPL-1.2
"""How well answers agree with the truth: in goes (truth, said) per item, out come counts and a figure.

Everything is counted per item first (``Outcome``), because every test needs what each item contributes; sums
alone decide nothing. No answer at all (a teacher's prose that nobody can read, a failed call) is ``None`` and
always an error. Texts are not looked at.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Metric, TaskKind

NONE = ""
"""The label under which "none applies" is counted, and an unreadable answer where nothing was to be found."""

Pair: TypeAlias = tuple[Value, Value | None]
"""The truth, and what was said of the same item; None: no answer that can be read."""


@dataclass(frozen=True, slots=True)
class Count:
    """Of one label: rightly said (``tp``), wrongly said (``fp``), missed (``fn``)."""

    label: str
    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def support(self) -> int:
        """How often the truth has it."""
        return self.tp + self.fn

    @property
    def precision(self) -> float:
        """Share of what was said that is right; 0 where nothing was said."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of what is true that was said; 0 where there was nothing."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, as 2tp / (2tp + fp + fn); 0 where there is nothing."""
        below = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / below if below else 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one item adds: whether the whole answer is right, and the counts of the labels it touches."""

    right: bool
    counts: tuple[Count, ...] = ()


def outcome(kind: TaskKind, truth: Value, said: Value | None) -> Outcome:
    """What one item adds to the figures."""
    if said is None:
        missed = tuple(Count(key, fn=many) for key, many in sorted(_parts(kind, truth).items()))
        return Outcome(False, missed or (Count(NONE, fp=1),))
    if kind is TaskKind.SPANS:
        want, got = Counter(truth.spans), Counter(said.spans)
        right = want == got
        hits = Counter(one.label for one in (want & got).elements())
    elif kind is TaskKind.RECORD:
        fields, told = Counter(truth.fields), Counter(said.fields)
        right = fields == told
        hits = Counter(name for name, _ in (fields & told).elements())
    else:
        right = truth.labels == said.labels
        hits = Counter(set(_parts(kind, truth)) & set(_parts(kind, said)))
    wanted, found = _parts(kind, truth), _parts(kind, said)
    return Outcome(
        right,
        tuple(
            Count(key, hits[key], found[key] - hits[key], wanted[key] - hits[key])
            for key in sorted(wanted | found)
        ),
    )


def per_item(kind: TaskKind, pairs: Iterable[Pair]) -> list[Outcome]:
    """What each item adds, in the order of the pairs."""
    return [outcome(kind, truth, said) for truth, said in pairs]


def by_label(outcomes: Iterable[Outcome]) -> list[Count]:
    """The counts of every label that was true or said, in the order of keys."""
    tp: Counter[str] = Counter()
    fp: Counter[str] = Counter()
    fn: Counter[str] = Counter()
    for one in outcomes:
        for count in one.counts:
            tp[count.label] += count.tp
            fp[count.label] += count.fp
            fn[count.label] += count.fn
    return [Count(key, tp[key], fp[key], fn[key]) for key in sorted({*tp, *fp, *fn})]


def measured(metric: Metric, outcomes: Sequence[Outcome]) -> float:
    """The metric over these items, 0 to 1; of no items 0.

    Accuracy: share of items whose whole answer is right. Micro F1: of all counts together. Macro F1: the mean
    of the labels' F1 over those labels that the truth has, so that everybody who is compared on the same
    items is averaged over the same labels. Where the truth has none at all, F1 is 1 if nothing was said.
    """
    if not outcomes:
        return 0.0
    if metric is Metric.ACCURACY:
        return sum(one.right for one in outcomes) / len(outcomes)
    counts = by_label(outcomes)
    there = [one for one in counts if one.support]
    if not there:
        return 0.0 if any(one.fp for one in counts) else 1.0
    if metric is Metric.MACRO_F1:
        return sum(one.f1 for one in there) / len(there)
    return together(counts).f1


def together(counts: Iterable[Count]) -> Count:
    """All labels' counts as one."""
    listed = list(counts)
    return Count(
        NONE,
        sum(one.tp for one in listed),
        sum(one.fp for one in listed),
        sum(one.fn for one in listed),
    )


def quality(kind: TaskKind, metric: Metric, pairs: Sequence[Pair]) -> float:
    """The metric over (truth, said), 0 to 1."""
    return measured(metric, per_item(kind, pairs))


def confusion(pairs: Iterable[Pair]) -> Counter[tuple[str, str | None]]:
    """How often which label (of a single-label task) was answered by which; None: nothing readable."""
    return Counter((_only(truth), None if said is None else _only(said)) for truth, said in pairs)


@dataclass(frozen=True, slots=True)
class Partial:
    """Passages with half a point where only a part was found: points, passages said, passages true."""

    points: float
    said: int
    true: int

    @property
    def f1(self) -> float:
        """Harmonic mean of points per passage said and points per true passage; 1 where there are none."""
        both = self.said + self.true
        return 2 * self.points / both if both else 1.0


def partial(pairs: Iterable[Pair]) -> Partial:
    """Passages found at least in part: 1 for the same passage, 0.5 for an overlap with the same label.

    Each passage is matched once, exact matches first, then from left to right. The points are those of MUC-5
    (Chinchor and Sundheim 1993) and SemEval-2013 task 9.1; unlike there, the label must be the same.
    """
    points, spoken, there = 0.0, 0, 0
    for truth, said in pairs:
        got = said.spans if said else ()
        spoken, there = spoken + len(got), there + len(truth.spans)
        same = set(truth.spans) & set(got)
        points += len(same)
        open_ = [one for one in truth.spans if one not in same]
        for one in (span for span in got if span not in same):
            found = next((two for two in open_ if _touch(one, two)), None)
            if found:
                open_.remove(found)
                points += 0.5
    return Partial(points, spoken, there)


def _touch(one: Span, two: Span) -> bool:
    return one.label == two.label and one.start < two.end and two.start < one.end


def _only(value: Value) -> str:
    return value.labels[0] if value.labels else NONE


def _parts(kind: TaskKind, value: Value) -> Counter[str]:
    """How often which label stands in a value."""
    if kind is TaskKind.SPANS:
        return Counter(one.label for one in value.spans)
    if kind is TaskKind.RECORD:
        return Counter(name for name, _ in value.fields)
    if kind is TaskKind.SINGLE:
        return Counter((_only(value),))
    return Counter(value.labels)
