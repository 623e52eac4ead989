# SPDX-License-Identifier: EUPL-1.2
"""What the chat's scripts use: begin a turn, follow its events, ask the Ampel. Fragments are HTML.

A stream is Server-Sent Events, read by ``fetch``; a reader who was cut off goes on with ``?after=`` from
the last frame's number.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
from starlette.responses import Response

from hausgeist.chat import SIDE_BY_SIDE, Numbered, Question, Stored, Turn
from hausgeist.core.labels import DataClass
from hausgeist.errors import HausgeistError, NotFound
from hausgeist.locale import translator
from hausgeist.web.contexts.chat_list import SideRow
from hausgeist.web.contexts.turns import AnswerView, ContestView, TurnPart
from hausgeist.web.forms import Form, data_class_of, read_form
from hausgeist.web.frames import PING, Values, frame, frames_of
from hausgeist.web.pages.chat_turns import (
    answer_view,
    end_view,
    loading_words,
    question_view,
    running_view,
)
from hausgeist.web.pages.chat_views import ampel_view, html_of
from hausgeist.web.pages.leaving import leaving_of, stop_view
from hausgeist.web.rendering import language_for, render
from hausgeist.web.reply import ByteStream, JSONBytes
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.visit import Visit

TITLE_PATIENCE = 15.0
"""Seconds a stream stays open for a title: a browser has few connections to spare."""
TEXT_MOST = 200_000
"""Characters of a question."""
BODY_MOST = 2 * 1024 * 1024

_encode = msgspec.json.Encoder().encode


async def begin(visit: Visit, form: Form) -> tuple[Turn, ...]:
    """Begin what the composer's form asks for: one turn, or several side by side.

    Raises:
        HausgeistError: as ``Chat.ask``, ``Chat.again`` and ``Chat.go_on``; InvalidField for a field.
    """
    chat, who = visit.house.chat, visit.principal
    talk_id = visit.path_params.get("conversation_id")
    broken, answered = form.text("continue", ""), form.text("again", "")
    if not talk_id or not (broken or answered):
        return await chat.ask(who, question_of(visit, form))
    models, data_class = _models(form), data_class_of(form.text("class"))
    saw, leaving = _saw(form), leaving_of(form)
    if broken:
        turn = await chat.go_on(
            who, talk_id, broken, model=models[0], data_class=data_class, saw=saw, leaving=leaving
        )
        return (turn,)
    turn = await chat.again(
        who,
        talk_id,
        answered,
        model=models[0],
        data_class=data_class,
        against=models[1:],
        saw=saw,
        leaving=leaving,
    )
    return chat.beside(who, turn)


def question_of(visit: Visit, form: Form) -> Question:
    """The question that the composer's form asks.

    Raises:
        InvalidField: a field is none of ours.
    """
    talk_id = visit.path_params.get("conversation_id")
    text = form.exact("text", "", most=TEXT_MOST).replace("\r\n", "\n").replace("\x00", "\ufffd")
    return Question(
        text=text.strip("\n"),
        models=_models(form),
        data_class=data_class_of(form.text("class")),
        conversation_id=talk_id,
        parent_id=form.text("parent", "") or None,
        edit=form.text("edit", "") or None if talk_id else None,
        files=form.many("file"),
        assistant=form.text("assistant", "") or None,
        saw=_saw(form),
        leaving=leaving_of(form),
    )


def _models(form: Form) -> tuple[str, ...]:
    """Who is asked: the chosen one and those beside it; or alone the one that answers instead."""
    if instead := form.text("instead", "", most=200):
        return (instead,)
    against = form.many("against")
    return (form.text("model", against[0] if against else None, most=200), *against)


async def start(visit: Visit) -> Response:
    """``POST /c/turns`` and ``POST /c/{conversation_id}/turns``: the turns and their HTML, at once."""
    form = await read_form(visit)
    turns = await begin(visit, form)
    language = language_for(visit)
    opened = await visit.house.chat.open(visit.principal, turns[0].conversation_id, 2)
    is_new = not (form.text("again", "") or form.text("continue", ""))
    asked = question_view(opened, opened.branch[0], language) if is_new else None
    views = tuple(running_view(visit, turn, language) for turn in turns)
    shown: AnswerView | ContestView = views[0] if len(views) == 1 else ContestView(answers=views)
    talk = opened.conversation
    answer = {
        "conversation": talk.id,
        "turn": turns[0].id,
        "title": talk.title,
        "class": talk.data_class,
        "html": render(language, "parts/turn.html", TurnPart(asked, shown)),
        "side": render(language, "parts/side_row.html", SideRow(talk.id, talk.title)),
    }
    return JSONBytes(_encode(answer), status_code=201)


async def events(visit: Visit) -> Response:
    """``GET /c/{conversation_id}/turns/{turn_id}/events?after=N``."""
    after = visit.query_params.get("after", "0")
    happenings = await visit.house.chat.follow(
        visit.principal,
        visit.path_params["conversation_id"],
        visit.path_params["turn_id"],
        int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0,
    )
    return ByteStream(_frames(visit, happenings), "text/event-stream", ping=PING)


async def ampel(visit: Visit) -> Response:
    """``GET /ampel?model=…&class=…``: where a text would go, as a fragment."""
    language, asked = language_for(visit), visit.query_params
    view = ampel_view(
        visit,
        asked.get("model", ""),
        await _class_of(visit, asked.get("class", ""), asked.get("assistant", "")),
        language,
        assistant=asked.get("assistant") or None,
        against=asked.getlist("against")[:SIDE_BY_SIDE],
        pictures="pictures" in asked,
    )
    return Response(
        render(language, "parts/ampel.html", view),
        media_type="text/html; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )


async def _class_of(visit: Visit, word: str, assistant: str) -> DataClass:
    """The class that was chosen, raised to the assistant's."""
    data_class = data_class_of(word)
    if not assistant:
        return data_class
    try:
        helper = await visit.house.library.assistant(visit.principal, assistant)
    except NotFound:
        return data_class
    return data_class if helper.data_class is None else max(data_class, helper.data_class)


