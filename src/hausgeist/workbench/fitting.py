# SPDX-License-Identifier: EUPL-1.2
"""Whether an answer fits its task and its text, and the canonical form of what was typed into a field.

Values in, values out. What does not fit is refused with a reason; nothing is mended silently.
"""

import re
from collections import Counter
from datetime import date, datetime
from itertools import pairwise

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Field, FieldType, Task, TaskKind
from hausgeist.errors import N_, AnswerNotFitting

FIELD_MOST = 2_000
"""Characters of a field's value."""

_NUMBER = re.compile(r"[+-]?(\d{1,3}(?:([.,'\u00a0\u202f ])\d{3})+|\d+)(?:([.,])(\d+))?\Z")
_GERMAN_DATE = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\Z")
_YES = frozenset({"yes", "ja", "true", "wahr", "1"})
_NO = frozenset({"no", "nein", "false", "falsch", "0"})


def fitted(task: Task, text: str, value: Value) -> Value:
    """The value as it is kept.

    Raises:
        AnswerNotFitting: a label or field that the task does not have, a passage outside of the text or
            over another one, a value that is not of the field's type, or another kind of answer.
    """
    if task.kind is TaskKind.SPANS:
        _only(value, spans=True)
        return _spans(task, text, value)
    if task.kind is TaskKind.RECORD:
        _only(value, fields=True)
        return _fields(task, value)
    _only(value, labels=True)
    made = Value.of_labels(value.labels)
    for key in made.labels:
        _known(task, key)
    if task.kind is TaskKind.SINGLE and len(made.labels) > 1:
        raise AnswerNotFitting(reason=N_("only one label can be chosen here."))
    return made


def canonical(field: Field, typed: str, language: str = "de") -> str:
    """What was typed into a field, in the canonical text of its type.

    ``language`` decides what ``1.234`` is: in German one thousand two hundred and thirty-four.

    Raises:
        AnswerNotFitting: it is not of this type.
    """
    words = " ".join(typed.split()) if field.type is not FieldType.TEXT else typed.strip()
    if not words or len(words) > FIELD_MOST or "\x00" in words:
        raise AnswerNotFitting(reason=N_("a field is empty or too long."))
    if field.type is FieldType.NUMBER:
        return _number(words, language)
    if field.type is FieldType.DATE:
        return _date(words)
    if field.type is FieldType.FLAG:
        if words.casefold() in _YES | _NO:
            return "yes" if words.casefold() in _YES else "no"
        raise AnswerNotFitting(reason=N_("a field takes yes or no."))
    if field.type is FieldType.CHOICE and words not in field.choices:
        raise AnswerNotFitting(reason=N_("a field has a value that is not among its choices."))
    return words


def _number(words: str, language: str) -> str:
    found = _NUMBER.match(words)
    if found is None:
        raise AnswerNotFitting(reason=N_("a field takes a number, such as 1234.5 or 1.234,50."))
    whole, thousands, point, rest = found.groups()
    if thousands and thousands == point:
        raise AnswerNotFitting(reason=N_("a field takes a number, such as 1234.5 or 1.234,50."))
    if thousands in {".", ","} and point is None:
        groups = re.split(r"[.,]", whole)
        if len(groups) == 2 and thousands == ("," if language == "de" else "."):
            whole, rest = groups
    sign = "-" if words.startswith("-") else ""
    digits = re.sub(r"\D", "", whole).lstrip("0") or "0"
    decimals = (rest or "").rstrip("0")
    made = digits + (f".{decimals}" if decimals else "")
    return made if made == "0" else sign + made


def _date(words: str) -> str:
    german = _GERMAN_DATE.match(words)
    try:
        if german:
            day, month, year = (int(one) for one in german.groups())
            return date(year, month, day).isoformat()
        return datetime.strptime(words, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  a day, no moment
    except ValueError:
        raise AnswerNotFitting(
            reason=N_("a field takes a date, such as 2026-03-01 or 1.3.2026.")
        ) from None


def _only(value: Value, *, labels: bool = False, spans: bool = False, fields: bool = False) -> None:
    if (
        (value.labels and not labels)
        or (value.spans and not spans)
        or (value.fields and not fields)
    ):
        raise AnswerNotFitting(reason=N_("it is an answer to another kind of question."))


def _known(task: Task, key: str) -> None:
    if task.label(key) is None:
        raise AnswerNotFitting(reason=N_("the task has no such label."))


def _spans(task: Task, text: str, value: Value) -> Value:
    made = Value.of_spans(value.spans)
    for one in made.spans:
        _known(task, one.label)
        if not 0 <= one.start < one.end <= len(text):
            raise AnswerNotFitting(reason=N_("a passage lies outside of the text."))
        if not text[one.start : one.end].strip():
            raise AnswerNotFitting(reason=N_("a passage has no letters."))
    for before, after in pairwise(made.spans):
        if after.start < before.end:
            raise AnswerNotFitting(reason=N_("two passages overlap."))
    return made


def _fields(task: Task, value: Value) -> Value:
    known = {field.key: field for field in task.fields}
    made = []
    for name, typed in value.fields:
        if name not in known:
            raise AnswerNotFitting(reason=N_("the task has no such field."))
        made.append((name, canonical(known[name], typed, task.language)))
    made = sorted(set(made))
    counts = Counter(name for name, _ in made)
    if any(count > 1 and not known[name].many for name, count in counts.items()):
        raise AnswerNotFitting(reason=N_("a field has more than one value."))
    return Value.of_fields(made)
