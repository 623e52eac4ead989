# SPDX-License-Identifier: EUPL-1.2
"""From a file of messages to a small model in the place of a large one, through the doors that pages use."""

import zipfile

import pytest
from workshop import Workshop, messages, principal, run, table

from hausgeist.core.answers import Value
from hausgeist.core.gate import Verdict
from hausgeist.core.service import Chain
from hausgeist.core.tasks import Partition
from hausgeist.errors import NotFound
from hausgeist.gateway.engines import Supervisor
from hausgeist.gateway.providers.house import HouseProvider
from hausgeist.gateway.weights import Fetcher, ModelSettings, Shelf
from hausgeist.net import AllowList, Outbound
from hausgeist.register.promote import Wish as Service
from hausgeist.settings import Settings
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.schema import prepare
from hausgeist.workbench.teacher import Wish

GOLD = 70
EXCEPTION = "Eine Probe, bevor das Goldset beantwortet ist"
FRESH = "Der Sperrmüll vor der Schule quillt über"


@pytest.fixture
def known():
    """Messages with their truths."""
    return {text: Value.of_labels([name.casefold()]) for text, name in messages().items()}


async def suggested(shop, task, model, **more):
    """A run of suggestions, asked for by the owner."""
    owner = await shop.member(task, "anna")
    job = await shop.bench.suggest.start(task, owner, principal("anna"), Wish(model=model), **more)
    return await shop.done(job)


async def decided(shop, task, known):
    """The owner decides where two differ on gold; gives how often that was."""
    owner, count = await shop.member(task, "anna"), 0
    while case := await shop.bench.room.next(task, owner):
        await shop.bench.room.decide(task, owner, case.item.id, known[case.item.text], "Leitfaden")
        count += 1
    return count


async def trained(shop, task, *rungs):
    """The newest students of these rungs, by rung."""
    await shop.done(await shop.bench.students.train(task, "id-anna", rungs))
    return {one.rung: one for one in reversed(await shop.bench.students.list(task))}


async def answered(shop, task, login, text):
    """What ``/v1/tasks/{name}`` says to somebody."""
    await shop.bench.serving.refresh()
    post = shop.bench.fallback.post(task.name, principal(login))
    (told,) = await shop.bench.fallback.ask(
        post, principal(login), [text], call_id=f"task-{shop.now_ms()}", declared=None
    )
    return told


def test_a_file_becomes_a_student_that_takes_its_teachers_place(store, home, tmp_path, known):
    """Import, gold, suggestions, answers, students, verdict, service, rollback, all of it taken along."""
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
            assert await shop.annotate(task, login, known, "gold", 999, accuracy=0.95) == GOLD
        assert ("differ" in (await bench.gate.state(task)).missing) == bool(
            await decided(shop, task, known)
        )
        done = await shop.annotate(task, "anna", known, "pool", 100, accuracy=1.0, anchoring=0.0)
        assert done == 100

        found = await trained(shop, task, "majority", "words")
        await shop.done(await bench.gate.measure(task, by="id-anna"))
        board = {one.kind for one in (await bench.gate.compare(task)).standings}
        assert {"majority", "student", "teacher"} <= board

        assert (await bench.gate.state(task)).missing == ()
        owner, student = await shop.member(task, "anna"), found["words"]
        opening, job = await bench.gate.open(task, owner, student.id, reason="Die Ämter warten")
        assert Verdict((await shop.done(job))["verdict"]).passed
        assert await bench.gate.passed(task, found["majority"].id) is None
        assert len((await bench.gate.export(task, opening.id))["items"]) == GOLD

        wish = Service(student_id=student.id, share=1.0, wrong_most=0.2, exception=EXCEPTION)
        listed = {one.key: one.ok for one in (await bench.promote.check(task, wish)).checks}
        assert listed["verdict"]
        assert listed["slices"]
        await bench.promote.promote(task, owner, wish)
        told = await answered(shop, task, "bert", FRESH)
        assert (told.by, told.value) in {("student", Value(("abfall",))), ("person", None)}

        await bench.promote.roll_back(task, owner)
        with pytest.raises(NotFound):
            await answered(shop, task, "bert", FRESH)

        job = await bench.leave.begin(task, owner)
        told = await shop.done(job)
        assert told["items"] == len(known) - GOLD
        assert told["students"] == len(found)
        with zipfile.ZipFile(await bench.leave.file(task, job.id)) as packed:
            assert packed.testzip() is None
            names = {one.rpartition("/")[2] for one in packed.namelist()}
        assert {"items.jsonl", "task.json", "loader.py", "manifest.json"} <= names
        await bench.serving.close()
        await bench.students.close()

    run(flow())


@pytest.mark.engine
def test_the_starter_model_can_teach_from_the_first_text_to_a_student_in_service(
    home, tmp_path, starter_model, known
):
    """With a real, tiny model everything happens that happens with a good one; not that it is any good."""
    shelf = Shelf(home, Fetcher(Settings(home=home)))
    run(shelf.add(f"file:{starter_model}", name="smol"))
    shelf.change("smol", ModelSettings(context=1024, slots=2))
    store = Store(sqlite_url(home / "hausgeist.db"))
    prepare(store)
    shop = Workshop(store, home)
    bench = shop.bench

    async def flow():
        outbound = Outbound(AllowList())
        supervisor = Supervisor(allow=outbound.allow, budget=None, patience=90.0)
        provider = HouseProvider(shelf, supervisor, outbound)
        try:
            cards = await provider.describe()
            shop.directory.put(cards[0].provider, provider, cards)
            texts = list(known)[:90]
            task = await shop.filled(table(tmp_path / "anliegen.csv", texts), gold=20)
            told = await suggested(shop, task, "smol", limit=4)
            assert (told["ok"], told["failed"]) == (4, 0)
            await shop.annotate(task, "anna", known, "pool", 40, accuracy=1.0, anchoring=0.0)
            found = await trained(shop, task, "words")
            owner = await shop.member(task, "anna")
            chain = Chain(teachers=("smol",), queue=False)
            wish = Service(
                student_id=found["words"].id,
                share=1.0,
                exception=EXCEPTION,
                threshold=0.0,
                chain=chain,
            )
            await bench.promote.promote(task, owner, wish)
            told = await answered(shop, task, "bert", FRESH)
            assert told.by in {"student", "teacher"}
            assert told.value.labels[0] in {one.key for one in task.labels}
        finally:
            await supervisor.stop_all()
            await outbound.close()
            await bench.serving.close()
            await bench.students.close()
            await store.drain()

    run(flow())
    store.close()
