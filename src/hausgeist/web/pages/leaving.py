# SPDX-License-Identifier: EUPL-1.2
"""What a form says of words leaving the house, and what stops them there, with the ways on.

Forms flow in as values of the chat; errors of the border flow out as a panel. Decides nothing.
"""

from collections.abc import Iterable, Sequence

from hausgeist.chat import UNSAID, Leaving
from hausgeist.chat.labels import CLASSES
from hausgeist.chat.leaving import place
from hausgeist.core.calls import Correction
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import Decision, Verdict
from hausgeist.errors import (
    N_,
    REASONS,
    BorderAsks,
    BorderRefused,
    DetectorDown,
    HausgeistError,
    InvalidField,
    VeilDown,
)
from hausgeist.locale import translator
from hausgeist.web.contexts.border import Fields, StopView
from hausgeist.web.forms import Form
from hausgeist.web.pages.chat_views import house_model, kinds_line, place_name
from hausgeist.web.visit import Visit

PASSAGES_MOST = 300
"""Passages that one question may say something of."""
PASSAGE_MOST = 1000
"""Characters of one."""
STOPS = (BorderAsks, BorderRefused, DetectorDown, VeilDown)
"""Errors with ways on."""
CARRIED = ("edit", "again", "continue", "against")
"""Fields that a composer shown anew does not have."""

_ASKS = N_("May this go to {provider}?")
_WHERE = N_("{place}. The data class is “{class_name}”.")
_HIDDEN = N_("Under pseudonyms: {kinds}.")
_OPEN = N_("Nothing in it is hidden.")
_COUNTS_AS = N_("With everything in it, it counts as “{class_name}”.")
_STAYS = N_("This does not leave the house.")
_WORDS = N_("Your text is still in the field. Nothing was sent.")
_TO_DO = N_("Take out what may not leave, choose another model, or let one in the house answer.")
_NO_HOUSE = N_("Take out what may not leave, or choose another model.")


def leaving_of(form: Form) -> Leaving:
    """What a form says: ``plain`` and ``hidden`` passages, and the places that were agreed to.

    Raises:
        InvalidField: more than anybody says of one question.
    """
    gone = {_tidy(one) for one in form.many("unsay")}
    plain, hidden = (
        [one for one in form.many(name) if _tidy(one) not in gone] for name in ("plain", "hidden")
    )
    return said_of(plain, hidden, form.many("agree"))


def said_of(plain: Sequence[str], hidden: Sequence[str], agreed: Iterable[str]) -> Leaving:
    """The same from its parts; of a passage that is in both, the last word is that it is hidden.

    Raises:
        InvalidField: more than anybody says of one question.
    """
    passages = [(_tidy(one), False) for one in plain] + [(_tidy(one), True) for one in hidden]
    said = {value: hide for value, hide in passages if value}
    if len(said) > PASSAGES_MOST or any(len(value) > PASSAGE_MOST for value in said):
        raise InvalidField(
            field="hidden", reason=N_("fewer or shorter passages, please"), param="hidden"
        )
    if not said and not agreed:
        return UNSAID
    return Leaving(
        tuple(Correction(value, hide) for value, hide in said.items()), frozenset(agreed)
    )


def fields_of(leaving: Leaving) -> Fields:
    """Corrections as a form's fields."""
    return tuple(("hidden" if one.hide else "plain", one.value) for one in leaving.corrections)


def stop_view(
    visit: Visit,
    error: HausgeistError,
    language: str,
    *,
    form: Form | None = None,
    preview: str = "",
) -> StopView | None:
    """The panel for an error of the border; None for any other one.

    ``form`` is what was sent, where the page is shown anew.
    """
    if not isinstance(error, STOPS):
        return None
    turn, values = translator(language), error.values
    word = str(values.get("data_class") or DataClass.INTERNAL.word)
    data_class = DataClass.parse(word)
    nothing = Decision(Verdict.REFUSE, (), (), data_class, "")
    instead = house_model(visit, nothing)
    fields: list[tuple[str, str]] = []
    if form is not None:
        fields = [(name, value) for name in CARRIED for value in form.many(name)]
    if not isinstance(error, BorderAsks):
        said = [turn(_WORDS), turn(_TO_DO if instead else _NO_HOUSE)]
        if "data_class" in values:
            said.insert(0, turn(_COUNTS_AS).format(class_name=turn(CLASSES[data_class])))
        return StopView(
            title=turn(_STAYS),
            said=(_why(error, language), *said),
            instead=instead,
            fields=tuple(fields),
            preview=preview if values.get("examined") else "",
        )
    zone, provider = Zone(str(values["zone"])), str(values["provider"])
    where = place_name(zone, str(values.get("country") or ""), language)
    counts = values.get("hidden")
    hidden = dict(counts) if isinstance(counts, tuple) else {}
    kinds = turn(_HIDDEN).format(kinds=kinds_line(hidden, language)) if hidden else turn(_OPEN)
    return StopView(
        title=turn(_ASKS).format(provider=provider),
        said=(turn(_WHERE).format(place=where, class_name=turn(CLASSES[data_class])), kinds),
        agree=place(provider, zone, word),
        instead=instead,
        fields=tuple(fields),
        preview=preview,
    )


def _why(error: HausgeistError, language: str) -> str:
    turn = translator(language)
    if not isinstance(error, BorderRefused):
        return error.say(turn)
    reasons = [turn(REASONS[code]) for code in error.reasons if code in REASONS]
    return " ".join([*reasons, *error.notes])


def _tidy(value: str) -> str:
    return " ".join(value.split())
