# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task``: from a file to a student that is measured, as a script does it."""

import csv
import json

import pytest
from faked import PROVIDER, faked

from hausgeist.errors import HausgeistError, InvalidField, NotFound, SetupError
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect


@pytest.fixture
def anna(run):
    """The only administrator of the house."""
    run("user", "create", "anna", "--admin")


@pytest.fixture
def labelled(tmp_path, told):
    """A CSV of messages with their labels and where they came from."""
    path = tmp_path / "anliegen.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label", "channel"])
        rows.writerows((text, key, "web") for text, key in told)
    return path


def test_from_a_file_to_a_student_that_classifies(do, anna, labelled, table, tmp_path):
    """Created as the page would, trained, measured, and run over rows; the gate says what it lacks."""
    made = do("create", labelled, "--title", "Anliegen im Amt")
    assert (made["name"], made["kind"], made["added"], made["answers"]) == (
        "anliegen-im-amt",
        "single",
        72,
        72,
    )
    assert {one["key"] for one in made["labels"]} == {"strasse", "abfall"}
    name = made["name"]
    trained = do("train", name, "--rung", "majority", "--rung", "words")
    assert [one["student"] for one in trained["students"]] == ["v1", "v2"]
    result = do(
        "run",
        name,
        "--student",
        "v2",
        "--in",
        table(200),
        "--column",
        "text",
        "--out",
        tmp_path / "out.csv",
    )
    assert (result["rows"], result["student"]) == (200, "v2")
    state = do("gate", name)
    assert state["ready"] is False
    assert "no_gold" in state["missing"]
    shown = do("show", name)
    assert [one["student"] for one in shown["students"]] == ["v2", "v1"]
    assert [one["name"] for one in do("list")] == [name]


def test_a_teacher_is_asked_and_what_it_costs_is_told_before(do, anna, home, told, tmp_path):
    """A dry run asks nothing; a run is kept, and a second one finds nothing left."""
    (tmp_path / "texte.txt").write_text("\n".join(text for text, _ in told[:6]), "utf-8")
    words = ("--label", "strasse: Wege", "--label", "abfall", "--class", "public")
    do("create", tmp_path / "texte.txt", "--name", "amt", *words)
    answer = OpenAIDialect().words(('{"label": "strasse"}',))
    with faked(FakeUpstream(*[answer] * 12)) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        plan = do("suggest", "amt", "--model", "up/m", "--dry-run")
        assert (plan["left"], len(fake.asked)) == (6, 0)
        asked = do("suggest", "amt", "--model", "up/m", "--limit", "4")
        assert asked["states"] == {"ok": 4}
        assert len(fake.asked) == 4
        assert do("suggest", "amt")["states"] == {"ok": 6}
        assert len(fake.asked) == 6


def test_a_task_is_made_like_another_without_a_file(do, anna, labelled, tmp_path):
    """What `show` prints is what `--like` reads: labels keep their keys."""
    do("create", labelled, "--name", "eins", "--class", "personal", "--language", "en")
    like = tmp_path / "task.json"
    like.write_text(json.dumps(do("show", "eins")))
    made = do("create", "--like", like, "--name", "zwei", "--title", "Zwei")
    first = do("show", "eins")
    for name in ("kind", "labels", "metric", "class", "language", "overlap"):
        assert made[name] == first[name]
    assert sum(one["total"] for one in made["items"].values()) == 0


def test_texts_come_in_once(do, anna, labelled, tmp_path):
    """A second import of the same file adds nothing; a folder of text files is read, too."""
    do("create", labelled, "--name", "amt")
    again = do("import", "amt", labelled)
    assert (again["added"], again["refused"]) == (0, {"duplicate": 72})
    folder = tmp_path / "briefe" / "abfall"
    folder.mkdir(parents=True)
    (folder / "eins.txt").write_text("Der gelbe Sack liegt seit Wochen herum")
    assert do("import", "amt", tmp_path / "briefe", "--label-column", "folder")["added"] == 1


def test_who_is_nobody_in_a_task_finds_none(do, run, anna, labelled):
    """As on the pages; and who acts must be clear, known and active."""
    do("create", labelled, "--name", "amt")
    run("user", "create", "berta")
    with pytest.raises(NotFound):
        do("show", "amt", "--as", "berta")
    assert do("list", "--as", "berta") == []
    with pytest.raises(SetupError, match="Nobody"):
        do("list", "--as", "cleo")
    run("user", "create", "dora", "--admin")
    with pytest.raises(SetupError, match="--as"):
        do("list")


def test_what_cannot_be_is_one_sentence(do, anna, labelled, tmp_path):
    """An unknown column, kind or file; a student that nobody trained."""
    for words in (("--column", "texte"), ("--kind", "sort"), ("--like", tmp_path / "none.json")):
        with pytest.raises(InvalidField):
            do("create", labelled, *words)
    with pytest.raises(HausgeistError):
        do("create", tmp_path / "none.csv")
    do("create", labelled, "--name", "amt")
    with pytest.raises(InvalidField, match="none yet"):
        do("run", "amt", "--student", "v7", "--in", labelled, "--out", tmp_path / "out.csv")
