# SPDX-License-Identifier: EUPL-1.2
"""The list of conversations and its order: folders, pins, archive, bin; pages and forms for all of it.

What scripts use of the same is a fragment (``/side``), and the same forms with ``Accept:
application/json``. Whatever was archived or deleted can be taken back by its moment, on the next page too.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
from starlette.responses import Response

from hausgeist.chat import Conversation
from hausgeist.chat.shelf import BIN_HOURS, PAGE
from hausgeist.errors import N_, DataHeld, HausgeistError, InvalidField
from hausgeist.locale import translator
from hausgeist.store.shelf import Cursor, Place
from hausgeist.web.contexts.chat_list import (
    OptionsPage,
    ShelfPage,
    ShelfRow,
    Side,
    SideFolder,
    SideRow,
    Undo,
)
from hausgeist.web.forms import Form, local_path, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.rendering import go, language_for, page, render, shell
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

TABS = (
    ("all", N_("Conversations"), "/conversations"),
    ("archive", N_("Archive"), "/archive"),
    ("bin", N_("Bin"), "/bin"),
)
TITLES = {"all": N_("All conversations"), "archive": N_("Archive"), "bin": N_("Bin")}
DONE = {
    "deleted": N_("Moved to the bin."),
    "archived": N_("Moved to the archive."),
    "restored": N_("Taken out of the bin."),
    "unarchived": N_("Back in the list."),
    "moved": N_("Moved."),
    "purged": N_("Deleted for good."),
    "undone": N_("Taken back."),
    "folder": N_("The folder is made."),
    "renamed": N_("Saved."),
    "removed": N_("The folder is deleted; its conversations are kept."),
}
HOUR = 3_600_000
FOLDERS_COOKIE = "hausgeist_folders"
"""Which folders of the list are open in this browser; scripts write it, so that nothing jumps at load."""
OPENED_MOST = 12


# -- the list beside the chat -----------------------------------------------------------------------


async def side_of(visit: Visit, current: str, language: str) -> Side:
    """The list for a page of the chat; ``current`` is the conversation that is shown."""
    before, word = cursor_of(visit)
    shown = visit.query_params.get("rows", "")
    overview = await visit.house.shelves.overview(
        visit.principal,
        int(shown) if _is_number(shown) else PAGE,
        before,
        opened=visit.cookies.get(FOLDERS_COOKIE, "").split(".")[:OPENED_MOST],
    )
    turn = translator(language)
    live = overview.answering
    today = _day(visit.house.now_ms())
    days: dict[str, list[SideRow]] = {}
    for talk in overview.others.conversations:
        heading = turn(_heading(today, _day(talk.updated_at)))
        days.setdefault(heading, []).append(SideRow(talk.id, talk.title, talk.id in live))
    here = f"/c/{current}" if current else "/"
    older = overview.others.older
    return Side(
        current=current,
        pinned=_rows(overview.pinned, live),
        folders=tuple(
            SideFolder(one.id, one.name, open=False)
            if inside is None
            else SideFolder(
                one.id,
                one.name,
                open=True,
                rows=_rows(inside.conversations, live),
                more=inside.older is not None,
            )
            for one, inside in overview.folders
        ),
        days=tuple((heading, tuple(rows)) for heading, rows in days.items()),
        older=f"{here}?older={older[0]}-{older[1]}" if older else "",
        newest=here if word else "",
        undo=undo_of(visit, language),
    )


def cursor_of(visit: Visit) -> tuple[Cursor | None, str]:
    """Where a list begins, from ``?older=``; what is no such place begins at the newest."""
    word = visit.query_params.get("older", "")
    at, _, talk_id = word.partition("-")
    if not (_is_number(at) and talk_id) or "\x00" in word:
        return None, ""
    return (int(at), talk_id[:32]), word


def undo_of(visit: Visit, language: str) -> Undo | None:
    """What the last form has done, from ``?deleted=`` or ``?archived=``, if it can be taken back."""
    for name in ("deleted", "archived"):
        at = visit.query_params.get(name, "")
        if _is_number(at):
            return Undo(translator(language)(DONE[name]), name, at)
    return None


async def side(visit: Visit) -> Response:
    """``GET /side?c=…``: the list as a fragment; ``rows`` says how many, ``older`` from where on."""
    language = language_for(visit)
    current = visit.query_params.get("c", "")
    view = await side_of(visit, current if current.isalnum() else "", language)
    return Response(
        render(language, "parts/side_list.html", view),
        media_type="text/html; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


# -- pages ------------------------------------------------------------------------------------------


async def show_all(visit: Visit) -> Response:
    """``GET /conversations``: everything but archive and bin, to select from."""
    return await _shelf_page(visit, "all", "/conversations")


async def show_archive(visit: Visit) -> Response:
    """``GET /archive``."""
    return await _shelf_page(visit, "archive", "/archive")


async def show_bin(visit: Visit) -> Response:
    """``GET /bin``."""
    return await _shelf_page(visit, "bin", "/bin")


async def show_folder(visit: Visit) -> Response:
    """``GET /folders/{folder_id}``."""
    folder_id = visit.path_params["folder_id"]
    found = await visit.house.shelves.folder(visit.principal, folder_id)
    return await _shelf_page(visit, "list", f"/folders/{found.id}", folder_id=found.id)


async def show_options(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/options``: what a script shows as a menu."""
    shelves, who = visit.house.shelves, visit.principal
    talk = (await visit.house.chat.open(who, visit.path_params["conversation_id"], 1)).conversation
    context = OptionsPage(
        shell=await shell(visit, N_("Conversation"), "chat"),
        id=talk.id,
        title=talk.title,
        pinned=talk.pinned_at is not None,
        archived=talk.archived_at is not None,
        folder=talk.folder_id or "",
        folders=tuple((one.id, one.name) for one in await shelves.folders(who)),
    )
    return page(visit, "chat_options.html", context)


