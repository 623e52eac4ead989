# SPDX-License-Identifier: EUPL-1.2
"""Judging only where student and teacher differ, on both databases: who is asked, what is sealed."""

import json
import random
import subprocess
import sys

import pytest
from gate_house import KEYS, House, Says, run
from sqlalchemy import select, update

from hausgeist.core.answers import Value
from hausgeist.core.gate import compare, judged
from hausgeist.core.jobs import JobState
from hausgeist.core.quality import per_item
from hausgeist.core.tasks import Metric, Partition, TaskKind
from hausgeist.errors import GateShut
from hausgeist.register.verdict_export import script
from hausgeist.store import openings, tasks
from hausgeist.store.tables import audit_payloads, gold_openings, jobs
from hausgeist.store.tasks import Member
from hausgeist.web.pages import gate_words
from hausgeist.workbench.finding import GOLD, Wish
from hausgeist.workbench.queue import Queue

ALL = {f"i{number}" for number in range(60)}
STUDENT_WRONG, TEACHER_WRONG = {0, 1, 2, 7}, {7, 8, 9, 10, 11, 12}
DIFFER = {f"i{number}" for number in STUDENT_WRONG ^ TEACHER_WRONG}


def house_of(store, **changes):
    """A gold set of sixty texts that nobody has answered, a student and a teacher."""
    house = House(store, differing=True, slices=("kanal",), **changes)
    house.student()
    house.prompt()
    return house


async def first_step(house):
    """Open it: both answer, and people are to judge."""
    opening, job = await house.open()
    told = await house.work(job, Says(house, wrong=STUDENT_WRONG), Says(house, wrong=TEACHER_WRONG))
    ended(house, job)
    return opening, told


def ended(house, job):
    """What a worker does at the end."""
    done = update(jobs).where(jobs.c.id == job.id).values(state=JobState.DONE.value)
    house.store.write_now(lambda c: c.execute(done))


def given(house, actor="m1"):
    """The texts that somebody is given of the gold set."""
    member = Member(actor, "t1", None, house.member.part, {}, 0, None)
    queue = Queue(house.store, b"s" * 32, house._tick)

    async def every():
        found = set()
        while some := (await queue.draw(house.task, member, Wish(work=GOLD, have=found))).items:
            found |= {one.item.id for one in some}
        return found, await queue.standing(house.task, member)

    return every(), queue, member


def judge(house, wanted):
    """Two people answer texts rightly."""
    for item in sorted(wanted):
        house.answer(int(item[1:]), "m1")
        house.answer(int(item[1:]), "m2")


async def decided(house, opening):
    """The second step: started again when all is judged."""
    job = await house.gate.again(house.task, house.member, opening.id)
    result = await house.work(job, Says(house), Says(house))
    ended(house, job)
    return await house.gate.verdict(house.task, opening.id), result


def test_before_the_opening_nobody_is_asked_about_gold(store):
    """Nothing is missing but the opening itself, and the queue of gold is empty."""
    house = house_of(store)

    async def go():
        assert (await house.state()).ready
        found, standing = await given(house)[0]
        assert (found, standing.gold_total) == (set(), 0)

    run(go())


def test_people_get_where_they_differ_and_some_more_and_nothing_else(store):
    """All differing texts are in the queue, with ten on which both agree; a text beside it is not opened."""
    house = house_of(store)

    async def go():
        _, told = await first_step(house)
        work, queue, member = given(house)
        found, standing = await work
        assert found > DIFFER
        assert len(found) == len(DIFFER) + 10 == standing.gold_total == told["asked"]
        other = min(ALL - found)
        assert await queue.one(house.task, member, other) is None
        assert await queue.one(house.task, member, min(DIFFER)) is not None

    run(go())


def test_only_how_many_differ_is_told_before_the_verdict(store):
    """Job, state, history and trail say counts; no id, no answer of either, no file."""
    house = house_of(store)

    async def go():
        opening, told = await first_step(house)
        assert told == {
            "opening": opening.id,
            "phase": "sealed",
            "differ": 8,
            "asked": 18,
            "open": 18,
        }
        state = await house.state()
        assert state.missing == ("judging",)
        assert (state.history[0].differ, state.history[0].open) == (8, 18)
        with pytest.raises(GateShut):
            await house.gate.again(house.task, house.member, opening.id)
        return repr(state.history) + repr(state.comparison)

    said = run(go())
    rows = house.store.read_now(lambda c: c.execute(select(audit_payloads)).mappings().all())
    said += " ".join(str(dict(row)) for row in rows)
    assert not [one for one in ALL if f"'{one}'" in said or f'"{one}"' in said]
    assert not any(key in said for key in KEYS)


