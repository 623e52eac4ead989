# SPDX-License-Identifier: EUPL-1.2
"""The drill: what would become of the calls, questions that are judged, sheets that people fill in."""

import asyncio
import csv
import io
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from hausgeist.audit import Trail
from hausgeist.core.absence import Absence
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import Capability, Price
from hausgeist.core.people import Principal, Role
from hausgeist.core.policy import DEFAULT_POLICY, Clause, Rule
from hausgeist.core.terms import Terms
from hausgeist.errors import BorderRefused, InvalidField, NotFound
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.drill import Drills, read_calls
from hausgeist.gateway.drill_questions import (
    Answer,
    Asked,
    Question,
    judge,
    marked,
    read_questions,
    share,
    sheet,
)
from hausgeist.ledger import Book, Budgets, Usage
from hausgeist.store.tables import groups, ledger, sessions, users
from hausgeist.testing.echo import EchoProvider, echo_card

TODAY = 1_790_000_000_000
NOW = TODAY - TODAY % 86_400_000
"""Midnight: the calls below are those of yesterday."""
HOUR = 3_600_000
ANNA = Principal(id="anna", name="Anna", role=Role.ADMIN)


def add_people(store, **sizes):
    """Groups of so many active people who were here."""

    def work(connection):
        for group, size in sizes.items():
            connection.execute(insert(groups).values(id=group, title=group, created_at=1))
            for number in range(size):
                name = f"{group}{number}"
                row = {"id": name, "login": name, "name": name, "role": "member"}
                row |= {"group_id": group, "locale": "de", "active": True, "created_at": 1}
                connection.execute(insert(users).values(**row))
                seen = {"id": name, "user_id": name, "created_at": 1, "seen_at": NOW}
                connection.execute(insert(sessions).values(**seen, expires_at=NOW))

    store.write_now(work)


def add_calls(store, count, **more):
    """So many booked calls: internal ones to the model ``far`` of 600 and 400 tokens, else as said."""
    row = {"at": NOW - 1000, "group_id": "big", "purpose": "chat", "model": "far"}
    row |= {"provider": "a", "zone": "eu", "data_class": "internal", "policy_version": "v"}
    row |= {"input_tokens": 600, "output_tokens": 400, "cached_tokens": 0, "reasoning_tokens": 0}
    row |= {"estimated": False, "price_source": "", "energy_source": "", "duration_ms": 1}
    row |= {"outcome": "ok", **more}

    def work(connection):
        start = len(connection.execute(select(ledger.c.call_id)).all())
        for number in range(start, start + count):
            connection.execute(insert(ledger).values(call_id=f"c{number}", **row))

    store.write_now(work)


@pytest.fixture
def house(store):
    """A gateway with a model at two providers, one of its own, and the drills over it."""
    directory = Directory()
    trail = Trail(store, b"k" * 32, lambda: NOW)
    gateway = Gateway(
        directory=directory,
        routes=Routes(directory, lambda: 0.0),
        book=Book(store, lambda: NOW),
        trail=trail,
        now_ms=lambda: NOW,
        border=Border(policy=replace(DEFAULT_POLICY, instead="own")),
    )
    offer(gateway, "far", "a", price=Price(1.0, 2.0))
    offer(gateway, "own", "own", zone=Zone.HOUSE, price=Price(0.1, 0.1))
    return gateway, Drills(store, trail, gateway, lambda: NOW)


def offer(gateway, model, provider, **more):
    """Put a model into the directory; gives what answers it."""
    values = {"zone": Zone.EU, "cleared_for": DataClass.PERSONAL, **more}
    values["terms"] = Terms(contract_since="2026-01-01")
    found = EchoProvider(name=provider)
    gateway.directory.put(provider, found, [echo_card(model, provider=provider, **values)])
    return found


def close_days(store):
    """Add up the days that are over, as the house does a quarter of an hour after midnight."""
    usage = Usage(store, Trail(store, b"k" * 32, lambda: NOW), lambda: NOW + HOUR)
    asyncio.run(usage.tend())