# -- changes ----------------------------------------------------------------------------------------


async def change(visit: Visit) -> Response:
    """``POST /conversations``: do ``do`` with every ``conversation``; then go ``back``."""
    form = await read_form(visit)
    ids = form.many("conversation")
    do = form.text("do", most=20)
    back = local_path(form.text("back", "/", most=2000))
    if not ids:
        return go(back)
    shelves, who = visit.house.shelves, visit.principal
    undo = 0
    if do in {"pin", "unpin"}:
        await shelves.pin(who, ids, on=do == "pin")
        done = "renamed"
    elif do == "move":
        await _move(visit, form, ids)
        done = "moved"
    elif do == "archive":
        undo = await shelves.archive(who, ids)
        done = "archived"
    elif do == "unarchive":
        await shelves.unarchive(who, ids)
        done = "unarchived"
    elif do == "delete":
        undo = await shelves.delete(who, ids)
        done = "deleted"
    elif do == "restore":
        await shelves.restore(who, ids)
        done = "restored"
    elif do == "purge":
        try:
            await shelves.purge(who, ids)
        except DataHeld as error:
            return await _shelf_page(visit, "bin", "/bin", error=error)
        done = "purged"
    else:
        raise InvalidField(field="do", reason=N_("there is no such action"), param="do")
    return _answer(visit, done, back, undo)


async def _move(visit: Visit, form: Form, ids: Sequence[str]) -> None:
    name = form.text("name", "")
    if name:
        await visit.house.shelves.make_folder(visit.principal, name, ids)
    else:
        folder = form.text("folder", "", most=64) or None
        await visit.house.shelves.move(visit.principal, ids, folder)


async def undo(visit: Visit) -> Response:
    """``POST /conversations/undo``: take back what was archived or deleted at a moment."""
    form = await read_form(visit)
    archived, deleted = form.text("archived", ""), form.text("deleted", "")
    await visit.house.shelves.undo(
        visit.principal,
        archived=int(archived) if _is_number(archived) else None,
        deleted=int(deleted) if _is_number(deleted) else None,
    )
    return _answer(visit, "undone", local_path(form.text("back", "/", most=2000)))


async def make_folder(visit: Visit) -> Response:
    """``POST /folders``."""
    form = await read_form(visit)
    try:
        made = await visit.house.shelves.make_folder(visit.principal, form.text("name", ""))
    except InvalidField as error:
        return await _shelf_page(visit, "all", "/conversations", error=error)
    return _answer(visit, "folder", f"/folders/{made.id}")


async def rename_folder(visit: Visit) -> Response:
    """``POST /folders/{folder_id}``."""
    form = await read_form(visit)
    folder_id = visit.path_params["folder_id"]
    try:
        await visit.house.shelves.rename_folder(visit.principal, folder_id, form.text("name", ""))
    except InvalidField as error:
        return await _shelf_page(
            visit, "list", f"/folders/{folder_id}", folder_id=folder_id, error=error
        )
    return _answer(visit, "renamed", f"/folders/{folder_id}")


