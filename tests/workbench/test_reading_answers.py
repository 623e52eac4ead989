# SPDX-License-Identifier: EUPL-1.2
"""What a teacher wrote, read: tolerant of form, never of content."""

import json

import pytest

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Field, FieldType, Label, Task, TaskKind
from hausgeist.workbench.align import Quote, align
from hausgeist.workbench.reading_answers import probability, read

LABELS = (Label("road", "Straße"), Label("park", "Park"), Label("Park", "Parkplatz"))
SINGLE = Task(id="t", name="t", title="T", kind=TaskKind.SINGLE, labels=LABELS)
MULTI = Task(id="t", name="t", title="T", kind=TaskKind.MULTI, labels=LABELS)
SPANS = Task(id="t", name="t", title="T", kind=TaskKind.SPANS, labels=LABELS)
RECORD = Task(
    id="t",
    name="t",
    title="T",
    kind=TaskKind.RECORD,
    language="de",
    fields=(
        Field("amount", "Betrag", FieldType.NUMBER),
        Field("day", "Tag", FieldType.DATE),
        Field("kind", "Art", FieldType.CHOICE, choices=("a", "b")),
        Field("paid", "Bezahlt", FieldType.FLAG),
        Field("who", "Wer", FieldType.TEXT, many=True),
    ),
)
ROAD = Value(labels=("road",))


@pytest.mark.parametrize(
    "answer",
    [
        '{"label": "road"}',
        '```json\n{"label": "road"}\n```',
        'Sure! Here it is: {"label": "road"} Hope that helps {smile}.',
        '<think>hm {"label": "park"}</think>{"label":"road"}',
        "road",
        '"road".',
        "Label: road",
        "Straße",
        '{"label": ["road"]}',
    ],
)
def test_one_answer_is_read_in_any_frame(answer):
    """A fence, words around one object, a bare label or its name are the same answer."""
    assert read(SINGLE, "x", answer).value == ROAD


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("The road, I would say, or perhaps the park.", "no_answer"),
        ("", "no_answer"),
        ('{"label": "Road"}', "unknown_label"),
        ('{"label": "roads"}', "unknown_label"),
        ('{"label": "road"} or {"label": "park"}', "two_answers"),
        ('{"labels": "road"}', "wrong_form"),
        ('{"label": 3}', "wrong_form"),
        ("[" * 100_000, "no_answer"),
        ("{" * 100_000, "no_answer"),
    ],
)
def test_what_is_no_answer_is_not_made_into_one(answer, code):
    """Prose, a label that is written otherwise, two answers: unreadable, with the reason."""
    found = read(SINGLE, "x", answer)
    assert (found.value, found.code) == (None, code)


def test_an_answer_that_was_cut_says_so():
    """What breaks off at its limit is told from what never was an answer."""
    assert read(SINGLE, "x", '{"label": "ro', cut=True).code == "cut_off"


def test_labels_that_differ_by_case_stay_apart():
    """Two labels of the same letters are two labels."""
    assert read(SINGLE, "x", '{"label": "Park"}').value == Value(labels=("Park",))
    assert read(MULTI, "x", '{"labels": ["park", "Park", "park"]}').value == Value(
        labels=("Park", "park")
    )
    assert read(MULTI, "x", '{"labels": []}').value == Value()


def test_reason_and_confidence_are_taken_along():
    """A reason on one line, a confidence as a share."""
    found = read(SINGLE, "x", '{"label":"road","reason":"it\\n says","confidence":85}')
    assert (found.reason, found.stated) == ("it says", 0.85)
    assert read(SINGLE, "x", '{"label":"road","confidence":0.7}').stated == pytest.approx(0.7)
    assert read(SINGLE, "x", '{"label":"road","confidence":850}').stated is None


def test_details_become_canonical():
    """Dates, German numbers, flags and choices are kept in one form each."""
    fields = {
        "amount": "1.234,50 €",
        "day": "1.3.2026",
        "kind": "b",
        "paid": True,
        "who": ["Anna", "Bert"],
    }
    found = read(RECORD, "x", json.dumps({"fields": fields}))
    assert found.value == Value.of_fields(
        [
            ("amount", "1234.5"),
            ("day", "2026-03-01"),
            ("kind", "b"),
            ("paid", "yes"),
            ("who", "Anna"),
            ("who", "Bert"),
        ]
    )
    assert read(RECORD, "x", '{"fields": {"amount": 1234.50}}').value == Value(
        fields=(("amount", "1234.5"),)
    )


def test_details_of_another_type_are_lost_and_counted():
    """What is no date or no number is not guessed; a choice that there is not makes it unreadable."""
    found = read(RECORD, "x", '{"fields": {"day": "bald", "amount": 1e999999999, "kind": null}}')
    assert (found.value, found.lost) == (Value(), 2)
    assert read(RECORD, "x", '{"fields": {"kind": "c"}}').code == "unknown_label"
    assert read(RECORD, "x", '{"fields": {"other": "c"}}').code == "unknown_label"


def test_quotes_become_places():
    """By the occurrence where there are several, in code points."""
    text = "🦉 Köln, immer Köln."
    answer = {"spans": [{"quote": "Köln", "label": "road", "occurrence": 2}]}
    assert read(SPANS, text, json.dumps(answer)).value == Value(spans=(Span(14, 18, "road"),))


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("das „Haus am See“ dort", '"Haus am See"', "„Haus am See“"),
        ("das Haus\n  am See dort", "Haus am See", "Haus\n  am See"),
        ("ein Ko\u0308lner hier", "Kölner", "Ko\u0308lner"),
        ("die Bau\u00adstelle da", "Baustelle", "Bau\u00adstelle"),
        ("die STRASSE hier", "Straße", "STRASSE"),
    ],
)
def test_what_is_written_alike_is_found(text, quote, found):
    """Quotation marks, white space, letters of two characters, soft hyphens, then case."""
    ((span,), lost) = align(text, [Quote(quote, "x")])
    assert (text[span.start : span.end], lost) == (found, 0)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Anna und ANNA", Quote("anna", "x")),
        ("Anna", Quote("Berta", "x")),
        ("a b a b", Quote("a", "x", 3)),
        ("Cafe\u0301", Quote("Cafe", "x")),
        ("x", Quote("  ", "x")),
    ],
)
def test_what_cannot_be_told_is_lost(text, quote):
    """Two places that differ by case, nothing, a place too many, half a letter: counted, not guessed."""
    assert align(text, [quote]) == ((), 1)


def test_of_overlapping_passages_the_first_stays():
    """The second is lost; the same twice is said once."""
    quotes = [Quote("am See", "x"), Quote("Haus am See", "x"), Quote("am See", "x")]
    assert align("Haus am See", quotes) == ((Span(5, 11, "x"),), 1)


def test_the_probability_is_that_of_the_labels_tokens():
    """Only the tokens of the label count; where they do not make up the answer, nothing is said."""
    tokens = [('{"label":', -0.1), (' "ro', -0.2), ("ad", -0.3), ('"}', -5.0)]
    answer = "".join(token for token, _ in tokens)
    assert probability(ROAD, answer, tokens) == pytest.approx(0.6065, abs=1e-4)
    assert probability(ROAD, answer, tokens[:-1]) is None
