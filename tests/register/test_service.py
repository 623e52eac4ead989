# SPDX-License-Identifier: EUPL-1.2
"""Students in service over HTTP: asked by their task's name, in a model's place, on trial, and back."""

import asyncio
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from service_house import EXCEPTION, NOW, Place
from sqlalchemy import delete, select, update

from hausgeist.core.answers import Value
from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.people import Principal, Role
from hausgeist.core.service import CALLER, OWNER, Chain, Template
from hausgeist.core.tasks import Mode
from hausgeist.errors import InvalidField, NotReadyToServe
from hausgeist.register import human_queue
from hausgeist.store import deployments, items, task_answers, tasks
from hausgeist.store.tables import ledger, throttles, users
from hausgeist.store.task_answers import Answer
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.testing.served import Served

STREET = "Das Schlagloch vor der Schule ist gefährlich"
FOREIGN = "qwertz uiop"
WHO = Principal(id="somebody", name="Somebody", role=Role.MEMBER)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A house with a trained student; its service is ended after each test."""
    with Served(tmp_path_factory.mktemp("service") / "home") as served:
        served.house.bench  # noqa: B018  it is built lazily
        place = Place(served.house, served.member.id)
        place.train()
        yield served, place


@pytest.fixture
def house(shared):
    """The shared house with nothing in service."""
    served, place = shared
    yield served, place
    promote = place.bench.promote
    while any(one.state.value != "ended" for one in place.deployments()):
        served.run(promote.end(place.task, place.member))


def promoted(served, place, **changes):
    wish = place.wish(**changes)
    return served.run(place.bench.promote.promote(place.task, place.member, wish))


def asked(served, text=STREET, **more):
    return served.request("POST", "/v1/tasks/anliegen", {"text": text}, **more)


def test_a_student_is_promoted_asked_and_rolled_back(house):
    """Nothing, then an answer with who gave it, then nothing again."""
    served, place = house
    assert asked(served).status == 404
    made = promoted(served, place)
    reply = asked(served)
    assert reply.status == 200, reply.body
    assert reply.json["label"] == "strasse"
    assert reply.json["answered_by"] == "student"
    assert reply.headers["x-answered-by"] == "task/anliegen@v1"
    assert float(reply.headers["x-hausgeist-confidence"]) >= made.threshold
    assert reply.headers["x-hausgeist-version"] == "v1"
    served.run(place.bench.promote.roll_back(place.task, place.member))
    assert asked(served).status == 404


def test_the_exception_stays_with_the_deployment(house):
    """What lacked a verdict says so for ever, with the reason."""
    served, place = house
    promoted(served, place)
    kept = place.deployments()[0].checks
    assert kept["exception"]["reason"] == EXCEPTION
    assert "verdict" in kept["exception"]["open"]


SYSTEM = "Ordne das Anliegen einem Amt zu. Antworte nur mit dem Namen."


def chat(served, text=STREET, *, system=SYSTEM, **more):
    body = {
        "model": "echo",
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": f"Anliegen: {text}\nAmt:"},
        ],
    }
    return served.request("POST", "/v1/chat/completions", body | more)


def learnt(**changes):
    """A chain with the template of these calls."""
    made = Template(SYSTEM, "Anliegen: ", "\nAmt:", **changes)
    return Chain(template=made)


def said(reply):
    return reply.json["choices"][0]["message"]["content"]


def test_existing_callers_are_answered_by_the_student_and_get_the_model_back(house):
    """The same request before, with and after: only the answer and its headers differ."""
    served, place = house
    before = chat(served)
    assert "x-answered-by" not in before.headers
    promoted(served, place, chain=learnt(named=True))
    during = chat(served)
    assert (said(during), during.headers["x-answered-by"]) == ("Strasse", "task/anliegen@v1")
    assert during.json["model"] == "echo"
    assert during.json["usage"]["total_tokens"] > 0
    served.run(place.bench.promote.roll_back(place.task, place.member))
    after = chat(served)
    assert said(after) == said(before)
    assert "x-answered-by" not in after.headers


def test_a_stream_and_a_schema_get_the_student_in_their_form(house):
    """Frames for who streams; the JSON that the schema wants, checked as for any model."""
    served, place = house
    promoted(served, place, chain=learnt())
    streamed = chat(served, stream=True)
    assert streamed.headers["x-answered-by"] == "task/anliegen@v1"
    assert b'"content":"strasse"' in streamed.body
    assert streamed.body.endswith(b"data: [DONE]\n\n")
    schema = {
        "type": "object",
        "properties": {"amt": {"type": "string", "enum": ["Strasse", "Muell", "Ausweis"]}},
        "required": ["amt"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    assert said(chat(served, response_format=wanted)) == '{"amt": "Strasse"}'


def test_other_instructions_low_scores_and_the_rest_of_a_share_are_the_models(house):
    """What is not the template, what the student is unsure of, and what its share leaves: the model's."""
    served, place = house
    promoted(served, place, chain=learnt())
    place.bench.serving.chance = lambda: 0.5
    try:
        assert "x-answered-by" not in chat(served, system="Übersetze.").headers
        assert "x-answered-by" not in chat(served, FOREIGN).headers
        assert chat(served, FOREIGN).status == 200
        served.run(place.bench.promote.end(place.task, place.member))
        promoted(served, place, chain=learnt(), share=0.05)
        assert "x-answered-by" not in chat(served).headers
        served.run(place.bench.promote.share(place.task, place.member, 0.6, 0.0))
        assert "x-answered-by" in chat(served).headers
    finally:
        place.bench.serving.chance = random.random


