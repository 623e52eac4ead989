# SPDX-License-Identifier: EUPL-1.2
"""Signs of drift: none where nothing changed, one for each thing that did; thresholds with their bound."""

from random import Random

import pytest

from hausgeist.core.clusters import clusters
from hausgeist.core.drift import Seen, audited, disagreeing, psi, signs
from hausgeist.core.selective import at, choose
from hausgeist.core.statistics.interval import at_most


def answers(count, seed, *, labels="aaabbc", score=0.9, far=0.1, length=200, left=0.05):
    """Answers of chance around these figures."""
    chance = Random(seed)
    return [
        Seen(
            label=chance.choice(labels),
            score=min(1.0, max(0.0, chance.gauss(score, 0.05))),
            far=0.99 if chance.random() < far else 0.5,
            length=int(chance.lognormvariate(0, 0.4) * length),
            kept=chance.random() >= left,
        )
        for _ in range(count)
    ]


def alarms(first, recent):
    return {one.key for one in signs(first, recent) if one.alarm}


@pytest.mark.parametrize("labels", ["aaabbc", [str(one) for one in range(150)]])
def test_what_did_not_change_raises_no_alarm(labels):
    """Forty pairs of windows from the same source, few labels and many: silence."""
    for seed in range(40):
        first = answers(1_000, seed, labels=labels)
        assert alarms(first, answers(500, seed + 1_000, labels=labels)) == set()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"labels": "accccc"}, "mix"),
        ({"score": 0.75}, "confidence"),
        ({"far": 0.4}, "far"),
        ({"length": 900}, "length"),
        ({"left": 0.3}, "fallback"),
    ],
)
def test_each_change_is_the_alarm_of_its_own(change, key):
    """What changed is named, and nothing else."""
    assert alarms(answers(1_000, 1), answers(500, 2, **change)) == {key}


def test_too_few_answers_say_nothing():
    """Under a hundred in a window there is no sign."""
    assert signs(answers(1_000, 1), answers(99, 2, labels="c")) == []


def test_psi_of_equal_windows_is_nothing():
    """The same counts differ by nothing; the bound shrinks with the number of answers."""
    same = {"a": 500, "b": 300}
    found, accident = psi(same, same)
    assert found == pytest.approx(0.0)
    assert accident > psi({"a": 5_000, "b": 3_000}, {"a": 5_000, "b": 3_000})[1]


def test_the_blind_audit_alarms_only_if_the_exact_bound_says_so():
    """Three of thirty could be chance at a promise of three percent; nine are not."""
    assert audited(0, 0, 0.03) is None
    assert not audited(3, 30, 0.03).alarm
    assert audited(9, 30, 0.03).alarm


def test_a_teacher_that_begins_to_disagree_is_noticed():
    """From nine in ten to six in ten; of fewer than two hundred nothing is said."""
    chance = Random(3)
    told = [chance.random() < 0.9 for _ in range(200)] + [chance.random() < 0.6 for _ in range(200)]
    assert disagreeing(told).alarm
    assert disagreeing(told[:150]) is None


def test_the_threshold_keeps_its_promise():
    """Of two hundred drawn samples the true error above the threshold is over the bound in one of twenty."""
    broken = 0
    for seed in range(200):
        chance = Random(seed)
        scores = [chance.random() for _ in range(500)]
        pairs = [(score, chance.random() < 0.7 + 0.3 * score) for score in scores]
        found = choose(pairs, 0.10)
        if found is not None:
            true = 0.3 * (1 - (1 + found.threshold) / 2)
            broken += true > 0.10
    assert broken <= 10


def test_the_threshold_is_the_lowest_that_holds_and_none_where_none_does():
    """A perfect student answers everything; few items, or a bad student, answer nothing."""
    perfect = [(one / 500, True) for one in range(500)]
    found = choose(perfect, 0.03)
    assert (found.coverage, found.wrong) == (1.0, 0)
    assert found.bound <= 0.03
    assert choose(perfect[:20], 0.03) is None
    assert choose([(score, False) for score, _ in perfect], 0.03) is None
    assert choose([], 0.03) is None


def test_a_threshold_by_hand_says_what_it_brings():
    """Coverage, errors and the bound of Clopper and Pearson."""
    pairs = [(0.9, True)] * 90 + [(0.9, False)] * 10 + [(0.1, False)] * 100
    found = at(pairs, 0.5)
    assert (found.coverage, found.wrong, found.answered) == (0.5, 10, 100)
    assert found.bound == at_most(10, 100)


def test_texts_about_the_same_come_together():
    """The new topic is the largest group."""
    texts = ["Wallbox für das Elektroauto beantragen", "Die Ampel blinkt"]
    texts += [f"Förderung der Wallbox für Elektroauto Nummer {one}" for one in range(5)]
    assert len(clusters(texts)[0]) >= 5
