# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist receipt verify`` and the export and erasure of a person without a browser."""

import json
import subprocess
import sys
from zipfile import ZipFile


def run(home, *arguments, words=""):
    return subprocess.run(
        [sys.executable, "-m", "hausgeist", *arguments],
        input=words,
        capture_output=True,
        text=True,
        env={"HAUSGEIST_HOME": str(home), "PATH": "/usr/bin:/bin"},
        check=False,
        timeout=60,
    )


def test_a_person_is_exported_erased_and_the_receipt_verifies(home, tmp_path):
    """A ZIP that is never overwritten, a signed receipt, and one changed number is found."""
    made = run(home, "user", "create", "bernd", "--password-stdin", words="vier Hunde im Schnee\n")
    assert made.returncode == 0, made.stderr
    file = tmp_path / "bernd.zip"
    assert run(home, "user", "export", "bernd", str(file)).returncode == 0
    with ZipFile(file) as archive:
        (account,) = json.loads(archive.read("account.json"))
    assert account["login"] == "bernd"
    again = run(home, "user", "export", "bernd", str(file))
    assert again.returncode == 1
    assert "already" in again.stderr
    erased = run(home, "user", "erase", "bernd", "--yes", "--json")
    assert erased.returncode == 0, erased.stderr
    receipt = tmp_path / "receipt.json"
    receipt.write_text(erased.stdout, "utf-8")
    verified = run(home, "receipt", "verify", str(receipt))
    assert verified.returncode == 0, verified.stderr
    assert "bernd" in verified.stdout
    receipt.write_text(erased.stdout.replace('"account": 1', '"account": 2'), "utf-8")
    assert run(home, "receipt", "verify", str(receipt)).returncode == 1
    assert run(home, "receipt", "verify", str(tmp_path / "none")).returncode == 1
