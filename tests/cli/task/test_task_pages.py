# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: what pages of labels, people, texts, students and service do, as a script does it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from faked import PROVIDER, faked

from hausgeist.errors import Conflict, InvalidField, NotAllowed, NotFound
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect


def test_labels_are_renamed_merged_and_split_and_that_is_undone(answered, do):
    """A look changes nothing; a merge carries answers over, a split has them asked again."""
    merged = ("--merge", "abfall-und-muell=strasse", "--add", "Sonstiges: alles andere")
    looked = do("labels", "change", "amt", *merged, "--dry-run")
    assert (looked["changed"], looked["translated"], looked["asked_again"]) == (False, 36, 0)
    assert do("labels", "list", "amt")["undo"] is False
    made = do("labels", "change", "amt", *merged, "--rename", "strasse=Wege und Müll")
    assert [one["name"] for one in made["labels"]] == ["Wege und Müll", "Sonstiges"]
    listed = do("labels", "list", "amt")
    assert (listed["labels"][0]["answers"], listed["undo"]) == (72, True)
    back = do("labels", "undo", "amt")
    assert [one["name"] for one in back["labels"]] == ["strasse", "Abfall und Müll"]
    split = do("labels", "change", "amt", "--split", "strasse=Gehweg, Fahrbahn")
    assert (split["asked_again"], len(split["labels"])) == (36, 3)
    with pytest.raises(InvalidField, match="only: "):
        do("labels", "change", "amt", "--delete", "park")
    with pytest.raises(InvalidField):
        do("labels", "change", "amt", "--rename", "gehweg")


def test_where_people_differ_somebody_decides_without_names(task, run, do):
    """Answers stand under letters; what is decided counts and may be taken back."""
    run("user", "create", "berta")
    do("members", "add", "amt", "berta", "--part", "reviewer")
    do("set", "amt", "--overlap", "2")
    run("task", "answers", "amt", "--ask", given="12" * 36 + "q")
    run("task", "answers", "amt", "--ask", "--as", "berta", given="1" * 72 + "q")
    listed = do("room", "list", "amt", "--limit", "3")
    assert (listed["waiting"], len(listed["cases"])) == (36, 3)
    item = listed["cases"][0]["item"]
    case = do("room", "show", "amt", item)
    assert {tuple(one["letters"]) for one in case["options"]} == {("A",), ("B",)}
    assert "berta" not in json.dumps(case)
    right = next(one for one in case["options"] if one["answer"]["labels"] != ["strasse"])
    letter = right["letters"][0]
    made = do("room", "decide", "amt", item, "--letter", letter, "--reason", "Müll", "--guide")
    assert (made["decided"], made["guided"]) == (right["answer"], True)
    assert "Müll" in do("guideline", "show", "amt")["body"]
    assert do("room", "list", "amt")["waiting"] == 35
    assert do("room", "undo", "amt")["item"] == item
    assert do("room", "list", "amt")["waiting"] == 36
    with pytest.raises(InvalidField):
        do("room", "decide", "amt", item, "--letter", "Z")
    figures = do("people", "amt", "--remarks")
    assert figures["agreement"]["all"]["texts"] == 72
    assert (figures["differ"][0]["texts"], figures["weeks"]) == (36, None)
    assert figures["planted"] == {
        "enough": False,
        "shown": None,
        "caught": None,
        "kept_back_for": 0,
    }
    assert "letter" not in run("task", "people", "amt").stdout


def test_an_annotator_sees_of_people_what_the_page_shows(answered, run, do):
    """Where they differ, and what others remark, is for who decides."""
    run("user", "create", "berta")
    do("members", "add", "amt", "berta")
    seen = do("people", "amt", "--remarks", "--as", "berta")
    assert not {"differ", "weeks", "remarks", "waiting"} & set(seen)
    for words in (("room", "list"), ("students", "list"), ("texts", "list"), ("rules", "verdict")):
        with pytest.raises(NotFound):
            do(*words, "amt", "--as", "berta")


