# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task labels``: rename, merge, split, add and delete, with a look before and a way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.tables import aligned
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Label, Task
    from hausgeist.workbench.migration import Change, Preview

labels = typer.Typer(help="Change labels in mid-project.", no_args_is_help=True)

RENAME = typer.Option([], help="KEY=NEW NAME; more than once. Answers are not touched.")
ABOUT = typer.Option([], help="KEY=WHAT IT MEANS; more than once.")
MERGE = typer.Option([], help="KEY=KEY: the first goes, the second takes its answers.")
SPLIT = typer.Option([], help="KEY=NAME,NAME: it goes, its texts are asked again with the new.")
ADD = typer.Option([], help="A new label, after a colon what it means; more than once.")
BECAUSE = typer.Option([], help="KEY whose texts are asked again because of what is new.")
DELETE = typer.Option([], help="KEY that goes; its texts are asked again.")
DRY = typer.Option(False, "--dry-run", help="Only say what it would touch.")


@labels.command("list")
def list_(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """List the labels with how many answers name each, and whether the last change can be undone."""

    async def work(at: Acting) -> dict[str, Any]:
        task, _ = await _opened(at, name)
        tallies = await at.bench.guidelines.tallies(task)
        last = await at.bench.migrations.undoable(task.id)
        rows = [_label(one) | {"answers": tallies.get(one.key, 0)} for one in task.labels]
        return {
            "version": task.schema_version,
            "labels": rows,
            "changes": [
                {"version": one.version, "at": one.at}
                for one in await at.bench.migrations.history(task.id)
            ],
            "undo": last is not None,
        }

    row = acting(work, login)
    words = aligned(row["labels"], ("key", "answers", "name", "about"))
    if row["undo"]:
        words += "\nThe last change can be taken back: `task labels undo`."
    show(row, words, as_json=as_json)


@labels.command()
def change(
    name: str = NAME,
    rename: list[str] = RENAME,
    about: list[str] = ABOUT,
    merge: list[str] = MERGE,
    split: list[str] = SPLIT,
    add: list[str] = ADD,
    because: list[str] = BECAUSE,
    delete: list[str] = DELETE,
    dry: bool = DRY,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Rename, merge, split, add or delete labels, all in one step that can be undone."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await _opened(at, name)
        wanted = _change(
            task,
            pairs={"rename": rename, "about": about, "merge": merge, "split": split},
            add=add,
            because=because,
            delete=delete,
        )
        preview = await at.bench.migrations.preview(task.id, wanted)
        if not dry:
            task = await at.bench.migrations.apply(task.id, member, wanted, task.schema_version)
        return _previewed(preview) | {"version": task.schema_version, "changed": not dry}

    row = acting(work, login)
    told = "Changed" if row["changed"] else "Would change"
    words = (
        f"{told}: {row['translated']} answers are carried over, {row['asked_again']} texts asked "
        f"again, {row['suggestions']} suggestions and {row['rules']} rules touched.\n"
        + aligned(row["labels"], ("key", "name", "about"))
    )
    show(row, words, as_json=as_json)


@labels.command()
def undo(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Take the last change of labels back, as long as nobody has answered since."""

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await _opened(at, name)
        task = await at.bench.migrations.undo(task.id, member)
        return {"version": task.schema_version, "labels": [_label(one) for one in task.labels]}

    row = acting(work, login)
    show(row, aligned(row["labels"], ("key", "name", "about")), as_json=as_json)


async def _opened(at: Acting, name: str) -> tuple[Task, Any]:
    from hausgeist.core.tasks import Part, TaskKind  # noqa: PLC0415  half a second that --help saves

    task, member = await at.task(name, Part.OWNER)
    if task.kind is TaskKind.RECORD:
        raise NotFound
    return task, member


def _change(
    task: Task,
    *,
    pairs: dict[str, list[str]],
    add: Sequence[str],
    because: Sequence[str],
    delete: Sequence[str],
) -> Change:
    from hausgeist.workbench.migration import Change  # noqa: PLC0415  as above

    split = {name: _pairs(task, name, some) for name, some in pairs.items()}
    new = [one.partition(":") for one in add]
    return Change(
        renamed=split["rename"],
        about=split["about"],
        merged={one: _key(task, into, "merge") for one, into in split["merge"].items()},
        split={one: _names(said) for one, said in split["split"].items()},
        added=tuple((" ".join(one.split()), about.strip()) for one, _, about in new),
        because=tuple(_key(task, one, "because") for one in because),
        deleted=tuple(_key(task, one, "delete") for one in delete),
    )


def _pairs(task: Task, option: str, said: list[str]) -> dict[str, str]:
    found = {}
    for one in said:
        key, sign, words = one.partition("=")
        if not sign or (not words.strip() and option != "about"):
            raise InvalidField(field=option, reason="write it as KEY=WORDS", param=option)
        found[_key(task, key, option)] = " ".join(words.split())
    return found


def _names(said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for part in said.split(",") if (one := " ".join(part.split()))))


def _key(task: Task, said: str, option: str) -> str:
    """A label by its key or its name."""
    folded = said.strip().casefold()
    named = [one.key for one in task.labels if one.name.strip().casefold() == folded]
    if task.label(said.strip()) is not None:
        return said.strip()
    if len(named) != 1:
        listed = ", ".join(one.key for one in task.labels)
        raise InvalidField(
            field=option,
            reason=f"there is no label {said.strip()[:60]}, only: {listed}",
            param=option,
        )
    return named[0]


def _label(label: Label) -> dict[str, Any]:
    return {"key": label.key, "name": label.name, "about": label.about}


def _previewed(found: Preview) -> dict[str, Any]:
    return {
        "labels": [_label(one) for one in found.labels],
        "translated": found.translated,
        "asked_again": found.asked_again,
        "suggestions": found.suggestions,
        "rules": found.rules,
    }
