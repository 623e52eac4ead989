# SPDX-License-Identifier: EUPL-1.2
"""What a model's answers to one prompt look like: one of a few labels, several, passages, fields, or prose.

Answers with the texts they are about go in, a shape comes out. Rules only, no model: the shape says what
kind of task could stand in for the prompt, and with which labels or fields.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hausgeist.core.tasks import TaskKind

Why: TypeAlias = Literal["", "few", "same", "prose", "mixed"]
"""Why it is no candidate: too few answers, always the same one, free text, nearly never the same one."""

ENOUGH = 20
"""Answers from which on a shape is told."""
VALUES_MOST = 60
LABEL_MOST = 80
"""Characters of a label."""
PER_VALUE = 4
"""So many answers to one value at least: what is nearly always new is no label."""
FITTING = 0.9
"""Share of the answers that must be of the shape; the rest are the model's slips."""
FIELDS_MOST = 40
PROSE_FROM = 160
"""Characters from which on a field's words that do not stand in the text count as free text."""
READ_MOST = 20_000
_BESIDE = frozenset(
    "reason confidence explanation begruendung begründung rationale score sicherheit".split()
)
_LABELS = ("label", "type", "category", "class", "entity", "kategorie", "typ", "art")
_QUOTES = ("quote", "text", "span", "value", "wert", "name", "zitat")
_FENCE = re.compile(r"\A```[a-zA-Z]*\s*\n(.*?)\n?```\Z", re.DOTALL)
_AROUND = " \t\r\n\"'`*.\u201e\u201c\u201d\u201a\u2018\u2019\u00ab\u00bb"
_LISTED = re.compile(r"\s*[,;\n]\s*")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the answers are. ``kind`` of None: no candidate, for the reason ``why``.

    ``values`` are labels with how many answers have each, the most frequent first; ``fields`` the names of
    a record's fields. ``fits`` of the ``seen`` answers are of this shape.
    """

    kind: TaskKind | None
    why: Why = ""
    values: tuple[tuple[str, int], ...] = ()
    fields: tuple[str, ...] = ()
    seen: int = 0
    fits: int = 0


@dataclass(slots=True)
class _Read:
    """Of one answer: what it would be as each of the kinds; None where it cannot be that."""

    single: str | None = None
    multi: list[str] | None = None
    spans: list[tuple[str, str]] | None = None
    record: dict[str, Any] = field(default_factory=dict)


def shape_of(pairs: Sequence[tuple[str, str]]) -> Shape:
    """The shape of answers; ``pairs`` are (text, answer)."""
    if len(pairs) < ENOUGH:
        return Shape(None, "few", seen=len(pairs))
    found = [_read(text, answer) for text, answer in pairs]
    shapes = (_single(found), _spans(found), _multi(found), _record(found))
    fitting = [one for one in shapes if one is not None]
    if fitting:
        best = fitting[0]
        alone = best.kind is TaskKind.SINGLE and len(best.values) < 2
        return Shape(None, "same", best.values, seen=len(pairs)) if alone else best
    plain = sum(one.single is None and not one.record for one in found)
    return Shape(None, "prose" if plain * 2 > len(pairs) else "mixed", seen=len(pairs))


def as_task_says(kind: TaskKind, text: str, answer: str) -> str | None:
    """An answer in the form that a task's own teacher gives; None where it is not of the shape."""
    one = _read(text, answer)
    said: dict[str, Any] | None = None
    if kind is TaskKind.SINGLE and one.single is not None:
        said = {"label": one.single}
    elif kind is TaskKind.MULTI and one.multi is not None:
        said = {"labels": one.multi}
    elif kind is TaskKind.SPANS and one.spans is not None:
        seen: Counter[tuple[str, str]] = Counter()
        spans = []
        for quote, label in one.spans:
            seen[quote, label] += 1
            spans.append({"quote": quote, "label": label, "occurrence": seen[quote, label]})
        said = {"spans": spans}
    elif kind is TaskKind.RECORD and one.record:
        said = {"fields": one.record}
    return None if said is None else json.dumps(said, ensure_ascii=False)


def canonical(answer: str) -> str:
    """An answer without what differs from call to call though it says the same: reasons, blanks, order."""
    found = _json(answer[:READ_MOST])
    if isinstance(found, dict):
        found = {name: one for name, one in found.items() if name.casefold() not in _BESIDE}
    if isinstance(found, dict | list):
        return json.dumps(found, ensure_ascii=False, sort_keys=True)
    return " ".join(str(found).split()).strip(_AROUND)


def _json(answer: str) -> Any:
    """The JSON value of an answer, else its words."""
    said = answer.strip()
    fenced = _FENCE.match(said)
    try:
        return json.loads(fenced[1] if fenced else said)
    except (ValueError, RecursionError):
        return said


