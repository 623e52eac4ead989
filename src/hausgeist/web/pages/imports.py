# SPDX-License-Identifier: EUPL-1.2
"""Bringing conversations along from elsewhere: a file, a look at what is in it, and how far it is."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import IO

from starlette.responses import Response

from hausgeist.chat.imports import Import
from hausgeist.chat.imports.imports import FILE_MOST
from hausgeist.chat.labels import CLASSES
from hausgeist.errors import (
    N_,
    BadRequest,
    BadUpload,
    Conflict,
    HausgeistError,
    InvalidField,
    TooLarge,
    WorkEnded,
)
from hausgeist.locale import translator
from hausgeist.web.contexts.imports import ImportPage, ImportView
from hausgeist.web.form_parts import Parts
from hausgeist.web.forms import data_class_of, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.uploads import PIECE, arriving, keep
from hausgeist.web.visit import Visit

ARRIVES_WITHIN = 900.0
"""Seconds that a file may take to arrive."""
FRAME_MOST = 64 * 1024
"""Bytes of a form around its file."""
SAY_AGAIN = (BadRequest, BadUpload, Conflict, TooLarge, WorkEnded)
"""Errors that stand above the form they came from."""


async def show(visit: Visit) -> Response:
    """``GET /import``."""
    return await _import_page(visit)


async def take(visit: Visit) -> Response:
    """``POST /import``: a file, to be looked at."""
    try:
        with visit.house.imports.receiving(visit.principal), tempfile.TemporaryFile() as kept:
            await _receive(visit, kept)
            await visit.house.imports.take(visit.principal, _read(kept))
    except SAY_AGAIN as error:
        return await _import_page(visit, error)
    return go("/import")


async def begin(visit: Visit) -> Response:
    """``POST /import/{import_id}/begin``."""
    form = await read_form(visit)
    data_class = data_class_of(form.text("class", ""))
    await visit.house.imports.begin(visit.principal, _id(visit), data_class)
    return go("/import")


async def stop(visit: Visit) -> Response:
    """``POST /import/{import_id}/stop``: stop it, or forget it."""
    await visit.house.imports.stop(visit.principal, _id(visit))
    return go("/import")


def _id(visit: Visit) -> str:
    return str(visit.path_params["import_id"])


async def _receive(visit: Visit, kept: IO[bytes]) -> None:
    """Keep the form's file; at most a piece of it is ever in memory.

    Raises:
        BadRequest, TooLarge: it is no form with a file, or takes too long; it is too large.
    """
    body = arriving(visit, FILE_MOST, FRAME_MOST)
    parts = Parts(visit.headers.get("content-type", ""), body)
    try:
        async with asyncio.timeout(ARRIVES_WITHIN):
            async for part in parts:
                if part.name == "file" and part.filename:
                    await keep(parts.content(), kept)
    except TimeoutError as error:
        raise BadRequest(reason=N_("the body did not arrive in time")) from error
    if not kept.tell():
        raise InvalidField(field="file", reason=N_("choose a file first"), param="file")


async def _read(kept: IO[bytes]) -> AsyncIterator[bytes]:
    kept.seek(0)
    while piece := await asyncio.to_thread(kept.read, PIECE):
        yield piece


async def _import_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    frame = await shell(visit, N_("Import and export"), "chat")
    turn = translator(frame.language)
    current = await visit.house.imports.newest(visit.principal)
    context = ImportPage(
        shell=frame,
        limit=FILE_MOST // 2**20,
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        current=_view(current, frame.language) if current else None,
        error=error.say(turn) if error else "",
    )
    return page(visit, "import.html", context, status=error.status if error else 200)


def _view(one: Import, language: str) -> ImportView:
    turn = translator(language)
    found = one.found
    days = [day_text(at, language) for at in (found.oldest, found.newest) if at]
    return ImportView(
        id=one.id,
        state=one.state,
        sources=", ".join(found.sources),
        span=" – ".join(dict.fromkeys(days)),  # noqa: RUF001  a span has an en dash
        conversations=found.conversations,
        messages=found.messages,
        skipped=found.skipped,
        left_behind=found.left_behind,
        people=found.people,
        unreadable=tuple(
            (PurePath(name).name[:100], turn(reason)) for name, reason in found.unreadable
        ),
        unreadable_count=found.unreadable_count,
        total=one.total,
        done=one.done,
        added=one.added,
        known=one.known,
        data_class=one.data_class,
    )


ROUTES = [
    page_get("/import", show, "Import and export of conversations"),
    page_post("/import", take, "Look into a file of conversations", FILE_MOST + FRAME_MOST),
    page_post("/import/{import_id}/begin", begin, "Import what was found"),
    page_post("/import/{import_id}/stop", stop, "Stop or forget an import"),
]