def test_who_gets_which_texts_is_set_and_kept(task, do):
    """Routing, control group and planted errors; another task takes them over."""
    changed = do(
        "set", "amt", "--unsure-below", "0.6", "--daily", "50", "--reviewer-labels", "strasse",
        "--planted-share", "0.1", "--blind-share", "0.2", "--random-share", "0.5", "--differing",
    )  # fmt: skip
    assert (changed["unsure_below"], changed["daily"], changed["differing"]) == (0.6, 50, True)
    assert do("show", "amt")["reviewer_labels"] == ["strasse"]
    assert do("set", "amt", "--all-gold")["differing"] is False
    with pytest.raises(InvalidField):
        do("set", "amt", "--reviewer-labels", "park")
    do("set", "amt", "--class", "personal")
    with pytest.raises(InvalidField, match="--lower"):
        do("set", "amt", "--class", "public")
    assert do("set", "amt", "--class", "public", "--lower")["class"] == "public"


def test_texts_are_found_remarked_and_deleted(answered, run, do):
    """Of the gold set only the text is shown; what is deleted is gone."""
    listed = do("texts", "list", "amt", "--find", "Biotonne", "--limit", "2")
    assert (listed["total"], len(listed["texts"])) == (9, 2)
    item = listed["texts"][0]["item"]
    one = do("texts", "show", "amt", item)
    assert one["answers"][0]["words"] == "Abfall und Müll"
    noted = do("texts", "remark", "amt", item, "--hard", "--comment", "unklar")
    assert (noted["hard"], noted["remark"]) == (True, "unklar")
    assert [one["item"] for one in do("guideline", "hard", "amt")] == [item]
    assert do("guideline", "example", "amt", item, "Das ist Müll.")["version"] == 1
    assert [one["version"] for one in do("guideline", "versions", "amt")] == [1]
    do("texts", "delete", "amt", item)
    assert do("texts", "list", "amt", "--find", "Biotonne")["total"] == 8
    with pytest.raises(NotFound):
        do("texts", "show", "amt", item)
    with pytest.raises(InvalidField):
        do("texts", "list", "amt", "--state", "lost")
    do("gold", "draw", "amt", "20")
    sealed = do("texts", "list", "amt", "--partition", "gold")["texts"][0]
    assert do("texts", "show", "amt", sealed["item"])["answers"] == []
    assert do("texts", "refused", "amt")["rows"] == []


def test_rules_are_tried_changed_moved_and_judged(answered, do):
    """Nothing is kept of a trial; the order decides; the verdict says what is missing."""
    tried = do("rules", "try", "amt", "strasse", "Ampel|Laterne")
    assert (tried["hits"], tried["right"], tried["of"]) == (18, 18, 18)
    assert do("rules", "list", "amt") == []
    first = do("rules", "add", "amt", "strasse", "Ampel")["id"]
    second = do("rules", "add", "amt", "strasse", "Laterne")["id"]
    assert do("rules", "move", "amt", second, "1")["order"] == [second, first]
    assert do("rules", "edit", "amt", first, "--pattern", "Ampel|Gehweg")["label"] == "strasse"
    verdict = do("rules", "verdict", "amt")
    assert (verdict["rules"], verdict["verdict"]) == (2, "unknown")


def test_a_student_is_looked_at_and_an_answer_put_right(answered, do, told):
    """Everybody side by side, what is mixed up, open texts in order, and a label that is settled."""
    do("train", "amt", "--rung", "majority", "--rung", "words")
    rows = do("students", "list", "amt")["rows"]
    assert {one["student"] for one in rows} >= {"v1", "v2"}
    shown = do("students", "show", "amt", "--student", "v1", "--on", "pool")
    wrong = do("students", "errors", "amt", "--student", "v1", "--on", "pool", "--limit", "5")
    assert shown["total"] - shown["right"] == wrong["total"] > 0
    item = wrong["cases"][0]["item"]
    words = ("--student", "v1")
    kept = do("students", "settle", "amt", item, "--keep", *words)
    assert (kept["kept"], kept["decided"]) == (True, wrong["cases"][0]["truth"])
    taken = do("students", "settle", "amt", item, "--take", *words)
    assert (taken["kept"], taken["decided"]) == (False, wrong["cases"][0]["said"])
    with pytest.raises(InvalidField):
        do("students", "settle", "amt", item, "--keep", "--take")
    ordered = do("students", "order", "amt", "--strategy", "margin")
    assert ordered["strategy"] == "margin"
    assert do("students", "suspects", "amt")["student"] in {"v1", "v2"}
    with pytest.raises(InvalidField):
        do("students", "order", "amt", "--strategy", "luck")
    assert do("students", "delete", "amt", "v1") == {"deleted": "v1"}


