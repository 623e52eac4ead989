# SPDX-License-Identifier: EUPL-1.2
"""The detectors' process as the web process sees it: questions in, answers out, or it is gone.

Many questions may be under way; the process answers one after the other. Whatever is not as it should be
(the process ends, says nothing in time, says what cannot be) ends it, and every question with it.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

import msgspec

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.frames import (
    FRAME_MOST,
    Answer,
    Ask,
    OwnEntry,
    Ready,
    Reply,
    Words,
    packed,
)
from hausgeist.jobs.confined import spawn
from hausgeist.jobs.frames import Gone, frame, give, gone, kill

PROGRAM = Path(__file__).with_name("inside.py")
MEGABYTES = 1536
"""Of address space; about 150 of it are used."""
LOAD_MOST = 60.0
"""Seconds until it must be ready."""
PATIENCE = 5.0
CHARACTERS_A_SECOND = 20_000
"""The slowest it may be, on top of ``PATIENCE`` seconds; it does hundreds of thousands."""
LONGEST = 300.0
_decoder = msgspec.msgpack.Decoder(Reply)


class Failed(Gone):
    """A detector failed on this one text; the process goes on."""


class DetectorProcess:
    """One running process. Questions are asked from one event loop only."""

    def __init__(self, process: asyncio.subprocess.Process, folder: str) -> None:
        self._process = process
        self._folder = folder
        self._waiting: dict[int, tuple[asyncio.Future[list[Finding]], int]] = {}
        self._next = 0
        self._ahead = 0
        self._reading: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self.loop = asyncio.get_running_loop()
        self.ready = Ready("", "", [])
        self.why = ""

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it can be asked."""
        return not self.why and self._process.returncode is None

    @classmethod
    async def start(cls, program: Path = PROGRAM) -> "DetectorProcess":
        """Start the process and wait until it has loaded everything.

        Raises:
            Gone: it does not become ready.
        """
        folder = tempfile.mkdtemp(prefix="hausgeist-")
        try:
            process = await spawn(program, str(MEGABYTES), folder=folder)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)  # empty and ours: it takes no time
            raise Gone(type(error).__name__) from error
        made = cls(process, folder)
        try:
            async with asyncio.timeout(LOAD_MOST):
                made.ready = _loaded(await made._reply())
        except TimeoutError:
            await made.stop("not ready in time")
            raise Gone(made.why) from None
        except Gone as error:
            await made.stop(str(error))
            raise
        except asyncio.CancelledError:
            await made.stop("cancelled")
            raise
        made._reading = asyncio.create_task(made._read())
        return made

    def know(self, entries: list[OwnEntry]) -> None:
        """Tell it the organisation's own words; questions after this one are answered with them.

        Raises:
            Gone: it cannot be told, nor asked, any more.
        """
        self._send(packed(Words(entries)))

    async def ask(
        self, text: str, persons: list[str] | None = None, *, bare: bool = False
    ) -> list[Finding]:
        """What it finds in a text; see ``frames.Ask``.

        Raises:
            Failed: a detector failed on it.
            Gone: it did not answer, and is ended.
        """
        if not self.running:
            raise Gone(self.why or "ended")
        self._next += 1
        number, size = self._next, len(text)
        future: asyncio.Future[list[Finding]] = self.loop.create_future()
        self._waiting[number] = future, size
        self._ahead += size
        seconds = min(LONGEST, PATIENCE + self._ahead / CHARACTERS_A_SECOND)
        try:
            try:
                self._send(packed(Ask(number, text, persons or [], bare)))
            except (
                UnicodeEncodeError
            ):  # half a pair of surrogates: it must go on being one character
                self._send(packed(Ask(number, _whole(text), persons or [], bare)))
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            await self.stop("did not answer in time")
            raise Gone(self.why) from None
        finally:
            if self._waiting.pop(number, None) is not None:
                self._ahead -= size

    async def stop(self, why: str) -> None:
        """End it, and every question with it. Returns when it is gone."""
        self.why = self.why or why
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(Gone(self.why))
                future.exception()  # who asked may be gone as well
        kill(self._process)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        await gone(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)  # empty and ours: it takes no time

    def _send(self, frame: bytes) -> None:
        assert self._process.stdin is not None
        try:
            give(self._process.stdin, frame)
        except Gone as error:
            self.why = self.why or str(error)  # not to be asked any more
            raise

    async def _read(self) -> None:
        """Hand answers to who asked, until it ends."""
        try:
            while True:
                self._hand_over(await self._reply())
        except Gone as error:
            self.why = self.why or str(error)
            if self._ending is None:
                self._ending = asyncio.create_task(self._end())

    def _hand_over(self, reply: Reply) -> None:
        if not isinstance(reply, Answer):
            raise Gone("out of order")
        entry = self._waiting.get(reply.id)
        if entry is None:
            return  # who asked has left
        future, size = entry
        if future.done():
            return
        if reply.error:
            future.set_exception(Failed(reply.error))
            future.exception()
            return
        last = 0
        found = []
        for one in reply.found:
            if not last <= one.start < one.end <= size or one.kind not in _KINDS:
                raise Gone("an answer that cannot be")
            last = one.end
            found.append(
                Finding(one.start, one.end, Kind(one.kind), one.rule, one.certain, one.score)
            )
        future.set_result(found)

    async def _reply(self) -> Reply:
        body = await frame(self._process, FRAME_MOST)
        try:
            reply: Reply = _decoder.decode(body)
        except msgspec.DecodeError:
            raise Gone("an answer that cannot be read") from None
        return reply


def _loaded(reply: Reply) -> Ready:
    if not isinstance(reply, Ready):
        raise Gone("out of order")
    if reply.error:
        raise Gone(f"not loaded: {reply.error}")
    return reply


_KINDS = frozenset(kind.value for kind in Kind)


def _whole(text: str) -> str:
    return "".join("?" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
