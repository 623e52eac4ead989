# SPDX-License-Identifier: EUPL-1.2
"""Worker processes for tests: started over a house's data directory, gone at the end of the test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("steps_worker.py")
PATIENCE = 60.0
CLOUD = {
    "DBOS__CLOUD": "true",
    "DBOS__CONDUCTOR_APP_NAME": "x",
    "DBOS__CONDUCTOR_KEY": "x",
    "DBOS__CONDUCTOR_URL": "wss://conductor.invalid/",
    "DBOS__OTLP_TRACES_ENDPOINT": "http://traces.invalid/",
}
"""What would lead DBOS out of the house, if workers let it read the environment."""


@pytest.fixture
def worker() -> Iterator[Callable[..., subprocess.Popen]]:
    """Start a worker with the kinds of ``steps_worker``; ``settings`` as in the environment."""
    started: list[subprocess.Popen] = []

    def start(
        home: Path, url: str, *, silence: float = 3.0, **settings: object
    ) -> subprocess.Popen:
        given = {f"HAUSGEIST_{name.upper()}": str(value) for name, value in settings.items()}
        environ = {k: v for k, v in os.environ.items() if not k.startswith("HAUSGEIST_")}
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), url, str(silence)],
            env={**environ, **CLOUD, "HAUSGEIST_HOME": str(home), **given},
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)
