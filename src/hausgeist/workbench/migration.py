# SPDX-License-Identifier: EUPL-1.2
"""Labels change in mid-project: renamed, merged, split, added, deleted, as one migration that is undoable.

A key is stable, so a new name touches nothing. What was answered with a merged label is translated. What was
answered with a split or deleted label cannot be translated: those items are asked again, and what was said of
them stays as history. Every value that is rewritten is kept in the migration as it was.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Label, Partition, Task, TaskKind
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, InvalidField, NotFound
from hausgeist.store import guidelines, items, task_answers, tasks
from hausgeist.store.db import Store
from hausgeist.store.guidelines import Held, Migration
from hausgeist.store.tasks import Member
from hausgeist.workbench.labelling import keys_for
from hausgeist.workbench.tasks import checked

REWRITTEN_MOST = 500_000
"""Values that one change may rewrite."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of the labels, by key. ``about`` None: as it is.

    ``renamed``: new names. ``merged``: keys that go -> the key that takes their answers. ``split``: a key
    that goes -> the names of the new labels in its place. ``added``: names with what they mean, and the
    keys whose answers are to be looked at again because of them. ``deleted``: keys that go.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added: tuple[tuple[str, str], ...] = ()
    because: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do: so many answers are translated, so many items asked again."""

    labels: tuple[Label, ...]
    translated: int
    asked_again: int
    suggestions: int
    rules: int


@dataclass(slots=True)
class _Work:
    """What a change does to what is there."""

    rewritten: dict[str, list[tuple[str, dict[str, Any], dict[str, Any]]]]
    """Table -> id, columns as they were, columns as they are to be."""
    again: set[str]
    rules: list[tuple[str, str, str, str, str]]
    """Id, label and state as they were, label and state as they are to be."""
    carried: list[str]
    """Of which item each rewritten answer and decision is."""

    @property
    def asked(self) -> set[str]:
        """The items that people's words are changed or asked again of."""
        return self.again | set(self.carried)


