# SPDX-License-Identifier: EUPL-1.2
"""What is written of classified rows: lines flow in, parts of a file and then the file flow out.

A part is written beside its name and put there whole, so that one that is there is complete. The file is put
together from the parts in their order, and put into its place whole as well. CSV, JSON lines or Parquet.
"""

import csv
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hausgeist.core.answers import Value
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import InvalidField
from hausgeist.register.batch.rows import PARQUET, arrow

ENDINGS = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": PARQUET,
    ".pq": PARQUET,
}
ANSWERS = {
    TaskKind.SINGLE: "label",
    TaskKind.MULTI: "labels",
    TaskKind.SPANS: "spans",
    TaskKind.RECORD: "fields",
}
"""The column that has the answer, by the kind of task."""
_AT_ONCE = 2_000
_CELL_MOST = 1 << 30
"""Characters of a cell that is read again: as many as were written."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is written of a row. ``value`` None: no answer, for this ``reason``; ``score`` 0 to 1."""

    number: int
    kept: tuple[str, ...]
    value: Value | None
    score: float | None
    by: str = ""
    version: str = ""
    reason: str = ""


class Part(Protocol):
    """A part under way."""

    def put(self, cells: list[Any]) -> None:
        """Add a row, as ``row_of`` and ``cells_of`` give it."""
        ...

    def close(self) -> None:
        """Put the part into its place; it stays also if the machine loses its power."""
        ...

    def drop(self) -> None:
        """Forget it."""
        ...


def format_of(path: Path) -> str:
    """What is written to a path, by its ending.

    Raises:
        InvalidField: it is none of those that are known.
    """
    found = ENDINGS.get(path.suffix.lower())
    if found is None:
        raise InvalidField(field="out", reason="it ends in .csv, .jsonl or .parquet", param="out")
    if found == PARQUET:
        arrow("pyarrow.parquet")
    return found


def columns_of(kind: TaskKind, keep: Sequence[str]) -> list[str]:
    """The columns of an output; one that is kept and has the name of one of ours gets another."""
    ours = [ANSWERS[kind], "confidence", "answered_by", "version", "reason"]
    taken = {"row", *ours}
    return ["row", *(f"input_{one}" if one in taken else one for one in keep), *ours]


def part_in(folder: Path, number: int, kind: TaskKind, keep: Sequence[str], form: str) -> Part:
    """A new part, to be written."""
    target = path_of(folder, number, form)
    if form == PARQUET:
        return _ParquetPart(target, kind, keep)
    return _TextPart(target, kind, keep, form)


def path_of(folder: Path, number: int, form: str) -> Path:
    """Where a part lies when it is complete."""
    return folder / f"part-{number:07d}.{form}"


def number_of(path: Path) -> int:
    """The number of a part."""
    return int(path.stem.removeprefix("part-"))


