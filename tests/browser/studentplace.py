# SPDX-License-Identifier: EUPL-1.2
"""A student of a task that is there, with answers that it got wrong, for the pages of students."""

from sqlalchemy import select

from hausgeist.core.answers import Guess, Value
from hausgeist.core.tasks import Mode
from hausgeist.store import students, task_answers, worth
from hausgeist.store.students import Student
from hausgeist.store.suggestions import Suggestion
from hausgeist.store.tables import items, task_members
from hausgeist.store.task_answers import Answer
from hausgeist.training.guesses import HELD_OUT, write_guesses

KEYS = ("traffic", "green")
FACTS = {
    "examples": {"person": 60, "teacher": 40},
    "held_out": {"count": 60, "quality": {"accuracy": 0.8, "macro_f1": 0.79, "micro_f1": 0.8}},
    "said": [{"code": "label_few", "label": "green", "count": 4}],
    "curve": [
        {"share": 0.2, "examples": 20, "quality": 0.5},
        {"share": 0.5, "examples": 50, "quality": 0.7},
        {"share": 1.0, "examples": 100, "quality": 0.8},
    ],
    "calibration": {
        "on": "held_out",
        "count": 60,
        "ece": 0.05,
        "brier": 0.11,
        "bins": [
            {"low": 0.5, "high": 0.6, "count": 20, "said": 0.55, "right": 0.6},
            {"low": 0.9, "high": 1.0, "count": 40, "said": 0.95, "right": 0.9},
        ],
    },
    "risk_coverage": [
        {"threshold": 0.9, "answered": 30, "right": 29, "coverage": 0.5, "risk": 0.0333},
        {"threshold": 0.5, "answered": 60, "right": 48, "coverage": 1.0, "risk": 0.2},
    ],
    "ms_per_document": 0.2,
    "texts_per_second": 9_000,
    "wh_per_1000": 0.0003,
    "seconds": 1.2,
    "energy_wh": 0.002,
    "worth": {"at": 1, "strategy": "mixed", "looked": 3, "open": 3, "suspects": 1, "arms": {}},
    "stop": {"items": 3, "kappa": None},
}


def pupil(home, store, task, *, at=1_790_000_000_000):
    """A student that took one of two answers of the pool for the other; its id."""
    student = Student(
        id=f"pupil-{task.id[:12]}",
        task_id=task.id,
        number=0,
        rung="words",
        recipe={},
        dataset_id=None,
        job_id="",
        state="ready",
        facts=FACTS,
        size=52_000,
        files_hash="0" * 64,
        created_at=at,
    )
    query = select(items.c.id).where(
        items.c.task_id == task.id, items.c.partition == "pool", items.c.answered == 0
    )
    some = store.read_now(lambda c: c.execute(query.order_by(items.c.seq.desc())).scalars().all())
    first, second = some[:2]
    whose = select(task_members.c.id).where(task_members.c.task_id == task.id)
    member = store.read_now(lambda c: c.execute(whose).scalars().first())
    said = Suggestion(
        id=f"doubt-{task.id[:12]}",
        task_id=task.id,
        item_id=first,
        job="",
        producer="student",
        model="v1",
        version=student.id,
        state="ok",
        value=Value((KEYS[1],)),
        score=0.9,
        code=worth.SUSPECT,
        at=at,
    )

    def keep(connection):
        students.add(connection, student)
        for item in (first, second):
            made = Answer(
                id=f"said-{item}",
                task_id=task.id,
                item_id=item,
                actor=member,
                mode=Mode.BLIND,
                value=Value((KEYS[0],)),
                at=at,
            )
            task_answers.add(connection, made)
        worth.keep(connection, task.id, {}, [said])

    store.write_now(keep)
    folder = home / "students" / task.id / student.id
    folder.mkdir(parents=True)
    guesses = [
        (first, Guess(Value((KEYS[1],)), 0.9, ((KEYS[1], 0.9), (KEYS[0], 0.1)))),
        (second, Guess(Value((KEYS[0],)), 0.8, ((KEYS[0], 0.8), (KEYS[1], 0.2)))),
    ]
    write_guesses(folder / HELD_OUT, guesses)
    return student.id
