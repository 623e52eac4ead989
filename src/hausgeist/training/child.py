# SPDX-License-Identifier: EUPL-1.2
"""One child process of students (``inside.py``) as the house sees it: frames in and out, or it is gone."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from pathlib import Path

import msgspec

from hausgeist.jobs.confined import spawn
from hausgeist.jobs.frames import Gone, frame, give, gone, kill
from hausgeist.training.frames import FRAME_MOST, Order, Ready, Reply, packed

PROGRAM = Path(__file__).with_name("inside.py")
LOAD_MOST = 60.0
"""Seconds until it must be ready."""
_decoder = msgspec.msgpack.Decoder(Reply)


class Child:
    """One running child. ``folder`` is its own, and goes with it."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self.folder = folder
        self.barriers: list[str] = []

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    @classmethod
    async def start(
        cls, work: str, megabytes: int, *readable: str, beneath: Path | None = None
    ) -> "Child":
        """Start it and wait until its barriers stand; its folder is made ``beneath`` another.

        Raises:
            Gone: it does not become ready.
        """
        folder = await asyncio.to_thread(_folder, beneath)
        try:
            process = await spawn(PROGRAM, work, str(megabytes), *readable, folder=str(folder))
        except OSError as error:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise Gone(type(error).__name__) from error
        made = cls(process, folder)
        try:
            async with asyncio.timeout(LOAD_MOST):
                reply = await made.reply()
        except (TimeoutError, Gone):
            await made.stop()
            raise Gone("not ready") from None
        except asyncio.CancelledError:
            await made.stop()
            raise
        if not isinstance(reply, Ready):
            await made.stop()
            raise Gone("out of order")
        made.barriers = reply.barriers
        return made

    def send(self, order: Order) -> None:
        """Hand over an order, without waiting.

        Raises:
            Gone: it has ended.
        """
        assert self._process.stdin is not None
        give(self._process.stdin, packed(order))

    def drained(self) -> Awaitable[None]:
        """Wait until most of what was handed over is taken."""
        assert self._process.stdin is not None
        return self._process.stdin.drain()

    async def reply(self) -> Reply:
        """The next thing it says.

        Raises:
            Gone: it has ended, or says what cannot be read.
        """
        body = await frame(self._process, FRAME_MOST)
        try:
            found: Reply = _decoder.decode(body)
        except msgspec.DecodeError:
            raise Gone("an answer that cannot be read") from None
        return found

    def kill(self) -> None:
        """End it at once; ``stop`` waits until nothing is left of it."""
        kill(self._process)

    async def stop(self) -> None:
        """End it. Returns when it is gone, and its folder with it."""
        await gone(self._process)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


def _folder(beneath: Path | None) -> Path:
    if beneath is not None:
        beneath.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=".at-work-" if beneath else "hausgeist-", dir=beneath))
