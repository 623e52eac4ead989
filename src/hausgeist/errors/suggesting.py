# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong when a teacher is asked for suggestions."""

from hausgeist.errors.tree import N_, BadRequest, Conflict


class NothingLeft(BadRequest):
    """There is nothing that could be asked again."""

    code = "nothing_left"
    text = N_("There is nothing left to ask about. Every text has its suggestion.")


class PromptBroken(Conflict):
    """An example that goes along with a prompt was deleted since; it cannot be asked as it was."""

    code = "prompt_broken"
    text = N_("An example of this prompt was deleted. Start again: that makes a new prompt.")
