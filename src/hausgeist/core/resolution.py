# SPDX-License-Identifier: EUPL-1.2
"""What counts for an item when several people, and a teacher, have said something of it.

A person's decision counts before everything; else what enough people agree on; else nothing. What a teacher
said is only ever a guess of less weight, by how often people found it right. Values in, values out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Task, TaskKind

PERSON = "person"
ACCEPTED = "accepted"
TEACHER = "teacher"
RULE = "rule"

ACCEPTED_WEIGHT = 0.7
TEACHER_WEIGHT = 0.3
"""What an answer weighs that a person left as it was, and one that nobody looked at; a person's own is 1."""

_DOUBT = 4.0
"""How many items an estimate without any is worth."""

_AT_FIRST = 0.75
"""How often a teacher is taken to be right before anybody has checked it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One person's answer. ``accepted``: a suggestion was seen, and left as it was.

    ``barred``: by its terms, what was accepted may not train a model.
    """

    value: Value
    accepted: bool = False
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """What counts. ``source``: person, or accepted where nobody of those who agree said it by themselves.

    ``barred``: it is nobody's but a model's whose terms forbid training with it.
    """

    value: Value
    source: str = PERSON
    barred: bool = False

    @property
    def weight(self) -> float:
        """What it weighs in training: 1 or 0.7."""
        return 1.0 if self.source == PERSON else ACCEPTED_WEIGHT


def needed(overlap: int) -> int:
    """How many people have to say the same where ``overlap`` of them are asked: more than half."""
    return max(1, overlap // 2 + 1)


def resolve(answers: Sequence[Said], overlap: int, decided: Value | None = None) -> Resolved | None:
    """What counts for an item, None: it is open.

    ``answers`` are of different people. Enough agree if they are more than half of those who were to
    answer, and more than half of those who did.
    """
    if decided is not None:
        return Resolved(decided)
    if not answers:
        return None
    value, times = Counter(one.value for one in answers).most_common(1)[0]
    if times < needed(overlap) or 2 * times <= len(answers):
        return None
    agree = [one for one in answers if one.value == value]
    if any(not one.accepted for one in agree):
        return Resolved(value)
    return Resolved(value, ACCEPTED, any(one.barred for one in agree))


def fits(task: Task, value: Value) -> bool:
    """Whether a value is an answer to the task as it now is: its kind's, with labels that there are."""
    if task.kind in {TaskKind.SINGLE, TaskKind.MULTI}:
        known = {one.key for one in task.labels}
        most = 1 if task.kind is TaskKind.SINGLE else len(known)
        bare = not value.spans and not value.fields
        return bare and len(value.labels) <= most and known.issuperset(value.labels)
    if task.kind is TaskKind.SPANS:
        known = {one.key for one in task.labels}
        bare = not value.labels and not value.fields
        return bare and all(one.label in known for one in value.spans) and apart(value)
    known = {one.key for one in task.fields}
    return not value.labels and not value.spans and all(name in known for name, _ in value.fields)


def apart(value: Value) -> bool:
    """Whether its passages are in order and none reaches into the next."""
    at = 0
    for one in value.spans:
        if one.start < at or one.end <= one.start:
            return False
        at = one.end
    return True


def parts(value: Value) -> list[tuple[str, object]]:
    """What a value is made of, each with its label; one part without a label where it says: nothing."""
    found: list[tuple[str, object]] = [(one, one) for one in value.labels]
    found += [(one.label, one) for one in value.spans]
    found += [(name, (name, text)) for name, text in value.fields]
    return found or [("", None)]


@dataclass(slots=True)
class Precision:
    """How often what a producer said was right, by label: counted where people answered the same items."""

    right: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def see(self, said: Value, counts: Value) -> None:
        """Count one item that has both."""
        true = {part for _, part in parts(counts)}
        for label, part in parts(said):
            self.total[label] += 1
            self.right[label] += part in true

    def overall(self) -> float:
        """How often it was right, 0 to 1; with few items it is drawn to three quarters."""
        return _drawn(sum(self.right.values()), sum(self.total.values()), _AT_FIRST)

    def of(self, label: str) -> float:
        """How often it was right when it said this label; with few items it is drawn to all labels'."""
        return _drawn(self.right[label], self.total[label], self.overall())

    def weight(self, value: Value) -> float:
        """What an answer weighs that nobody looked at: 0 to 0.3, by the labels it gives."""
        rates = [self.of(label) for label, _ in parts(value)]
        return round(TEACHER_WEIGHT * sum(rates) / len(rates), 4)

    def table(self) -> Mapping[str, tuple[int, int]]:
        """By label: how often right, of how many."""
        return {label: (self.right[label], self.total[label]) for label in sorted(self.total)}


def independent(pairs: Iterable[tuple[bool, Value, Value]], enough: int = 30) -> Precision:
    """The precision by (said without seeing it, what the producer said, what counts).

    Whoever saw a suggestion tends to it, so only answers given without it are counted, unless those are
    fewer than ``enough``.
    """
    blind, all_ = Precision(), Precision()
    seen = 0
    for without, said, counts in pairs:
        all_.see(said, counts)
        if without:
            blind.see(said, counts)
            seen += 1
    return blind if seen >= enough else all_


def _drawn(right: int, total: int, to: float) -> float:
    """A share with ``_DOUBT`` items' worth of ``to`` in it: the mean of a beta posterior."""
    return (right + _DOUBT * to) / (total + _DOUBT)
