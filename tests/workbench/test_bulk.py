# SPDX-License-Identifier: EUPL-1.2
"""Many suggestions accepted at once: after a sample, without the blind arm, and taken back as a whole."""

import pytest
from answering import desk, run

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Partition
from hausgeist.errors import AnswerNotFitting, Conflict
from hausgeist.store import task_answers
from hausgeist.workbench.bulk import SAMPLE, Bulk

BILL, PRAISE = (Value.of_labels([one]) for one in ("bill", "praise"))


def furnished(store, **changed):
    """Forty texts with sure suggestions, one with an unsure one, one of another label, one of gold."""
    here = desk(store, **changed)
    for one in here.more([f"text {at}" for at in range(40)]):
        here.suggest(one, BILL, score=0.97)
    unsure, other = here.more(["unsure", "other"])
    here.suggest(unsure, BILL, score=0.5)
    here.suggest(other, PRAISE, score=0.99)
    here.more(["sealed"], Partition.GOLD)
    return here, Bulk(store, here.queue, lambda: here.now[0])


def said(here):
    """What counts."""
    return here.store.read_now(lambda c: list(task_answers.live(c, here.task.id)))


def test_what_is_sure_is_accepted_and_taken_back(store):
    """With the whole sample right, all sure suggestions of the label stand; one undo takes them back."""
    here, bulk = furnished(store)
    me = here.members[0]
    seen = run(bulk.preview(here.task, me, "bill", 0.95))
    assert (len(seen.pairs), len(seen.sample)) == (40, SAMPLE)
    right = [one.id for one in seen.sample]
    batch = run(bulk.accept(here.task, me, "bill", 0.95, (seen.mark, right)))
    assert {(one.value, one.origin, bool(one.shown)) for one in said(here)} == {
        (BILL, "bulk", True)
    }
    assert len(said(here)) == 40
    assert run(here.review.undo_batch(here.task, me, batch)) == 40
    assert said(here) == []


def test_one_wrong_text_stops_it(store):
    """A sample that is not all right leaves everything as it was."""
    here, bulk = furnished(store)
    me = here.members[0]
    seen = run(bulk.preview(here.task, me, "bill", 0.95))
    right = [one.id for one in seen.sample][1:]
    with pytest.raises(AnswerNotFitting):
        run(bulk.accept(here.task, me, "bill", 0.95, (seen.mark, right)))
    assert said(here) == []


def test_what_changed_meanwhile_is_looked_at_again(store):
    """Texts that came after the look are not accepted with it."""
    here, bulk = furnished(store)
    me = here.members[0]
    seen = run(bulk.preview(here.task, me, "bill", 0.95))
    for one in here.more(["late"]):
        here.suggest(one, BILL, score=0.97)
    with pytest.raises(Conflict):
        run(bulk.accept(here.task, me, "bill", 0.95, (seen.mark, [one.id for one in seen.sample])))


def test_the_blind_arm_stays_out(store):
    """Where every text is of the blind arm, nothing can be accepted at once."""
    here, bulk = furnished(store, blind_share=1.0)
    assert run(bulk.preview(here.task, here.members[0], "bill", 0.95)).pairs == ()
