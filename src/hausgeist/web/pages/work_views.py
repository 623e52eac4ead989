# SPDX-License-Identifier: EUPL-1.2
"""Items of a task's queue as the annotation page shows them: in words for people, as JSON for its scripts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hausgeist.core.answers import Span, Value
from hausgeist.core.items import Item
from hausgeist.core.tasks import Partition, Task, TaskKind
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.store.task_answers import Answer
from hausgeist.web.contexts.work import Box, Choice, Order, Past, Piece, Question
from hausgeist.workbench.finding import (
    AGAIN,
    DISAGREE,
    GOLD,
    POOL,
    RANDOM,
    SIMILAR,
    SUSPECT,
    UNSURE,
)
from hausgeist.workbench.queue import WorkItem

ORDER_WORDS = {
    RANDOM: N_("Random"),
    UNSURE: N_("Unsure"),
    DISAGREE: N_("Student and teacher disagree"),
    SIMILAR: N_("Similar to this one"),
    SUSPECT: N_("Probably mislabelled"),
}
WORK_WORDS = {
    POOL: N_("Texts to learn from"),
    GOLD: N_("Gold set (blind)"),
    AGAIN: N_("To be answered again"),
}
MODE_SHORT = {
    "blind": N_("Blind"),
    "own_first": N_("Own answer first"),
    "assisted": N_("Assisted"),
}
MODE_LONG = {
    "blind": N_("No suggestion is shown for this text."),
    "own_first": N_("You answer first. After that you see what a model says, and may think again."),
    "assisted": N_(
        "A model's suggestion stands beside the text. Check it: some are wrong on purpose."
    ),
}
BEGIN = 70
"""Characters of a text in the history strip."""
DIGITS = "1234567890"
FEW = 10
"""With more labels than this, one types to find one."""
_PAYLOAD_MOST = 400_000
"""Characters of text that are sent ahead; the first item comes whatever its length."""


def caps(task: Task, chosen: Mapping[str, str]) -> dict[str, str]:
    """What is printed on each label: its digit, or what the person has chosen; by the label's key."""
    few = len(task.labels) <= FEW
    made = {}
    for place, label in enumerate(task.labels):
        own = chosen.get(f"label:{label.key}", "")
        made[label.key] = own or (DIGITS[place] if few else "")
    return made


def in_words(task: Task, value: Value | None, language: str, text: str = "") -> str:
    """A value in one line."""
    turn = translator(language)
    if value is None:
        return turn(N_("skipped"))
    if task.kind is TaskKind.SPANS:
        said = [
            f"{_name(task, one.label)}: {text[one.start : one.end][:40]}" for one in value.spans
        ]
        return "; ".join(said) if said else turn(N_("no passage"))
    if task.kind is TaskKind.RECORD:
        names = {field.key: field.name for field in task.fields}
        said = [f"{names.get(key, key)}: {typed[:40]}" for key, typed in value.fields]
        return "; ".join(said) if said else turn(N_("no field"))
    said = [_name(task, key) for key in value.labels]
    return ", ".join(said) if said else turn(N_("none applies"))


def question(
    task: Task,
    work: WorkItem,
    language: str,
    keys: Mapping[str, str],
    revealed: Value | None = None,
) -> Question:
    """An item as HTML shows it without a script."""
    shown = work.shown if work.mode.value == "assisted" else None
    before = work.before.value if work.before else None
    start = before if before is not None else shown
    caps_of = caps(task, keys)
    chosen = set(start.labels) if start else set()
    return Question(
        item=work.item.id,
        text=work.item.text,
        mode=work.mode.value,
        gold=work.item.partition is Partition.GOLD,
        drawn=work.drawn,
        again=work.again,
        choices=tuple(
            Choice(
                one.key,
                one.name,
                one.about,
                caps_of[one.key],
                suggested=shown is not None and one.key in shown.labels,
                chosen=one.key in chosen,
            )
            for one in task.labels
        ),
        pieces=_pieces(task, work.item.text, start, dotted=before is None),
        boxes=_boxes(task, start, shown),
        suggested=in_words(task, shown, language, work.item.text) if shown is not None else "",
        said=in_words(task, before, language, work.item.text) if work.before else "",
        revealed=in_words(task, revealed, language, work.item.text) if revealed else "",
        comment=work.before.comment if work.before else "",
        hard=work.before.hard if work.before else False,
    )


