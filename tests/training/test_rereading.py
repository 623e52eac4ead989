# SPDX-License-Identifier: EUPL-1.2
"""A teacher that mixes labels up is read again before a student learns from it."""

from dataclasses import replace
from itertools import product
from random import Random

from hausgeist.core.answers import Example, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.training import rereading
from hausgeist.training.trainers import TRAINERS, Recipe, Report

PLACES = [
    f"{at} {name}" for at in ("am", "vor dem", "hinter dem") for name in ("Markt", "Tor", "Hof")
]
THINGS = {
    "strasse": ["Schlagloch", "Gehweg", "Pflaster", "Bordstein", "Kanaldeckel", "Radweg"],
    "muell": ["Sperrmüll", "Restmüll", "Altglas", "Biomüll", "Bauschutt", "Elektroschrott"],
    "ausweis": ["Reisepass", "Personalausweis", "Kinderausweis", "Führerschein", "Visum"],
}
DONE = ["gemeldet", "noch da", "seit Wochen ein Ärgernis"]
RECIPE = Recipe(TaskKind.SINGLE, tuple(THINGS))


def taught(habit, source="teacher"):
    """Messages whose label a teacher takes for another with this chance; and their truths."""
    chance, found, truths = Random(3), [], {}
    for label, things in THINGS.items():
        for at, words in enumerate(product(things, PLACES, DONE)):
            name = f"{label}{at}"
            truths[name] = label
            wrong = label == "strasse" and chance.random() < habit
            said = "muell" if wrong else label
            found.append(Example(name, " ".join(words), Value((said,)), 0.3, source))
    chance.shuffle(found)
    return found, truths


def test_what_a_teacher_often_mixes_up_is_taken_for_what_it_is():
    """Most of the wrong labels are put right, and the student says so."""
    found, truths = taught(0.3)
    wrong = {one.item for one in found if one.value != Value((truths[one.item],))}
    read = rereading.reread(TRAINERS["words"], found, RECIPE, Report(), 30.0)
    left = {one.item for one in read if one.value != Value((truths[one.item],))}
    assert len(left) < len(wrong) / 4
    report = Report()
    TRAINERS["words"].train(found, (), RECIPE, report)
    (line,) = [one for one in report.said if one["code"] == "reread"]
    assert line["count"] >= len(wrong) / 2


def test_what_people_say_is_left_as_it_is():
    """An answer of a person keeps its label and weight, whatever a model thinks."""
    found, _ = taught(0.3)
    mixed = [
        replace(one, source="person", weight=1.0) if at % 3 == 0 else one
        for at, one in enumerate(found)
    ]
    read = {
        one.item: one for one in rereading.reread(TRAINERS["words"], mixed, RECIPE, Report(), 30.0)
    }
    for one in mixed:
        if one.source == "person":
            assert read[one.item] == one


def test_people_alone_are_not_read_again():
    """Without a teacher, with few of its answers, or with the option off, nothing is read again."""
    found, _ = taught(0.0, source="person")
    assert not rereading.wanted(found, RECIPE)
    few, _ = taught(0.0)
    assert not rereading.wanted(few[: rereading.LEAST - 1], RECIPE)
    assert rereading.wanted(few, RECIPE)
    assert not rereading.wanted(few, replace(RECIPE, options={"reread": 0}))
    assert not rereading.wanted(few, replace(RECIPE, kind=TaskKind.MULTI))
