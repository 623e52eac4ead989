# SPDX-License-Identifier: EUPL-1.2
"""Attached files: they arrive in pieces, are shown with what was read, and are given to their owner alone.

A script sends a content as the body itself, with its name in a header; a browser without one sends a
form. Nothing is shown as what it says it is: pictures were encoded anew, all else is a download.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from starlette.responses import Response

from hausgeist.core.labels import DataClass
from hausgeist.errors import (
    N_,
    BadRequest,
    FileTooLarge,
    HausgeistError,
    NotFound,
    UnsupportedEncoding,
)
from hausgeist.locale import translator
from hausgeist.store.files import Held
from hausgeist.web.amounts import number
from hausgeist.web.contexts.files import FilePage, FilesPage
from hausgeist.web.form_parts import Parts
from hausgeist.web.forms import FORM_MOST, data_class_of, local_path, path_of, read_form
from hausgeist.web.pages import file_views
from hausgeist.web.rendering import go, language_for, page, render, shell
from hausgeist.web.reply import ByteStream, JSONBytes
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.visit import Visit

NAME_HEADER = "x-file-name"
"""What a script calls the file, percent-encoded: an address would be in the logs of proxies."""
STILL = 60.0
"""Seconds of silence after which a content that is arriving is given up."""
PATIENCE = 60.0
"""Seconds a browser without a script waits for its files to be read."""
SHOWN_MOST = 200_000
"""Characters of a text on its page; the download has all of them."""
INLINE = frozenset({"image/png", "image/jpeg"})
"""What we have encoded ourselves, and browsers show."""
_SHUT = "sandbox; default-src 'none'"

_encode = msgspec.json.Encoder().encode


async def show_all(visit: Visit) -> Response:
    """``GET /files``: what is attached and not sent; a script gets the chips alone."""
    found = await visit.house.files.unsent(visit.principal)
    if visit.headers.get("accept") == "application/json":
        language = language_for(visit)
        words = render(language, "parts/files_words.html", file_views.attached(visit, (), language))
        chips = "".join(_chip(visit, held) for held in found)
        return JSONBytes(_encode({"html": chips, "words": words}))
    return await _files_page(visit, back=visit.query_params.get("back", ""))


async def add(visit: Visit) -> Response:
    """``POST /files``: take a file in."""
    kind = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    if visit.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedEncoding(encoding=visit.headers["content-encoding"][:60])
    if kind == "multipart/form-data":
        return await _add_form(visit)
    try:
        held = await _add_one(visit)
    except HausgeistError as error:
        words = error.say(translator(language_for(visit)))
        headers = {"Connection": "close"}  # what is still on its way will not be read
        return JSONBytes(_encode({"error": words, "code": error.code}), error.status, headers)
    return JSONBytes(_encode({"id": held.id, "html": _chip(visit, held)}), 201)


async def show(visit: Visit) -> Response:
    """``GET /files/{file_id}``: what was read out of it; a script gets its chip."""
    held = await visit.house.files.find(visit.principal, _id(visit))
    if visit.headers.get("accept") == "application/json":
        answer = {"state": held.state, "html": _chip(visit, held)}
        return JSONBytes(_encode(answer))
    text = await visit.house.files.text(visit.principal, held.id)
    frame = await shell(visit, N_("File"), "chat")
    language = frame.language
    rest = len(text) - SHOWN_MOST
    more = translator(language)(N_("{count} more characters are in the download."))
    context = FilePage(
        shell=frame,
        file=file_views.chip(held, language),
        facts=file_views.facts(held, language),
        notes=file_views.notes(held, language),
        text=text[:SHOWN_MOST],
        more=more.format(count=number(rest, language)) if rest > 0 else "",
        sent=held.conversation_id is not None,
        back=f"/c/{held.conversation_id}" if held.conversation_id else "/files",
    )
    return page(visit, "file.html", context)


async def content(visit: Visit) -> Response:
    """``GET /files/{file_id}/content``: a picture to be shown, anything else to be kept."""
    held = await visit.house.files.find(visit.principal, _id(visit))
    if held.state != "ready":
        raise NotFound
    return served(held, visit.house.files.pieces(visit.principal.id, held.id))


async def text_of(visit: Visit) -> Response:
    """``GET /files/{file_id}/text``: all that was read, as a download."""
    held = await visit.house.files.find(visit.principal, _id(visit))
    text = await visit.house.files.text(visit.principal, held.id)
    if not text:
        raise NotFound
    headers = _headers(f"{held.name}.txt", "attachment")
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


async def label(visit: Visit) -> Response:
    """``POST /files/{file_id}/class``: another data class, before it is sent."""
    form = await read_form(visit)
    data_class = data_class_of(form.text("class"))
    await visit.house.files.label(visit.principal, _id(visit), data_class.word)
    return go(_back(visit, form.text("back", "", most=2000)))


async def remove(visit: Visit) -> Response:
    """``POST /files/{file_id}/delete``: remove a file that was not sent."""
    form = await read_form(visit)
    await visit.house.files.remove(visit.principal, _id(visit))
    return go(_back(visit, form.text("back", "", most=2000)))


def served(held: Held, pieces: AsyncIterator[bytes]) -> Response:
    """A content for a browser, so that nothing in it can act on our pages."""
    inline = held.media in INLINE
    media = held.media if inline else "application/octet-stream"
    headers = _headers(held.name, "inline" if inline else "attachment")
    headers["Content-Length"] = str(held.size)
    return ByteStream(pieces, media, headers)


async def _add_one(visit: Visit) -> Held:
    """The body is the content."""
    data_class = _class_of(visit, visit.query_params.get("class", ""))
    declared = visit.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else None
    name = unquote(visit.headers.get(NAME_HEADER, ""), errors="replace")
    uploads = visit.house.uploads
    return await uploads.take_in(visit.principal, name, data_class, _arriving(visit), size)


async def _add_form(visit: Visit) -> Response:
    """A form of a page: as many files as were chosen; then the page they came from."""
    parts = Parts(visit.headers.get("content-type", ""), _arriving(visit))
    uploads = visit.house.uploads
    back, word = "", ""
    taken: list[Held] = []
    try:
        async for part in parts:
            if part.filename is None:
                value = await parts.text(2000)
                back = value if part.name == "back" else back
                word = value if part.name == "class" else word
            elif part.filename:
                data_class = _class_of(visit, word)
                taken.append(
                    await uploads.take_in(
                        visit.principal, part.filename, data_class, parts.content()
                    )
                )
    except HausgeistError as error:
        return await _files_page(visit, back=back, error=error)
    async with asyncio.TaskGroup() as waiting:
        for held in taken:
            waiting.create_task(uploads.wait(held.id, PATIENCE))
    return go(f"/files?back={quote(local_path(back), safe='')}")


async def _arriving(visit: Visit) -> AsyncIterator[bytes]:
    """The body as it comes; silence ends it."""
    stream = visit.stream()
    while True:
        try:
            async with asyncio.timeout(STILL):
                piece = await anext(stream, None)
        except TimeoutError as error:
            raise BadRequest(reason=N_("the body did not arrive in time")) from error
        if piece is None:
            return
        if piece:
            yield piece


async def _files_page(
    visit: Visit, *, back: str = "", error: HausgeistError | None = None
) -> Response:
    frame = await shell(visit, N_("Attached files"), "chat")
    found = await visit.house.files.unsent(visit.principal)
    context = FilesPage(
        shell=frame,
        attached=file_views.attached(visit, found, frame.language),
        back=local_path(back),
        error=error.say(translator(frame.language)) if error else "",
    )
    response = page(visit, "files.html", context, status=error.status if error else 200)
    if isinstance(error, FileTooLarge):
        response.headers["Connection"] = "close"
    return response


def _chip(visit: Visit, held: Held) -> str:
    language = language_for(visit)
    return render(language, "parts/attached_one.html", file_views.chip(held, language))


def _class_of(visit: Visit, word: str) -> DataClass:
    """The class that was chosen, else the organisation's."""
    return data_class_of(word) if word else visit.house.gateway.border.default_class