class Migrations:
    """Changes of the labels of a house's tasks."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def preview(self, task_id: str, change: Change) -> Preview:
        """What a change would do, without doing it.

        Raises:
            InvalidField: it leaves labels that a task cannot have, or names some that there are not.
            NotFound: there is no such task.
        """

        def look(connection: Any) -> Preview:
            task = _task(connection, task_id)
            labels = changed_labels(task, change)
            work = _planned(connection, task, change)
            gold = items.among(connection, task_id, work.asked, Partition.GOLD)
            return Preview(
                labels,
                sum(one not in gold for one in work.carried),
                sum(one not in gold for one in work.again),
                len(work.rewritten["suggestions"]),
                len(work.rules),
            )

        return await self._store.read(look)

    async def apply(self, task_id: str, member: Member, change: Change, based_on: int) -> Task:
        """Change the labels; the task has a new schema version then. ``based_on``: the one it was seen in.

        Raises:
            Conflict: the labels have been changed meanwhile.
            InvalidField, NotFound: as ``preview``.
        """
        now = self._now_ms()
        kept: list[Task] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            task = _task(connection, task_id)
            if task.schema_version != based_on:
                raise Conflict(what=N_("The labels"))
            labels = changed_labels(task, change)
            work = _planned(connection, task, change)
            version = task.schema_version + 1
            for kind, rows in work.rewritten.items():
                guidelines.rewrite(connection, kind, [(one, after) for one, _, after in rows])
            for rule_id, _, _, label, state in work.rules:
                guidelines.change_rule(connection, rule_id, label=label, state=state)
            again = sorted(work.again)
            guidelines.ask_again(connection, task_id, again, version)
            task_answers.recount(connection, again)
            body = {
                "before": [_label(one) for one in task.labels],
                "after": [_label(one) for one in labels],
                "rewritten": {
                    kind: [[one, before] for one, before, _ in rows]
                    for kind, rows in work.rewritten.items()
                },
                "rules": [list(one[:3]) for one in work.rules],
                "again": again,
            }
            guidelines.add_migration(connection, task_id, Migration(version, body, member.id, now))
            kept.append(replace(task, labels=labels, schema_version=version, updated_at=now))
            tasks.put(connection, kept[0])
            return {
                "version": version,
                "translated": len(work.rewritten["answers"]),
                "asked_again": len(again),
            }

        await self._trail.change(
            "task.labels_changed", keep, actor=member.user_id or "nobody", subject=task_id
        )
        return kept[0]

    async def history(self, task_id: str) -> list[Migration]:
        """The changes of labels so far, the newest first."""
        return await self._store.read(lambda connection: guidelines.migrations(connection, task_id))

    async def undoable(self, task_id: str) -> Migration | None:
        """The last change, if nobody answered since; else None."""
        return await self._store.read(lambda connection: _undoable(connection, task_id))

    async def undo(self, task_id: str, member: Member) -> Task:
        """Take the last change back: labels, answers, suggestions and rules are as they were.

        Raises:
            Conflict: somebody answered since, or there is none.
        """
        kept: list[Task] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            last = _undoable(connection, task_id)
            if last is None:
                raise Conflict(what=N_("An answer since this change"))
            task = _task(connection, task_id)
            for kind, rows in last.body["rewritten"].items():
                guidelines.rewrite(connection, kind, [(one, before) for one, before in rows])
            for rule_id, label, state in last.body["rules"]:
                guidelines.change_rule(connection, rule_id, label=label, state=state)
            guidelines.ask_again(connection, task_id, last.body["again"], 0)
            task_answers.recount(connection, last.body["again"])
            guidelines.drop_migration(connection, task_id, last.version)
            labels = tuple(Label(**one) for one in last.body["before"])
            kept.append(replace(task, labels=labels, schema_version=last.version - 1))
            tasks.put(connection, kept[0])
            return {"version": last.version}

        await self._trail.change(
            "task.labels_restored", keep, actor=member.user_id or "nobody", subject=task_id
        )
        return kept[0]


def changed_labels(task: Task, change: Change) -> tuple[Label, ...]:
    """The labels after a change.

    Raises:
        InvalidField: they are none that a task can have.
    """
    known = {one.key for one in task.labels}
    named = {
        *change.renamed, *change.about, *change.merged, *change.merged.values(),
        *change.split, *change.because, *change.deleted,
    }  # fmt: skip
    gone = {*change.merged, *change.split, *change.deleted}
    if task.kind is TaskKind.RECORD or named - known:
        raise _invalid(N_("there is no such label"))
    if gone & set(change.merged.values()) or gone & set(change.because):
        raise _invalid(N_("a label that goes cannot take answers"))
    if not (change.renamed or change.about or gone or change.added):
        raise _invalid(N_("nothing is changed"))
    used = [one.key for one in task.labels]
    found: list[Label] = []
    for label in task.labels:
        if label.key in change.split:
            names = list(change.split[label.key])
            if len(names) < 2:
                raise _invalid(N_("a split needs at least two new labels"))
            keys = keys_for(names, used)
            used += keys.values()
            found += [Label(keys[name], name) for name in names]
        elif label.key not in gone:
            name = change.renamed.get(label.key, label.name)
            about = change.about.get(label.key, label.about)
            found.append(Label(label.key, name.strip(), about.strip()))
    keys = keys_for([name for name, _ in change.added], used)
    found += [Label(keys[name], name, about) for name, about in change.added]
    least = 2 if task.kind is TaskKind.SINGLE else 1
    if len(found) < least:
        raise _invalid(N_("a task needs at least two labels; of passages and several, one"))
    return checked(replace(task, labels=tuple(found))).labels


def _planned(connection: Any, task: Task, change: Change) -> _Work:
    """What a change does to answers, decisions, suggestions and rules."""
    work = _Work({"answers": [], "decisions": [], "suggestions": []}, set(), [], [])
    lost = {*change.split, *change.deleted}
    touched = [*change.merged, *lost]
    strip = set(change.deleted) if task.kind is not TaskKind.SINGLE else set()
    for held in guidelines.answered_with(connection, task.id, touched):
        _plan(work, "answers", held, change, lost=lost, strip=strip)
    for held in guidelines.decided_with(connection, task.id, touched):
        _plan(work, "decisions", held, change, lost=lost, strip=strip)
    for held in guidelines.answered_with(connection, task.id, change.because):
        work.again.add(held.item_id)
    for held in guidelines.suggested_with(connection, task.id, touched):
        before, after = {"value": held.value, "state": "ok"}, {}
        if _names(held.value) & lost - strip:
            after = {"state": "outdated"}
        else:
            after = {"value": translated(held.value, change.merged, strip)}
        work.rewritten["suggestions"].append((held.id, before, after))
    for rule_id, label, state in guidelines.rules_of(connection, task.id, touched):
        now = change.merged.get(label)
        work.rules.append((rule_id, label, state, now or label, state if now else "off"))
    if sum(map(len, work.rewritten.values())) > REWRITTEN_MOST:
        raise _invalid(N_("it touches more than 500,000 values; change fewer labels at once"))
    return work


def _plan(
    work: _Work, kind: str, held: Held, change: Change, *, lost: set[str], strip: set[str]
) -> None:
    if _names(held.value) & lost - strip:
        work.again.add(held.item_id)  # what was said stays, and no longer counts
        return
    names = ("value", "first", "planted") if kind == "answers" else ("value",)
    before = {name: getattr(held, name) for name in names if getattr(held, name) is not None}
    after = {name: translated(text, change.merged, strip) for name, text in before.items()}
    work.rewritten[kind].append((held.id, before, after))
    work.carried.append(held.item_id)


def translated(text: str, merged: Mapping[str, str], strip: Iterable[str]) -> str:
    """A value (JSON) with merged labels in place of those that went, and without those that are deleted."""
    value = Value.decode(text)
    gone = set(strip)
    labels = {merged.get(one, one) for one in value.labels if one not in gone}
    spans = {
        Span(one.start, one.end, merged.get(one.label, one.label))
        for one in value.spans
        if one.label not in gone
    }
    made = Value(labels=tuple(sorted(labels)), spans=tuple(sorted(spans)), fields=value.fields)
    return made.encode()


def _names(text: str) -> set[str]:
    value = Value.decode(text)
    return {*value.labels, *(one.label for one in value.spans)}


def _undoable(connection: Any, task_id: str) -> Migration | None:
    found = guidelines.migrations(connection, task_id)
    task = tasks.get(connection, task_id)
    if not found or task is None or found[0].version != task.schema_version:
        return None
    return None if guidelines.answered_since(connection, task_id, found[0].at) else found[0]


def _task(connection: Any, task_id: str) -> Task:
    task = tasks.get(connection, task_id)
    if task is None:
        raise NotFound
    return task


def _label(label: Label) -> dict[str, str]:
    return {"key": label.key, "name": label.name, "about": label.about}


def _invalid(reason: str) -> InvalidField:
    return InvalidField(field="labels", reason=reason, param="labels")
