# SPDX-License-Identifier: EUPL-1.2
"""A running house for the tests of the edge."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hausgeist.testing.served import Served


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Served]:
    """A house with echo models, an admin and a member; shared, so nothing may rest on its state."""
    with Served(tmp_path_factory.mktemp("served") / "home") as served:
        yield served


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Served]]:
    """Start a house of one's own, with the settings given."""
    with ExitStack() as stack:

        def start(**options: object) -> Served:
            home = tmp_path / f"home{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(Served(home, options=options))

        yield start
