# SPDX-License-Identifier: EUPL-1.2
"""The program that reads files of texts; run by its path, with the file as its standard input.

Argument: JSON with what is wanted. Out flow frames: four bytes of length and JSON. It takes limits upon
itself before it sees the first byte (the barriers of ``jobs.inside``): memory, time, no network, no
programs, no files but Python's own and the one it was given.
"""

import json
import os
import resource
import struct
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

from hausgeist.core.items import META_MOST, TEXT_MOST
from hausgeist.errors import HausgeistError
from hausgeist.jobs.inside import seclude
from hausgeist.workbench import looking, records
from hausgeist.workbench.looking import names_in, spans_in, words_of

BATCH_ROWS = 500
BATCH_CHARS = 1_000_000
META_VALUE_MOST = 300


def main() -> None:
    """Give up, read, tell."""
    wanted = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # what a library prints is no frame
    os.dup2(nothing, 2)
    memory = wanted["megabytes"] * 1024 * 1024
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, wanted["seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # systems that know a limit and do not keep it
            resource.setrlimit(what, (most, most))
    os.nice(5)
    seclude()
    said: dict[str, Any] = {"end": True}
    try:
        with os.fdopen(os.dup(0), "rb") as file:
            if wanted["do"] == "look":
                _look(file, wanted, out)
            else:
                _read(file, wanted, out)
    except HausgeistError as error:
        said = {"error": type(error).__name__, "values": error.values}
    except MemoryError:
        said = {"error": "MemoryError"}
    except RecursionError:
        said = {"error": "WorkCrashed"}
    except Exception:  # noqa: BLE001  the child supervisor's side: a foreign file may break anything
        said = {"error": "WorkCrashed"}
    _tell(out, said)
    out.flush()
    os._exit(0)  # nothing of a foreign library's shall run at the end


def _tell(out: BinaryIO, what: Any) -> None:
    body = json.dumps(what, ensure_ascii=False, default=str).encode("utf-8", "replace")
    out.write(struct.pack(">I", len(body)))
    out.write(body)


def _look(file: BinaryIO, wanted: dict[str, Any], out: BinaryIO) -> None:

    shape = records.shape_of(file, wanted["name"])
    if "head" in wanted:
        shape = records.Shape(shape.format, shape.encoding, shape.delimiter, wanted["head"])
    found = looking.look(records.records(file, shape), wanted["chosen"])
    _tell(out, {"shape": asdict(shape), "look": asdict(found)})


def _read(file: BinaryIO, wanted: dict[str, Any], out: BinaryIO) -> None:
    """Batches of rows: number, text, id elsewhere, properties, labels, passages, reason, detail."""
    batch: list[list[Any]] = []
    chars = 0
    after = wanted["after"]
    for record in records.records(file, records.Shape(**wanted["shape"])):
        if record.row <= after:
            continue
        made = _row(record, wanted)
        batch.append(made)
        chars += len(made[1])
        if len(batch) >= BATCH_ROWS or chars >= BATCH_CHARS:
            _tell(out, {"rows": batch, "at": file.tell() if not file.closed else 0})
            batch, chars = [], 0
    if batch:
        _tell(out, {"rows": batch, "at": 0})


def _row(record: Any, wanted: dict[str, Any]) -> list[Any]:

    if record.reason:
        return [record.row, "", "", {}, [], None, record.reason, record.detail]
    cells = record.cells
    text = words_of(cells.get(wanted["text"])).replace("\x00", "")
    if wanted["text"] not in cells:
        return [record.row, "", "", {}, [], None, "no_text", ""]
    if not text.strip():
        return [record.row, "", "", {}, [], None, "empty", ""]
    if len(text) > TEXT_MOST:
        return [record.row, "", "", {}, [], None, "too_long", str(len(text))]
    label, outside = wanted["label"], wanted["outside"]
    meta: dict[str, str] = {}
    room = META_MOST
    for name, value in cells.items():
        if name in {wanted["text"], label, outside} or name not in wanted["meta"]:
            continue
        words = words_of(value).replace("\x00", "").strip()[:META_VALUE_MOST]
        room -= len(name) + len(words) + 8
        if words and room > 0:
            meta[name] = words
    labels: list[str] | None = []
    spans = None
    if label and label in cells:
        if wanted["kind"] == "spans":
            spans = spans_in(cells[label])
        else:
            labels = names_in(cells[label], wanted["sign"])
    foreign = words_of(cells.get(outside)).replace("\x00", "").strip()[:200] if outside else ""
    hint = _hint(record, wanted)
    return [record.row, text, foreign, meta, labels, spans, "", record.detail, record.by, hint]


def _hint(record: Any, wanted: dict[str, Any]) -> list[Any] | None:
    """What another tool's model said: labels, passages, its name, its score."""
    if record.hint is None:
        return None
    said, model, score = record.hint
    spans = spans_in(said) if wanted["kind"] == "spans" else None
    return [names_in(said, ""), spans, model[:200], score]


if __name__ == "__main__":
    main()
