# SPDX-License-Identifier: EUPL-1.2
"""Metrics against scikit-learn, and item by item."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from hausgeist.core.answers import Span, Value
from hausgeist.core.quality import (
    NONE,
    Count,
    by_label,
    confusion,
    measured,
    outcome,
    partial,
    per_item,
    quality,
)
from hausgeist.core.tasks import Metric, TaskKind

LABELS = ("bau", "kita", "müll", "verkehr")
labels = st.sampled_from(LABELS)
single_pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=40)


def one(*keys):
    return Value.of_labels(keys)


def spans(*found):
    return Value.of_spans(Span(*each) for each in found)


@given(single_pairs)
def test_single_labels_are_measured_as_by_scikit_learn(pairs):
    """Accuracy and macro F1 over the labels of the truth are the library's."""
    truth, said = [a for a, _ in pairs], [b for _, b in pairs]
    values = [(one(a), one(b)) for a, b in pairs]
    assert quality(TaskKind.SINGLE, Metric.ACCURACY, values) == pytest.approx(
        accuracy_score(truth, said)
    )
    assert quality(TaskKind.SINGLE, Metric.MACRO_F1, values) == pytest.approx(
        f1_score(truth, said, labels=sorted(set(truth)), average="macro", zero_division=0)
    )


@given(st.lists(st.tuples(st.frozensets(labels), st.frozensets(labels)), min_size=1, max_size=40))
def test_several_labels_are_measured_as_by_scikit_learn(pairs):
    """Micro F1 of sets of labels is the library's, where there is anything to find or found."""
    values = [(one(*a), one(*b)) for a, b in pairs]
    if not any(a or b for a, b in pairs) or not any(a for a, _ in pairs):
        return
    table = [[[int(key in side[at]) for key in LABELS] for side in pairs] for at in (0, 1)]
    assert quality(TaskKind.MULTI, Metric.MICRO_F1, values) == pytest.approx(
        f1_score(*table, average="micro", zero_division=0)
    )


@given(single_pairs)
def test_sums_of_items_are_the_whole(pairs):
    """What the items add by label is what the labels' table has."""
    items = per_item(TaskKind.SINGLE, [(one(a), one(b)) for a, b in pairs])
    table = {each.label: each for each in by_label(items)}
    for key in {a for a, _ in pairs}:
        assert table[key].support == sum(a == key for a, _ in pairs)
        assert table[key].tp == sum(a == b == key for a, b in pairs)
    assert measured(Metric.ACCURACY, items) == sum(a == b for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("kind", list(TaskKind))
def test_an_answer_nobody_can_read_is_an_error_even_where_nothing_was_to_be_found(kind):
    """None is wrong, and takes from F1 in every kind."""
    found = outcome(kind, Value(), None)
    assert not found.right
    assert sum(each.fp + each.fn for each in found.counts) == 1
    assert quality(kind, Metric.MICRO_F1, [(Value(), None)]) == 0.0


def test_no_answer_at_all_misses_what_there_was():
    """Each passage of the truth is missed."""
    truth = spans((0, 3, "PER"), (5, 9, "ORG"), (12, 14, "ORG"))
    assert outcome(TaskKind.SPANS, truth, None).counts == (
        Count("ORG", fn=2),
        Count("PER", fn=1),
    )


def test_passages_count_only_where_they_are_exact():
    """A wrong end or label is one wrong and one missed."""
    truth = spans((0, 3, "PER"), (5, 9, "ORG"))
    said = spans((0, 3, "PER"), (5, 8, "ORG"), (12, 14, "PER"))
    assert outcome(TaskKind.SPANS, truth, said).counts == (
        Count("ORG", fp=1, fn=1),
        Count("PER", tp=1, fp=1),
    )
    assert quality(TaskKind.SPANS, Metric.MICRO_F1, [(truth, said)]) == pytest.approx(0.4)


def test_parts_of_passages_count_half_and_each_once():
    """An overlap of the same label is half a point; a second one on the same passage is none."""
    truth = spans((0, 10, "ORG"), (20, 25, "PER"))
    said = spans((0, 4, "ORG"), (5, 10, "ORG"), (20, 25, "PER"))
    found = partial([(truth, said)])
    assert (found.points, found.said, found.true) == (1.5, 3, 2)
    assert found.f1 == pytest.approx(2 * 1.5 / 5)
    assert partial([(spans((0, 4, "ORG")), spans((0, 4, "PER")))]).points == 0
    assert partial([(Value(), Value())]).f1 == 1.0


def test_fields_of_a_record_count_one_by_one():
    """A field that stands twice must be said twice; accuracy asks for the whole record."""
    truth = Value.of_fields([("frist", "2026-03-01"), ("betrag", "12.50"), ("betrag", "3")])
    said = Value.of_fields([("frist", "2026-03-01"), ("betrag", "12.50")])
    assert quality(TaskKind.RECORD, Metric.MICRO_F1, [(truth, said)]) == pytest.approx(0.8)
    assert quality(TaskKind.RECORD, Metric.ACCURACY, [(truth, said)]) == 0.0
    assert quality(TaskKind.RECORD, Metric.ACCURACY, [(truth, truth)]) == 1.0


def test_none_applies_is_a_label_of_its_own_where_it_is_the_truth():
    """In a single-label task, an empty answer is right where nothing applies."""
    pairs = [(Value(), Value()), (one("bau"), Value()), (Value(), one("bau"))]
    assert quality(TaskKind.SINGLE, Metric.ACCURACY, pairs) == pytest.approx(1 / 3)
    table = {each.label: each for each in by_label(per_item(TaskKind.SINGLE, pairs))}
    assert table[NONE] == Count(NONE, 1, 1, 1)
    assert confusion([*pairs, (one("bau"), None)]) == {
        (NONE, NONE): 1,
        ("bau", NONE): 1,
        (NONE, "bau"): 1,
        ("bau", None): 1,
    }


def test_nothing_to_find_and_nothing_found_is_perfect():
    """F1 of empty texts is 1 if nothing was said, 0 if something was; of no items it is 0."""
    assert quality(TaskKind.SPANS, Metric.MICRO_F1, [(Value(), Value())]) == 1.0
    assert quality(TaskKind.SPANS, Metric.MICRO_F1, [(Value(), spans((0, 1, "ORG")))]) == 0.0
    assert quality(TaskKind.SPANS, Metric.MICRO_F1, []) == 0.0


def test_ten_thousand_items_are_counted_once_each():
    """A large set is measured as the small ones it is made of."""
    draw = random.Random(7)
    some = [(one(draw.choice(LABELS)), one(draw.choice(LABELS))) for _ in range(100)]
    for metric in (Metric.ACCURACY, Metric.MACRO_F1):
        assert quality(TaskKind.SINGLE, metric, some * 100) == pytest.approx(
            quality(TaskKind.SINGLE, metric, some)
        )
