# SPDX-License-Identifier: EUPL-1.2
"""Prompts in use: the list that the composer's slash opens, and the form without a script.

Nothing filled in is stored or put into an address: the form answers with the start page itself.
"""

import msgspec
from starlette.responses import Response

from hausgeist.chat.library import Entry, PromptBody
from hausgeist.chat.library.variables import VALUE_MOST, filled, variables
from hausgeist.errors import N_, NotFound
from hausgeist.web.contexts.library import UsePage
from hausgeist.web.forms import read_form
from hausgeist.web.pages.chat import show_draft
from hausgeist.web.pages.chat_live import BODY_MOST, in_words
from hausgeist.web.pages.library import item
from hausgeist.web.pages.library_views import blank_id, blanks_of, card_of, variable_json
from hausgeist.web.rendering import page, shell
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import Endpoint, Route, Who, page_get, page_post
from hausgeist.web.visit import Visit

PICK_MOST = 12
"""Prompts in the composer's list."""

_encode = msgspec.json.Encoder().encode


async def pick(visit: Visit) -> Response:
    """``GET /library/pick?q=…``: prompts for what was typed after the slash."""
    words = visit.query_params.get("q", "")[:100].replace("\x00", "")
    found = await visit.house.library.prompts_like(visit.principal, words, PICK_MOST)
    rows = [
        {
            "id": entry.item.id,
            "name": entry.body.name,
            "description": entry.body.description,
            "shortcut": entry.body.shortcut if isinstance(entry.body, PromptBody) else "",
        }
        for entry in found
    ]
    return JSONBytes(_encode({"prompts": rows}), headers={"Cache-Control": "no-store"})


async def prompt(visit: Visit) -> Response:
    """``GET /library/{item_id}/prompt``: a prompt's text and variables."""
    entry, body = await _prompt(visit)
    answer = {
        "id": entry.item.id,
        "name": body.name,
        "text": body.text,
        "variables": [variable_json(one) for one in variables(body.text)],
    }
    return JSONBytes(_encode(answer), headers={"Cache-Control": "no-store"})


async def show_use(visit: Visit) -> Response:
    """``GET /library/{item_id}/use``: the variables to fill in."""
    entry, body = await _prompt(visit)
    frame = await shell(visit, N_("Use a prompt"), "library")
    context = UsePage(
        shell=frame,
        card=card_of(visit.principal, entry, frame.language),
        blanks=blanks_of(body.text),
        text=body.text,
    )
    return page(visit, "library_use.html", context)


async def use(visit: Visit) -> Response:
    """``POST /library/{item_id}/use``: the start page with the finished words in its field."""
    form = await read_form(visit)
    _, body = await _prompt(visit)
    values = {
        one.name: form.exact(blank_id(place), "", most=VALUE_MOST).replace("\r\n", "\n")
        for place, one in enumerate(variables(body.text))
    }
    return await show_draft(visit, filled(body.text, values))


async def _prompt(visit: Visit) -> tuple[Entry, PromptBody]:
    entry = await visit.house.library.entry(visit.principal, item(visit))
    if not isinstance(entry.body, PromptBody):
        raise NotFound
    return entry, entry.body


def _json(path: str, endpoint: Endpoint, summary: str) -> Route:
    return Route(
        method="GET",
        path=path,
        endpoint=in_words(endpoint),
        who=Who.SESSION,
        dialect="json",
        summary=summary,
    )


ROUTES = [
    _json("/library/pick", pick, "Prompts for the composer's list"),
    _json("/library/{item_id}/prompt", prompt, "A prompt's text and variables"),
    page_get("/library/{item_id}/use", show_use, "Use a prompt: form"),
    page_post("/library/{item_id}/use", use, "Put a prompt's words into the chat", BODY_MOST),
]
