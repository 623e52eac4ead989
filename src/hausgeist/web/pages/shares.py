# SPDX-License-Identifier: EUPL-1.2
"""Sharing: the owner's pages, the reader's page, and the administration's switch."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.chat.shares import Kind, Read
from hausgeist.core.labels import DataClass
from hausgeist.errors import (
    N_,
    AnswerStillRuns,
    HausgeistError,
    InvalidField,
    NotFound,
    SharingOff,
    TooDelicateToShare,
)
from hausgeist.locale import counter, translator
from hausgeist.store.chats import Said
from hausgeist.store.shares import Share
from hausgeist.web.amounts import size
from hausgeist.web.contexts.shares import (
    SharedFile,
    SharedPage,
    SharedTurn,
    SharePage,
    ShareRow,
    SharesPage,
    SharingPage,
)
from hausgeist.web.disposition import attachment
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.chat_facts import provider_name
from hausgeist.web.pages.chat_views import html_of, model_name
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.reply import ByteStream
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

SHOWN = 200
"""Messages of a shared conversation that a page shows at first, and how many more each time."""
SHOWN_MOST = 5000
DAYS = (
    ("0", N_("Until I take it back")),
    ("1", N_("For one day")),
    ("7", N_("For a week")),
    ("30", N_("For a month")),
    ("365", N_("For a year")),
)
KINDS = {
    Kind.LINK: N_("As it was then"),
    Kind.GROUP: N_("As it was then"),
    Kind.LIVE: N_("Always as it is now"),
}
DONE = {
    "revoked": N_("Taken back. Nobody can read it any more."),
    "saved": N_("Saved."),
}
SAY_AGAIN = (InvalidField, SharingOff, TooDelicateToShare, AnswerStillRuns)
"""Errors that stand above the form they came from."""
_ENDINGS = {
    "stopped": N_("This answer was stopped."),
    "interrupted": N_("This answer is not complete."),
    "failed": N_("This answer is not complete."),
    "running": N_("This answer is still being written. Reload the page to see more of it."),
}


# -- the owner --------------------------------------------------------------------------------------


async def show_share(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/share``."""
    return await _share_page(visit)