def _read(text: str, answer: str) -> _Read:
    found = _json(answer[:READ_MOST])
    if isinstance(found, dict):
        return _of_object(text, found)
    if isinstance(found, list):
        return _Read(multi=_words(found), spans=_quoted(text, found))
    words = " ".join(str(found).split(" ")).strip(_AROUND)
    if not words or len(words) > 4 * LABEL_MOST:
        return _Read()
    parts = [one.strip(_AROUND) for one in _LISTED.split(words)]
    label = _label(words)
    listed = [one for one in parts if one]
    return _Read(
        single=label, multi=listed if all(_label(one) is not None for one in listed) else None
    )


def _of_object(text: str, found: Mapping[str, Any]) -> _Read:
    held = {name: one for name, one in found.items() if name.casefold() not in _BESIDE}
    made = _Read(record=_fields(text, held))
    if len(held) == 1:
        only = next(iter(held.values()))
        if isinstance(only, str | bool | int):
            made.single = _label(_written(only))
        elif isinstance(only, list):
            made.multi, made.spans = _words(only), _quoted(text, only)
            made.record = {}
    return made


def _label(words: str) -> str | None:
    return words if 0 < len(words) <= LABEL_MOST and "\n" not in words else None


def _written(one: object) -> str:
    return json.dumps(one) if isinstance(one, bool) else str(one).strip()


def _words(found: Sequence[Any]) -> list[str] | None:
    if not all(isinstance(one, str) and _label(one.strip()) is not None for one in found):
        return None
    return [one.strip() for one in found]


def _quoted(text: str, found: Sequence[Any]) -> list[tuple[str, str]] | None:
    """Passages with their labels, where each is an object with words that stand in the text."""
    spans = []
    for one in found:
        if not isinstance(one, dict):
            return None
        label = next((one[name] for name in _LABELS if isinstance(one.get(name), str)), None)
        words = (one[name] for name in _QUOTES if isinstance(one.get(name), str))
        quote = next((each for each in words if each and each in text), None)
        if label is None or quote is None or _label(label) is None:
            return None
        spans.append((quote, label))
    return spans


def _fields(text: str, held: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an object without objects and without prose of its own; none where it has some."""
    plain = str | int | float | None
    for one in held.values():
        if isinstance(one, str) and len(one) > PROSE_FROM and one not in text:
            return {}
        several = isinstance(one, list) and all(isinstance(each, plain) for each in one)
        if not isinstance(one, plain) and not several:
            return {}
    return dict(held) if len(held) <= FIELDS_MOST else {}


def _counted(found: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counts = Counter(found)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _few(values: Sequence[tuple[str, int]], answers: int) -> bool:
    return 0 < len(values) <= min(VALUES_MOST, max(2, answers // PER_VALUE))


def _usual(values: Sequence[tuple[str, int]], answers: int) -> tuple[tuple[str, int], ...]:
    """Values without those that hardly ever come: slips, once there are many answers."""
    least = 2 if answers >= 10 * ENOUGH else 1
    return tuple(one for one in values if one[1] >= least)


def _single(found: Sequence[_Read]) -> Shape | None:
    said = [one.single for one in found if one.single is not None]
    values = _usual(_counted(said), len(found))
    fits = sum(count for _, count in values)
    if fits < FITTING * len(found) or not _few(values, len(found)):
        return None
    parts = [part for value, _ in values for part in _LISTED.split(value)]
    if len(set(parts)) < len(parts):  # "a, b" beside "a" or "b, c": several at once
        return None
    return Shape(TaskKind.SINGLE, values=values, seen=len(found), fits=fits)


def _multi(found: Sequence[_Read]) -> Shape | None:
    said = [one.multi for one in found if one.multi is not None]
    values = _usual(_counted(value for one in said for value in set(one)), len(found))
    known = {value for value, _ in values}
    fits = sum(known.issuperset(one) for one in said)
    if fits < FITTING * len(found) or not _few(values, len(found)) or len(values) < 2:
        return None
    return Shape(TaskKind.MULTI, values=values, seen=len(found), fits=fits)


def _spans(found: Sequence[_Read]) -> Shape | None:
    said = [one.spans for one in found if one.spans is not None]
    values = _counted(label for one in said for _, label in one)
    if len(said) < FITTING * len(found) or not 0 < len(values) <= VALUES_MOST:
        return None
    return Shape(TaskKind.SPANS, values=values, seen=len(found), fits=len(said))


def _record(found: Sequence[_Read]) -> Shape | None:
    said = [one.record for one in found if one.record]
    if len(said) < FITTING * len(found):
        return None
    names = _counted(name for one in said for name in one)
    usual = tuple(name for name, count in names if count >= (1 - FITTING) * len(said))
    if not 1 <= len(usual) <= FIELDS_MOST:
        return None
    fits = sum(set(one) <= set(usual) for one in said)
    return Shape(TaskKind.RECORD, fields=usual, seen=len(found), fits=fits)
