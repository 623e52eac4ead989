# SPDX-License-Identifier: EUPL-1.2
"""What counts for an item, and the data sets that students learn from: on both databases."""

import asyncio
import json

import pytest
from sqlalchemy import delete, insert, update

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.errors import NotFound
from hausgeist.store import datasets, task_answers, tasks
from hausgeist.store.tables import (
    answers,
    decisions,
    items,
    students,
    suggestions,
    task_migrations,
)
from hausgeist.store.tasks import Member
from hausgeist.workbench.snapshot import Snapshots

ROAD, PARK = Value(labels=("road",)), Value(labels=("park",))


class House:
    """A task with items, and rows as the screens and jobs write them."""

    def __init__(self, store, **changes):
        self.store = store
        self.snapshots = Snapshots(store, lambda: 1000)
        self.at = 0
        labels = (Label("road", "Straße"), Label("park", "Park"))
        wanted = {"kind": TaskKind.SINGLE, "labels": labels} | changes
        self.task = Task(id="t1", name="anliegen", title="Anliegen", **wanted)
        owner = Member("m1", "t1", None, Part.OWNER, {}, 0, None)
        store.write_now(lambda c: tasks.add(c, self.task, owner))

    def put(self, table, **values):
        for column in table.c:  # what this test does not care about
            if not column.nullable:
                values.setdefault(column.name, column.type.python_type())
        self.store.write_now(lambda c: c.execute(insert(table).values(**values)))

    def next(self):
        self.at += 1
        return self.at

    def item(self, name, *, partition="pool", text=None, **changes):
        at = self.next()
        row = {
            "id": name,
            "task_id": "t1",
            "seq": at,
            "text": text or f"Ein Anliegen {name}",
            "text_hash": f"hash of {name}",
            "source": "",
            "outside_id": "",
            "meta": "{}",
            "partition": partition,
            "rank": 0.0,
            "worth": 0.0,
            "again": 0,
            "created_at": at,
        }
        self.put(items, **(row | changes))
        return name

    def says(self, item, value, *, who="m1", mode=Mode.BLIND, **changes):
        at = self.next()
        row = {
            "id": f"a{at}",
            "task_id": "t1",
            "item_id": item,
            "actor": who,
            "mode": mode.value,
            "state": "answered" if value else "skipped",
            "value": value.encode() if value else None,
            "hard": False,
            "comment": "",
            "ms": 1,
            "guideline_version": 0,
            "schema_version": 1,
            "origin": "person",
            "at": at,
        }
        self.put(answers, **(row | changes))
        self.store.write_now(lambda c: task_answers.recount(c, [item]))  # as every verb does
        return row["id"]

    def suggests(self, item, value, *, terms="unknown", producer="teacher", **changes):
        at = self.next()
        row = {
            "id": f"s{at}",
            "task_id": "t1",
            "item_id": item,
            "producer": producer,
            "model": "m",
            "version": f"v{at}",
            "state": "ok",
            "value": value.encode(),
            "reason": "",
            "raw": "",
            "lost": 0,
            "call_id": "",
            "policy": "",
            "terms": terms,
            "at": at,
        }
        self.put(suggestions, **(row | changes))
        return row["id"]

    def decides(self, item, value, **changes):
        at = self.next()
        row = {
            "id": f"d{at}",
            "task_id": "t1",
            "item_id": item,
            "actor": "m1",
            "value": value.encode(),
            "reason": "",
            "schema_version": 1,
            "at": at,
        }
        self.put(decisions, **(row | changes))

    def resolved(self, partition=Partition.POOL):
        found = asyncio.run(self.snapshots.resolved(self.task, partition))
        return {one.item: one for one in found}

    def take(self):
        return asyncio.run(self.snapshots.take(self.task))

    def load(self, dataset_id, partition=None):
        found = asyncio.run(self.snapshots.load(dataset_id, partition))
        return {one.item: one for one in found}


@pytest.fixture
def house(store):
    return House(store)


