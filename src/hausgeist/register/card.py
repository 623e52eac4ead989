# SPDX-License-Identifier: EUPL-1.2
"""The card of a task: what is known of it and of its students, as JSON values. Texts are not in it.

For an AI register, a data protection impact assessment, a works council. What nobody knows is None and is
said so; nothing is guessed.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from hausgeist import __version__
from hausgeist.core.agreement import agreement
from hausgeist.core.answers import Value
from hausgeist.core.tasks import Partition, Task
from hausgeist.register.standings import standings
from hausgeist.store import datasets, deployments, guidelines, leaving, openings, students
from hausgeist.store.datasets import Dataset
from hausgeist.store.openings import Kept, Opening
from hausgeist.store.students import Student

FORMAT = "hausgeist-card/1"
AGREEMENT_MOST = 5_000
"""Texts that agreement is computed from, at most."""
TAUGHT_ALONE = ("teacher", "rule")
"""Sources of examples that no person has confirmed."""


def card(connection: Any, task: Task, now_ms: int) -> dict[str, Any]:
    """Everything. Takes a second of one core where much is known: not for a loop that serves others."""
    found = students.of_task(connection, task.id)
    sets = {one.id: one for one in datasets.of_task(connection, task.id)}
    verdicts = openings.verdicts_of(connection, task.id)
    opened = openings.of_task(connection, task.id)
    guesses = leaving.suggested(connection, task.id)
    return {
        "format": FORMAT,
        "made_at": day(now_ms),
        "made_by": f"Hausgeist {__version__}",
        "task": _task(task),
        "purpose": task.purpose or None,
        "review_on": task.review_on or None,
        "data": {
            "licence": task.licence or None,
            "class": task.data_class.word,
            "texts": leaving.sources(connection, task.id),
            "answers": leaving.answered(connection, task.id),
        },
        "guideline": {
            "version": task.guideline_version,
            "versions": [
                {"version": one.version, "note": one.note, "at": day(one.created_at)}
                for one in reversed(guidelines.versions(connection, task.id))
            ],
        },
        "agreement": _agreement(connection, task),
        "models_asked": guesses,
        "cost": _cost(guesses, found),
        "dev": _dev(connection, task),
        "gold": {
            "version": task.gold_version,
            "openings": [_opening(one, verdicts.get(one.id)) for one in opened],
        },
        "students": [_student(one, sets.get(one.dataset_id or "")) for one in found],
        "service": [
            {
                "number": one.number,
                "student": one.student_id,
                "state": one.state.value,
                "threshold": one.threshold,
                "since": day(one.started_at),
            }
            for one in deployments.of_task(connection, task.id)
        ],
    }


def day(ms: int | None) -> str | None:
    """The ISO date (UTC) of milliseconds since the epoch."""
    return None if not ms else datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "name": task.name,
        "title": task.title,
        "kind": task.kind.value,
        "language": task.language,
        "labels": [asdict(one) for one in task.labels],
        "fields": [asdict(one) | {"type": one.type.value} for one in task.fields],
        "metric": task.metric.value,
        "margin_points": task.margin,
        "slices": list(task.slices),
        "schema_version": task.schema_version,
    }


def _agreement(connection: Any, task: Task) -> dict[str, Any] | None:
    said: list[dict[str, Value]] = []
    after = ""
    while len(said) < AGREEMENT_MOST:
        some = leaving.shared(connection, task.id, after, 500)
        if not some:
            break
        after = some[-1][0]
        said += [
            {who: Value.decode(text) for who, text in by_member.items()} for _, by_member in some
        ]
    if not said:
        return None
    return asdict(agreement(task.kind, said, max(2, len(task.labels))))


def _cost(guesses: list[dict[str, Any]], found: list[Student]) -> dict[str, Any]:
    """What making it cost: calls to models, and what training took of the processor."""
    priced = [one["micro_eur"] for one in guesses if one["micro_eur"] is not None]
    watts = [one.facts.get("energy_wh") for one in found]
    seconds = [one.facts.get("cpu_seconds") for one in found]
    return {
        "calls": sum(one["count"] for one in guesses),
        "eur": round(sum(priced) / 1e6, 6) if priced else None,
        "calls_without_price": sum(one["unpriced"] for one in guesses),
        "training_wh_estimated": round(sum(one for one in watts if one), 4) if any(watts) else None,
        "training_cpu_seconds": round(sum(one for one in seconds if one), 1)
        if any(seconds)
        else None,
    }


def _dev(connection: Any, task: Task) -> list[dict[str, Any]]:
    return [
        {
            "subject": one.subject,
            "texts": one.items,
            "quality": one.quality.estimate,
            "low": one.quality.low,
            "high": one.quality.high,
        }
        for one in standings(connection, task, Partition.DEV).standings
    ]


def _opening(opening: Opening, kept: Kept | None) -> dict[str, Any]:
    found = {
        "version": opening.gold_version,
        "number": opening.number,
        "hash": opening.gold_hash,
        "student": opening.student_id or None,
        "reason": opening.reason,
        "at": day(opening.at),
        "verdict": kept.verdict if kept else None,
    }
    names = ("plan", "compared", "subjects", "slices", "ceiling", "calibration", "factor", "labels")
    if kept is not None:
        found |= {name: kept.evidence.get(name) for name in names}
    return found


def _student(student: Student, dataset: Dataset | None) -> dict[str, Any]:
    facts = student.facts
    return {
        "id": student.id,
        "number": student.number,
        "rung": student.rung,
        "made": day(student.created_at),
        "bytes": student.size,
        "manifest_sha256": student.files_hash,
        "data": None if dataset is None else _dataset(dataset),
        "dev": facts.get("dev"),
        "held_out": facts.get("held_out"),
        "calibration": {
            name: value
            for name, value in (facts.get("calibration") or {}).items()
            if name != "bins"
        }
        or None,
        "ms_per_document": facts.get("ms_per_document"),
        "texts_per_second": facts.get("texts_per_second"),
        "wh_per_1000_estimated": facts.get("wh_per_1000"),
        "without_teacher": facts.get("people_only"),
        "base": student.recipe.get("options", {}).get("base"),
        "told": facts.get("said") or [],
        "deleted_texts": (facts.get("gone") or {}).get("count", 0),
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    by_source: dict[str, int] = dataset.counts.get("source", {})
    pool = {name.partition(".")[2]: n for name, n in by_source.items() if name.startswith("pool.")}
    whole = sum(pool.values())
    alone = sum(pool.get(one, 0) for one in TAUGHT_ALONE)
    return {
        "number": dataset.number,
        "sha256": dataset.hash,
        "schema_version": dataset.schema_version,
        "counts": dataset.counts,
        "teacher_share": round(alone / whole, 4) if whole else None,
    }
