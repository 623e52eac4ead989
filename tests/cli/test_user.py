# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist user`` and ``hausgeist key``, called as a script calls them."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner, Result

from hausgeist.cli import command_line
from hausgeist.errors import HausgeistError, LastAdmin, LoginTaken, NotAllowed, NotFound


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Call a command in an empty house; an error of ours is raised."""
    monkeypatch.setenv("HAUSGEIST_HOME", str(home))

    def call(*words: str, **options: object) -> Result:
        result = CliRunner().invoke(command_line(words[0]), list(words), **options)
        if isinstance(result.exception, HausgeistError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return call


def test_an_installation_can_be_scripted(run):
    """Administrator, member and both keys without a browser; everything comes as JSON."""
    admin = json.loads(run("user", "create", "anna", "--admin", "--json").stdout)
    assert admin["role"] == "admin"
    assert len(admin["password"]) >= 18
    made = run(
        "user", "create", "bernd", "--password-stdin", "--json", input="drei Katzen im Regen\n"
    )
    assert "password" not in json.loads(made.stdout)
    personal = json.loads(
        run("key", "create", "editor", "--user", "bernd", "--model", "m", "--json").stdout
    )
    assert personal["key"].startswith("hg-")
    assert personal["models"] == ["m"]
    service = json.loads(
        run("key", "create", "search", "--service", "wiki", "--days", "30", "--json").stdout
    )
    assert service["expires"] is not None
    listed = json.loads(run("key", "list", "--json").stdout)
    assert [key["id"] for key in listed] == [service["id"]]
    assert service["key"] not in run("key", "list").stdout
    assert [user["login"] for user in json.loads(run("user", "list", "--json").stdout)] == [
        "anna",
        "bernd",
    ]


def test_a_key_is_revoked_by_its_id(run):
    """Once; the second time there is nothing to revoke."""
    made = json.loads(run("key", "create", "k", "--service", "wiki", "--json").stdout)
    run("key", "revoke", made["id"])
    assert json.loads(run("key", "list", "--json").stdout)[0]["state"] == "revoked"
    for key_id in (made["id"], "none-such"):
        with pytest.raises(NotFound):
            run("key", "revoke", key_id)


def test_what_cannot_be_is_said(run):
    """A taken name, the last administrator, a member's key that should administer."""
    run("user", "create", "anna", "--admin")
    run("user", "create", "bernd")
    with pytest.raises(LoginTaken):
        run("user", "create", "Anna")
    with pytest.raises(LastAdmin):
        run("user", "deactivate", "anna")
    with pytest.raises(NotAllowed):
        run("key", "create", "k", "--user", "bernd", "--administers")
    with pytest.raises(NotFound):
        run("user", "deactivate", "nobody")


def test_an_account_is_closed_opened_exported_and_erased(run, tmp_path):
    """The whole life of an account."""
    run("user", "create", "anna", "--admin")
    run("user", "create", "bernd")
    run("key", "create", "k", "--user", "bernd")
    closed = json.loads(run("user", "deactivate", "bernd", "--json").stdout)
    assert closed["active"] is False
    assert (
        json.loads(run("key", "list", "--user", "bernd", "--json").stdout)[0]["state"] == "revoked"
    )
    run("user", "activate", "bernd")
    changed = json.loads(run("user", "set-password", "bernd", "--generate", "--json").stdout)
    assert changed["password"]
    run("user", "export", "bernd", str(tmp_path / "bernd.zip"))
    with ZipFile(tmp_path / "bernd.zip") as archive:
        assert json.loads(archive.read("account.json"))[0]["login"] == "bernd"
    receipt = json.loads(run("user", "erase", "bernd", "--yes", "--json").stdout)
    assert receipt["erased"]["account"] == 1
    assert [user["login"] for user in json.loads(run("user", "list", "--json").stdout)] == ["anna"]