def told(house, without="zone:eu", **more):
    close_days(house[0].book._store)
    return asyncio.run(house[1].forecast(without, **more))


def fates(found):
    return {(one.fate, one.model, one.to_model, one.to_provider): one.calls for one in found.lines}


def test_the_same_model_elsewhere_goes_before_the_models_of_the_house(house, store):
    """A second provider of the same name answers; without it, the model that the rules name."""
    add_people(store, big=6)
    add_calls(store, 4)
    assert fates(told(house, "provider:a")) == {("moved", "far", "own", "own"): 4}
    offer(house[0], "far", "b", price=Price(3.0, 3.0))
    found = told(house, "provider:a")
    assert fates(found) == {("moved", "far", "far", "b"): 4}
    assert (found.cost("today"), found.cost("then")) == (4 * 1400, 4 * 3000)
    assert fates(told(house, "zone:world")) == {("kept", "far", "far", "a"): 4}


def test_nobody_answers_where_the_rules_name_nobody(house, store):
    """It is refused, and the reason is that there is nobody."""
    add_people(store, big=6)
    add_calls(store, 4)
    house[0].border.policy = DEFAULT_POLICY
    (line,) = told(house).lines
    assert (line.fate, line.why, line.then) == ("refused", "nobody", 0)


def test_the_border_holds_in_a_drill(house, store):
    """The same model in a zone that the decision did not allow is no substitute; its reasons are told."""
    add_people(store, big=6)
    add_calls(store, 4, data_class="personal")
    offer(house[0], "far", "w", zone=Zone.WORLD)
    house[0].border.policy = DEFAULT_POLICY
    (line,) = told(house).lines
    assert (line.fate, line.why) == ("refused", "border")
    assert line.reasons == ("policy.class_not_for_zone",)


def test_a_context_that_is_too_small_is_told(house, store):
    """Calls that fit move; those of more tokens than the stand-in's context are refused."""
    add_people(store, big=6)
    add_calls(store, 3)
    add_calls(store, 2, input_tokens=5000)
    offer(house[0], "own", "own", zone=Zone.HOUSE, context=2000)
    found = told(house)
    assert (found.calls("moved"), found.calls("refused")) == (3, 2)
    assert [one.why for one in found.lines if one.fate == "refused"] == ["too_long"]


def test_pictures_that_the_stand_in_cannot_see_are_told(house, store):
    """The model of today can see, the one that would answer cannot."""
    add_people(store, big=6)
    add_calls(store, 1)
    eyes = frozenset({Capability.COMPLETION, Capability.VISION})
    offer(house[0], "far", "a", capabilities=eyes)
    blind = frozenset({Capability.COMPLETION})
    offer(house[0], "own", "own", zone=Zone.HOUSE, capabilities=blind)
    assert [one.blind for one in told(house).lines] == [True]


def test_an_unknown_price_stays_unknown(house, store):
    """It is no number, and never zero."""
    add_people(store, big=6)
    add_calls(store, 1)
    offer(house[0], "own", "own", zone=Zone.HOUSE, price=None)
    found = told(house)
    assert (found.lines[0].then, found.cost("then")) == (None, None)


def test_titles_and_calls_in_the_house_are_not_touched(house, store):
    """Only what would really be missed counts."""
    add_people(store, big=6)
    add_calls(store, 2, model="own", provider="own", zone="house", purpose="title")
    add_calls(store, 1, model="was-once", provider="x")
    found = told(house, "world")
    assert (found.calls("kept"), found.calls("before")) == (2, 1)
    assert found.purposes == (("chat", 0, 0), ("title", 2, 2))