def test_others_keys_need_an_administrators_word(house):
    """Until then the model answers them."""
    served, place = house
    made = promoted(served, place, chain=learnt())
    body = {"model": "echo", "messages": [{"role": "system", "content": SYSTEM}]}
    body["messages"].append({"role": "user", "content": f"Anliegen: {STREET}\nAmt:"})

    def others():
        return served.request("POST", "/v1/chat/completions", body, key=served.admin.key)

    assert "x-answered-by" not in others().headers
    served.run(place.bench.promote.release(made.id, served.admin.id, released=True))
    assert others().headers["x-answered-by"] == "task/anliegen@v1"


def test_what_nobody_is_sure_of_waits_for_a_person_and_is_answered_by_one(house):
    """202 with a ticket that only its owner can use; the text is on top of the queue; then the answer."""
    served, place = house
    promoted(served, place)
    reply = asked(served, FOREIGN)
    assert reply.status == 202, reply.body
    assert (reply.json["status"], reply.headers["x-answered-by"]) == ("waiting", "queue")
    assert 0 <= reply.json["guess"]["confidence"] < 1
    again = reply.json["ask_again"]
    assert served.request("GET", again, key=served.admin.key).status == 404
    assert served.request("GET", again).status == 202
    row = place.served()[-1]
    item = place.store.read_now(lambda c: items.get(c, "t1", row["item_id"]))
    assert (item.text, item.worth, item.source) == (FOREIGN, 2.0, "service")
    made = Answer(
        id="a-person",
        task_id="t1",
        item_id=item.id,
        actor="m1",
        mode=Mode.BLIND,
        value=Value(("muell",)),
        drawn="random",
        at=9,
    )
    place.store.write_now(lambda c: task_answers.add(c, made))
    found = served.request("GET", again)
    assert (found.status, found.json["label"], found.json["answered_by"]) == (
        200,
        "muell",
        "person",
    )


def test_a_thousand_texts_are_one_call_and_keep_their_order(house):
    """One row in the ledger, one answer a text, each with who gave it."""
    served, place = house
    promoted(served, place)
    texts = [text for text, _ in place.texts[:100]] * 10
    reply = served.request("POST", "/v1/tasks/anliegen", {"texts": texts})
    labels = [one.get("label") for one in reply.json["answers"]]
    assert len(labels) == 1000
    assert labels[:100] == labels[100:200]
    many = served.request("POST", "/v1/tasks/anliegen", {"texts": [*texts, "x"]})
    assert many.status == 400


def test_a_child_that_is_killed_costs_nobody_an_error(house):
    """The next questions are answered: by the child that is started again, or they wait for a person."""
    served, place = house
    promoted(served, place)
    asked(served)
    for _ in range(3):
        pid = place.bench.students.predictor.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        assert asked(served).status in {200, 202}


