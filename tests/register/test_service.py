# SPDX-License-Identifier: EUPL-1.2
"""Students in service over HTTP: asked by their task's name, in a model's place, on trial, and back."""

import os
import signal

import pytest
from service_house import EXCEPTION, Place

from hausgeist.testing.served import Served

STREET = "Das Schlagloch vor der Schule ist gefährlich"
FOREIGN = "qwertz uiop"


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
