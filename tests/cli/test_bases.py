# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist base``, called as a script calls it; what comes from a hub comes from a stand-in."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hausgeist.cli import command_line
from hausgeist.errors import BaseRefused, HausgeistError, InvalidField, SourceNotFound, UnknownBase
from hausgeist.testing.hub import StandInHub

TINY = Path(__file__).parents[1] / "training"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A tiny encoder as it comes from a hub."""
    monkeypatch.syspath_prepend(str(TINY))
    import tiny_base

    yield tiny_base.folder(tmp_path / "Tiny", ["Die Laterne ist dunkel"], num_hidden_layers=1)
    sys.modules.pop("tiny_base", None)


@pytest.fixture
def run(home, monkeypatch):
    """Call the command; an error of ours is raised."""
    monkeypatch.setenv("HAUSGEIST_HOME", str(home))

    def call(*words):
        result = CliRunner().invoke(command_line("base"), ["base", *words])
        if isinstance(result.exception, HausgeistError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_a_base_is_added_listed_and_removed(run, home, tiny):
    """With name, size and licence; what is removed is gone from the disk."""
    assert "no base yet" in run("list")
    made = json.loads(run("add", str(tiny), "--from", "example.org/tiny", "--json"))
    assert (made["name"], made["licence"], made["source"]) == ("tiny", "mit", "example.org/tiny")
    assert "tiny" in run("list")
    assert json.loads(run("list", "--json")) == [made]
    assert "removed" in run("remove", "tiny", "--yes")
    assert not list((home / "bases").iterdir())
    with pytest.raises(UnknownBase):
        run("remove", "tiny", "--yes")


def test_a_refused_folder_leaves_nothing(run, home, tiny):
    """The reason is said, the shelf stays as it was."""
    (tiny / "config.json").unlink()
    with pytest.raises(BaseRefused):
        run("add", str(tiny))
    assert not list(home.glob("bases/*"))


def test_a_repository_of_a_hub_comes_with_its_commit_and_no_pickle(run, home, tiny, monkeypatch):
    """Only the files that a base is made of are asked for, all of one commit."""
    with StandInHub() as hub:
        monkeypatch.setenv("HAUSGEIST_HF_ENDPOINT", hub.url)
        for path in tiny.iterdir():
            hub.files[f"org/tiny/{path.name}"] = path.read_bytes()
        hub.files["org/tiny/pytorch_model.bin"] = b"\x80\x02"
        hub.files["org/tiny/modeling.py"] = b"print('no')"
        made = json.loads(run("add", "hf:org/tiny", "--json"))
        assert (made["name"], made["source"]) == ("tiny", f"hf:org/tiny@{hub.commit}")
        asked = " ".join(request.path for request in hub.requests)
        assert "pytorch_model" not in asked
        assert "modeling" not in asked
        del hub.files["org/tiny/tokenizer.json"]
        with pytest.raises(SourceNotFound):
            run("add", "hf:org/tiny", "--name", "other")
        with pytest.raises(InvalidField):
            run("add", "hf:../tiny")
    assert [one.name for one in (home / "bases").iterdir()] == ["tiny"]
    assert not list(home.glob(".base-*"))
