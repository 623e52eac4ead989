# SPDX-License-Identifier: EUPL-1.2
"""The real ``openai`` client streams through pseudonymisation and gets the words that it sent."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from hausgeist.testing.abroad import abroad
from hausgeist.testing.served import Served

SCRIPT = Path(__file__).parent / "scripts/pseudonyms_client.py"

pytestmark = pytest.mark.clients


def test_the_client_notices_nothing(server: Served, clients_python: Path):
    """Every scenario ends well, and nothing of the person has left the house."""
    with abroad(server.house) as outside:
        done = subprocess.run(
            [clients_python, SCRIPT],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(server.home),
                "HOUSE_URL": server.url,
                "HOUSE_KEY": server.member.key,
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert set(outcomes.values()) == {"ok"}, outcomes
    assert len(outside.bodies) == len(outcomes)
    assert not any("Abendschön" in sent or "3704" in sent for sent in outside.bodies)
