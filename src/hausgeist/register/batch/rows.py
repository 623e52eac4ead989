# SPDX-License-Identifier: EUPL-1.2
"""The rows of a file that is classified: a path flows in, rows with their texts flow out, one at a time.

CSV, JSON lines, plain lines and Parquet are read as they come; nothing is held but the row at hand. What
cannot be read is a row with a reason. Runs in the process of whoever classifies: the file is their own.
"""

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from hausgeist.errors import BadUpload, InvalidField, SetupError
from hausgeist.workbench import records

PARQUET = "parquet"
QUOTED = 16 * 1024 * 1024
"""Characters of a row of CSV that goes over several lines."""
_EDGE = 1024 * 1024
_NAMES = (
    "text",
    "texts",
    "message",
    "content",
    "body",
    "nachricht",
    "inhalt",
    "beitrag",
    "anliegen",
)
"""Columns that hold the texts where nobody says which does."""
_SEEN = 200
"""Rows that are looked at for their columns."""


class Source(msgspec.Struct, frozen=True):
    """A file to be classified. ``size`` in bytes; ``digest`` is of its size, beginning, middle and end.

    ``column`` has the texts, ``keep`` names columns that are copied into the output.
    """

    path: str
    size: int
    digest: str
    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    head: bool = True
    column: str = ""
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number as people see it in the file; ``reason`` says why there is no text."""

    number: int
    text: str
    kept: tuple[str, ...] = ()
    reason: str = ""


def looked_at(path: Path, column: str = "", keep: Sequence[str] = ()) -> Source:
    """What a file is, and that it has the columns that are asked for.

    Raises:
        BadUpload: it cannot be read, or holds no rows.
        InvalidField: it has no such column, or it is not clear which one has the texts.
    """
    path = path.absolute()
    digest, size = identity(path)
    if path.suffix.lower() in {".parquet", ".pq"} or _starts(path, b"PAR1"):
        found = Source(str(path), size, digest, PARQUET)
        names = _parquet(path).schema_arrow.names
    else:
        with path.open("rb") as file:
            shape = records.shape_of(file, path.name)
        found = Source(
            str(path), size, digest, shape.format, shape.encoding, shape.delimiter, shape.head
        )
        with closing(_records(found)) as rows:
            names = list(dict.fromkeys(name for row in islice(rows, _SEEN) for name in row.cells))
    if not names:
        raise BadUpload(reason="it holds no rows")
    for name in keep:
        _has(names, name, "keep")
    return msgspec.structs.replace(found, column=_column(names, column), keep=tuple(keep))


def identity(path: Path) -> tuple[str, int]:
    """A digest that changes with the file, and its size; reads three megabytes at most.

    Raises:
        BadUpload: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            found = hashlib.sha256(str(size).encode())
            for place in (0, max(0, size // 2), max(0, size - _EDGE)):
                file.seek(place)
                found.update(file.read(_EDGE))
    except OSError as error:
        raise BadUpload(reason=f"{path}: {error.strerror}") from error
    return found.hexdigest(), size


class Reading:
    """The rows of a file from one on. ``share``: how much of the file has been read, 0 to 1."""

    def __init__(self, source: Source, first: int = 0, most: int | None = None) -> None:
        """``first``: so many rows are passed over. ``most``: so many are given at most."""
        self._source = source
        self._first, self._most = first, most
        self._at = 0.0

    @property
    def share(self) -> float:
        """How much of the file has been read."""
        return self._at

    def __iter__(self) -> Iterator[Row]:
        last = None if self._most is None else self._first + self._most
        if self._source.format == PARQUET:
            return self._of_parquet(last)
        return self._of_text(last)

    def _of_text(self, last: int | None) -> Iterator[Row]:
        source = self._source
        with Path(source.path).open("rb") as file:
            shape = records.Shape(source.format, source.encoding, source.delimiter, source.head)
            found = records.records(file, shape, every=True, quoted=QUOTED)
            for count, record in enumerate(islice(found, self._first, last)):
                if not count % 256 and not file.closed:
                    self._at = min(1.0, file.tell() / max(1, source.size))
                yield _row(record.row, record.cells, source, record.reason)
        self._at = 1.0

    def _of_parquet(self, last: int | None) -> Iterator[Row]:
        source = self._source
        file = _parquet(Path(source.path))
        total = file.metadata.num_rows
        last = total if last is None else min(last, total)
        names = list(dict.fromkeys([source.column, *source.keep]))
        at = 0
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if at + size <= self._first:
                at += size
                continue
            for batch in file.iter_batches(512, row_groups=[group], columns=names):
                if at >= last:
                    return
                if at + batch.num_rows > self._first:
                    for cells in batch.to_pylist():
                        if self._first <= at < last:
                            yield _row(at + 1, cells, source, "")
                        at += 1
                    self._at = at / max(1, total)
                else:
                    at += batch.num_rows
        self._at = 1.0


def counted(source: Source) -> int:
    """How many rows a file has."""
    if source.format == PARQUET:
        return int(_parquet(Path(source.path)).metadata.num_rows)
    with closing(_records(source)) as rows:
        return sum(1 for _ in rows)


def _records(source: Source) -> Generator[records.Record, None, None]:
    shape = records.Shape(source.format, source.encoding, source.delimiter, source.head)
    with Path(source.path).open("rb") as file:
        yield from records.records(file, shape, every=True, quoted=QUOTED)


def _row(number: int, cells: Any, source: Source, reason: str) -> Row:
    if reason:
        return Row(number, "", ("",) * len(source.keep), reason)
    kept = tuple(_plain(cells.get(name)) for name in source.keep)
    said = cells.get(source.column)
    if said is not None and not isinstance(said, str | int | float):
        return Row(number, "", kept, "not_text")
    text = "" if said is None else str(said)
    return Row(number, text, kept, "" if text.strip() else "no_text")


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _column(names: Sequence[str], wanted: str) -> str:
    if wanted:
        return _has(names, wanted, "column")
    if len(names) == 1:
        return names[0]
    known = [name for name in names if name.casefold() in _NAMES]
    if len(known) == 1:
        return known[0]
    raise InvalidField(
        field="column", reason=f"say which column has the texts: {_listed(names)}", param="column"
    )


def _has(names: Sequence[str], wanted: str, param: str) -> str:
    if wanted not in names:
        raise InvalidField(
            field=param,
            reason=f"there is no column {wanted}, only: {_listed(names)}",
            param=param,
        )
    return wanted


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (" …" if len(names) > 20 else "")


def _starts(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _parquet(path: Path) -> Any:
    parquet = arrow("pyarrow.parquet")
    try:
        return parquet.ParquetFile(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise BadUpload(reason="it is no complete Parquet file") from error


def arrow(module: str) -> Any:
    """A module of pyarrow.

    Raises:
        SetupError: it is not installed.
    """
    from importlib import import_module  # noqa: PLC0415  only who reads Parquet needs the extra

    try:
        return import_module(module)
    except ImportError:
        raise SetupError(
            problem="Parquet takes the extra `arrow`, which is not installed here.",
            advice='Install it with: pip install "hausgeist[arrow]". CSV and JSONL need nothing.',
        ) from None
