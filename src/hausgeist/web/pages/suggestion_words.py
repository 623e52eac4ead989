# SPDX-License-Identifier: EUPL-1.2
"""States, codes and terms of suggestions, as words of the catalogue, and values as a reader sees them."""

from collections.abc import Callable
from typing import Final, TypeAlias

from hausgeist.core.answers import Value
from hausgeist.core.asked import TrainingTerms
from hausgeist.core.tasks import Task
from hausgeist.errors import N_

Turn: TypeAlias = Callable[[str], str]

STATES: Final[dict[str, tuple[str, str]]] = {
    "ok": (N_("readable"), "good"),
    "unparsed": (N_("not readable"), "warn"),
    "refused": (N_("refused"), "bad"),
    "failed": (N_("failed"), "bad"),
}
"""What each state is called, and its tone."""
CODES: Final = {
    "no_answer": N_("The model wrote words without an answer."),
    "two_answers": N_("The model gave more than one answer."),
    "wrong_form": N_("The answer does not have the form that was asked for."),
    "unknown_label": N_("The answer names something that the task does not have."),
    "cut_off": N_("The answer came to its limit before its end."),
    "nothing_found": N_("Nothing that the model quotes is in the text."),
    "insufficient_quota": N_("The budget did not cover it."),
    "border_refused": N_("The border did not let this text go there."),
    "border_asks": N_("The border wants a yes first."),
    "context_length_exceeded": N_("The text is too long for this model."),
    "detector_down": N_("It could not be examined, so it stayed."),
    "upstream_unreachable": N_("The model could not be reached."),
    "upstream_busy": N_("The model was busy."),
    "upstream_timeout": N_("The model took too long."),
}
"""Why there is no answer, by code."""
OTHER: Final = N_("It broke off with the error “{code}”.")
STOPPED: Final = {
    "budget": N_(
        "The run ended early: the budget does not cover any more. What was "
        "answered stays; a later run goes on there."
    ),
    "failing": N_(
        "The run ended early: the model could not be reached several times in a row. What was "
        "answered stays; a later run goes on there."
    ),
    "refused": N_(
        "The run ended early: many texts in a row were refused. Look at the reasons below "
        "before you start again."
    ),
}
"""Why a run ended before its time."""
TERMS: Final[dict[TrainingTerms, tuple[str, str]]] = {
    "yes": (N_("Its answers may train your own models."), "good"),
    "no": (
        N_("Its answers may not train own models: they help people answer, and teach no student."),
        "bad",
    ),
    "unknown": (N_("Nobody has entered whether its answers may train own models."), "warn"),
}


def why(code: str, turn: Turn) -> str:
    """A code in words; empty for none."""
    if not code:
        return ""
    return turn(CODES[code]) if code in CODES else turn(OTHER).format(code=code)


def answer_words(task: Task, value: Value | None, text: str, turn: Turn) -> tuple[str, ...]:
    """An answer as a reader sees it, one line for each label, passage or detail."""
    if value is None:
        return ()
    names = {label.key: label.name for label in task.labels}
    names |= {field.key: field.name for field in task.fields}
    lines = [names.get(key, key) for key in value.labels]
    lines += [
        f"{names.get(one.label, one.label)}: {text[one.start : one.end]}" for one in value.spans
    ]
    lines += [f"{names.get(key, key)}: {held}" for key, held in value.fields]
    return tuple(lines) or (turn(N_("none applies")),)
