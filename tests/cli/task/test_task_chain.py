# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task run --chain``: rules, student and teacher over a file, in a budget, broken off or not."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from faked import PROVIDER, faked

from hausgeist.errors import BorderRefused, InvalidField, SetupError
from hausgeist.testing.running import environment, wait_until
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect

SURE = ("--column", "text", "--keep", "id", "--threshold", "0.85", "--chain")
ODD = ["Guten Tag zusammen", "Wann haben Sie geöffnet?", "Danke schön", "Guten Tag zusammen"]


@pytest.fixture
def trained(answered, do):
    """A student, and rules for lamps that are surer than it."""
    do("rules", "add", "amt", "strasse", "Laterne|Ampel|Gehweg|Schlagloch")
    do("train", "amt", "--rung", "words", "--rung", "rules")


@pytest.fixture
def rows(tmp_path, told):
    """A CSV of messages, some of which are about nothing that anybody has learnt."""
    path = tmp_path / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        written = csv.writer(file)
        written.writerow(["id", "text"])
        texts = [text for text, _ in told] + [f"{one}\nGruß, {n}" for n in range(6) for one in ODD]
        written.writerows((f"k{at}", text) for at, text in enumerate(texts))
    return path


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def said(label, count=200):
    """A teacher that says the same of everything, for some hundred tokens."""
    words = (f'{{"label": "{label}", "confidence": 0.9}}',)
    answer = OpenAIDialect().words(words, usage=(150, 12))
    return faked(FakeUpstream(*[answer] * count))


def test_rules_answer_first_then_the_student_and_the_rest_is_unsure(trained, do, rows, tmp_path):
    """Nothing is guessed below the threshold; each row says who answered, and in which version."""
    out = tmp_path / "out.csv"
    result = do("run", "amt", "--student", "v1", "--in", rows, "--out", out, *SURE)
    found = read(out)
    by = Counter(one["answered_by"] for one in found)
    assert by == result["answered_by"]
    assert set(by) == {"rule", "student", "unsure"}
    assert {one["version"] for one in found if one["answered_by"] == "rule"} == {"v2"}
    unsure = [one for one in found if one["answered_by"] == "unsure"]
    assert {one["label"] for one in unsure} == {""}
    assert {one["reason"] for one in unsure} == {"below_threshold"}
    assert result["without"] == {"below_threshold": len(unsure)}
    assert len(unsure) >= 24


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.usefixtures("trained")
def test_a_teacher_is_asked_what_is_left_once_a_text(do, rows, home, tmp_path, form):
    """Its answers stand in their rows; all others are as they were without it."""
    plain, out = tmp_path / f"plain.{form}", tmp_path / f"out.{form}"
    words = ("run", "amt", "--student", "v1", "--in", rows, *SURE, "--part-rows", "30")
    before = do(*words, "--out", plain)
    with said("strasse") as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        result = do(*words, "--out", out, "--teacher", "up/m")
        texts = len(fake.asked)
    left = before["answered_by"]["unsure"]
    assert texts < left  # what stands there twice is asked once
    assert result["answered_by"]["teacher"] == left
    assert (result["without"], result["stopped"]) == ({}, "")
    old, new = plain.read_text("utf-8"), out.read_text("utf-8")
    assert new.count("up/m") == left
    assert old.count("\n") == new.count("\n")
    if form == "csv":
        pairs = zip(read(plain), read(out), strict=True)
        same = [one == other for one, other in pairs if one["answered_by"] != "unsure"]
        assert same
        assert all(same)


