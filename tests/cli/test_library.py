# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist library``, called as a script calls it."""

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hausgeist.cli import command_line
from hausgeist.errors import HausgeistError, NotFound, SetupError

PROMPT = "---\nkind: prompt\nname: Gruß\n---\n\nHallo {{Name}}\n"


@pytest.fixture
def run(home, monkeypatch):
    """Call a command in a house where anna has an account; an error of ours is raised."""
    monkeypatch.setenv("HAUSGEIST_HOME", str(home))

    def call(*words):
        result = CliRunner().invoke(command_line(words[0]), list(words))
        if isinstance(result.exception, HausgeistError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    call("user", "create", "anna", "--admin", "--json")
    return call


def test_only_what_is_shared_leaves_by_the_command_line(run, tmp_path: Path):
    """What was imported for everyone is exported with the same bytes; what is private is not."""
    (tmp_path / "gruss.md").write_text(PROMPT, "utf-8")
    (tmp_path / "privat.md").write_text(PROMPT.replace("Gruß", "Privat"), "utf-8")
    run("library", "import", str(tmp_path / "gruss.md"), "--owner", "anna", "--everyone")
    run("library", "import", str(tmp_path / "privat.md"), "--owner", "anna")
    out = tmp_path / "out.zip"
    assert json.loads(run("library", "export", str(out), "--json").stdout)["items"] == 1
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ["prompts/gruss.md"]
        assert archive.read("prompts/gruss.md").decode() == PROMPT
    with pytest.raises(SetupError):
        run("library", "export", str(out))


def test_a_fault_makes_nothing(run, tmp_path: Path):
    """A ZIP with one broken file makes none of its items and names the line; so does a wrong login."""
    source = tmp_path / "in.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("gut.md", PROMPT)
        archive.writestr("kaputt.md", PROMPT.replace("kind: prompt", "kind: poem"))
    with pytest.raises(SetupError, match=r"kaputt\.md.*line 2"):
        run("library", "import", str(source), "--owner", "anna", "--everyone")
    (tmp_path / "gruss.md").write_text(PROMPT, "utf-8")
    with pytest.raises(NotFound):
        run("library", "import", str(tmp_path / "gruss.md"), "--owner", "nobody", "--everyone")
    run("library", "export", str(tmp_path / "out.zip"))
    assert zipfile.ZipFile(tmp_path / "out.zip").namelist() == []
