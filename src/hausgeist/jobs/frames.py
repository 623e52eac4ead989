# SPDX-License-Identifier: EUPL-1.2
"""What a child of ours says on its pipe, frame by frame, and how it is ended: a process in, bytes out.

A frame is four bytes of its length, the highest first, and so many bytes. What they mean is the business of
whoever started the child; what it is that a child says wrong is never told with what it said.
"""

import asyncio
import os
import signal
from contextlib import suppress

_PIECE = 256 * 1024


class Gone(Exception):
    """A child did not do as it should; it is ended. The text says why, without content."""


class Endless(Gone):
    """It says more at once than anybody takes."""


async def frame(child: asyncio.subprocess.Process, most: int) -> bytes:
    """The next frame, of ``most`` bytes at the most.

    Raises:
        Gone: the child has ended.
        Endless: it says more.
    """
    assert child.stdout is not None
    try:
        size = int.from_bytes(await child.stdout.readexactly(4))
        if size > most:
            raise Endless("an answer without end")
        return await child.stdout.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        raise Gone("ended") from None


def give(pipe: asyncio.StreamWriter, piece: bytes) -> None:
    """Write to a child's pipe without waiting; what may wait there is bounded by who writes.

    Raises:
        Gone: the child has closed its end, which is known before its exit is.
    """
    try:
        pipe.write(piece)
    except (OSError, RuntimeError) as error:  # uvloop says RuntimeError of a closed pipe
        raise Gone("ended") from error


def kill(child: asyncio.subprocess.Process) -> None:
    """End a child and whatever it started, at once; ``gone`` waits until nothing is left of it."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


async def gone(child: asyncio.subprocess.Process) -> None:
    """End a child; returns when nothing is left of it."""
    kill(child)
    assert child.stdout is not None
    if child.stdin is not None:
        child.stdin.close()
    with suppress(ConnectionError):
        while await child.stdout.read(_PIECE):  # its end is told only when the pipe is empty
            pass
    await child.wait()
