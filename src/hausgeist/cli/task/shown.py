# SPDX-License-Identifier: EUPL-1.2
"""What commands say of tasks: values of the workbench flow in, plain JSON values and lines flow out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hausgeist.core.statistics.interval import Interval
    from hausgeist.core.tasks import Partition, Task
    from hausgeist.register.gate import Entry
    from hausgeist.register.standings import Comparison
    from hausgeist.store.intakes import Intake
    from hausgeist.store.items import Counts
    from hausgeist.store.students import Student

SETTINGS = ("metric", "margin", "mode", "language", "overlap", "teacher", "prompt")
"""What `--like` takes over as it is, besides kind, labels, fields, slices and class."""
ROUTING = (
    "blind_share",
    "planted_share",
    "random_share",
    "unsure_below",
    "daily",
    "reviewer_labels",
    "differing",
)
"""What `--like` takes over, too, where it is there."""


def task_row(task: Task, counts: Mapping[Partition, Counts] | None = None) -> dict[str, Any]:
    """A task; `create --like` reads it."""
    row: dict[str, Any] = {
        "id": task.id,
        "name": task.name,
        "title": task.title,
        "kind": task.kind.value,
        "labels": [{"key": one.key, "name": one.name, "about": one.about} for one in task.labels],
        "fields": [
            {
                "key": one.key,
                "name": one.name,
                "type": one.type.value,
                "about": one.about,
                "choices": list(one.choices),
                "many": one.many,
            }
            for one in task.fields
        ],
        "slices": list(task.slices),
        "class": task.data_class.word,
        "gold_version": task.gold_version,
        "guideline_version": task.guideline_version,
        "archived": task.archived_at is not None,
    }
    row |= {name: getattr(task, name) for name in (*SETTINGS, *ROUTING)}
    row["reviewer_labels"] = list(task.reviewer_labels)
    if counts is not None:
        row["items"] = {
            partition.value: {
                "total": one.total,
                "answered": one.answered,
                "kept_out": one.dups,
                "again": one.again,
            }
            for partition, one in counts.items()
        }
    return row


def task_line(row: Mapping[str, Any]) -> str:
    """A task in a list."""
    items = row.get("items", {})
    total = sum(one["total"] for one in items.values())
    answered = sum(one["answered"] for one in items.values())
    return f"{row['name']:<28} {row['kind']:<8} {total:>9} texts {answered:>9} answered  {row['title']}"


def intake_row(intake: Intake) -> dict[str, Any]:
    """How a file came in."""
    return {
        "intake": intake.id,
        "state": intake.state,
        "added": intake.added,
        "answers": intake.answers,
        "refused": dict(intake.refused),
    }


def intake_line(row: Mapping[str, Any]) -> str:
    """How a file came in, in words."""
    words = f"{row['added']} texts added, {row['answers']} answers."
    if row["refused"]:
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(row["refused"].items()))
        words += f" Not added as they stand: {told}."
    return words


def student_row(student: Student) -> dict[str, Any]:
    """A student."""
    facts = student.facts
    return {
        "id": student.id,
        "student": f"v{student.number}",
        "rung": student.rung,
        "dev": facts.get("dev", {}).get("quality", {}),
        "ms_per_document": facts.get("ms_per_document"),
        "size": student.size,
        "hash": student.files_hash,
        "dataset": student.dataset_id,
        "created_at": student.created_at,
    }


def student_line(row: Mapping[str, Any]) -> str:
    """A student in a list."""
    figures = ", ".join(
        f"{name} {100 * value:.1f}" for name, value in row["dev"].items() if _is_number(value)
    )
    slow = row["ms_per_document"]
    took = f"{slow:.3g} ms a text" if _is_number(slow) else ""
    return f"{row['student']:<5} {row['rung']:<10} {figures or 'not measured':<40} {took}"


def compared_row(found: Comparison, students: Sequence[Student]) -> dict[str, Any]:
    """Everybody on the development items."""
    names = {one.id: f"v{one.number}" for one in students}
    return {
        "items": found.items,
        "standings": [
            {
                "who": one.kind,
                "student": names.get(one.id, ""),
                "items": one.items,
                "quality": interval(one.quality),
                "unreadable": one.unreadable,
            }
            for one in found.standings
        ],
    }


def compared_lines(row: Mapping[str, Any]) -> str:
    """Everybody, best first."""
    lines = [f"On {row['items']} development texts:"]
    for one in sorted(row["standings"], key=lambda each: -each["quality"]["estimate"]):
        found = one["quality"]
        name = f"{one['who']} {one['student']}".strip()
        lines.append(
            f"  {name:<16} {100 * found['estimate']:>5.1f} "
            f"({100 * found['low']:.1f} to {100 * found['high']:.1f}), {one['items']} texts"
        )
    return "\n".join(lines)


def interval(found: Interval) -> dict[str, float]:
    """A figure with its bounds, 0 to 1."""
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def opening_row(entry: Entry) -> dict[str, Any]:
    """An opening of the gold set, and its verdict if there is one."""
    opening, kept = entry.opening, entry.kept
    return {
        "opening": opening.id,
        "gold_version": opening.gold_version,
        "number": opening.number,
        "student": f"v{entry.student}" if entry.student is not None else "",
        "reason": opening.reason,
        "verdict": kept.verdict if kept is not None else None,
        "void": entry.void,
        "at": opening.at,
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
