# SPDX-License-Identifier: EUPL-1.2
"""The house rules, the catalogue and the list of third parties hold for the tree as it is."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "command", [["check_house.py"], ["check_catalogue.py"], ["third_party.py", "--check"]]
)
def test_the_tree_keeps_the_house_rules(command):
    """Each checking script ends without an error."""
    script, *arguments = command
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail((done.stdout + done.stderr)[-3000:], pytrace=False)


def test_locks_name_no_index():
    """A lock is valid with any index: it holds names, versions and hashes, no address."""
    for name in (
        "requirements.lock",
        "requirements-students.lock",
        "requirements-dev.lock",
        "tests/clients/requirements.txt",
    ):
        assert "://" not in (ROOT / name).read_text("utf-8"), name
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-students.lock", "requirements-dev.lock"]
)
def test_locks_satisfy_the_ranges(lock):
    """Every requirement of pyproject.toml has a locked version within its range."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [Requirement(text) for text in project["project"]["dependencies"]]
    if lock != "requirements.lock":
        students = project["project"]["optional-dependencies"]["students"]
        wanted += [Requirement(text) for text in students]
    if "dev" in lock:
        for group in ("lint", "test"):
            wanted += [Requirement(text) for text in project["dependency-groups"][group]]
    locked = {}
    for line in (ROOT / lock).read_text("utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            name, _, version = line.partition("==")
            locked.setdefault(name, []).append(version.split()[0])
    for requirement in wanted:
        versions = locked.get(requirement.name.lower(), [])
        assert versions, f"{requirement.name} is in no lock: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions), requirement
