# SPDX-License-Identifier: EUPL-1.2
"""One engine's process: started, sifted, ended.

A spec flows in; the address and the fresh key of a server on loopback flow out, or why there is none. What
the process prints may contain what people wrote: until it is ready (nobody has written anything yet) a
few lines are kept as the reason of a failure, afterwards only failed assertions of the engine.
"""

import asyncio
import re
import secrets
import sys
from collections import deque
from contextlib import suppress
from os import getpid
from pathlib import Path

import msgspec

from hausgeist.gateway.engines.spec import EngineSpec
from hausgeist.jobs.frames import Gone, give
from hausgeist.settings import child_environment

PROGRAM = Path(__file__).with_name("child.py")
GRACE = 3.0
"""Seconds between asking a process to end and ending it."""

_SAFE = re.compile(rb"^[\w./+ -]{1,200}:\d+: GGML_ASSERT\([^\"]{1,200}\) failed")
_TIMESTAMP = re.compile(r"^[\d.]+ [EW] (?:\w+ +)?")


class NotStarted(Exception):
    """The process ended or refused before it was ready; the text says why."""


class _Ready(msgspec.Struct):
    address: str = ""
    error: str = ""


class Child:
    """A running engine. ``address`` is such as ``http://127.0.0.1:40123``; ``key`` is its only key."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said: deque[str] = deque(maxlen=20)
        self._ready = False
        self._sifting = asyncio.create_task(self._sift())
        self.pid = process.pid
        self.key = secrets.token_urlsafe(32)
        self.address = ""

    @classmethod
    async def start(cls, spec: EngineSpec) -> "Child":
        """Start a process and wait until it answers; cancelling ends it.

        Raises:
            NotStarted: it does not.
        """
        threads = str(spec.threads)
        child = cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # its own folder is no place to import from
                str(PROGRAM),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                # numpy's libraries read their threads from here, once
                env={
                    **child_environment(),
                    "OPENBLAS_NUM_THREADS": threads,
                    "OMP_NUM_THREADS": threads,
                },
                start_new_session=True,  # Ctrl-C is for the parent, which lets answers finish
            )
        )
        try:
            await child._begin(spec)
        finally:
            if not child._ready:
                await child.stop()
        return child

    async def wait(self) -> int:
        """Wait for the end of the process: its exit status, negative for a signal."""
        return await self._process.wait()

    @property
    def running(self) -> bool:
        """Whether the process has not ended, as far as we know."""
        return self._process.returncode is None

    def last_words(self) -> str:
        """Why it failed, without content; may be empty."""
        return "; ".join(dict.fromkeys(self._said))[:500]

    async def stop(self) -> None:
        """End the process: ask, and after a grace, force. Returns when it is gone."""
        if self.running:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), GRACE)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._sifting

    async def _begin(self, spec: EngineSpec) -> None:
        order = {
            "kind": spec.kind,
            "key": self.key,
            "parent": getpid(),
            "name": spec.name,
            "path": spec.path,
            "context": spec.context,
            "slots": spec.slots,
            "threads": spec.threads,
            "lora": spec.lora,
            "lora_scale": spec.lora_scale,
            "template": spec.template,
            "embedding": spec.embedding,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(Gone):  # what it said last, if anything, is read below
            give(self._process.stdin, msgspec.json.encode(order) + b"\n")
        line = await self._process.stdout.readline()
        try:
            answer = msgspec.json.decode(line, type=_Ready)
        except msgspec.DecodeError:
            answer = _Ready(error="the process ended")
        if not answer.address:
            if self.running:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), GRACE)
            words = self.last_words()
            raise NotStarted(f"{answer.error} ({words})" if words else answer.error)
        self._said.clear()
        self._ready = True
        self.address = answer.address

    async def _sift(self) -> None:
        """Read what the process prints, so that it never waits for us, and keep what is harmless."""
        stream = self._process.stderr
        assert stream is not None
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-65536:]
            for line in lines:
                if not self._ready:
                    words = line.decode("utf-8", "replace").strip()
                    self._said.append(_TIMESTAMP.sub("", words)[:300])
                elif found := _SAFE.match(line):
                    self._said.append(found.group().decode("utf-8", "replace"))
