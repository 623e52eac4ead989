# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task run``: files of rows through a small student, broken off and gone on with."""

import csv
import json
import signal
import subprocess
import sys

import pytest

from hausgeist.errors import BadUpload, InvalidField, SetupError, StudentBroken
from hausgeist.testing.running import environment, wait_until


@pytest.fixture
def classify(run, exported, tmp_path):
    """Run the command over a file; gives the result and the output's path."""

    def call(source, out="out.csv", *words):
        path = tmp_path / out
        said = run(
            "task", "run", "--from", exported, "--in", source, "--out", path, *words, "--json"
        )
        return json.loads(said.stdout), path

    return call


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_gets_an_answer_in_its_order(classify, table):
    """Columns that are kept stand beside label, confidence, who answered and which version."""
    result, out = classify(table(500), "out.csv", "--column", "text", "--keep", "id")
    rows = _rows(out)
    assert [row["id"] for row in rows] == [f"k{at}" for at in range(500)]
    assert {row["label"] for row in rows} == {"strasse", "abfall"}
    assert {row["answered_by"] for row in rows} == {"words"}
    assert {row["version"] for row in rows} == {result["student"]}
    assert result["rows"] == 500
    assert not out.with_name("out.csv.parts").exists()


def test_one_process_and_two_write_the_same(classify, table):
    """How the work is shared out changes nothing."""
    source = table(3000)
    words = ("--column", "text", "--part-rows", "400")
    _, one = classify(source, "one.csv", *words, "--processes", "1")
    _, two = classify(source, "two.csv", *words, "--processes", "2")
    assert one.read_bytes() == two.read_bytes()


def test_what_is_killed_goes_on_without_a_row_lost_or_doubled(
    classify, table, exported, home, tmp_path
):
    """Three times killed with parts done; then the same command ends it, equal to one in one go."""
    source = table(20_000)
    _, expected = classify(source, "whole.csv", *WORDS)
    for least in (2, 6, 10):
        done = _broken_off(home, exported, source, tmp_path / "out.csv", least)
    result, out = classify(source, "out.csv", *WORDS)
    assert result["rows"] == 20_000
    assert result["done_now"] == 20_000 - done
    assert out.read_bytes() == expected.read_bytes()


def test_rows_that_are_no_texts_are_there_with_their_reason(classify, tmp_path):
    """Quotes, lines within a cell, an empty cell, a row too wide and one of five megabytes."""
    source, long = tmp_path / "odd.csv", "Die Ampel ist kaputt.\n" * 240_000
    source.write_text(
        "text,id\n"
        '"Die ""rote"" Ampel, dort,\nist kaputt",a\n'
        ",b\n"
        '"   ",c\n'
        "Die Biotonne,stinkt,sehr\n"
        f'"{long}",d\n'
        "\n"
        "Die Biotonne stinkt,e\n",
        "utf-8",
    )
    result, out = classify(source, "odd.csv.csv", "--column", "text", "--keep", "id")
    rows = _rows(out)
    assert [(row["id"], row["label"], row["reason"]) for row in rows] == [
        ("a", "strasse", ""),
        ("b", "", "no_text"),
        ("c", "", "no_text"),
        ("", "", "columns"),
        ("d", "strasse", ""),
        ("e", "abfall", ""),
    ]
    assert result["without"] == {"no_text": 2, "columns": 1}


def test_below_the_threshold_nothing_is_said_but_why(classify, tmp_path):
    """The confidence stays, so that another threshold can be chosen later."""
    source = tmp_path / "in.txt"
    source.write_text("Die Biotonne im Hof stinkt\nGuten Tag\n", "utf-8")
    result, out = classify(source, "out.jsonl", "--threshold", "0.9")
    sure, unsure = (json.loads(line) for line in out.read_text("utf-8").splitlines())
    assert (sure["label"], sure["reason"]) == ("abfall", "")
    assert (unsure["label"], unsure["reason"]) == (None, "below_threshold")
    assert 0 < unsure["confidence"] < 0.9 <= sure["confidence"]
    assert result["without"] == {"below_threshold": 1}


def test_lines_of_json_and_a_limit(classify, tmp_path):
    """What is no object, and what has no text, is a row without an answer."""
    source = tmp_path / "in.jsonl"
    lines = ['{"text": "Die Biotonne stinkt"}', "kein JSON", '{"text": [1]}', '{"text": null}']
    source.write_text("\n".join([*lines, '{"text": "Die Ampel ist kaputt"}', lines[0]]), "utf-8")
    result, out = classify(source, "out.jsonl", "--limit", "5")
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["reason"] for row in rows] == ["", "not_json", "not_text", "no_text", ""]
    assert [row["row"] for row in rows] == [1, 2, 3, 4, 5]
    assert result["rows"] == 5


