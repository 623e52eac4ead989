# SPDX-License-Identifier: EUPL-1.2
"""Learning curves, answers that are probably wrong, and what an answer is worth."""

from random import Random

import pytest

from hausgeist.core.answers import Guess, Span, Value
from hausgeist.core.learning_curve import fit
from hausgeist.core.suspects import Seen, standing, suspects
from hausgeist.core.tasks import TaskKind
from hausgeist.core.worth import Strategy, worth

KEYS = ("a", "b", "c")


def guess(shares, *, far=0.0):
    ranked = tuple(sorted(shares.items(), key=lambda one: -one[1]))
    return Guess(Value((ranked[0][0],)), ranked[0][1], ranked, far=far)


def test_a_curve_is_found_again_from_its_points():
    """Of a known power law the next 200 examples are foretold to a tenth of a point."""
    points = [(n, 0.92 - 1.2 * n**-0.6) for n in (40, 80, 200, 400)]
    found = fit(points)
    assert found.end == pytest.approx(0.92, abs=0.002)
    assert found.gain(200) == pytest.approx(1.2 * (400**-0.6 - 600**-0.6), abs=0.001)


def test_a_curve_that_stands_still_or_falls_brings_nothing():
    """There is nothing to gain, and never less than nothing."""
    assert fit([(10, 0.8), (50, 0.8), (100, 0.8)]).gain(200) == 0.0
    assert fit([(10, 0.9), (50, 0.8), (100, 0.7)]).gain(200) == 0.0


def test_no_curve_ends_beyond_everything_right():
    """Steep at the end: it is bent to 1, not foretold at 1.3."""
    found = fit([(10, 0.2), (100, 0.6), (1000, 0.99)])
    assert found.end <= 1.0
    assert found.at(10**6) <= 1.0


def test_two_points_say_nothing():
    """Nor does the same number of examples twice."""
    assert fit([(10, 0.5), (100, 0.8)]) is None
    assert fit([(10, 0.5), (10, 0.6), (100, 0.8)]) is None


def planted(rate, seed=3, size=400):
    """Items with a model that is mostly right and knows when it is not; some answers are wrong."""
    chance = Random(seed)
    seen, wrong = [], set()
    for number in range(size):
        truth = KEYS[number % 3]
        right = chance.random() < 0.93
        told = truth if right else chance.choice([key for key in KEYS if key != truth])
        sure = chance.uniform(0.55, 0.98) if right else chance.uniform(0.4, 0.7)
        others = [key for key in KEYS if key != told]
        shares = {told: sure, others[0]: (1 - sure) * 0.7, others[1]: (1 - sure) * 0.3}
        given = truth
        if chance.random() < rate:
            given = chance.choice([key for key in KEYS if key != truth])
            wrong.add(f"i{number}")
        seen.append(Seen(f"i{number}", Value((given,)), guess(shares)))
    return seen, wrong


def test_most_planted_errors_are_found_and_few_right_answers_suspected():
    """Eight percent wrong answers beside a model that is right on 93 of 100."""
    seen, wrong = planted(0.08)
    found = {one.item for one in suspects(TaskKind.SINGLE, seen)}
    assert len(found & wrong) >= 0.6 * len(wrong)
    assert len(found - wrong) <= 0.06 * len(seen)


def test_the_surest_suspects_come_first_and_name_what_it_should_be():
    """By how far the other label is ahead."""
    seen, wrong = planted(0.08)
    found = suspects(TaskKind.SINGLE, seen)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert sum(one.item in wrong for one in found[:10]) >= 8
    assert all(one.rather != one.given for one in found)


def test_a_model_that_is_never_sure_of_a_label_accuses_by_its_own_measure():
    """A label that everywhere gets 0.4 is no ground for doubt where it gets 0.4."""
    usual = [Seen(f"i{n}", Value(("a",)), guess({"b": 0.5, "a": 0.4, "c": 0.1})) for n in range(20)]
    sure = [
        Seen(f"j{n}", Value(("b",)), guess({"b": 0.95, "a": 0.03, "c": 0.02})) for n in range(20)
    ]
    assert suspects(TaskKind.SINGLE, usual + sure) == []


