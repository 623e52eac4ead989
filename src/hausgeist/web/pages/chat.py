# SPDX-License-Identifier: EUPL-1.2
"""The chat's pages: real pages with real forms. What scripts use is in ``chat_live``."""

import asyncio
from dataclasses import replace

from starlette.responses import Response

from hausgeist.chat import Conversation, Opened, Turn
from hausgeist.chat.library import Assistant
from hausgeist.core.labels import DataClass
from hausgeist.errors import (
    N_,
    BadRequest,
    DetectorDown,
    HausgeistError,
    InvalidField,
    NotAllowed,
    NotFound,
    TooMany,
    UnknownModel,
    VeilDown,
)
from hausgeist.locale import translator
from hausgeist.web.api.ollama import running_or
from hausgeist.web.contexts.border import StopView
from hausgeist.web.contexts.chat import ChangePage, ChatPage
from hausgeist.web.contexts.turns import AnswerView, ContestView, SaidView
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.pages import chat_live, chat_more
from hausgeist.web.pages.chat_list import side_of
from hausgeist.web.pages.chat_turns import said_views
from hausgeist.web.pages.chat_views import STARTERS, composer
from hausgeist.web.pages.file_views import attached
from hausgeist.web.pages.kept import kept_words
from hausgeist.web.pages.leaving import fields_of, leaving_of, stop_view
from hausgeist.web.pages.library_views import assistants_at_hand, talking_to
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.reply import while_connected
from hausgeist.web.routes import Who, page_get, page_post
from hausgeist.web.visit import Visit

SHOWN = 40
"""Messages of a conversation that a page shows at first, and how many more each time."""
SHOWN_MOST = 5000
PATIENCE = 120.0
"""Seconds a browser without a script waits for an answer; then the page shows how far it is."""
WORTH_ANOTHER_TRY = (BadRequest, DetectorDown, NotAllowed, TooMany, UnknownModel, VeilDown)
"""Errors after which the words stay in the composer."""


async def show_new(visit: Visit) -> Response:
    """``GET /``: an empty conversation."""
    return await _chat_page(visit, None)


async def show_draft(visit: Visit, words: str) -> Response:
    """An empty conversation with words in the field, for pages that prepare a question."""
    return await _chat_page(visit, None, Form({"text": [words]}))


async def show_form(visit: Visit, form: Form, error: HausgeistError | None = None) -> Response:
    """The conversation, or an empty one, with everything a form has on the composer."""
    talk_id = _talk(visit)
    opened = await visit.house.chat.open(visit.principal, talk_id, SHOWN) if talk_id else None
    return await _chat_page(visit, opened, form, error)


async def show_chat(visit: Visit) -> Response:
    """``GET /chat``: the navigation's word for the start page."""
    del visit
    return go("/")


async def show(visit: Visit) -> Response:
    """``GET /c/{conversation_id}``."""
    at = visit.query_params.get("at") or None
    opened = await visit.house.chat.open(visit.principal, _talk(visit), _shown(visit), at=at)
    return await _chat_page(visit, opened)


async def ask(visit: Visit) -> Response:
    """``POST /c`` and ``POST /c/{conversation_id}``: ask, wait for the answer, show the page."""
    form = await read_form(visit)
    return await _wait_and_show(visit, form)


