# SPDX-License-Identifier: EUPL-1.2
"""The simulated teacher and annotator err as they were asked to, and the same way every time."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from answering import PLAIN

from hausgeist.core.answers import Span, Value
from hausgeist.core.items import Item
from hausgeist.core.quality import quality
from hausgeist.core.tasks import Label, Metric, Mode, Part, TaskKind
from hausgeist.store.task_queue import Suggested
from hausgeist.store.tasks import Member
from hausgeist.testing.simulated import ACCURACIES, SimulatedAnnotator, SimulatedTeacher
from hausgeist.workbench.queue import WorkItem
from hausgeist.workbench.reading_answers import read

TASK = replace(PLAIN, labels=tuple(Label(f"l{at}", f"L{at}") for at in range(7)))
CHANCE = random.Random(7)
TRUTHS = {f"Text {at}": Value(labels=(f"l{CHANCE.randrange(7)}",)) for at in range(3000)}


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_a_teacher_is_as_good_as_asked(accuracy):
    """The share of right answers is the one asked for, within what chance allows."""
    teacher = SimulatedTeacher(task=TASK, truths=TRUTHS, accuracy=accuracy)
    right = sum(teacher.says(text) == value for text, value in TRUTHS.items())
    assert right / len(TRUTHS) == pytest.approx(accuracy, abs=0.025)


def test_its_errors_have_a_structure():
    """Some labels are hard, and are mostly taken for one certain other."""
    teacher = SimulatedTeacher(task=TASK, truths=TRUTHS, accuracy=0.75)
    wrong = Counter()
    for text, value in TRUTHS.items():
        said = teacher.says(text)
        if said != value:
            wrong[value.labels[0], said.labels[0]] += 1
    (_, most), *_ = wrong.most_common(1)
    assert most > 4 * sum(wrong.values()) / (7 * 6)


def test_one_or_two_of_a_hundred_answers_are_prose():
    """What cannot be read is there, and comes again the same way."""
    teacher = SimulatedTeacher(task=TASK, truths=TRUTHS)
    answers = [teacher.writes(text) for text in TRUTHS]
    unread = sum(
        read(TASK, text, said).value is None for text, said in zip(TRUTHS, answers, strict=True)
    )
    assert 0.008 < unread / len(TRUTHS) < 0.025
    assert answers == [teacher.writes(text) for text in TRUTHS]


def test_passages_are_found_generously_and_cut_badly():
    """More is said than is true, and what is missed is little."""
    task = replace(PLAIN, kind=TaskKind.SPANS)
    text = "Herr Maier {} wohnt in der Kleinen Gasse am schönen Marktplatz von Oberstadt"
    truths = {
        (one := text.format(at)): Value.of_spans(
            [Span(5, 10, "bill"), Span(one.index("Ober"), len(one), "praise")]
        )
        for at in range(1000)
    }
    teacher = SimulatedTeacher(task=task, truths=truths, accuracy=0.75)
    pairs = [(value, teacher.says(text)) for text, value in truths.items()]
    assert sum(len(said.spans) for _, said in pairs) > sum(len(truth.spans) for truth, _ in pairs)
    assert 0.7 < quality(TaskKind.SPANS, Metric.MICRO_F1, pairs) < 0.85


def shown(text: str, mode: Mode, value: Value) -> WorkItem:
    """An item with a suggestion, as it is on a screen."""
    item = Item(id="i", task_id="t1", seq=1, text=text, text_hash="h")
    suggestion = Suggested("s", "teacher", "m", value, 0.9, "")
    return WorkItem(item=item, mode=mode, suggestion=None if mode is Mode.BLIND else suggestion)


def annotator(**more) -> SimulatedAnnotator:
    """Somebody who answers; what they say is looked at, and not kept."""
    member = Member("m1", "t1", None, Part.ANNOTATOR, {}, 0, None)
    return SimulatedAnnotator(door=None, task=TASK, member=member, truths=TRUTHS, **more)


def test_an_annotator_follows_wrong_suggestions_as_asked():
    """Assisted, the share that gives in is the anchoring; blind, nobody does."""
    someone = annotator(accuracy=1.0, anchoring=0.4)
    wrong = {
        text: Value(labels=("l0",)) for text, value in TRUTHS.items() if value.labels != ("l0",)
    }
    for mode, share in ((Mode.ASSISTED, 0.4), (Mode.BLIND, 0.0)):
        followed = sum(
            someone.said(shown(text, mode, value)).value == value for text, value in wrong.items()
        )
        assert followed / len(wrong) == pytest.approx(share, abs=0.04)


def test_the_own_answer_first_is_kept():
    """Own answer first: what was thought before the suggestion stands beside what was said after it."""
    someone = annotator(accuracy=1.0, anchoring=1.0)
    text, value = next((text, value) for text, value in TRUTHS.items() if value.labels != ("l0",))
    said = someone.said(shown(text, Mode.OWN_FIRST, Value(labels=("l0",))))
    assert (said.first, said.value, said.shown) == (value, Value(labels=("l0",)), "s")
