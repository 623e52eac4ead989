# SPDX-License-Identifier: EUPL-1.2
"""``/temporary``: a chat that leaves no trace. The page holds what was said, and sends it along each time.

The answer comes as a stream on the response to the question itself, in the frames of every chat; whoever
closes the connection ends it. Files are read for the page in the limited child, and not kept.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from hausgeist.chat import Conversation, Opened, Said, Turn
from hausgeist.chat.temporary import Paper, Passed
from hausgeist.chat.uploads import tidy_name
from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, BadRequest, HausgeistError
from hausgeist.knowledge.documents import read_document
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.store.chats import Node
from hausgeist.web.contexts.temporary import (
    SAID_MOST,
    PaperRead,
    PaperSent,
    PassedPart,
    PassedView,
    Question,
    SaidSent,
    TemporaryPage,
)
from hausgeist.web.contexts.turns import EndView
from hausgeist.web.forms import Form, data_class_of, read_form
from hausgeist.web.frames import PING, Values, frame, frames_of
from hausgeist.web.pages.chat import WORTH_ANOTHER_TRY
from hausgeist.web.pages.chat_list import side_of
from hausgeist.web.pages.chat_live import in_words
from hausgeist.web.pages.chat_preview import preview_of
from hausgeist.web.pages.chat_turns import end_view, loading_words
from hausgeist.web.pages.chat_views import composer, model_name
from hausgeist.web.pages.leaving import fields_of, leaving_of, said_of, stop_view
from hausgeist.web.rendering import language_for, page, render, shell
from hausgeist.web.reply import ByteStream, JSONBytes, while_connected
from hausgeist.web.routes import Route, Who, page_get, page_post
from hausgeist.web.visit import Visit

BODY_MOST = 20 * 1024 * 1024
FORM_MOST = 4 * 1024 * 1024
"""A whole conversation in a form, for browsers without a script."""
FILE_MOST = 10 * 1024 * 1024

_encode = msgspec.json.Encoder().encode
_history: msgspec.json.Decoder[list[SaidSent]] = msgspec.json.Decoder(
    Annotated[list[SaidSent], msgspec.Meta(max_length=SAID_MOST)]
)


async def show(visit: Visit) -> Response:
    """``GET /temporary``: an empty one. A reload ends up here, too."""
    return await _temporary_page(visit, [])


async def ask(visit: Visit) -> Response:
    """``POST /temporary``: without a script: ask, wait, and show the page with what was said."""
    form = await read_form(visit)
    said = _said_of(form)
    asked = SaidSent("user", _clean(form.exact("text", "", most=200_000)))
    try:
        data_class = data_class_of(form.text("class"))
        turn = await visit.house.temporary.begin(
            visit.principal,
            [_passed(one) for one in (*said, asked)],
            model=form.text("instead", "", most=200) or form.text("model", most=200),
            data_class=data_class,
            leaving=leaving_of(form),
        )
    except WORTH_ANOTHER_TRY as error:
        return await _temporary_page(visit, said, form=form, error=error)
    try:
        await while_connected(visit.receive, turn.wait())
    except ClientDisconnect:
        turn.end("stopped")
        raise
    answer = SaidSent("assistant", turn.said.text)
    return await _temporary_page(visit, [*said, asked, answer], form=form, turn=turn)


async def start(visit: Visit) -> Response:
    """``POST /temporary/turns``: the answer's frames, at once on this response."""
    question = await visit.read(Question)
    asked = SaidSent("user", _clean(question.text), question.files)
    turn = await visit.house.temporary.begin(
        visit.principal,
        [_passed(one) for one in (*question.said, asked)],
        model=question.model,
        data_class=data_class_of(question.data_class),
        leaving=said_of(question.plain, question.hidden, question.agree),
    )
    return ByteStream(_frames(visit, turn, asked), "text/event-stream", ping=PING)