def assembled(parts: Sequence[Path], target: Path, columns: Sequence[str], form: str) -> None:
    """Put the file together, and into its place."""
    beside = target.with_name(f".{target.name}.writing")
    if form == PARQUET:
        _assemble_parquet(parts, beside, columns)
    else:
        with beside.open("wb") as out:
            if form == "csv":
                head = io.StringIO()
                csv.writer(head, lineterminator="\n").writerow(columns)
                out.write(head.getvalue().encode("utf-8", "replace"))
            for part in parts:
                with part.open("rb") as found:
                    shutil.copyfileobj(found, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
    beside.replace(target)
    _sync_folder(target.parent)


def row_of(line: Line, kind: TaskKind, form: str) -> list[Any]:
    """The cells of a line, for a part of a form."""
    said: object = "" if form == "csv" else None
    if line.value is not None:
        said = written(kind, line.value, form)
    return [line.number, *line.kept, said, *_rest(line)]


def cells_of(part: Path, form: str) -> Iterator[list[Any]]:
    """The rows of a part, as ``Part.put`` takes them; the last five are ours."""
    if form == PARQUET:
        for batch in arrow("pyarrow.parquet").ParquetFile(part).iter_batches(_AT_ONCE):
            for row in batch.to_pylist():
                yield list(row.values())
        return
    with part.open(encoding="utf-8", newline="") as file:
        if form == "csv":
            csv.field_size_limit(_CELL_MOST)
            yield from csv.reader(file)
            return
        for line in file:
            yield list(json.loads(line).values())


def written(kind: TaskKind, value: Value, form: str) -> object:
    """An answer as it stands in an output of a form."""
    return _value(kind, value) if form == "jsonl" else _cell(kind, value)


def score_of(score: float | None, form: str) -> Any:
    """A confidence as it stands in an output of a form."""
    if score is None:
        return "" if form == "csv" else None
    return round(score, 4)


class _TextPart:
    """Of CSV (without its head) or JSON lines."""

    def __init__(self, target: Path, kind: TaskKind, keep: Sequence[str], form: str) -> None:
        self._target = target
        self._beside = _beside(target)
        self._file = self._beside.open("w", encoding="utf-8", newline="", errors="replace")
        self._kind, self._json = kind, form == "jsonl"
        self._columns = columns_of(kind, keep)
        self._rows = csv.writer(self._file, lineterminator="\n")

    def put(self, cells: list[Any]) -> None:
        if self._json:
            found = dict(zip(self._columns, cells, strict=True))
            self._file.write(json.dumps(found, ensure_ascii=False) + "\n")
        else:
            self._rows.writerow(cells)

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._beside.replace(self._target)
        _sync_folder(self._target.parent)

    def drop(self) -> None:
        self._file.close()
        self._beside.unlink(missing_ok=True)


class _ParquetPart:
    """Of Parquet: a small file of its own."""

    def __init__(self, target: Path, kind: TaskKind, keep: Sequence[str]) -> None:
        self._arrow, self._parquet = arrow("pyarrow"), arrow("pyarrow.parquet")
        self._target, self._kind = target, kind
        self._beside = _beside(target)
        self._schema = _schema(self._arrow, columns_of(kind, keep))
        self._writer = self._parquet.ParquetWriter(self._beside, self._schema)
        self._lines: list[list[Any]] = []

    def put(self, cells: list[Any]) -> None:
        self._lines.append(cells)
        if len(self._lines) >= _AT_ONCE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()
        with self._beside.open("rb") as file:
            os.fsync(file.fileno())
        self._beside.replace(self._target)
        _sync_folder(self._target.parent)

    def drop(self) -> None:
        self._writer.close()
        self._beside.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._lines:
            return
        columns = list(zip(*self._lines, strict=True))
        arrays = [
            self._arrow.array(list(found), field.type)
            for found, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self._lines = []


def _schema(module: Any, columns: Sequence[str]) -> Any:
    types = {"row": module.int64(), "confidence": module.float64()}
    return module.schema([(name, types.get(name, module.string())) for name in columns])


def _assemble_parquet(parts: Sequence[Path], beside: Path, columns: Sequence[str]) -> None:
    module, parquet = arrow("pyarrow"), arrow("pyarrow.parquet")
    schema = _schema(module, columns)
    with parquet.ParquetWriter(beside, schema) as writer:
        for part in parts:
            writer.write_table(parquet.read_table(part, schema=schema))
    with beside.open("rb") as file:
        os.fsync(file.fileno())


def _rest(line: Line) -> list[Any]:
    score = None if line.score is None else round(line.score, 4)
    return [score, line.by, line.version, line.reason]


def _value(kind: TaskKind, value: Value | None) -> object:
    """An answer as a JSON value; None where there is none."""
    if value is None:
        return None
    if kind is TaskKind.SINGLE:
        return value.labels[0] if value.labels else ""
    if kind is TaskKind.MULTI:
        return list(value.labels)
    if kind is TaskKind.SPANS:
        return [[one.start, one.end, one.label] for one in value.spans]
    return [list(one) for one in value.fields]


def _cell(kind: TaskKind, value: Value | None) -> str:
    """An answer as text: labels with | between them, passages and fields as JSON."""
    if value is None:
        return ""
    if kind in {TaskKind.SINGLE, TaskKind.MULTI}:
        return "|".join(value.labels)
    return json.dumps(_value(kind, value), ensure_ascii=False)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