def test_the_verdict_is_the_one_that_judging_everything_gives(store):
    """Wins, losses and difference are those of the whole set; neither quality is told; it counts once."""
    house = house_of(store)

    async def go():
        opening, _ = await first_step(house)
        judge(house, (await given(house)[0])[0])
        assert (await house.state()).history[0].open == 0
        entry, result = await decided(house, opening)
        return entry, result, await house.state()

    entry, result, state = run(go())
    found = entry.kept.evidence["compared"]
    assert (found["items"], found["wins"], found["losses"]) == (60, 5, 3)
    assert found["first"] is found["second"] is None
    assert entry.kept.evidence["differing"]["agreeing"] == 10
    assert (entry.void, state.left, len(state.history)) == (False, 4, 1)
    assert result["verdict"] == entry.kept.verdict
    told = " ".join(gate_words.sentences(entry.kept.evidence, "en"))
    assert "On 8 of 60 texts the two differed" in told
    assert "only the difference" in told
    assert len(gate_words.charts(entry.kept.evidence, "en")) == 1
    titles = [one.title for one in gate_words.tables(entry.kept.evidence, "en")]
    assert titles == ["Everybody on the same texts", "Protected groups"]
    assert not house.store.read_now(lambda c: openings.to_judge(c, house.task))
    assert len(house.store.read_now(lambda c: c.execute(select(gold_openings)).all())) == 1


@pytest.mark.parametrize("how", ["undone", "changed", "deleted"])
def test_what_changes_afterwards_voids_it(store, how):
    """An answer taken back, another decision, a deleted text on which both agreed."""
    house = house_of(store)

    async def go():
        opening, _ = await first_step(house)
        asked = (await given(house)[0])[0]
        judge(house, asked)
        await decided(house, opening)
        if how == "undone":
            house.forget_answer(8)
        elif how == "changed":
            house.decide(8, KEYS[0])
        else:
            house.remove_item(int(min(ALL - asked)[1:]))
        return await house.gate.verdict(house.task, opening.id)

    assert run(go()).void


def test_the_way_of_judging_is_fixed_with_the_first_opening(store):
    """Whoever turns it off afterwards needs a new gold version."""
    house = house_of(store)

    async def go():
        opening, _ = await first_step(house)
        judge(house, (await given(house)[0])[0])
        await decided(house, opening)
        house.change(differing=False)
        assert "plan_changed" in (await house.state()).missing

    run(go())


def recomputed(folder, exported):
    (folder / "recompute.py").write_text(script(), encoding="utf-8")
    (folder / "verdict.json").write_text(json.dumps(exported), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", "recompute.py", "verdict.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_recomputes_it_and_sees_a_changed_answer_of_either(store, tmp_path):
    """Texts without a truth are ties; what either said is under the seal; a difference must be judged."""
    house = house_of(store)

    async def go():
        opening, _ = await first_step(house)
        judge(house, (await given(house)[0])[0])
        await decided(house, opening)
        return await house.gate.export(house.task, opening.id)

    exported = run(go())
    assert sum(one["truth"] is None for one in exported["items"]) == 42
    found = recomputed(tmp_path, exported)
    assert found.returncode == 0, found.stdout + found.stderr
    assert len(script().splitlines()) == 40
    exported["items"][30]["said"]["student"] = {"labels": ["kita"]}
    exported["items"][31]["said"]["student"] = {"labels": ["kita"]}
    assert "CHANGED" in recomputed(tmp_path, exported).stdout


def labelled(rng, truth, other):
    """Truth, student and teacher of one text, of three labels."""
    wrong = [one for one in KEYS if one != truth]
    kind = rng.random()
    if kind < 0.05:  # only the student is right
        return truth, truth, rng.choice(wrong)
    if kind < 0.05 + other:  # only the teacher
        return truth, rng.choice(wrong), truth
    if kind < 0.05 + other + 0.1:  # neither, alike or not
        return truth, rng.choice(wrong), rng.choice(wrong)
    return truth, truth, truth


def test_a_student_that_is_worse_by_the_margin_passes_in_at_most_one_of_twenty():
    """A thousand sets of 300 texts, exactly at the margin; and each verdict is that of judging everything."""
    rng, times, size, margin = random.Random(5), 1_000, 300, 0.05
    passed = 0
    for _ in range(times):
        rows = [labelled(rng, rng.choice(KEYS), 0.05 + margin) for _ in range(size)]
        truths, mine, its = (
            [Value((one,)) for one in column] for column in zip(*rows, strict=True)
        )
        known = [
            truth if one != other else None
            for truth, one, other in zip(truths, mine, its, strict=True)
        ]
        sides = judged(TaskKind.SINGLE, known, mine, its)
        found = compare(Metric.ACCURACY, *sides, margin=margin, seed=1)
        passed += found.not_inferior or found.superior
        if passed % 7 == 0:
            whole = [
                per_item(TaskKind.SINGLE, list(zip(truths, side, strict=True)))
                for side in (mine, its)
            ]
            other = compare(Metric.ACCURACY, *whole, margin=margin, seed=1)
            assert (found.difference, found.floor, found.p) == (
                other.difference,
                other.floor,
                other.p,
            )
    assert passed / times <= 0.05 + 3 * (0.05 * 0.95 / times) ** 0.5
    assert passed > 0


def test_a_difference_that_nobody_judged_is_no_tie():
    """It is refused."""
    with pytest.raises(ValueError, match="must judge"):
        judged(TaskKind.SINGLE, [None], [Value(("bau",))], [None])


def test_a_task_that_judges_everything_asks_about_everything(store):
    """The switch is off by itself."""
    house = House(store)
    assert house.store.read_now(lambda c: openings.to_judge(c, house.task)) is None
    assert len(run(given(house)[0])[0]) == 60
    assert house.store.read_now(lambda c: tasks.get(c, "t1")).differing is False
    assert house.item(0).partition is Partition.GOLD