def test_one_answer_counts_where_one_person_is_asked(house):
    """A person's own answer counts with weight 1 and the item's text; a skipped item stays open."""
    house.says(house.item("i1", text="Schlagloch"), ROAD)
    house.says(house.item("i2"), None)
    house.item("i3")
    (only,) = house.resolved().values()
    assert (only.item, only.text, only.value, only.weight) == ("i1", "Schlagloch", ROAD, 1.0)


def test_enough_people_have_to_agree(store):
    """Of three who are asked two decide; one alone, or two who differ, leave the item open."""
    house = House(store, overlap=3)
    for item, said in {"i1": [ROAD, ROAD], "i2": [ROAD], "i3": [ROAD, PARK]}.items():
        house.item(item)
        for number, value in enumerate(said):
            house.says(item, value, who=f"m{number}")
    assert set(house.resolved()) == {"i1"}


def test_two_who_differ_where_one_was_asked_leave_the_item_open(house):
    """An import that contradicts a person's answer is a conflict, not an answer."""
    house.item("i1")
    house.says("i1", ROAD)
    house.says("i1", PARK, who="m2", origin="import")
    assert house.resolved() == {}


def test_a_decision_counts_before_all_answers(house):
    """What was decided counts, whatever the answers say; once it is taken back, they count again."""
    house.says(house.item("i1"), ROAD)
    house.decides("i1", PARK)
    assert house.resolved()["i1"].value == PARK
    house.store.write_now(lambda c: c.execute(update(decisions).values(gone_at=9)))
    assert house.resolved()["i1"].value == ROAD


def test_what_was_undone_does_not_count(house):
    """An answer that was taken back is none."""
    house.says(house.item("i1"), ROAD, gone_at=5)
    assert house.resolved() == {}


def test_an_item_asked_again_is_open_until_it_is_answered_again(house):
    """After a change of labels only answers given since then count."""
    house.says(house.item("i1", again=2), ROAD)
    assert house.resolved() == {}
    house.says("i1", PARK, who="m2", schema_version=2)
    assert house.resolved()["i1"].value == PARK


def test_what_was_said_before_a_change_never_counts_again(house):
    """An item that was asked again and answered again keeps only the answers since, whatever its mark."""
    house.says(house.item("i1"), ROAD)
    body = json.dumps({"again": ["i1"]})
    house.put(task_migrations, task_id="t1", version=2, body=body, at=house.next())
    house.says("i1", PARK, who="m2", schema_version=2)
    assert house.resolved()["i1"].value == PARK


def test_two_people_answer_gold_where_there_are_two(house):
    """Somebody alone makes the gold; as soon as there are two, both have to say the same."""
    house.says(house.item("i1", partition="gold"), ROAD)
    assert set(house.resolved(Partition.GOLD)) == {"i1"}
    second = Member("m2", "t1", None, Part.ANNOTATOR, {}, 0, None)
    house.store.write_now(lambda c: tasks.add_member(c, second))
    assert house.resolved(Partition.GOLD) == {}
    house.says("i1", ROAD, who="m2")
    assert set(house.resolved(Partition.GOLD)) == {"i1"}


def test_an_answer_with_a_label_that_is_gone_does_not_count(house):
    """What was said with labels that the task no longer has is no answer to it."""
    house.says(house.item("i1"), Value(labels=("noise",)))
    assert house.resolved() == {}


@pytest.mark.parametrize(
    ("mode", "first", "source", "weight"),
    [
        (Mode.ASSISTED, None, "accepted", 0.7),
        (Mode.OWN_FIRST, PARK.encode(), "accepted", 0.7),
        (Mode.OWN_FIRST, None, "person", 1.0),
    ],
)
def test_what_a_person_left_as_it_was_weighs_less(house, mode, first, source, weight):
    """Agreeing with a suggestion that was seen is weaker than having said the same before."""
    shown = house.suggests(house.item("i1"), ROAD)
    house.says("i1", ROAD, mode=mode, shown=shown, first=first)
    found = house.resolved()["i1"]
    assert (found.source, found.weight) == (source, weight)


