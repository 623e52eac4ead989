# SPDX-License-Identifier: EUPL-1.2
"""What the database keeps of a task's items is what counting everything anew gives, whatever happens."""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.identity.tokens import new_id
from hausgeist.register.known import Known
from hausgeist.register.standings import truths
from hausgeist.store import (
    datasets,
    decisions,
    drawing,
    items,
    openings,
    schema,
    suggestions,
    tallies,
    task_answers,
    tasks,
    transfer,
    worth,
)
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.decisions import Decision
from hausgeist.store.suggestions import Suggestion
from hausgeist.store.tables import items as item_rows
from hausgeist.store.tables import suggestions as suggestion_rows
from hausgeist.store.tables import task_tallies
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.migration import Change, Migrations

LABELS = ("bau", "kita", "lob")
STEPS = 90


class World:
    """A task to which things happen by chance, each by the verb that does it in the house."""

    def __init__(self, store, seed):
        self.store, self.chance, self.at = store, random.Random(seed), 1_000
        labels = tuple(Label(one, one.title()) for one in LABELS)
        self.id = f"t{seed}"
        made = Task(
            id=self.id,
            name=self.id,
            title="x",
            kind=TaskKind.SINGLE,
            labels=labels,
            overlap=2,
        )
        people = [
            Member(f"{self.id}m{at}", self.id, None, Part.OWNER, {}, 0, None) for at in range(3)
        ]
        self.people = people
        store.write_now(lambda c: tasks.add(c, made, people[0]))
        for one in people[1:]:
            store.write_now(lambda c, one=one: tasks.add_member(c, one))
        clock = self.now
        self.migrations = Migrations(store, Trail(store, b"k" * 32, clock), clock)
        self.known = Known(lambda: 0)

    def now(self):
        """Later at every call."""
        self.at += 1
        return self.at

    @property
    def task(self):
        """As it stands."""
        return self.store.read_now(lambda c: tasks.get(c, self.id))

    def ids(self, *partitions):
        """Items that there are."""
        query = select(item_rows.c.id).where(item_rows.c.task_id == self.id)
        if partitions:
            query = query.where(item_rows.c.partition.in_([one.value for one in partitions]))
        return sorted(self.store.read_now(lambda c: list(c.execute(query).scalars())))

    def some(self, count, *partitions):
        """A few of them."""
        there = self.ids(*partitions)
        return self.chance.sample(there, min(count, len(there)))

    # -- what may happen --------------------------------------------------------------------------

    def arrive(self):
        """Texts come, some with an answer."""
        first = self.store.read_now(lambda c: items.last_seq(c, self.id)) + 1
        made = [
            Item(
                id=new_id(),
                task_id=self.id,
                seq=first + at,
                text=f"Text {first + at}",
                text_hash=fingerprint(f"{self.id} {first + at}"),
                rank=self.chance.random(),
            )
            for at in range(8)
        ]

        def keep(connection):
            kept = items.add_many(connection, made)
            said = [self.said(one, self.people[0], origin="import") for one in kept[:3]]
            task_answers.add_many(connection, said)

        self.store.write_now(keep)

    def said(self, item, who, **more):
        """An answer."""
        value = None if self.chance.random() < 0.15 else Value((self.label(),))
        return Answer(
            id=new_id(),
            task_id=self.id,
            item_id=item,
            actor=who.id,
            mode=Mode.BLIND,
            value=value,
            schema_version=self.task.schema_version,
            at=self.now(),
            **more,
        )

    def label(self):
        """One that there is."""
        return self.chance.choice(self.task.labels).key

    def answer(self):
        """Somebody answers, or answers anew."""
        for item in self.some(3):
            made = self.said(item, self.chance.choice(self.people))
            self.store.write_now(lambda c, made=made: task_answers.add(c, made))

    def undo(self):
        """Somebody takes an answer back."""
        who = self.chance.choice(self.people).id
        found = self.store.read_now(lambda c: task_answers.of_member(c, self.id, who, most=2))
        self.store.write_now(lambda c: task_answers.take_back(c, found, self.now()))

    def suggest(self):
        """Teacher and student suggest; some of it cannot be read."""
        rows = [
            Suggestion(
                id=new_id(),
                task_id=self.id,
                item_id=item,
                job="",
                producer=producer,
                model="m",
                version=f"{producer}{self.chance.randrange(3)}",
                state=state,
                value=Value((self.label(),)) if state == "ok" else None,
                score=0.5,
                at=self.now(),
            )
            for item in self.some(4)
            for producer in ("teacher", "student", "rules")
            for state in [self.chance.choice(("ok", "ok", "ok", "failed"))]
        ]
        self.store.write_now(lambda c: suggestions.put(c, rows))

    def forget(self):
        """A new student: what the last one suggested goes."""
        self.store.write_now(lambda c: worth.forget_students(c, self.id))

    def draw(self):
        """Gold or development is drawn; suggestions for gold go."""
        partition = self.chance.choice((Partition.GOLD, Partition.DEV))
        ids = self.some(2, Partition.POOL)
        version = 1 if partition is Partition.GOLD else None
        self.store.write_now(
            lambda c: drawing.assign(c, self.id, ids, partition, gold_version=version)
        )

    def keep_out(self):
        """A text nearly repeats another."""
        both = self.some(2, Partition.POOL)
        if len(both) == 2:
            self.store.write_now(lambda c: drawing.keep_out(c, self.id, [tuple(both)]))

    def decide(self):
        """Somebody decides, or takes it back."""
        for item in self.some(1):
            held = self.store.read_now(lambda c, item=item: decisions.standing(c, self.id, item))
            if held is not None and self.chance.random() < 0.5:
                self.store.write_now(lambda c, held=held: decisions.undo(c, held, self.now()))
                continue
            made = Decision(
                id=new_id(),
                task_id=self.id,
                item_id=item,
                actor=self.people[0].id,
                value=Value((self.label(),)),
                schema_version=self.task.schema_version,
                at=self.now(),
            )
            self.store.write_now(lambda c, made=made: decisions.add(c, made))

    async def relabel(self):
        """Labels change: merged, or taken apart and asked again; or the last change is undone."""
        task = self.task
        if self.chance.random() < 0.4 and await self.migrations.undoable(self.id):
            await self.migrations.undo(self.id, self.people[0])
        elif len(task.labels) > 2:
            one, other = self.chance.sample([label.key for label in task.labels], 2)
            change = Change(merged={one: other}) if self.chance.random() < 0.5 else Change(
                split={one: (f"Erst {self.now()}", f"Dann {self.now()}")}
            )  # fmt: skip
            await self.migrations.apply(self.id, self.people[0], change, task.schema_version)

    def remove(self):
        """A text is deleted."""
        for item in self.some(1):
            self.store.write_now(lambda c, item=item: items.remove(c, self.id, item))

    def broken_off(self):
        """A write that fails at its end leaves nothing."""

        def fail(connection):
            connection.execute(
                update(item_rows).where(item_rows.c.task_id == self.id).values(answered=9)
            )
            connection.execute(delete(suggestion_rows).where(suggestion_rows.c.task_id == self.id))
            raise RuntimeError

        with pytest.raises(RuntimeError):
            self.store.write_now(fail)

    # -- what must hold ---------------------------------------------------------------------------

    def check(self):
        """Compare what is kept with what counting gives."""
        self.store.read_now(lambda c: same_counts(c, self.id))
        self.store.read_now(lambda c: same_marks(c, self.id))
        self.store.read_now(self.same_figures)

    def same_figures(self, connection):
        """What counts is found by the walk over answered items, and what is remembered still holds."""
        task = self.task
        for one in Partition:
            every = datasets.gathered(connection, task, (one,))
            alone = datasets.gathered(connection, task, (one,), answered=True)
            assert [each for each in every if each.resolved] == [
                each for each in alone if each.resolved
            ]
            assert self.known.truths(connection, task, one) == truths(connection, task, one)
        assert self.known.gold(connection, task) == openings.gold(connection, task)


