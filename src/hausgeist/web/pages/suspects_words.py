# SPDX-License-Identifier: EUPL-1.2
"""What is said of a student that is too weak to doubt people's answers: its counts in, a sentence out."""

from hausgeist.core.suspects import Standing
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.amounts import number


def weak(stands: Standing | None, language: str) -> str:
    """Why no answer is named; empty where the student is strong enough."""
    if stands is None or not stands.weak:
        return ""
    said = (
        N_(
            "Of {of} texts that it had not seen the student has only {right} right; the most common answer "
            "alone is right on {majority}. That is too little to doubt people's answers: train again with "
            "more of them."
        )
        if stands.right <= stands.majority
        else N_(
            "Of {of} texts that it had not seen the student has only {right} right: less than six in ten. "
            "That is too little to doubt people's answers: train again with more of them."
        )
    )
    return translator(language)(said).format(
        of=number(stands.of, language),
        right=number(stands.right, language),
        majority=number(stands.majority, language),
    )