async def _frames(visit: Visit, happenings: AsyncIterator[list[Numbered]]) -> AsyncIterator[bytes]:
    language = language_for(visit)

    async def values(kind: str, data: Any) -> Values:
        return await _values(visit, kind, data, language)

    async with aclosing(frames_of(visit, happenings, values)) as frames:
        async for some, end in frames:
            yield some
            if end is not None:
                yield await _titled(visit, end)


async def _titled(visit: Visit, number: int) -> bytes:
    """The title that a model in the house has just made, if it does soon; the next page has it anyway."""
    coming = visit.house.chat.title_coming(visit.path_params["conversation_id"])
    try:
        title = await asyncio.wait_for(coming, TITLE_PATIENCE)
    except TimeoutError:
        return b""
    return frame("title", number, {"title": title}) if title else b""


async def _values(visit: Visit, kind: str, data: Any, language: str) -> Values:
    if kind == "wait":
        return {"words": loading_words(visit, data.model, language)}
    if kind not in {"end", "whole"}:
        return dict(data)
    said = data.said
    try:
        opened = await visit.house.chat.open(
            visit.principal, visit.path_params["conversation_id"], 1
        )
        if isinstance(data, Stored):
            view = TurnPart(
                None, answer_view(visit, opened, said, language, html_of(said, language))
            )
            return {"html": render(language, "parts/turn.html", view), "state": said.state}
        html = render(language, "parts/end.html", end_view(visit, opened, said, language))
    except NotFound:  # deleted meanwhile
        return {"html": "", "state": "gone"}
    return {"html": html, "state": said.state}


def _saw(form: Form) -> DataClass | None:
    """The conversation's data class that the person had before their eyes."""
    word = form.text("class_was", "")
    return data_class_of(word) if word else None


def in_words(endpoint: Endpoint) -> Endpoint:
    """Errors as a sentence in the reader's language, for scripts to show."""

    async def answered(visit: Visit) -> Response:
        try:
            return await endpoint(visit)
        except HausgeistError as error:
            return worded(visit, error)

    return answered


def worded(visit: Visit, error: HausgeistError) -> Response:
    """An error for scripts; where it stops words on their way out, with the panel of the ways on."""
    language = language_for(visit)
    body = {"error": error.say(translator(language)), "code": error.code}
    if stop := stop_view(visit, error, language, preview="/c/preview"):
        body["html"] = render(language, "parts/stop.html", stop)
    return JSONBytes(_encode(body), status_code=error.status)


ROUTES = [
    *(
        Route(
            method="POST",
            path=path,
            endpoint=in_words(start),
            who=Who.SESSION,
            dialect="json",
            summary="Begin a turn; gives its id and HTML",
            max_body=BODY_MOST,
        )
        for path in ("/c/turns", "/c/{conversation_id}/turns")
    ),
    Route(
        method="GET",
        path="/c/{conversation_id}/turns/{turn_id}/events",
        endpoint=in_words(events),
        who=Who.SESSION,
        dialect="json",
        summary="A turn's events from a number on, as Server-Sent Events",
    ),
    Route(
        method="GET",
        path="/ampel",
        endpoint=in_words(ampel),
        who=Who.SESSION,
        dialect="json",
        summary="Where a text would go, as a fragment",
    ),
]
