# SPDX-License-Identifier: EUPL-1.2
"""What was said, as the chat's pages show it: questions, answers, answers side by side, their ends.

Values of the chat flow in, views in the reader's language flow out. Decides nothing.
"""

import asyncio
from dataclasses import replace

from hausgeist.chat import Opened, Said, Turn, may_go_on, recall
from hausgeist.chat.labels import CLASSES
from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, ContextOverflow, HausgeistError
from hausgeist.locale import translator
from hausgeist.store.chats import Attached
from hausgeist.web.amounts import size
from hausgeist.web.contexts.turns import (
    AnswerView,
    Chip,
    ContestView,
    EndView,
    QuestionView,
    SaidView,
    Versions,
)
from hausgeist.web.pages.chat_facts import flags_of, left_out_of, line_of, rerouted_of, table_of
from hausgeist.web.pages.chat_views import html_of, model_name
from hausgeist.web.visit import Visit

LOADING = N_("{model} is being loaded into memory. That can take a minute.")
_KEPT = N_("What had arrived is kept above. Continue, ask again, or choose another model.")
_ADVICE = N_("Your question is kept. Ask again, or choose another model.")
_OVERFLOW = N_("Your question is kept. Shorten it, or choose a model with more room.")
_ENDINGS = {
    "stopped": N_("You stopped this answer."),
    "interrupted": N_("The server was restarted during this answer. What had arrived is kept."),
    "length": N_("The answer reached the model's limit of length and ends here."),
    "endless": N_("The answer would not end, so the house ended it. What had arrived is kept."),
    "content_filter": N_("The provider's filter ended this answer."),
}
_EMPTY = N_("The model sent no words. Ask again, or choose another model.")


async def said_views(visit: Visit, opened: Opened, language: str) -> tuple[SaidView, ...]:
    """The branch that is shown; rendered in a thread, so that running answers do not wait for it."""
    beside = {one.id: one for others in opened.beside.values() for one in others}
    shown = {said.id: said for said in opened.branch if said.role != "user"} | beside
    pages = await asyncio.to_thread(lambda: [html_of(said, language) for said in shown.values()])
    html = dict(zip(shown, pages, strict=True))
    views: list[SaidView] = []
    for said in opened.branch:
        if said.role == "user":
            views.append(question_view(opened, said, language))
        elif said.id in opened.beside:
            columns = tuple(
                answer_view(visit, opened, one, language, html[one.id])
                for one in opened.beside[said.id]
            )
            views.append(ContestView(answers=columns))
        else:
            views.append(answer_view(visit, opened, said, language, html[said.id]))
    return tuple(views)


def question_view(opened: Opened, said: Said, language: str) -> QuestionView:
    """A question with its files and versions."""
    return QuestionView(
        id=said.id,
        conversation=opened.conversation.id,
        text=said.text,
        files=tuple(chip_of(file, language) for file in said.files),
        versions=_versions(opened, said.id),
    )


def chip_of(file: Attached, language: str) -> Chip:
    """A file as a small sign: its name, its size, its data class."""
    label = translator(language)(CLASSES[DataClass.parse(file.data_class)])
    note = f"{size(file.size, language)} · {label}"
    return Chip(file.file_id, file.name, note, f"/files/{file.file_id}")


def answer_view(visit: Visit, opened: Opened, said: Said, language: str, html: str) -> AnswerView:
    """An answer: from the turn that writes it while it runs here, else as it is stored."""
    column = len(opened.rivals(said.id)) > 1
    turn = visit.house.chat.running(visit.principal, said.id)
    if turn is not None and not turn.replay.over:
        return replace(running_view(visit, turn, language), column=column)
    running = said.state == "running"
    under = f"/c/{opened.conversation.id}/turns/{said.id}"
    return AnswerView(
        id=said.id,
        who=model_name(visit, said.model),
        html=html,
        thought=said.reasoning,
        state=said.state,
        events=f"{under}/events" if running else "",
        stop=f"{under}/stop" if running else "",
        column=column,
        end=end_view(visit, opened, said, language),
    )


def running_view(visit: Visit, turn: Turn, language: str) -> AnswerView:
    """An answer under way, with the address where it goes on."""
    shown = turn.replay.snapshot()
    under = f"/c/{turn.conversation_id}/turns/{turn.id}"
    waiting = shown.waiting and not (shown.blocks or shown.tail or shown.thought)
    return AnswerView(
        id=turn.id,
        who=model_name(visit, turn.said.model),
        html="".join(shown.blocks),
        tail=shown.tail,
        thought=shown.thought,
        state="running",
        waiting=loading_words(visit, shown.waiting, language) if waiting else "",
        events=f"{under}/events",
        stop=f"{under}/stop",
        after=shown.number,
        column=turn.said.contest_id is not None,
        end=EndView(id=turn.id, conversation=turn.conversation_id, shown=False),
    )


def loading_words(visit: Visit, model: str, language: str) -> str:
    """That a model is being loaded."""
    return translator(language)(LOADING).format(model=model_name(visit, model))


def end_view(visit: Visit, opened: Opened, said: Said, language: str) -> EndView:
    """What stands beneath an answer that has ended."""
    turn = translator(language)
    error = recall(said)
    ending = said.state if said.state in _ENDINGS else said.finish or ""
    happened, kept = "", ""
    if error is not None:
        happened = error.say(turn)
        kept = turn(_KEPT) if said.text else turn(_advice(error))
    elif ending in _ENDINGS:
        happened = turn(_ENDINGS[ending])
    elif said.state == "done" and not said.text.strip():
        happened = turn(_EMPTY)
    wanted = model_name(visit, str(said.about.get("wanted", "")))
    rerouted = rerouted_of(said, wanted, model_name(visit, said.model), language)
    return EndView(
        id=said.id,
        conversation=opened.conversation.id,
        shown=said.state != "running",
        kind="bad" if error else "info",
        happened=happened,
        kept=kept,
        words=bool(said.text),
        zone=said.zone or "",
        line=line_of(said, language),
        table=table_of(said, model_name(visit, said.model), language),
        left_out=(*filter(None, [rerouted]), *left_out_of(said, language)),
        flags=flags_of(said, language),
        go_on=may_go_on(said),
        keep=len(opened.rivals(said.id)) > 1,
        versions=_versions(opened, said.id),
    )


def _advice(error: HausgeistError) -> str:
    return _OVERFLOW if isinstance(error, ContextOverflow) else _ADVICE


def _versions(opened: Opened, message_id: str) -> Versions:
    siblings = opened.siblings(message_id)
    if len(siblings) == 1 or len(opened.rivals(message_id)) == len(siblings):
        return Versions()
    place = siblings.index(message_id)
    return Versions(
        place=place + 1,
        of=len(siblings),
        before=siblings[place - 1] if place else "",
        next=siblings[place + 1] if place + 1 < len(siblings) else "",
    )
