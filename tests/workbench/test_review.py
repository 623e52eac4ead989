# SPDX-License-Identifier: EUPL-1.2
"""Answers: kept once, undone and back again, refused where they do not fit; the gold set stays sealed."""

import pytest
from answering import desk, run
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Field, FieldType, Label, Mode, Partition, TaskKind
from hausgeist.errors import AnswerNotFitting, Conflict, GoldSealed, NotFound
from hausgeist.store import items, task_answers
from hausgeist.store.tables import audit_payloads
from hausgeist.workbench.fitting import canonical
from hausgeist.workbench.review import Review, Said

BILL, PRAISE = (Value.of_labels([one]) for one in ("bill", "praise"))
ID = "0123456789abcdef0123"


def said_of(here):
    """What counts in the task: item, member, value."""
    found = here.store.read_now(lambda c: list(task_answers.live(c, here.task.id, skipped=True)))
    return [(one.item_id, one.actor, one.value) for one in found]


def answered(here, item_id):
    """By how many people an item is answered."""
    return here.store.read_now(lambda c: items.get(c, here.task.id, item_id)).answered


def test_an_answer_sent_twice_is_kept_once(store):
    """The same id again is the same answer, also after it was undone."""
    here = desk(store)
    (one,) = here.more(["a text"])
    mine = here.members[0]
    for _ in range(2):
        assert run(here.review.record(here.task, mine, one, Said(value=BILL, id=ID))) == ID
    assert said_of(here) == [(one, "m0", BILL)]
    run(here.review.undo(here.task, mine, ID))
    run(here.review.record(here.task, mine, one, Said(value=BILL, id=ID)))
    assert said_of(here) == []


def test_nobody_can_use_anothers_id(store):
    """An id that is somebody else's answer is a conflict, and nobody undoes what is not theirs."""
    here = desk(store)
    (one,) = here.more(["a text"])
    run(here.review.record(here.task, here.members[0], one, Said(value=BILL, id=ID)))
    with pytest.raises(Conflict):
        run(here.review.record(here.task, here.members[1], one, Said(value=PRAISE, id=ID)))
    with pytest.raises(NotFound):
        run(here.review.undo(here.task, here.members[1], ID))
    assert said_of(here) == [(one, "m0", BILL)]


def test_answers_of_one_moment_are_undone_in_their_order(store):
    """However many come at once, from a store of a tablet say, the last one is the first to go back."""
    here = desk(store)
    given = here.more([f"text number {one}" for one in range(12)])
    mine, review = here.members[0], Review(store, Trail(store, b"k" * 32, lambda: 1), lambda: 1)
    for item in given:
        run(review.record(here.task, mine, item, Said(value=BILL)))
    gone = []
    while found := run(review.undo(here.task, mine)):
        gone.append(found.item_id)
    assert gone == given[::-1]


def test_undo_goes_back_without_an_end(store):
    """Every undo takes back the newest answer; what it had replaced counts again."""
    here = desk(store)
    first, second = here.more(["a text", "another"])
    mine = here.members[0]
    for item, value in ((first, BILL), (second, BILL), (first, PRAISE)):
        run(here.review.record(here.task, mine, item, Said(value=value)))
    states = [set(said_of(here))]
    while run(here.review.undo(here.task, mine)):
        states.append(set(said_of(here)))
    assert states == [
        {(first, "m0", PRAISE), (second, "m0", BILL)},
        {(first, "m0", BILL), (second, "m0", BILL)},
        {(first, "m0", BILL)},
        set(),
    ]
    assert answered(here, first) == answered(here, second) == 0


def test_the_count_of_people_follows(store):
    """How many people have answered an item is right after answers, skips and undoing."""
    here = desk(store)
    (one,) = here.more(["a text"])
    run(here.review.record(here.task, here.members[0], one, Said(value=BILL)))
    run(here.review.record(here.task, here.members[1], one, Said(value=None)))
    assert answered(here, one) == 1
    run(here.review.record(here.task, here.members[1], one, Said(value=PRAISE)))
    assert answered(here, one) == 2
    run(here.review.undo(here.task, here.members[1]))
    assert answered(here, one) == 1


def test_first_and_final_are_kept(store):
    """Who answered first and was then shown a suggestion leaves both answers, and what was shown."""
    here = desk(store)
    (one,) = here.more(["a text"])
    said = Said(
        value=PRAISE, first=BILL, mode=Mode.OWN_FIRST, shown="s1", planted=PRAISE, ms=4200,
        hard=True, comment=" hm ", drawn="unsure",
    )  # fmt: skip
    made = run(here.review.record(here.task, here.members[0], one, said))
    kept = store.read_now(lambda c: task_answers.get(c, here.task.id, made))
    assert (kept.first, kept.value, kept.planted, kept.shown) == (BILL, PRAISE, PRAISE, "s1")
    assert (kept.mode, kept.ms, kept.hard, kept.comment) == (Mode.OWN_FIRST, 4200, True, "hm")
    assert kept.drawn == "unsure"


@pytest.mark.parametrize(
    "value",
    [
        Value(labels=("nothing",)),
        Value(labels=("bill", "praise")),
        Value(spans=(Span(0, 1, "bill"),)),
        Value(fields=(("sum", "1"),)),
    ],
)
def test_what_does_not_fit_a_single_label_is_refused(store, value):
    """An unknown label, two labels, passages or fields are no answers to a question for one label."""
    here = desk(store)
    (one,) = here.more(["a text"])
    with pytest.raises(AnswerNotFitting):
        run(here.review.record(here.task, here.members[0], one, Said(value=value)))
    assert said_of(here) == []