async def remove_folder(visit: Visit) -> Response:
    """``POST /folders/{folder_id}/delete``; its conversations stay."""
    await visit.house.shelves.remove_folder(visit.principal, visit.path_params["folder_id"])
    return _answer(visit, "removed", "/conversations")


def _answer(visit: Visit, done: str, back: str, undo: int = 0) -> Response:
    """Where to go on: for a script what to say and how to take it back, else the next page."""
    if visit.headers.get("accept", "") == "application/json":
        body = {
            "words": translator(language_for(visit))(DONE[done]),
            "field": done,
            "at": str(undo or ""),
        }
        return JSONBytes(msgspec.json.encode(body))
    path = back.partition("#")[0]
    gone = done in {"deleted", "archived"} and path.startswith("/c/")
    mark = f"{done}={undo}" if undo else f"done={done}"
    path = "/" if gone else path
    return go(f"{path}{'&' if '?' in path else '?'}{mark}")


# -- beneath ----------------------------------------------------------------------------------------


async def _shelf_page(
    visit: Visit,
    place: Place,
    here: str,
    *,
    folder_id: str | None = None,
    error: HausgeistError | None = None,
) -> Response:
    shelves, who = visit.house.shelves, visit.principal
    before, word = cursor_of(visit)
    found = await shelves.page(who, place, before, folder_id)
    folders = {one.id: one.name for one in await shelves.folders(who)}
    name = folders.get(folder_id or "", "")
    frame = await shell(visit, TITLES.get(place, N_("Folder")), "chat")
    turn = translator(frame.language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = ShelfPage(
        shell=frame,
        place="folder" if folder_id else place,
        here=here,
        tabs=tuple((key, turn(words), path) for key, words, path in TABS),
        rows=tuple(
            _shelf_row(talk, place, folders, frame.language) for talk in found.conversations
        ),
        folders=tuple(folders.items()),
        folder=folder_id or "",
        name=name,
        older=f"{here}?older={found.older[0]}-{found.older[1]}" if found.older else "",
        newest=here if word else "",
        undo=undo_of(visit, frame.language),
        done=turn(done) if done else "",
        error=error.say(turn) if error else "",
        bin_hours=BIN_HOURS,
    )
    return page(visit, "shelf.html", context, status=error.status if error else 200)


def _shelf_row(talk: Conversation, place: str, folders: dict[str, str], language: str) -> ShelfRow:
    at = {"archive": talk.archived_at, "bin": talk.deleted_at}.get(place) or talk.updated_at
    note = ""
    if talk.deleted_at is not None:
        gone = datetime.fromtimestamp((talk.deleted_at + BIN_HOURS * HOUR) / 1000, UTC).astimezone()
        when = f"{day_text(int(gone.timestamp() * 1000), language)}, {gone:%H:%M}"
        note = translator(language)(N_("is deleted for good after {when}")).format(when=when)
    return ShelfRow(
        id=talk.id,
        title=talk.title,
        day=day_text(at, language),
        folder=folders.get(talk.folder_id or "", "") if place != "list" else "",
        pinned=talk.pinned_at is not None,
        note=note,
    )


def _rows(talks: Iterable[Conversation], live: frozenset[str]) -> tuple[SideRow, ...]:
    return tuple(SideRow(talk.id, talk.title, talk.id in live) for talk in talks)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 16


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().date()


def _heading(today: date, day: date) -> str:
    if day >= today:
        return N_("Today")
    if day == today - timedelta(days=1):
        return N_("Yesterday")
    if day > today - timedelta(days=7):
        return N_("Last seven days")
    return N_("Last thirty days") if day > today - timedelta(days=30) else N_("Earlier")


ROUTES = [
    page_get("/side", side, "The list of conversations, as a fragment"),
    page_get("/conversations", show_all, "All conversations, to select from"),
    page_post("/conversations", change, "Pin, move, archive, delete or restore conversations"),
    page_post("/conversations/undo", undo, "Take back what was archived or deleted"),
    page_get("/archive", show_archive, "Archived conversations"),
    page_get("/bin", show_bin, "Deleted conversations"),
    page_post("/folders", make_folder, "Make a folder"),
    page_get("/folders/{folder_id}", show_folder, "A folder's conversations"),
    page_post("/folders/{folder_id}", rename_folder, "Rename a folder"),
    page_post("/folders/{folder_id}/delete", remove_folder, "Delete a folder, not what is in it"),
    page_get("/c/{conversation_id}/options", show_options, "What can be done with a conversation"),
]
