# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task guideline``: what the labels mean, in versions, and hard cases as its examples."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.people import owner
from hausgeist.cli.task.tables import aligned, day
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import SetupError

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting

guideline = typer.Typer(help="What the labels mean, in versions.", no_args_is_help=True)

LABELS = typer.Option([], "--label", help="A label it touches; can be given more than once.")


@guideline.command("show")
def show_(
    name: str = NAME,
    version: int = typer.Option(0, min=0, help="An earlier version; 0: as it is now."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Print the guideline as it is now, or as it was."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name)
        verbs = at.bench.guidelines
        found = await (verbs.get(task.id, version) if version else verbs.current(task.id))
        return {"version": found.version, "body": found.body}

    row = acting(work, login)
    show(row, row["body"] or "There is no guideline yet.", as_json=as_json)


@guideline.command("versions")
def versions(
    name: str = NAME,
    changes: bool = typer.Option(False, "--changes", help="With the lines that changed."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List the versions, the newest first, with what each changed."""
    from hausgeist.workbench.guidelines import difference  # noqa: PLC0415  half a second saved

    async def work(at: Acting) -> list[dict[str, Any]]:
        task, _ = await at.task(name)
        every = await at.bench.guidelines.history(task.id)
        before = [*(one.body for one in every[1:]), ""]
        return [
            {
                "version": one.version,
                "at": one.created_at,
                "note": one.note,
                "labels": list(one.labels),
                "changes": [f"{sign}{line}" for sign, line in difference(old, one.body)],
            }
            for one, old in zip(every, before, strict=True)
        ]

    rows = acting(work, login)
    told = [one | {"day": day(one["at"])} for one in rows]
    words = aligned(told, ("version", "day", "labels", "note"), "There is no guideline yet.")
    if changes:
        told_of = ("\n".join([f"\nVersion {one['version']}:", *one["changes"]]) for one in rows)
        words += "\n" + "\n".join(told_of)
    show(rows, words, as_json=as_json)


@guideline.command("set")
def set_(
    name: str = NAME,
    file: Path = typer.Argument(help="A text file; - reads standard input."),
    note: str = typer.Option("", help="What has changed, in a line."),
    labels: list[str] = LABELS,
    again: bool = typer.Option(
        False, "--again", help="Have what was answered with them asked anew."
    ),
    count: bool = typer.Option(False, "--count", help="Only say how many answers it touches."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Make a file the guideline's next version."""
    try:
        body = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            problem=f"{file} cannot be read: {error}.", advice="Name a text file in UTF-8."
        ) from error

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, owner())
        touched = await at.bench.guidelines.touched(task.id, labels)
        if count:
            return {"version": task.guideline_version, "touched": touched}
        found = await at.bench.guidelines.change(
            task.id,
            member,
            body=body,
            note=note,
            labels=labels,
            based_on=task.guideline_version,
            again=again,
        )
        return {"version": found.version, "touched": touched}

    row = acting(work, login)
    words = f"{row['touched']} answers name these labels."
    show(row, words if count else f"Version {row['version']} holds now.", as_json=as_json)


@guideline.command()
def hard(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """List what somebody found hard: examples for the guideline."""
    from hausgeist.web.pages.task_items import value_words  # noqa: PLC0415  as above

    async def work(at: Acting) -> list[dict[str, Any]]:
        task, _ = await at.task(name, owner())
        return [
            {
                "item": item.id,
                "text": item.text,
                "answer": None if one.value is None else json.loads(one.value.encode()),
                "words": "" if one.value is None else value_words(task, item, one.value),
                "remark": one.comment,
            }
            for one, item in await at.bench.guidelines.hard_cases(task.id)
        ]

    rows = acting(work, login)
    words = aligned(rows, ("item", "words", "remark", "text"), "Nobody found a text hard.")
    show(rows, words, as_json=as_json)


@guideline.command()
def example(
    name: str = NAME,
    item: str = typer.Argument(help="The text's id."),
    words: str = typer.Argument(help="What was decided of it, and why."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Add a text to the guideline as an example; that is a new version."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, owner())
        found = await at.bench.guidelines.add_example(task.id, member, item, words)
        return {"version": found.version}

    row = acting(work, login)
    show(row, f"Version {row['version']} holds now.", as_json=as_json)
