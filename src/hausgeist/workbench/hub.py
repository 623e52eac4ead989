# SPDX-License-Identifier: EUPL-1.2
"""Parquet files, and data sets as Hugging Face lays them out: open files flow in, cells flow out, row by row.

A data set is an archive of tables with ``README.md`` or ``dataset_info.json`` beside them, which name its
classes. Parquet takes the extra ``arrow``; a row group is read in pieces, on one thread, and what asks for
more memory than the child may have ends it. Runs in the limited child.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from typing import Any, BinaryIO

from hausgeist.errors import N_, BadUpload
from hausgeist.workbench.class_names import (
    ClassNames,
    named,
    of_info,
    of_parquet,
    of_readme,
)

MARK = b"PAR1"
TABLES = (".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")
WHOLE_MOST = 64 * 1024 * 1024
"""Bytes of a table of an archive."""
TABLES_MOST = 500
CARDS_MOST = 20
COLUMNS_MOST = 200
ROWS_AT_ONCE = 256
_CARDS = ("dataset_info.json", "dataset_infos.json", "readme.md")
_BROKEN = (zipfile.BadZipFile, OSError, RuntimeError, zlib.error, EOFError, ValueError)


def is_parquet(sample: bytes) -> bool:
    """Whether a file begins like Parquet."""
    return sample.startswith(MARK)


def parquet(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, with the names of classes that its metadata have.

    Raises:
        BadUpload: it is none that is whole, or the extra is not installed.
    """
    arrow, reader = _arrow("pyarrow"), _arrow("pyarrow.parquet")
    arrow.set_memory_pool(arrow.system_memory_pool())  # the others reserve gigabytes
    arrow.set_cpu_count(1)
    arrow.set_io_thread_count(1)
    try:
        found = reader.ParquetFile(file, memory_map=False, pre_buffer=False)
        schema = found.schema_arrow
        names = of_parquet(schema.metadata)
        columns = [one for one in schema.names if not _is_large(schema.field(one).type)]
        batches = found.iter_batches(
            ROWS_AT_ONCE, columns=columns[:COLUMNS_MOST], use_threads=False
        )
        for batch in batches:
            for cells in batch.to_pylist():
                yield named({str(key)[:64]: one for key, one in cells.items()}, names)
    except MemoryError:
        raise
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        # what pyarrow says of a file is one of these
        raise BadUpload(reason=N_("it is no complete Parquet file")) from error


def _arrow(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise BadUpload(
            reason=N_("Parquet takes the extra `arrow`, which is not installed here")
        ) from error


def _is_large(kind: Any) -> bool:
    """Pictures and sounds, which no text is in."""
    types = _arrow("pyarrow.types")
    if types.is_struct(kind):
        return any(types.is_binary(kind.field(at).type) for at in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def is_dataset(container: zipfile.ZipFile) -> bool:
    """Whether an archive is tables with a card beside them."""
    names = [one.lower().rpartition("/")[2] for one in container.namelist()[:5000]]
    return any(one in _CARDS for one in names) and any(
        one.endswith(TABLES) and one not in _CARDS for one in names
    )


def names_of(container: zipfile.ZipFile) -> ClassNames:
    """The names of classes that the cards of an archive have."""
    found: dict[str, Any] = {}
    cards = [
        (name, member)
        for member in container.infolist()
        if (name := member.filename.lower().rpartition("/")[2]) in _CARDS
    ]
    for name, member in cards[:CARDS_MOST]:
        body = _read(container, member)
        more = of_readme(body) if name == "readme.md" else of_info(body)
        found = {**more, **found}
    return found


def tables(container: zipfile.ZipFile) -> Iterator[tuple[str, BinaryIO]]:
    """The tables of an archive by their names, each open; their order is that of their names.

    Raises:
        BadUpload: one is too large, or cannot be read.
    """
    there = [
        one
        for one in container.infolist()
        if one.filename.lower().endswith(TABLES)
        and one.filename.lower().rpartition("/")[2] not in _CARDS
        and not one.filename.startswith(("__MACOSX/", "."))
    ]
    for member in sorted(there, key=lambda one: one.filename)[:TABLES_MOST]:
        yield member.filename, io.BytesIO(_read(container, member))


def _read(container: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        with container.open(member) as opened:
            body = opened.read(WHOLE_MOST + 1)
    except _BROKEN as error:
        raise BadUpload(reason=N_("the archive is broken")) from error
    if len(body) > WHOLE_MOST:
        raise BadUpload(reason=N_("a table of an archive may have 64 MB; hand it in by itself"))
    return body
