# SPDX-License-Identifier: EUPL-1.2
"""What was said, and what may be asked of whom, as the chat's pages show it.

Values of the chat and the gateway flow in, views in the reader's language flow out. Decides nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hausgeist.chat import Conversation, Said
from hausgeist.chat.labels import CLASSES, KINDS, ZONES
from hausgeist.chat.library import Assistant
from hausgeist.core.findings import Kind
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.policy import Decision, Reason, Verdict
from hausgeist.errors import N_, REASONS, UnknownModel
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.web.amounts import number
from hausgeist.web.contexts.border import AmpelView, Fields
from hausgeist.web.contexts.chat import Composer
from hausgeist.web.pages.voice_models import voice_model
from hausgeist.web.visit import Visit

STARTERS = (
    N_("Explain in plain language:"),
    N_("Summarise in five points:"),
    N_("Write a friendly reply to this letter:"),
)
EXAMINED = N_("Before it leaves, the text is searched for personal data.")
EXAMINED_HIDDEN = N_(
    "Before it leaves, the text is searched for personal data; what is found goes under pseudonyms."
)
EXAMINED_STAYS = N_(
    "Before it leaves, the text is searched for personal data; if there is any, nothing is sent."
)
EXAMINED_INSTEAD = N_(
    "Before it leaves, the text is searched for personal data; if there is any, {model} in the house "
    "answers."
)
INSTEAD = N_("{model} answers instead of {wanted}. {why}")
PICTURES = N_(
    "Pictures count as personal data. That may go there only under pseudonyms, and nothing in a picture "
    "can be hidden."
)
REFUSED = N_("This will not be sent. {why}")

_KINDS = frozenset(kind.value for kind in Kind)


def html_of(said: Said, language: str) -> str:
    """The blocks of an answer, joined."""
    return "".join(render_blocks(said.text, language)) if said.text else ""


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
    corrections: Fields = (),
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
        ampel=_first_ampel(visit, chosen, DataClass.parse(word), language, helper),
        stop=stop,
        was=talk.data_class if talk else "",
        dictation=voice_model(visit, Capability.TRANSCRIPTION, DataClass.PERSONAL) is not None,
        speech=voice_model(visit, Capability.SPEECH, DataClass.parse(word)) is not None,
        rooms={card.id: card.context for card in cards if card.context},
        sees=frozenset(card.id for card in cards if card.can(Capability.VISION)),
        outside=any(card.zone is not Zone.HOUSE for card in cards),
        assistant=helper.id if helper else "",
        corrections=corrections,
    )


def _first_ampel(
    visit: Visit, model: str, data_class: DataClass, language: str, helper: Assistant | None
) -> AmpelView | None:
    if not model:
        return None
    if helper is not None and helper.data_class is not None:
        data_class = max(data_class, helper.data_class)
    assistant = helper.id if helper else None
    return ampel_view(visit, model, data_class, language, assistant=assistant)


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


def kinds_line(counts: Mapping[str, int], language: str) -> str:
    """Counts by kind as people read them: 2 persons, 1 IBAN."""
    turn = translator(language)
    words = []
    for kind, count in counts.items():
        one, many = KINDS.get(Kind(kind), (kind, kind)) if kind in _KINDS else (kind, kind)
        words.append(turn(one if count == 1 else many).format(count=number(count, language)))
    return ", ".join(words)


def place_name(zone: Zone, country: str | None, language: str) -> str:
    """A zone in words, with its country where that says more."""
    label = translator(language)(ZONES[zone])
    return f"{label} ({country})" if country and zone is not Zone.HOUSE else label


def reasons_of(decision: Decision, turn: Callable[[str], str]) -> str:
    """Why, in sentences: the rules' and the organisation's own."""
    words = [turn(REASONS[reason]) for reason in decision.reasons if reason in REASONS]
    return " ".join([*words, *decision.notes])


def house_model(
    visit: Visit,
    decision: Decision,
    assistant: str | None = None,
    *,
    but: str = "",
    sees: bool = False,
) -> tuple[str, str] | None:
    """A model in the house that could answer what may not leave (id and name), or None."""
    wanted = (*decision.instead, visit.principal.default_model, visit.house.settings.default_model)
    cards = [card for card in talkers(visit) if card.zone is Zone.HOUSE and card.id != but]
    cards.sort(key=lambda card: wanted.index(card.id) if card.id in wanted else len(wanted))
    for card in cards:
        if sees and not card.can(Capability.VISION):
            continue
        said = visit.house.gateway.outlook(visit.principal, card.id, decision.data_class, assistant)
        if said.verdict is Verdict.ALLOW:
            return card.id, card.name
    return None


def ampel_view(
    visit: Visit,
    model: str,
    data_class: DataClass,
    language: str,
    *,
    assistant: str | None = None,
    against: Sequence[str] = (),
    pictures: bool = False,
) -> AmpelView:
    """Where a text of this class would go with these models, and why, or why it would not.

    ``pictures`` go along: nobody can look into them, so they count as personal.

    Raises:
        UnknownModel: there is none, or not for this person.
    """
    if pictures:
        data_class = max(data_class, DataClass.PERSONAL)
    views = []
    for one in dict.fromkeys((model, *against)):
        decision = visit.house.gateway.outlook(visit.principal, one, data_class, assistant)
        views.append(_ampel(visit, one, decision, language, assistant, pictures=pictures))
    first, *others = views
    known = {(first.zone, first.label, first.reason)}
    more = [view for view in others if (view.zone, view.label, view.reason) not in known]
    return replace(
        first,
        refused=any(view.refused for view in views),
        leaves=any(view.leaves for view in views),
        instead=next((view.instead for view in views if view.instead), None),
        more=tuple(dict.fromkeys(more)),
    )


def decided_view(
    visit: Visit, model: str, decision: Decision, hidden: Mapping[str, int], language: str
) -> AmpelView:
    """Where a text that was examined would go, and what of it would be hidden."""
    turn = translator(language)
    view = _ampel(visit, model, decision, language, None)
    if decision.verdict not in {Verdict.ALLOW, Verdict.PSEUDONYMISE, Verdict.ASK}:
        return view
    if not decision.models or decision.models[0].zone is Zone.HOUSE:
        return view
    count = sum(hidden.values())
    said = turn(N_("Nothing in it is hidden."))
    if count:
        words = N_("{count} passage hidden: {kinds}.")
        words = words if count == 1 else N_("{count} passages hidden: {kinds}.")
        said = turn(words).format(count=number(count, language), kinds=kinds_line(hidden, language))
    if decision.verdict is Verdict.ASK:
        said = f"{said} {turn(REASONS[Reason.ASKS_FIRST])}"
    return replace(view, reason=said, leaves=True)


def _ampel(
    visit: Visit,
    model: str,
    decision: Decision,
    language: str,
    assistant: str | None,
    *,
    pictures: bool = False,
) -> AmpelView:
    turn = translator(language)
    wanted = visit.house.gateway.directory.candidates(model, visit.principal)[0]
    card = decision.models[0] if decision.models else wanted
    label = place_name(card.zone, card.country, language)
    refused = decision.verdict is Verdict.REFUSE
    why = reasons_of(decision, turn)
    if decision.verdict is Verdict.EXAMINE:
        refused = pictures and Reason.NEEDS_PSEUDONYMS in decision.reasons
        why = turn(PICTURES) if refused else _examined(visit, model, decision, language, assistant)
    elif decision.verdict is Verdict.REROUTE:
        why = turn(INSTEAD).format(model=card.name, wanted=wanted.name, why=why)
    return AmpelView(
        zone=card.zone.value,
        label=label,
        reason=turn(REFUSED).format(why=why) if refused else why,
        refused=refused,
        leaves=decision.verdict is Verdict.EXAMINE and not refused,
        instead=house_model(visit, decision, assistant, but=model, sees=pictures)
        if refused
        else None,
    )


def _examined(
    visit: Visit, model: str, decision: Decision, language: str, assistant: str | None
) -> str:
    """That the text is searched, and what then becomes of the personal data in it."""
    turn = translator(language)
    then = decision
    if decision.data_class < DataClass.PERSONAL:
        who = visit.principal
        then = visit.house.gateway.outlook(who, model, DataClass.PERSONAL, assistant)
    hides = then.verdict is Verdict.EXAMINE and visit.house.gateway.veils is not None
    if then.verdict is Verdict.REROUTE:
        said = turn(EXAMINED_INSTEAD).format(model=then.models[0].name)
    elif then.verdict is Verdict.EXAMINE and Reason.NEEDS_PSEUDONYMS not in then.reasons:
        said = turn(EXAMINED)
    else:
        said = turn(EXAMINED_HIDDEN if hides else EXAMINED_STAYS)
    if Reason.ASKS_FIRST in decision.reasons:
        said = f"{said} {turn(REASONS[Reason.ASKS_FIRST])}"
    return said
