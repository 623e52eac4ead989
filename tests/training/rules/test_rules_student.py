# SPDX-License-Identifier: EUPL-1.2
"""A rule set as a student: made, saved, loaded, and asked like any other."""

import json

import pytest

from hausgeist.core.answers import Example, Value
from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.statistics.interval import wilson
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import NothingToLearn, StudentBroken
from hausgeist.training.rules.trainer import plain_of
from hausgeist.training.trainers import TRAINERS, Recipe, Report, load

RULES = [
    Rule(id="r1", kind=RuleKind.WORDS, pattern="*müll*, Tonne", label="waste", position=0),
    Rule(id="r2", kind=RuleKind.REGEX, pattern=r"(?i)\btermin", label="date", position=1),
]
TEXTS = ["Der Restmüll bleibt stehen", "Ein Termin bitte", "Ein Termin für Sperrmüll", "Guten Tag"]


def examples(*answers: str) -> list[Example]:
    return [
        Example(str(place), text, Value((answer,)))
        for place, (text, answer) in enumerate(zip(TEXTS, answers, strict=True))
    ]


def test_a_rule_set_is_kept_and_answers_the_same(tmp_path):
    """The folder of a rule set is a student's folder."""
    recipe = Recipe(TaskKind.SINGLE, ("waste", "date"), options={"rules": plain_of(RULES)})
    made = TRAINERS["rules"].train(examples("waste", "date", "waste", "date"), [], recipe, Report())
    made.save(tmp_path)
    kept = load(tmp_path)
    assert kept.predict(TEXTS) == made.predict(TEXTS)
    assert [one.by for one in made.predict(TEXTS)] == ["r1", "r2", "r1", ""]


def test_a_rule_is_as_sure_as_it_was_right():
    """The confidence of an answer is the lower bound of its rule's precision."""
    recipe = Recipe(TaskKind.SINGLE, ("waste", "date"), options={"rules": plain_of(RULES)})
    made = TRAINERS["rules"].train(examples("waste", "date", "date", "date"), [], recipe, Report())
    half = wilson(1, 2)
    assert half is not None
    assert made.predict(TEXTS)[0].score == pytest.approx(half.low, abs=1e-4)


def test_no_rules_make_no_student():
    """It is said instead of made."""
    with pytest.raises(NothingToLearn):
        TRAINERS["rules"].train([], [], Recipe(TaskKind.SINGLE), Report())


def test_a_changed_rule_file_is_not_loaded(tmp_path):
    """Its hash stands in the manifest."""
    recipe = Recipe(TaskKind.SINGLE, ("waste",), options={"rules": plain_of(RULES)})
    TRAINERS["rules"].train([], [], recipe, Report()).save(tmp_path)
    content = json.loads((tmp_path / "rules.json").read_text("utf-8"))
    content[0]["pattern"] = "anderes"
    (tmp_path / "rules.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StudentBroken):
        load(tmp_path)
