# SPDX-License-Identifier: EUPL-1.2
"""Blocking steps beside the event loop, which are never abandoned half done.

``asyncio.to_thread`` returns at once when it is cancelled, while its thread goes on, perhaps with a file
that is being closed. ``finished`` waits for the thread first. Steps must therefore be short.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def finished(step: Callable[P, T], *args: P.args, **values: P.kwargs) -> T:
    """Run a step in a thread; a cancellation is obeyed when the step has ended."""
    task = asyncio.ensure_future(asyncio.to_thread(step, *args, **values))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
