# SPDX-License-Identifier: EUPL-1.2
"""Which items people get: overlap, reservations, orders, the gold set, the blind arm, planted errors."""

import asyncio
from collections import Counter
from dataclasses import replace

from answering import Desk, desk, run
from sqlalchemy import update

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Label, Mode, Part, Partition, TaskKind
from hausgeist.store import items, task_answers, task_queue, tasks
from hausgeist.store.deployments import AUDIT
from hausgeist.store.tables import items as item_rows
from hausgeist.store.tasks import Member
from hausgeist.workbench.counting import gold_for
from hausgeist.workbench.finding import Wish
from hausgeist.workbench.queue import RESERVED_MS, WorkItem
from hausgeist.workbench.review import Said

BILL, PRAISE, OTHER = (Value.of_labels([one]) for one in ("bill", "praise", "other"))


def texts(count: int, word: str = "text") -> list[str]:
    """Different texts."""
    return [f"{word} number {one}" for one in range(count)]


def ids(found: list[WorkItem]) -> list[str]:
    """The ids of items."""
    return [one.item.id for one in found]


def test_two_people_at_once_get_different_items(store):
    """With an overlap of one, two people who ask at the same time share no item."""
    here = desk(store)
    here.more(texts(40))

    async def both():
        return await asyncio.gather(
            *(here.queue.next_items(here.task, one, 15) for one in here.members)
        )

    one, other = run(both())
    assert len(one) == len(other) == 15
    assert not set(ids(one)) & set(ids(other))


def test_many_people_at_once_never_exceed_the_overlap(store):
    """Five people who answer side by side give every item as many answers as the overlap says."""
    here = desk(store, people=5, overlap=2)
    here.more(texts(30))

    async def work(member):
        while found := await here.queue.next_items(here.task, member, 3):
            for one in found:
                await here.review.record(here.task, member, one.item.id, Said(value=BILL))

    async def everybody():
        await asyncio.gather(*(work(one) for one in here.members))

    run(everybody())
    said = store.read_now(lambda c: list(task_answers.live(c, here.task.id)))
    by_item = Counter(one.item_id for one in said)
    assert set(by_item.values()) == {2}
    assert len(by_item) == 30
    assert len({(one.item_id, one.actor) for one in said}) == 60


def test_a_reload_gives_the_same_items(store):
    """Whoever asks again gets what was reserved for them, in the same order."""
    here = desk(store)
    here.more(texts(20))
    before = run(here.queue.next_items(here.task, here.members[0], 5))
    assert ids(run(here.queue.next_items(here.task, here.members[0], 5))) == ids(before)


def test_what_is_on_the_screen_is_not_given_twice(store):
    """A client that names what it has gets the items after these."""
    here = desk(store)
    here.more(texts(20))
    before = run(here.queue.next_items(here.task, here.members[0], 5))
    wish = Wish(count=5, have=frozenset(ids(before)))
    assert not set(ids(run(here.queue.draw(here.task, here.members[0], wish)).items)) & set(
        ids(before)
    )


def test_a_reservation_ends(store):
    """Items of somebody who has gone for long enough are given to others."""
    here = desk(store)
    here.more(texts(3))
    mine = run(here.queue.next_items(here.task, here.members[0], 3))
    assert run(here.queue.next_items(here.task, here.members[1], 3)) == []
    here.now[0] += RESERVED_MS + 10_000
    assert ids(run(here.queue.next_items(here.task, here.members[1], 3))) == ids(mine)


def test_a_skipped_item_goes_to_others_only(store):
    """Who skipped an item does not get it again, and somebody else does."""
    here = desk(store)
    here.more(texts(1))
    one = run(here.queue.next_items(here.task, here.members[0], 1))[0]
    run(here.review.record(here.task, here.members[0], one.item.id, Said(value=None)))
    assert run(here.queue.next_items(here.task, here.members[0], 1)) == []
    assert ids(run(here.queue.next_items(here.task, here.members[1], 1))) == [one.item.id]


def test_gold_is_blind_and_for_two_people(store):
    """An item of the gold set comes in its own work, without a suggestion, to two people and no third."""
    here = desk(store, people=3)
    (gold,) = here.more(["a sealed text"], Partition.GOLD)
    here.suggest(gold, BILL)
    assert run(here.queue.next_items(here.task, here.members[0], 5)) == []
    for member, expected in zip(here.members, ([gold], [gold], []), strict=True):
        found = run(here.queue.draw(here.task, member, Wish(work="gold"))).items
        assert ids(found) == expected
        assert all(one.mode is Mode.BLIND and one.suggestion is None for one in found)
        for one in found:
            run(here.review.record(here.task, member, one.item.id, Said(value=BILL)))


def test_everybody_is_told_of_the_gold_that_waits_for_them(store):
    """A text waits for the second person after the first has answered, and then for nobody."""
    here = desk(store, people=3)
    (gold,) = here.more(["a sealed text"], Partition.GOLD)

    def waits() -> list[int]:
        return [
            store.read_now(lambda c, one=one: gold_for(c, here.task, one.id))
            for one in here.members
        ]

    assert waits() == [1, 1, 1]
    run(here.review.record(here.task, here.members[0], gold, Said(value=BILL)))
    assert waits() == [0, 1, 1]
    run(here.review.record(here.task, here.members[1], gold, Said(value=BILL)))
    assert waits() == [0, 0, 0]


