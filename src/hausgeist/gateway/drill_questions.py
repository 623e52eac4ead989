# SPDX-License-Identifier: EUPL-1.2
"""A set of questions for a drill: read, judged by plain means, counted with intervals, and a blind sheet.

Lines of JSON and answers flow in, verdicts flow out; no model is asked here. A question without a criterion
is not judged by a machine: people judge it on the sheet, where they cannot see which answer is whose.
"""

import csv
import io
from collections.abc import Sequence

import msgspec

from hausgeist.core.labels import DataClass
from hausgeist.core.statistics.interval import wilson
from hausgeist.errors import N_, InvalidField

QUESTIONS_MOST = 100
SET_MOST = 256 * 1024
"""Bytes of a set of questions."""
ANSWER_KEPT = 4_000
"""Characters of an answer that are kept."""
SHEET_MOST = 4 * 1024 * 1024
COLUMNS = ("number", "question", "reference", "A", "B", "better (A, B or =)")
CHOICES = {"a": "A", "b": "B", "=": "="}


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question. All criteria that are given must be met; ``reference`` is for people to read."""

    question: str
    expected: str = ""
    """The answer is this, or contains it; case and spaces do not count."""
    keywords: tuple[str, ...] = ()
    """All of them are in the answer."""
    regex: str = ""
    """Is found in the answer (RE2)."""
    reference: str = ""
    data_class: str = msgspec.field(name="class", default="internal")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. ``passed`` of None: there is no criterion. ``error``: nothing came, and why."""

    model: str = ""
    provider: str = ""
    zone: str = ""
    text: str = ""
    length: int = 0
    passed: bool | None = None
    error: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question with both answers. ``swapped``: on the sheet, A is the answer of then."""

    wanted: str
    question: Question
    today: Answer
    then: Answer
    swapped: bool
    choice: str = ""
    """Of a person: today, then, equal; empty: not judged."""


class Share(msgspec.Struct, frozen=True):
    """So many of so many, with the bounds of Wilson's interval of 95 percent."""

    count: int
    of: int
    low: float
    high: float


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A model of today and the one that would answer. Shares of None: nothing to count."""

    wanted: str
    today: str
    then: str
    questions: int
    passed_today: Share | None
    passed_then: Share | None
    failed_today: int
    failed_then: int
    length_today: int | None
    length_then: int | None
    """Characters of an answer, the median."""
    as_good: Share | None
    """Of those that people judged: the answer of then was the better one, or as good."""


def read_questions(text: str) -> list[Question]:
    """Questions, one a line of JSON.

    Raises:
        InvalidField: a line is none, there are too many, or none at all.
    """
    found: list[Question] = []
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines or len(lines) > QUESTIONS_MOST or len(text) > SET_MOST:
        raise InvalidField(
            field="questions",
            reason=N_("give between 1 and {most} questions, one a line of JSON"),
            param="questions",
            most=QUESTIONS_MOST,
        )
    import re2  # noqa: PLC0415  only where somebody asks

    for number, line in lines:
        try:
            question = msgspec.json.decode(line, type=Question)
            DataClass.parse(question.data_class)
            re2.compile(question.regex)
        except (msgspec.DecodeError, KeyError, re2.error) as error:
            raise InvalidField(
                field="questions",
                reason=N_("line {number} is no question: {why}"),
                param="questions",
                number=number,
                why=str(error)[:200],
            ) from error
        found.append(question)
    return found


def judge(question: Question, answer: str) -> bool | None:
    """Whether an answer meets all criteria; None where there are none."""
    said, found = _plain(answer), []
    if question.expected:
        found.append(_plain(question.expected) in said)
    if question.keywords:
        found.append(all(_plain(word) in said for word in question.keywords))
    if question.regex:
        import re2  # noqa: PLC0415  as above

        found.append(re2.search(question.regex, answer) is not None)
    return all(found) if found else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def share(count: int, of: int) -> Share | None:
    """A share with its interval of 95 percent (Wilson 1927); None of nothing."""
    found = wilson(count, of)
    return Share(count, of, found.low, found.high) if found else None


def compare(asked: Sequence[Asked]) -> tuple[Compared, ...]:
    """The answers counted, one line per model that was asked for."""
    return tuple(
        _compared(wanted, [one for one in asked if one.wanted == wanted])
        for wanted in dict.fromkeys(one.wanted for one in asked)
    )


def _compared(wanted: str, asked: Sequence[Asked]) -> Compared:
    today, then = [one.today for one in asked], [one.then for one in asked]
    judged = [one.choice for one in asked if one.choice]
    return Compared(
        wanted=wanted,
        today=_names(today),
        then=_names(then),
        questions=len(asked),
        passed_today=_passed(asked, today),
        passed_then=_passed(asked, then),
        failed_today=sum(bool(one.error) for one in today),
        failed_then=sum(bool(one.error) for one in then),
        length_today=_median(today),
        length_then=_median(then),
        as_good=share(sum(one != "today" for one in judged), len(judged)),
    )


def _names(answers: Sequence[Answer]) -> str:
    found = {f"{one.model} ({one.provider})" for one in answers if one.model}
    return ", ".join(sorted(found))


def _passed(asked: Sequence[Asked], answers: Sequence[Answer]) -> Share | None:
    """Of the questions with a criterion; no answer is a wrong one."""
    with_criterion = [
        answer for one, answer in zip(asked, answers, strict=True) if _judged(one.question)
    ]
    return share(sum(one.passed is True for one in with_criterion), len(with_criterion))


def _judged(question: Question) -> bool:
    return bool(question.expected or question.keywords or question.regex)


def _median(answers: Sequence[Answer]) -> int | None:
    lengths = sorted(one.length for one in answers if not one.error)
    return lengths[len(lengths) // 2] if lengths else None


# -- the sheet ------------------------------------------------------------------------------------


def sheet(asked: Sequence[Asked]) -> str:
    """A table for a spreadsheet (CSV): both answers in an order that tells nothing, a column to fill in."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for number, one in enumerate(asked):
        if one.today.error or one.then.error:
            continue
        first, second = (one.then, one.today) if one.swapped else (one.today, one.then)
        cells = (one.question.question, one.question.reference, first.text, second.text)
        table.writerow((number + 1, *map(_inert, cells), ""))
    return out.getvalue()


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def marked(asked: Sequence[Asked], text: str) -> list[Asked]:
    """The answers with what people chose on a sheet.

    Raises:
        InvalidField: it is no sheet of this drill, or nothing on it is filled in.
    """
    first = text.lstrip("\ufeff").partition("\n")[0]
    found, chosen = list(asked), 0
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=_separator(first)))
        for row in rows[1:]:
            choice = CHOICES.get(row[len(COLUMNS) - 1].strip().lower()) if any(row) else None
            if choice is None:
                continue
            number = range(len(found))[int(row[0]) - 1] if int(row[0]) > 0 else len(found)
            one = found[number]
            then = choice == ("A" if one.swapped else "B")
            word = "equal" if choice == "=" else "then" if then else "today"
            found[number] = msgspec.structs.replace(one, choice=word)
            chosen += 1
    except (csv.Error, ValueError, IndexError):
        chosen = 0
    if not chosen:
        raise InvalidField(
            field="sheet",
            reason=N_("this is no sheet of this drill, or its last column is empty"),
            param="sheet",
        )
    return found


def _separator(first: str) -> str:
    """What a spreadsheet wrote between the cells: a German one writes semicolons."""
    return max(",;\t", key=first.count)