def _pieces(task: Task, text: str, value: Value | None, *, dotted: bool) -> tuple[Piece, ...]:
    if task.kind is not TaskKind.SPANS or value is None:
        return (Piece(text),)
    made, at = [], 0
    for one in value.spans:
        made += [
            Piece(text[at : one.start]),
            Piece(text[one.start : one.end], _name(task, one.label), dotted),
        ]
        at = one.end
    return tuple(one for one in (*made, Piece(text[at:])) if one.text)


def _boxes(task: Task, start: Value | None, shown: Value | None) -> tuple[Box, ...]:
    def of(value: Value | None, key: str) -> tuple[str, ...]:
        return tuple(typed for name, typed in value.fields if name == key) if value else ()

    return tuple(
        Box(
            one.key,
            one.name,
            one.about,
            one.type.value,
            one.choices,
            one.many,
            of(start, one.key),
            of(shown, one.key),
        )
        for one in task.fields
    )


def past(task: Task, said: Sequence[tuple[Answer, Item]], language: str) -> tuple[Past, ...]:
    """The history strip, newest first."""
    return tuple(
        Past(
            answer.id,
            item.id,
            " ".join(item.text[: BEGIN * 2].split())[:BEGIN],
            in_words(task, answer.value, language, item.text),
            answer.hard,
            bool(answer.comment),
        )
        for answer, item in said
    )


def orders(task: Task, work: str, order: str, like: str, language: str) -> tuple[Order, ...]:
    """The orders of ordinary work, as links; one by likeness only where there is something to be like."""
    turn = translator(language)
    made = []
    for key, words in ORDER_WORDS.items():
        if key == SIMILAR and not like:
            continue
        tail = f"&like={like}" if key == SIMILAR else ""
        href = f"/tasks/{task.id}/work?order={key}{tail}"
        made.append(Order(key, turn(words), href, work == POOL and key == order))
    return tuple(made)


def works(task: Task, work: str, language: str, again: int, gold: int) -> tuple[Order, ...]:
    """The kinds of work that there are."""
    turn = translator(language)
    there = [POOL, *([GOLD] if gold else []), *([AGAIN] if again or work == AGAIN else [])]
    if work == GOLD and GOLD not in there:
        there.append(GOLD)
    return tuple(
        Order(one, turn(WORK_WORDS[one]), f"/tasks/{task.id}/work?work={one}", one == work)
        for one in there
    )


# -- JSON -----------------------------------------------------------------------------------------


def wire(value: Value | None) -> dict[str, Any] | None:
    """A value for scripts, with all three parts."""
    if value is None:
        return None
    return {
        "labels": value.labels,
        "spans": [(one.start, one.end, one.label) for one in value.spans],
        "fields": value.fields,
    }


def unwire(
    labels: Iterable[str], spans: Iterable[tuple[int, int, str]], fields: Iterable[tuple[str, str]]
) -> Value:
    """A value that a script has sent; whether it fits is the workbench's to say."""
    made = [Span(*one) for one in spans]
    return Value(tuple(labels), tuple(made), tuple(fields))


def payload(work: WorkItem) -> dict[str, Any]:
    """An item for scripts. A suggestion is in it only where it is shown with the item."""
    assisted = work.mode.value == "assisted"
    return {
        "id": work.item.id,
        "text": work.item.text,
        "mode": work.mode.value,
        "gold": work.item.partition is Partition.GOLD,
        "drawn": work.drawn,
        "again": work.again,
        "shown": wire(work.shown) if assisted else None,
        "before": wire(work.before.value) if work.before else None,
        "answer": work.before.id if work.before else "",
        "comment": work.before.comment if work.before else "",
        "hard": work.before.hard if work.before else False,
    }


def payloads(found: Sequence[WorkItem]) -> list[dict[str, Any]]:
    """Items to send ahead, as many as are not too long together."""
    made: list[dict[str, Any]] = []
    size = 0
    for one in found:
        size += len(one.item.text)
        if made and size > _PAYLOAD_MOST:
            break
        made.append(payload(one))
    return made


def schema(task: Task, keys: Mapping[str, str]) -> dict[str, Any]:
    """What scripts have to know of the task."""
    caps_of = caps(task, keys)
    return {
        "id": task.id,
        "kind": task.kind.value,
        "labels": [
            {"key": one.key, "name": one.name, "cap": caps_of[one.key]} for one in task.labels
        ],
        "fields": [
            {
                "key": one.key,
                "name": one.name,
                "type": one.type.value,
                "choices": one.choices,
                "many": one.many,
            }
            for one in task.fields
        ],
    }


def _name(task: Task, key: str) -> str:
    found = task.label(key)
    return found.name if found else key
