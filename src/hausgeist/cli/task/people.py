# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task members|guideline|gold|set``: who works on a task, by what, and what is sealed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import counting
from hausgeist.cli.task.shown import task_row
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound, SetupError

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Part
    from hausgeist.store.guidelines import Guideline
    from hausgeist.workbench.members import Named

members = typer.Typer(help="Who works on a task.", no_args_is_help=True)
guideline = typer.Typer(help="What the labels mean, in versions.", no_args_is_help=True)
gold = typer.Typer(help="The sealed texts that decide.", no_args_is_help=True)

LOGIN = typer.Argument(help="The login name of the person.")
PART = typer.Option("annotator", help="owner, reviewer or annotator.")
LABELS = typer.Option([], "--label", help="A label it touches; can be given more than once.")


@members.command("list")
def members_list(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """List who is and who was in a task."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    async def work(at: Acting) -> list[Named]:
        task, _ = await at.task(name, Part.OWNER)
        return await at.bench.members.all(task.id)

    rows = [
        {"login": known, "name": named, "part": one.part.value, "left": one.left_at is not None}
        for one, named, known in acting(work, login)
    ]
    lines = [
        f"{row['login']:<24} {row['part']:<10} {'left' if row['left'] else ''}".rstrip()
        for row in rows
    ]
    show(rows, "\n".join(lines), as_json=as_json)


@members.command("add")
def members_add(
    name: str = NAME,
    who: str = LOGIN,
    part: str = PART,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Bring somebody in, or give them another part."""

    async def work(at: Acting) -> None:
        task, _ = await at.task(name, _owner())
        there = await at.bench.members.all(task.id)
        known = next((one for one, _, named in there if named == who and one.left_at is None), None)
        if known is None:
            await at.bench.members.add(task.id, who, _part(part), at.who.id)
        else:
            await at.bench.members.change(task.id, known.id, _part(part), at.who.id)

    acting(work, login)
    show({"login": who, "part": part}, f"{who} is {part} of {name}.", as_json=as_json)


@members.command("remove")
def members_remove(
    name: str = NAME, who: str = LOGIN, login: str = AS, as_json: bool = AS_JSON
) -> None:
    """Take somebody out; what they answered stays."""

    async def work(at: Acting) -> None:
        task, _ = await at.task(name, _owner())
        there = await at.bench.members.all(task.id)
        known = next((one for one, _, named in there if named == who and one.left_at is None), None)
        if known is None:
            raise NotFound
        await at.bench.members.remove(task.id, known.id, at.who.id)

    acting(work, login)
    show({"login": who, "left": True}, f"{who} is out of {name}.", as_json=as_json)


@members.command("appoint")
def members_appoint(
    name: str = NAME, who: str = LOGIN, login: str = AS, as_json: bool = AS_JSON
) -> None:
    """As an administrator: make somebody the owner of a task that nobody owns any more."""

    async def work(at: Acting) -> None:
        await at.bench.members.appoint(name, who, at.who)

    acting(work, login)
    show({"login": who, "part": "owner"}, f"{who} owns {name} now.", as_json=as_json)


@guideline.command("show")
def guideline_show(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Print the guideline as it is now."""

    async def work(at: Acting) -> Guideline:
        task, _ = await at.task(name)
        return await at.bench.guidelines.current(task.id)

    found = acting(work, login)
    words = found.body or "There is no guideline yet."
    show({"version": found.version, "body": found.body}, words, as_json=as_json)


@guideline.command("set")
def guideline_set(
    name: str = NAME,
    file: Path = typer.Argument(help="A text file; - reads standard input."),
    note: str = typer.Option("", help="What has changed, in a line."),
    labels: list[str] = LABELS,
    again: bool = typer.Option(
        False, "--again", help="Have what was answered with them asked anew."
    ),
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

    async def work(at: Acting) -> Guideline:
        task, member = await at.task(name, _owner())
        return await at.bench.guidelines.change(
            task.id,
            member,
            body=body,
            note=note,
            labels=labels,
            based_on=task.guideline_version,
            again=again,
        )

    found = acting(work, login)
    show({"version": found.version}, f"Version {found.version} holds now.", as_json=as_json)


@gold.command("draw")
def gold_draw(
    name: str = NAME,
    count: int = typer.Argument(min=20, max=10_000, help="So many texts."),
    strata: str = typer.Option("", help="A column by whose values they are drawn in proportion."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Draw texts for gold, at random; drawn again, more are added with a new version."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, _owner())
        with counting("Drawing") as tell:
            drawn = await at.bench.partitions.draw_gold(task.id, at.who.id, count, strata, tell)
            dev = await at.bench.partitions.draw_dev(task.id, at.who.id, tell)
        return {"drawn": drawn.count, "version": drawn.version, "development": dev.count}

    row = acting(work, login)
    words = (
        f"{row['drawn']} texts are gold, version {row['version']}. Two people answer each, blind."
    )
    show(row, words, as_json=as_json)


def set_(
    name: str = NAME,
    title: str | None = typer.Option(None, help="What people read."),
    metric: str | None = typer.Option(None, help="accuracy, macro_f1 or micro_f1."),
    margin: float | None = typer.Option(None, help="Points by which a student may be worse."),
    slices: str | None = typer.Option(None, help="Protected columns, with commas between them."),
    data_class: str | None = typer.Option(None, "--class", help="What its texts are."),
    teacher: str | None = typer.Option(None, help="The model that teaches."),
    prompt: Path | None = typer.Option(None, help="A file with the teacher's own words."),
    mode: str | None = typer.Option(None, help="blind, own_first or assisted."),
    overlap: int | None = typer.Option(None, help="So many people answer each text."),
    archived: bool | None = typer.Option(
        None, "--archive/--restore", help="Out of the way, or back."
    ),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Change settings of a task; what is not said stays."""
    from hausgeist.core.labels import DataClass  # noqa: PLC0415  as above
    from hausgeist.core.tasks import Metric, Mode  # noqa: PLC0415  as above

    said: dict[str, Any] = {
        "title": title,
        "margin": margin,
        "teacher": teacher,
        "overlap": overlap,
        "metric": None if metric is None else _one_of(Metric, metric, "metric"),
        "mode": None if mode is None else _one_of(Mode, mode, "mode"),
        "prompt": None if prompt is None else _text(prompt),
    }
    if slices is not None:
        said["slices"] = tuple(one.strip() for one in slices.split(",") if one.strip())
    if data_class is not None:
        try:
            said["data_class"] = DataClass.parse(data_class)
        except ValueError:
            raise InvalidField(
                field="class", reason="public, internal, personal or special", param="class"
            ) from None
    changed = {key: value for key, value in said.items() if value is not None}

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await at.task(name, _owner())
        task = await at.bench.tasks.change(replace(task, **changed), at.who.id)
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
        task, _ = await at.task(name, _owner())
        await at.bench.tasks.delete(task.id, at.who.id, typed)
        return task.name

    gone = acting(work, login)
    show({"deleted": gone}, f"{gone} is deleted.", as_json=as_json)


def _owner() -> Part:
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    return Part.OWNER


def _part(said: str) -> Part:
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    found: Part = _one_of(Part, said, "part")
    return found


def _one_of(kind: Any, said: str, field: str) -> Any:
    try:
        return kind(said)
    except ValueError:
        offered = ", ".join(one.value for one in kind)
        raise InvalidField(field=field, reason=f"use one of: {offered}", param=field) from None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidField(field=str(file), reason=str(error)) from error
