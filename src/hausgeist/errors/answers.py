# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong when somebody answers an item of a task."""

from hausgeist.errors.tree import N_, BadRequest, NotAllowed


class AnswerNotFitting(BadRequest):
    """An answer that the task's labels or fields, or the text, do not have room for."""

    code = "answer_not_fitting"
    text = N_("This answer does not fit the task: {reason}")


class GoldSealed(NotAllowed):
    """Somebody asked for what was said of an item of the gold set; that is written to the audit trail."""

    code = "gold_sealed"
    text = N_(
        "This text belongs to the gold set. Until the gate opens it, nobody sees what others or models "
        "say of it; that somebody asked is in the audit trail."
    )