def test_parquet_in_and_out(classify, tmp_path):
    """Row groups are read one after the other; the output has types."""
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    texts = ["Die Biotonne stinkt", "", None, "Die Ampel ist kaputt"] * 300
    table = arrow.table({"id": list(range(1200)), "text": texts})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=250)
    words = ("--column", "text", "--keep", "id", "--part-rows", "400")
    result, out = classify(tmp_path / "in.parquet", "out.parquet", *words)
    found = parquet.read_table(out).to_pydict()
    assert found["row"] == list(range(1, 1201))
    assert found["id"] == [str(at) for at in range(1200)]
    assert found["label"] == ["abfall", None, None, "strasse"] * 300
    assert result["without"] == {"no_text": 600}


def test_an_input_without_rows_is_an_empty_output(classify, tmp_path):
    """A head alone is a table with nothing in it, and nothing to classify."""
    (tmp_path / "in.csv").write_text("id,text\n")
    with pytest.raises(BadUpload):
        classify(tmp_path / "in.csv")


def test_a_column_that_is_not_there_is_named_with_those_that_are(classify, table, tmp_path):
    """So is a file whose texts could be in more than one column."""
    with pytest.raises(InvalidField, match=r"only: id, text"):
        classify(table(5), "out.csv", "--column", "texte")
    (tmp_path / "two.csv").write_text("a,b\nx,y\n")
    with pytest.raises(InvalidField, match="which column"):
        classify(tmp_path / "two.csv")
    assert not (tmp_path / "out.csv.parts").exists()


def test_an_output_that_is_there_stays_unless_it_is_to_be_replaced(classify, table, tmp_path):
    """Its ending says what is written; a folder without a student is none."""
    source = table(50)
    _, out = classify(source)
    before = out.read_bytes()
    with pytest.raises(SetupError, match="there already"):
        classify(source, "out.csv", "--limit", "10")
    assert out.read_bytes() == before
    classify(source, "out.csv", "--limit", "10", "--anew")
    assert len(_rows(out)) == 10
    with pytest.raises(InvalidField):
        classify(source, "out.txt")
    with pytest.raises(StudentBroken):
        classify(source, "more.csv", "--from", tmp_path)


def test_another_run_does_not_mix_with_one_that_was_broken_off(
    classify, table, exported, home, tmp_path
):
    """An input that has changed since is another one; --anew throws the parts away."""
    source, out = table(20_000), tmp_path / "out.csv"
    _broken_off(home, exported, source, out)
    with source.open("a", encoding="utf-8") as file:
        file.write("k,Die Ampel ist kaputt\n")
    with pytest.raises(SetupError, match="another run"):
        classify(source, "out.csv", *WORDS)
    result, _ = classify(source, "out.csv", "--anew", *WORDS)
    assert result["rows"] == len(_rows(out)) == 20_001


def test_a_run_that_finished_no_part_stands_in_nobodys_way(
    classify, table, exported, home, tmp_path
):
    """Where nothing is lost by it, another run begins anew without being told to."""
    source, out = table(20_000), tmp_path / "out.csv"
    _broken_off(home, exported, source, out)
    for part in (tmp_path / "out.csv.parts").glob("part-*"):
        part.unlink()
    result, _ = classify(source, "out.csv", "--limit", "10", *WORDS)
    assert result["rows"] == len(_rows(out)) == 10


def _broken_off(home, exported, source, out, least=2):
    """Run the command in a process of its own, and kill it when parts are there."""
    words = ["--from", exported, "--in", source, "--out", out, "--part-rows", "500", *WORDS]
    child = subprocess.Popen(
        [sys.executable, "-m", "hausgeist", "task", "run", *map(str, words)],
        env=environment(home),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    parts = out.with_name(f"{out.name}.parts")
    wait_until(lambda: len(list(parts.glob("part-*.csv"))) >= least, "parts are written")
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not out.exists()
    return len(list(parts.glob("part-*.csv"))) * 500


WORDS = ("--column", "text", "--keep", "id")


def test_workers_share_a_run_and_one_of_them_may_be_killed(run, home, table, told, tmp_path):
    """Jobs for every worker of the house, put together in order: the same as in one go."""
    run("user", "create", "anna", "--admin")
    labelled = tmp_path / "labelled.csv"
    with labelled.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *told])
    run("task", "create", labelled, "--name", "amt")
    run("task", "train", "amt", "--rung", "words")
    source = table(6_000)
    words = ["task", "run", "amt", "--student", "v1", "--in", source, *WORDS]
    run(*words, "--out", tmp_path / "one.csv")
    spread = ["--on", "workers", "--part-rows", "500", "--out", tmp_path / "many.csv", "--json"]
    command = [sys.executable, "-m", "hausgeist"]
    env = environment(home)
    workers = [_worker(command, env)]
    handing = subprocess.Popen([*command, *map(str, [*words, *spread])], env=env, **QUIET)
    parts = tmp_path / "many.csv.parts"
    try:
        wait_until(lambda: list(parts.glob("part-*.csv")), "a worker has done a part")
        workers[0].kill()
        workers.append(_worker(command, env))
        out, _ = handing.communicate(timeout=90)
    finally:
        for process in [*workers, handing]:
            process.kill()
            process.wait()
    result = json.loads(out)
    assert result["rows"] == 6_000
    assert (tmp_path / "many.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert not parts.exists()


QUIET = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}


def _worker(command, env):
    return subprocess.Popen(
        [*command, "worker", "--idle", "60"],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