@pytest.mark.usefixtures("trained")
def test_what_a_teacher_costs_is_told_before_and_a_budget_holds(run, do, rows, home, tmp_path):
    """Without one nothing is asked; what is too much stays unsure; a larger one goes on behind it."""
    out = tmp_path / "out.csv"
    words = ("run", "amt", "--student", "v1", "--in", rows, "--out", out, *SURE)
    with said("strasse") as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        run("price", "set", "up/m", "--input", "1000", "--output", "1000")
        asking = (*words, "--teacher", "up/m")
        with pytest.raises(SetupError, match="no budget is set"):
            do(*asking)
        assert not fake.asked
        result = do(*asking, "--budget", "1")
        assert 0 < len(fake.asked) < 24
        assert result["estimated_eur"] > 1 >= result["spent_eur"] > 0
        assert result["stopped"] == "budget"
    found = Counter((one["answered_by"], one["reason"]) for one in read(out))
    assert found["unsure", "budget"] > 0
    assert found["teacher", ""] == result["answered_by"]["teacher"] > 0


def test_texts_that_may_not_leave_the_house_ask_nobody(trained, do, rows, home, tmp_path):
    """The border says so before a row is read by anybody."""
    do("set", "amt", "--class", "special")
    far = PROVIDER.format(url="https://api.example.org").replace('"house"', '"eu"')
    (home / "providers.toml").write_text(far)
    words = ("--in", rows, "--out", tmp_path / "out.csv", *SURE, "--teacher", "up/m")
    with pytest.raises(BorderRefused):
        do("run", "amt", "--student", "v1", *words, "--budget", "9")
    assert not (tmp_path / "out.csv.parts").exists()


def test_a_run_that_is_killed_while_it_asks_ends_with_the_same_bytes(
    trained, do, rows, home, tmp_path
):
    """What was answered is not asked again; only calls in flight may be."""
    words = ("run", "amt", "--student", "v1", "--in", rows, *SURE, "--teacher", "up/m")
    out = tmp_path / "out.csv"
    answer = OpenAIDialect().words(('{"label": "strasse", "confidence": 0.9}',))
    with faked(FakeUpstream(*[replace(answer, pause=0.2)] * 300)) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        do(*words, "--out", tmp_path / "whole.csv")
        whole = len(fake.asked)
        child = subprocess.Popen(
            [sys.executable, "-m", "hausgeist", "task", *map(str, words), "--out", str(out)],
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: len(fake.asked) >= whole + 6, "the teacher is asked")
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert not out.exists()
        do(*words, "--out", out)
        assert len(fake.asked) <= 2 * whole + 4
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_what_goes_with_a_chain_is_said(trained, do, rows, exported, tmp_path):
    """Rules and a teacher need it, a teacher needs a house and a threshold."""
    out = ("--in", rows, "--out", tmp_path / "out.csv", "--column", "text")
    for words in (
        ("amt", "--student", "v1", "--teacher", "up/m"),
        ("amt", "--student", "v1", "--chain", "--teacher", "up/m"),
        ("amt", "--student", "v1", "--chain", "--rules", "v9"),
        ("--from", exported, "--chain", "--teacher", "up/m"),
    ):
        with pytest.raises(InvalidField):
            do("run", *words, *out)
    json.dumps(do("run", "--from", exported, "--chain", *out))


@pytest.mark.usefixtures("trained")
def test_workers_do_their_parts_by_the_chain_too_and_parquet_has_the_teachers_answers(
    do, rows, home, tmp_path
):
    """Rules and student on a worker, the teacher here; the rows are those of a run in one place."""
    parquet = pytest.importorskip("pyarrow.parquet")
    words = ("run", "amt", "--student", "v1", "--in", rows, *SURE, "--part-rows", "30")
    with said("strasse") as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        asking = (*words, "--teacher", "up/m")
        do(*asking, "--out", tmp_path / "here.parquet")
        worker = subprocess.Popen(
            [sys.executable, "-m", "hausgeist", "worker", "--idle", "60"],
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            result = do(*asking, "--out", tmp_path / "spread.parquet", "--on", "workers")
        finally:
            worker.kill()
            worker.wait()
    here = parquet.read_table(tmp_path / "here.parquet").to_pydict()
    assert parquet.read_table(tmp_path / "spread.parquet").to_pydict() == here
    assert Counter(here["answered_by"]) == result["answered_by"]
    assert set(here["answered_by"]) == {"rule", "student", "teacher"}
