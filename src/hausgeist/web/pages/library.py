# SPDX-License-Identifier: EUPL-1.2
"""``/library``: the gallery of assistants and prompts, and the page of one item."""

from typing import get_args
from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.chat.library import Entry, PromptBody
from hausgeist.chat.library.collection import collection
from hausgeist.chat.library.library import PAGE
from hausgeist.errors import (
    N_,
    BadRequest,
    Conflict,
    HausgeistError,
    InvalidField,
    NotAllowed,
)
from hausgeist.locale import translator
from hausgeist.store.library import Audience, Kind, Whose
from hausgeist.web.contexts.library import GalleryPage, ItemPage
from hausgeist.web.forms import read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.library_views import blanks_of, card_of, facts_of, said
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import Who, page_get, page_post
from hausgeist.web.visit import Visit

PAGES_MOST = 1000
KINDS: tuple[Kind, ...] = get_args(Kind)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
KIND_NAMES = {"assistant": N_("Assistants"), "prompt": N_("Prompts")}
FILTERS = {
    "": N_("All"),
    "mine": N_("Mine"),
    "groups": N_("My groups"),
    "everyone": N_("Everyone"),
}
DONE = {
    "saved": N_("Saved."),
    "made": N_("Added to the library."),
    "copied": N_("This is your copy. Change it as you like."),
    "shared": N_("Whom it is for is saved."),
    "archived": N_("Archived. Chats that began with it go on; nobody finds it for new ones."),
    "back": N_("It is back in the library."),
    "deleted": N_("Deleted for good."),
    "taken": N_("It is yours now."),
    "restored": N_("The earlier version is the newest again."),
}


async def show(visit: Visit) -> Response:
    """``GET /library?kind=…&whose=…&q=…&archived=…&page=…``."""
    return await _gallery(visit)


async def show_item(visit: Visit) -> Response:
    """``GET /library/{item_id}``."""
    return await _item_page(visit)


async def share(visit: Visit) -> Response:
    """``POST /library/{item_id}/share``: whom it is for."""
    form = await read_form(visit)
    word = form.text("audience", "")
    audience = next((one for one in AUDIENCES if one == word), None)
    try:
        if audience is None:
            raise InvalidField(field="audience", reason=N_("choose one"), param="audience")
        await visit.house.library.share(visit.principal, item(visit), audience, form.many("group"))
    except (BadRequest, NotAllowed) as error:
        return await _item_page(visit, error)
    return go(f"/library/{item(visit)}?done=shared")


async def copy(visit: Visit) -> Response:
    """``POST /library/{item_id}/copy``: a copy of one's own, to edit."""
    frame = await shell(visit, N_("Library"), "library")
    entry = await visit.house.library.entry(visit.principal, item(visit))
    name = translator(frame.language)(N_("Copy of {name}")).format(name=entry.body.name)
    try:
        made = await visit.house.library.copy(visit.principal, item(visit), name)
    except Conflict as error:
        return await _item_page(visit, error)
    return go(f"/library/{made}?done=copied")


async def archive(visit: Visit) -> Response:
    """``POST /library/{item_id}/archive``: put away, or with ``back`` take back."""
    form = await read_form(visit)
    back = form.ticked("back")
    await visit.house.library.archive(visit.principal, item(visit), archived=not back)
    return go(f"/library/{item(visit)}?done={'back' if back else 'archived'}")


async def delete(visit: Visit) -> Response:
    """``POST /library/{item_id}/delete``: for good."""
    entry = await visit.house.library.entry(visit.principal, item(visit))
    try:
        await visit.house.library.delete(visit.principal, item(visit))
    except Conflict as error:
        return await _item_page(visit, error)
    return go(f"/library?kind={entry.item.kind}&done=deleted")


async def take_over(visit: Visit) -> Response:
    """``POST /library/{item_id}/take-over``: for what belongs to nobody."""
    await visit.house.library.take_over(visit.principal, item(visit))
    return go(f"/library/{item(visit)}?done=taken")


async def add_collection(visit: Visit) -> Response:
    """``POST /library/collection``: the starter collection, for everyone in the house."""
    frame = await shell(visit, N_("Library"), "library")
    library, who = visit.house.library, visit.principal
    if (await library.gallery(who, None, most=1)).count == 0:
        for made in await library.create(who, collection(frame.language)):
            await library.share(who, made, "everyone")
    return go("/library?done=made")


def item(visit: Visit) -> str:
    """The id in the address."""
    return str(visit.path_params["item_id"])