def test_of_several_labels_each_is_a_question_of_its_own():
    """One label too many and one missing: only these are changed in what it should be."""
    both = Value.of_labels(["a", "b"])
    seen = [Seen(f"y{n}", both, Guess(both, 0.9, (("a", 0.9), ("b", 0.9)))) for n in range(10)]
    seen += [
        Seen(f"n{n}", Value(), Guess(Value(), 0.9, (("a", 0.05), ("b", 0.05)))) for n in range(10)
    ]
    odd = Guess(Value(("a",)), 0.9, (("a", 0.95), ("b", 0.01)))
    found = suspects(TaskKind.MULTI, [*seen, Seen("x", both, odd)])
    assert [(one.item, one.rather) for one in found] == [("x", Value(("a",)))]


def test_passages_are_suspected_where_a_sure_model_finds_others():
    """As sure as it is where it agrees; less sure is no ground."""
    here, there = Value.of_spans([Span(0, 4, "PER")]), Value.of_spans([Span(5, 9, "PER")])
    agreed = [Seen(f"i{n}", here, Guess(here, 0.8)) for n in range(9)]
    sure, unsure = Seen("x", here, Guess(there, 0.9)), Seen("y", here, Guess(there, 0.6))
    assert [one.item for one in suspects(TaskKind.SPANS, [*agreed, sure, unsure])] == ["x"]


CLOSE = guess({"a": 0.4, "b": 0.38, "c": 0.22}, far=0.2)
CLEAR = guess({"a": 0.97, "b": 0.02, "c": 0.01}, far=0.2)


@pytest.mark.parametrize("strategy", [one for one in Strategy if one is not Strategy.NEW])
def test_what_a_student_is_unsure_of_is_worth_more(strategy):
    """By every strategy but novelty, which looks at something else."""
    assert worth(strategy, CLOSE) > worth(strategy, CLEAR)


def test_what_is_new_and_what_the_teacher_sees_otherwise_is_worth_more():
    """Novelty by itself, both in the mixture."""
    odd = guess({"a": 0.97, "b": 0.02, "c": 0.01}, far=0.99)
    assert worth(Strategy.NEW, odd) > worth(Strategy.NEW, CLOSE)
    assert worth(Strategy.MIXED, CLEAR, Value(("b",))) > worth(Strategy.MIXED, CLEAR, Value(("a",)))
    assert worth(Strategy.TYPICAL, guess(dict(CLOSE.ranked), far=0.9)) < worth(
        Strategy.TYPICAL, CLOSE
    )


@pytest.mark.parametrize("strategy", list(Strategy))
def test_worth_is_above_nothing_and_at_most_one(strategy):
    """Nothing means that nobody looked."""
    for one in (CLOSE, CLEAR, Guess(Value(), 1.0), Guess(Value(), 0.0)):
        assert 0 < worth(strategy, one, Value(("b",))) <= 1


def labelled(rights, of, most):
    """Texts of two labels: ``most`` of them are a; on ``rights`` of all the model agrees."""
    seen = []
    for number in range(of):
        given = "a" if number < most else "b"
        said = given if number * 7 % of < rights else {"a": "b", "b": "a"}[given]
        rest = "b" if said == "a" else "a"
        seen.append(Seen(f"i{number}", Value((given,)), guess({said: 0.9, rest: 0.1})))
    return seen


@pytest.mark.parametrize(("rights", "most"), [(550, 500), (700, 800), (800, 800)])
def test_a_weak_model_accuses_nobody(rights, most):
    """Below six in ten, or no better than the most common answer, it names no answer at all."""
    seen = labelled(rights, 1000, most)
    assert standing(TaskKind.SINGLE, seen).weak
    assert suspects(TaskKind.SINGLE, seen) == []


def test_however_many_answers_look_wrong_only_the_surest_are_named():
    """A fifth of what was looked at, and five hundred at most."""
    small, large = labelled(700, 1000, 510), labelled(7_000, 10_000, 5_100)
    assert not standing(TaskKind.SINGLE, small).weak
    assert len(suspects(TaskKind.SINGLE, small)) == 200
    assert len(suspects(TaskKind.SINGLE, large)) == 500
