# SPDX-License-Identifier: EUPL-1.2
"""Runs of suggestions through a real gateway, on both databases."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select
from teaching import ANNA, WISH, gold, school, truths

from hausgeist.core.answers import Span, Value
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.tasks import Field, FieldType, Label, Mode, TaskKind
from hausgeist.errors import (
    BorderAsks,
    BorderRefused,
    BudgetExhausted,
    Conflict,
    NothingLeft,
    PromptBroken,
    UpstreamAway,
    UpstreamBusy,
)
from hausgeist.store import items, suggestions
from hausgeist.store.tables import ledger
from hausgeist.workbench.asking import GatewayAsker
from hausgeist.workbench.review import Said
from hausgeist.workbench.teacher import Wish


def test_a_run_asks_about_every_item_once(store):
    """Every text of the pool gets a row with what the teacher said, what it cost and who allowed it."""
    made = school(store, truths(30), accuracy=0.75)
    result = made.suggested()
    assert (result["ok"], result["stopped"], result["left"]) == (30, "", 0)
    assert sorted(made.teacher.asked) == sorted(text for text, _ in truths(30))
    for row in made.rows():
        assert row.model == "simulated-teacher"
        assert row.policy == "default-3"
        assert row.terms == "yes"
        assert row.micro_eur > 0
        assert 0 < row.score <= 1


def test_a_second_run_asks_nothing_twice(store):
    """What this prompt has said is kept; only new texts are asked about."""
    made = school(store, truths(12))
    made.suggested()
    made.desk.more(["noch einer"])
    assert made.suggested()["asked"] == 1
    assert len(made.teacher.asked) == 13


def test_other_words_are_another_version(store):
    """A prompt with other words asks again, and both stay."""
    made = school(store, truths(4))
    made.suggested()
    made.suggested(replace(WISH, words="Ordne {title} ein."))
    assert len(made.teacher.asked) == 8
    assert [one.number for one in made.prompts()] == [2, 1]


def test_the_calls_are_booked_as_suggestions(store):
    """The ledger has each call with its purpose, in the starter's group."""
    made = school(store, truths(3))
    made.suggested()
    found = store.read_now(lambda c: c.execute(select(ledger)).mappings().all())
    assert {(row["purpose"], row["group_id"]) for row in found} == {("suggest", "planning")}
    assert len(found) == 3


def test_gold_is_never_asked_about(store):
    """Items of the gold set are neither asked about nor can a row for one be kept."""
    made = school(store, truths(3))
    (secret,) = gold(made, ["Goldstück"])
    made.suggested()
    assert "Goldstück" not in made.teacher.asked
    smuggled = replace(made.rows()[0], id="x", item_id=secret, version="v")
    assert store.write_now(lambda c: suggestions.put(c, [smuggled])) == 0


def test_prose_is_visible_and_asked_for_twice_more(store):
    """An answer in prose is retried with a sharper instruction, then kept as unreadable with its words."""
    made = school(store, truths(2), unparsed=1.0, seed="s")
    result = made.suggested()
    left = [row for row in made.rows() if row.state == "unparsed"]
    assert result["unparsed"] == len(left) > 0
    for row in left:
        assert row.tries == 3
        assert row.code == "no_answer"
        assert row.raw
        assert row.value is None
        assert row.micro_eur > 0


def test_unreadable_ones_can_be_asked_again(store):
    """A retry asks about those alone."""
    made = school(store, truths(6), unparsed=1.0, seed="s")
    made.suggested()
    many = len(made.rows("unparsed"))
    version = made.prompts()[0].version
    made.teacher.unparsed = 0.0
    job = asyncio.run(made.suggest.retry(made.desk.task, ANNA, version, ["unparsed"]))
    assert made.do(job)["ok"] == many
    assert not made.rows("unparsed")
    with pytest.raises(NothingLeft):
        asyncio.run(made.suggest.retry(made.desk.task, ANNA, version, ["unparsed"]))


