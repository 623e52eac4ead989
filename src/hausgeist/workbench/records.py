# SPDX-License-Identifier: EUPL-1.2
"""Files of texts, record by record: an open file flows in, its rows flow out, one at a time.

Runs in a limited child process (``reading_inside``), over foreign bytes. CSV, JSON lines, plain lines and
archives of text files are never held as a whole; workbooks and JSON lists are, up to a size. What cannot
be read is a row with a reason: reading goes on with the next one.
"""

import codecs
import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from hausgeist.errors import N_, BadUpload
from hausgeist.workbench import docbin, foreign, hub
from hausgeist.workbench.class_names import ClassNames, named, of_features

LINE_MOST = 8 * 1024 * 1024
"""Bytes of a line; a longer one is passed over, with its number."""
QUOTED_MOST = 2 * 1024 * 1024
"""Characters of a record of several lines; beyond, its quotation mark was never closed."""
UNCLOSED_MOST = 20
"""So many quotation marks may stay open before records may no longer go on over a line's end."""
WHOLE_MOST = 64 * 1024 * 1024
"""Bytes of a file that has to be held as a whole."""
SAMPLE = 256 * 1024
COLUMNS_MOST = 200
MEMBERS_MOST = 200_000
_BINARY = frozenset(range(32)) - {9, 10, 11, 12, 13, 27}
_DELIMITERS = ",;\t|"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is to be read. ``head``: the first row of a table names its columns."""

    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    head: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """A row by its number, as people see it in the file; ``reason`` says why it could not be read."""

    row: int
    cells: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""
    by: str = ""
    """Who said what stands in it, as another tool calls them."""
    hint: tuple[list[Any], str, float | None] | None = None
    """What a model said there: labels or passages, its name, its score."""


# -- what it is -----------------------------------------------------------------------------------


def shape_of(file: BinaryIO, name: str) -> Shape:
    """What a file is, by its content first and its name second.

    Raises:
        BadUpload: it is nothing that holds texts.
    """
    sample = file.read(SAMPLE)
    file.seek(0)
    if not sample.strip():
        raise BadUpload(reason=N_("it is empty"))
    ending = name.rpartition(".")[2].lower()
    container = _container(file, sample)
    if container:
        return Shape(container)
    encoding = _encoding(sample)
    if encoding in {"utf-8", "cp1252"} and any(sample.count(bytes([one])) for one in _BINARY):
        share = sum(sample.count(bytes([one])) for one in _BINARY) / len(sample)
        if share > 0.01:
            raise BadUpload(reason=N_("it is no text, no table and no archive of texts"))
    text = sample.decode(encoding, "replace").removeprefix("\ufeff")
    start = text.lstrip()
    if tool := _tool(text):
        return Shape(tool, encoding)
    if ending in {"jsonl", "ndjson"} or (ending != "csv" and _is_object(start.partition("\n")[0])):
        return Shape("jsonl", encoding)
    if start.startswith("[") and (ending == "json" or start[1:].lstrip().startswith("{")):
        return Shape("json", encoding)
    if ending == "json":
        return Shape("jsonl" if "\n{" in text else "json", encoding)
    delimiter = _delimiter(text, sure=ending in {"csv", "tsv", "tab"})
    if delimiter:
        return Shape("csv", encoding, delimiter, _has_head(text, delimiter))
    return Shape("lines", encoding)


def _container(file: BinaryIO, sample: bytes) -> str:
    """The format of a file that is no text; empty: it seems to be one."""
    if sample.startswith(b"PK\x03\x04"):
        return _archive(file)
    if hub.is_parquet(sample):
        return "parquet"
    if sample.startswith(b"\xd0\xcf\x11\xe0"):
        return "workbook"
    return "docbin" if docbin.is_docbin(sample) else ""


def _tool(text: str) -> str:
    """The format of another labelling tool; empty: it is none."""
    tool = foreign.kind_of(foreign.first_of(text))
    if tool:
        listed = text.lstrip().startswith("[") or tool == "rows"
        return f"{tool}+{'json' if listed else 'jsonl'}"
    return "conll" if foreign.is_conll(text) else ""


def _archive(file: BinaryIO) -> str:
    """A workbook, a data set of tables, or else an archive of texts."""
    try:
        with zipfile.ZipFile(file) as container:
            names = set(container.namelist()[:2000])
            dataset = hub.is_dataset(container)
    except (zipfile.BadZipFile, OSError, ValueError):
        return "zip"
    finally:
        file.seek(0)
    if "xl/workbook.xml" in names or "content.xml" in names:
        return "workbook"
    return "dataset" if dataset else "zip"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _encoding(sample: bytes) -> str:
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if odd > 0.3 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.1 * half:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # its end may cut a letter in two
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str, *, sure: bool) -> str:
    """The sign between cells: the one that stands equally often in most rows; empty: it is no table."""
    best, most = "", 0.0
    for sign in _DELIMITERS:
        rows = list(_some_rows(text, sign))
        widths = [len(row) for row in rows if row]
        if len(widths) < 2 and not sure:
            continue
        wide = max(set(widths), key=widths.count, default=1)
        if wide < 2:
            continue
        share = widths.count(wide) / len(widths)
        if widths and widths[0] == wide and share > 0.7 and share * wide**0.25 > most:
            best, most = sign, share * wide**0.25
    if best or not sure:
        return best
    return ";" if text.count(";") > text.count(",") else ","


def _some_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    lines = text.splitlines(keepends=True)[: -1 if len(text) > SAMPLE // 2 else None]
    reader = csv.reader(lines[:200], delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except (StopIteration, csv.Error):
            return


def _has_head(text: str, delimiter: str) -> bool:
    """Whether the first row looks like names: short, all different, none empty, none a number."""
    first = [cell.strip() for cell in next(_some_rows(text, delimiter), [])]
    return all(
        0 < len(cell) <= 60 and not cell.replace(".", "").isdigit() for cell in first
    ) and len({cell.casefold() for cell in first}) == len(first)


# -- row by row -----------------------------------------------------------------------------------


def records(
    file: BinaryIO, shape: Shape, *, every: bool = False, quoted: int = QUOTED_MOST
) -> Iterator[Record]:
    """The rows of a file. ``every``: rows of a table whose cells are all empty, too.

    ``quoted``: so many characters a record of several lines may have.

    Raises:
        BadUpload: it cannot be opened as what it is.
    """
    csv.field_size_limit(LINE_MOST)
    if shape.format == "csv":
        rows = _csv_rows(_lines(file, shape.encoding), shape.delimiter, quoted)
        return _table(rows, head=shape.head, every=every)
    if shape.format == "jsonl":
        return _json_lines(_lines(file, shape.encoding))
    if shape.format == "json":
        return _json_list(file, shape.encoding)
    tool, sign, base = shape.format.partition("+")
    if sign and tool in foreign.READERS and base in {"json", "jsonl"}:
        whole = _json_list(file, shape.encoding) if base == "json" else None
        return _unfolded(tool, whole or _json_lines(_lines(file, shape.encoding)))
    if shape.format == "conll":
        lines = (text for _, text, _ in _lines(file, shape.encoding))
        return _numbered(foreign.conll(lines))
    if shape.format == "lines":
        return _plain_lines(_lines(file, shape.encoding))
    if shape.format == "workbook":
        return _table(_sheet_rows(file), head=shape.head, every=every)
    whole_files = {
        "docbin": _docs,
        "zip": _members,
        "parquet": _parquet,
        "dataset": _dataset,
    }
    if shape.format in whole_files:
        return whole_files[shape.format](file)
    raise BadUpload(reason=N_("it is no text, no table and no archive of texts"))


_Line = tuple[int, str, str]
"""Number, text, and why it could not be read."""


def _lines(file: BinaryIO, encoding: str) -> Iterator[_Line]:
    """The lines of a text, numbered from 1. A line that is no UTF-8 is read as Windows-1252."""
    if encoding.startswith(("utf-16", "utf-32")):
        yield from _wide_lines(file, encoding)
        return
    number = 0
    while line := file.readline(LINE_MOST):
        number += 1
        if len(line) >= LINE_MOST and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = file.readline(LINE_MOST)
            yield number, "", "row_too_long"
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            text = line.decode("cp1252", "replace")
        yield number, text, ""


def _wide_lines(file: BinaryIO, encoding: str) -> Iterator[_Line]:
    reader = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    number = 0
    while line := reader.readline(LINE_MOST // 4):
        number += 1
        if len(line) >= LINE_MOST // 4 and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = reader.readline(LINE_MOST // 4)
            yield number, "", "row_too_long"
            continue
        yield number, line.removeprefix("\ufeff") if number == 1 else line, ""


class _UnclosedError(Exception):
    """A quotation mark was opened and nothing closes it."""


class _Feed:
    """Hands lines to the reader of CSV, and remembers those of the record under way, to begin anew."""

    def __init__(self, lines: Iterator[_Line], most: int) -> None:
        self._lines = lines
        self.back: list[str] = []
        self.held: list[str] = []
        self.size = 0
        self.most = most
        self.broken = False

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.held and self.size > self.most:
            raise _UnclosedError
        if self.back:
            line = self.back.pop()
        else:
            try:
                _, line, reason = next(self._lines)
            except StopIteration:
                if len(self.held) > 1:  # the end, with a quotation mark still open
                    raise _UnclosedError from None
                raise
            if reason:
                self.broken = True
                line = "\n"
        self.held.append(line)
        self.size += len(line)
        return line


def _csv_rows(
    lines: Iterator[_Line], delimiter: str, quoted: int
) -> Iterator[tuple[list[str], str]]:
    """Cells of each record, or why there are none; an unclosed quotation mark costs its own line only."""
    feed = _Feed(lines, quoted)
    reader = csv.reader(feed, delimiter=delimiter)
    unclosed = 0
    while True:
        feed.held, feed.size, feed.broken = [], 0, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_UnclosedError, csv.Error):
            unclosed += 1
            if unclosed >= UNCLOSED_MOST:
                feed.most = 0
            feed.back += reversed(feed.held[1:])
            reader = csv.reader(feed, delimiter=delimiter)
            yield [], "quotes"
            continue
        yield (cells, "") if not feed.broken else ([], "row_too_long")


def _table(
    rows: Iterator[tuple[list[Any], str]], *, head: bool, every: bool = False
) -> Iterator[Record]:
    """Rows with the names of their columns; a row with more cells than columns is not guessed at."""
    names: list[str] = []
    for number, (cells, reason) in enumerate(rows, start=1):
        if reason:
            yield Record(number, reason=reason)
            continue
        if not any(cells) and not (every and cells and names):
            continue  # an empty row
        if not names:
            names = _names(cells if head else [""] * len(cells))
            if head:
                continue
        extra = [cell for cell in cells[len(names) :] if str(cell).strip()]
        if extra:
            detail = f"{len(cells)} > {len(names)}"
            yield Record(number, reason="columns", detail=detail)
            continue
        yield Record(number, dict(zip(names, cells, strict=False)))


def _names(cells: list[Any]) -> list[str]:
    """Names of columns: each its own, none empty."""
    found: list[str] = []
    for place, cell in enumerate(cells[:COLUMNS_MOST], start=1):
        name = " ".join(str(cell).replace("\x00", "").split())[:64] or f"column {place}"
        while name in found:
            name = f"{name[:58]} ({place})"
        found.append(name)
    return found


def _json_lines(lines: Iterator[_Line]) -> Iterator[Record]:
    for number, line, reason in lines:
        if reason:
            yield Record(number, reason=reason)
        elif line.strip():
            yield _json_record(number, line)


def _json_record(number: int, line: str) -> Record:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return Record(number, reason="not_json")
    if isinstance(found, str):
        found = {"text": found}
    if not isinstance(found, dict):
        return Record(number, reason="not_json")
    return Record(number, {str(name)[:64]: value for name, value in found.items()})


def _json_list(file: BinaryIO, encoding: str) -> Iterator[Record]:
    body = file.read(WHOLE_MOST + 1)
    if len(body) > WHOLE_MOST:
        raise BadUpload(reason=N_("a JSON list may have 64 MB; larger ones go as JSON lines"))
    try:
        found = json.loads(body.decode(encoding, "replace").removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadUpload(reason=N_("it is no valid JSON")) from error
    names: ClassNames = {}
    if isinstance(found, dict):  # the list stands under a name
        names = of_features(found.get("features")) if "rows" in found else {}
        lists = [found.get("rows"), *found.values()]
        found = next((one for one in lists if isinstance(one, list)), [found])
    if not isinstance(found, list):
        raise BadUpload(reason=N_("it is no list of texts"))
    for number, one in enumerate(found, start=1):
        if isinstance(one, str):
            yield Record(number, {"text": one})
        elif isinstance(one, dict):
            cells = {str(name)[:64]: value for name, value in one.items()}
            if names and isinstance(cells.get("row"), dict):
                cells["row"] = named(cells["row"], names)
            yield Record(number, cells)
        else:
            yield Record(number, reason="not_json")


def _parquet(file: BinaryIO) -> Iterator[Record]:
    """Rows of a table with types; words with tags beneath them are a text with passages."""
    for number, cells in enumerate(hub.parquet(file), start=1):
        tagged = foreign.tagged(cells)
        yield Record(number, cells) if tagged is None else _told(number, tagged)


def _dataset(file: BinaryIO) -> Iterator[Record]:
    """The rows of all tables of a data set, numbered through; ``table`` says where each is from."""
    try:
        container = zipfile.ZipFile(file)
        names = hub.names_of(container)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadUpload(reason=N_("the archive is broken")) from error
    number = 0
    for name, table in hub.tables(container):
        shape = shape_of(table, name)
        if shape.format in {"dataset", "zip"}:  # few bytes of archives in archives are endless rows
            raise BadUpload(reason=N_("the archive is broken"))
        for record in records(table, shape):
            number += 1
            tagged = foreign.tagged(cells := named(record.cells, names))
            told = replace(record, row=number, cells=cells)
            told = told if tagged is None else _told(number, tagged)
            more = {"table": name[-64:]} if told.cells and "table" not in told.cells else {}
            yield replace(told, cells={**told.cells, **more})


def _unfolded(tool: str, found: Iterator[Record]) -> Iterator[Record]:
    """What another tool's records say, a row for each person who answered; rows are numbered anew."""
    number = 0
    for record in found:
        number += 1
        if record.reason:
            yield replace(record, row=number)
            continue
        try:
            some = list(foreign.unfold(tool, record.cells))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            yield Record(number, reason="not_json", detail=str(record.row))
            continue
        for at, one in enumerate(some):
            number += at > 0
            yield _told(number, one)


