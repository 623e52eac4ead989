# SPDX-License-Identifier: EUPL-1.2
"""What was said, and what may be asked of whom, as the chat's pages show it.

Values of the chat and the gateway flow in, views in the reader's language flow out. Decides nothing.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from hausgeist.chat import Conversation, Opened, Said, Shelf, Turn, recall
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import N_, REASONS, ContextOverflow, HausgeistError, UnknownModel
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.web.contexts.chat import (
    AmpelView,
    AnswerView,
    Composer,
    EndView,
    QuestionView,
    Side,
    SideRow,
)
from hausgeist.web.pages.voice_models import voice_model
from hausgeist.web.visit import Visit

CLASSES = {
    DataClass.PUBLIC: N_("Public"),
    DataClass.INTERNAL: N_("Internal"),
    DataClass.PERSONAL: N_("Personal data"),
    DataClass.SPECIAL: N_("Specially protected"),
}
ZONES = {
    Zone.HOUSE: N_("In the house"),
    Zone.EU: N_("In Europe, under contract"),
    Zone.WORLD: N_("Outside Europe"),
}
STARTERS = (
    N_("Explain in plain language:"),
    N_("Summarise in five points:"),
    N_("Write a friendly reply to this letter:"),
)
LOADING = N_("{model} is being loaded into memory. That can take a minute.")
EXAMINED = N_("Before it leaves, the text is searched for personal data.")
REFUSED = N_("This will not be sent. {why}")

_KEPT = N_("What had arrived is kept above. Ask again, or choose another model.")
_ADVICE = N_("Your question is kept. Ask again, or choose another model.")
_OVERFLOW = N_("Your question is kept. Start a new chat, or choose a model with more room.")
_ENDINGS = {
    "stopped": N_("You stopped this answer."),
    "interrupted": N_("The server was restarted during this answer."),
    "length": N_("The answer reached the model's limit of length and ends here."),
    "content_filter": N_("The provider's filter ended this answer."),
}


# -- answers ------------------------------------------------------------------------------------


async def said_views(
    visit: Visit, opened: Opened, language: str
) -> tuple[QuestionView | AnswerView, ...]:
    """The branch that is shown; rendered in a thread, so that running answers do not wait for it."""
    answers = [said for said in opened.branch if said.role != "user"]
    pages = await asyncio.to_thread(lambda: [html_of(said, language) for said in answers])
    html = {said.id: page for said, page in zip(answers, pages, strict=True)}
    return tuple(
        QuestionView(said.id, said.text)
        if said.role == "user"
        else answer_view(visit, opened, said, language, html[said.id])
        for said in opened.branch
    )


def html_of(said: Said, language: str) -> str:
    """The blocks of an answer, joined."""
    return "".join(render_blocks(said.text, language)) if said.text else ""


def answer_view(visit: Visit, opened: Opened, said: Said, language: str, html: str) -> AnswerView:
    """An answer: from the turn that writes it while it runs here, else as it is stored."""
    turn = visit.house.chat.running(visit.principal, said.id)
    if turn is not None and not turn.replay.over:
        return running_view(visit, turn, language)
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
        end=end_view(opened, said, language),
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
        end=EndView(id=turn.id, conversation=turn.conversation_id, shown=False),
    )


def loading_words(visit: Visit, model: str, language: str) -> str:
    """That a model is being loaded."""
    return translator(language)(LOADING).format(model=model_name(visit, model))


def end_view(opened: Opened, said: Said, language: str) -> EndView:
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
    siblings = opened.siblings(said.id)
    place = siblings.index(said.id)
    return EndView(
        id=said.id,
        conversation=opened.conversation.id,
        shown=said.state != "running",
        kind="bad" if error else "info",
        happened=happened,
        kept=kept,
        words=bool(said.text),
        zone=said.zone or "",
        facts=_facts(said, turn, language),
        place=place + 1,
        of=len(siblings),
        before=siblings[place - 1] if place else "",
        next=siblings[place + 1] if place + 1 < len(siblings) else "",
    )


def _advice(error: HausgeistError) -> str:
    return _OVERFLOW if isinstance(error, ContextOverflow) else _ADVICE


def _facts(said: Said, turn: Callable[[str], str], language: str) -> tuple[tuple[str, str], ...]:
    facts = []
    if said.data_class is not None:
        facts.append((turn(N_("Data")), turn(CLASSES[DataClass.parse(said.data_class)])))
    if said.output_tokens:
        facts.append((turn(N_("Tokens")), number(said.output_tokens, language)))
    if said.duration_ms is not None:
        facts.append((turn(N_("Time")), f"{number(said.duration_ms / 1000, language, 1)} s"))
    if said.micro_eur is not None:
        facts.append((turn(N_("Cost")), f"{number(said.micro_eur / 1_000_000, language, 4)} €"))
    return tuple(facts)


def number(value: float, language: str, places: int = 0) -> str:
    """A number as people write it: 1.234,5 or 1,234.5."""
    words = f"{value:,.{places}f}"
    return words.translate(str.maketrans(",.", ".,")) if language == "de" else words


# -- models and the Ampel ---------------------------------------------------------------------------


def model_name(visit: Visit, model: str | None) -> str:
    """A model's name as people read it; its id when it is no longer there."""
    try:
        return visit.house.gateway.directory.candidates(model or "", visit.principal)[0].name
    except UnknownModel:
        return model or ""