def test_without_a_student_the_next_in_the_chain_answers(house):
    """The student's files are gone: the model answers its template, the queue takes the rest."""
    served, place = house
    name = place.again("s-broken")
    promoted(served, place, student_id=name, chain=learnt())
    folder = served.house.settings.home / "students" / "t1" / name
    (folder / "manifest.json").write_text("{}")
    served.run(place.bench.students.predictor.close())
    assert asked(served).status == 202
    reply = chat(served)
    assert reply.status == 200
    assert "x-answered-by" not in reply.headers


def test_the_border_decides_on_each_hop(house):
    """A teacher abroad is never asked about personal data: the text waits for a person instead."""
    served, place = house
    promoted(served, place, chain=Chain(teachers=("fern",)))
    far = EchoProvider(name="fern", answer='{"label": "muell"}')
    card = echo_card("fern", provider="fern", zone=Zone.WORLD, cleared_for=DataClass.SPECIAL)
    served.house.gateway.directory.put("fern", far, [card])
    reply = asked(served, FOREIGN, headers={"x-hausgeist-data-class": "personal"})
    assert (reply.status, reply.json["answered_by"]) == (202, "queue")
    assert far.calls == []


def test_a_teacher_in_the_house_answers_what_the_student_leaves(house):
    """Its answer is read as when it suggests; what it said is in the queue to be learnt from."""
    served, place = house
    near = EchoProvider(name="lehrer", answer='{"label": "muell"}')
    served.house.gateway.directory.put("lehrer", near, [echo_card("lehrer", provider="lehrer")])
    promoted(served, place, chain=Chain(teachers=("lehrer",)))
    reply = asked(served, FOREIGN + " zwei")
    assert (reply.status, reply.json["answered_by"], reply.json["label"]) == (
        200,
        "teacher",
        "muell",
    )
    assert reply.headers["x-answered-by"] == "lehrer"


def unrationed(served):
    """Nobody has put anything before people today."""
    served.house.store.write_now(
        lambda c: c.execute(delete(throttles).where(throttles.c.scope.like("allowed:%")))
    )


def test_one_caller_gets_so_many_texts_before_people_in_a_day(house, monkeypatch):
    """The rest is left unanswered and says so; another caller and the student's answers go on."""
    served, place = house
    promoted(served, place)
    unrationed(served)
    monkeypatch.setattr(human_queue, "DAILY", 3)
    texts = [STREET, *(f"{FOREIGN} {number}" for number in range(5))]
    reply = served.request("POST", "/v1/tasks/anliegen", {"texts": texts}).json
    states = [one["status"] for one in reply["answers"]]
    assert states[0] == "answered"
    assert (reply["answered"], reply["waiting"], reply["unanswered"]) == (1, 3, 2)
    refused = next(one for one in reply["answers"] if one["status"] == "unanswered")
    assert refused["code"] == "people_asked"
    assert "3 texts" in refused["reason"]
    assert "ask_again" not in refused
    single = asked(served, f"{FOREIGN} one more")
    assert (single.status, single.error["code"]) == (429, "people_asked")
    assert asked(served).status == 200
    assert asked(served, f"{FOREIGN} of another", key=served.admin.key).status == 202
    scopes = served.house.store.read_now(lambda c: c.execute(select(throttles.c.scope)).scalars())
    assert not any(served.member.id in scope for scope in scopes)


def teacher(served, name="lehrer"):
    """A model that can be asked after the student."""
    near = EchoProvider(name=name, answer='{"label": "muell"}')
    served.house.gateway.directory.put(name, near, [echo_card(name, provider=name)])
    return near


def booked(served):
    """Group, cost centre and model of what was booked, the latest last."""
    served.run(served.house.store.drain())
    query = select(ledger.c.group_id, ledger.c.cost_centre, ledger.c.model).order_by(ledger.c.at)
    return served.house.store.read_now(lambda c: [tuple(row) for row in c.execute(query)])


