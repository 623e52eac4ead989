# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task create|import|list|show``: files become tasks, and more texts of them."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import done_here, pending
from hausgeist.cli.task.returning import returned, returned_words
from hausgeist.cli.task.shown import (
    ROUTING,
    SETTINGS,
    intake_line,
    intake_row,
    opening_row,
    student_line,
    student_row,
    task_line,
    task_row,
)
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, SetupError

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.tasks import Field, Label, Task, TaskKind
    from hausgeist.store.tasks import Member
    from hausgeist.workbench.reading import Found

FILE = typer.Argument(
    None, help="CSV, JSONL, XLSX, Parquet, text, or a folder of texts or of a data set."
)
FROM_FILE = typer.Argument(
    None, help="CSV, JSONL, XLSX, Parquet, text, or a folder of texts or of a data set."
)
INTO = typer.Argument(help="The task's name; or, alone, the archive of a task that comes back.")
TITLE = typer.Option("", help="What people read; empty: made of the file's name.")
TASK_NAME = typer.Option("", "--name", help="The name in its address; empty: made of the title.")
KIND = typer.Option("", help="single, multi, spans or record; empty: as the file looks.")
LABEL = typer.Option([], help="A label, after a colon what it means; can be given more than once.")
FIELD = typer.Option([], help="A field of a record, as in `Betrag: number`; more than once.")
CLASS = typer.Option("internal", "--class", help="public, internal, personal or special.")
LANGUAGE = typer.Option("de", help="de or en.")
TEXT_COLUMN = typer.Option("", "--column", help="The column with the texts; empty: as it looks.")
LABEL_COLUMN = typer.Option(
    "", help="The column with labels; empty: as it looks; - means there are none."
)
SIGN = typer.Option("", help="What stands between several labels of a cell: | ; or ,")
GOLD = typer.Option(0, min=0, max=10_000, help="So many texts are drawn for gold first.")
STRATA = typer.Option("", help="A column by whose values gold is drawn in proportion.")
DEMO = typer.Option(
    False, "--demo", help="The example: messages to a town hall, two thirds of them answered."
)
LIKE = typer.Option(None, help="Settings and labels of another task: `task show --json` of it.")


