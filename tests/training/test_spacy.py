# SPDX-License-Identifier: EUPL-1.2
"""The student that spaCy trains; skipped where the extra is not installed."""

import pytest
from late_trains import reports

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training.rungs import RUNGS
from hausgeist.training.trainers import TRAINERS, Recipe, Report, load

pytestmark = [
    pytest.mark.skipif(not RUNGS["spacy"].there, reason="the extra spacy is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


def test_passages_are_learnt_saved_and_read_again(tmp_path):
    """Passages it was taught are found where they stand, before and after it was on disk."""
    recipe = Recipe(TaskKind.SPANS, ("line", "place"), options={"rounds": 20})
    model = TRAINERS["spacy"].train(reports(), reports()[:16], recipe, Report())
    text = "Guten Morgen, kommt die S3 pünktlich? Ich warte in Köln."
    (guess,) = model.predict([text])
    assert {(text[s.start : s.end], s.label) for s in guess.value.spans} == {
        ("S3", "line"),
        ("Köln", "place"),
    }
    model.save(tmp_path)
    assert load(tmp_path).predict([text, ""])[0] == guess


@pytest.mark.parametrize("kind", [TaskKind.SINGLE, TaskKind.MULTI])
def test_labels_are_learnt(kind):
    """Texts of two labels, and of none, are told apart."""
    said = [
        ("Die Laterne ist dunkel", ["lamp"]),
        ("Der Müll liegt noch da", ["waste"]),
        ("Danke", []),
    ]
    examples = [
        Example(f"i{n}", f"{said[n % 3][0]} {'!' * (n // 3)}", Value.of_labels(said[n % 3][1]))
        for n in range(36)
    ]
    recipe = Recipe(kind, ("lamp", "waste"), options={"rounds": 15})
    model = TRAINERS["spacy"].train(examples, [], recipe, Report())
    found = [guess.value.labels for guess in model.predict([text for text, _ in said])]
    assert found == [("lamp",), ("waste",), ()]