def test_what_is_in_service_is_seen_and_its_shares_changed(answered, run, do, tmp_path):
    """Threshold, chain, shadow and alarms; a template is released by an administrator alone."""
    do("train", "amt", "--rung", "words")
    template = tmp_path / "template.json"
    review = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    template.write_text(json.dumps({"system": "Sortiere das Anliegen.", "prefix": "Text: "}))
    do(
        "promote", "amt", "--exception", "Probelauf im Testamt, ohne Prüfung", "--threshold", "0.2",
        "--share", "0.1", "--template", template, "--readers", "members", "--review", review,
    )  # fmt: skip
    (one,) = do("service", "show", "amt")
    assert (one["share"], one["state"], one["groups"]) == (0.1, "canary", [])
    assert one["template"]["system"] == "Sortiere das Anliegen."
    assert (one["alarm"], one["answers"], one["queue"]) == (None, 0, True)
    shared = do("service", "share", "amt", "--shadow", "0.5")
    assert (shared["share"], shared["shadow"]) == (0.1, 0.5)
    assert do("service", "seen", "amt") == {"seen": []}
    run("user", "create", "berta")
    with pytest.raises(NotAllowed):
        do("service", "release", "amt", "--as", "berta")
    assert do("service", "release", "amt")["released"] is True
    (one,) = do("service", "show", "amt")
    assert one["template"]["released"] is True
    assert "Chain: v1 -> people" in run("task", "service", "show", "amt").stdout
    do("rollback", "amt", "--end")
    assert do("service", "show", "amt") == []
    assert len(do("service", "show", "amt", "--past")) == 1
    with pytest.raises(NotFound):
        do("service", "share", "amt", "--shadow", "0.1")


def test_what_a_teacher_said_is_looked_at_and_accepted_in_bulk(task, do, home):
    """Only what was looked at is accepted; the batch goes back as a whole."""
    do("set", "amt", "--blind-share", "0", "--planted-share", "0")
    sure = OpenAIDialect().words(('{"label": "strasse", "confidence": 0.99}',))
    with faked(FakeUpstream(*[sure] * 100)) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        do("suggest", "amt", "--model", "up/m")
    found = do("suggestions", "amt", "--version", "p1", "--limit", "3")
    assert found["rounds"][0]["states"] == {"ok": 72}
    assert {one["suggested"]["labels"][0] for one in found["suggestions"]} == {"strasse"}
    looked = do("bulk", "show", "amt", "strasse", "--least", "0.9")
    assert looked["count"] > 0
    with pytest.raises(Conflict):
        do("bulk", "accept", "amt", "strasse", "--least", "0.9", "--mark", "another")
    made = do("bulk", "accept", "amt", "strasse", "--least", "0.9", "--mark", looked["mark"])
    assert made["accepted"] == looked["count"]
    assert do("bulk", "undo", "amt", made["batch"])["gone"] == made["accepted"]


def test_the_card_has_what_only_the_owner_knows(task, run, do):
    """What is not said stays."""
    do("card", "set", "amt", "--purpose", "Posteingang sortieren", "--licence", "CC0")
    assert do("card", "set", "amt", "--review-on", "2030-01-01")["licence"] == "CC0"
    assert "Posteingang sortieren" in run("task", "card", "show", "amt", "--language", "de").stdout
    assert do("card", "show", "amt")


def test_calls_of_a_service_are_laid_aside_only_by_an_administrators_word(run, do):
    """Of a personal key nobody says yes here; it may be ended here."""
    run("user", "create", "anna", "--admin")
    run("user", "create", "berta")
    run("key", "create", "fachverfahren", "--service", "Fachverfahren")
    run("key", "create", "eigener", "--user", "berta")
    assert do("traffic", "list") == {"prompts": [], "keys": []}
    assert do("traffic", "key", "fachverfahren", "--collect")["collects"] is True
    assert [one["key"] for one in do("traffic", "list")["keys"]] == ["fachverfahren"]
    assert do("traffic", "key", "fachverfahren", "--stop", "--forget")["collects"] is False
    with pytest.raises(InvalidField, match="owner"):
        do("traffic", "key", "eigener", "--collect", "--as", "berta")
    with pytest.raises(NotFound):
        do("traffic", "key", "fachverfahren", "--collect", "--as", "berta")
    with pytest.raises(NotFound):
        do("traffic", "make", "none", "--title", "Aufgabe")
