# SPDX-License-Identifier: EUPL-1.2
"""Agreement: published worked examples, and what other packages compute of the same answers."""

import random
from collections import Counter

import numpy as np
import pytest

from hausgeist.core import agreement
from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import TaskKind

krippendorff = pytest.importorskip("krippendorff")
metrics = pytest.importorskip("sklearn.metrics")

FOUR = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
"""Four observers, twelve units: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", D."""


def units(*rows):
    """What each row's person says of each unit; a dot is a gap."""
    return [
        {f"m{at}": sign for at, sign in enumerate(column) if sign != "."}
        for column in zip(*rows, strict=True)
    ]


def counted(made):
    """The units as they are counted."""
    return Counter(agreement.pattern_of(unit) for unit in made if unit)


def pairs(table):
    """Pairs of answers from a contingency table."""
    return [
        (str(row), str(column))
        for row, cells in enumerate(table)
        for column, times in enumerate(cells)
        for _ in range(times)
    ]


def test_alpha_of_four_observers_with_gaps():
    """Krippendorff 2011, example D: 0.743."""
    made = units(*FOUR)
    assert agreement.alpha(counted(made)) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_two_observers():
    """Krippendorff 2011, example A: 0.095."""
    made = units("0100000010", "1110010000")
    assert agreement.alpha(counted(made)) == pytest.approx(0.095, abs=0.0005)


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        (((20, 5), (10, 15)), 0.4),
        (((45, 15), (25, 15)), 0.1304),
        (((25, 35), (5, 35)), 0.2593),
        (((118, 5), (2, 0)), -0.0234),
    ],
)
def test_cohens_kappa_of_published_tables(table, wanted):
    """Three tables of textbooks, and the paradox of Gwet 2002."""
    assert agreement.kappa(pairs(table)) == pytest.approx(wanted, abs=0.0005)


def test_ac1_is_not_misled_by_a_rare_label():
    """Gwet 2002: 125 subjects, 118 of them twice positive: AC1 0.941 where kappa is below nothing."""
    made = [{"a": one, "b": two} for one, two in pairs(((118, 5), (2, 0)))]
    found = agreement.of_units(made, 2)
    assert found.ac1.estimate == pytest.approx(0.941, abs=0.0005)
    assert found.kappa < 0
    assert found.decisive is found.ac1


@pytest.mark.parametrize("seed", range(5))
def test_alpha_and_kappa_as_others_compute_them(seed):
    """Random answers with gaps, against the packages krippendorff and scikit-learn."""
    draw = random.Random(seed)
    truth = [draw.choice("abcd") for _ in range(200)]
    said = [
        [one if draw.random() < 0.7 else draw.choice("abcd") for one in truth] for _ in range(4)
    ]
    gaps = [[sign if draw.random() < 0.8 else "." for sign in row] for row in said]
    data = np.array([[np.nan if s == "." else "abcd".index(s) for s in row] for row in gaps])
    wanted = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    assert agreement.alpha(counted(units(*gaps))) == pytest.approx(wanted)
    both = list(zip(said[0], said[1], strict=True))
    assert agreement.kappa(both) == pytest.approx(metrics.cohen_kappa_score(said[0], said[1]))


def test_the_interval_holds_the_figure_and_narrows():
    """Ten times the units: less than half as wide."""
    draw = random.Random(3)

    def made(many):
        return [
            {who: "xy"[draw.random() < 0.8 * (at % 2) + 0.1] for who in ("a", "b")}
            for at in range(many)
        ]

    few, many = (agreement.of_units(made(n), 2).alpha for n in (60, 600))
    for one in (few, many):
        assert one.low < one.estimate < one.high
    assert many.half < few.half / 2


def test_nothing_varies_and_nothing_is_shared():
    """One label only has no alpha; answers of one person each have nothing at all."""
    assert agreement.of_units([{"a": "x", "b": "x"}] * 5, 2).alpha is None
    assert agreement.of_units([{"a": "x"}] * 5, 2) == agreement.Agreement(0)


def test_passages_agree_exactly_or_in_part():
    """One of two passages the same, the other longer by a word: F1 a half, with parts three quarters."""
    here, short, long = Span(0, 4, "per"), Span(10, 14, "ort"), Span(6, 14, "ort")
    said = [{"a": Value.of_spans([here, short]), "b": Value.of_spans([here, long])}]
    found = agreement.agreement(TaskKind.SPANS, said, 2)
    assert (found.exact.estimate, found.partial.estimate) == (0.5, 0.75)
    assert agreement.by_part(TaskKind.SPANS, said, "per").exact.estimate == 1
    assert agreement.by_part(TaskKind.SPANS, said, "ort").exact.estimate == 0


@pytest.mark.parametrize(
    ("kind", "one", "other", "wanted"),
    [
        (TaskKind.SINGLE, Value(("b",)), Value(("a",)), [("a", "b")]),
        (TaskKind.SINGLE, Value(("b",)), Value(), [("", "b")]),
        (TaskKind.SINGLE, Value(("b",)), Value(("b",)), []),
        (TaskKind.MULTI, Value(("a", "b")), Value(("a", "c")), [("b", "c")]),
        (TaskKind.MULTI, Value(("a", "b")), Value(("a",)), [("", "b")]),
        (TaskKind.RECORD, Value(fields=(("d", "1"),)), Value(), [("d", "d")]),
        (
            TaskKind.SPANS,
            Value.of_spans([Span(0, 4, "per"), Span(9, 12, "ort")]),
            Value.of_spans([Span(0, 4, "org")]),
            [("org", "per"), ("", "ort")],
        ),
        (
            TaskKind.SPANS,
            Value.of_spans([Span(0, 4, "per")]),
            Value.of_spans([Span(0, 9, "per")]),
            [("per", "per")],
        ),
    ],
)
def test_what_stands_against_what(kind, one, other, wanted):
    """The cells of the matrix that two answers lead to, whoever of both said which."""
    assert list(agreement.confusions(kind, one, other)) == wanted
    assert sorted(agreement.confusions(kind, other, one)) == sorted(wanted)