def test_the_busiest_hour_tells_whether_the_house_would_hold(house, store):
    """Four calls of half an hour each in one hour take two places of a model that has one."""
    add_people(store, big=6)
    add_calls(store, 4, output_tokens=1800)
    add_calls(
        store,
        1,
        model="own",
        provider="own",
        zone="house",
        output_tokens=10,
        duration_ms=10_000,
        at=NOW - 5 * HOUR,
    )
    (load,) = told(house).loads
    assert (load.model, load.places, load.calls) == ("own", None, 4)
    assert load.then == pytest.approx(2.0)

    class Seated(EchoProvider):
        def places(self, card):
            del card
            return 1

    card = echo_card("own", provider="own")
    house[0].directory.put("own", Seated(name="own"), [card])
    assert told(house).loads[0].places == 1


def test_budgets_whose_numbers_may_be_told_are_projected(house, store):
    """A large group's limit is held against a month's cost; what would tell of few is only counted."""
    add_people(store, big=6, large=7, small=2)
    add_calls(store, 10, group_id="large")
    gateway, _ = house
    budgets = Budgets(store, gateway.trail, gateway.book, lambda: NOW)
    for scope in ("group:large", "group:big", "group:small"):
        asyncio.run(budgets.set(scope, tokens=None, micro_eur=20_000, by="test"))
    offer(gateway, "far", "b", price=Price(9.0, 9.0))
    found = told(house, "provider:a")
    (limit,) = found.limits
    assert (limit.scope, found.hidden) == ("group:large", 2)
    assert limit.today == pytest.approx(14_000 * 30.4375 / 7, abs=1)
    assert limit.then == pytest.approx(90_000 * 30.4375 / 7, abs=1)


def test_a_house_of_few_is_not_counted(house, store):
    """Four people's calls are those people's; a file of calls is nobody's."""
    add_people(store, big=4)
    add_calls(store, 3)
    assert told(house).few
    supplied = read_calls('{"model": "far", "input_tokens": 1, "output_tokens": 1}')
    assert told(house, calls=supplied).calls("moved") == 1


def test_no_drill_shows_a_group(house, store):
    """Nothing in what is kept names a group, a cost centre or a key."""
    add_people(store, big=6, few=1)
    add_calls(store, 3, group_id="few", cost_centre="4711", service_key="k-1")
    text = repr(told(house))
    assert not any(word in text for word in ("few'", "4711", "k-1", "big"))


def test_a_group_that_is_filled_up_afterwards_tells_nothing(house, store):
    """A rule for one person's group shows nothing of them, though four others were put into it since."""
    add_people(store, big=20, alone=1)
    add_calls(store, 3, group_id="alone")
    add_calls(store, 4)
    close_days(store)

    def move(connection):
        moved = users.c.id.in_(["big0", "big1", "big2", "big3"])
        connection.execute(update(users).where(moved).values(group_id="alone", group_since=NOW))

    store.write_now(move)
    rule = Clause(id="spy", then=Rule.REFUSE, groups=frozenset({"alone"}))
    gateway, _ = house
    gateway.border.policy = replace(gateway.border.policy, clauses=(rule,))
    found = told(house)
    assert fates(found) == {("moved", "far", "own", "own"): 7}
    assert found.merged


@pytest.mark.parametrize("word", ["", "house", "zone:house", "provider:", "provider:nobody"])
def test_what_cannot_be_gone_is_refused(house, word):
    """A word that names nothing is no drill."""
    with pytest.raises(InvalidField):
        told(house, word)


def test_a_question_does_not_leave_in_a_drill(house, store):
    """What may not go to the provider of today is an answer that is missing, and nothing was sent."""
    gateway, drills = house
    far = offer(gateway, "far", "a")
    secret = [Question(question="Geheim?", data_class="special")]
    gateway.border.policy = DEFAULT_POLICY

    async def work():
        drill = await drills.wait(await drills.begin(ANNA, "zone:eu", questions=secret))
        await store.drain()
        return drill

    (asked,) = asyncio.run(work()).body.asked
    assert asked.today.error == BorderRefused.code
    assert far.calls == []


