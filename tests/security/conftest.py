# SPDX-License-Identifier: EUPL-1.2
"""Houses that serve on loopback, with accounts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from visitors import Server

from hausgeist.core.people import Role


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts houses; they stop with the test."""
    started: list[Server] = []

    def start(**settings: object) -> Server:
        server = Server(tmp_path / f"home{len(started)}", **settings)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """One house for the module: anna administers, bernd and carla are members."""
    running = Server(tmp_path_factory.mktemp("house") / "home")
    running.person("anna", Role.ADMIN)
    running.person("bernd")
    running.person("carla")
    yield running
    running.stop()
