# SPDX-License-Identifier: EUPL-1.2
"""Figures of rules: bits of hits and judged answers in; coverage, precision, conflicts, a verdict out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hausgeist.core.answers import Value
from hausgeist.core.quality import outcome
from hausgeist.core.rules import Rule, RuleState
from hausgeist.core.statistics.interval import Interval, wilson
from hausgeist.core.tasks import Task, TaskKind
from hausgeist.register.rule_ground import Hits, Pool, Told, pattern_hash
from hausgeist.training.rules import RuleSet

DEV_LEAST = 30
"""Answers of dev below which nothing is said of a rule set."""
CONFLICTS_MOST = 40


@dataclass(frozen=True, slots=True)
class Share:
    """So many right of so many; ``interval`` is Wilson's, 95 %, None of nothing."""

    right: int = 0
    of: int = 0

    @property
    def interval(self) -> Interval | None:
        """The share with its bounds."""
        return wilson(self.right, self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A rule with its figures. ``hits`` and ``decides`` count texts of the sample.

    ``decides``: where no earlier rule in force fits (passages and fields: all hits). ``people`` counts
    answers of pool and dev, ``dev`` those of dev alone, ``teacher`` what the teacher said; in tasks of
    passages and fields these count passages and fields. ``broken`` is why it cannot run; ``failing`` are
    the texts of its own cases that it does not keep to.
    """

    rule: Rule
    hits: int = 0
    decides: int = 0
    people: Share = Share()
    dev: Share = Share()
    teacher: Share = Share()
    conflicts: int = 0
    broken: Exception | None = None
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules in force that say different things of the same texts."""

    first: str
    second: str
    texts: int
    place: int
    """One of these texts, in the sample."""
    example: str = ""
    """It, cut."""


class Enough(StrEnum):
    """Whether rules are enough."""

    ENOUGH = "enough"
    """Not worse than the best that is known, within the task's margin."""
    FIRST = "first"
    """What they decide is as good; the rest needs somebody else."""
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"
    """Too few answers of dev."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sufficient:
    """The verdict on the rules in force, measured on dev alone; GATE decides on gold.

    ``covered`` counts texts that a rule decides (passages, fields: of the true ones, those found);
    ``precision`` is of what is decided, ``whole`` of all texts. ``against`` names the best that is known,
    with its quality on dev, or is empty.
    """

    enough: Enough
    rules: int
    answers: int
    covered: Share
    precision: Share
    whole: Share
    against: str = ""
    quality: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All rules of a task with their figures, in their order."""

    scored: tuple[Scored, ...]
    conflicts: tuple[Conflict, ...]
    sample: int
    pool: int
    covered: int
    """Texts of the sample that a rule in force fits."""
    answers: int
    sufficient: Sufficient

    def of(self, rule_id: str) -> Scored | None:
        """One rule's figures."""
        return next((one for one in self.scored if one.rule.id == rule_id), None)


def scored(
    task: Task,
    found: Sequence[Rule],
    pool: Pool,
    told: Told,
    *,
    judged: Mapping[str, Hits],
    taught: Mapping[str, Hits] | None,
) -> list[Scored]:
    """Each rule's figures; ``taught`` is given for passages and fields."""
    before = 0
    figures: list[Scored] = []
    for rule in found:
        bits = pool.bits.get(pattern_hash(rule), 0)
        lines = judged[rule.id]
        if taught is not None:
            against = _share(taught[rule.id])
        else:
            said = bits & pool.said
            right = said & pool.by_label.get(rule.label, 0)
            against = Share(right.bit_count(), said.bit_count())
        left = bits & ~before if task.kind is TaskKind.SINGLE else bits
        figures.append(
            Scored(
                rule=rule,
                hits=bits.bit_count(),
                decides=left.bit_count(),
                people=_share(lines),
                dev=_share([one for one in lines if told.dev[one[0]]]),
                teacher=against,
                failing=failing(rule, task),
            )
        )
        if rule.state is RuleState.ACTIVE:
            before |= bits
    return figures


def _share(lines: Sequence[tuple[int, tuple[int, int], bool]]) -> Share:
    return Share(sum(right for _, _, right in lines), len(lines))


def failing(rule: Rule, task: Task) -> tuple[str, ...]:
    """Of a rule's own cases, those it does not keep to."""
    if not rule.must and not rule.must_not:
        return ()
    ruleset = RuleSet(task.kind, [rule], task.fields)
    return (
        *(text for text in rule.must if not ruleset.hits(text)),
        *(text for text in rule.must_not if ruleset.hits(text)),
    )


def conflicts_of(task: Task, found: Sequence[Rule], pool: Pool) -> list[Conflict]:
    """Pairs of rules in force with different labels that fit the same texts, the most texts first.

    In a multi-label task both labels may be right: nothing is a conflict there.
    """
    if task.kind is not TaskKind.SINGLE:
        return []
    active = [one for one in found if one.state is RuleState.ACTIVE]
    made: list[Conflict] = []
    for place, one in enumerate(active):
        mine = pool.bits.get(pattern_hash(one), 0)
        for two in active[place + 1 :]:
            both = mine & pool.bits.get(pattern_hash(two), 0)
            if one.label != two.label and both:
                first = (both & -both).bit_length() - 1
                made.append(Conflict(one.id, two.id, both.bit_count(), first))
    return sorted(made, key=lambda one: -one.texts)


def covered(found: Sequence[Rule], pool: Pool) -> int:
    """Texts of the sample that a rule in force fits."""
    bits = 0
    for rule in found:
        if rule.state is RuleState.ACTIVE:
            bits |= pool.bits.get(pattern_hash(rule), 0)
    return bits.bit_count()


def sufficient(
    task: Task, found: Sequence[Rule], told: Told, best: tuple[str, float] | None
) -> Sufficient:
    """The verdict on the rules in force. ``best``: who is best so far, and its quality on dev."""
    active = [one for one in found if one.state is RuleState.ACTIVE]
    dev = [one for one, mine in zip(told.examples, told.dev, strict=True) if mine]
    guesses = RuleSet(task.kind, active, task.fields).predict([one.text for one in dev])
    labels = task.kind in {TaskKind.SINGLE, TaskKind.MULTI}
    decided = right = whole = said = true = hit = 0
    for one, guess in zip(dev, guesses, strict=True):
        result = outcome(task.kind, one.value, guess.value)
        whole += result.right
        decided += bool(guess.by)
        right += bool(guess.by) and result.right
        if not labels:
            hit += sum(each.tp for each in result.counts)
            said += sum(each.tp + each.fp for each in result.counts)
            true += sum(each.tp + each.fn for each in result.counts)
    all_of_them = Share(whole, len(dev))
    precise = Share(right, decided) if labels else Share(hit, said)
    reached = Share(decided, len(dev)) if labels else Share(hit, true)
    return Sufficient(
        enough=_enough(task, len(active), all_of_them, precise, best),
        rules=len(active),
        answers=len(dev),
        covered=reached,
        precision=precise,
        whole=all_of_them,
        against=best[0] if best else "",
        quality=best[1] if best else None,
    )


def best_teacher(task: Task, told: Told, said: Mapping[str, Value]) -> tuple[str, float] | None:
    """The teacher's share of right answers on dev, where it answered enough of them."""
    pairs = [
        (one.value, said[one.item])
        for one, mine in zip(told.examples, told.dev, strict=True)
        if mine and one.item in said
    ]
    if len(pairs) < DEV_LEAST:
        return None
    right = sum(outcome(task.kind, truth, value).right for truth, value in pairs)
    return "teacher", right / len(pairs)


def _enough(
    task: Task, active: int, whole: Share, precise: Share, best: tuple[str, float] | None
) -> Enough:
    if whole.of < DEV_LEAST or not active:
        return Enough.UNKNOWN
    needed = (best[1] if best else 0.9) - task.margin / 100
    if whole.interval and whole.interval.low >= needed:
        return Enough.ENOUGH
    if precise.interval and precise.of >= DEV_LEAST and precise.interval.low >= needed:
        return Enough.FIRST
    return Enough.NOT_YET