def same_counts(connection, task_id):
    """The tallies say what the rows say."""
    query = select(item_rows).where(item_rows.c.task_id == task_id)
    found = {one: Counter() for one in Partition}
    for row in connection.execute(query).mappings():
        tally = found[Partition(row["partition"])]
        tally["total"] += 1
        tally["dups"] += row["dup_of"] is not None
        tally["answered"] += row["answered"] > 0 and row["dup_of"] is None
        tally["again"] += row["again"] > 0 and row["dup_of"] is None
    kept = tallies.of_task(connection, task_id)
    for partition, tally in found.items():
        said = {name: getattr(kept[partition], name) for name in ("total", "dups")}
        said |= {name: getattr(kept[partition], name) for name in ("answered", "again")}
        assert said == {name: tally[name] for name in said}, partition


def same_marks(connection, task_id):
    """An item is marked where the last words of teacher and student differ."""
    last = {}
    query = (
        select(suggestion_rows)
        .where(suggestion_rows.c.task_id == task_id, suggestion_rows.c.state == "ok")
        .order_by(suggestion_rows.c.at, suggestion_rows.c.id)
    )
    for row in connection.execute(query).mappings():
        last[row["item_id"], row["producer"]] = row["value"]
    marks = select(item_rows.c.id, item_rows.c.differs).where(item_rows.c.task_id == task_id)
    for item, differs in connection.execute(marks):
        both = [last.get((item, who)) for who in ("teacher", "student")]
        assert differs == (None not in both and both[0] != both[1])


