# SPDX-License-Identifier: EUPL-1.2
"""What a teacher wrote becomes an answer, or is told to be unreadable: text in, a value or a code out.

Tolerant of form: a code fence, words around one JSON object, a bare label. Never of content: a label that the
task does not have is unreadable, and is not mapped to one that looks like it.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Field, FieldType, Task, TaskKind
from hausgeist.errors import AnswerNotFitting
from hausgeist.workbench.align import Quote, align
from hausgeist.workbench.fitting import canonical

Code: TypeAlias = Literal[
    "", "no_answer", "two_answers", "wrong_form", "unknown_label", "cut_off", "nothing_found"
]
"""Why there is no value; empty: there is one."""

READ_MOST = 60_000
"""Characters of an answer that are read."""
OBJECTS_MOST = 40
"""Places at which an object is looked for in prose."""
REASON_MOST = 300
DIGITS_MOST = 30
"""Of a number, before or after its point: 1e999999999 is nobody's detail."""

_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_NAMED = re.compile(
    r"\A(?:label|labels|antwort|answer|kategorie|category)\s*[:=]\s*", re.IGNORECASE
)
_BARE = " \t\r\n\"'`*.\u201e\u201c\u201d\u201a\u2018\u2019\u00ab\u00bb"
_MONEY = re.compile(r"^(?:EUR|€|\$|CHF)\s*|\s*(?:EUR|€|Euro|\$|CHF)$")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read. ``value`` of None: nothing, for the reason ``code``.

    ``stated`` is the confidence that the model gave in words, 0 to 1. ``lost``: quotes that are not in the
    text, and details that are not of their field's type.
    """

    value: Value | None
    code: Code = ""
    lost: int = 0
    reason: str = ""
    stated: float | None = None


class _Unreadable(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


def read(task: Task, text: str, answer: str, *, cut: bool = False) -> Read:
    """Read an answer about a text. ``cut``: it came to its limit before its end."""
    said = _THOUGHT.sub("", answer[:READ_MOST]).strip().removeprefix("\ufeff")
    try:
        found = _json_of(said)
        if found is _NOTHING:
            return Read(_bare(task, said))
        value, lost = _value(task, text, found)
    except _Unreadable as error:
        return Read(None, "cut_off" if cut and error.code == "no_answer" else error.code)
    more = found if isinstance(found, dict) else {}
    reason = more.get("reason")
    return Read(
        value,
        lost=lost,
        reason=" ".join(reason.split())[:REASON_MOST] if isinstance(reason, str) else "",
        stated=_stated(more.get("confidence")),
    )


def probability(value: Value, answer: str, logprobs: Sequence[tuple[str, float]]) -> float | None:
    """The probability of the labels' tokens, of the least probable label; None where it cannot be told.

    The product over the tokens that touch the quoted key: exp of the sum of their log probabilities.
    """
    begins = "".join(token for token, _ in logprobs).find(answer)  # an end mark may follow
    if not value.labels or not logprobs or begins < 0:
        return None
    found = []
    for key in value.labels:
        quoted = json.dumps(key, ensure_ascii=False)
        at = answer.find(quoted)
        if at < 0:
            return None
        start, end = begins + at + 1, begins + at + len(quoted) - 1
        place, total = 0, 0.0
        for token, logprob in logprobs:
            if place < end and place + len(token) > start:
                total += logprob
            place += len(token)
        found.append(math.exp(min(0.0, total)))
    return min(found)


_NOTHING: Any = object()


def _json_of(said: str) -> Any:
    """The one JSON value of an answer; ``_NOTHING`` where there is none."""
    for candidate in (said, *_FENCE.findall(said)[:2]):
        found = _loaded(candidate.strip())
        if isinstance(found, dict | list | str):
            return found
    objects: list[Any] = []
    at = said.find("{")
    decoder = json.JSONDecoder(parse_float=Decimal)
    for _ in range(OBJECTS_MOST):
        if at < 0:
            break
        try:
            one, end = decoder.raw_decode(said, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            objects += [one] if one not in objects else []
        at = said.find("{", end)
    if len(objects) > 1:
        raise _Unreadable("two_answers")
    return objects[0] if objects else _NOTHING


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return _NOTHING


def _bare(task: Task, said: str) -> Value:
    """A label without any form around it."""
    if task.kind not in {TaskKind.SINGLE, TaskKind.MULTI}:
        raise _Unreadable("no_answer")
    words = _NAMED.sub("", said.strip(_BARE)).strip(_BARE)
    key = _key_of(task, words)
    if key is None:
        raise _Unreadable("no_answer")
    return Value.of_labels([key])


def _value(task: Task, text: str, found: Any) -> tuple[Value, int]:
    if task.kind is TaskKind.SPANS:
        return _spans(task, text, found)
    if task.kind is TaskKind.RECORD:
        return _record(task, found)
    if isinstance(found, str):
        return _bare(task, found), 0
    if isinstance(found, dict):
        held = found.get("labels" if task.kind is TaskKind.MULTI else "label", _NOTHING)
    else:
        held = found
    if task.kind is TaskKind.SINGLE and isinstance(held, list) and len(held) == 1:
        held = held[0]
    several = isinstance(held, list) and task.kind is TaskKind.MULTI
    wanted = held if several else [held]
    if not all(isinstance(one, str) for one in wanted):
        raise _Unreadable("wrong_form")
    keys = [_key_of(task, one.strip()) for one in wanted]
    if None in keys:
        raise _Unreadable("unknown_label")
    return Value.of_labels(key for key in keys if key is not None), 0


def _key_of(task: Task, words: str) -> str | None:
    """The label that is written so, letter by letter: by its key, else by a name that only one has."""
    if task.label(words) is not None:
        return words
    named = [label.key for label in task.labels if label.name == words]
    return named[0] if len(named) == 1 else None


def _spans(task: Task, text: str, found: Any) -> tuple[Value, int]:
    held = found.get("spans", _NOTHING) if isinstance(found, dict) else found
    if not isinstance(held, list):
        raise _Unreadable("wrong_form")
    quotes = []
    for one in held:
        if not isinstance(one, dict) or not isinstance(one.get("quote"), str):
            raise _Unreadable("wrong_form")
        key = _key_of(task, str(one.get("label")).strip())
        if key is None:
            raise _Unreadable("unknown_label")
        count = one.get("occurrence", 1)
        quotes.append(Quote(one["quote"], key, count if isinstance(count, int) else 1))
    spans, lost = align(text, quotes)
    return Value.of_spans(spans), lost


def _record(task: Task, found: Any) -> tuple[Value, int]:
    if not isinstance(found, dict):
        raise _Unreadable("wrong_form")
    fields = {one.key: one for one in task.fields}
    inner = found.get("fields")
    held: Mapping[str, Any] = inner if isinstance(inner, dict) else found
    extra = set(held) - set(fields) - ({"reason", "confidence"} if held is found else set())
    if extra or not held:
        raise _Unreadable("unknown_label" if extra else "wrong_form")
    made: list[tuple[str, str]] = []
    lost = 0
    for key, field in fields.items():
        said = held.get(key)
        values = said if isinstance(said, list) and field.many else [said]
        for one in values:
            if one is None or one == "":
                continue
            if field.type is FieldType.CHOICE and one not in field.choices:
                raise _Unreadable("unknown_label")
            text = _canonical(field, one, task.language)
            if text is None:
                lost += 1
            else:
                made.append((key, text))
    return Value.of_fields(dict.fromkeys(made)), lost


def _canonical(field: Field, said: Any, language: str) -> str | None:
    """A detail in its field's canonical text; None where it is not of its type."""
    if isinstance(said, bool):
        typed = "yes" if said else "no"
    elif isinstance(said, int | Decimal) and -DIGITS_MOST < Decimal(said).adjusted() < DIGITS_MOST:
        typed, language = format(said, "f" if isinstance(said, Decimal) else "d"), "en"
    elif isinstance(said, str):
        typed = _MONEY.sub("", said.strip()) if field.type is FieldType.NUMBER else said
    else:
        return None
    if isinstance(said, bool) and field.type is not FieldType.FLAG:
        return None
    try:
        return canonical(field, typed, language)
    except AnswerNotFitting:
        return None


def _stated(found: Any) -> float | None:
    """A confidence as a share: from 0 to 100, or from 0 to 1 where it has a point."""
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        return None
    share = float(found) if isinstance(found, Decimal) and 0 <= found <= 1 else float(found) / 100
    return share if 0 <= share <= 1 else None
