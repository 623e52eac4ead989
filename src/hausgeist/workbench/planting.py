# SPDX-License-Identifier: EUPL-1.2
"""Suggestions that are wrong on purpose, and plausible: who only nods is found out, not who reads.

A value and its text in, a wrong value out, None where none is plausible. What comes out depends on nothing
but what goes in.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Field, FieldType, Task, TaskKind

TOKEN = re.compile(r"\w+|[^\w\s]")

Draw = Callable[[int], int]
"""Gives a number from 0 to below its argument: by chance, and the same every time for an item."""


def planted(
    task: Task, text: str, right: Value, draw: Draw, mixed_up: Mapping[str, Sequence[str]]
) -> Value | None:
    """A plausible wrong value. ``mixed_up``: labels that people mix up with a label, the likeliest first."""
    if task.kind is TaskKind.SPANS:
        wrong = _spans(task, text, right, draw, mixed_up)
    elif task.kind is TaskKind.RECORD:
        wrong = _fields(task, text, right, draw)
    else:
        wrong = _labels(task, right, draw, mixed_up)
    return wrong if wrong != right else None


def mixed_up(task: Task, pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Which labels people have taken for which, by how often; ``pairs`` of first and last values as JSON."""
    if task.kind not in {TaskKind.SINGLE, TaskKind.MULTI}:
        return {}
    tally: Counter[tuple[str, str]] = Counter()
    for first, last in pairs:
        one, other = (set(json.loads(said).get("labels", ())) for said in (first, last))
        tally.update((mine, its) for mine in one - other for its in other - one)
    found: dict[str, list[str]] = {}
    for (mine, its), _ in tally.most_common():
        found.setdefault(mine, []).append(its)
        found.setdefault(its, []).append(mine)
    return found


def _other(
    task: Task, label: str, draw: Draw, mixed_up: Mapping[str, Sequence[str]], but: Sequence[str]
) -> str | None:
    known = {one.key for one in task.labels}
    for one in mixed_up.get(label, ()):
        if one in known and one not in but:
            return one
    rest = [one.key for one in task.labels if one.key not in but]
    return rest[draw(len(rest))] if rest else None


def _labels(
    task: Task, right: Value, draw: Draw, mixed_up: Mapping[str, Sequence[str]]
) -> Value | None:
    had = list(right.labels)
    out = had[draw(len(had))] if had else ""
    into = _other(task, out, draw, mixed_up, had)
    if task.kind is TaskKind.MULTI and len(had) > 1 and draw(2):
        return Value.of_labels(one for one in had if one != out)  # one is missing
    if into is None:
        return None
    return Value.of_labels([*(one for one in had if one != out), into])


def _spans(
    task: Task, text: str, right: Value, draw: Draw, mixed_up: Mapping[str, Sequence[str]]
) -> Value | None:
    if not right.spans:
        return None
    which = draw(len(right.spans))
    one = right.spans[which]
    others = [span for at, span in enumerate(right.spans) if at != which]
    moved = [
        Span(start, end, one.label)
        for start, end in _one_off(text, one)
        if not any(start < span.end and span.start < end for span in others)
    ]
    if moved and draw(3):
        return Value.of_spans([*others, moved[draw(len(moved))]])
    label = _other(task, one.label, draw, mixed_up, [one.label])
    if label is None:
        return Value.of_spans([*others, moved[0]]) if moved else None
    return Value.of_spans([*others, Span(one.start, one.end, label)])


def _one_off(text: str, span: Span) -> list[tuple[int, int]]:
    """The same passage, a word longer or shorter at one end."""
    near = max(0, span.start - 200)
    words = [
        (found.start() + near, found.end() + near)
        for found in TOKEN.finditer(text[near : span.end + 200])
    ]
    inside = [one for one in words if one[0] >= span.start and one[1] <= span.end]
    before = [one for one in words if one[1] <= span.start]
    after = [one for one in words if one[0] >= span.end]
    made = []
    if len(inside) > 1:
        made += [(inside[1][0], span.end), (span.start, inside[-2][1])]
    if before:
        made.append((before[-1][0], span.end))
    if after:
        made.append((span.start, after[0][1]))
    return made


def _fields(task: Task, text: str, right: Value, draw: Draw) -> Value | None:
    if not right.fields:
        return None
    which = draw(len(right.fields))
    name, value = right.fields[which]
    field = next((one for one in task.fields if one.key == name), None)
    rest = [pair for at, pair in enumerate(right.fields) if at != which]
    wrong = _wrong(field, text, value, draw) if field else None
    return Value.of_fields([*rest, (name, wrong)] if wrong else rest)


def _wrong(field: Field, text: str, value: str, draw: Draw) -> str | None:
    """Another value of a field; None: it is left out."""
    if field.type is FieldType.FLAG:
        return "no" if value == "yes" else "yes"
    if field.type is FieldType.CHOICE:
        others = [one for one in field.choices if one != value]
        return others[draw(len(others))] if others else None
    if field.type is FieldType.DATE:
        try:
            day = date.fromisoformat(value)
            return (day + timedelta(days=(1, -1, 7, 30)[draw(4)])).isoformat()
        except (ValueError, OverflowError):
            return None
    if field.type is FieldType.NUMBER:
        at = [place for place, sign in enumerate(value) if sign.isdigit()]
        if not at:
            return None
        place = at[draw(len(at))]
        return f"{value[:place]}{(int(value[place]) + 1) % 9 + 1}{value[place + 1 :]}"
    start = text.find(value)
    if start < 0:
        return None
    ends = _one_off(text, Span(start, start + len(value), ""))
    return text[slice(*ends[draw(len(ends))])] if ends else None
