# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: answers, people, rules, service and taking along, as a script does it."""

import json
import os
import signal
import subprocess
import sys
import zipfile

import pytest
from faked import PROVIDER, faked

from hausgeist.errors import (
    Conflict,
    InvalidField,
    NotAllowed,
    NotFound,
    NotReadyToServe,
    SetupError,
)
from hausgeist.testing.running import environment, wait_until
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect


def test_answers_go_out_and_come_in(answered, do, tmp_path):
    """What was exported is read again; what does not fit is told by its line and the rest is kept."""
    out = tmp_path / "out.jsonl"
    count = do("answers", "amt", "--out", out)["answers"]
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert count == len(lines) == 72
    assert {line["answer"]["labels"][0] for line in lines} == {"strasse", "abfall-und-muell"}
    wrong = [
        json.dumps({**lines[0], "answer": {"labels": ["none"]}}),
        "no json",
        json.dumps({"text": "unknown", "label": "strasse"}),
        json.dumps(lines[1]),
        json.dumps({"item": lines[2]["item"]}),
    ]
    (tmp_path / "wrong.jsonl").write_text("\n".join(wrong), "utf-8")
    found = do("answers", "amt", "--in", tmp_path / "wrong.jsonl")
    assert found["kept"] == 1
    assert [one["line"] for one in found["lines"]] == [1, 2, 3, 5]
    with pytest.raises(SetupError):
        do("answers", "amt", "--out", out)


def test_answers_to_gold_stay_sealed(task, run, do, tmp_path):
    """They are given blind at the terminal, and are in no export."""
    drawn = do("gold", "draw", "amt", 20)
    assert (drawn["drawn"], drawn["version"]) == (20, 1)
    run("task", "answers", "amt", "--ask", "--work", "gold", given="12" * 15 + "q")
    run("task", "answers", "amt", "--ask", given="12q")
    assert do("show", "amt")["items"]["gold"]["answered"] == 20
    assert do("answers", "amt", "--out", tmp_path / "out.jsonl")["answers"] == 2
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["partition"] for line in lines} <= {"pool", "dev"}


def test_a_key_is_an_answer_at_the_terminal(task, run, do):
    """A digit answers, s skips, u takes back, q ends; unknown keys do nothing."""
    said = run("task", "answers", "amt", "--ask", given="1x2su2q").stdout
    assert "1  strasse: Wege" in said
    assert "Taken back." in said
    assert do("show", "amt")["items"]["pool"]["answered"] == 3


def test_people_come_in_have_a_part_and_leave(task, run, do):
    """An annotator is nobody's owner; the last owner stays."""
    run("user", "create", "berta")
    do("members", "add", "amt", "berta")
    assert do("show", "amt", "--as", "berta")["part"] == "annotator"
    with pytest.raises(NotFound):
        do("train", "amt", "--as", "berta")
    do("members", "add", "amt", "berta", "--part", "reviewer")
    assert [one["part"] for one in do("members", "list", "amt")] == ["owner", "reviewer"]
    do("members", "remove", "amt", "berta")
    with pytest.raises(NotFound):
        do("show", "amt", "--as", "berta")
    with pytest.raises(InvalidField):
        do("members", "remove", "amt", "anna")


def test_an_administrator_appoints_an_owner_where_nobody_owns_a_task_any_more(
    task, run, do, tmp_path
):
    """Not as long as somebody owns it, and nobody else appoints; the trail tells of it."""
    for who in ("berta", "carl"):
        run("user", "create", who)
    with pytest.raises(Conflict):
        do("members", "appoint", "amt", "berta")
    run("user", "create", "doris", "--admin")
    run("user", "erase", "anna", "--yes")
    with pytest.raises(NotAllowed):
        do("members", "appoint", "amt", "berta", "--as", "carl")
    with pytest.raises(NotFound):
        do("members", "appoint", "other", "berta", "--as", "doris")
    do("members", "appoint", "amt", "berta", "--as", "doris")
    assert do("show", "amt", "--as", "berta")["part"] == "owner"
    with pytest.raises(NotFound):
        do("show", "amt", "--as", "doris")
    with pytest.raises(Conflict):
        do("members", "appoint", "amt", "carl", "--as", "doris")
    run("audit", "export", str(tmp_path / "trail.zip"))
    with zipfile.ZipFile(tmp_path / "trail.zip") as trail:
        told = "".join(trail.read(name).decode() for name in trail.namelist())
    assert told.count("task.owner_appointed") == 1


def test_guideline_and_settings_are_changed(task, do, tmp_path):
    """A file is the next version; settings that are not named stay."""
    file = tmp_path / "leitfaden.md"
    file.write_text("# Straße\nAlles, worauf man fährt.", "utf-8")
    assert do("guideline", "set", "amt", file, "--note", "Anfang")["version"] == 1
    assert do("guideline", "show", "amt")["body"].startswith("# Straße")
    changed = do("set", "amt", "--margin", "2.5", "--slices", "channel, month")
    assert (changed["margin"], changed["slices"], changed["mode"]) == (
        2.5,
        ["channel", "month"],
        task["mode"],
    )
    with pytest.raises(InvalidField):
        do("set", "amt", "--mode", "loud")
    assert do("set", "amt", "--archive")["archived"] is True
    assert do("list") == []
    with pytest.raises(InvalidField):
        do("delete", "amt", "--confirm", "amd")
    assert do("delete", "amt", "--confirm", "amt") == {"deleted": "amt"}
    with pytest.raises(NotFound):
        do("show", "amt")


