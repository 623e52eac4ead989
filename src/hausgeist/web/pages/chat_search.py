# SPDX-License-Identifier: EUPL-1.2
"""``/search``: a person's own conversations by their words; ``/search/live`` is the same while one types.

The marks are made here from the text as it was said; templates escape every piece of it.
"""

from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.chat.search import ASKED_MOST, Finding, Found, Passage
from hausgeist.errors import N_
from hausgeist.locale import counter, translator
from hausgeist.web.contexts.chat_list import FoundView, PlaceView, Results, SearchPage
from hausgeist.web.moments import day_text
from hausgeist.web.rendering import language_for, page, render, shell
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

SHORT = 8
"""Conversations in the list that shows while one types."""


async def show(visit: Visit) -> Response:
    """``GET /search?q=…&before=…``."""
    query = _asked(visit)
    frame = await shell(visit, N_("Search"), "chat")
    before = visit.query_params.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = await visit.house.search.find(visit.principal, query, place)
    results = await _results(visit, query, found, frame.language) if found.asked else None
    return page(visit, "search.html", SearchPage(frame, query, results))


async def live(visit: Visit) -> Response:
    """``GET /search/live?q=…``: the first results, short, as a fragment."""
    language = language_for(visit)
    query = _asked(visit)
    found = await visit.house.search.find(visit.principal, query, most=SHORT)
    view = await _results(visit, query, found, language)
    return Response(
        render(language, "parts/side_found.html", view),
        media_type="text/html; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


def _asked(visit: Visit) -> str:
    return visit.query_params.get("q", "")[:ASKED_MOST].replace("\x00", " ")


async def _results(visit: Visit, query: str, finding: Finding, language: str) -> Results:
    turn, counted = translator(language), counter(language)
    count = len(finding.found)
    if not finding.asked:
        words = ""
    elif not count:
        words = turn(N_("Nothing was found."))
    elif finding.older is not None:
        words = turn(N_("The newest {count} conversations")).format(count=count)
    else:
        words = counted("{count} conversation", "{count} conversations", count)
    folders = {one.id: one.name for one in await visit.house.shelves.folders(visit.principal)}
    return Results(
        query=query,
        words=words,
        found=tuple(_view(one, folders, language) for one in finding.found),
        older=_address(query, finding.older) if finding.older is not None else "",
        preparing=finding.preparing,
        all=_address(query, None),
    )


def _address(query: str, before: int | None) -> str:
    fields = {"q": query} | ({"before": str(before)} if before is not None else {})
    return f"/search?{urlencode(fields)}"


def _view(one: Found, folders: dict[str, str], language: str) -> FoundView:
    turn = translator(language)
    talk = one.conversation
    return FoundView(
        id=talk.id,
        title=_marked(one.title),
        day=day_text(talk.updated_at, language),
        archived=talk.archived_at is not None,
        folder=folders.get(talk.folder_id or "", ""),
        places=tuple(
            PlaceView(
                address=f"/c/{talk.id}?at={place.message_id}#m-{place.message_id}",
                who=turn(N_("You")) if place.role == "user" else turn(N_("Answer")),
                day=day_text(place.created_at, language),
                passage=_marked(place.passage),
            )
            for place in one.places
        ),
        more=one.more,
    )


def _marked(passage: Passage) -> tuple[tuple[str, bool], ...]:
    return tuple((piece.text, piece.marked) for piece in passage)


ROUTES = [
    Route(
        method="GET",
        path=path,
        endpoint=endpoint,
        who=Who.SESSION,
        dialect="page",
        summary=summary,
    )
    for path, endpoint, summary in (
        ("/search", show, "Search one's conversations"),
        ("/search/live", live, "The first results while one types, as a fragment"),
    )
]
