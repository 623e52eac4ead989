# SPDX-License-Identifier: EUPL-1.2
"""A program with the openai client before, while and after a student answers in its model's place."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from service_house import Place

from hausgeist.core.service import Chain, Template
from hausgeist.testing.served import Served

SCRIPT = Path(__file__).parent / "scripts/openai_taken_over.py"
SYSTEM = "Ordne das Anliegen einem Amt zu. Antworte nur mit dem Namen."
TEXT = "Anliegen: Das Schlagloch vor der Schule ist gefährlich\nAmt:"

pytestmark = pytest.mark.clients


def asked(served, python):
    """What the client prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(served.home),
        "HOUSE_URL": served.url,
        "HOUSE_KEY": served.member.key,
        "SYSTEM": SYSTEM,
        "TEXT": TEXT,
    }
    done = subprocess.run(
        [python, SCRIPT], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_client_changes_nothing(tmp_path, clients_python):
    """The same program, three times: only who answers differs, and going back brings the first answer."""
    with Served(tmp_path / "home") as served:
        place = Place(served.house, served.member.id)
        place.train()
        promote = place.bench.promote
        before = asked(served, clients_python)
        chain = Chain(template=Template(SYSTEM, "Anliegen: ", "\nAmt:", named=True))
        served.run(promote.promote(place.task, place.member, place.wish(chain=chain)))
        during = asked(served, clients_python)
        served.run(promote.roll_back(place.task, place.member))
        after = asked(served, clients_python)
    assert before == after
    assert before["by"] == ""
    assert (during["said"], during["streamed"]) == ("Strasse", "Strasse")
    assert (during["by"], during["counted"]) == ("task/anliegen@v1", True)
    assert (during["model"], during["finish"]) == (before["model"], before["finish"])