def test_dev_comes_along_and_is_blind(store):
    """Items of the dev set are among the ordinary work, and show no suggestion."""
    here = desk(store)
    here.more(texts(3))
    (dev,) = here.more(["of the dev set"], Partition.DEV)
    here.suggest(dev, BILL)
    found = {one.item.id: one for one in run(here.queue.next_items(here.task, here.members[0], 10))}
    assert len(found) == 4
    assert found[dev].mode is Mode.BLIND
    assert found[dev].suggestion is None


def test_near_repetitions_are_kept_out(store):
    """What nearly repeats another item is given to nobody."""
    here = desk(store)
    first, second = here.more(texts(2))
    store.write_now(lambda c: items.change(c, here.task.id, [second], dup_of=first))
    assert ids(run(here.queue.next_items(here.task, here.members[0], 5))) == [first]


def test_asked_again_comes_first_when_asked_for(store):
    """What a change of labels reopened comes as work of its own, once, with what was said before."""
    here = desk(store)
    first, _second = here.more(texts(2))
    run(here.review.record(here.task, here.members[0], first, Said(value=BILL)))
    here.task = replace(here.task, schema_version=2)

    def reopen(connection):
        items.change(connection, here.task.id, [first], again=2)
        task_answers.recount(connection, [first])

    store.write_now(reopen)
    found = run(here.queue.draw(here.task, here.members[0], Wish(work="again"))).items
    assert ids(found) == [first]
    assert found[0].again
    assert found[0].before.value == BILL
    run(here.review.record(here.task, here.members[0], first, Said(value=PRAISE)))
    assert run(here.queue.draw(here.task, here.members[0], Wish(work="again"))).items == []
    assert store.read_now(lambda c: items.get(c, here.task.id, first)).again == 0


def test_unsure_comes_by_worth(store):
    """The order of what the student is unsure of goes by the items' worth."""
    here = desk(store)
    made = here.more(texts(6))
    for worth, one in enumerate(made):
        here.worth(one, float(worth))
    found = run(here.queue.next_items(here.task, here.members[0], 3, "unsure"))
    assert ids(found) == made[:2:-1]
    assert {one.drawn for one in found} == {"unsure"}


def test_unsure_without_a_student_says_so(store):
    """Where nothing is known of unsureness, items are drawn at random and the reason is said."""
    here = desk(store)
    here.more(texts(6))
    drawn = run(here.queue.draw(here.task, here.members[0], Wish(count=3, order="unsure")))
    assert len(drawn.items) == 3
    assert drawn.note
    assert {one.drawn for one in drawn.items} == {"random"}


def test_a_random_share_is_always_mixed_in(store):
    """With a random share of one, every item of any order is drawn at random, and says so."""
    here = desk(store, random_share=1.0)
    for worth, one in enumerate(here.more(texts(30))):
        here.worth(one, float(worth))
    found = run(here.queue.next_items(here.task, here.members[0], 10, "unsure"))
    assert {one.drawn for one in found} == {"random"}


def test_disagreement_of_student_and_teacher(store):
    """The order finds the items on which the two differ."""
    here = desk(store)
    made = here.more(texts(30))
    for one in made:
        here.suggest(one, BILL)
        here.suggest(one, PRAISE if one in made[20:22] else BILL, producer="student")
    found = run(here.queue.next_items(here.task, here.members[0], 2, "disagree"))
    assert set(ids(found)) == set(made[20:22])


def test_similar_to_this_one(store):
    """The order puts the texts first that share most with the one that is named."""
    here = desk(store)
    made = here.more(
        ["Der Radweg ist kaputt", "Die Bibliothek ist toll", "Radwege kaputt gefahren"]
    )
    drawn = run(
        here.queue.draw(here.task, here.members[0], Wish(count=1, order="similar", like=made[0]))
    )
    assert ids(drawn.items) == [made[2]]


def test_nothing_is_like_a_text_of_another_task(store):
    """The order by likeness says nothing about texts that are somebody else's."""
    theirs = desk(store)
    (secret,) = theirs.more(["Radwege kaputt gefahren"])
    here = replace(theirs, task=replace(theirs.task, id="t-other", name="other"))
    owner = Member("m-other", "t-other", None, Part.ANNOTATOR, {}, 1, None)
    store.write_now(lambda connection: tasks.add(connection, here.task, owner))
    wish = Wish(count=1, order="similar", like=secret)
    assert "no text to compare" in run(here.queue.draw(here.task, owner, wish)).note


