# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task import`` and ``create``: a task that was taken along comes back, data sets come in."""

import json

import pytest

from hausgeist.errors import BadUpload, InvalidField


def test_a_task_comes_back_with_its_students(answered, do, table, tmp_path):
    """Under a free name; a student answers as before, and its figures are of this house."""
    do("train", "amt", "--rung", "majority", "--rung", "words")
    do("students", "delete", "amt", "v1")
    do("card", "set", "amt", "--purpose", "Posteingang sortieren")
    archive = tmp_path / "amt.zip"
    do("export", "amt", "--out", archive)
    back = do("import", archive)
    assert back["name"] == "amt-2"
    assert [one["student"] for one in back["students"]] == ["v2"]
    assert (back["left_out"], back["items"]["pool"]["answered"]) == (0, 72)
    assert do("card", "show", "amt-2")["elsewhere"]["purpose"] == "Posteingang sortieren"
    for name in ("amt", "amt-2"):
        out = tmp_path / f"{name}.csv"
        words = ("--student", "v2", "--in", table(50), "--column", "text", "--out", out)
        do("run", name, *words)
    assert (tmp_path / "amt.csv").read_bytes() == (tmp_path / "amt-2.csv").read_bytes()
    (tmp_path / "no.zip").write_bytes(archive.read_bytes()[:-400])
    with pytest.raises((InvalidField, BadUpload)):
        do("import", tmp_path / "no.zip")
    with pytest.raises(InvalidField):
        do("import", "amt")


def test_a_data_set_folder_comes_in_with_its_classes(run, do, told, tmp_path):
    """Parquet with numbers of classes, and the names in the card beside it."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    run("user", "create", "anna", "--admin")
    names = ["strasse", "abfall"]
    folder = tmp_path / "anliegen"
    (folder / "data").mkdir(parents=True)
    columns = {
        "text": [text for text, _ in told],
        "label": [names.index(label) for _, label in told],
    }
    parquet.write_table(arrow.table(columns), folder / "data" / "train.parquet")
    listed = "".join(f"          '{at}': {name}\n" for at, name in enumerate(names))
    head = "dataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n"
    (folder / "README.md").write_text(f"---\n{head}        names:\n{listed}---\n", "utf-8")
    made = do("create", folder, "--name", "satz")
    assert (made["added"], made["answers"], made["column"]) == (72, 72, "text")
    assert {one["name"] for one in made["labels"]} == set(names)
    single = do("create", folder / "data" / "train.parquet", "--name", "zahlen")
    assert {one["name"] for one in single["labels"]} == {"0", "1"}
    json.dumps(single)
