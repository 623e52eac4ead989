# SPDX-License-Identifier: EUPL-1.2
"""The workers of a serving house: child processes, started once a job waits and gone again when none does.

In: how many, and a look at what waits, every two seconds or when somebody hands a job in. Out: processes. One
that breaks off gives back its jobs and is started again, after ever longer pauses; all end with the house:
they are told to, and where the house itself is killed they see their standard input end.
"""

import asyncio
import logging
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from hausgeist.settings import Settings, worker_environment
from hausgeist.store import jobs
from hausgeist.store.db import DatabaseError, Store

log = logging.getLogger("hausgeist.jobs")

GRACE = 10.0
"""Seconds a worker may take to give its jobs back."""
LINGER = 60
"""Seconds a worker stays without anything to do."""
SILENT = 15.0
"""As of ``worker``, which this process does not load."""
LONGEST_PAUSE = 60.0


class Workers:
    """At most ``settings.workers`` processes. ``address`` gives where the house takes their calls."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now_ms: Callable[[], int],
        address: Callable[[], str],
    ) -> None:
        self._store = store
        self._settings = settings
        self._now_ms = now_ms
        self._address = address
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._watching: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._rests_until = 0.0
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [child.pid for child in self._children.values()]

    def wake(self) -> None:
        """Somebody handed in a job: look now. From the house's event loop."""
        task = asyncio.get_running_loop().create_task(self._look_now())
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def look(self) -> None:
        """Start a worker where a job waits and there is room for one more."""
        if self._closed or len(self._children) >= self._settings.workers:
            return
        if time.monotonic() < self._rests_until:
            return
        silent = self._now_ms() - round(SILENT * 1000)
        if await self._store.read(lambda connection: jobs.waiting(connection, silent, 1)):
            await self._start()

    async def close(self) -> None:
        """End all; they give their jobs back."""
        self._closed = True
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.terminate()
        watching = list(self._watching)
        if watching:
            _, late = await asyncio.wait(watching, timeout=GRACE)
            for child in self._children.values():
                with suppress(ProcessLookupError):
                    child.kill()
            if late:
                await asyncio.wait(late)

    async def _look_now(self) -> None:
        try:
            await self.look()
        except DatabaseError as error:  # the next round looks again
            log.warning("could not look for jobs: %s", type(error).__name__)

    async def _start(self) -> None:
        name = f"house-{secrets.token_hex(8)}"
        if len(self._children) >= self._settings.workers:  # a neighbour was quicker
            return
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "hausgeist",
            "worker",
            "--name",
            name,
            "--gateway",
            self._address(),
            "--idle",
            str(LINGER),
            "--with-parent",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env=worker_environment(self._settings),
            start_new_session=True,  # Ctrl-C is for the house, which ends them in order
        )
        self._children[name] = child
        task = asyncio.create_task(self._watch(name, child))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)
        if self._closed:
            with suppress(ProcessLookupError):
                child.terminate()

    async def _watch(self, name: str, child: asyncio.subprocess.Process) -> None:
        began = time.monotonic()
        status = await child.wait()
        self._children.pop(name, None)
        if status == 0:
            self._failures = 0
            return
        if not self._closed:
            lived = time.monotonic() - began
            self._failures = 1 if lived > LONGEST_PAUSE else self._failures + 1
            pause = 0.0 if self._failures == 1 else min(LONGEST_PAUSE, 2.0 ** (self._failures - 1))
            self._rests_until = time.monotonic() + pause
            log.error("a worker ended with status %d; the next in %d s", status, pause)
        try:
            await self._store.write(partial(_give_back, name))
        except DatabaseError as error:  # others find out by its silence
            log.warning("could not give jobs back: %s", type(error).__name__)
        if not self._closed:
            await self._look_now()


def house_address(settings: Settings, port: int) -> str:
    """Where a worker on this machine finds the house."""
    everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}  # noqa: S104  looked up only
    host = everywhere.get(settings.host, settings.host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _give_back(name: str, connection: Any) -> int:
    return jobs.give_back(connection, name, died=True)
