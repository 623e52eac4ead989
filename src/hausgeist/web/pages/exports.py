# SPDX-License-Identifier: EUPL-1.2
"""Saving: one conversation in a format, all of them, and one message as it was written."""

from collections.abc import AsyncIterator

from starlette.responses import Response

from hausgeist.chat.exports import Format
from hausgeist.errors import N_, NotFound
from hausgeist.web.contexts.exports import ExportPage
from hausgeist.web.disposition import attachment, safe_name
from hausgeist.web.rendering import page, shell
from hausgeist.web.reply import ByteStream, while_connected
from hausgeist.web.routes import page_get
from hausgeist.web.visit import Visit


async def show(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/export``: in which format?"""
    opened = await visit.house.chat.open(visit.principal, _talk(visit), 1)
    frame = await shell(visit, N_("Export the conversation"), "chat")
    talk = opened.conversation
    return page(visit, "export.html", ExportPage(frame, talk.id, talk.title))


async def one(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/export/{format}``."""
    try:
        kind = Format(str(visit.path_params["format"]))
    except ValueError:
        raise NotFound from None
    await visit.body()  # nothing; so that a reader who goes away is noticed
    made = await while_connected(
        visit.receive, visit.house.exports.one(visit.principal, _talk(visit), kind)
    )
    name = safe_name(made.title, f".{kind.value}")
    return Response(made.content, headers=_saved(name), media_type=made.media)


async def everything(visit: Visit) -> Response:
    """``GET /export/conversations.zip``: all of this person's conversations."""
    pieces = visit.house.exports.everything(visit.principal, safe_name)
    first = await anext(pieces)
    return ByteStream(_after(first, pieces), "application/zip", _saved("Hausgeist.zip"))


async def source(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/messages/{message_id}.md``: a message as it was written."""
    said = await visit.house.exports.source(
        visit.principal, _talk(visit), str(visit.path_params["message_id"])
    )
    headers = {"Cache-Control": "no-store"}
    return Response(said.text, headers=headers, media_type="text/markdown; charset=utf-8")


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _talk(visit: Visit) -> str:
    return str(visit.path_params["conversation_id"])


def _saved(name: str) -> dict[str, str]:
    return {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}


ROUTES = [
    page_get("/c/{conversation_id}/export", show, "Save a conversation: in which format?"),
    page_get("/c/{conversation_id}/export/{format}", one, "Save a conversation"),
    page_get(
        "/c/{conversation_id}/messages/{message_id}.md", source, "A message as it was written"
    ),
    page_get("/export/conversations.zip", everything, "Save all conversations"),
]
