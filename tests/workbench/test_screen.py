# SPDX-License-Identifier: EUPL-1.2
"""What a screen sends, with what the house knows it has shown."""

import pytest
from answering import desk, run

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Mode, Partition
from hausgeist.errors import GoldSealed
from hausgeist.store import task_answers
from hausgeist.workbench.finding import Wish
from hausgeist.workbench.screen import Screen, Sent

BILL, PRAISE, OTHER = (Value.of_labels([one]) for one in ("bill", "praise", "other"))
ID = "ab" * 16


def begun(store, **changed):
    """A member with one text on the screen, of which a teacher says that it is praise."""
    here = desk(store, **changed)
    (one,) = here.more(["a text"])
    here.suggest(one, PRAISE)
    run(here.queue.draw(here.task, here.members[0], Wish()))
    return here, Screen(here.queue, here.review), one


def send(here, screen, item, value, answer_id=""):
    """What the house answers to an answer."""
    sent = Sent(item_id=item, value=value, id=answer_id)
    return run(screen.record(here.task, here.members[0], sent))


def kept(here):
    """The answer that counts."""
    (one,) = here.store.read_now(lambda c: list(task_answers.live(c, here.task.id)))
    return one


def test_the_suggestion_comes_with_the_receipt(store):
    """Where the own answer comes first, the receipt reveals; the revision keeps the first answer."""
    here, screen, one = begun(store, mode=Mode.OWN_FIRST)
    assert send(here, screen, one, BILL).reveal == PRAISE
    send(here, screen, one, PRAISE)
    assert (kept(here).first, kept(here).value) == (BILL, PRAISE)
    assert kept(here).shown == "s-teacher-" + one


def test_a_lost_receipt_is_given_again(store):
    """The same answer sent again gets the same receipt, with what it reveals."""
    here, screen, one = begun(store, mode=Mode.OWN_FIRST)
    first = send(here, screen, one, BILL, ID)
    assert send(here, screen, one, BILL, ID) == first


def test_what_was_seen_stays_seen(store):
    """Who takes an answer back after the reveal and answers anew has not answered unseen."""
    here, screen, one = begun(store, mode=Mode.OWN_FIRST)
    send(here, screen, one, BILL)
    run(here.review.undo(here.task, here.members[0]))
    run(here.queue.one(here.task, here.members[0], one))
    send(here, screen, one, PRAISE)
    assert (kept(here).first, kept(here).value) == (BILL, PRAISE)


def test_assisted_says_what_was_shown(store):
    """An assisted answer names the suggestion, reveals nothing, and says in which order it came."""
    here, screen, one = begun(store)
    assert send(here, screen, one, OTHER).reveal is None
    assert (kept(here).mode, kept(here).shown) == (Mode.ASSISTED, "s-teacher-" + one)
    assert kept(here).drawn == "random"


def test_a_planted_error_gives_no_reason_away(store):
    """The reason is there after an answer, and never where the suggestion was a wrong one."""
    here, screen, one = begun(store)
    me = here.members[0]
    assert run(screen.reason(here.task, me, one)) == ("", "")
    send(here, screen, one, OTHER)
    assert run(screen.reason(here.task, me, one)) == ("it says so", "test-model")


def test_planted_errors_are_kept_with_the_answer(store):
    """What was shown in place of the suggestion is kept, and its reason is not told."""
    here, screen, one = begun(store, planted_share=1.0)
    send(here, screen, one, OTHER)
    assert kept(here).planted in {BILL, OTHER}
    assert run(screen.reason(here.task, here.members[0], one)) == ("", "")


def test_a_missing_reason_does_not_tell_which_suggestion_is_wrong(store):
    """While errors are planted, right suggestions lack their reason too, and more often than wrong ones."""
    here = desk(store, planted_share=0.1)
    screen, me = Screen(here.queue, here.review), here.members[0]
    for one in here.more([f"text {at}" for at in range(60)]):
        here.suggest(one, PRAISE)
    told = {True: [], False: []}
    for _ in range(60):
        (work,) = run(here.queue.next_items(here.task, me, 1))
        run(screen.record(here.task, me, Sent(item_id=work.item.id, value=PRAISE)))
        if work.suggestion is not None:
            said = run(screen.reason(here.task, me, work.item.id))
            told[work.planted is not None].append(said)
    silent = told[False].count(("", ""))
    assert set(told[True]) <= {("", "")}
    assert len(told[True]) < silent < len(told[False])


def test_gold_that_others_have_answered_takes_no_further_answer(store):
    """Who was not given it may have seen what others said; that somebody tried is in the trail."""
    here = desk(store, people=3)
    (one,) = here.more(["a text"], Partition.GOLD)
    screen = Screen(here.queue, here.review)
    for member, said in zip(here.members[:2], (BILL, PRAISE), strict=True):
        run(here.queue.one(here.task, member, one))
        run(screen.record(here.task, member, Sent(item_id=one, value=said)))
    with pytest.raises(GoldSealed):
        run(screen.record(here.task, here.members[2], Sent(item_id=one, value=PRAISE)))
    found = here.store.read_now(lambda c: list(task_answers.live(c, here.task.id)))
    assert [answer.actor for answer in found] == ["m0", "m1"]
