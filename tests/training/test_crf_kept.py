# SPDX-License-Identifier: EUPL-1.2
"""A student for passages that was saved before: it loads, and answers as it did on the day it was saved.

``kept/crf`` was trained with ``late_trains.reports()``, two parts held out, a list of two places, c1 0.5 and
40 rounds, before chains leaned towards passages. Features may be added to a word's; none may change its name.
"""

from pathlib import Path

import pytest

from hausgeist.core.answers import Span
from hausgeist.training.trainers import load

KEPT = Path(__file__).with_name("kept") / "crf"
ANSWERS = [
    (
        "Die S41 nach Bad Ems fällt heute aus.",
        [Span(4, 7, "line"), Span(13, 20, "place")],
        0.945146,
    ),
    (
        "Wegen einer Störung hält die S11 nicht in Mühlbach!",
        [Span(29, 32, "line"), Span(42, 50, "place")],
        0.975898,
    ),
    (
        "Ko\u0308ln? #Wulkow und S3 🚲 nach Mu\u0308hlbach",
        [Span(19, 21, "line"), Span(29, 38, "place")],
        0.369094,
    ),
    ("Nichts davon.", [], 0.998454),
    ("", [], 1.0),
]


@pytest.mark.parametrize(("text", "spans", "score"), ANSWERS)
def test_a_kept_student_answers_as_it_did(text, spans, score):
    """The passages and the score of each text are those of the day it was saved."""
    (guess,) = load(KEPT).predict([text])
    assert list(guess.value.spans) == spans
    assert guess.score == pytest.approx(score, abs=1e-4)