async def _gallery(visit: Visit) -> Response:
    asked = visit.query_params
    kind: Kind = next((one for one in KINDS if one == asked.get("kind")), KINDS[0])
    whose: Whose = next((one for one in get_args(Whose) if one == asked.get("whose", "")), "")
    archived = asked.get("archived") == "yes"
    words = asked.get("q", "").replace("\x00", "")[:200].strip()
    number = asked.get("page", "")
    place = (
        min(int(number), PAGES_MOST)
        if number.isascii() and number.isdecimal() and len(number) < 6
        else 1
    )
    place = max(place, 1)
    found = await visit.house.library.gallery(
        visit.principal, kind, words=words, whose=whose, archived=archived, skip=(place - 1) * PAGE
    )
    nothing = not found.count and not await _anything(visit)
    frame = await shell(visit, N_("Library"), "library")
    turn = translator(frame.language)
    done = DONE.get(asked.get("done", ""), "")

    def here(**changes: object) -> str:
        query = {
            "kind": kind,
            "whose": whose,
            "q": words,
            "archived": "yes" if archived else "",
            **changes,
        }
        return "/library?" + urlencode({key: value for key, value in query.items() if value})

    export = urlencode(
        [(key, word) for key, word in (("kind", kind), ("whose", whose), ("q", words)) if word]
    )
    context = GalleryPage(
        shell=frame,
        kind=kind,
        tabs=tuple((one, turn(KIND_NAMES[one]), here(kind=one, page="")) for one in KINDS),
        filters=tuple((one, turn(name), here(whose=one)) for one, name in FILTERS.items()),
        whose=whose,
        words=words,
        archived=archived,
        archive=here(archived="" if archived else "yes"),
        cards=tuple(card_of(visit.principal, one, frame.language) for one in found.entries),
        count=found.count,
        before=here(page=place - 1) if place > 1 else "",
        after=here(page=place + 1) if place * PAGE < found.count else "",
        done=turn(done) if done else "",
        empty=nothing,
        export=f"/library/export?{export}",
    )
    return page(visit, "library.html", context)


async def _anything(visit: Visit) -> bool:
    library, who = visit.house.library, visit.principal
    here = await library.gallery(who, None, most=1)
    return bool(here.count or (await library.gallery(who, None, archived=True, most=1)).count)


async def _item_page(visit: Visit, error: HausgeistError | None = None) -> Response:
    library, who = visit.house.library, visit.principal
    entry = await library.entry(who, item(visit))
    frame = await shell(visit, N_("Library"), "library")
    turn = translator(frame.language)
    done = DONE.get(visit.query_params.get("done", ""), "")
    own = entry.may_change
    context = ItemPage(
        shell=frame,
        card=card_of(who, entry, frame.language),
        version=entry.item.version,
        changed=day_text(entry.item.updated_at, frame.language),
        text=entry.body.text,
        facts=facts_of(visit, entry.body, frame.language),
        starters=() if isinstance(entry.body, PromptBody) else entry.body.starters,
        blanks=blanks_of(entry.body.text) if isinstance(entry.body, PromptBody) else (),
        may_change=own,
        may_take_over=entry.may_take_over,
        may_delete=own and entry.item.shared_from is None,
        uses=await library.uses(who, entry.item.id) if own else 0,
        audience=entry.item.audience,
        groups=await _groups(visit, entry) if own else (),
        may_publish=who.is_admin or entry.item.audience == "everyone",
        done=turn(done) if done else "",
        error=said(error, frame.language),
    )
    return page(visit, "library_item.html", context, status=error.status if error else 200)


async def _groups(visit: Visit, entry: Entry) -> tuple[tuple[str, str, bool], ...]:
    found = await visit.house.library.groups_for(visit.principal, entry.item.id)
    return tuple((one, title, one in entry.groups) for one, title in found.items())


ROUTES = [
    page_get("/library", show, "The library of assistants and prompts"),
    page_post("/library/collection", add_collection, "Add the starter collection", who=Who.ADMIN),
    page_get("/library/{item_id}", show_item, "An assistant or a prompt"),
    page_post("/library/{item_id}/share", share, "Say whom an item is for"),
    page_post("/library/{item_id}/copy", copy, "Make a copy of one's own"),
    page_post("/library/{item_id}/archive", archive, "Archive an item, or take it back"),
    page_post("/library/{item_id}/delete", delete, "Delete an item for good"),
    page_post("/library/{item_id}/take-over", take_over, "Take over what belongs to nobody"),
]
