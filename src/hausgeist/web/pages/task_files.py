# SPDX-License-Identifier: EUPL-1.2
"""Files of texts over the edge: a form with files or lines flows in, one file on disk flows out.

Several text files become one archive. No more than a piece of a file is ever in memory.
"""

import asyncio
import zipfile
from pathlib import Path, PurePosixPath

from hausgeist.errors import N_, BadRequest, InvalidField
from hausgeist.web.form_parts import Parts
from hausgeist.web.uploads import arriving, keep
from hausgeist.web.visit import Visit
from hausgeist.workbench.intake import FILE_MOST

ARRIVES_WITHIN = 1800.0
"""Seconds that files may take to arrive."""
FRAME_MOST = 4 * 1024 * 1024
"""Bytes of a form around its files."""
LINES_MOST = 2 * 1024 * 1024
"""Bytes of pasted lines."""
FILES_MOST = 5_000
_TEXTS = (".txt", ".md", ".text")


async def received(visit: Visit, room: Path) -> str:
    """Keep what a form brings in ``room``; gives its name.

    Raises:
        BadRequest, TooLarge: it is no form with files, or takes too long; it is too large.
        InvalidField: nothing was chosen, or several files that are not all texts.
    """
    body = arriving(visit, FILE_MOST, FRAME_MOST)
    parts = Parts(visit.headers.get("content-type", ""), body)
    names: list[str] = []
    lines = ""
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            async for part in parts:
                if part.name == "lines":
                    lines = await parts.text(LINES_MOST)
                elif part.name == "file" and part.filename:
                    names.append(part.filename)
                    beside = _beside(room, len(names))
                    with await asyncio.to_thread(beside.open, "wb") as kept:
                        await keep(parts.content(), kept)
                    if len(names) > FILES_MOST:
                        raise BadRequest(reason=N_("at most 5,000 files; put them into an archive"))
        return await asyncio.to_thread(_one, room, names, lines)
    except TimeoutError as error:
        raise BadRequest(reason=N_("the body did not arrive in time")) from error
    finally:
        await asyncio.to_thread(_clear, room, len(names))


def _one(room: Path, names: list[str], lines: str) -> str:
    """Make one file of what came; gives its name."""
    if len(names) == 1:
        _beside(room, 1).rename(room)
        return PurePosixPath(names[0].replace("\\", "/")).name[:200]
    if names:
        if not all(name.lower().endswith(_TEXTS) for name in names):
            raise InvalidField(
                field="file",
                reason=N_("choose one table, or several text files (.txt, .md)"),
                param="file",
            )
        with zipfile.ZipFile(room, "w", zipfile.ZIP_STORED) as archive:
            for number, name in enumerate(names, start=1):
                path = PurePosixPath(name.replace("\\", "/"))
                archive.write(_beside(room, number), f"{path.parent.name}/{number} {path.name}")
        return f"{len(names)}.zip"
    if not lines.strip():
        raise InvalidField(
            field="file", reason=N_("choose a file, or paste some lines"), param="file"
        )
    room.write_text(lines.replace("\x00", ""), encoding="utf-8")
    return "lines.txt"


def _clear(room: Path, count: int) -> None:
    for number in range(1, count + 1):
        _beside(room, number).unlink(missing_ok=True)


def _beside(room: Path, number: int) -> Path:
    return room.with_name(f"{room.name}.{number}")
