# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist model``, called as a script calls it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hausgeist.cli import model
from hausgeist.errors import InvalidField, UnknownModel, UnsafeModelFile
from hausgeist.testing.gguf import tiny_model
from hausgeist.testing.hub import StandInHub


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Call a command in an empty house; an error of ours is raised."""
    monkeypatch.setenv("HAUSGEIST_HOME", str(home))

    def call(*words: str, **options: object) -> Result:
        result = CliRunner().invoke(model.app, list(words), **options)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """A source of a tiny model."""
    path = tmp_path / "Tiny.Q8.gguf"
    path.write_bytes(tiny_model())
    return f"file:{path}"


def test_a_model_is_added_listed_shown_changed_and_removed(run, tiny: str):
    """The whole life of a model, as JSON."""
    added = json.loads(run("add", tiny, "--json").stdout)
    assert added["name"] == "tiny.q8"
    assert added["memory"]["fits"] is True
    assert Path(added["path"]).is_file()
    assert [entry["name"] for entry in json.loads(run("list", "--json").stdout)] == ["tiny.q8"]
    changed = json.loads(run("set", "tiny.q8", "--context", "64", "--slots", "3", "--json").stdout)
    assert (changed["context"], changed["settings"]["slots"]) == (64, 3)
    shown = json.loads(run("show", "tiny.q8", "--json").stdout)
    assert shown["settings"] == changed["settings"]
    assert shown["metadata"]["general.architecture"] == "llama"
    assert json.loads(run("verify", "tiny.q8", "--json").stdout)["verified"] is True
    assert json.loads(run("remove", "tiny.q8", "--json").stdout)["removed"] is True
    assert json.loads(run("list", "--json").stdout) == []
    assert not Path(added["path"]).exists()


def test_people_read_sentences(run, tiny: str):
    """Without ``--json`` the same commands print tables and sentences."""
    assert "pull starter" in run("list").stdout
    sheet = run("add", tiny, "--name", "mine").stdout
    assert "SHA-256" in sheet
    assert "fits" in sheet
    assert "mine" in run("list").stdout
    assert run("remove", "mine", input="n\n").exit_code == 1
    assert "mine" in run("list").stdout
    assert "removed" in run("remove", "mine", "--yes").stdout


def test_a_template_is_taken_from_a_file_and_given_back(run, tiny: str, tmp_path: Path):
    """Its text is stored, so the file may go; an empty path brings the model's own back."""
    path = tmp_path / "template.jinja"
    path.write_text("{% if tools %}{{ tools }}{% endif %}")
    run("add", tiny, "--name", "m")
    changed = json.loads(run("set", "m", "--chat-template", str(path), "--json").stdout)
    assert "tools" in changed["capabilities"]
    back = json.loads(run("set", "m", "--chat-template", "", "--json").stdout)
    assert back["settings"]["chat_template"] == ""
    with pytest.raises(InvalidField):
        run("set", "m", "--chat-template", str(tmp_path / "absent"))


def test_reset_begins_with_the_defaults(run, tiny: str):
    """Only what is given beside it differs."""
    run("add", tiny, "--name", "m")
    run("set", "m", "--context", "64", "--keep-alive", "-1")
    changed = json.loads(run("set", "m", "--reset", "--threads", "2", "--json").stdout)
    assert changed["settings"]["context"] is None
    assert changed["settings"]["keep_alive"] is None
    assert changed["settings"]["threads"] == 2


def test_pull_takes_the_short_form_of_the_hub(run, monkeypatch: pytest.MonkeyPatch):
    """``org/repo/file.gguf`` is at the configured hub."""
    with StandInHub(files={"org/repo/m.gguf": tiny_model()}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        pulled = json.loads(run("pull", "org/repo/m.gguf", "--json").stdout)
        assert pulled["source"] == "hf:org/repo/m.gguf@main"
        assert pulled["revision"] == hub.commit


def test_errors_are_ours(run, tmp_path: Path):
    """What cannot be is said by name."""
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"\x80\x04 no model")
    with pytest.raises(UnsafeModelFile):
        run("add", f"file:{bad}")
    with pytest.raises(InvalidField):
        run("add", "https://host.example/m.gguf")
    with pytest.raises(UnknownModel):
        run("show", "absent")
