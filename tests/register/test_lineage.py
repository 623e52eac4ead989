# SPDX-License-Identifier: EUPL-1.2
"""A text is deleted: what goes with it, which students knew it, and what is to be done."""

import json

import pytest
from gate_house import House, run

from hausgeist.core.answers import Value
from hausgeist.core.service import Chain, Deployment, Stage
from hausgeist.core.tasks import Partition
from hausgeist.errors import NotFound
from hausgeist.register.lineage import Lineage
from hausgeist.store import datasets, deployments, evaluations, students
from hausgeist.store.datasets import Content, Dataset, Line
from hausgeist.store.evaluations import Evaluation, Result
from hausgeist.store.tables import students as table


@pytest.fixture
def house(store, tmp_path):
    """A student that learnt from two texts, and was measured on one of them."""
    made = House(store, gold=0, dev=4)
    content = Content()
    for item in ("i0", "i1"):
        content.add(Line(item, Partition.POOL, item, Value(("bau",)), 1.0, "person", ()))
    packed, sha256, counts = content.close()
    dataset = Dataset(
        id="d1", task_id="t1", number=0, hash=sha256, counts=counts, schema_version=1, created_at=1
    )
    store.write_now(lambda c: datasets.add(c, dataset, packed))
    made.student()
    store.write_now(lambda c: c.execute(table.update().values(dataset_id="d1")))
    one = Evaluation(id="e1", task_id="t1", subject="student:s1", partition=Partition.DEV)
    results = [Result("i0", Value(("bau",))), Result("i2", Value(("bau",)))]
    store.write_now(lambda c: evaluations.put(c, one, results))
    folder = tmp_path / "t1" / "s1"
    folder.mkdir(parents=True)
    lines = [json.dumps([item, "{}", 1.0, [], 0.0]) + "\n" for item in ("i0", "i3")]
    (folder / "dev.jsonl").write_text("".join(lines))
    made.lineage = Lineage(store, made.trail, tmp_path)
    made.home = tmp_path
    return made


def test_a_deleted_text_is_gone_everywhere_but_in_models(house):
    """Out of data sets, evaluations and the files beside students; its id stays in the data set."""
    run(house.lineage.delete(house.task, ["i0"], "u1"))
    read = house.store.read_now
    assert house.item(0) is None
    assert next(iter(read(lambda c: list(datasets.lines(c, "d1"))))).value is None
    assert read(lambda c: datasets.missing(c, "d1")) == ["i0"]
    assert [one.item for one in read(lambda c: evaluations.results(c, "t1", "e1"))] == ["i2"]
    kept = (house.home / "t1" / "s1" / "dev.jsonl").read_text()
    assert "i0" not in kept
    assert "i3" in kept


def test_whoever_learnt_from_it_gets_a_ticket_until_it_is_deleted(house):
    """The ticket counts the texts, and goes with the student."""
    assert run(house.lineage.tickets(house.task)) == []
    run(house.lineage.delete(house.task, ["i0"], "u1"))
    run(house.lineage.delete(house.task, ["i1"], "u1"))
    (ticket,) = run(house.lineage.tickets(house.task))
    assert (ticket.student_id, ticket.count, ticket.serves) == ("s1", 2, False)
    house.store.write_now(lambda c: students.mark_deleted(c, "t1", "s1"))
    assert run(house.lineage.tickets(house.task)) == []


def test_a_ticket_says_that_the_student_serves(house):
    """Then a new one must take its place first."""
    made = Deployment(
        id="p1",
        task_id="t1",
        student_id="s1",
        number=0,
        state=Stage.LIVE,
        share=1.0,
        shadow=0.0,
        threshold=0.5,
        chain=Chain(),
        started_at=1,
    )
    house.store.write_now(lambda c: deployments.add(c, made))
    run(house.lineage.delete(house.task, ["i0"], "u1"))
    assert run(house.lineage.tickets(house.task))[0].serves


def test_what_nobody_learnt_from_makes_no_ticket(house):
    """A text of no data set."""
    run(house.lineage.delete(house.task, ["i3"], "u1"))
    assert run(house.lineage.tickets(house.task)) == []


def test_a_text_of_another_task_is_not_found(house):
    """And nothing is changed."""
    with pytest.raises(NotFound):
        run(house.lineage.delete(house.task, ["other"], "u1"))