def _headers(name: str, how: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _SHUT,
        "Cache-Control": "private, no-store",
    }


def _back(visit: Visit, wanted: str) -> str:
    """Where a form leads afterwards: where it says, else where it came from."""
    return local_path(wanted, "") or path_of(visit.headers.get("referer", "")) or "/files"


def _id(visit: Visit) -> str:
    return str(visit.path_params["file_id"])


def _route(method: Any, path: str, endpoint: Endpoint, summary: str, **more: Any) -> Route:
    kept: Mapping[str, Any] = {"who": Who.SESSION, "dialect": "page", "summary": summary, **more}
    return Route(method=method, path=path, endpoint=endpoint, **kept)


ROUTES = [
    _route("GET", "/files", show_all, "Files that are attached and not sent"),
    _route("POST", "/files", add, "Attach a file"),
    _route("GET", "/files/{file_id}", show, "A file, and what was read out of it"),
    _route("GET", "/files/{file_id}/content", content, "The content of a file"),
    _route("GET", "/files/{file_id}/text", text_of, "The text of a file"),
    _route(
        "POST", "/files/{file_id}/class", label, "Give a file another class", max_body=FORM_MOST
    ),
    _route("POST", "/files/{file_id}/delete", remove, "Remove a file", max_body=FORM_MOST),
]
