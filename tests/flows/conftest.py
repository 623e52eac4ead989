# SPDX-License-Identifier: EUPL-1.2
"""Upstreams that answer as slowly as a test wants, set up in a house by file."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hausgeist.testing.upstreams import FakeUpstream, Reply

PROVIDER = """
[[provider]]
id = "up"
dialect = "openai"
base_url = "{url}/v1"
zone = "house"
needs_key = false
enabled = true
models = [{{ id = "m" }}]
"""


@contextmanager
def _serving(fake: FakeUpstream) -> Iterator[FakeUpstream]:
    """Serve in a thread of its own."""
    started = threading.Event()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with fake.serving():
            started.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def upstream(home: Path) -> Iterator[Callable[..., FakeUpstream]]:
    """Serve replies in turn, as the model ``up/m`` of the house in ``home``."""
    with ExitStack() as stack:

        def start(*replies: Reply) -> FakeUpstream:
            fake = stack.enter_context(_serving(FakeUpstream(*replies)))
            (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
            return fake

        yield start
