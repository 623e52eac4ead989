# SPDX-License-Identifier: EUPL-1.2
"""``/admin/trail``: the newest checkpoint to be kept outside, a check, the download, the proof of an event.

For administrators and auditors. Nobody's use can be read from it: see ``audit.trail``.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import IO, cast

from starlette.responses import Response

from hausgeist.audit.export import written
from hausgeist.errors import N_, Conflict, HausgeistError, NotFound
from hausgeist.locale import translator
from hausgeist.people.sink import Sink
from hausgeist.web.contexts.trail import HeadRow, ShownProof, TrailPage
from hausgeist.web.disposition import attachment
from hausgeist.web.moments import moment_text
from hausgeist.web.pages.admin import tabs
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.reply import ByteStream
from hausgeist.web.routes import Who, page_get, page_post
from hausgeist.web.visit import Visit

SHOWN = 12
"""Heads of the list."""


async def show(visit: Visit) -> Response:
    """``GET /admin/trail`` with ``event``, the number of an event to be proven."""
    word = visit.query_params.get("event", "").strip()
    if not word:
        return await _trail_page(visit)
    try:
        seq = _number(word)
        found = await visit.house.checkpoints.proof(seq)
    except NotFound as error:
        return await _trail_page(visit, event=word[:20], error=error)
    language = visit.principal.locale
    proof = ShownProof(found.seq, found.body or "", _count(found.checkpoint.size, language))
    return await _trail_page(visit, event=str(seq), proof=proof)


async def make(visit: Visit) -> Response:
    """``POST /admin/trail/checkpoint``: sign what there is now."""
    try:
        await visit.house.checkpoints.make()
    except Conflict as error:
        return await _trail_page(visit, error=error)
    return go("/admin/trail?done=made")


async def look(visit: Visit) -> Response:
    """``POST /admin/trail/check``: the newest heads and events; bounded, however long the trail is."""
    try:
        found = await visit.house.checkpoints.look()
    except Conflict as error:
        return await _trail_page(visit, error=error)
    language = visit.principal.locale
    words = translator(language)(
        N_(
            "In order: the signatures and roots of the newest {heads} checkpoints, and the content of the "
            "newest {events} of {size} events ({erased} of them erased)."
        )
    ).format(
        heads=found.heads,
        events=_count(found.events, language),
        size=_count(found.size, language),
        erased=found.erased,
    )
    return await _trail_page(visit, looked=words)


async def newest(visit: Visit) -> Response:
    """``GET /admin/trail/checkpoint.txt``: the newest checkpoint as a file to be kept outside."""
    head = await visit.house.checkpoints.newest()
    if head is None:
        raise NotFound
    return _file(head.note.encode(), f"checkpoint-{head.size}.txt")


async def key(visit: Visit) -> Response:
    """``GET /admin/trail/key.txt``: the public key that checks it."""
    notary = visit.house.checkpoints.notary
    text = await asyncio.to_thread(lambda: notary.key)
    return _file(f"{text}\n".encode(), "key.txt")


async def proof(visit: Visit) -> Response:
    """``GET /admin/trail/events/{number}/proof``: the proof of an event as a file."""
    found = await visit.house.checkpoints.proof(_number(visit.path_params["number"]))
    return _file(found.text.encode(), f"event-{found.seq}.tlog-proof")


async def export(visit: Visit) -> Response:
    """``GET /admin/trail/export``: everything as one ZIP for an auditor, as it is read."""
    house = visit.house
    head = await house.checkpoints.make()
    if head is None:
        raise NotFound
    notary, sink = house.checkpoints.notary, Sink()
    public = await asyncio.to_thread(lambda: notary.key)
    steps = written(house.store, public, head, cast("IO[bytes]", sink))

    def piece() -> bytes | None:
        for _ in steps:
            return sink.taken()
        return None

    async def pieces() -> AsyncIterator[bytes]:
        while (found := await asyncio.to_thread(piece)) is not None:
            yield found

    await house.trail.record("trail.exported", actor=visit.principal.id, events=head.size)
    return ByteStream(
        pieces(),
        "application/zip",
        headers={"Content-Disposition": attachment(f"trail-{head.size}.zip")},
    )


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 18):
        raise NotFound
    return int(word)


def _file(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(data, media_type="text/plain; charset=utf-8", headers=headers)


def _count(number: int, language: str) -> str:
    return f"{number:,}".replace(",", "." if language == "de" else ",")


async def _trail_page(
    visit: Visit,
    *,
    event: str = "",
    proof: ShownProof | None = None,
    looked: str = "",
    error: HausgeistError | None = None,
) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Audit trail"), "admin")
    language, turn = frame.language, translator(frame.language)
    size = await house.checkpoints.size()
    head = await house.checkpoints.newest()
    after = await house.checkpoints.latest(SHOWN)
    done = visit.query_params.get("done", "")
    context = TrailPage(
        shell=frame,
        tabs=tabs(language, administers=visit.principal.is_admin),
        events=_count(size, language),
        since=_count(size - (head.size if head is not None else 0), language),
        note=head.note if head is not None else "",
        when=moment_text(head.at_ms, language) if head is not None else "",
        key=await asyncio.to_thread(lambda: house.checkpoints.notary.key),
        heads=tuple(
            HeadRow(_count(one.size, language), moment_text(one.at_ms, language)) for one in after
        ),
        proof=proof,
        event=event,
        looked=looked,
        error=error.say(turn) if error is not None else "",
        done=turn(N_("Signed. Keep it outside now.")) if done == "made" else "",
    )
    return page(visit, "admin_trail.html", context, status=200 if error is None else error.status)


ROUTES = [
    page_get("/admin/trail", show, "The audit trail's newest checkpoint", who=Who.OVERSEER),
    page_post("/admin/trail/checkpoint", make, "Sign a checkpoint now", who=Who.OVERSEER),
    page_post("/admin/trail/check", look, "Check the newest events now", who=Who.OVERSEER),
    page_get("/admin/trail/checkpoint.txt", newest, "The newest checkpoint", who=Who.OVERSEER),
    page_get("/admin/trail/key.txt", key, "The key that checks it", who=Who.OVERSEER),
    page_get("/admin/trail/export", export, "The trail for an auditor", who=Who.OVERSEER),
    page_get(
        "/admin/trail/events/{number}/proof", proof, "The proof of an event", who=Who.OVERSEER
    ),
]
