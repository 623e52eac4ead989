# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist policy``, called as a script calls it."""

import json

import pytest
from typer.testing import CliRunner

from hausgeist.cli import command_line
from hausgeist.core.policy import DEFAULT_POLICY
from hausgeist.errors import InvalidField, NotFound
from hausgeist.gateway import policy_file


def test_rules_travel_as_files(run, tmp_path):
    """Exported, changed, checked, imported and proposed; in force are the old ones."""
    file = tmp_path / "rules.toml"
    run("policy", "export", "--to", str(file))
    assert policy_file.read(file.read_text()).matrix == DEFAULT_POLICY.matrix
    assert json.loads(run("policy", "check", str(file), "--json").stdout)["tightens"] is True
    file.write_text(file.read_text().replace('world = "ask"', 'world = "examine"'))
    assert "second person" in run("policy", "check", str(file)).stdout
    run("policy", "import", str(file))
    assert run("policy", "export", "draft").stdout == file.read_text()
    run("user", "create", "anna", "--admin")
    version = json.loads(run("policy", "propose", "--by", "anna", "--json").stdout)["version"]
    shown = json.loads(run("policy", "show", "--json").stdout)
    assert shown["in_force"] == DEFAULT_POLICY.version
    assert {"version": version, "state": "proposed"} in shown["versions"]


def test_nobody_proposes_without_a_name(run, tmp_path):
    """A proposal has an administrator's name, or it is none."""
    file = tmp_path / "rules.toml"
    file.write_text(policy_file.written(DEFAULT_POLICY))
    run("policy", "import", str(file))
    with pytest.raises(InvalidField):
        run("policy", "propose", "--by", "nobody")


def test_what_is_no_policy_is_refused(run, tmp_path):
    """A file that is none, and one that is not there."""
    with pytest.raises(InvalidField):
        run("policy", "import", str(tmp_path / "missing.toml"))
    with pytest.raises(NotFound):
        run("policy", "export", "9-000000000000")


def test_the_doctor_looks_at_the_rules(run):
    """An installation that has a database is told whether its rules can be read."""
    run("user", "create", "anna", "--admin")
    said = CliRunner().invoke(command_line("doctor"), ["doctor"]).stdout
    assert f"The border's rules can be read: {DEFAULT_POLICY.version}." in said