async def share(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/share``."""
    form = await read_form(visit)
    await visit.house.chat.open(
        visit.principal, _talk(visit), 1
    )  # not theirs: not found, first of all
    try:
        kind = Kind(form.text("kind", ""))
    except ValueError:
        raise InvalidField(field="kind", reason=N_("choose who may read it")) from None
    days = form.text("days", "0")
    if not (days.isascii() and days.isdigit() and len(days) < 6):
        raise InvalidField(field="days", reason=N_("choose how long from the list"), param="days")
    try:
        made = await visit.house.shares.create(
            visit.principal,
            _talk(visit),
            kind,
            form.text("group", ""),
            int(days) or None,
        )
    except SAY_AGAIN as error:
        return await _share_page(visit, form=form, error=error)
    return go(f"/c/{_talk(visit)}/share?new={made}")


async def show_all(visit: Visit) -> Response:
    """``GET /shares``: what I share, and what is shared with me."""
    frame = await shell(visit, N_("Shared conversations"), "chat")
    turn = translator(frame.language)
    verbs = visit.house.shares
    mine = await verbs.mine(visit.principal)
    with_me = await verbs.with_me(visit.principal)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = SharesPage(
        shell=frame,
        allowed=await verbs.allowed(),
        mine=tuple(_row(visit, one, frame.language) for one in mine),
        with_me=tuple(_row(visit, one, frame.language) for one in with_me),
        done=turn(done) if done else "",
    )
    return page(visit, "shares.html", context)


async def revoke(visit: Visit) -> Response:
    """``POST /shares/{share_id}/revoke``."""
    form = await read_form(visit)
    talk_id = await visit.house.shares.revoke(visit.principal, visit.path_params["share_id"])
    back = f"/c/{talk_id}/share" if form.text("from", "") == "conversation" else "/shares"
    return go(f"{back}?done=revoked")


def _talk(visit: Visit) -> str:
    return str(visit.path_params["conversation_id"])


async def _share_page(
    visit: Visit, *, form: Form | None = None, error: HausgeistError | None = None
) -> Response:
    opened = await visit.house.chat.open(visit.principal, _talk(visit), 1)
    talk = opened.conversation
    verbs = visit.house.shares
    frame = await shell(visit, N_("Share the conversation"), "chat")
    turn = translator(frame.language)
    rows = await verbs.mine(visit.principal, talk.id)
    by_link = talk.data_class != DataClass.SPECIAL.word
    new = visit.query_params.get("new", "")
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = SharePage(
        shell=frame,
        conversation=talk.id,
        name=talk.title,
        allowed=await verbs.allowed(),
        data_class=turn(CLASSES[DataClass.parse(talk.data_class)]),
        by_link=by_link,
        groups=tuple(await verbs.groups_of(visit.principal)),
        days=tuple((value, turn(words)) for value, words in DAYS),
        kind=form.text("kind", "") if form else ("link" if by_link else "group"),
        group=form.text("group", "") if form else visit.principal.group,
        rows=tuple(_row(visit, one, frame.language) for one in rows),
        new=_link(visit, new) if any(one.id == new for one in rows) else "",
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "share.html", context, status=error.status if error else 200)


def _row(visit: Visit, one: Share, language: str) -> ShareRow:
    turn = translator(language)
    kind = Kind.LINK if one.group_id is None else Kind.LIVE if one.is_live else Kind.GROUP
    return ShareRow(
        id=one.id,
        title=one.title,
        conversation=one.conversation_id,
        audience=one.group_title or one.group_id or turn(N_("Everybody who has the link")),
        kind=turn(KINDS[kind]),
        link=_link(visit, one.id),
        since=day_text(one.created_at, language),
        until=day_text(one.expires_at, language),
        owner=one.owner_name,
        data_class=turn(CLASSES[DataClass.parse(one.data_class)]),
        paused=one.is_paused,
    )


def _link(visit: Visit, share_id: str) -> str:
    """The whole address, to be handed on."""
    ours = visit.house.settings.public_url or str(visit.base_url)
    return f"{ours.rstrip('/')}/s/{share_id}"


# -- the reader -------------------------------------------------------------------------------------


async def show_shared(visit: Visit) -> Response:
    """``GET /s/{share_id}``: what somebody shares."""
    most = _shown(visit)
    share_id = str(visit.path_params["share_id"])
    read = await visit.house.shares.read(visit.principal, share_id, most)
    frame = await shell(visit, N_("A shared conversation"), "chat")
    turn = translator(frame.language)
    words = (
        N_("Shared by {name} on {day}. You see it as it is now.")
        if read.share.is_live
        else N_("Shared by {name} on {day}, as it was then.")
    )
    day = day_text(read.share.created_at, frame.language)
    talk = read.opened.conversation
    context = SharedPage(
        shell=frame,
        share=share_id,
        name=talk.title,
        about=turn(words).format(name=read.share.owner_name, day=day),
        data_class=turn(CLASSES[DataClass.parse(talk.data_class)]),
        said=await _turns(visit, read, frame.language),
        is_mine=read.is_mine,
        conversation=talk.id if read.is_mine else "",
        hidden=read.opened.hidden,
        shown_next=most + SHOWN,
    )
    return page(visit, "shared.html", context)


async def copy(visit: Visit) -> Response:
    """``POST /s/{share_id}/copy``: go on with it in a conversation of one's own."""
    talk_id = await visit.house.shares.copy(visit.principal, str(visit.path_params["share_id"]))
    return go(f"/c/{talk_id}")


async def file(visit: Visit) -> Response:
    """``GET /s/{share_id}/files/{file_id}``: a file of the shared branch, to be saved."""
    owner_id, found = await visit.house.shares.file(
        visit.principal, visit.path_params["share_id"], visit.path_params["file_id"]
    )
    pieces = visit.house.shares.pieces(owner_id, found.file_id)
    first = await anext(pieces, None)
    if first is None:
        raise NotFound
    headers = {"Content-Disposition": attachment(found.name), "Cache-Control": "no-store"}
    return ByteStream(_after(first, pieces), "application/octet-stream", headers)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _shown(visit: Visit) -> int:
    wish = visit.query_params.get("shown", "")
    known = wish.isascii() and wish.isdigit() and len(wish) < 6
    return min(max(int(wish), SHOWN), SHOWN_MOST) if known else SHOWN


async def _turns(visit: Visit, read: Read, language: str) -> tuple[SharedTurn, ...]:
    """The branch; rendered in a thread, so that running answers do not wait for it."""
    branch = read.opened.branch
    answers = [said for said in branch if said.role != "user"]
    pages = await asyncio.to_thread(lambda: [html_of(said, language) for said in answers])
    html = {said.id: one for said, one in zip(answers, pages, strict=True)}
    return tuple(
        _question(read, said, language)
        if said.role == "user"
        else _answer(visit, said, html[said.id], language)
        for said in branch
    )


def _question(read: Read, said: Said, language: str) -> SharedTurn:
    under = f"/s/{read.share.id}/files"
    return SharedTurn(
        id=said.id,
        is_answer=False,
        who=read.share.owner_name,
        text=said.text,
        files=tuple(
            SharedFile(one.name, size(one.size, language), f"{under}/{one.file_id}")
            for one in said.files
        ),
    )


def _answer(visit: Visit, said: Said, html: str, language: str) -> SharedTurn:
    turn = translator(language)
    ending = _ENDINGS.get(said.state, "")
    return SharedTurn(
        id=said.id,
        is_answer=True,
        who=model_name(visit, said.model),
        html=html,
        thought=said.reasoning,
        zone=said.zone or "",
        facts=_facts(said, language),
        note=turn(ending) if ending else "",
    )


def _facts(said: Said, language: str) -> tuple[tuple[str, str], ...]:
    """Where an answer came from and what was left out of it; nobody's figures."""
    turn, counted = translator(language), counter(language)
    about = said.about
    word = said.data_class.upper() if said.data_class else ""
    left_out = about.get("left_out")
    found = (
        (N_("Data"), turn(CLASSES[DataClass[word]]) if word in DataClass.__members__ else ""),
        (N_("Day"), day_text(said.created_at, language)),
        (N_("Provider"), provider_name(about, turn)),
        (N_("Country"), about.get("country")),
        (N_("Version"), str(about.get("digest") or about.get("upstream") or "")[:19]),
        (
            N_("Left out"),
            counted("{count} earlier message", "{count} earlier messages", left_out)
            if left_out
            else "",
        ),
    )
    return tuple((turn(label), str(value)) for label, value in found if value)


# -- the administration -----------------------------------------------------------------------------


async def show_switch(visit: Visit) -> Response:
    """``GET /admin/sharing``."""
    frame = await shell(visit, N_("Sharing"), "admin")
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = SharingPage(
        frame,
        tabs(frame.language),
        await visit.house.shares.allowed(),
        translator(frame.language)(done) if done else "",
    )
    return page(visit, "admin_sharing.html", context)


async def switch(visit: Visit) -> Response:
    """``POST /admin/sharing``."""
    form = await read_form(visit)
    await visit.house.shares.allow(visit.principal, allowed=form.ticked("allowed"))
    return go("/admin/sharing?done=saved")


ROUTES = [
    page_get("/c/{conversation_id}/share", show_share, "Share a conversation: form"),
    page_post("/c/{conversation_id}/share", share, "Share a conversation"),
    page_get("/shares", show_all, "What is shared by me, and with me"),
    page_post("/shares/{share_id}/revoke", revoke, "Take a share back"),
    page_get("/s/{share_id}", show_shared, "A shared conversation"),
    page_post("/s/{share_id}/copy", copy, "Go on with a shared conversation as one's own"),
    page_get("/s/{share_id}/files/{file_id}", file, "A file of a shared conversation"),
    admin_get("/admin/sharing", show_switch, "Whether conversations may be shared"),
    admin_post("/admin/sharing", switch, "Switch sharing on or off", FORM_MOST),
]
