# SPDX-License-Identifier: EUPL-1.2
"""The pages of guards: rules, trying a text, and objections with their answers."""

import pytest

from hausgeist.core.people import Role

RULE = {
    "id": "own.adler",
    "title": "Projekt Adler",
    "reason": "Das bleibt im Bauamt.",
    "pattern": r"(?i)\bprojekt adler\b",
    "places": "input",
    "action": "refuse",
    "window": "40",
    "hits": "Projekt Adler",
    "passes": "Adlerstraße",
}


@pytest.fixture
def house(serve):
    server = serve()
    server.person("anna", Role.ADMIN)
    return server, server.login("anna")


def test_an_own_rule_is_in_force_at_once_and_can_be_switched_off(house):
    """Saved, tried, switched off, deleted."""
    _, visitor = house
    assert visitor.form("/admin/guards", RULE).status == 303
    tried = visitor.form(
        "/admin/guards/try", {"text": "Was macht Projekt Adler?", "place": "input"}
    )
    assert "<mark" in tried.text
    visitor.form("/admin/guards/own.adler/switch", {})
    tried = visitor.form(
        "/admin/guards/try", {"text": "Was macht Projekt Adler?", "place": "input"}
    )
    assert "<mark" not in tried.text
    assert visitor.form("/admin/guards/own.adler/delete", {}).status == 303
    assert visitor.get("/admin/guards/own.adler").status == 404


def test_a_rule_that_breaks_its_promises_is_said_and_what_was_typed_is_kept(house):
    """400 with the form filled in again."""
    _, visitor = house
    answer = visitor.form("/admin/guards", RULE | {"pattern": "(", "id": "own.broken"})
    assert answer.status == 400
    assert "Das bleibt im Bauamt." in answer.text
    assert visitor.form("/admin/guards", RULE | {"passes": "Projekt Adler"}).status == 400


def test_a_shipped_rule_is_switched_and_never_deleted_or_changed(house):
    """It can be copied to be made stricter."""
    _, visitor = house
    assert visitor.form("/admin/guards/threat.explicit/switch", {}).status == 303
    assert visitor.form("/admin/guards/threat.explicit/delete", {}).status == 404
    assert visitor.form("/admin/guards/threat.explicit", RULE).status == 404
    assert "umbringen" in visitor.get("/admin/guards/new?like=threat.explicit").text


def test_an_objection_reaches_a_person_and_its_answer_comes_back(house):
    """Made by a member, answered by the administration, read by the member; by nobody else."""
    server, visitor = house
    server.person("bernd")
    server.person("clara")
    bernd, clara = server.login("bernd"), server.login("clara")
    said = "Das war ein Zitat aus einem Urteil."
    assert bernd.form("/appeals", {"rule": "threat.explicit", "text": said}).status == 303
    queue = visitor.get("/admin/guards").text
    assert said in queue
    assert said not in clara.get("/appeals").text
    appeal = queue.split("/admin/guards/appeals/")[1].split('"')[0]
    answer = {"outcome": "changed", "answer": "Sie haben recht."}
    assert visitor.form(f"/admin/guards/appeals/{appeal}", answer).status == 303
    assert visitor.form(f"/admin/guards/appeals/{appeal}", answer).status == 404
    assert "Sie haben recht." in bernd.get("/appeals").text
    assert said not in visitor.get("/admin/guards").text
    assert bernd.form("/appeals", {"rule": "threat.explicit", "text": ""}).status == 400
