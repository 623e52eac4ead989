# SPDX-License-Identifier: EUPL-1.2
"""From a file of messages to a small model in the place of a large one, through the doors that pages use."""


import pytest
from workshop import Workshop, messages, principal, run, table

from hausgeist.core.answers import Value
from hausgeist.core.gate import Verdict
from hausgeist.core.tasks import Partition
from hausgeist.workbench.teacher import Wish

GOLD = 70


@pytest.fixture
def known():
    """Messages with their truths."""
    return {text: Value.of_labels([name.casefold()]) for text, name in messages().items()}


async def suggested(shop, task, model, **more):
    """A run of suggestions, asked for by the owner."""
    owner = await shop.member(task, "anna")
    job = await shop.bench.suggest.start(task, owner, principal("anna"), Wish(model=model), **more)
    return await shop.done(job)


async def trained(shop, task, *rungs):
    """Students of these rungs, by rung."""
    await shop.done(await shop.bench.students.train(task, "id-anna", rungs))
    return {one.rung: one for one in await shop.bench.students.list(task)}


def test_a_file_becomes_a_student_that_may_take_its_teachers_place(store, home, tmp_path, known):
    """Import, gold, suggestions, answers, data set, students, comparison, opening, verdict."""
    shop = Workshop(store, home)
    bench = shop.bench

    async def flow():
        task = await shop.filled(table(tmp_path / "anliegen.csv", list(known)), gold=GOLD)
        counts = await bench.tasks.counts(task.id)
        assert counts[Partition.GOLD].total == GOLD
        assert counts[Partition.DEV].total > 0
        assert sum(one.total for one in counts.values()) == len(known)

        teacher = shop.taught(task, known, accuracy=0.6)
        told = await suggested(shop, task, teacher.model)
        assert (told["failed"], told["left"]) == (0, 0)
        sealed = {one for one in known if one not in teacher.asked}
        assert len(sealed) >= GOLD  # gold, and what resembles it, was never asked about
        assert "unanswered" in (await bench.gate.state(task)).missing
        for login in ("bert", "cora"):
            assert await shop.annotate(task, login, known, "gold", 999, accuracy=1.0) == GOLD
        assert (
            await shop.annotate(task, "anna", known, "pool", 100, accuracy=1.0, anchoring=0.0)
            == 100
        )

        found = await trained(shop, task, "majority", "words")
        await shop.done(await bench.gate.measure(task, by="id-anna"))
        board = {
            one.subject.split(":")[0]: one for one in (await bench.gate.compare(task)).standings
        }
        assert {"majority", "student", "teacher"} <= set(board)

        state = await bench.gate.state(task)
        assert state.missing == ()
        owner = await shop.member(task, "anna")
        student = found["words"]
        opening, job = await bench.gate.open(task, owner, student.id, reason="Die Ämter warten")
        told = await shop.done(job)
        assert Verdict(told["verdict"]).passed
        assert await bench.gate.passed(task, student.id) is not None
        assert await bench.gate.passed(task, found["majority"].id) is None
        rows = await bench.gate.export(task, opening.id)
        assert len(rows["items"]) == GOLD
        await bench.students.close()

    run(flow())
