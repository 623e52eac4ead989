# SPDX-License-Identifier: EUPL-1.2
"""What one does with what was said: earlier messages, another version of a question, other models, keeping.

Each is a page of its own; with ``?part=1`` it is the fragment that scripts put into the conversation.
"""

from starlette.responses import Response

from hausgeist.chat import SIDE_BY_SIDE
from hausgeist.errors import N_, NotFound
from hausgeist.web.contexts.turns import AgainPage, BeforePart, EditPage
from hausgeist.web.forms import read_form
from hausgeist.web.pages.chat_turns import question_view, said_views
from hausgeist.web.pages.chat_views import groups_of, talkers
from hausgeist.web.rendering import go, language_for, page, render, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

EARLIER = 40
"""Messages that are loaded at a time."""


async def before(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/before?message=…``: the messages above one, as a fragment."""
    language = language_for(visit)
    message = visit.query_params.get("message", "")
    opened = await visit.house.chat.open(visit.principal, _talk(visit), EARLIER, above=message)
    view = BeforePart(
        conversation=opened.conversation.id,
        said=await said_views(visit, opened, language),
        hidden=opened.hidden,
        first=opened.branch[0].id if opened.branch else "",
    )
    return _fragment(render(language, "parts/before.html", view))


async def edit(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/edit?message=…``: the editor of a question."""
    chat, language = visit.house.chat, language_for(visit)
    asked = await chat.message(visit.principal, _talk(visit), visit.query_params.get("message", ""))
    if asked.role != "user":
        raise NotFound
    opened = await chat.open(visit.principal, _talk(visit), 1)
    talk = opened.conversation
    context = EditPage(
        shell=None if _is_part(visit) else await shell(visit, N_("Edit the question"), "chat"),
        conversation=talk.id,
        question=question_view(opened, asked, language),
        model=talk.model,
        data_class=talk.data_class,
    )
    if context.shell is None:
        return _fragment(render(language, "parts/edit.html", context))
    return page(visit, "chat_edit.html", context)


async def choose(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/again?message=…``: which models are to answer once more."""
    chat, language = visit.house.chat, language_for(visit)
    said = await chat.message(visit.principal, _talk(visit), visit.query_params.get("message", ""))
    if said.role != "assistant":
        raise NotFound
    talk = (await chat.open(visit.principal, _talk(visit), 1)).conversation
    context = AgainPage(
        shell=None if _is_part(visit) else await shell(visit, N_("Answer once more"), "chat"),
        conversation=talk.id,
        message=said.id,
        models=groups_of(talkers(visit), language),
        chosen=said.model or talk.model,
        data_class=talk.data_class,
        most=SIDE_BY_SIDE,
    )
    if context.shell is None:
        return _fragment(render(language, "parts/again.html", context))
    return page(visit, "chat_again.html", context)


async def keep(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/keep``: of answers side by side, this one."""
    form = await read_form(visit)
    kept = form.text("to")
    await visit.house.chat.keep(visit.principal, _talk(visit), kept)
    return go(f"/c/{_talk(visit)}#m-{kept}")


def _talk(visit: Visit) -> str:
    return str(visit.path_params["conversation_id"])


def _is_part(visit: Visit) -> bool:
    return visit.query_params.get("part") == "1"


def _fragment(html: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


ROUTES = [
    page_get("/c/{conversation_id}/before", before, "Earlier messages, as a fragment"),
    page_get("/c/{conversation_id}/edit", edit, "Another version of a question: form"),
    page_get("/c/{conversation_id}/again", choose, "Other models answer once more: form"),
    page_post("/c/{conversation_id}/keep", keep, "Keep one of several answers"),
]
