# SPDX-License-Identifier: EUPL-1.2
"""An opening with its verdict in a task that is there, for the pages of the gate."""

from sqlalchemy import insert

from hausgeist.core.answers import Value
from hausgeist.core.gate import Plan, gold_hash
from hausgeist.core.tasks import Metric, Partition, TaskKind
from hausgeist.register.evidence import weigh
from hausgeist.store import evaluations, openings
from hausgeist.store.evaluations import Evaluation, Result
from hausgeist.store.openings import GoldItem, Kept, Opening
from hausgeist.store.tables import students

KEYS = ("traffic", "parks")


def decided(store, task, *, at=1_790_000_000_000):
    """Eighty texts, a student right on all, a teacher that errs on eight; the opening's id."""
    plan = Plan(TaskKind.SINGLE, Metric.ACCURACY, 0.05, ("channel",))
    truths = [Value((KEYS[at % 2],)) for at in range(80)]
    sealed = [
        GoldItem(f"g{at}", f"{at:064d}", truth, (("channel", "mail"),), (truth, truth))
        for at, truth in enumerate(truths)
    ]
    wrong = [Value((KEYS[(at + (at < 8)) % 2],)) for at in range(80)]
    results = {
        "student:s-gate": [Result(f"g{at}", said, 0.9, 0.2) for at, said in enumerate(truths)],
        "teacher:v1": [Result(f"g{at}", said, 0.8, 600, 900) for at, said in enumerate(wrong)],
    }
    sha256 = gold_hash(one.sealed() for one in sealed)
    found, evidence = weigh(
        plan, sealed, results, student="student:s-gate", teacher="teacher:v1", sha256=sha256
    )
    opening = Opening(
        id=f"open-{task.id[:12]}",
        task_id=task.id,
        gold_version=1,
        number=0,
        gold_hash=sha256,
        student_id="s-gate",
        plan=plan.plain(),
        reason="The offices wait for it",
        at=at,
    )

    def keep(connection):
        row = {
            "id": "s-gate",
            "task_id": task.id,
            "number": 99,
            "rung": "words",
            "recipe": "{}",
            "job_id": "",
            "state": "deleted",
            "facts": "{}",
            "size": 1,
            "files_hash": "",
            "created_at": at,
        }
        connection.execute(insert(students).values(**row))
        openings.add(connection, opening, sealed, f"seal-{task.id[:12]}", 5)
        for number, (subject, said) in enumerate(results.items()):
            made = Evaluation(
                id=f"ev{number}-{task.id[:12]}",
                task_id=task.id,
                subject=subject,
                partition=Partition.GOLD,
                gold_version=1,
                opening=1,
                at=at,
            )
            evaluations.put(connection, made, said)
        kept = Kept(
            id=f"said-{task.id[:12]}",
            opening_id=opening.id,
            subject="student:s-gate",
            against="teacher:v1",
            verdict=found.verdict.value,
            evidence=evidence,
            at=at,
        )
        openings.keep_verdict(connection, task.id, kept)

    store.write_now(keep)
    return opening.id
