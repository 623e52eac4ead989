# SPDX-License-Identifier: EUPL-1.2
"""Gold that is drawn after a training: who has seen it is not let to the gate."""

from dataclasses import replace

import pytest
from gate_house import KEYS, House, one, run
from sqlalchemy import update

from hausgeist.core.tasks import Mode, Partition
from hausgeist.errors import GateShut
from hausgeist.register.gate import LEARNT, SHOWN
from hausgeist.store import items as item_rows
from hausgeist.store import students, suggestions, task_answers
from hausgeist.store.tables import items
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import get as task_of
from hausgeist.workbench.partitions import Partitions
from hausgeist.workbench.snapshot import Snapshots
from hausgeist.workbench.teacher import Shot, Wish, make


def labelled(house, numbers):
    """Labels that came in with texts of the pool: such texts may still be drawn for gold."""
    for number in numbers:
        made = Answer(
            id=f"import-{number}",
            task_id="t1",
            item_id=f"i{number}",
            actor="m1",
            mode=Mode.BLIND,
            value=one(KEYS[number % 3]),
            origin="import",
            at=1,
        )
        house.store.write_now(lambda c, made=made: task_answers.add(c, made))


def topped(house, pool):
    """Gold is topped up from the pool, two people answer it; gives the numbers that became gold."""

    async def go():
        await Partitions(house.store, house.trail).top_up("t1", "u1")

    run(go())
    there = {
        number: house.store.read_now(lambda c, number=number: item_rows.get(c, "t1", f"i{number}"))
        for number in pool
    }
    gold = [number for number, item in there.items() if item.partition is Partition.GOLD]
    for number in gold:
        house.answer(number, "m1")
        house.answer(number, "m2")
    house.task = house.store.read_now(lambda c: task_of(c, "t1"))
    return gold


def taught(house):
    """A student that learnt from everything that counts now."""
    data = run(Snapshots(house.store, house._tick).take(house.task))
    house.student("s2")
    made = house.store.read_now(lambda c: students.get(c, "t1", "s2"))
    house.store.write_now(
        lambda c: students.add(c, replace(made, id="s3", dataset_id=data, number=0))
    )
    return "s3"


def test_a_student_that_learnt_from_what_is_gold_now_is_not_let_to_the_gate(store):
    """Trained on the pool, then gold is drawn from that pool: the student is refused, another is not."""
    house = House(store)
    house.ready()
    house.items(40, Partition.POOL)
    labelled(house, range(60, 100))
    student = taught(house)
    assert topped(house, range(60, 100))
    with pytest.raises(GateShut) as refused:
        run(house.open(student))
    assert refused.value.values["reason"] == LEARNT
    run(house.open("s1"))


def test_a_student_that_learnt_from_nearly_the_same_is_not_let_to_the_gate(store):
    """It is enough that a text of its data set was kept out of the pool as one that repeats gold."""
    house = House(store)
    house.ready()
    house.items(1, Partition.POOL)
    labelled(house, [60])
    student = taught(house)
    house.store.write_now(
        lambda c: c.execute(update(items).where(items.c.id == "i60").values(dup_of="i0"))
    )
    with pytest.raises(GateShut) as refused:
        run(house.open(student))
    assert refused.value.values["reason"] == LEARNT


def test_a_teacher_whose_example_is_gold_now_is_not_let_to_the_gate(store):
    """An example of the prompt that was drawn for gold would be an answer given away."""
    house = House(store)
    house.ready()
    shot = Shot("i0", house.texts[0], one(KEYS[0]))
    prompt = make(house.task, Wish(model="lehrer"), shots=[shot])
    house.store.write_now(
        lambda c: suggestions.keep_prompt(
            c, "t1", prompt.version, "lehrer", prompt.body(), "m1", house._tick()
        )
    )
    with pytest.raises(GateShut) as refused:
        run(house.open())
    assert refused.value.values["reason"] == SHOWN


def test_examples_of_a_prompt_never_repeat_gold(store):
    """A text that was kept out of the pool because it resembles gold is no example for the teacher."""
    house = House(store)
    house.items(2, Partition.POOL)
    labelled(house, [60, 61])
    house.store.write_now(
        lambda c: c.execute(update(items).where(items.c.id == "i60").values(dup_of="i0"))
    )
    found = store.read_now(lambda c: suggestions.examples(c, "t1", 10, 500))
    assert [item for item, _, _ in found] == ["i61"]
