# SPDX-License-Identifier: EUPL-1.2
"""A scripted upstream in a thread of its own, and the file that makes it a house's model ``up/m``."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hausgeist.testing.upstreams import FakeUpstream

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
def faked(fake: FakeUpstream) -> Iterator[FakeUpstream]:
    """Serve until the context ends."""
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
