# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong when a task in service is asked and nobody in its chain answers."""

from collections.abc import Callable

from hausgeist.errors.tree import N_, TooMany, Unavailable


class PeopleAsked(TooMany):
    """A caller has put as many texts of a task before people as a day may have."""

    code = "people_asked"
    text = N_(
        "Nobody was sure enough of this text, and you have put {most} texts of this task before people "
        "today. Tomorrow there is room again."
    )


class NobodyAnswers(Unavailable):
    """The chain of a task is at its end. ``reason`` says why."""

    code = "nobody_answers"
    text = N_("Nobody was sure enough of this text: {reason}")

    def say(self, translate: Callable[[str], str] | None = None) -> str:
        """With the reason in the reader's language."""
        turn = translate or str
        return turn(self.text).format(reason=turn(str(self.values.get("reason", ""))))