def create(
    file: Path | None = FILE,
    title: str = TITLE,
    name: str = TASK_NAME,
    kind: str = KIND,
    label: list[str] = LABEL,
    field: list[str] = FIELD,
    data_class: str = CLASS,
    language: str = LANGUAGE,
    column: str = TEXT_COLUMN,
    label_column: str = LABEL_COLUMN,
    sign: str = SIGN,
    gold: int = GOLD,
    strata: str = STRATA,
    like: Path | None = LIKE,
    demo: bool = DEMO,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Make a task of a file; what nobody says is guessed as on the page, and told."""
    plain = _like(like) if like is not None else {}
    chosen = {"text": column, "label": label_column, "sign": sign}

    async def work(at: Acting) -> dict[str, Any]:
        if demo:
            return await _example(at)
        found = await _look(file, chosen) if file is not None else None
        made = _task(
            found,
            plain,
            kind=kind,
            labels="\n".join(label),
            fields="\n".join(field),
            data_class=data_class if not plain or data_class != "internal" else plain["class"],
            language=language if not plain or language != "de" else plain["language"],
        )
        made = replace(made, title=title or _title(file) or plain.get("title", "") or name)
        wanted = name or await at.bench.tasks.free_name(made.title)
        made = await at.bench.tasks.create(replace(made, name=wanted), at.who.id)
        row = task_row(made)
        if found is not None and file is not None:
            _, member = await at.task(made.id)
            row |= await _taken_in(at, made, member, file, found, chosen, gold=gold, strata=strata)
        made, _ = await at.task(made.id)
        return row | task_row(made, await at.bench.tasks.counts(made.id))

    row = acting(work, login)
    words = f"The task {row['name']} ({row['kind']}) is there."
    if "added" in row:
        words += f"\n{intake_line(row)}"
        words += f"\nTexts: column {row['column']}. Labels: {_listed(row)}."
    show(row, words, as_json=as_json)


async def _example(at: Acting) -> dict[str, Any]:
    from hausgeist.workbench import example  # noqa: PLC0415  as above

    made = await example.add(at.bench, at.bench.ground.store, at.who.id)
    return task_row(made, await at.bench.tasks.counts(made.id))


def import_(
    name: str = INTO,
    file: Path | None = FROM_FILE,
    column: str = TEXT_COLUMN,
    label_column: str = LABEL_COLUMN,
    sign: str = SIGN,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Add the texts of a file to a task, each once; or bring a task back that was taken along."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    if file is None:
        row = acting(lambda at: returned(at, Path(name)), login)
        show(row, returned_words(row), as_json=as_json)
        return
    chosen = {"text": column, "label": label_column, "sign": sign}

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, Part.OWNER)
        job = await pending(at, "intake", task.id)
        if job is not None:
            await done_here(at, job, "Reading")
        found = await _look(file, chosen)
        return await _taken_in(at, task, member, file, found, chosen)

    row = acting(work, login)
    show(row, intake_line(row), as_json=as_json)


def list_(
    archived: bool = typer.Option(False, "--archived", help="Those that were put out of the way."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """List the tasks that somebody works on."""

    async def work(at: Acting) -> list[dict[str, Any]]:
        found = await at.bench.tasks.listed(at.who.id, archived=archived)
        return [
            task_row(task, counts) | {"part": member.part.value} for task, member, counts in found
        ]

    rows = acting(work, login)
    words = "\n".join(task_line(row) for row in rows) or "There are no tasks yet."
    show(rows, words, as_json=as_json)


def show_(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Show a task: settings, labels, how far it is, students, verdicts, what is in service."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name)
        row = task_row(task, await at.bench.tasks.counts(task.id)) | {"part": member.part.value}
        if not member.may(Part.REVIEWER):
            return row
        state = await at.bench.gate.state(task)
        row["students"] = [student_row(one) for one in await at.bench.students.list(task)]
        row["openings"] = [opening_row(one) for one in state.history]
        row["openings_left"] = state.left
        row["gate_lacks"] = list(state.missing)
        row["jobs"] = [
            {"id": one.id, "kind": one.kind, "state": one.state.value, "error": one.error}
            for one in (await at.bench.jobs.of_task(task.id))[:10]
        ]
        return row

    row = acting(work, login)
    show(row, _shown(row), as_json=as_json)


def _shown(row: dict[str, Any]) -> str:
    lines = [f"{row['title']} ({row['name']}, {row['kind']}, {row['class']})"]
    lines.append("Labels: " + _listed(row))
    for partition, one in row["items"].items():
        lines.append(
            f"{partition:<5} {one['total']:>9} texts, {one['answered']} answered"
            + (f", {one['kept_out']} kept out" if one["kept_out"] else "")
        )
    lines += [student_line(one) for one in row.get("students", ())]
    lines += [
        f"Gold version {one['gold_version']}, opening {one['number']}: {one['student']} "
        f"{one['verdict'] or 'no verdict yet'}{' (void)' if one['void'] else ''}"
        for one in row.get("openings", ())
    ]
    return "\n".join(lines)


def _listed(row: dict[str, Any]) -> str:
    names = [one["name"] for one in row["labels"] or row["fields"]]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


# -- files ----------------------------------------------------------------------------------------


async def _look(file: Path, chosen: dict[str, str]) -> Found:
    """What is in a file, with what was said of it."""
    from hausgeist.workbench.reading import look_at  # noqa: PLC0415  as above

    folder = _is_folder(file)
    said = {name: value for name, value in chosen.items() if value and value != "-"}
    if folder:
        with _packed(file) as packed:
            found = await look_at(Path(packed.name), "texts.zip", said, head=None)
    else:
        found = await look_at(file, file.name, said, head=None)
    for name in ("text", "label"):
        if said.get(name, "") and said[name] not in found.look.columns:
            listed = ", ".join(found.look.columns)
            raise InvalidField(
                field=name, reason=f"there is no column {said[name]}, only: {listed}", param=name
            )
    return found


def _is_folder(file: Path) -> bool:
    if not file.exists():
        raise SetupError(problem=f"{file} is not there.", advice="Name a file or a folder.")
    return file.is_dir()


def _packed(folder: Path) -> Any:
    """The texts of a folder, or the tables of a data set, as an archive, which is how they are read."""
    import tempfile  # noqa: PLC0415  only folders need it

    from hausgeist.workbench.hub import TABLES  # noqa: PLC0415  as above

    cards = {"readme.md", "dataset_info.json", "dataset_infos.json"}
    there = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    endings: tuple[str, ...] = (".txt", ".md", ".text")
    if any(path.name.lower() in cards for path in there) and any(
        path.suffix.lower() in TABLES and path.name.lower() not in cards for path in there
    ):
        endings = (*TABLES, ".md")
    packed = tempfile.NamedTemporaryFile(suffix=".zip")  # noqa: SIM115  closed by who asked for it
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as container:
        for path in there:
            if path.suffix.lower() in endings:
                container.write(path, path.relative_to(folder.parent))
    packed.flush()
    return packed


async def _taken_in(
    at: Acting,
    task: Task,
    member: Member,
    file: Path,
    found: Found,
    chosen: dict[str, str],
    *,
    gold: int = 0,
    strata: str = "",
) -> dict[str, Any]:
    """Read a file into a task, to its end; broken off, the next import goes on with it first."""
    from hausgeist.core.tasks import TaskKind  # noqa: PLC0415  as above
    from hausgeist.workbench.arriving import Plan  # noqa: PLC0415  as above

    look = found.look
    text = chosen["text"] or look.text
    label = "" if chosen["label"] == "-" else chosen["label"] or look.label
    plan = Plan(
        path="",
        name="",
        size=0,
        shape=found.shape,
        text=text,
        label=label if label != text else "",
        outside=look.outside if look.outside not in {text, label} else "",
        meta=tuple(one for one in look.columns if one not in {text, label}),
        kind=task.kind.value,
        sign=(chosen["sign"] or look.sign) if task.kind is TaskKind.MULTI else "",
        labels={one.name.casefold(): one.key for one in task.labels},
        gold=gold,
        strata=strata,
    )
    intakes = at.bench.intake
    if _is_folder(file):
        room = intakes.room()
        with _packed(file) as packed:
            shutil.copyfile(packed.name, room)
        waiting = await intakes.hand_in(at.who.id, room, "texts.zip")
        intake = await intakes.begin(task, member, waiting, plan)
    else:
        intake = await intakes.begin_file(task, member, file, plan)
    job = await at.bench.jobs.submit(
        "intake", task_id=task.id, by=at.who.id, params={"intake": intake.id}
    )
    await done_here(at, job, "Reading")
    ended = await intakes.get(task.id, intake.id)
    return intake_row(ended) | {"column": text, "label_column": plan.label}


# -- what a task is made of -----------------------------------------------------------------------


def _task(
    found: Found | None,
    plain: dict[str, Any],
    *,
    kind: str,
    labels: str,
    fields: str,
    data_class: str,
    language: str,
) -> Task:
    from hausgeist.core.labels import DataClass  # noqa: PLC0415  as above
    from hausgeist.core.tasks import METRICS, Metric, Mode, Task, TaskKind  # noqa: PLC0415  as above

    look = None if found is None else found.look
    guessed = plain.get("kind") or (look.kind if look is not None else "single")
    try:
        made = TaskKind(kind or guessed)
        level = DataClass.parse(data_class)
    except ValueError as error:
        raise InvalidField(
            field="kind or class", reason="it is none of those that there are", param="kind"
        ) from error
    some, columns = _answers(made, found, plain, labels, fields)
    task = Task(
        id="",
        name="",
        title="",
        kind=made,
        labels=some,
        fields=columns,
        metric=METRICS[made][0],
        data_class=level,
        language="en" if language == "en" else "de",
    )
    if plain:
        known = (*SETTINGS, *ROUTING)
        kept = {name: plain[name] for name in known if name in plain and name != "language"}
        kept["reviewer_labels"] = tuple(kept.get("reviewer_labels", ()))
        kept |= {"metric": Metric(kept["metric"]), "mode": Mode(kept["mode"])}
        if made.value != plain["kind"]:
            kept.pop("metric")
        task = replace(task, slices=tuple(plain["slices"]), **kept)
    return task


def _answers(
    kind: TaskKind, found: Found | None, plain: dict[str, Any], labels: str, fields: str
) -> tuple[tuple[Label, ...], tuple[Field, ...]]:
    """Labels or fields: those that were said, else those of another task, else those of the file."""
    from hausgeist.core.tasks import Field, FieldType, Label, TaskKind  # noqa: PLC0415  as above
    from hausgeist.workbench.labelling import fields_from, labels_from  # noqa: PLC0415  as above

    if kind is TaskKind.RECORD:
        made = fields_from(fields) if fields else ()
        if not fields:
            made = tuple(
                Field(**{**one, "type": FieldType(one["type"]), "choices": tuple(one["choices"])})
                for one in plain.get("fields", ())
            )
        if not made:
            raise InvalidField(field="field", reason="name at least one field", param="field")
        return (), made
    some = labels_from(labels)
    if not some:
        some = tuple(Label(**one) for one in plain.get("labels", ()))
    if not some and found is not None:
        alike = {name for names in found.look.alike for name in names[1:]}
        some = labels_from("\n".join(one for one, _ in found.look.labels if one not in alike))
    if len(some) < (1 if kind is TaskKind.SPANS else 2):
        raise InvalidField(
            field="label",
            reason="name at least two labels, with --label for each; of passages one is enough",
            param="label",
        )
    return some, ()


def _like(file: Path) -> dict[str, Any]:
    wanted = {"kind", "labels", "fields", "slices", "class", *SETTINGS}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidField(field="like", reason=f"{file}: {error}", param="like") from error
    if not isinstance(found, dict) or wanted - set(found):
        raise InvalidField(
            field="like", reason="it is not what `task show --json` prints", param="like"
        )
    return found


def _title(file: Path | None) -> str:
    stem = "" if file is None else file.absolute().stem
    return " ".join(stem.replace("_", " ").replace("-", " ").split())[:100].capitalize()
