# SPDX-License-Identifier: EUPL-1.2
"""The page of students offers the house's bases: where there are some, with licence and minutes."""

import json

import pytest
from learning_house import LearningHouse
from visitors import Server

from hausgeist.store.tables import jobs
from hausgeist.training.rungs import RUNGS


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A house with a task, without a base."""
    home = tmp_path_factory.mktemp("based") / "home"
    server = Server(home)
    server.home = home
    anna = server.person("anna")
    made = LearningHouse(server.house.store, home, user=anna.id)
    made.answered(*range(60))
    yield server
    server.stop()


def put(server, name):
    """What ``hausgeist base add`` leaves behind, without weights: pages read no more."""
    folder = server.home / "bases" / name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"")
    note = {"format": "hausgeist-base/1", "name": name, "sha256": "c0ffee", "licence": "apache-2.0"}
    note |= {"source": "", "size": 1, "weights": 110_000_000, "trained": 86_000_000}
    note |= {"positions": 512, "added_at": 1, "files": {}, "shape": {}}
    (folder / "base.json").write_text(json.dumps(note), "utf-8")


@pytest.mark.skipif(not RUNGS["base"].there, reason="the extra base is not installed")
def test_without_a_base_the_page_says_what_to_do_and_with_one_it_offers_it(place):
    """Named with licence and an estimate; the job is asked to take the one that was chosen."""
    hand = place.login("anna")
    text = hand.ask("GET", "/tasks/t1/students").text
    assert "hausgeist base add" in text
    assert 'name="base"' not in text
    refused = hand.form("/tasks/t1/students", {"rung-base": "yes"})
    assert refused.status == 400
    put(place, "gbert")
    put(place, "xlm-r")
    text = hand.ask("GET", "/tasks/t1/students").text
    assert "hausgeist base add" not in text
    assert "xlm-r: apache-2.0, " in text
    sent = hand.form("/tasks/t1/students", {"rung-base": "yes", "base": "xlm-r"})
    assert sent.location == "/tasks/t1/students"
    (row,) = place.house.store.read_now(lambda c: c.execute(jobs.select()).mappings().all())
    params = json.loads(row["params"]) if isinstance(row["params"], str) else row["params"]
    assert params["options"]["base"]["base"]["name"] == "xlm-r"
    place.call(lambda: place.house.bench.jobs.cancel(row["id"]))
    unknown = hand.form("/tasks/t1/students", {"rung-base": "yes", "base": "none"})
    assert unknown.status == 404


def test_without_the_extra_the_page_names_it(place, monkeypatch):
    """The tick is there, closed, and says what to install."""
    from hausgeist.training import rungs

    real = rungs.find_spec
    monkeypatch.setattr(rungs, "find_spec", lambda one: None if one == "torch" else real(one))
    text = place.login("anna").ask("GET", "/tasks/t1/students").text
    tick = text[text.index("rung-base") - 200 : text.index("rung-base") + 900]
    assert "disabled" in tick
    assert "Extra base" in tick or "extra base" in tick
