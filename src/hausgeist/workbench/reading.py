# SPDX-License-Identifier: EUPL-1.2
"""Reading files of texts, as the house sees it: a file on disk flows in, batches of rows flow out.

The child (``reading_inside``) gets the open file and nothing else. A batch is at most 500 rows or about a
million characters, and the child waits until it is taken: a file of any size costs the memory of a batch.
"""

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from hausgeist import errors
from hausgeist.errors import HausgeistError, TookTooLong, TookTooMuch, WorkCrashed
from hausgeist.jobs.confined import spawn
from hausgeist.jobs.frames import Endless, Gone, frame, gone

PROGRAM = Path(__file__).with_name("reading_inside.py")
MEGABYTES = 1536
"""Of address space; a workbook of 64 MB needs most of it, everything else a fraction."""
LOOK_SECONDS = 60
READ_SECONDS = 3600
FRAME_MOST = 32 * 1024 * 1024


class Shape(msgspec.Struct, frozen=True):
    """How a file is read: see ``records.Shape``."""

    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    head: bool = True


class Look(msgspec.Struct, frozen=True):
    """What a file seems to be: see ``looking.Look``."""

    columns: list[str]
    rows: list[list[str]]
    read: int
    complete: bool
    text: str
    label: str
    outside: str
    kind: str
    sign: str
    labels: list[tuple[str, int]]
    alike: list[list[str]]
    refused: list[tuple[int, str, str]]


class Found(msgspec.Struct, frozen=True):
    """A look at a file."""

    shape: Shape
    look: Look


class Hint(msgspec.Struct, frozen=True, array_like=True):
    """What another tool's model said of a text."""

    labels: list[str]
    spans: list[tuple[int, int, str]] | None
    model: str
    score: float | None


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A row: a text, or the reason why there is none. ``spans`` are start, end and label.

    ``by``: who answered, as another tool calls them. ``detail`` of a row without a reason says why its answer
    does not count: rejected, ignored.
    """

    row: int
    text: str
    outside: str
    meta: dict[str, str]
    labels: list[str]
    spans: list[tuple[int, int, str]] | None
    reason: str
    detail: str
    by: str = ""
    hint: Hint | None = None


class _Said(msgspec.Struct):
    rows: list[Row] = []
    at: int = 0
    shape: Shape | None = None
    look: Look | None = None
    end: bool = False
    error: str = ""
    values: dict[str, Any] = {}


_decoder = msgspec.json.Decoder(_Said)


async def look_at(path: Path, name: str, chosen: Mapping[str, str], *, head: bool | None) -> Found:
    """A look at a file; ``chosen`` and ``head`` are what a person said instead of a guess.

    Raises:
        BadUpload: it holds no texts.
        TookTooLong, TookTooMuch, WorkCrashed: the child kept to no limit.
    """
    wanted: dict[str, Any] = {"do": "look", "name": name, "chosen": dict(chosen)}
    if head is not None:
        wanted["head"] = head
    async with aclosing(_said(path, wanted, LOOK_SECONDS)) as answers:
        async for said in answers:
            if said.shape is not None and said.look is not None:
                return Found(said.shape, said.look)
    raise WorkCrashed


async def read_rows(
    path: Path, shape: Shape, plan: Mapping[str, Any], after: int
) -> AsyncGenerator[tuple[list[Row], int], None]:
    """Batches of rows after a row, each with how many bytes of the file were read (0: unknown).

    Raises as ``look_at``.
    """
    wanted = {"do": "read", "shape": msgspec.structs.asdict(shape), "after": after, **plan}
    async with aclosing(_said(path, wanted, READ_SECONDS)) as answers:
        async for said in answers:
            yield said.rows, said.at


async def _said(path: Path, wanted: dict[str, Any], seconds: int) -> AsyncGenerator[_Said, None]:
    wanted |= {"megabytes": MEGABYTES, "seconds": seconds}
    folder = tempfile.mkdtemp(prefix="hausgeist-")
    try:
        with path.open("rb") as file:
            child = await spawn(PROGRAM, json.dumps(wanted), folder=folder, stdin=file)
        try:
            while True:
                said = await _frame(child, seconds)
                if said.error:
                    raise _error(said)
                if said.end:
                    return
                yield said
        finally:
            await gone(child)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _frame(child: asyncio.subprocess.Process, seconds: int) -> _Said:
    try:
        async with asyncio.timeout(seconds):
            return _decoder.decode(await frame(child, FRAME_MOST))
    except TimeoutError:
        raise TookTooLong(seconds=seconds) from None
    except (Endless, msgspec.DecodeError) as error:
        raise WorkCrashed from error
    except Gone:
        code = await child.wait()
        if code in {-signal.SIGXCPU, -signal.SIGKILL}:
            raise TookTooLong(seconds=seconds) from None
        raise WorkCrashed from None


def _error(said: _Said) -> HausgeistError:
    """The error that a child told, if there is one of that name."""
    if said.error == "MemoryError":
        return TookTooMuch(megabytes=MEGABYTES)
    if said.error != "BadUpload":
        return WorkCrashed()
    return errors.BadUpload(reason=str(said.values.get("reason", "")))
