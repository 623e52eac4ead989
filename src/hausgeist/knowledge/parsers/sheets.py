# SPDX-License-Identifier: EUPL-1.2
"""XLSX, XLS and ODS: bytes in, each sheet as a table out, by calamine. No formula is computed."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from hausgeist.errors import N_, FileLocked, FileUnreadable, FileWithoutText
from hausgeist.knowledge.parsers.read import COLUMNS_CUT, MACROS, ROWS_CUT, SHEETS_CUT, Lines, Read

SHEETS_MOST = 200
ROWS_MOST = 100_000
COLUMNS_MOST = 500


def read(payload: bytes, media: str, container: zipfile.ZipFile | None = None) -> Read:
    """The sheets of a workbook as Markdown tables; hidden ones too.

    Raises:
        FileLocked, FileUnreadable, FileWithoutText: as their names say.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(payload))
    except PasswordError as error:
        raise FileLocked from error
    except (CalamineError, ValueError, OSError) as error:
        if "password" in str(error).lower():
            raise FileLocked from error
        raise FileUnreadable(reason=N_("it is no complete workbook")) from error
    names = book.sheet_names
    result = Read(media=media, pages=len(names))
    lines = Lines()
    read_sheets = 0
    for name in names[:SHEETS_MOST]:
        if lines.full:
            break
        read_sheets += 1
        _sheet(book, name, lines, result)
    if read_sheets < len(names):
        result.note(SHEETS_CUT, read=read_sheets, sheets=len(names))
    if container is not None and any("vbaProject" in one for one in container.namelist()):
        result.note(MACROS)
    if not lines.finish(result).text:
        raise FileWithoutText
    return result


def _sheet(book: CalamineWorkbook, name: str, lines: Lines, result: Read) -> None:
    try:
        sheet = book.get_sheet_by_name(name)
    except (CalamineError, ValueError):  # a sheet of charts, or one that the file only promises
        return
    if not sheet.height or not sheet.width:
        return
    title = name[:60]
    lines.add(f"\n## {' '.join(title.split())}\n")
    if sheet.width > COLUMNS_MOST:
        result.note(COLUMNS_CUT, sheet=title, read=COLUMNS_MOST, columns=sheet.width)
    lines.table(_rows(sheet.iter_rows()))
    if sheet.height > ROWS_MOST:
        result.note(ROWS_CUT, sheet=title, read=ROWS_MOST, rows=sheet.height)


def _rows(found: Iterable[Sequence[object]]) -> Iterable[list[str]]:
    """The rows as words; empty ones are left out, and empty cells at their ends."""
    for number, row in enumerate(found):
        if number >= ROWS_MOST:
            return
        words = [_word(value) for value in row[:COLUMNS_MOST]]
        while words and not words[-1]:
            words.pop()
        if words:
            yield words


def _word(value: object) -> str:
    """A value as people would write it in a table of plain text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if value.time() != time() else f"{value:%Y-%m-%d}"
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)
