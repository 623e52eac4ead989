# SPDX-License-Identifier: EUPL-1.2
"""What each rule says of a text whose answer is known: right or wrong, one line a hit.

A hit is a text in tasks of labels, a passage in those of passages, a filled field in records.
"""

from collections.abc import Iterator

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.rules.fill import filled
from hausgeist.training.rules.ruleset import RuleSet, chosen_of

Hit = tuple[int, tuple[int, int], bool]
"""Number of the rule, its passage (0, 0: the whole text), whether it is right."""


def judged(found: RuleSet, text: str, truth: Value, *, deciding: bool = False) -> Iterator[Hit]:
    """The hits of each rule by itself; ``deciding``: only those that the rules' order leaves standing."""
    if found.kind in {TaskKind.SINGLE, TaskKind.MULTI}:
        yield from _labels(found, text, truth, deciding=deciding)
    elif found.kind is TaskKind.SPANS:
        spans = set(truth.spans)
        passages = found.passages(text)
        for number, start, end in chosen_of(passages) if deciding else passages:
            right = Span(start, end, found.rules[number].label) in spans
            yield number, (start, end), right
    else:
        yield from _fields(found, text, truth, deciding=deciding)


def _labels(found: RuleSet, text: str, truth: Value, *, deciding: bool) -> Iterator[Hit]:
    hits = found.hits(text)
    if deciding and found.kind is TaskKind.SINGLE:
        hits = hits[:1]
    for number in hits:
        yield number, (0, 0), found.rules[number].label in truth.labels


def _fields(found: RuleSet, text: str, truth: Value, *, deciding: bool) -> Iterator[Hit]:
    """A rule by itself fills a field with the first passage that holds a value."""
    done: set[int | str] = set()
    known = set(truth.fields)
    for number, start, end in found.passages(text):
        rule = found.rules[number]
        name, constant = rule.target
        field = found.fields.get(name)
        key = name if deciding else number
        if field is None or key in done:
            continue
        value = constant or filled(field, text[start:end])
        if value:
            done.add(key)
            yield number, (start, end), (name, value) in known
