# SPDX-License-Identifier: EUPL-1.2
"""The student for records: every type of field, German numbers and dates, and its limits."""

from dataclasses import replace

import pytest

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import Field, FieldType, TaskKind
from hausgeist.errors import NothingToLearn
from hausgeist.training.spans.locating import candidates, located
from hausgeist.training.trainers import TRAINERS, Recipe, Report, load

FIELDS = (
    Field("street", "Straße"),
    Field("amount", "Betrag", FieldType.NUMBER),
    Field("day", "Tag", FieldType.DATE),
    Field("matter", "Sache", FieldType.CHOICE, choices=("lamp", "waste")),
    Field("urgent", "Dringend", FieldType.FLAG),
)
RECIPE = Recipe(kind=TaskKind.RECORD, fields=FIELDS, options={"rounds": 40, "folds": 0})
STREETS = ["Amselweg", "Bahnhofstraße", "Am Mühlgraben", "Goetheplatz", "Lindenallee", "Burggasse"]
MATTERS = [
    ("lamp", "ist die Laterne dunkel und die Lampe kaputt"),
    ("waste", "wurde der Müll mit der Tonne nicht abgeholt"),
]


def letters(count=60):
    """Letters to a town hall with their records."""
    found = []
    for number in range(count):
        street = STREETS[number % 6]
        key, matter = MATTERS[number % 2]
        day, month = number % 28 + 1, number % 12 + 1
        euros = 1000 + 37 * number
        urgent = number % 3 == 0
        text = (
            f"Seit dem {day}.{month}.2026 {matter}, und zwar hier: {street}.\n"
            f"Der Schaden beträgt {euros // 1000}.{euros % 1000:03},50 Euro. "
            f"{'Bitte sofort handeln, das ist gefährlich!' if urgent else 'Es eilt nicht.'}"
        )
        value = Value.of_fields(
            [
                ("street", street),
                ("amount", f"{euros}.5"),
                ("day", f"2026-{month:02}-{day:02}"),
                ("matter", key),
                ("urgent", "yes" if urgent else "no"),
            ]
        )
        found.append(Example(f"i{number}", text, value))
    return found


@pytest.fixture(scope="module")
def model():
    return TRAINERS["fields"].train(letters(), [], RECIPE, Report())


NEW = (
    "Seit dem 3. März 2026 wurde der Müll mit der Tonne nicht abgeholt, und zwar hier: Rosenweg.\n"
    "Der Schaden beträgt 2.345,50 Euro. Bitte sofort handeln, das ist gefährlich!"
)


def test_a_letter_becomes_a_record_of_every_type(model):
    """Words, a German number, a written date, a choice and a yes are found in their canonical text."""
    (guess,) = model.predict([NEW])
    assert dict(guess.value.fields) == {
        "street": "Rosenweg",
        "amount": "2345.5",
        "day": "2026-03-03",
        "matter": "waste",
        "urgent": "yes",
    }
    assert 0 <= guess.score <= 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("am 1.3.2026 und am 01.04.2026", ["2026-03-01", "2026-04-01"]),
        ("am 3. März 2026", ["2026-03-03"]),
        ("am 31.02.2026, sonst 2026-02-28", ["2026-02-28"]),
        ("übermorgen", []),
    ],
)
def test_german_dates_are_read(text, values):
    """Days in figures and in words are found; a day that there is not is none."""
    assert [one.value for one in candidates(FIELDS[2], text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.234,50 € oder 1234,5 oder 12", ["1234.5", "1234.5", "12"]),
        ("minus -3,25 Grad", ["-3.25"]),
        ("am 1.3.2026 waren es 40", ["40"]),
        ("RB38 und Zimmer A12", []),
        ("1.000.000 Einwohner.", ["1000000"]),
    ],
)
def test_german_numbers_are_read(text, values):
    """Points part thousands, a comma the decimals; dates and codes are no numbers."""
    assert [one.value for one in candidates(FIELDS[1], text)] == values


def test_a_value_is_found_where_it_stands():
    """A value of words is found across a line break and in other capitals, not within a word."""
    text = "Burggassentor, AM\nMühlgraben 3"
    assert located(FIELDS[0], text, "Am Mühlgraben") == [(15, 28)]
    assert located(FIELDS[0], text, "Burggasse") == []


def test_what_is_saved_answers_the_same(model, tmp_path):
    """A student read from its folder gives the same records; the same examples make the same files."""
    model.save(tmp_path / "one")
    TRAINERS["fields"].train(letters(), [], RECIPE, Report()).save(tmp_path / "two")
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two
    again = load(tmp_path / "one")
    texts = [NEW, "", *(example.text for example in letters(12))]
    before, after = model.predict(texts), again.predict(texts)
    assert [guess.value for guess in before] == [guess.value for guess in after]


def test_the_quality_of_each_field_is_told(tmp_path):
    """On dev each field is counted by itself: right, said, there; the folder keeps it."""
    dev = letters(24)
    wrong = replace(dev[0], value=Value.of_fields([*dev[0].value.fields[:-1], ("urgent", "no")]))
    model = TRAINERS["fields"].train(letters(), [wrong, *dev[1:]], RECIPE, Report())
    assert model.quality["street"] == (24, 24, 24)
    assert model.quality["urgent"] == (23, 24, 24)
    model.save(tmp_path)
    assert load(tmp_path).quality == model.quality


def test_what_it_cannot_learn_is_said():
    """Values that do not stand in the text, and two fields in one passage, are counted."""
    examples = letters(12)
    worded = replace(
        examples[0], value=Value.of_fields([*examples[0].value.fields, ("street", "Rathaus")])
    )
    twins = (*FIELDS, Field("paid", "Bezahlt", FieldType.DATE))
    day = dict(examples[1].value.fields)["day"]
    twice = replace(examples[1], value=Value.of_fields([*examples[1].value.fields, ("paid", day)]))
    report = Report()
    recipe = replace(RECIPE, fields=twins)
    TRAINERS["fields"].train([worded, twice, *examples[2:]], [], recipe, report)
    assert {"code": "not_in_text", "field": "street", "count": 1} in report.said
    assert {"code": "shared_passage", "count": 1} in report.said


def test_a_single_date_fills_the_field_where_it_always_did():
    """Where the only date of a text was always the field's, it is so too in a text unlike all others."""
    model = TRAINERS["fields"].train(letters(), [], RECIPE, Report())
    (guess,) = model.predict(["2026-05-04"])
    assert ("day", "2026-05-04") in guess.value.fields


def test_a_choice_that_is_always_the_same_is_given():
    """One choice in all examples is no classifier's work: it is given with its share."""
    same = [
        replace(
            one,
            value=Value.of_fields(
                (key, "lamp" if key == "matter" else text) for key, text in one.value.fields
            ),
        )
        for one in letters(20)
    ]
    found = TRAINERS["fields"].train(same, [], RECIPE, Report()).predict([NEW])
    assert ("matter", "lamp") in found[0].value.fields


def test_every_record_is_held_out_once():
    """With parts, every example is answered by a model that had not seen it."""
    report = Report()
    recipe = replace(RECIPE, options={"rounds": 20, "folds": 2})
    TRAINERS["fields"].train(letters(24), [], recipe, report)
    assert set(report.held_out) == {one.item for one in letters(24)}


def test_without_fields_there_is_nothing_to_learn():
    """Texts without a record teach none."""
    with pytest.raises(NothingToLearn):
        TRAINERS["fields"].train([Example("a", "Guten Tag", Value())], [], RECIPE, Report())