@pytest.fixture
def office(house):
    """The task's owner is in a group of its own with a cost centre, and callers are not."""
    served, place = house
    groups = served.house.identity.groups
    group = served.run(groups.create("Tiefbau", "4711", served.admin.id))
    before = served.house.store.read_now(
        lambda c: c.execute(select(users.c.group_id).where(users.c.id == served.member.id)).scalar()
    )

    def move(to):
        query = update(users).where(users.c.id == served.member.id).values(group_id=to)
        served.house.store.write_now(lambda c: c.execute(query))

    move(group.id)
    yield served, place, group
    move(before)
    served.run(groups.delete(group.id, served.admin.id))


def test_a_teacher_is_paid_by_the_caller_or_where_it_is_said_by_the_owner(office):
    """What the student costs is the caller's either way."""
    served, place, group = office
    teacher(served)
    for payer, books in ((CALLER, ("everyone", None)), (OWNER, (group.id, "4711"))):
        promoted(served, place, chain=Chain(teachers=("lehrer",), payer=payer))
        reply = asked(served, f"{FOREIGN} {payer}", key=served.admin.key)
        assert reply.json["answered_by"] == "teacher"
        assert ("everyone", None, "task/anliegen") in booked(served)[-2:]
        assert (*books, "lehrer") in booked(served)[-2:]


def test_a_spent_budget_of_whoever_pays_ends_the_asking_of_teachers(office):
    """The owner's budget is spent: the text waits for a person, the caller's own is not touched."""
    served, place, group = office
    near = teacher(served)
    promoted(served, place, chain=Chain(teachers=("lehrer",), payer=OWNER))
    budgets, scope = served.house.budgets, f"group:{group.id}"
    served.run(budgets.set(scope, tokens=1, micro_eur=None, by=served.admin.id))
    served.run(served.house.gateway.book.refresh())
    try:
        texts = [f"{FOREIGN} {number} spent" for number in range(20)]
        many = served.request("POST", "/v1/tasks/anliegen", {"texts": texts}, key=served.admin.key)
        assert (many.json["waiting"], near.calls) == (20, [])
    finally:
        served.run(budgets.remove(scope, served.admin.id))
        served.run(served.house.gateway.book.refresh())
    assert asked(served, f"{FOREIGN} paid", key=served.admin.key).json["answered_by"] == "teacher"


def test_an_owner_pays_for_so_many_texts_of_a_caller_in_a_day(office, monkeypatch):
    """Beyond that the teacher is not asked, and the text goes on to people."""
    served, place, _ = office
    near = teacher(served)
    promoted(served, place, chain=Chain(teachers=("lehrer",), payer=OWNER))
    unrationed(served)
    monkeypatch.setattr(human_queue, "TAUGHT_DAILY", 2)
    texts = [f"{FOREIGN} {number} taught" for number in range(4)]
    reply = served.request("POST", "/v1/tasks/anliegen", {"texts": texts}, key=served.admin.key)
    assert (reply.json["answered"], reply.json["waiting"], len(near.calls)) == (2, 2, 2)


def test_the_shadow_too_is_paid_for_so_many_texts_of_a_caller_in_a_day(house, monkeypatch):
    """The owner's budget is not spent by whoever asks often."""
    served, place = house
    near = teacher(served)
    promoted(served, place, chain=Chain(teachers=("lehrer",)), shadow=1.0)
    unrationed(served)
    monkeypatch.setattr(human_queue, "TAUGHT_DAILY", 2)
    reply = served.request("POST", "/v1/tasks/anliegen", {"texts": [STREET] * 6})
    assert reply.json["answered"] == 6

    async def settled():
        await asyncio.gather(*place.bench.fallback._behind)

    served.run(settled())
    assert len(near.calls) == 2


def test_replicas_share_the_count_of_the_weekly_audit(house, monkeypatch):
    """Two processes draw together as many as one is to draw."""
    served, place = house
    promoted(served, place)
    unrationed(served)
    monkeypatch.setattr(human_queue, "AUDIT_WEEKLY", 4)
    gateway, store = served.house.gateway, served.house.store
    first, second = (human_queue.HumanQueue(store, gateway, b"key", lambda: NOW) for _ in range(2))
    call = Call(id="c", principal=WHO, purpose=Purpose.API, model="task/anliegen")

    async def drawn(queue, name):
        texts = (f"{name} {number} zu prüfen" for number in range(6))
        return [await queue.audit(place.task, call, text, needed=False) for text in texts]

    found = served.run(drawn(first, "eins")) + served.run(drawn(second, "zwei"))
    assert [one is not None for one in found] == [True] * 4 + [False] * 8
    assert second.draws("t1", 0.02) is False
    assert second.draws("t1", 0.001) is True


