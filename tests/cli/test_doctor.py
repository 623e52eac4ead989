# SPDX-License-Identifier: EUPL-1.2
"""What the doctor finds, and that it says what to do."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).parent / "hausgeist"


def examine(home, **env):
    """Findings by their text, and the exit code."""
    found = subprocess.run(
        [PROGRAM, "doctor", "--json"],
        env={**os.environ, "HAUSGEIST_HOME": str(home), "HAUSGEIST_PORT": "0", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return json.loads(found.stdout), found.returncode


def errors(findings):
    return [finding for finding in findings if finding["level"] == "error"]


def test_an_empty_house_has_no_errors(home):
    """Before the first start everything is in order, and the missing model is a warning with a command."""
    findings, code = examine(home)
    assert (errors(findings), code) == ([], 0)
    (warning,) = [finding for finding in findings if finding["level"] == "warning"]
    assert "hausgeist model pull starter" in warning["advice"]


def test_a_taken_port_is_found(home):
    """A port that another program holds is named, with what to set."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        findings, code = examine(home, HAUSGEIST_PORT=str(port))
    (error,) = errors(findings)
    assert str(port) in error["what"]
    assert "HAUSGEIST_PORT" in error["advice"]
    assert code == 1


def test_an_open_secret_is_found(home):
    """A secret that others can read is an error with the command that closes it."""
    (home / "secret.key").write_bytes(b"x" * 32)
    (home / "secret.key").chmod(0o644)
    (error,) = errors(examine(home)[0])
    assert error["advice"].startswith("chmod 600")


def test_an_unreachable_database_is_found(home):
    """A database that does not answer is an error with what to check."""
    findings, code = examine(
        home, HAUSGEIST_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none?connect_timeout=2"
    )
    assert code == 1
    assert any("database cannot be opened" in error["what"] for error in errors(findings))


@pytest.mark.parametrize("value", ["many", ""])
def test_a_wrong_setting_is_named(home, value):
    """A setting with a wrong value ends with its name, not with a traceback."""
    found = subprocess.run(
        [PROGRAM, "doctor"],
        env={**os.environ, "HAUSGEIST_HOME": str(home), "HAUSGEIST_PORT": value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 1
    assert "HAUSGEIST_PORT" in found.stderr
    assert "Traceback" not in found.stderr