def test_questions_can_be_stopped_and_forgotten(house, store):
    """A drill that is stopped keeps what it has; one that is deleted is gone."""
    gateway, drills = house
    slow = EchoProvider(name="a", delay=5)
    card = echo_card("far", provider="a", zone=Zone.EU, cleared_for=DataClass.PERSONAL)
    gateway.directory.put("a", slow, [card])
    questions = [Question(question="eins zwei drei", data_class="public")] * 5

    async def work():
        drill_id = await drills.begin(ANNA, "zone:eu", questions=questions)
        assert (await drills.get(drill_id)).body.state == "running"
        await drills.stop(drill_id, by="anna")
        assert (await drills.wait(drill_id)).body.state == "stopped"
        with pytest.raises(NotFound):
            await drills.stop(drill_id, by="anna")
        await drills.delete(drill_id, by="anna")
        assert await drills.newest() == []
        await gateway.border.examiner.close()
        await store.drain()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("question", "answer", "passed"),
    [
        (Question(question="?"), "irgendwas", None),
        (Question(question="?", expected="Vier  Wochen"), "Es sind vier wochen.", True),
        (Question(question="?", expected="vier Wochen"), "drei Wochen", False),
        (Question(question="?", keywords=("vier", "Wochen")), "Wochen: vier", True),
        (Question(question="?", keywords=("vier", "Wochen")), "vier Tage", False),
        (Question(question="?", regex=r"\b4\b"), "Es sind 4.", True),
        (Question(question="?", regex=r"\b4\b", expected="drei"), "Es sind 4.", False),
    ],
)
def test_answers_are_judged_by_plain_means(question, answer, passed):
    """All criteria that are given must be met; without one there is no verdict."""
    assert judge(question, answer) is passed


def test_an_interval_is_wilsons():
    """Eight of ten is between 49 and 94 percent; nothing of nothing is no share."""
    found = share(8, 10)
    assert (round(found.low, 3), round(found.high, 3)) == (0.490, 0.943)
    assert share(0, 0) is None
    assert (share(0, 10).low, share(10, 10).high) == (0.0, pytest.approx(1.0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kein JSON",
        "{}",
        '{"question": 3}',
        '{"question": "?", "regex": "("}',
        '{"question": "?", "class": "secret"}',
        '{"question": "?"}\n' * 101,
    ],
)
def test_what_is_no_question_is_told(text):
    """Nothing is asked of a set with a fault."""
    with pytest.raises(InvalidField):
        read_questions(text)


def pairs():
    """Two questions; on the sheet the second has its answers swapped."""
    today, then = Answer(model="far", text="=heute"), Answer(model="own", text="dann")
    return [
        Asked(wanted="far", question=Question(question="?"), today=today, then=then, swapped=one)
        for one in (False, True)
    ]


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_sheet_tells_nobody_whose_answer_is_whose_and_comes_back(separator):
    """A was chosen twice: once that of today, once the other one. No cell is a formula."""
    text = sheet(pairs())
    assert not any(word in text for word in ("far", "own", "today"))
    head, *rows = csv.reader(io.StringIO(text))
    assert rows[0][3] == "'=heute"
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([head, *([*row[:-1], "a"] for row in rows)])
    assert [one.choice for one in marked(pairs(), "\ufeff" + out.getvalue())] == ["today", "then"]


@pytest.mark.parametrize(
    "text", ["", "nichts", "n,q,r,A,B,c\n9,?,,x,y,A\n", "n,q,r,A,B,c\n0,?,,x,y,A\n"]
)
def test_a_foreign_sheet_is_refused(text):
    """Nothing is read from a sheet that does not fit."""
    with pytest.raises(InvalidField):
        marked(pairs(), text)


def test_what_is_gone_is_read_from_a_word():
    """A provider, a zone, everything outside; never the house."""
    card = echo_card("m", provider="p", zone=Zone.WORLD)
    assert Absence.parse("world").takes(card)
    assert Absence.parse("zone:world").takes(card)
    assert not Absence.parse("zone:eu").takes(card)
    assert Absence.parse("provider:p").takes(card)
    assert not Absence.parse("provider:q").takes(card)
    assert Purpose.EVALUATE == "evaluate"
