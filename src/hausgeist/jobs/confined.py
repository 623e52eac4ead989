# SPDX-License-Identifier: EUPL-1.2
"""One function of ours, run over foreign bytes in a limited child process.

The name of a function and bytes flow in, its bytes flow out. The child (``inside.py``) takes the limits
upon itself before it sees the first byte: memory, processor time, file size, no network, no further
programs, files only where Python and its own folder are. Here: time by the clock, the size of the
result, how many run at once, and that nothing is left of them.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import IO
from weakref import WeakKeyDictionary, WeakValueDictionary

import msgspec

from hausgeist import errors
from hausgeist.errors import HausgeistError, TookTooLong, TookTooMuch, WorkCrashed
from hausgeist.jobs.frames import Gone, give, gone

PROGRAM = Path(__file__).with_name("inside.py")
AT_ONCE = 2
"""Children of this process that run at the same time; others wait."""
RESULT_MOST = 64 * 1024 * 1024
"""Bytes of a result, at most."""
_PIECE = 256 * 1024
_HEAD_MOST = 64 * 1024

_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_persons: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, asyncio.Lock]] = (
    WeakKeyDictionary()
)


class _Head(msgspec.Struct):
    """The first line of what a child says: an error's class of ``hausgeist.errors``, or none."""

    error: str = ""
    values: dict[str, object] = msgspec.field(default_factory=dict)


async def confined(
    module: str,
    function: str,
    payload: bytes | AsyncIterable[bytes],
    *,
    seconds: float,
    megabytes: int,
    result_most: int = RESULT_MOST,
    whose: str = "",
) -> bytes:
    """Run ``module.function(payload: bytes) -> bytes`` in a child of its own.

    ``seconds`` are by the clock and of processor time; ``megabytes`` of address space, the interpreter's
    own hundred included. A payload in pieces is never held here as a whole. Waiting for a place does
    not count. Cancelling ends the child. ``whose`` names a person, who gets one place at a time, so that
    nobody's heap of work takes all of them; empty: nobody's.

    Raises:
        HausgeistError: what the function raised, if it is a class of ``hausgeist.errors``.
        TookTooLong, TookTooMuch, WorkCrashed: it kept to no limit, or ended without a result.
    """
    loop = asyncio.get_running_loop()
    if loop not in _places:
        _places[loop] = asyncio.Semaphore(AT_ONCE)
        _persons[loop] = WeakValueDictionary()
    mine = _persons[loop].setdefault(whose, asyncio.Lock()) if whose else nullcontext()
    async with mine, _places[loop]:
        folder = tempfile.mkdtemp(prefix="hausgeist-")
        try:
            return await _run(
                (module, function, str(megabytes), str(max(1, round(seconds)))),
                folder,
                payload,
                seconds=seconds,
                megabytes=megabytes,
                result_most=result_most,
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def spawn(
    program: Path, *arguments: str, folder: str, stdin: IO[bytes] | None = None
) -> asyncio.subprocess.Process:
    """Start a program of ours, in ``folder``, with nothing of our environment, in a group of its own.

    ``stdin``: an open file it reads; None: a pipe. The program itself gives up what it will not need
    (``inside``).

    Raises:
        OSError: it cannot be started.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-B",
        str(program),
        *arguments,
        stdin=asyncio.subprocess.PIPE if stdin is None else stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it may hold content
        cwd=folder,
        env={"TMPDIR": folder, "HOME": folder, "LANG": "C.UTF-8", "PATH": ""},
        close_fds=True,
        start_new_session=True,  # Ctrl-C is for the parent
        limit=_HEAD_MOST,
    )


async def barriers() -> tuple[str, ...]:
    """Which of the barriers this machine's kernel gives, for whoever wants to know."""
    said = await confined("hausgeist.jobs.inside", "barriers", b"", seconds=10, megabytes=512)
    return tuple(said.decode().split())


async def _run(
    arguments: tuple[str, ...],
    folder: str,
    payload: bytes | AsyncIterable[bytes],
    *,
    seconds: float,
    megabytes: int,
    result_most: int,
) -> bytes:
    child = await spawn(PROGRAM, *arguments, folder=folder)
    assert child.stdin is not None
    assert child.stdout is not None
    feeding = asyncio.create_task(_feed(child.stdin, payload))
    try:
        async with asyncio.timeout(seconds):
            head, result = await _result(child.stdout, result_most)
            if result is not None:
                await child.wait()
    except TimeoutError:
        raise TookTooLong(seconds=round(seconds)) from None
    finally:
        feeding.cancel()
        await gone(child)
        with suppress(asyncio.CancelledError):
            await feeding
    if head is None:
        if child.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
            raise TookTooLong(seconds=round(seconds))
        raise WorkCrashed
    if result is None:
        raise TookTooMuch(megabytes=megabytes)
    if head.error:
        raise _error(head, megabytes)
    if child.returncode != 0:
        raise WorkCrashed
    return result


async def _feed(pipe: asyncio.StreamWriter, payload: bytes | AsyncIterable[bytes]) -> None:
    """Give the child its input; one that does not want it has its reasons, and says them."""
    with suppress(Gone, BrokenPipeError, ConnectionResetError):
        if isinstance(payload, bytes):
            for start in range(0, len(payload), _PIECE):
                give(pipe, payload[start : start + _PIECE])
                await pipe.drain()
        else:
            async for piece in payload:
                give(pipe, piece)
                await pipe.drain()
        pipe.close()


async def _result(
    pipe: asyncio.StreamReader, result_most: int
) -> tuple[_Head | None, bytes | None]:
    """Head and result; no head when the child broke off, no result when it is too large."""
    try:
        line = await pipe.readuntil(b"\n")
        head = msgspec.json.decode(line, type=_Head)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, msgspec.DecodeError):
        return None, b""
    parts: list[bytes] = []
    size = 0
    while part := await pipe.read(_PIECE):
        size += len(part)
        if size > result_most:
            return head, None
        parts.append(part)
    return head, b"".join(parts)


def _error(head: _Head, megabytes: int) -> HausgeistError:
    """The error a child told, if there is one of that name; what it says of itself is only data."""
    if head.error == "MemoryError":
        return TookTooMuch(megabytes=megabytes)
    kind = getattr(errors, head.error, None)
    if not (isinstance(kind, type) and issubclass(kind, HausgeistError)):
        return WorkCrashed()
    try:
        error = kind(**head.values)  # type: ignore[arg-type]  # values fill a text, whatever they are
        error.say()
    except (TypeError, LookupError, ValueError, AttributeError):  # a child that was taken over
        return WorkCrashed()
    return error