def _numbered(found: Iterator[foreign.Found]) -> Iterator[Record]:
    for number, one in enumerate(found, start=1):
        yield _told(number, one)


def _docs(file: BinaryIO) -> Iterator[Record]:
    body = file.read(WHOLE_MOST + 1)
    if len(body) > WHOLE_MOST:
        raise BadUpload(reason=N_("a file of spaCy may have 64 MB; save it in parts"))
    yield from _numbered(docbin.docs(body))


def _told(number: int, one: foreign.Found) -> Record:
    cells = {str(name)[:64]: value for name, value in one.meta.items()}
    said: Any = one.said
    if one.said is not None and len(one.said) == 1 and isinstance(one.said[0], str):
        said = one.said[0]  # a column of single labels
    cells |= {"text": one.text, "label": said}
    if one.outside not in {"", None}:
        cells["id"] = one.outside
    return Record(number, cells, detail=one.note, by=one.by[:200], hint=one.hint)


def _plain_lines(lines: Iterator[_Line]) -> Iterator[Record]:
    for number, line, reason in lines:
        if reason:
            yield Record(number, reason=reason)
        elif line.strip():
            yield Record(number, {"text": line.strip("\r\n")})


def _members(file: BinaryIO) -> Iterator[Record]:
    """The text files of an archive, each a row: its name, the folder it is in, its text."""
    try:
        container = zipfile.ZipFile(file)
        members = [one for one in container.infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadUpload(reason=N_("the archive is broken")) from error
    if len(members) > MEMBERS_MOST:
        raise BadUpload(reason=N_("the archive has more than 200,000 files; use a table"))
    number = 0
    for member in members:
        path = member.filename.replace("\\", "/")
        name = path.rpartition("/")[2]
        if path.startswith("__MACOSX/") or name.startswith("."):
            continue
        number += 1
        if not name.lower().endswith((".txt", ".md", ".text")):
            yield Record(number, reason="not_text", detail=name[:200])
            continue
        try:
            with container.open(member) as opened:
                body = opened.read(LINE_MOST)
        except (zipfile.BadZipFile, OSError, RuntimeError, zlib.error, EOFError):
            yield Record(number, reason="unreadable", detail=name[:200])
            continue
        text = body.decode(_encoding(body), "replace").removeprefix("\ufeff")
        folder = path.rpartition("/")[0].rpartition("/")[2]
        yield Record(number, {"text": text, "file": name, "folder": folder})


def _sheet_rows(file: BinaryIO) -> Iterator[tuple[list[Any], str]]:
    """The rows of a workbook's first sheet with something in it; no formula is computed."""
    from python_calamine import (  # noqa: PLC0415  only workbooks need it
        CalamineError,
        CalamineWorkbook,
    )

    body = file.read(WHOLE_MOST + 1)
    if len(body) > WHOLE_MOST:
        raise BadUpload(reason=N_("a workbook may have 64 MB; save larger ones as CSV"))
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names[:20]]
    except (CalamineError, ValueError, OSError) as error:
        reason = N_("it is locked with a password")
        if "password" not in str(error).lower():
            reason = N_("it is no complete workbook")
        raise BadUpload(reason=reason) from error
    sheet = next((one for one in sheets if one.height and one.width), None)
    if sheet is None:
        raise BadUpload(reason=N_("it is empty"))
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row[:COLUMNS_MOST]], ""


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