def test_a_fault_upstream_is_asked_again_by_the_next_run(store):
    """A failed call leaves a row that says so, and the next run fills it."""
    made = school(store, truths(5))
    made.teacher.failing = UpstreamAway(provider="simulated", reason="gone")
    assert made.suggested()["failed"] == 1
    assert made.suggested()["ok"] == 1
    assert made.tally().states == {"ok": 5}


def test_a_busy_teacher_is_given_time(store):
    """A refusal for a moment is waited out within the run."""
    made = school(store, truths(2))
    made.teacher.failing = UpstreamBusy(provider="simulated", reason="busy", retry_after=0)
    assert made.suggested()["ok"] == 2


class Broke:
    """An asker whose budget ends after some calls."""

    def __init__(self, made, after):
        self.inner, self.after = GatewayAsker(made.gateway, principal=ANNA), after

    async def ask(self, call):
        self.after -= 1
        if self.after < 0:
            raise BudgetExhausted(budget="group:planning", month="2026-11", why="money")
        return await self.inner.ask(call)


def test_a_spent_budget_ends_the_run_and_is_said(store):
    """The run stops, keeps what it has, and goes on with the next one."""
    made = school(store, truths(40))
    result = made.do(made.start(), Broke(made, 10))
    assert (result["stopped"], result["code"], result["ok"]) == ("budget", "insufficient_quota", 10)
    assert result["left"] > 0
    assert made.suggested()["stopped"] == ""
    assert made.tally().states == {"ok": 40}


def test_a_teacher_that_is_gone_ends_the_run(store):
    """After some failures in a row nothing more is tried."""

    class Gone:
        async def ask(self, call):
            raise UpstreamAway(provider=call.model, reason="gone")

    made = school(store, truths(60))
    result = made.do(made.start(), Gone())
    assert result["stopped"] == "failing"
    assert result["failed"] < 20


def test_a_limit_draws_at_random_and_holds(store):
    """With a limit, so many items are asked about and no more."""
    made = school(store, truths(20))
    assert made.suggested(limit=5)["asked"] == 5
    assert len(made.teacher.asked) == 5


def test_two_runs_of_a_task_do_not_run_at_once(store):
    """The second is told to wait."""
    made = school(store, truths(2))
    made.start()
    with pytest.raises(Conflict):
        made.start()


def test_a_plan_says_what_a_run_would_cost(store):
    """Before the first run from the price and the texts' lengths, afterwards from what it did cost."""
    made = school(store, truths(50))
    before = asyncio.run(made.suggest.plan(made.desk.task, ANNA, WISH))
    assert (before.left, before.known, before.number, before.measured) == (50, 0, None, False)
    assert before.ms is None
    made.suggested(limit=25)
    after = asyncio.run(made.suggest.plan(made.desk.task, ANNA, WISH))
    assert (after.left, after.known, after.number, after.measured) == (25, 25, 1, True)
    assert after.micro_eur == made.tally().micro_eur
    assert before.micro_eur == pytest.approx(2 * after.micro_eur, rel=0.5)


def test_an_unknown_price_stays_unknown(store):
    """Nobody is told a number that nobody knows."""
    made = school(store, truths(8), price=None)
    assert asyncio.run(made.suggest.plan(made.desk.task, ANNA, WISH)).micro_eur is None
    assert made.suggested()["unpriced"] == 8
    assert asyncio.run(made.suggest.plan(made.desk.task, ANNA, WISH)).micro_eur is None


def test_the_border_decides_who_may_teach(store):
    """Texts of a class that may not go to a teacher's zone are not sent there, and the reason is told."""
    far = {"zone": Zone.WORLD, "cleared_for": DataClass.SPECIAL}
    made = school(store, truths(2), card=far, task={"data_class": DataClass.PERSONAL})
    (teacher,) = made.suggest.teachers(made.desk.task, ANNA)
    assert not teacher.permitted
    assert "policy.class_not_for_zone" in teacher.decision.reasons
    with pytest.raises(BorderRefused):
        made.start()
    assert not made.teacher.asked


def test_where_the_border_asks_somebody_says_yes(store):
    """Internal texts go outside only once whoever starts has said so."""
    far = {"zone": Zone.WORLD}
    made = school(store, truths(2), card=far, task={"data_class": DataClass.INTERNAL})
    (teacher,) = made.suggest.teachers(made.desk.task, ANNA)
    assert teacher.asks
    with pytest.raises(BorderAsks):
        made.start()


