# SPDX-License-Identifier: EUPL-1.2
"""What a model's answers look like decides what kind of task could stand in for it."""

import json

import pytest

from hausgeist.core.answer_shapes import as_task_says, canonical, shape_of
from hausgeist.core.tasks import TaskKind

NAMES = ("Bau", "Verkehr", "Kita")


def shape(answer, count=60, text="Ein Text"):
    return shape_of([(text, answer(n)) for n in range(count)])


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: NAMES[n % 3],
        lambda n: f"„{NAMES[n % 3]}.“",
        lambda n: json.dumps({"abteilung": NAMES[n % 3], "reason": f"wegen {n}"}),
        lambda n: f'```json\n{{"label": "{NAMES[n % 3]}"}}\n```',
    ],
)
def test_one_of_a_few_values_is_a_single_label(answer):
    """Bare, quoted, in JSON with a reason, or in a fence."""
    found = shape(answer)
    assert found.kind is TaskKind.SINGLE
    assert dict(found.values) == dict.fromkeys(NAMES, 20)


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: ", ".join(NAMES[: n % 3 + 1]),
        lambda n: json.dumps({"themen": NAMES[: n % 4]}),
        lambda n: json.dumps(NAMES[: n % 4]),
    ],
)
def test_lists_of_a_few_values_are_several_labels(answer):
    """As words with commas, or as JSON."""
    found = shape(answer)
    assert (found.kind, {value for value, _ in found.values}) == (TaskKind.MULTI, set(NAMES))


def test_a_comma_in_a_label_is_no_list():
    """Values whose parts never come again are single labels."""
    assert shape(lambda n: ("Müll, Abfall", "Bus, Bahn")[n % 2]).kind is TaskKind.SINGLE


def test_quotes_of_the_text_with_labels_are_passages():
    """Objects with words that stand in the text."""
    pairs = [
        (f"Frau M{n} aus Ulm", json.dumps([{"text": f"M{n}", "type": "PER"}])) for n in range(40)
    ]
    found = shape_of(pairs)
    assert (found.kind, found.values) == (TaskKind.SPANS, (("PER", 40),))
    said = json.loads(as_task_says(TaskKind.SPANS, *pairs[0]) or "")
    assert said == {"spans": [{"quote": "M0", "label": "PER", "occurrence": 1}]}


def test_objects_with_several_plain_fields_are_records():
    """Fields with values that are different each time."""
    found = shape(lambda n: json.dumps({"betrag": n, "name": f"x{n}"}))
    assert (found.kind, found.fields) == (TaskKind.RECORD, ("betrag", "name"))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda n: f"Sehr geehrte Frau M{n}, vielen Dank. " * 12, "prose"),
        (lambda n: json.dumps({"antwort": f"Liebe Frau {n}, wir danken. " * 12}), "prose"),
        (lambda n: f"Zusammenfassung {n}", "mixed"),
        (lambda _: "Bau", "same"),
    ],
)
def test_free_text_is_no_candidate(answer, why):
    """Prose, prose in JSON, ever new words, always the same word: each with its reason."""
    found = shape(answer)
    assert (found.kind, found.why) == (None, why)


def test_a_few_calls_tell_nothing():
    """Below twenty answers there is no verdict."""
    assert shape(lambda n: NAMES[n % 3], count=19).why == "few"


def test_slips_of_the_model_do_not_hide_the_shape():
    """Five prose answers in a hundred are left out."""
    found = shape(
        lambda n: NAMES[n % 3] if n % 20 else "Ich kann das leider nicht sagen: " + "x" * n
    )
    assert found.kind is TaskKind.SINGLE


def test_the_same_answer_said_differently_is_one():
    """Reasons, blanks and the order of keys make no difference."""
    assert canonical('{"label": "a", "reason": "x"}') == canonical('{ "reason":"y", "label":"a"}')
    assert canonical("Bau. ") == canonical('"Bau"')