def test_rules_are_written_proposed_switched_and_deleted(answered, do):
    """A proposal decides nothing until somebody switches it on."""
    made = do("rules", "add", "amt", "strasse", "Ampel|Laterne", "--must", "Die Ampel ist aus")
    assert made["state"] == "active"
    assert do("rules", "propose", "amt")["new"] > 0
    listed = do("rules", "list", "amt")
    proposed = [one for one in listed if one["state"] == "proposed"]
    assert listed[0]["right"] == listed[0]["of"] > 0
    assert do("rules", "switch", "amt", proposed[0]["id"])["state"] == "active"
    assert do("rules", "switch", "amt", made["id"], "--off")["state"] == "off"
    do("rules", "delete", "amt", made["id"])
    assert made["id"] not in {one["id"] for one in do("rules", "list", "amt")}
    with pytest.raises(InvalidField):
        do("rules", "add", "amt", "strasse", "(")


def test_into_service_and_back_and_along(answered, do, table, tmp_path):
    """The list stands before the step; what is in service runs, and answers alike once it is taken along."""
    do("train", "amt", "--rung", "words")
    listed = do("promote", "amt", "--check")
    assert "verdict" in listed["open"]
    with pytest.raises(NotReadyToServe):
        do("promote", "amt")
    words = ("--exception", "Probelauf im Testamt, ohne Prüfung", "--threshold", "0.2")
    made = do("promote", "amt", "--share", "1", *words)
    assert (made["student"], made["state"]) == ("v1", "live")
    source = table(120)
    served = do("run", "amt", "--in", source, "--column", "text", "--out", tmp_path / "a.csv")
    assert (served["student"], served["threshold"]) == ("v1", made["threshold"])
    assert do("rollback", "amt") == []
    with pytest.raises(SetupError, match="in service"):
        do("run", "amt", "--in", source, "--column", "text", "--out", tmp_path / "b.csv")
    along = do("export", "amt", "--out", tmp_path / "amt.zip", "--card", tmp_path / "card.json")
    assert (along["items"], along["students"]) == (72, 1)
    assert json.loads((tmp_path / "card.json").read_text("utf-8"))
    bound = ("--threshold", str(served["threshold"]))
    words = ("--from", tmp_path / "amt.zip", "--in", source, "--column", "text", *bound)
    do("run", *words, "--out", tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_a_killed_run_of_suggestions_goes_on_with_the_same_command(task, do, home):
    """Nobody waits for its silence on the same machine, and what came is not asked again."""
    slow = OpenAIDialect().words(('{"label": "strasse"}',))
    with faked(FakeUpstream(*[slow] * 200)) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        child = subprocess.Popen(
            [sys.executable, "-m", "hausgeist", "task", "suggest", "amt", "--model", "up/m"],
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: len(fake.asked) >= 3, "the teacher is asked")
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        found = do("suggest", "amt", "--model", "up/m")
        assert sum(found["states"].values()) == 72
        assert len(fake.asked) <= 72 + 8  # calls in flight at the end of the first may repeat


def test_the_gate_opens_once_and_says_its_verdict_in_words(run, do, told, home, tmp_path):
    """Two people have answered gold, the teacher is asked, the verdict is there to be recomputed."""
    run("user", "create", "anna", "--admin")
    run("user", "create", "berta")
    texts, said = tmp_path / "texte.txt", tmp_path / "said.jsonl"
    texts.write_text("\n".join(text for text, _ in told), "utf-8")
    said.write_text("\n".join(json.dumps({"text": a, "label": b}) for a, b in told), "utf-8")
    labels = ("--label", "strasse", "--label", "abfall")
    do("create", texts, "--name", "amt", "--class", "public", "--gold", "24", *labels)
    do("members", "add", "amt", "berta", "--part", "reviewer")
    for who in ("anna", "berta"):
        assert do("answers", "amt", "--in", said, "--as", who)["kept"] == 72
    do("train", "amt", "--rung", "majority", "--rung", "words")
    answer = OpenAIDialect().words(('{"label": "strasse"}',))
    verdict = tmp_path / "verdict.json"
    with faked(FakeUpstream(*[answer] * 200)) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        do("suggest", "amt", "--model", "up/m")
        compared = do("evaluate", "amt")
        assert {one["who"] for one in compared["standings"]} >= {"student", "teacher", "majority"}
        state = do("gate", "amt")
        assert (state["ready"], state["gold"]["done"]) == (True, 24)
        with pytest.raises(InvalidField):
            do("gate", "amt", "--reason", "why not")
        reason = ("--reason", "Entscheidet über den Dienst ab Mai")
        made = do("gate", "amt", "--student", "v2", *reason, "--export", verdict)
    assert (made["student"], made["verdict"], made["void"]) == ("v2", "superior", False)
    assert made["headline"]
    assert json.loads(verdict.read_text("utf-8"))
    assert do("gate", "amt")["openings_left"] == state["openings_left"] - 1
    assert "verdict" not in do("promote", "amt", "--check", "--student", "v2")["open"]
