# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong when a student is made, kept or asked."""

from collections.abc import Callable
from typing import Any

from hausgeist.errors.requests import InvalidField
from hausgeist.errors.tree import N_, BadRequest, BadUpload, Conflict, NotFound, Unavailable


class StudentBroken(BadUpload):
    """A student's folder is not what its manifest says; nothing of it is loaded."""

    code = "student_broken"
    text = N_("The student cannot be loaded: the file {file} is missing or has been changed.")


class BaseRefused(BadUpload):
    """What is to become a base of students is not plain data, or not whole; nothing of it is kept.

    ``reason`` has braces of its own, which the same values fill.
    """

    code = "base_refused"
    text = N_("The base was refused: {reason}")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """With the reason in the reader's language, its braces filled."""
        turn = translate or str
        values = dict(self.values)
        reason = turn(str(values.pop("reason", ""))).format_map(values)
        return turn(self.text).format(reason=reason)


class UnknownBase(NotFound):
    """There is no base of this name on the shelf, or it is another one than when it was asked for."""

    code = "unknown_base"
    text = N_("There is no base '{base}' on the house's shelf, or it has changed.")


class NothingToLearn(BadRequest):
    """The examples teach nothing: there are too few of them, or all have the same answer."""

    code = "nothing_to_learn"
    text = N_("A student cannot learn from these examples: {reason}")


class TrainingFailed(Unavailable):
    """A training did not come to its end; what was kept before stands."""

    code = "training_failed"
    text = N_("The training broke off. Nothing was changed; please start it again.")


class StudentDown(Unavailable):
    """The process that students answer in is not there; it is started again."""

    code = "student_down"
    text = N_("The student does not answer at the moment. Please try again.")


class PatternWrong(InvalidField):
    """A rule's pattern cannot be read, or not in linear time; ``at`` is the place in it, counted from 1."""

    code = "pattern_wrong"

    def __init__(self, *, reason: str, at: int, **values: Any) -> None:
        super().__init__(field="pattern", reason=reason, param="pattern", **values)
        self.at = at

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """As for every field, with the place."""
        turn = translate or str
        return f"{super().say(translate)} ({turn(N_('character {at}')).format(at=self.at)})"


class TrainingNotInstalled(Unavailable):
    """What trains students comes with an extra that this installation lacks."""

    code = "training_not_installed"
    text = N_("Training takes the extra {package}, which is not installed on this server.")


class StudentUnsure(Unavailable):
    """A student leaves a text to whoever is asked after it."""

    code = "student_unsure"
    text = N_("The student is not sure enough of this text.")


class StudentServes(Conflict):
    """A student that answers is not deleted: its service has to end first."""

    code = "student_serves"
    text = N_("The student is in service. End its service first, then delete it.")


class NotReadyToServe(Conflict):
    """A student cannot go into service like this; ``reason`` says which check is open."""

    code = "not_ready_to_serve"
    text = N_("The student cannot go into service: {reason}.")