async def again(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/again``: another answer to the same question."""
    form = await read_form(visit)
    return await _wait_and_show(visit, form)


async def branch(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/branch``: show another version."""
    form = await read_form(visit)
    to = form.text("to")
    depth = await visit.house.chat.show(visit.principal, _talk(visit), to)
    return go(address_of(_talk(visit), to, depth))


async def stop(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/turns/{turn_id}/stop``."""
    await visit.house.chat.stop(visit.principal, _talk(visit), visit.path_params["turn_id"])
    return go(f"/c/{_talk(visit)}")


async def show_rename(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/rename``."""
    return await _change_page(visit, "chat_rename.html", N_("Rename the conversation"))


async def rename(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/rename``."""
    form = await read_form(visit)
    title = form.text("title", "", most=FORM_MOST)
    try:
        await visit.house.chat.rename(visit.principal, _talk(visit), title)
    except InvalidField as error:
        words = N_("Rename the conversation")
        return await _change_page(visit, "chat_rename.html", words, error)
    return go(f"/c/{_talk(visit)}")


async def show_delete(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/delete``: are you sure?"""
    return await _change_page(visit, "chat_delete.html", N_("Delete the conversation?"))


async def delete(visit: Visit) -> Response:
    """``POST /c/{conversation_id}/delete``."""
    at = await visit.house.shelves.delete(visit.principal, [_talk(visit)])
    return go(f"/?deleted={at}")


def _talk(visit: Visit) -> str:
    return str(visit.path_params.get("conversation_id", ""))


async def _wait_and_show(visit: Visit, form: Form) -> Response:
    try:
        turns = await chat_live.begin(visit, form)
    except WORTH_ANOTHER_TRY as error:
        return await show_form(visit, form, error)
    await while_connected(visit.receive, _patiently(turns))
    return go(f"/c/{turns[0].conversation_id}#m-{turns[0].id}")


async def _patiently(turns: tuple[Turn, ...]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            for turn in turns:
                await turn.wait()
    except TimeoutError:
        return


def address_of(talk_id: str, message_id: str, depth: int) -> str:
    """Where a message is to be seen that has so many after it, itself among them."""
    more = f"?shown={depth + 1}" if depth > SHOWN else ""
    return f"/c/{talk_id}{more}#m-{message_id}"


def _stop_of(said: tuple[SaidView, ...]) -> str:
    """Where a running answer is stopped; empty when none runs."""
    for one in said:
        answers = one.answers if isinstance(one, ContestView) else (one,)
        for answer in answers:
            if isinstance(answer, AnswerView) and answer.stop:
                return answer.stop
    return ""


async def _chat_page(
    visit: Visit,
    opened: Opened | None,
    form: Form | None = None,
    error: HausgeistError | None = None,
) -> Response:
    talk = opened.conversation if opened else None
    frame = await shell(visit, N_("New chat"), "chat")
    turn = translator(frame.language)
    said = await said_views(visit, opened, frame.language) if opened else ()
    helper = await _helper(visit, talk, form)
    starters = helper.starters if helper else tuple(turn(words) for words in STARTERS)
    stop_at = _stop_of(said)
    unsent = await visit.house.files.unsent(visit.principal)
    context = ChatPage(
        shell=frame,
        side=await side_of(visit, talk.id if talk else "", frame.language),
        conversation=talk.id if talk else "",
        title=talk.title if talk else "",
        said=said,
        composer=replace(
            composer(
                visit,
                frame.language,
                talk,
                parent=opened.branch[-1].id if opened and opened.branch else "",
                draft=form.exact("text", "", most=chat_live.TEXT_MOST)
                if form
                else _starter(visit, starters),
                model=form.text("model", "") if form else "",
                data_class=_word(form),
                stop=stop_at,
                helper=helper,
                corrections=fields_of(leaving_of(form)) if form else (),
            ),
            attached=attached(visit, unsent, frame.language),
        ),
        hidden=opened.hidden if opened else 0,
        first=opened.branch[0].id if opened and opened.branch else "",
        shown_next=_shown(visit) + SHOWN,
        error=error.say(turn) if error else "",
        stop=_stopped(visit, talk, form, error, frame.language),
        kept=await kept_words(visit, talk.id, frame.language) if talk else "",
        running=bool(stop_at),
        starters=starters,
        assistant=talking_to(helper, talk),
        assistants=() if talk or helper else await assistants_at_hand(visit),
    )
    return page(visit, "chat.html", context, status=error.status if error else 200)


def _stopped(
    visit: Visit,
    talk: Conversation | None,
    form: Form | None,
    error: HausgeistError | None,
    language: str,
) -> StopView | None:
    """What the border asks, or why it says no; None for any other error."""
    if error is None:
        return None
    preview = f"/c/{talk.id}/preview" if talk else "/c/preview"
    return stop_view(visit, error, language, form=form, preview=preview)


async def _helper(visit: Visit, talk: Conversation | None, form: Form | None) -> Assistant | None:
    """The assistant of a conversation, or the one that ``/?assistant=`` begins a new one with."""
    wanted = form.text("assistant", "") if form else visit.query_params.get("assistant", "")
    library, version = visit.house.library, None
    if talk is not None:
        wanted, version = talk.assistant_id or "", talk.assistant_version
    if not wanted:
        return None
    try:
        return await library.assistant(visit.principal, wanted, version)
    except NotFound:
        if talk is None and form is None:
            raise
        return None


def _shown(visit: Visit) -> int:
    """How many messages a page is to show, from ``?shown=``."""
    wish = visit.query_params.get("shown", "")
    known = wish.isascii() and wish.isdigit() and len(wish) < 6
    return min(max(int(wish), SHOWN), SHOWN_MOST) if known else SHOWN


def _starter(visit: Visit, starters: tuple[str, ...]) -> str:
    """The words of ``/?starter=1``, to go on from."""
    place = visit.query_params.get("starter", "")
    known = {str(number): f"{words} " for number, words in enumerate(starters, 1)}
    return known.get(place, "")


def _word(form: Form | None) -> str:
    word = form.text("class", "") if form else ""
    return word if word.upper() in DataClass.__members__ else ""


async def _change_page(
    visit: Visit, template: str, title: str, error: HausgeistError | None = None
) -> Response:
    opened = await visit.house.chat.open(visit.principal, _talk(visit), 1)
    frame = await shell(visit, title, "chat")
    talk = opened.conversation
    words = error.say(translator(frame.language)) if error else ""
    context = ChangePage(frame, talk.id, talk.title, words)
    return page(visit, template, context, status=error.status if error else 200)


ROUTES = [
    page_get("/", running_or(show_new), "New chat; for programs, Ollama's word", Who.ANYONE),
    page_get("/chat", show_chat, "To the new chat"),
    page_post("/c", ask, "Begin a conversation", chat_live.BODY_MOST),
    *chat_live.ROUTES,
    *chat_more.ROUTES,
    page_get("/c/{conversation_id}", show, "A conversation"),
    page_post("/c/{conversation_id}", ask, "Ask in a conversation", chat_live.BODY_MOST),
    page_post("/c/{conversation_id}/again", again, "Ask once more", chat_live.BODY_MOST),
    page_post("/c/{conversation_id}/branch", branch, "Show another version", chat_live.BODY_MOST),
    page_post(
        "/c/{conversation_id}/turns/{turn_id}/stop", stop, "Stop an answer", chat_live.BODY_MOST
    ),
    page_get("/c/{conversation_id}/rename", show_rename, "Rename a conversation: form"),
    page_post("/c/{conversation_id}/rename", rename, "Rename a conversation"),
    page_get("/c/{conversation_id}/delete", show_delete, "Delete a conversation: are you sure?"),
    page_post("/c/{conversation_id}/delete", delete, "Delete a conversation"),
]