def lived(store, seed):
    """A world after many steps, looked at on the way."""
    world = World(store, seed)
    world.arrive()
    verbs = (
        *[world.answer] * 5,
        *[world.suggest] * 3,
        *[world.decide] * 2,
        *[world.undo] * 2,
        *(world.arrive, world.draw, world.keep_out, world.remove, world.forget),
        *(world.broken_off, world.relabel, world.relabel),
    )
    for step in range(STEPS):
        does = world.chance.choice(verbs)()
        if does is not None:
            asyncio.run(does)
        if step % 6 == 0:
            world.check()
    world.check()
    return world


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_the_kept_figures_are_those_of_a_recount(store, seed):
    """Answers, undos, decisions, suggestions, drawings, new labels, deletions, failures: nothing drifts."""
    lived(store, seed)


def test_a_deleted_task_leaves_no_counts(store):
    """With the task its tallies are gone, and another's stay."""
    gone, stays = lived(store, 3), World(store, 4)
    stays.arrive()
    store.write_now(lambda c: tasks.remove(c, gone.id))
    left = store.read_now(lambda c: list(c.execute(select(task_tallies.c.task_id)).scalars()))
    assert set(left) == {stays.id}
    stays.check()


def test_a_moved_house_counts_anew(store, tmp_path):
    """In the database that a house moves to, the counts are right."""
    world = lived(store, 5)
    target = Store(sqlite_url(tmp_path / "moved.db"))
    try:
        schema.prepare(target)
        transfer.move(store, target)
        target.read_now(lambda c: same_counts(c, world.id))
        target.read_now(lambda c: same_marks(c, world.id))
    finally:
        target.close()


def test_equal_numbers_mean_that_nothing_was_said(store):
    """The stamp of a partition changes with an answer, its undoing and a decision; remarks leave it."""
    world = World(store, 6)
    world.arrive()
    (item,) = world.some(1)
    made = replace(world.said(item, world.people[1]), value=Value(("bau",)))
    stamps = []

    def look():
        stamps.append(store.read_now(lambda c: tallies.stamp(c, world.id, Partition.POOL)))

    look()
    made = store.write_now(lambda c: task_answers.add(c, made))
    look()
    store.write_now(lambda c: task_answers.take_back(c, [made], world.now()))
    look()
    assert len(set(stamps)) == 3
    store.write_now(lambda c: task_answers.remark(c, replace(made, hard=True, comment="schwer")))
    look()
    assert stamps[-1] == stamps[-2]


def test_one_who_comes_for_one_who_goes_is_a_change(store):
    """As many are there as before, but not the same: remembered figures do not hold."""
    world = World(store, 7)
    gone = world.people[1]
    before = store.read_now(lambda c: tallies.stamp(c, world.id))
    fresh = replace(gone, id=new_id(), user_id=None)
    store.write_now(lambda c: tasks.change_member(c, world.id, gone.id, left_at=world.now()))
    store.write_now(lambda c: tasks.add_member(c, fresh))
    assert store.read_now(lambda c: tallies.stamp(c, world.id)) != before
