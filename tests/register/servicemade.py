# SPDX-License-Identifier: EUPL-1.2
"""A deployment with a template, as rows: whose student has no files."""

from hausgeist.core.service import Chain, Deployment, Stage, Template
from hausgeist.core.tasks import Label, Part, Task, TaskKind
from hausgeist.store import deployments, students, tasks
from hausgeist.store.students import Student
from hausgeist.store.tasks import Member


def in_service(store, owner, name="served"):
    """Make a task of somebody with a student in service; gives the deployment."""
    task = Task(
        id=f"task-{name}",
        name=name,
        title="Anliegen",
        kind=TaskKind.SINGLE,
        labels=(Label("a", "A"), Label("b", "B")),
    )
    student = Student(
        id=f"student-{name}",
        task_id=task.id,
        number=0,
        rung="words",
        recipe={},
        dataset_id=None,
        job_id="",
        state="ready",
        facts={},
        size=1,
        files_hash="",
        created_at=1,
    )
    made = Deployment(
        id=f"made-{name}",
        task_id=task.id,
        student_id=student.id,
        number=0,
        state=Stage.LIVE,
        share=1.0,
        shadow=0.0,
        threshold=0.5,
        chain=Chain(template=Template("Ordne zu.", owner=owner)),
        checks={"exception": {"open": ["verdict"], "reason": "Ein Versuch der Stadt"}},
        started_at=1_790_000_000_000,
    )

    def keep(connection):
        member = Member(f"member-{name}", task.id, owner, Part.OWNER, {}, 0, None)
        tasks.add(connection, task, member)
        students.add(connection, student)
        return deployments.add(connection, made)

    return store.write_now(keep)
