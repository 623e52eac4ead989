# SPDX-License-Identifier: EUPL-1.2
"""A batch of rows on its way into a task: rows flow in; items, answers, suggestions and refusals are kept.

One transaction a batch. Whoever answered in another tool becomes a member of the task without a person and
without a name; where a text comes with two answers, both are kept, as answers of two members, and people see
that they differ. What a model said there becomes a suggestion. Nothing comes to a text of the gold set.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from hausgeist.core.answers import Span, Value
from hausgeist.core.items import Item
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.errors import NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import intakes, items, leaving, task_answers, tasks
from hausgeist.store.intakes import Intake, Refusal
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.labelling import keys_for
from hausgeist.workbench.reading import Row, Shape
from hausgeist.workbench.tasks import LABELS_MOST


class Plan(msgspec.Struct, frozen=True):
    """How the rows of a file become items. ``labels``: small letters of a label's name -> its key.

    ``more``: labels that come later in the file are added. ``gold``: so many items are drawn for gold when
    the file is in; ``strata``: the property by which.
    """

    path: str
    name: str
    size: int
    shape: Shape
    text: str
    label: str = ""
    outside: str = ""
    meta: tuple[str, ...] = ()
    kind: str = "single"
    sign: str = ""
    labels: dict[str, str] = {}
    more: bool = True
    gold: int = 0
    strata: str = ""


Prepared = tuple[Row, Item | None]
"""A row with the item that it would be; None: it is none."""

NOTES = frozenset({"rejected", "ignored"})
"""Why an answer of another tool does not count, as its row says."""


@dataclass(slots=True)
class _Batch:
    """What becomes of the rows."""

    task: Task
    intake: Intake
    fresh: list[Item] = field(default_factory=list)
    said: dict[str, dict[str, Value]] = field(default_factory=dict)
    """By item and member: answers that are new."""
    before: dict[str, dict[str, Value]] = field(default_factory=dict)
    """By item and member: answers that were there."""
    hints: list[leaving.Hint] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    voices: dict[str, str] = field(default_factory=dict)
    """By what they were called elsewhere: members that are needed."""

    def refuse(self, row: Row, reason: str, detail: str = "") -> None:
        self.refused.append(Refusal(row.row, reason, detail))

    def repeated(self, row: Row, item_id: str, reason: str) -> None:
        """A text that was there already: nothing new was said of it, or there is a reason to tell."""
        if item_id not in self.said:
            reason = reason if reason in NOTES or reason.startswith(("label", "span")) else ""
            self.refuse(row, reason or "duplicate")
        elif reason:
            self.refuse(row, reason)

    def answer(self, row: Row, item_id: str, value: Value) -> str:
        """Take an answer of a row; gives why it needs a word, empty: it does not."""
        there = self.before.get(item_id, {}) | self.said.get(item_id, {})
        if row.by:
            actor = self._voice(row.by)
            if actor in there:
                return "duplicate" if there[actor] == value else "conflict"
            self.said.setdefault(item_id, {})[actor] = value
            return ""
        if value in there.values():
            return "duplicate"
        actor = self._voice(f"#{len(there) + 1}") if there else self.intake.actor
        self.said.setdefault(item_id, {})[actor] = value
        return "conflict" if there else ""

    def _voice(self, by: str) -> str:
        """The member that stands for somebody elsewhere: another in each file, and no name is in it."""
        named = hashlib.sha256(f"{self.intake.id}:{by}".encode("utf-8", "replace"))
        return self.voices.setdefault(by, named.hexdigest()[:32])


def keep_batch(
    connection: Any, intake_id: str, task_id: str, plan: Plan, made: list[Prepared]
) -> None:
    """Keep a batch: new items, the answers that came with them, what was refused, how far it is.

    Raises:
        NotFound: task or intake were deleted meanwhile.
    """
    intake = intakes.get(connection, task_id, intake_id)
    task = tasks.get(connection, task_id)
    if intake is None or task is None:
        raise NotFound
    made = [(row, item) for row, item in made if row.row > intake.row]
    if not made:
        return
    task = _with_new_labels(connection, task, plan, [row for row, _ in made])
    keys = {label.name.casefold(): label.key for label in task.labels} | plan.labels
    batch = _Batch(task, intake)
    _sort(connection, batch, plan, made, keys)
    items.put_new(connection, batch.fresh)
    at = batch.fresh[0].created_at if batch.fresh else intake.created_at
    _join(connection, batch, at)
    count = _answered(connection, batch, at)
    leaving.keep_hints(connection, task_id, batch.hints, at)
    intakes.refuse(connection, intake_id, list({one.row: one for one in batch.refused}.values()))
    counts = Counter(intake.refused) + Counter(one.reason for one in batch.refused)
    intakes.change(
        connection,
        intake_id,
        row=made[-1][0].row,
        added=intake.added + len(batch.fresh),
        answers=intake.answers + count,
        refused=dict(counts),
    )


def _sort(
    connection: Any, batch: _Batch, plan: Plan, made: list[Prepared], keys: Mapping[str, str]
) -> None:
    """What is new, what is said of what, and what needs a word."""
    task_id = batch.task.id
    hashes = [item.text_hash for _, item in made if item is not None]
    known = items.known_hashes(connection, task_id, hashes)
    old = items.several(connection, task_id, list(known.values()))
    for one in task_answers.live(connection, task_id, ids=list(old)):
        if one.value is not None:
            batch.before.setdefault(one.item_id, {})[one.actor] = one.value
    seq = items.last_seq(connection, task_id)
    for row, item in made:
        if item is None:
            batch.refuse(row, row.reason, row.detail)
            continue
        held = known.get(item.text_hash, "")
        if not held:
            seq += 1
            held = known[item.text_hash] = item.id
            batch.fresh.append(replace(item, seq=seq, source=plan.name[:200]))
            reason = _say(batch, plan, row, item.id, keys)
            if reason:
                batch.refuse(row, reason)
        elif held in old and old[held].partition is Partition.GOLD:
            named = _value(batch.task, plan, row, keys)[0] is not None
            batch.refuse(row, "gold" if named else "duplicate")
            continue
        else:
            first = held in old and held not in batch.before and held not in batch.said
            reason = _say(batch, plan, row, held, keys)
            batch.repeated(row, held, reason or ("duplicate_label" if first else ""))
        batch.hints += _guesses(batch.task, row, held, keys)


def _say(batch: _Batch, plan: Plan, row: Row, item_id: str, keys: Mapping[str, str]) -> str:
    """Take what a row says of an item; gives why it needs a word, empty: it does not."""
    value, reason = _value(batch.task, plan, row, keys)
    if value is not None:
        return batch.answer(row, item_id, value)
    return row.detail if row.detail in NOTES else reason


def _join(connection: Any, batch: _Batch, at: int) -> None:
    """Make the members that stand for people elsewhere; they have left already."""
    used = {actor for by_actor in batch.said.values() for actor in by_actor}
    there = {one.id for one in tasks.members(connection, batch.task.id)}
    for actor in dict.fromkeys(batch.voices.values()):
        if actor in used and actor not in there:
            settings = {"imported": batch.intake.id}
            made = Member(actor, batch.task.id, None, Part.ANNOTATOR, settings, at, at)
            tasks.add_member(connection, made)


def _answered(connection: Any, batch: _Batch, at: int) -> int:
    """Keep the answers, member by member; gives how many."""
    by_actor: dict[str, list[Answer]] = {}
    for item_id, found in batch.said.items():
        for actor, value in found.items():
            by_actor.setdefault(actor, []).append(_answer(batch, item_id, actor, value, at))
    for found_ in by_actor.values():
        task_answers.add_many(connection, found_)
    return sum(map(len, by_actor.values()))


def _guesses(task: Task, row: Row, item_id: str, keys: Mapping[str, str]) -> list[leaving.Hint]:
    """What a model said elsewhere, if it fits the task."""
    if row.hint is None or task.kind is TaskKind.RECORD:
        return []
    told = msgspec.structs.replace(row, labels=row.hint.labels, spans=row.hint.spans)
    read = _spans if task.kind is TaskKind.SPANS else partial(_labels, task)
    value, _ = read(told, keys)
    return [] if value is None else [leaving.Hint(item_id, value, row.hint.model, row.hint.score)]


def _with_new_labels(connection: Any, task: Task, plan: Plan, rows: list[Row]) -> Task:
    """The task with the labels that a batch brings, if they are to be added."""
    if not plan.label or not plan.more or task.kind is TaskKind.RECORD:
        return task
    known = {label.name.casefold() for label in task.labels} | set(plan.labels)
    new: dict[str, str] = {}
    for row in rows:
        spans = [label for _, _, label in row.spans or ()]
        hinted = row.hint.labels if row.hint and not row.hint.spans else []
        hinted += [label for _, _, label in (row.hint.spans or ())] if row.hint else []
        for name in (*row.labels, *spans, *hinted):
            if name.casefold() not in known:
                new.setdefault(name.casefold(), name)
    room = LABELS_MOST - len(task.labels)
    names = list(new.values())[:room]
    if not names:
        return task
    taken = [label.key for label in task.labels]
    made = [Label(key, name) for name, key in keys_for(names, taken).items()]
    grown = replace(task, labels=(*task.labels, *made))
    tasks.put(connection, grown)
    return grown


def _value(task: Task, plan: Plan, row: Row, keys: Mapping[str, str]) -> tuple[Value | None, str]:
    """What the row says, as an answer; or why it is none (empty: it says nothing)."""
    if not plan.label or task.kind is TaskKind.RECORD:
        return None, ""
    if task.kind is TaskKind.SPANS:
        return _spans(row, keys)
    return _labels(task, row, keys)


def _labels(task: Task, row: Row, keys: Mapping[str, str]) -> tuple[Value | None, str]:
    found = [keys.get(name.casefold(), "") for name in row.labels]
    if not found:
        return None, ""
    if not all(found):
        return None, "label_unknown"
    value = Value.of_labels(found)
    if task.kind is TaskKind.SINGLE and len(value.labels) != 1:
        return None, "labels_several"
    return value, ""


def _spans(row: Row, keys: Mapping[str, str]) -> tuple[Value | None, str]:
    if row.spans is None:
        return None, ""
    found = []
    for start, end, name in row.spans:
        key = keys.get(name.casefold(), "")
        if not key:
            return None, "label_unknown"
        if not 0 <= start < end <= len(row.text):
            return None, "span_outside"
        found.append(Span(start, end, key))
    value = Value.of_spans(found)
    if any(one.end > two.start for one, two in zip(value.spans, value.spans[1:], strict=False)):
        return None, "span_overlap"
    return value, ""


def _answer(batch: _Batch, item_id: str, actor: str, value: Value, at: int) -> Answer:
    return Answer(
        id=new_id(),
        task_id=batch.task.id,
        item_id=item_id,
        actor=actor,
        mode=Mode.BLIND,
        value=value,
        guideline_version=batch.task.guideline_version,
        schema_version=batch.task.schema_version,
        origin="import",
        batch=batch.intake.id,
        at=at,
    )