def test_who_takes_a_planted_error_has_not_answered(house):
    """A suggestion that was wrong on purpose teaches nobody; correcting it is an own answer."""
    for item, said in (("i1", PARK), ("i2", ROAD)):
        shown = house.suggests(house.item(item), ROAD)
        house.says(item, said, mode=Mode.ASSISTED, shown=shown, planted=PARK.encode())
    (only,) = house.resolved().values()
    assert (only.item, only.source) == ("i2", "person")


def test_a_data_set_has_pool_and_dev_and_no_gold(house):
    """People's answers of pool and dev are in it, teachers' guesses of the pool alone, gold never."""
    for partition in Partition:
        house.says(house.item(f"own {partition}", partition=partition.value), ROAD)
        house.suggests(house.item(f"guess {partition}", partition=partition.value), PARK)
    house.says(house.item("near", dup_of="own gold"), ROAD)
    made = house.take()
    assert set(house.load(made)) == {"own pool", "own dev", "guess pool"}
    assert set(house.load(made, Partition.DEV)) == {"own dev"}
    facts = asyncio.run(house.snapshots.get(house.task, made))
    assert facts.counts["partition"] == {"dev": 1, "pool": 2}
    assert facts.counts["source"] == {"dev.person": 1, "pool.person": 1, "pool.teacher": 1}


def test_a_teacher_weighs_by_how_often_people_found_it_right_at_this_label(house):
    """A label that the teacher mostly gives wrongly weighs far less than one it gives rightly."""
    for number in range(40):
        item = house.item(f"i{number}")
        house.suggests(item, ROAD if number % 2 else PARK)
        house.says(item, ROAD)
    for name, value in (("good", ROAD), ("bad", PARK)):
        house.suggests(house.item(name), value)
    found = house.load(house.take())
    assert found["good"].source == "teacher"
    assert found["bad"].weight < 0.1
    assert 0.25 < found["good"].weight <= 0.3


def test_what_may_not_train_models_never_enters(house):
    """Guesses under terms that forbid training stay out, accepted ones too; an own answer does not."""
    house.suggests(house.item("guess"), ROAD, terms="no")
    for item, value in (("accepted", ROAD), ("corrected", PARK)):
        shown = house.suggests(house.item(item), ROAD, terms="no")
        house.says(item, value, mode=Mode.ASSISTED, shown=shown)
    made = house.take()
    assert set(house.load(made)) == {"corrected"}
    facts = asyncio.run(house.snapshots.get(house.task, made))
    assert facts.counts["left_out"] == {"terms": 1}
    assert set(house.resolved()) == {"accepted", "corrected"}


def test_the_last_good_guess_stands_and_a_student_teaches_nobody(house):
    """The newest suggestion that could be read stands; what a student suggested does not enter."""
    house.item("i1")
    house.suggests("i1", ROAD)
    house.suggests("i1", PARK)
    house.suggests("i1", ROAD, state="unparsed")
    house.suggests("i1", ROAD, producer="student")
    house.suggests(house.item("i2"), ROAD, producer="student")
    found = house.load(house.take())
    assert {name: one.value for name, one in found.items()} == {"i1": PARK}


def test_a_guess_from_before_the_labels_changed_does_not_stand(house):
    """An item that is asked again has no guess either until somebody suggests again."""
    house.suggests(house.item("i1", again=2), ROAD)
    house.put(task_migrations, task_id="t1", version=2, body="{}", at=house.next())
    assert house.load(house.take()) == {}
    house.suggests("i1", PARK)
    assert house.load(house.take())["i1"].value == PARK


def test_the_same_answers_are_the_same_data_set(house):
    """Nothing new: the same one again. Something new: the next number, and the old one as it was."""
    house.says(house.item("i1"), ROAD)
    first = house.take()
    assert house.take() == first
    house.says(house.item("i2"), PARK)
    second = house.take()
    known = asyncio.run(house.snapshots.of_task(house.task))
    assert [(one.id, one.number) for one in known] == [(second, 2), (first, 1)]
    assert set(house.load(first)) == {"i1"}