def test_refused_terms_are_stamped_on_each_row(store):
    """What may not train models says so where it stands."""
    made = school(store, truths(2), card={"outputs_may_train": False})
    made.suggested()
    assert {row.terms for row in made.rows()} == {"no"}


def test_confirmed_answers_go_along_as_examples(store):
    """The prompt holds as many different answers of people as asked for, never of gold."""
    made = school(store, truths(9))
    desk = made.desk
    ids = [item.id for item in store.read_now(lambda c: items.walk(c, desk.task.id))]
    for item_id, (_, value) in zip(ids[:6], truths(6), strict=True):
        asyncio.run(desk.review.record(desk.task, desk.members[0], item_id, Said(value=value)))
    plan = asyncio.run(made.suggest.plan(desk.task, ANNA, replace(WISH, shots=3)))
    assert {shot.value for shot in plan.prompt.shots} == {value for _, value in truths(3)}
    made.suggested(replace(WISH, shots=3), limit=2)
    store.write_now(lambda c: items.remove(c, desk.task.id, plan.prompt.shots[0].item))
    params = {"version": plan.prompt.version, "again": []}
    job = asyncio.run(made.jobs.submit("suggest", task_id=desk.task.id, params=params))
    with pytest.raises(PromptBroken):
        made.do(job)


def test_agreement_tells_blind_answers_from_others(store):
    """What people said before or without seeing the suggestion is counted by itself."""
    made = school(store, truths(10), accuracy=1.0)
    made.suggested()
    desk = made.desk
    ids = [item.id for item in store.read_now(lambda c: items.walk(c, desk.task.id))]
    wrong = Value.of_labels(["other"])
    for place, (_, value) in enumerate(truths(10)):
        said = Said(value=wrong if place == 0 else value)
        if place > 5:
            said = Said(value=value, mode=Mode.ASSISTED, shown="s")
        asyncio.run(desk.review.record(desk.task, desk.members[0], ids[place], said))
    blind, seen = asyncio.run(made.suggest.agreement(desk.task, made.prompts()[0].version))
    assert (blind.blind, blind.right, blind.of) == (True, 5, 6)
    assert (seen.blind, seen.right, seen.of) == (False, 4, 4)


def test_passages_come_back_aligned(store):
    """A task of passages gets the places of what the teacher quoted."""
    text = "Anna fährt nach Köln. Köln ist schön."
    value = Value.of_spans([Span(0, 4, "bill"), Span(22, 26, "praise")])
    made = school(store, [(text, value)], task={"kind": TaskKind.SPANS}, accuracy=1.0)
    made.suggested()
    assert [row.value for row in made.rows()] == [value]


def test_fields_come_back_in_canonical_form(store):
    """A task of records gets dates and numbers as they are kept."""
    fields = (
        Field("amount", "Betrag", FieldType.NUMBER),
        Field("day", "Tag", FieldType.DATE),
        Field("paid", "Bezahlt", FieldType.FLAG),
        Field("kind", "Art", FieldType.CHOICE, choices=("a", "b")),
    )
    value = Value.of_fields(
        [("amount", "1234.5"), ("day", "2026-03-01"), ("kind", "b"), ("paid", "yes")]
    )
    task = {"kind": TaskKind.RECORD, "fields": fields, "labels": ()}
    made = school(store, [("Rechnung", value)], task=task, accuracy=1.0)
    made.suggested(Wish(model="simulated-teacher", reason=True))
    (row,) = made.rows()
    assert row.value == value
    assert row.reason


def test_several_labels_come_back_as_a_set(store):
    """A task of many labels takes none for an answer too."""
    known = [("x", Value.of_labels(["bill", "other"])), ("y", Value())]
    made = school(
        store,
        known,
        task={"kind": TaskKind.MULTI, "labels": (Label("bill", "B"), Label("other", "O"))},
        accuracy=1.0,
    )
    made.suggested()
    assert {row.value for row in made.rows()} == {value for _, value in known}