@pytest.mark.parametrize(
    "spans",
    [
        [Span(0, 99, "PER")],
        [Span(-1, 3, "PER")],
        [Span(3, 3, "PER")],
        [Span(4, 5, "PER")],
        [Span(0, 6, "PER"), Span(5, 9, "PER")],
        [Span(0, 4, "ORG")],
    ],
)
def test_passages_lie_in_the_text_and_apart(store, spans):
    """Passages outside of the text, empty, blank, overlapping or of an unknown label are refused."""
    here = desk(store, kind=TaskKind.SPANS, labels=(Label("PER", "Person"),))
    (one,) = here.more(["Anna Berg"])
    with pytest.raises(AnswerNotFitting):
        run(
            here.review.record(
                here.task, here.members[0], one, Said(value=Value(spans=tuple(spans)))
            )
        )


def test_nothing_applies_is_an_answer(store):
    """No label at all is an answer, and no skip."""
    here = desk(store, kind=TaskKind.MULTI)
    (one,) = here.more(["a text"])
    run(here.review.record(here.task, here.members[0], one, Said(value=Value())))
    assert said_of(here) == [(one, "m0", Value())]
    assert answered(here, one) == 1


@pytest.mark.parametrize(
    ("type_", "typed", "expected"),
    [
        (FieldType.NUMBER, "1.234,50", "1234.5"),
        (FieldType.NUMBER, "1.234", "1234"),
        (FieldType.NUMBER, "1.5", "1.5"),
        (FieldType.NUMBER, "-007", "-7"),
        (FieldType.NUMBER, "1,234.50", "1234.5"),
        (FieldType.DATE, "1.3.2026", "2026-03-01"),
        (FieldType.DATE, "2026-03-01", "2026-03-01"),
        (FieldType.FLAG, "Ja", "yes"),
        (FieldType.CHOICE, "red", "red"),
        (FieldType.TEXT, " Haus  3 ", "Haus  3"),
    ],
)
def test_fields_have_a_canonical_text(type_, typed, expected):
    """What people type in a German task becomes the canonical text of the field's type."""
    assert canonical(Field("f", "F", type_, choices=("red", "blue")), typed) == expected


@pytest.mark.parametrize(
    ("type_", "typed"),
    [
        (FieldType.NUMBER, "twelve"),
        (FieldType.NUMBER, "1.2.3"),
        (FieldType.DATE, "31.2.2026"),
        (FieldType.FLAG, "perhaps"),
        (FieldType.CHOICE, "green"),
        (FieldType.TEXT, "  "),
    ],
)
def test_fields_refuse_other_types(type_, typed):
    """What is not of the field's type is refused and not guessed."""
    with pytest.raises(AnswerNotFitting):
        canonical(Field("f", "F", type_, choices=("red", "blue")), typed)


def test_a_look_at_gold_is_refused_and_written_down(store):
    """Who asks what others said of a gold item gets nothing, and the trail says that they asked."""
    here = desk(store)
    (gold,) = here.more(["sealed"], Partition.GOLD)
    run(here.review.record(here.task, here.members[0], gold, Said(value=BILL)))
    with pytest.raises(GoldSealed):
        run(here.review.of_item(here.task, here.members[1], gold))
    with pytest.raises(GoldSealed):
        run(here.review.record(here.task, here.members[1], gold, Said(value=BILL, shown="s1")))
    rows = store.read_now(lambda c: c.execute(select(audit_payloads)).all())
    assert [row.kind for row in rows] == ["gold.peek", "gold.peek"]


def test_imported_answers_are_kept_as_far_as_they_fit(store):
    """What fits is kept and what does not is named with its reason; all of it can be taken back."""
    here = desk(store)
    first, second = here.more(["a text", "another"])
    pairs = [(first, BILL), (second, Value.of_labels(["nothing"])), ("nowhere", BILL)]
    taken = run(here.review.take(here.task, here.members[0], pairs))
    assert taken.kept == 1
    assert set(taken.refused) == {second, "nowhere"}
    assert answered(here, first) == 1
    assert run(here.review.undo_batch(here.task, here.members[0], taken.batch)) == 1
    assert said_of(here) == []


def test_many_imported_answers_are_kept_in_steps(store):
    """More than fit into one step all come in, under one batch."""
    here = desk(store)
    made = here.more([f"text {at}" for at in range(501)])
    taken = run(here.review.take(here.task, here.members[0], [(one, BILL) for one in made]))
    assert (taken.kept, taken.refused) == (501, {})
    assert run(here.review.undo_batch(here.task, here.members[0], taken.batch)) == 501


def test_hard_cases_never_point_at_gold(store):
    """What people mark as hard is listed, except for texts of the gold set."""
    here = desk(store)
    (one,) = here.more(["a text"])
    (gold,) = here.more(["sealed"], Partition.GOLD)
    for item in (one, gold):
        run(here.review.record(here.task, here.members[0], item, Said(value=BILL, hard=True)))
    found = store.read_now(lambda c: task_answers.hard_cases(c, here.task.id))
    assert [each.item_id for each in found] == [one]