def test_a_deleted_item_is_missing_and_leads_to_its_students(house):
    """What was deleted is told as missing; its data sets and students are found, its value is not."""
    for name in ("i1", "i2"):
        house.says(house.item(name), ROAD)
    made = house.take()
    row = {"id": "s1", "task_id": "t1", "number": 1, "rung": "crf", "recipe": "{}"}
    row |= {"dataset_id": made, "job_id": "", "state": "ready", "facts": "{}", "size": 0}
    house.put(students, **row, files_hash="", created_at=0)
    house.store.write_now(lambda c: c.execute(delete(items).where(items.c.id == "i1")))
    assert house.store.read_now(lambda c: datasets.missing(c, made)) == ["i1"]
    assert set(house.load(made)) == {"i2"}
    assert house.store.write_now(lambda c: datasets.forget(c, "t1", ["i1"])) == 1
    values = house.store.read_now(lambda c: {o.item: o.value for o in datasets.lines(c, made)})
    assert values == {"i1": None, "i2": ROAD}
    ((dataset, taught),) = asyncio.run(house.snapshots.lineage(house.task, "i1"))
    assert (dataset.id, taught) == (made, ["s1"])


def test_a_data_set_of_another_task_is_not_found(house):
    """Whoever asks with another task's data set finds nothing."""
    made = house.take()
    other = Task(id="t2", name="b", title="B", kind=TaskKind.SINGLE)
    with pytest.raises(NotFound):
        asyncio.run(house.snapshots.get(other, made))


def test_many_items_pass_through_page_by_page(house):
    """Twelve hundred items with slices come back complete and in order."""
    rows = [
        {
            "id": f"n{number}",
            "task_id": "t1",
            "seq": 10 + number,
            "text": f"Anliegen {number} 🌳",
            "text_hash": f"h{number}",
            "source": "",
            "outside_id": "",
            "meta": json.dumps({"channel": "mail"}),
            "partition": "pool",
            "rank": 0.0,
            "worth": 0.0,
            "again": 0,
            "created_at": 0,
        }
        for number in range(1200)
    ]
    house.store.write_now(lambda c: c.execute(insert(items), rows))
    told = [
        {
            "id": f"a{number}",
            "task_id": "t1",
            "item_id": f"n{number}",
            "actor": "m1",
            "mode": "blind",
            "state": "answered",
            "value": ROAD.encode(),
            "hard": False,
            "comment": "",
            "ms": 1,
            "guideline_version": 0,
            "schema_version": 1,
            "origin": "person",
            "at": number,
        }
        for number in range(1200)
    ]
    house.store.write_now(lambda c: c.execute(insert(answers), told))
    changed = Task(
        id="t1",
        name="anliegen",
        title="Anliegen",
        kind=TaskKind.SINGLE,
        labels=house.task.labels,
        slices=("channel",),
    )
    house.store.write_now(lambda c: tasks.put(c, changed))
    found = list(house.load(house.take()).values())
    assert [one.item for one in found] == [row["id"] for row in rows]
    assert {one.slices for one in found} == {(("channel", "mail"),)}


def test_passages_that_overlap_are_no_answer(store):
    """Spans that reach into each other are no answer to a task of passages."""
    house = House(store, kind=TaskKind.SPANS)
    house.says(house.item("good"), Value.of_spans([Span(0, 3, "road"), Span(4, 6, "park")]))
    house.says(house.item("bad"), Value.of_spans([Span(0, 3, "road"), Span(2, 6, "park")]))
    assert set(house.resolved()) == {"good"}


def test_what_judges_students_weighs_no_answer_of_the_teacher(house):
    """A teacher that is wrong on all of dev keeps the weight that the pool gives it."""
    house.suggests(house.item("open"), ROAD)
    before = house.load(house.take())["open"].weight
    for at in range(12):
        item = house.item(f"dev{at}", partition="dev")
        house.suggests(item, ROAD)
        house.says(item, PARK)
    assert house.load(house.take())["open"].weight == before
