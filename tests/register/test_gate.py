# SPDX-License-Identifier: EUPL-1.2
"""The gate, on both databases: what is missing, openings, verdicts, what breaks them, and the file to go."""

import json
import subprocess
import sys

import pytest
from gate_house import KEYS, House, Killed, Says, run
from sqlalchemy import select

from hausgeist.core.tasks import Metric, Mode, Partition
from hausgeist.errors import GateShut, InvalidField, NotFound
from hausgeist.register.verdict_export import script
from hausgeist.store.tables import audit_payloads, gold_openings


def kinds(house):
    rows = house.store.read_now(lambda c: c.execute(select(audit_payloads)).mappings().all())
    return " ".join(str(dict(row)) for row in rows)


def test_what_is_missing_is_named_in_its_order(store):
    """No gold set, open items, one answer, two that differ, and at last nothing."""
    house = House(store, gold=0)

    async def go():
        assert (await house.state()).missing == ("no_gold", "no_student", "no_teacher")
        house.items(3, Partition.GOLD)
        assert (await house.state()).gold == {"done": 0, "unanswered": 3, "alone": 0, "differ": 0}
        house.answered(2)
        house.answer(2, "m1")
        house.student()
        house.prompt()
        state = await house.state()
        assert (state.missing, state.gold["alone"]) == (("alone",), 1)
        house.answer(2, "m2", KEYS[0])
        assert (await house.state()).missing == ("differ",)
        with pytest.raises(GateShut):
            await house.open()
        house.decide(2, KEYS[2])
        assert (await house.state()).ready

    run(go())


def test_a_decision_alone_makes_no_gold(store):
    """Two people must have answered, whoever decides."""
    house = House(store, gold=1)
    house.answer(0, "m1")
    house.decide(0, KEYS[0])
    assert run(house.state()).gold["alone"] == 1


def test_a_better_student_is_superior(store):
    """The teacher errs on twelve of sixty, the student on none: said, kept, and in the trail."""
    house = House(store)
    house.ready()

    async def go():
        entry, result = await house.opened(Says(house), Says(house, wrong=range(12)))
        assert result["verdict"] == entry.kept.verdict == "superior"
        assert not entry.void
        evidence = entry.kept.evidence
        assert (evidence["compared"]["wins"], evidence["compared"]["losses"]) == (12, 0)
        assert [one["subject"].split(":")[0] for one in evidence["subjects"]] == [
            "student",
            "teacher",
            "majority",
        ]
        assert (await house.gate.passed(house.task, "s1")).opening.id == entry.opening.id

    run(go())
    assert "gold.opened" in kinds(house)
    assert "gold.decided" in kinds(house)


def test_an_equal_student_is_not_inferior_and_cheaper(store):
    """Sixty of sixty alike show "not worse by five points"; the price makes it ten times cheaper."""
    house = House(store)
    house.ready()
    entry, _ = run(house.opened(Says(house), Says(house)))
    assert entry.kept.verdict == "non_inferior"
    assert entry.kept.evidence["factor"] > 10
    assert entry.kept.evidence["basis"] == "money"


def test_few_items_decide_nothing_and_say_how_many_more(store):
    """Thirty items without a difference cannot show five points."""
    house = House(store, gold=30)
    house.ready(30)
    entry, _ = run(house.opened(Says(house), Says(house)))
    assert entry.kept.verdict == "undecided"
    assert entry.kept.evidence["compared"]["more"] > 10


def test_a_worse_student_is_worse(store):
    """Fifteen errors more are no accident."""
    house = House(store)
    house.ready()
    entry, _ = run(house.opened(Says(house, wrong=range(15)), Says(house)))
    assert entry.kept.verdict == "worse"
    assert run(house.gate.passed(house.task, "s1")) is None


def test_a_protected_slice_that_is_worse_stops_a_student_that_is_better_elsewhere(store):
    """Better on the whole, worse on letters: no."""
    house = House(store, gold=120, slices=("kanal",), margin=2.0)
    house.ready(120)
    letters = range(1, 25, 2)
    mails = range(0, 80, 2)
    entry, _ = run(house.opened(Says(house, wrong=letters), Says(house, wrong=mails)))
    assert entry.kept.verdict == "slice_worse"
    states = {one["value"]: one["state"] for one in entry.kept.evidence["slices"]}
    assert states == {"brief": "worse", "mail": "fine"}


def test_prose_of_the_teacher_is_asked_again_and_then_an_error(store):
    """Three times asked, never readable: the item is lost to the teacher, and the cost of all counts."""
    house = House(store)
    house.ready()
    teacher = Says(house, prose=range(8))
    entry, _ = run(house.opened(Says(house), teacher))
    found = {one["subject"].split(":")[0]: one for one in entry.kept.evidence["subjects"]}
    assert found["teacher"]["unreadable"] == 8
    assert entry.kept.evidence["compared"]["wins"] == 8
    assert teacher.asked.count(0) == 3


def test_a_killed_worker_goes_on_and_asks_no_completed_batch_again(store):
    """The job is started anew: what was kept is not asked a second time, and the opening counts once."""
    house = House(store)
    house.ready()

    async def go():
        _, job = await house.open()
        dying = Says(house)
        dying.dies_after = 30
        with pytest.raises(Killed):
            await house.work(job, Says(house), dying)
        second = Says(house)
        result = await house.work(job, Says(house), second)
        assert result["verdict"] == "non_inferior"
        assert set(dying.asked[:24]).isdisjoint(second.asked)
        assert await house.work(job, Says(house), Says(house)) == result
        assert len((await house.state()).history) == 1

    run(go())