def test_probably_mislabelled_comes_once(store):
    """An answer that the student would give otherwise is asked again, and is then left in peace."""
    here = desk(store)
    first, second = here.more(texts(2))
    for one in (first, second):
        run(here.review.record(here.task, here.members[0], one, Said(value=BILL)))
    here.suggest(first, PRAISE, producer="student")
    here.suggest(second, BILL, producer="student")
    wish = Wish(order="suspect")
    found = run(here.queue.draw(here.task, here.members[0], wish)).items
    assert ids(found) == [first]
    said = Said(value=BILL, drawn="suspect")
    run(here.review.record(here.task, here.members[0], first, said))
    assert run(here.queue.draw(here.task, here.members[0], wish)).items == []


def test_the_blind_arm_is_the_items_own(store):
    """Which items are blind is the same for everybody, and about as many as the task says."""
    here = desk(store, overlap=2, blind_share=0.3)
    made = here.more(texts(200))
    for one in made:
        here.suggest(one, BILL)
    seen = [run(here.queue.next_items(here.task, one, 200)) for one in here.members]
    blind = [{one.item.id for one in some if one.mode is Mode.BLIND} for some in seen]
    assert blind[0] == blind[1]
    assert 30 <= len(blind[0]) <= 90
    assert all((one.suggestion is None) == (one.mode is Mode.BLIND) for one in seen[0])


def test_planted_errors_are_wrong_and_of_the_task(store):
    """A planted suggestion differs from the true one, is one of the task's labels, and is marked for us."""
    here = desk(store, planted_share=1.0)
    for one in here.more(texts(20)):
        here.suggest(one, BILL)
    found = run(here.queue.next_items(here.task, here.members[0], 20))
    assert {one.shown for one in found} == {PRAISE, OTHER}
    assert all(one.planted == one.shown != one.suggestion.value for one in found)


def test_planted_errors_follow_what_people_mix_up(store):
    """The wrong label is the one that people take for the right one most often."""
    here = desk(store, planted_share=1.0, mode=Mode.OWN_FIRST)
    made = here.more(texts(12))
    for one in made[:3]:
        said = Said(value=OTHER, first=BILL, mode=Mode.OWN_FIRST)
        run(here.review.record(here.task, here.members[0], one, said))
    for one in made[3:]:
        here.suggest(one, BILL)
    found = run(here.queue.next_items(here.task, here.members[0], 9))
    assert {one.shown for one in found} == {OTHER}


def test_planted_passages_are_a_word_off(store):
    """A planted passage shares letters with the true one, stays within the text and ends at words."""
    labels = (Label("PER", "Person"),)
    here = desk(store, planted_share=1.0, kind=TaskKind.SPANS, labels=labels)
    made = here.more([f"Frau Anna Berg wohnt in Haus {one}." for one in range(10)])
    right = Value.of_spans([Span(5, 14, "PER")])
    for one in made:
        here.suggest(one, right)
    for one in run(here.queue.next_items(here.task, here.members[0], 10)):
        (span,) = one.shown.spans
        assert (span.start, span.end) != (5, 14)
        assert span.start < 14
        assert span.end > 5
        text = one.item.text
        assert text[span.start : span.end].strip() == text[span.start : span.end]


def test_a_changed_order_gives_back_what_was_reserved(store):
    """Who asks for another order no longer keeps the items of the first from others."""
    here = desk(store)
    here.more(texts(5))
    run(here.queue.next_items(here.task, here.members[0], 5))
    run(here.queue.draw(here.task, here.members[0], Wish(work="gold")))
    assert len(run(here.queue.next_items(here.task, here.members[1], 5))) == 5


def test_an_item_by_its_address(store):
    """An item that was answered can be opened again, with what was said of it; one of another task not."""
    here: Desk = desk(store)
    (one,) = here.more(texts(1))
    run(here.review.record(here.task, here.members[0], one, Said(value=BILL)))
    found = run(here.queue.one(here.task, here.members[0], one))
    assert found.before.value == BILL
    assert run(here.queue.one(replace(here.task, id="t2"), here.members[0], one)) is None


def test_the_audit_of_what_is_served_is_blind_whatever_is_suggested(store):
    """A text that came to be audited is shown without its suggestion, and is never accepted in bulk."""
    here = desk(store)
    audited, usual = here.more(texts(2))
    for one in (audited, usual):
        here.suggest(one, BILL)
    store.write_now(
        lambda c: c.execute(update(item_rows).where(item_rows.c.id == audited).values(source=AUDIT))
    )
    found = run(here.queue.next_items(here.task, here.members[0], 2))
    assert {one.item.id: one.mode for one in found} == {audited: Mode.BLIND, usual: Mode.ASSISTED}
    sure = store.read_now(
        lambda c: task_queue.sure(c, here.task.id, here.members[0].id, BILL.encode(), 0.0, 10)
    )
    assert [item for item, _ in sure] == [usual]


def test_what_came_from_a_file_is_not_of_today(store):
    """Imported answers are a member's, but use up nothing of the day's share."""
    here = desk(store)
    first, second = here.more(texts(2))
    run(here.review.take(here.task, here.members[0], [(first, BILL)]))
    run(here.review.record(here.task, here.members[0], second, Said(value=BILL)))
    standing = run(here.queue.standing(here.task, here.members[0]))
    assert (standing.mine, standing.today) == (2, 1)