async def preview(visit: Visit) -> Response:
    """``POST /temporary/preview``: what of a question would leave; for scripts."""
    question = await visit.read(Question)
    asked = SaidSent("user", _clean(question.text), question.files)
    leaving = said_of(question.plain, question.hidden, question.agree)
    seen = await visit.house.temporary.preview(
        visit.principal,
        [_passed(one) for one in (*question.said, asked)],
        model=question.model,
        data_class=data_class_of(question.data_class),
        leaving=leaving,
    )
    return await preview_of(visit, (seen,), leaving)


async def show_preview(visit: Visit) -> Response:
    """``POST /temporary/look``: the same as a page; ``back`` leads to the composer."""
    form = await read_form(visit)
    said, leaving = _said_of(form), leaving_of(form)
    if form.ticked("back"):
        return await _temporary_page(visit, said, form=form)
    asked = SaidSent("user", _clean(form.exact("text", "", most=200_000)))
    try:
        seen = await visit.house.temporary.preview(
            visit.principal,
            [_passed(one) for one in (*said, asked)],
            model=form.text("model", most=200),
            data_class=data_class_of(form.text("class")),
            leaving=leaving,
        )
    except WORTH_ANOTHER_TRY as error:
        return await _temporary_page(visit, said, form=form, error=error)
    carried = tuple(
        (name, form.exact(name, "", most=FORM_MOST))
        for name in ("history", "text", "model", "class")
    )
    return await preview_of(
        visit,
        (seen,),
        leaving,
        action="/temporary",
        again="/temporary/look",
        fields=(*carried, *fields_of(leaving)),
    )


async def read_file(visit: Visit) -> Response:
    """``POST /temporary/files``: what is in the body, read; nothing of it is kept.

    Its name stays with the page: in an address it would be in the logs of whatever stands before us.
    """
    language = language_for(visit)
    with visit.house.temporary.reading(visit.principal):
        found = await read_document(await visit.body(), visit.principal.id)
    turn = translator(language)
    picture = ""
    if found.is_picture:
        picture = f"data:{found.media};base64,{base64.b64encode(found.picture).decode()}"
    answer = PaperRead(
        text=found.text,
        picture=picture,
        notes=[turn(text).format(**values) for text, values in found.notes],
    )
    return JSONBytes(_encode(answer), headers={"Cache-Control": "no-store"})


async def _frames(visit: Visit, turn: Turn, asked: SaidSent) -> AsyncIterator[bytes]:
    """Everything from the question to the end. Closing it ends the turn, and so does a lost session."""
    language = language_for(visit)

    async def values(kind: str, data: Any) -> Values:
        return _values(visit, kind, data, language)

    try:
        begun = PassedPart((_question_view(turn.id, asked), _answer_view(visit, turn)))
        yield frame("begin", 0, {"html": render(language, "parts/temporary_turn.html", begun)})
        async with aclosing(frames_of(visit, turn.replay.follow(0), values)) as frames:
            async for some, _ in frames:
                yield some
    finally:
        turn.end("stopped")


def _values(visit: Visit, kind: str, data: Any, language: str) -> Values:
    if kind == "wait":
        return {"words": loading_words(visit, data.model, language)}
    if kind != "end":
        return dict(data)
    html = render(language, "parts/temporary_end.html", _end(visit, data.said, language))
    return {"html": html, "state": data.said.state, "text": data.said.text}


# -- views ----------------------------------------------------------------------------------------------