@pytest.mark.parametrize("how", ["undone", "changed", "deleted"])
def test_changing_one_gold_answer_voids_the_verdict(store, how):
    """An answer taken back, another decision, a deleted text: the hash is not what it was."""
    house = House(store)
    house.ready()

    async def go():
        entry, _ = await house.opened(Says(house), Says(house))
        if how == "undone":
            house.forget_answer(3)
        elif how == "changed":
            house.decide(3, KEYS[1])
        else:
            house.remove_item(3)
        after = await house.gate.verdict(house.task, entry.opening.id)
        assert after.void
        assert await house.gate.passed(house.task, "s1") is None

    run(go())


def test_openings_are_counted_and_end(store):
    """After as many as the task allows the gate is shut until gold is topped up to a new version."""
    house = House(store, openings=2)
    house.ready()

    async def go():
        await house.opened(Says(house), Says(house))
        assert (await house.state()).left == 1
        entry, _ = await house.opened(Says(house), Says(house))
        assert entry.opening.number == 2
        assert (await house.state()).missing == ("spent",)
        house.items(18, Partition.GOLD, version=2)
        for number in range(60, 78):
            house.answer(number, "m1")
            house.answer(number, "m2")
        house.change(gold_version=2)
        state = await house.state()
        assert (state.ready, state.left, state.items) == (True, 2, 78)
        assert not state.history[0].void

    run(go())


@pytest.mark.parametrize(
    "change", [{"margin": 8.0}, {"metric": Metric.MACRO_F1}, {"slices": ("kanal",)}]
)
def test_the_plan_is_fixed_with_the_first_opening(store, change):
    """Metric, margin and slices changed afterwards take a new gold version."""
    house = House(store)
    house.ready()

    async def go():
        await house.opened(Says(house), Says(house))
        house.change(**change)
        assert (await house.state()).missing == ("plan_changed",)
        house.change(gold_version=2)
        assert (await house.state()).ready

    run(go())


def test_an_opening_takes_a_typed_reason_and_a_student_of_the_task(store):
    """A word is no reason, a stranger no student; neither counts."""
    house = House(store)
    house.ready()

    async def go():
        with pytest.raises(InvalidField):
            await house.open(reason="weil")
        with pytest.raises(InvalidField):
            await house.open(student="s9")
        with pytest.raises(NotFound):
            await house.gate.compare(house.task, Partition.GOLD)

    run(go())
    assert not house.store.read_now(lambda c: c.execute(select(gold_openings)).all())


def recomputed(tmp_path, exported):
    (tmp_path / "recompute.py").write_text(script(), encoding="utf-8")
    (tmp_path / "verdict.json").write_text(json.dumps(exported), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", "recompute.py", "verdict.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("metric", [Metric.ACCURACY, Metric.MACRO_F1])
@pytest.mark.parametrize("worse", [0, 4, 15])
def test_anybody_recomputes_the_verdict_by_a_script_of_forty_lines(store, tmp_path, metric, worse):
    """The same verdict from the file alone; one changed answer breaks the seal, one changed result counts."""
    house = House(store, metric=metric, slices=("kanal",))
    house.ready()

    async def go():
        entry, _ = await house.opened(Says(house, wrong=range(worse)), Says(house, wrong=range(2)))
        return entry, await house.gate.export(house.task, entry.opening.id)

    entry, exported = run(go())
    assert len(script().splitlines()) == 40
    found = recomputed(tmp_path, exported)
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"recomputed {entry.kept.verdict} " in found.stdout
    assert "as sealed" in found.stdout
    broken = json.loads(json.dumps(exported))
    broken["items"][5]["truth"] = {"labels": ["kita"]}
    assert "CHANGED" in recomputed(tmp_path, broken).stdout
    turned = json.loads(json.dumps(exported))
    for item in turned["items"][:20]:
        item["said"]["student"] = None if worse < 15 else item["truth"]
    changed = recomputed(tmp_path, turned)
    assert changed.returncode == 1
    assert "as sealed" in changed.stdout


def test_development_is_compared_without_an_opening(store):
    """Students, majority and the teacher's suggestions, with intervals; the gold set stays shut."""
    house = House(store, gold=0, dev=40)
    for number in range(40):
        house.answer(number)
    house.student()

    async def go():
        await house.work(house.job(), Says(house, wrong=range(4)), Says(house), "evaluate")
        found = await house.gate.compare(house.task)
        by_kind = {one.kind: one for one in found.standings}
        assert found.items == 40
        assert by_kind["student"].quality.estimate == pytest.approx(0.9)
        assert by_kind["student"].quality.low < 0.9 < by_kind["student"].quality.high
        assert (await house.state()).history == ()

    run(go())


def test_the_meter_counts_random_blind_items_only(store):
    """Answers after a suggestion, and items that somebody chose, say nothing fair."""
    house = House(store, gold=0, dev=30)
    house.items(30, Partition.POOL)
    for number in range(20):
        house.answer(number)
    for number in range(20, 30):
        house.answer(number, mode=Mode.ASSISTED)
    for number in range(30, 40):
        house.answer(number, drawn="random")
    for number in range(40, 50):
        house.answer(number, drawn="unsure")
    house.student()
    house.prompt()
    live = run(house.state()).live
    assert (live.counted, live.waiting) == (0, 30)


def test_power_is_there_before_anything_is_labelled(store):
    """An empty task has a plan and knows how many items it would take."""
    power = run(House(store, gold=0).state()).power
    assert (power.items, power.known, power.gap) == (0, False, None)
    assert power.to_match == 248
