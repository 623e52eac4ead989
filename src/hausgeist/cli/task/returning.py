# SPDX-License-Identifier: EUPL-1.2
"""A task that comes back: the path of an archive goes in, what came of it comes out, in values and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hausgeist.cli.task.here import counting
from hausgeist.cli.task.shown import student_line, student_row, task_row
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from pathlib import Path

    from hausgeist.cli.task.acting import Acting


async def returned(at: Acting, archive: Path) -> dict[str, Any]:
    """The task of an archive that `task export` or the page made.

    Raises:
        InvalidField: it is none.
        BadUpload: it is broken.
    """
    if not await at.bench.leave.is_archive(archive):
        raise InvalidField(
            field="file",
            reason="name a task and a file; alone stands only the archive of a task",
            param="file",
        )
    with counting("Bringing back"):
        found = await at.bench.leave.restored(archive, at.who.id)
    row = task_row(found.task, await at.bench.tasks.counts(found.task.id))
    there = await at.bench.students.list(found.task)
    return row | {
        "students": [student_row(one) for one in there],
        "left_out": found.left_out,
        "evaluations": found.evaluations,
    }


def returned_words(row: dict[str, Any]) -> str:
    """The same for people."""
    total = sum(one["total"] for one in row["items"].values())
    words = f"The task {row['name']} is back: {total} texts, {len(row['students'])} students"
    words += f", {row['evaluations']} evaluations."
    if row["left_out"]:
        words += f"\n{row['left_out']} students stayed behind: their files are not what they say."
    lines = "\n".join(student_line(one) for one in row["students"])
    return f"{words}\n{lines}".rstrip()
