# SPDX-License-Identifier: EUPL-1.2
"""A job's token: it asks models in its starter's name while the job runs, and opens nothing else."""

import asyncio
from dataclasses import replace

import pytest

from hausgeist.core.calls import Call
from hausgeist.core.jobs import JobState
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Image, Message, Tool, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.errors import BorderRefused, BudgetExhausted, HausgeistError, UnknownModel
from hausgeist.identity.job_callers import LIFE_MS, JobCallers
from hausgeist.jobs.asking import HouseAsker, way_in
from hausgeist.jobs.work import JobCancelled
from hausgeist.net import Outbound
from hausgeist.store import jobs

BODY = {
    "model": "echo",
    "purpose": "suggest",
    "messages": [{"role": "user", "parts": [{"text": "Guten Morgen"}]}],
}


@pytest.fixture
def house(serve):
    """A house of one's own."""
    return serve()


def begun(house, by=None):
    """The id of a job of the member that runs."""
    bench = house.house.bench
    job = house.run(bench.jobs.submit("suggest", by=by or house.member.id))
    now = house.house.now_ms()
    house.house.store.write_now(lambda connection: jobs.take(connection, job.id, "w", now))
    return job.id


def ask(house, token, path="/jobs/ask", method="POST", body=BODY):
    """One request with a token."""
    return house.request(method, path, body, key=token)


def call(text="Guten Morgen", model="echo", declared=None):
    """A call as a job makes it; who asks is left to the house."""
    return Call(
        id="",
        principal=Principal(id="somebody", name="else", role=Role.ADMIN),
        purpose=Purpose.EVALUATE,
        model=model,
        messages=(text_message("system", "Kurz."), text_message("user", text)),
        declared=declared,
    )


def asked(house, job_id, one):
    """What a worker's asker gets."""

    async def work():
        outbound = Outbound(way_in(house.url))
        asker = HouseAsker(outbound, house.url, lambda: house.house.callers.token(job_id))
        try:
            return await asker.ask(one)
        finally:
            await outbound.close()

    return asyncio.run(work())


def test_a_worker_gets_words_usage_and_what_there_is_to_know(house):
    """Text, tokens, model, version of the rules and the terms come back; the call is the starter's."""
    found = asked(house, begun(house), call())
    assert found.text == "Guten Morgen"
    assert found.usage.total > 0
    assert found.model == "echo"
    assert found.policy
    assert found.terms == "unknown"
    assert found.call_id
    sent = house.providers["echo"].calls[-1]
    assert (sent.principal.id, sent.purpose) == (house.member.id, Purpose.EVALUATE)
    assert not sent.principal.is_admin


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (call(model="nothing"), UnknownModel),
        (call(model="abroad", declared=DataClass.SPECIAL), BorderRefused),
    ],
)
def test_what_the_house_refuses_is_raised_in_the_worker(house, one, kind):
    """An unknown model and the border's refusal arrive as the errors they are, with their words."""
    with pytest.raises(kind) as caught:
        asked(house, begun(house), one)
    assert "{" not in caught.value.say()


def test_a_budget_that_is_used_up_is_raised_in_the_worker(house):
    """The house's budget holds for jobs."""
    budgets = house.house.budgets
    house.run(budgets.set("group:everyone", tokens=1, micro_eur=None, by=house.admin.id))
    with pytest.raises(BudgetExhausted) as caught:
        asked(house, begun(house), call())
    assert caught.value.code == BudgetExhausted.code


@pytest.mark.parametrize("state", [JobState.DONE, JobState.CANCELLED])
def test_a_token_ends_with_its_job(house, state):
    """Once the job is over, its token opens nothing, and its worker stops."""
    job_id = begun(house)
    token = house.house.callers.token(job_id)
    assert ask(house, token).status == 200
    if state is JobState.CANCELLED:
        house.run(house.house.bench.jobs.cancel(job_id))
    else:
        ended = {"state": state, "result": {}, "error": "", "now_ms": 1}
        house.house.store.write_now(lambda connection: jobs.end(connection, job_id, "w", **ended))
    assert ask(house, token).status == 401
    with pytest.raises(JobCancelled):
        asked(house, job_id, call())


def test_a_job_that_waits_has_no_say_yet(house):
    """A token is good while its job runs, not before."""
    job = house.run(house.house.bench.jobs.submit("suggest", by=house.member.id))
    assert ask(house, house.house.callers.token(job.id)).status == 401


def test_a_token_ends_with_its_starters_account(house):
    """Who may no longer log in asks nothing by a job either."""
    job_id = begun(house)
    people = house.house.identity.people
    house.run(people.set_active(house.member.id, active=False, by=house.admin.id))
    assert ask(house, house.house.callers.token(job_id)).status == 401


def test_a_forged_or_altered_token_opens_nothing(house):
    """Another secret, another job, another end, other signs: 401 each time."""
    mine, other = begun(house), begun(house, house.admin.id)
    token = house.house.callers.token(mine)
    mark, _, until, seal = token.split(".")
    foreign = JobCallers(house.house.store, b"x" * 32, house.house.now_ms).token(mine)
    tries = [
        foreign,
        f"{mark}.{other}.{until}.{seal}",
        f"{mark}.{mine}.{int(until) + 1}.{seal}",
        f"{mark}.{mine}.{until}.",
        f"{mark}.{mine}.{until}.{'0' * 64}",
        f"{mark}.{mine}.{until}",
        "...",
        "hgj",
        token * 9,
        token + "é",
        house.member.key,
        house.admin.key,
    ]
    assert ask(house, token).status == 200
    assert {ask(house, one).status for one in tries} == {401}
    assert ask(house, None).status == 401


def test_a_token_that_is_too_old_opens_nothing(house):
    """It ends after five minutes, though the job runs on."""
    job_id = begun(house)
    early = house.house.now_ms() - LIFE_MS - 1
    secret = (house.home / "secret.key").read_bytes()
    old = JobCallers(house.house.store, secret, lambda: early).token(job_id)
    young = JobCallers(house.house.store, secret, lambda: early + 60_000).token(job_id)
    assert ask(house, old).status == 401
    assert ask(house, young).status == 200


def test_a_token_opens_no_other_route(house):
    """Neither the API nor pages take it."""
    token = house.house.callers.token(begun(house))
    chat = {"model": "echo", "messages": [{"role": "user", "content": "x"}]}
    assert ask(house, token, "/v1/chat/completions", body=chat).status == 401
    assert ask(house, token, "/v1/models", "GET", None).status == 401
    assert ask(house, token, "/api/tags", "GET", None).status == 401
    cookie = {"Cookie": f"hausgeist_session={token}"}
    assert house.request("GET", "/jobs", key=None, headers=cookie).status == 303
    assert house.request("GET", "/account", key=token).status == 303


def test_what_is_no_call_of_a_job_is_refused(house):
    """Other purposes, unknown fields and roles get 400, by name."""
    token = house.house.callers.token(begun(house))
    for body in (
        BODY | {"purpose": "chat"},
        BODY | {"principal": "admin"},
        BODY | {"messages": [{"role": "tool", "parts": []}]},
        {"model": "echo"},
    ):
        assert ask(house, token, body=body).status == 400


def test_a_job_cannot_send_what_has_no_words(house):
    """A picture or tools in a call are told before anything is sent."""
    with pytest.raises(HausgeistError):
        asked(house, begun(house), replace(call(), tools=(Tool("x", "", "{}"),)))
    picture = Message("user", (Image("data:image/png;base64,AA=="),))
    with pytest.raises(HausgeistError):
        asked(house, begun(house), replace(call(), messages=(picture,)))
