# SPDX-License-Identifier: EUPL-1.2
"""Answers that are probably wrong: what people said and what a model that had not seen it would say, go in.

Confident learning (Northcutt, Jiang, Chuang 2021): a label's threshold is how sure the model is of it, on
average, where people gave it. An answer is suspected if another label reaches its own threshold and the
given one does not come out on top: a label that the model is never sure of needs little, one that it is
always sure of needs much. For several labels a text each label is a question of its own, yes or no. For
passages and fields an answer is suspected whose parts differ from what a sure model finds.

The probabilities must be of a model that had not seen the item. Written from the paper. Of labels: a model
that is hardly right, or no better than the most common answer, has nothing to hold against people.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hausgeist.core.answers import Guess, Value
from hausgeist.core.tasks import TaskKind

NONE = ""
SURE = 0.5
"""From which probability on passages and fields of a model are held against a person's."""
LEAST = 5
"""Answers with a label, without which nothing is known of how sure a model is of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An item with a person's answer and what a model says that had not seen it."""

    item: str
    given: Value
    guess: Guess


RIGHT_LEAST = 0.6
"""The share of single labels that a model must have right before it doubts people."""
SHARE_MOST = 0.2
"""Of the answers that were looked at, the share that is named at most: the surest ones."""
NAMED_MOST = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """How often a model says what people said of ``of`` texts that it had not seen.

    ``majority``: how often the most common answer would.
    """

    right: int
    majority: int
    of: int
    kind: TaskKind

    @property
    def weak(self) -> bool:
        """Whether its doubts are worth nothing."""
        few = self.kind is TaskKind.SINGLE and self.right < RIGHT_LEAST * self.of
        labels = self.kind in {TaskKind.SINGLE, TaskKind.MULTI}
        return few or (labels and self.right <= self.majority)


def standing(kind: TaskKind, seen: Sequence[Seen]) -> Standing:
    """How a model stands beside the most common answer."""
    said = Counter(one.given for one in seen)
    most = said.most_common(1)[0][1] if said else 0
    right = sum(one.guess.value == one.given for one in seen)
    return Standing(right, most, len(seen), kind)


@dataclass(frozen=True, slots=True)
class Suspect:
    """An answer that is probably wrong. ``rather`` is what the model says; ``score`` how sure, 0 to 1."""

    item: str
    given: Value
    rather: Value
    score: float


def suspects(kind: TaskKind, seen: Sequence[Seen]) -> list[Suspect]:
    """The answers that are probably wrong, the surest first; none by a model that is too weak."""
    if standing(kind, seen).weak:
        return []
    if kind is TaskKind.SINGLE:
        found = _single(seen)
    elif kind is TaskKind.MULTI:
        found = _multi(seen)
    else:
        found = _parts(seen)
    most = min(NAMED_MOST, max(1, round(SHARE_MOST * len(seen))))
    return sorted(found, key=lambda one: (-one.score, one.item))[:most]


def _single(seen: Sequence[Seen]) -> list[Suspect]:
    chances = {one.item: dict(one.guess.ranked) for one in seen}
    limits = _limits(
        (_only(one.given), chances[one.item].get(_only(one.given), 0.0)) for one in seen
    )
    found = []
    for one in seen:
        given, known = _only(one.given), chances[one.item]
        over = {
            key: chance
            for key, chance in known.items()
            if key != given and key in limits and chance >= limits[key]
        }
        if not over:
            continue
        best = max(over, key=lambda key: (over[key], key))
        own = known.get(given, 0.0)
        if over[best] > own:
            rather = Value((best,)) if best else Value()
            found.append(Suspect(one.item, one.given, rather, round(over[best] - own, 5)))
    return found


def _multi(seen: Sequence[Seen]) -> list[Suspect]:
    """One label at a time: a yes below the limit of a no, or a no above the limit of a yes."""
    chances = {one.item: dict(one.guess.ranked) for one in seen}
    labels = {key for one in seen for key in (*one.given.labels, *chances[one.item])} - {NONE}
    wrong: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for label in labels:
        yes = [chances[o.item].get(label, 0.0) for o in seen if label in o.given.labels]
        no = [chances[o.item].get(label, 0.0) for o in seen if label not in o.given.labels]
        if len(yes) < LEAST or len(no) < LEAST:
            continue
        to_yes, to_no = sum(yes) / len(yes), sum(no) / len(no)
        for one in seen:
            chance = chances[one.item].get(label, 0.0)
            if label in one.given.labels:
                if chance <= to_no and chance < SURE:
                    wrong[one.item][label] = 1 - 2 * chance
            elif chance >= to_yes and chance > SURE:
                wrong[one.item][label] = 2 * chance - 1
    found = []
    for one in seen:
        if labels_wrong := wrong.get(one.item):
            rather = Value.of_labels(set(one.given.labels) ^ set(labels_wrong))
            found.append(Suspect(one.item, one.given, rather, round(max(labels_wrong.values()), 5)))
    return found


def _parts(seen: Sequence[Seen]) -> list[Suspect]:
    """Passages and fields: the model is surer than it usually is where it agrees, and says otherwise."""
    agreed = [one.guess.score for one in seen if one.guess.value == one.given]
    limit = max(SURE, sum(agreed) / len(agreed)) if agreed else 1.0
    return [
        Suspect(one.item, one.given, one.guess.value, round(one.guess.score, 5))
        for one in seen
        if one.guess.value != one.given and one.guess.score >= limit
    ]


def _limits(pairs: Iterable[tuple[str, float]]) -> Mapping[str, float]:
    """By label how sure the model is of it where people gave it; rare labels have none."""
    sums: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for label, chance in pairs:
        sums[label] += chance
        counts[label] += 1
    return {label: sums[label] / counts[label] for label in sums if counts[label] >= LEAST}


def _only(value: Value) -> str:
    return value.labels[0] if value.labels else NONE