def talkers(visit: Visit) -> list[ModelCard]:
    """The models this person may talk to."""
    offered = visit.house.gateway.directory.offered(visit.principal)
    return [card for card in offered if card.can(Capability.COMPLETION)]


def composer(
    visit: Visit,
    language: str,
    talk: Conversation | None,
    *,
    parent: str = "",
    draft: str = "",
    model: str = "",
    data_class: str = "",
    stop: str = "",
) -> Composer:
    """The form, with what was chosen last; a model that is gone gives way to the house's first."""
    turn = translator(language)
    cards = talkers(visit)
    ids = [card.id for card in cards]
    first = (visit.principal.default_model, visit.house.settings.default_model)
    wanted = (model, talk.model if talk else "", *first)
    chosen = next((one for one in wanted if one in ids), ids[0] if ids else "")
    word = data_class or (
        talk.data_class if talk else visit.house.gateway.border.default_class.word
    )
    groups = tuple(
        (turn(words), tuple((card.id, card.name) for card in cards if card.zone is zone))
        for zone, words in ZONES.items()
    )
    return Composer(
        conversation=talk.id if talk else "",
        models=tuple(group for group in groups if group[1]),
        model=chosen,
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        data_class=word,
        parent=parent,
        draft=draft,
        ampel=ampel_view(visit, chosen, DataClass.parse(word), language) if chosen else None,
        stop=stop,
        dictation=voice_model(visit, Capability.TRANSCRIPTION, DataClass.PERSONAL) is not None,
        speech=voice_model(visit, Capability.SPEECH, DataClass.parse(word)) is not None,
    )


def ampel_view(visit: Visit, model: str, data_class: DataClass, language: str) -> AmpelView:
    """Where a text of this class would go with this model, and why, or why it would not.

    Raises:
        UnknownModel: there is none, or not for this person.
    """
    gateway = visit.house.gateway
    card = gateway.directory.candidates(model, visit.principal)[0]
    decision = gateway.outlook(visit.principal, model, data_class)
    zone = decision.models[0].zone if decision.models else card.zone
    turn = translator(language)
    label = turn(ZONES[zone])
    if card.country and zone is not Zone.HOUSE:
        label = f"{label} ({card.country})"
    refused = decision.verdict in {Verdict.REFUSE, Verdict.PSEUDONYMISE}
    return AmpelView(zone.value, label, _why(decision, turn, refused=refused), refused)


def _why(decision: Decision, turn: Callable[[str], str], *, refused: bool) -> str:
    if decision.verdict is Verdict.EXAMINE:
        return turn(EXAMINED)
    words = " ".join(turn(REASONS[reason]) for reason in decision.reasons if reason in REASONS)
    return turn(REFUSED).format(why=words) if refused else words


# -- the list ---------------------------------------------------------------------------------------


def side_view(visit: Visit, shelf: Shelf, current: str, before: str, language: str) -> Side:
    """The list of conversations, by how long ago they were used; days are the server's."""
    turn = translator(language)
    today = _day(visit.house.now_ms())
    days: dict[str, list[SideRow]] = {}
    for talk in shelf.conversations:
        heading = turn(_heading(today, _day(talk.updated_at)))
        days.setdefault(heading, []).append(SideRow(talk.id, talk.title))
    here = f"/c/{current}" if current else "/"
    older = f"{here}?older={shelf.older[0]}-{shelf.older[1]}" if shelf.older else ""
    return Side(
        days=tuple((heading, tuple(rows)) for heading, rows in days.items()),
        current=current,
        older=older,
        newest=here if before else "",
    )


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().date()


def _heading(today: date, day: date) -> str:
    if day >= today:
        return N_("Today")
    if day == today - timedelta(days=1):
        return N_("Yesterday")
    return N_("Last seven days") if day > today - timedelta(days=7) else N_("Earlier")
