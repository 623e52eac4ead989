# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist words``, called as a script calls it."""

import json
from pathlib import Path

import pytest

from hausgeist.errors import InvalidField, SetupError


def test_what_is_exported_is_imported_again(run, tmp_path: Path):
    """A list goes in from standard input, comes out as a file, and adds nothing a second time."""
    given = "Erika Mustermann\nfile_number\tBG-####-@@\tpattern\nown\tRathaus\tnever\n"
    added = json.loads(
        run("words", "import", "-", "--kind", "person", "--json", given=given).stdout
    )
    assert added == {"added": 3, "known": 0}
    out = tmp_path / "words.tsv"
    run("words", "export", str(out))
    assert sorted(out.read_text("utf-8").splitlines()) == [
        "file_number\tBG-####-@@\tpattern",
        "own\tRathaus\tnever",
        "person\tErika Mustermann",
    ]
    assert json.loads(run("words", "import", str(out), "--json").stdout) == {"added": 0, "known": 3}
    assert run("words", "export").stdout == out.read_text("utf-8")
    with pytest.raises(SetupError):
        run("words", "export", str(out))


def test_lines_of_the_never_list(run):
    """With --never every line is spared, unless it says otherwise."""
    run("words", "import", "-", "--never", given="Musterstadt\nown\tGeheim\talways\n")
    assert run("words", "export").stdout == "own\tGeheim\nown\tMusterstadt\tnever\n"


def test_a_wrong_kind_or_file_is_said(run, tmp_path: Path):
    """Nothing is added."""
    with pytest.raises(InvalidField):
        run("words", "import", "-", "--kind", "quux", given="Erika\n")
    with pytest.raises(SetupError):
        run("words", "import", str(tmp_path / "none.txt"))
    assert run("words", "export").stdout == ""