def test_only_those_who_may_find_the_task(house):
    """For members alone it does not exist for others, nor stand in their list of models."""
    served, place = house
    promoted(served, place, chain=Chain(groups=()))
    assert asked(served).status == 200
    assert asked(served, key=served.admin.key).status == 404
    listed = served.request("GET", "/v1/models", key=served.admin.key).json["data"]
    assert "task/anliegen" not in {one["id"] for one in listed}


def test_who_has_left_the_task_may_not_call_it_as_a_member_and_pays_no_more(house):
    """A service for members alone is gone with the membership, and so are cost centre and template."""
    served, place = house
    promoted(served, place, chain=replace(learnt(), groups=()))
    served.run(place.bench.serving.refresh())
    assert asked(served).status == 200
    assert "x-answered-by" in chat(served).headers

    def left(at):
        served.house.store.write_now(lambda c: tasks.change_member(c, "t1", "m1", left_at=at))
        served.run(place.bench.serving.refresh())

    left(NOW)
    try:
        assert asked(served).status == 404
        (one,) = served.house.store.read_now(deployments.running)
        assert (one.members, one.owner) == (frozenset(), None)
        assert (
            "x-answered-by" not in chat(served).headers
        )  # nor is their text put before the others
    finally:
        left(None)
    assert asked(served).status == 200


def test_a_trial_shares_with_the_deployment_before_and_goes_back_to_it(house):
    """Number two answers its share, then all; going back brings number one."""
    served, place = house
    first = promoted(served, place)
    second = promoted(served, place, student_id=place.again("s-second"), share=0.5)
    promote = place.bench.promote
    place.bench.serving.chance = lambda: 0.4
    try:
        assert asked(served).json["version"] == "v" + str(second.checks["student"])
        place.bench.serving.chance = lambda: 0.6
        assert asked(served).json["version"] == "v" + str(first.checks["student"])
    finally:
        place.bench.serving.chance = random.random
    served.run(promote.full(place.task, place.member))
    assert asked(served).json["version"] == "v" + str(second.checks["student"])
    served.run(promote.roll_back(place.task, place.member))
    assert asked(served).json["version"] == "v" + str(first.checks["student"])


def test_nothing_goes_into_service_without_the_gate_or_a_reason(house):
    """The check that is open is named; a reason excuses the verdict, but never a missing fallback."""
    served, place = house
    for changes in ({"exception": ""}, {"chain": Chain(queue=False)}, {"review_at": 1}):
        with pytest.raises(NotReadyToServe):
            promoted(served, place, **changes)
    with pytest.raises(InvalidField):
        promoted(served, place, exception="darum")
    assert asked(served).status == 404


def test_a_child_that_is_killed_under_load_costs_nobody_an_error(house):
    """Eighty questions from eight callers while the child is killed twice: each is answered or waits."""
    served, place = house
    promoted(served, place, chain=learnt())

    def caller(number):
        if number in {20, 50}:
            pid = place.bench.students.predictor.pid
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
        return (asked(served) if number % 2 else chat(served)).status

    with ThreadPoolExecutor(8) as callers:
        found = list(callers.map(caller, range(80)))
    assert set(found) <= {200, 202}
    assert found.count(200) > 60


def test_what_is_kept_of_an_answer_has_no_text_and_nobody(house):
    """The row has the label, the score and a length; the ledger has one call, of a model in the house."""
    served, place = house
    promoted(served, place)
    marked = STREET + " Zaunkönig"
    assert asked(served, marked).status in {200, 202}
    served.run(place.store.drain())
    row = place.served()[-1]
    assert row["length"] == len(marked)
    assert "Zaunkönig" not in str(dict(row))
    assert served.member.id not in str(dict(row))
    booked = place.store.read_now(
        lambda c: c.execute(select(ledger).order_by(ledger.c.at.desc())).mappings().first()
    )
    assert (booked["model"], booked["zone"], booked["purpose"]) == ("task/anliegen", "house", "api")
