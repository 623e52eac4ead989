# SPDX-License-Identifier: EUPL-1.2
"""What was said, and what may be asked of whom, as the chat's pages show it.

Values of the chat and the gateway flow in, views in the reader's language flow out. Decides nothing.
"""

from collections.abc import Callable

from hausgeist.chat import Conversation, Said
from hausgeist.chat.labels import CLASSES, ZONES
from hausgeist.chat.library import Assistant
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import N_, REASONS, UnknownModel
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.web.contexts.chat import (
    AmpelView,
    Composer,
)
from hausgeist.web.pages.voice_models import voice_model
from hausgeist.web.visit import Visit

STARTERS = (
    N_("Explain in plain language:"),
    N_("Summarise in five points:"),
    N_("Write a friendly reply to this letter:"),
)
EXAMINED = N_("Before it leaves, the text is searched for personal data.")
REFUSED = N_("This will not be sent. {why}")


def html_of(said: Said, language: str) -> str:
    """The blocks of an answer, joined."""
    return "".join(render_blocks(said.text, language)) if said.text else ""


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
    helper: Assistant | None = None,
) -> Composer:
    """The form, with what was chosen last; a model that is gone gives way to the house's first.

    ``helper`` is the conversation's assistant; a new one begins with its model and data class.
    """
    turn = translator(language)
    cards = talkers(visit)
    ids = [card.id for card in cards]
    first = (visit.principal.default_model, visit.house.settings.default_model)
    own = (helper.model or "",) if helper and not talk else ()
    wanted = (model, talk.model if talk else "", *own, *first)
    chosen = next((one for one in wanted if one in ids), ids[0] if ids else "")
    least = visit.house.gateway.border.default_class
    if helper is not None and helper.data_class is not None:
        least = max(least, helper.data_class)
    word = data_class or (talk.data_class if talk else least.word)
    return Composer(
        conversation=talk.id if talk else "",
        models=groups_of(cards, language),
        model=chosen,
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        data_class=word,
        parent=parent,
        draft=draft,
        ampel=ampel_view(visit, chosen, DataClass.parse(word), language) if chosen else None,
        stop=stop,
        was=talk.data_class if talk else "",
        dictation=voice_model(visit, Capability.TRANSCRIPTION, DataClass.PERSONAL) is not None,
        speech=voice_model(visit, Capability.SPEECH, DataClass.parse(word)) is not None,
        rooms={card.id: card.context for card in cards if card.context},
        sees=frozenset(card.id for card in cards if card.can(Capability.VISION)),
    )


def groups_of(
    cards: list[ModelCard], language: str
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Models under the zone where they run: headings with (id, name) pairs."""
    turn = translator(language)
    groups = (
        (turn(words), tuple((card.id, card.name) for card in cards if card.zone is zone))
        for zone, words in ZONES.items()
    )
    return tuple(group for group in groups if group[1])


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
