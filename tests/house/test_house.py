# SPDX-License-Identifier: EUPL-1.2
"""The house rules, the catalogue and the list of third parties hold for the tree as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

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
    for name in ("requirements.lock", "requirements-dev.lock", "tests/clients/requirements.txt"):
        assert "://" not in (ROOT / name).read_text("utf-8"), name
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")
