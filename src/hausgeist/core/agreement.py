# SPDX-License-Identifier: EUPL-1.2
"""How far people agree who answered the same texts: what each said goes in, figures come out.

For labels and fields: observed agreement, Cohen's kappa, Krippendorff's alpha, Gwet's AC1. For passages the
F1 of pairs of people, exact and partial: a kappa would need to know what nobody marked. Who said what
matters to Cohen's kappa alone; texts are not looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from hausgeist.core.answers import Value
from hausgeist.core.quality import partial
from hausgeist.core.statistics.interval import Interval
from hausgeist.core.statistics.units import over_units
from hausgeist.core.tasks import TaskKind

ENOUGH = 0.6
"""Below this alpha, the guideline is mended before more is labelled."""
GOOD = 0.8
"""From here on, conclusions are safe (Krippendorff 2004)."""
NONE = ""
"""The category of an answer without a label."""

Said: TypeAlias = Mapping[str, Value]
"""What people said of one text, by who."""
Unit: TypeAlias = Mapping[str, str]
"""The categories that people gave to one thing, by who."""
Pattern: TypeAlias = tuple[tuple[str, int], ...]
"""How many people gave which category: what a unit contributes."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over ``items`` texts that at least two people answered. Figures without a value are None.

    ``observed``: the share of pairs of people that agree. ``kappa``: of pairs of people, in the mean.
    Of passages, ``exact`` and ``partial`` are F1 of pairs, and there is nothing else.
    """

    items: int
    observed: float | None = None
    kappa: float | None = None
    alpha: Interval | None = None
    ac1: Interval | None = None
    exact: Interval | None = None
    partial: Interval | None = None

    @property
    def decisive(self) -> Interval | None:
        """What the words go by: of passages the partial F1, else alpha.

        Where nearly everything has one label, alpha is low however much people agree (Feinstein and
        Cicchetti 1990); then it is AC1.
        """
        if self.partial is not None:
            return self.partial
        alone = self.observed is not None and self.observed >= 0.9
        if alone and self.ac1 is not None and self.alpha is not None:
            return self.ac1 if self.alpha.estimate < ENOUGH else self.alpha
        return self.alpha


# -- labels ---------------------------------------------------------------------------------------


def observed(patterns: Mapping[Pattern, int]) -> float | None:
    """The share of pairs that agree, in the mean over units of two or more."""
    total, units = 0.0, 0
    for pattern, times in patterns.items():
        many = sum(count for _, count in pattern)
        if many > 1:
            same = sum(count * (count - 1) for _, count in pattern)
            total += times * same / (many * (many - 1))
            units += times
    return total / units if units else None


def alpha(patterns: Mapping[Pattern, int]) -> float | None:
    """Krippendorff's alpha of nominal data, any number of people, with gaps; None where nothing varies.

    1 - (n - 1) * (pairs that differ) / (pairs that would by chance), with each unit's pairs weighted by
    1 / (m - 1) (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").
    """
    per: Counter[str] = Counter()
    same = 0.0
    for pattern, times in patterns.items():
        many = sum(count for _, count in pattern)
        if many < 2:
            continue
        for category, count in pattern:
            per[category] += times * count
            same += times * count * (count - 1) / (many - 1)
    values = sum(per.values())
    expected = values * values - sum(count * count for count in per.values())
    if not expected:
        return None
    return 1 - (values - 1) * (values - same) / expected


def ac1(patterns: Mapping[Pattern, int], categories: int) -> float | None:
    """Gwet's AC1, any number of people, with gaps; ``categories``: how many there are to choose from.

    (pa - pe) / (1 - pe) with pe = sum of p (1 - p) / (q - 1) (Gwet 2008).
    """
    agreed = observed(patterns)
    if agreed is None or categories < 2:
        return None
    share: defaultdict[str, float] = defaultdict(float)
    units = 0
    for pattern, times in patterns.items():
        many = sum(count for _, count in pattern)
        units += times
        for category, count in pattern:
            share[category] += times * count / many
    chance = sum(one / units * (1 - one / units) for one in share.values()) / (categories - 1)
    return (agreed - chance) / (1 - chance)


def kappa(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two people (Cohen 1960); None where chance alone would agree always, or nothing is."""
    both = Counter(pairs)
    total = sum(both.values())
    if not total:
        return None
    one: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for (first, second), times in both.items():
        one[first] += times
        other[second] += times
    agreed = sum(times for (first, second), times in both.items() if first == second) / total
    chance = sum(one[category] * other[category] for category in one) / (total * total)
    return (agreed - chance) / (1 - chance) if chance < 1 else None


def kappas(units: Sequence[Unit]) -> float | None:
    """The mean of Cohen's kappa over all pairs of people, by how many units they share (Light 1971)."""
    shared: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for unit in units:
        for one, other in combinations(sorted(unit), 2):
            shared[one, other].append((unit[one], unit[other]))
    found = [(kappa(pairs), len(pairs)) for pairs in shared.values()]
    known = [(value, many) for value, many in found if value is not None]
    total = sum(many for _, many in known)
    return sum(value * many for value, many in known) / total if total else None


def pattern_of(unit: Unit) -> Pattern:
    """What a unit contributes, whoever said it."""
    return tuple(sorted(Counter(unit.values()).items()))


def of_units(units: Sequence[Unit], categories: int, *, seed: int = 1) -> Agreement:
    """All figures of units that at least two people categorised."""
    shared = [unit for unit in units if len(unit) > 1]
    patterns = [pattern_of(unit) for unit in shared]
    counted = Counter(patterns)
    if not shared:
        return Agreement(0)
    return Agreement(
        items=len(shared),
        observed=observed(counted),
        kappa=kappas(shared),
        alpha=over_units(patterns, alpha, seed=seed),
        ac1=over_units(patterns, lambda found: ac1(found, categories), seed=seed),
    )


# -- passages -------------------------------------------------------------------------------------


def of_passages(said: Sequence[Said], label: str = "", *, seed: int = 1) -> Agreement:
    """Pairwise F1 of passages, exact and partial; with ``label`` of its passages alone."""
    rows: list[tuple[float, float, int]] = []
    for one in said:
        if len(one) < 2:
            continue
        exact = points = 0.0
        count = 0
        for first, second in combinations([one[who] for who in sorted(one)], 2):
            left, right = _only(first, label), _only(second, label)
            exact += len(set(left.spans) & set(right.spans))
            points += partial([(left, right)]).points
            count += len(left.spans) + len(right.spans)
        rows.append((exact, points, count))
    if not rows:
        return Agreement(0)
    return Agreement(
        items=len(rows),
        exact=over_units(rows, _f1(0), seed=seed),
        partial=over_units(rows, _f1(1), seed=seed),
    )


def _only(value: Value, label: str) -> Value:
    return Value.of_spans(one for one in value.spans if one.label == label) if label else value


def _f1(which: int) -> Callable[[Mapping[tuple[float, float, int], int]], float | None]:
    def figure(rows: Mapping[tuple[float, float, int], int]) -> float | None:
        hits = sum(row[which] * times for row, times in rows.items())
        there = sum(row[2] * times for row, times in rows.items())
        return 2 * hits / there if there else None

    return figure


# -- a task's answers -----------------------------------------------------------------------------


def agreement(kind: TaskKind, said: Sequence[Said], categories: int, *, seed: int = 1) -> Agreement:
    """The agreement on whole answers. ``categories``: labels that there are.

    Several labels, and all fields of a record, count as one category: they agree if all is the same.
    """
    if kind is TaskKind.SPANS:
        return of_passages(said, seed=seed)
    units = [{who: whole(kind, value) for who, value in one.items()} for one in said]
    many = categories
    if kind is not TaskKind.SINGLE:
        many = len({category for unit in units for category in unit.values()})
    return of_units(units, many, seed=seed)


def by_part(kind: TaskKind, said: Sequence[Said], key: str, *, seed: int = 1) -> Agreement:
    """The agreement on one label, or one field: whether it is there, or what stands in it."""
    if kind is TaskKind.SPANS:
        return of_passages(said, key, seed=seed)
    units = [{who: _part(kind, value, key) for who, value in one.items()} for one in said]
    many = len({category for unit in units for category in unit.values()})
    return of_units(units, 2 if kind is not TaskKind.RECORD else many, seed=seed)


def whole(kind: TaskKind, value: Value) -> str:
    """A whole answer as one category."""
    if kind is TaskKind.SINGLE:
        return value.labels[0] if value.labels else NONE
    return value.encode()


def _part(kind: TaskKind, value: Value, key: str) -> str:
    if kind is TaskKind.RECORD:
        return "\n".join(sorted(text for name, text in value.fields if name == key))
    return "yes" if key in value.labels else "no"


def confusions(kind: TaskKind, one: Value, other: Value) -> Iterator[tuple[str, str]]:
    """Which labels (or fields) of two answers stand against each other, each pair in order.

    Of labels: those that only one has against those that only the other has, or against none. Of passages:
    those that overlap and differ in label, or in their ends (a label against itself), or have no
    counterpart (against none). Of fields: each that differs, against itself.
    """
    if kind is TaskKind.SPANS:
        yield from _crossed(one, other)
        return
    if kind is TaskKind.RECORD:
        names = {name for name, _ in (*one.fields, *other.fields)}
        for name in sorted(names):
            if _part(kind, one, name) != _part(kind, other, name):
                yield name, name
        return
    left, right = set(one.labels) - set(other.labels), set(other.labels) - set(one.labels)
    for first in sorted(left or ({NONE} if right else set())):
        for second in sorted(right or {NONE}):
            yield (first, second) if first <= second else (second, first)


def _crossed(one: Value, other: Value) -> Iterator[tuple[str, str]]:
    left = [span for span in one.spans if span not in other.spans]
    right = [span for span in other.spans if span not in one.spans]
    met = set()
    for first in left:
        near = [two for two in right if first.start < two.end and two.start < first.end]
        met.update(near)
        for against in [span.label for span in near] or [NONE]:
            pair = (first.label, against)
            yield pair if pair[0] <= pair[1] else (pair[1], pair[0])
    for second in right:
        if second not in met:
            yield NONE, second.label
