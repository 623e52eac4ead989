# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task set|delete``: how a task is judged and answered, who gets which texts, and its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.people import one_of, owner
from hausgeist.cli.task.shown import task_row
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting


def set_(
    name: str = NAME,
    title: str | None = typer.Option(None, help="What people read."),
    address: str | None = typer.Option(None, "--name", help="Another name in its address."),
    metric: str | None = typer.Option(None, help="accuracy, macro_f1 or micro_f1."),
    margin: float | None = typer.Option(None, help="Points by which a student may be worse."),
    slices: str | None = typer.Option(None, help="Protected columns, with commas between them."),
    differing: bool | None = typer.Option(
        None,
        "--differing/--all-gold",
        help="People judge gold only where student and teacher differ, or all of it.",
    ),
    data_class: str | None = typer.Option(None, "--class", help="What its texts are."),
    lower: bool = typer.Option(False, "--lower", help="Yes, the class becomes a lower one."),
    language: str | None = typer.Option(None, help="de or en."),
    teacher: str | None = typer.Option(None, help="The model that teaches."),
    prompt: Path | None = typer.Option(None, help="A file with the teacher's own words."),
    recipe: bool = typer.Option(False, "--recipe", help="The recipe's own words again."),
    mode: str | None = typer.Option(None, help="blind, own_first or assisted."),
    overlap: int | None = typer.Option(None, help="So many people answer each text."),
    unsure_below: float | None = typer.Option(
        None, min=0, max=1, help="Where a model is less sure than this, everybody answers."
    ),
    reviewer_labels: str | None = typer.Option(
        None, help="Labels, with commas: texts that seem to be these are for reviewers alone."
    ),
    daily: int | None = typer.Option(None, min=0, help="Texts a day for each person; 0: no limit."),
    blind_share: float | None = typer.Option(
        None, min=0, max=1, help="Of texts, shown without a suggestion: the control group."
    ),
    planted_share: float | None = typer.Option(
        None, min=0, max=1, help="Of suggestions, wrong on purpose."
    ),
    random_share: float | None = typer.Option(
        None, min=0, max=1, help="Of texts, drawn at random whatever the order."
    ),
    archived: bool | None = typer.Option(
        None, "--archive/--restore", help="Out of the way, or back."
    ),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Change settings of a task; what is not said stays."""
    from hausgeist.core.tasks import Metric, Mode  # noqa: PLC0415  half a second that --help saves

    said: dict[str, Any] = {
        "title": title,
        "name": address,
        "margin": margin,
        "differing": differing,
        "language": None if language is None else _language(language),
        "teacher": teacher,
        "overlap": overlap,
        "unsure_below": unsure_below,
        "daily": daily,
        "blind_share": blind_share,
        "planted_share": planted_share,
        "random_share": random_share,
        "metric": None if metric is None else one_of(Metric, metric, "metric"),
        "mode": None if mode is None else one_of(Mode, mode, "mode"),
        "prompt": "" if recipe else None if prompt is None else _text(prompt),
        "slices": _listed(slices),
        "reviewer_labels": _listed(reviewer_labels),
        "data_class": _class(data_class),
    }
    changed = {key: value for key, value in said.items() if value is not None}

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, owner())
        wanted = replace(task, **changed)
        unknown = [one for one in wanted.reviewer_labels if task.label(one) is None]
        if unknown:
            raise InvalidField(
                field="reviewer_labels",
                reason=f"there is no label {unknown[0]}",
                param="reviewer_labels",
            )
        if wanted.data_class < task.data_class and not lower:
            raise InvalidField(
                field="class",
                reason="more teachers may see its texts then; say --lower, too, if that is meant",
                param="class",
            )
        task = await at.bench.tasks.change(wanted, at.who.id)
        if archived is not None:
            await at.bench.tasks.archive(task.id, at.who.id, archived=archived)
        task, _ = await at.task(task.id)
        return task_row(task)

    row = acting(work, login)
    show(row, f"{row['name']} is changed.", as_json=as_json)


def delete(
    name: str = NAME,
    confirm: str = typer.Option("", help="The task's name once more; empty: it is asked for."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Delete a task with all its texts, answers and students. It cannot be undone."""
    typed = confirm or typer.prompt("Type the name of the task", err=True)

    async def work(at: Acting) -> str:
        task, _ = await at.task(name, owner())
        await at.bench.tasks.delete(task.id, at.who.id, typed)
        return task.name

    gone = acting(work, login)
    show({"deleted": gone}, f"{gone} is deleted.", as_json=as_json)


def _listed(said: str | None) -> tuple[str, ...] | None:
    if said is None:
        return None
    return tuple(one.strip() for one in said.split(",") if one.strip())


def _language(said: str) -> str:
    if said not in {"de", "en"}:
        raise InvalidField(field="language", reason="use de or en", param="language")
    return said


def _class(said: str | None) -> Any:
    from hausgeist.core.labels import DataClass  # noqa: PLC0415  as above

    if said is None:
        return None
    try:
        return DataClass.parse(said)
    except ValueError:
        raise InvalidField(
            field="class", reason="public, internal, personal or special", param="class"
        ) from None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidField(field=str(file), reason=str(error)) from error
