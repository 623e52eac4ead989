# SPDX-License-Identifier: EUPL-1.2
"""Assistants and prompts as plain files: downloads, and an import that shows first what it would make."""

import asyncio
from collections.abc import Sequence

from starlette.responses import Response

from hausgeist.chat.library import Body, Entry, PromptBody
from hausgeist.chat.library.packs import ITEMS_MOST, UPLOAD_MOST, Found, file_name, pack, unpack
from hausgeist.chat.library.plain import NotPlain, read, written
from hausgeist.core.people import Principal
from hausgeist.errors import N_, BadRequest, BadUpload, Conflict, HausgeistError
from hausgeist.locale import translator
from hausgeist.store.library import Item, Kind, Whose
from hausgeist.web.contexts.library import Card, Coming, ImportPage
from hausgeist.web.forms import Form, read_form
from hausgeist.web.multipart import read_parts
from hausgeist.web.pages.library import KINDS, item
from hausgeist.web.pages.library_views import card_of, fault_words, said
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

CONFIRM_MOST = 3 * UPLOAD_MOST + 1024 * 1024
"""Bytes of the form that carries the files on: most letters escaped."""
EXPORT_MOST = 5000
WHOSE: tuple[Whose, ...] = ("", "mine", "groups", "everyone")


async def download(visit: Visit) -> Response:
    """``GET /library/{item_id}/file``: one item as Markdown."""
    entry = await visit.house.library.entry(visit.principal, item(visit))
    return _file(
        written(entry.body).encode(), "text/markdown; charset=utf-8", file_name(entry.body)
    )


async def export(visit: Visit) -> Response:
    """``GET /library/export?kind=…&whose=…&q=…``: what the gallery finds, as a ZIP."""
    asked = visit.query_params
    kind: Kind | None = next((one for one in KINDS if one == asked.get("kind")), None)
    whose: Whose = next((one for one in WHOSE if one == asked.get("whose")), "")
    words = asked.get("q", "").replace("\x00", "")[:200]
    found = await visit.house.library.gallery(
        visit.principal, kind, words=words, whose=whose, most=EXPORT_MOST
    )
    content = await asyncio.to_thread(pack, [entry.body for entry in found.entries])
    return _file(content, "application/zip", f"hausgeist-{kind or 'library'}.zip")


async def show_import(visit: Visit) -> Response:
    """``GET /library/import``."""
    return await _import_page(visit)


async def preview(visit: Visit) -> Response:
    """``POST /library/import``: what the files would make; nothing is made yet."""
    try:
        found = await _uploaded(visit)
    except (BadUpload, BadRequest) as error:
        return await _import_page(visit, error=error)
    return await _import_page(visit, found)


async def make(visit: Visit) -> Response:
    """``POST /library/import/make``: make the items that were ticked, all or none."""
    form = await read_form(visit)
    try:
        bodies = await asyncio.to_thread(_ticked, form)
        await visit.house.library.create(visit.principal, bodies)
    except NotPlain:  # somebody changed what the preview had checked
        return await _import_page(visit, error=BadUpload(reason=N_("it has changed")))
    except (BadRequest, Conflict) as error:
        return await _import_page(visit, error=error)
    kind = "prompt" if isinstance(bodies[0], PromptBody) else "assistant"
    return go(f"/library?kind={kind}&whose=mine&done=made")


def _ticked(form: Form) -> list[Body]:
    bodies = [
        read(form.exact(f"file-{place[:4]}", most=400_000).encode("utf-8", "replace"))
        for place in form.many("take")[:ITEMS_MOST]
    ]
    if not bodies:
        raise BadRequest(reason=N_("choose at least one file"))
    return bodies


async def _uploaded(visit: Visit) -> list[Found]:
    found: list[Found] = []
    for name, content in (await read_parts(visit, ITEMS_MOST + 10)).files.get("file", []):
        if name:
            found += await asyncio.to_thread(unpack, name, content)
    if not found:
        raise BadRequest(reason=N_("choose at least one file"))
    if len(found) > ITEMS_MOST:
        raise BadUpload(reason=N_("There are too many files; one import takes 300."))
    return found


async def _import_page(
    visit: Visit, found: Sequence[Found] = (), error: HausgeistError | None = None
) -> Response:
    frame = await shell(visit, N_("Import"), "library")
    turn = translator(frame.language)
    mine = await visit.house.library.names_of(visit.principal) if found else frozenset()
    coming = tuple(
        Coming(
            file=one.name,
            card=_preview_card(visit.principal, one.body, frame.language) if one.body else None,
            text=written(one.body) if one.body else "",
            faults=tuple(fault_words(fault, turn) for fault in one.faults),
            known=one.body is not None and (_kind(one.body), one.body.name) in mine,
        )
        for one in found
    )
    context = ImportPage(
        shell=frame,
        coming=coming,
        made=sum(one.card is not None for one in coming),
        error=said(error, frame.language),
    )
    return page(visit, "library_import.html", context, status=error.status if error else 200)


def _preview_card(who: Principal, body: Body, language: str) -> Card:
    item_now = Item(
        id="",
        kind=_kind(body),
        owner_id=who.id,
        name=body.name,
        version=1,
        audience="owner",
        shared_from=None,
        created_at=0,
        updated_at=0,
        archived_at=None,
        shown=1,
        body="",
    )
    entry = Entry(item=item_now, body=body, groups={}, may_change=True, may_take_over=False)
    return card_of(who, entry, language)


def _kind(body: Body) -> Kind:
    return "prompt" if isinstance(body, PromptBody) else "assistant"


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


ROUTES = [
    page_get("/library/export", export, "What the gallery finds, as a ZIP of plain files"),
    page_get("/library/import", show_import, "Import plain files: form"),
    page_post("/library/import", preview, "What files would make", UPLOAD_MOST + 64 * 1024),
    page_post("/library/import/make", make, "Make what the files say", CONFIRM_MOST),
    page_get("/library/{item_id}/file", download, "An item as a plain file"),
]
