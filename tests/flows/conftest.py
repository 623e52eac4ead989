# SPDX-License-Identifier: EUPL-1.2
"""Upstreams that answer as slowly as a test wants, set up in a house by file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from faked import PROVIDER, faked

from hausgeist.testing.upstreams import FakeUpstream, Reply


@pytest.fixture
def upstream(home: Path) -> Iterator[Callable[..., FakeUpstream]]:
    """Serve replies in turn, as the model ``up/m`` of the house in ``home``."""
    with ExitStack() as stack:

        def start(*replies: Reply) -> FakeUpstream:
            fake = stack.enter_context(faked(FakeUpstream(*replies)))
            (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
            return fake

        yield start
