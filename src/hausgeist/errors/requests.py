# SPDX-License-Identifier: EUPL-1.2
"""What is wrong with a request, or with whom it is from."""

from collections.abc import Callable, Mapping, Sequence

from hausgeist.errors.reasons import REASONS
from hausgeist.errors.tree import N_, BadRequest, NotAllowed, NotFound, TooMany


class InvalidJSON(BadRequest):
    """The body is not JSON, or not UTF-8."""

    code = "invalid_json"
    text = N_("The body is not valid JSON: {reason}")


class InvalidField(BadRequest):
    """A field has the wrong type or value; ``param`` names it."""

    code = "invalid_value"
    text = N_("{field}: {reason}")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """As everywhere; further values fill the braces of the reason."""
        turn = translate or str
        more = {name: one for name, one in self.values.items() if name not in {"field", "reason"}}
        reason = turn(str(self.values.get("reason", "")))
        if more:
            reason = reason.format_map(more)
        return turn(self.text).format_map({"field": self.values.get("field", ""), "reason": reason})


class BadFields(BadRequest):
    """Several fields of one form; ``faults`` has a sentence for each, and what fills it."""

    code = "invalid_fields"
    text = N_("Some fields are not right yet.")

    def __init__(self, faults: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__(param=next(iter(faults), None))
        self.faults = faults


class Unsupported(BadRequest):
    """The model or the house does not do this."""

    code = "unsupported"
    text = N_("{what} is not supported here.")


class ContextOverflow(BadRequest):
    """The messages and the room for the answer exceed the model's window. Nothing is cut silently."""

    code = "context_length_exceeded"
    text = N_(
        "The request needs {needed} tokens, and {model} has room for {context}. Nothing was cut."
    )


class AnswerNotValid(BadRequest):
    """The model's answer does not fit the JSON schema that was asked for."""

    code = "answer_not_valid"
    text = N_("The answer does not match the requested schema: {reason}")
    answer = ""
    """What was answered, for whoever asked and reads it all the same; never shown, never logged."""


class UnknownModel(NotFound):
    """No such model, or not for this caller."""

    code = "model_not_found"
    text = N_("The model '{model}' does not exist, or you may not use it.")


class NotStored(NotFound):
    """A response of the Responses API: none is ever kept."""

    code = "response_not_stored"
    text = N_("Responses are not stored here. Send the whole conversation with each request.")


class BudgetExhausted(TooMany):
    """A hard budget would be overdrawn. Waiting a few seconds does not help.

    ``budget`` is its scope, such as ``group:planning``; ``month`` its period; ``why`` is tokens, money, or
    unknown: nobody knows what the call would cost.
    """

    code = "insufficient_quota"
    text = N_("The budget '{budget}' does not cover this call.")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """Which budget it is, why it does not cover the call, and what to do."""
        turn = translate or str
        kind, _, name = str(self.values.get("budget", "")).partition(":")
        whose = turn(_WHOSE[kind]).format(name=name) if kind in _WHOSE else kind
        why = turn(_UNCOVERED.get(str(self.values.get("why")), self.text))
        return why.format(budget=whose, month=self.values.get("month", ""))


_WHOSE = {
    "group": N_("of the group {name}"),
    "key": N_("of the service key {name}"),
    "cost_centre": N_("of the cost centre {name}"),
}
_UNCOVERED = {
    "tokens": N_(
        "The token budget {budget} for {month} does not cover this call; nothing was sent. A shorter text "
        "or answer may still fit. The administration can raise it; a new month begins with a new one."
    ),
    "money": N_(
        "The money budget {budget} for {month} does not cover this call; nothing was sent. A shorter text "
        "or a cheaper model may still fit. The administration can raise it; a new month begins with a "
        "new one."
    ),
    "unknown": N_(
        "What this model costs is not known, and the budget {budget} is in EUR; nothing was sent. Choose "
        "a model with a known price, or ask the administration to enter one."
    ),
}


class BorderRefused(NotAllowed):
    """The policy's answer. ``reasons`` are codes; ``why`` is the sentence made of them.

    ``notes`` are the organisation's own sentences. Of the values, ``data_class`` (a word) and
    ``policy_version`` say what was refused under which rules, for the ledger.
    """

    code = "border_refused"
    text = N_("This call does not leave the house: {why}")

    def __init__(
        self, reasons: Sequence[str], *, notes: Sequence[str] = (), **values: object
    ) -> None:
        super().__init__()
        self.values = values
        self.reasons = tuple(reasons)
        self.notes = tuple(notes)
        self.values.setdefault("why", "")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """The refusal with its reasons in the reader's language."""
        turn = translate or str
        said = [turn(REASONS[code]) for code in self.reasons if code in REASONS]
        why = " ".join([*said, *self.notes])
        return turn(self.text).format_map({**self.values, "why": why})


class BorderAsks(NotAllowed):
    """The call may leave once the person who asks has said yes.

    ``provider``, ``zone``, ``country`` (or empty), ``model`` and ``data_class`` say what would go where.
    """

    code = "border_asks"
    text = N_("This would go to {provider}. Please confirm that it may.")


class NeedsSecond(NotAllowed):
    """These rules of the border are milder somewhere than those in force."""

    code = "needs_second"
    text = N_(
        "These rules let something through that the rules in force do not. "
        "Propose them; a second person puts them into force."
    )


class GuardRefused(NotAllowed):
    """A guard refused the content; ``rule`` is the rule's id, ``reason`` its text."""

    code = "guard_refused"
    text = N_(
        "A rule of the house ({rule}) does not allow this content. {reason} "
        "If that is wrong here, please object: a person will look at it."
    )