async def _temporary_page(
    visit: Visit,
    said: list[SaidSent],
    *,
    form: Form | None = None,
    turn: Turn | None = None,
    error: HausgeistError | None = None,
) -> Response:
    frame = await shell(visit, N_("Temporary chat"), "chat")
    language = frame.language
    answers = [one.text if one.role == "assistant" else "" for one in said]
    # in a thread, so that running answers do not wait for it
    blocks = await asyncio.to_thread(
        lambda: ["".join(render_blocks(text, language)) if text else "" for text in answers]
    )
    views = []
    for number, one in enumerate(said):
        last = turn is not None and number == len(said) - 1
        if one.role == "user":
            views.append(_question_view(str(number), one))
        else:
            views.append(
                PassedView(
                    id=f"a-{number}",
                    role="assistant",
                    who=model_name(visit, turn.said.model) if turn and last else "",
                    html=blocks[number],
                    end=_end(visit, turn.said, language) if turn and last else None,
                )
            )
    word = form.text("class", "") if form else ""
    context = TemporaryPage(
        shell=frame,
        side=await side_of(visit, "", language),
        composer=composer(
            visit,
            language,
            None,
            model=form.text("model", "", most=200) if form else "",
            data_class=word if word.upper() in DataClass.__members__ else "",
            corrections=fields_of(leaving_of(form)) if form else (),
        ),
        said=tuple(views),
        history=_encode(said).decode(),
        draft=form.exact("text", "", most=200_000) if form and not turn else "",
        error=error.say(translator(language)) if error else "",
        stop=stop_view(visit, error, language, form=form, preview="/temporary/look")
        if error
        else None,
    )
    return page(visit, "temporary.html", context, status=error.status if error else 200)


def _question_view(number: str, said: SaidSent) -> PassedView:
    papers = tuple(tidy_name(file.name) for file in said.files)
    return PassedView(id=f"q-{number}", role="user", text=said.text, papers=papers)


def _answer_view(visit: Visit, turn: Turn) -> PassedView:
    return PassedView(
        id=turn.id, role="assistant", who=model_name(visit, turn.said.model), running=True
    )


def _end(visit: Visit, said: Said, language: str) -> EndView:
    """What stands beneath an answer; it belongs to no conversation, and has no versions."""
    talk = Conversation(
        id="",
        title="",
        model=said.model or "",
        data_class=said.data_class or "",
        leaf_id=said.id,
        created_at=said.created_at,
        updated_at=said.created_at,
    )
    opened = Opened(talk, (Node(said.id, said.parent_id, said.role),), (said,))
    return replace(end_view(visit, opened, said, language), go_on=False)


# -- what was sent ----------------------------------------------------------------------------------------


def _said_of(form: Form) -> list[SaidSent]:
    """What was said, as the page has kept it.

    Raises:
        BadRequest: it is not what a page of ours keeps.
    """
    try:
        return _history.decode(form.exact("history", "[]", most=FORM_MOST))
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise BadRequest(reason=N_("what was said before could not be read")) from None


def _passed(said: SaidSent) -> Passed:
    return Passed(said.role, _clean(said.text), tuple(_paper(file) for file in said.files))


def _paper(file: PaperSent) -> Paper:
    return Paper(tidy_name(file.name), _clean(file.text), file.picture)


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "\ufffd").strip("\n")


ROUTES = [
    page_get("/temporary", show, "A chat of which nothing is kept"),
    page_post("/temporary", ask, "Ask in a temporary chat, without a script", FORM_MOST),
    page_post("/temporary/look", show_preview, "What would leave, without a script", FORM_MOST),
    Route(
        method="POST",
        path="/temporary/preview",
        endpoint=in_words(preview),
        who=Who.SESSION,
        dialect="json",
        summary="What of a question in a temporary chat would leave",
        request=Question,
        max_body=BODY_MOST,
    ),
    Route(
        method="POST",
        path="/temporary/turns",
        endpoint=in_words(start),
        who=Who.SESSION,
        dialect="json",
        summary="Ask in a temporary chat; the answer as Server-Sent Events",
        request=Question,
        max_body=BODY_MOST,
    ),
    Route(
        method="POST",
        path="/temporary/files",
        endpoint=in_words(read_file),
        who=Who.SESSION,
        dialect="json",
        summary="Read a file for a temporary chat; nothing is kept",
        response=PaperRead,
        max_body=FILE_MOST,
    ),
]
