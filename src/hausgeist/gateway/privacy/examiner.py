# SPDX-License-Identifier: EUPL-1.2
"""The examination of what would leave: texts in, findings out, or an error: then nothing leaves.

The detectors run in one process of their own (``inside.py``), started with the first text or by ``start``. It
must find exactly what a known text holds, at its start and every hour of use; whatever fails ends it,
and it is started again after ever longer pauses. What was found in a text is remembered, the text is not.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hausgeist.core.findings import Examination, Finding
from hausgeist.errors import DetectorDown
from hausgeist.gateway.exposition import single
from hausgeist.gateway.privacy.frames import OwnEntry
from hausgeist.gateway.privacy.process import PROGRAM, DetectorProcess, Failed
from hausgeist.gateway.privacy.remembered import Remembered
from hausgeist.gateway.privacy.windows import look_through
from hausgeist.jobs.frames import Gone

log = logging.getLogger("hausgeist.privacy")

CANARY: Final = (
    "Sehr geehrte Frau Erika Mustermann,\n\nIhre IBAN DE89 3704 0044 0532 0130 00 und Ihre Steuer-ID "
    "86 095 742 719 liegen uns vor (Az. 32.1-0451/2024). Nach § 139b AO und DIN EN ISO 9001 gilt das.\n"
    "Schreiben Sie an poststelle@stadt.intern oder rufen Sie an: Telefon 030 23125 000.\n"
)
CANARY_HOLDS: Final = (
    ("person", "Erika Mustermann"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("tax_id", "86 095 742 719"),
    ("file_number", "32.1-0451/2024"),
    ("email", "poststelle@stadt.intern"),
    ("phone", "030 23125 000"),
)
CANARY_EVERY = 3600.0
"""Seconds."""

LONGEST_PAUSE = 60.0
FORGIVEN_AFTER = 300.0
AHEAD_MOST = 20_000_000
"""Characters that may wait to be examined; beyond it, nothing more is taken on."""

_NOT_YET: Final = "not started yet"


class Rests(Gone):
    """It failed lately, and is not tried again yet."""


@dataclass(slots=True)
class Health:
    """How the detectors are, for doctor and counters; ``reason`` has no content."""

    up: bool = False
    reason: str = _NOT_YET
    starts: int = 0
    failures: int = 0
    """Within a few minutes of each other."""
    scanned: int = 0
    """Texts, since this process started; those that were remembered are not among them."""
    characters: int = 0
    recalled: int = 0
    barriers: tuple[str, ...] = ()

    def metrics(self) -> str:
        """As lines of Prometheus' text format; no content."""
        rows = (
            ("up", "gauge", "Whether the detectors of personal data answer.", int(self.up)),
            ("starts_total", "counter", "Starts of the detectors' process.", self.starts),
            ("texts_total", "counter", "Texts that were examined.", self.scanned),
            ("characters_total", "counter", "Characters that were examined.", self.characters),
            ("recalled_total", "counter", "Texts that had been examined before.", self.recalled),
        )
        lines = [
            line
            for name, kind, text, value in rows
            for line in single(f"hausgeist_detectors_{name}", text, value, kind)
        ]
        return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Examiner:
    """Runs the detectors. ``words``: the organisation's own words, None while they are not known."""

    words: Callable[[], Sequence[OwnEntry] | None] = lambda: ()
    program: Path = PROGRAM
    remembered: Remembered = field(default_factory=Remembered)
    health: Health = field(default_factory=Health)
    _process: DetectorProcess | None = None
    _fallen: DetectorProcess | None = None
    _known: Sequence[OwnEntry] | None = None
    _checked_at: float = 0.0
    _rests_until: float = 0.0
    _failed_at: float = -FORGIVEN_AFTER
    _starting: asyncio.Lock | None = None
    _ahead: int = 0
    _warming: asyncio.Task[None] | None = None
    _closed: bool = False

    async def examine(self, texts: Iterable[str]) -> Examination:
        """What the detectors find, by text.

        Raises:
            DetectorDown: one of them failed, took too long or is missing.
        """
        found: dict[str, tuple[Finding, ...]] = {}
        new: list[tuple[str, bytes]] = []
        words = self._words()
        for text in dict.fromkeys(texts):
            if not text or text.isspace():
                found[text] = ()
                continue
            key = self.remembered.key(text)
            known = self.remembered.get(key)
            if known is None:
                new.append((text, key))
            else:
                self.health.recalled += 1
            found[text] = known or ()
        size = sum(len(text) for text, _ in new)
        if self._ahead + size > AHEAD_MOST:
            raise DetectorDown
        self._ahead += size
        try:
            for text, key in new:
                found[text] = await self._scan(text)
                if self._known is words:
                    self.remembered.put(key, len(text), found[text])
        except Failed as error:
            self._checked_at = -CANARY_EVERY  # was it the text, or is it they? The canary tells
            log.warning("a detector failed on a text: %s", error)
            raise DetectorDown from error
        except Gone as error:
            self._fell(error)
            raise DetectorDown from error
        finally:
            self._ahead -= size
        return Examination(found)

    async def start(self) -> None:
        """Have the detectors ready before anybody waits for them.

        Raises:
            DetectorDown: they cannot be.
        """
        try:
            await self._ready()
        except Gone as error:
            self._fell(error)
            raise DetectorDown from error

    def warm(self) -> None:
        """Start them beside whatever is going on, if they are not there; a failure shows in ``health``."""
        running = self._process is not None and self._process.running
        if not running and self._warming is None and not self._resting():
            self._warming = asyncio.create_task(self._warm())

    async def close(self) -> None:
        """End the process; a later examination finds it closed."""
        self._closed = True
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await self._end("closed")
        self.health.up, self.health.reason = False, "closed"

    def forget(self) -> None:
        """Forget what was found: texts would now be judged otherwise."""
        self.remembered.clear()

    async def _warm(self) -> None:
        try:
            await self.start()
        except DetectorDown:
            log.warning("the detectors did not start: %s", self.health.reason)
        finally:
            self._warming = None

    def _words(self) -> Sequence[OwnEntry]:
        """The words of now; what was found with others is forgotten.

        Raises:
            DetectorDown: they are not known yet.
        """
        words = self.words()
        if words is None:
            self.health.reason = "own words not read yet"
            raise DetectorDown
        if words is not self._known:
            self.remembered.clear()
            self._known = words
            if self._process is not None and self._process.running:
                with contextlib.suppress(Gone):  # the next one is told at its start
                    self._process.know(list(words))
        return words

    async def _scan(self, text: str) -> tuple[Finding, ...]:
        process = await self._ready()
        found = await look_through(text, process.ask)
        self.health.scanned += 1
        self.health.characters += len(text)
        return found

    async def _ready(self) -> DetectorProcess:
        """The process, running and checked; started if it is not there.

        Raises:
            Gone: it cannot be had now.
        """
        loop = asyncio.get_running_loop()
        process = self._process
        here = process is not None and process.running and process.loop is loop
        if process is not None and here and loop.time() - self._checked_at < CANARY_EVERY:
            return process
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            process = self._process
            if process is None or not process.running or process.loop is not loop:
                process = await self._start()
            if loop.time() - self._checked_at >= CANARY_EVERY:
                await self._check(process)
            return process

    async def _start(self) -> DetectorProcess:
        if self._closed or self._resting():
            raise Rests(self.health.reason)
        await self._end("replaced")
        self.health.starts += 1
        process = await DetectorProcess.start(self.program)
        self._process = process
        self._checked_at = -CANARY_EVERY
        self.health.barriers = tuple(process.ready.barriers)
        await self._check(process)
        words = self._words()
        process.know(list(words))
        return process

    async def _check(self, process: DetectorProcess) -> None:
        """The canary: exactly what is in it, nothing else."""
        try:
            found = await process.ask(CANARY, bare=True)
        except Failed as error:
            await process.stop("the canary failed")
            raise Gone(f"the canary failed: {error}") from error
        told = tuple((one.kind.value, CANARY[one.start : one.end]) for one in found)
        if told != CANARY_HOLDS:
            await process.stop("the canary was not found")
            raise Gone("the canary was not found")
        self._checked_at = process.loop.time()
        self.health.up, self.health.reason = True, ""

    def _resting(self) -> bool:
        return asyncio.get_running_loop().time() < self._rests_until

    def _fell(self, error: Gone) -> None:
        """Take note of a failure, once for all who waited; the first is followed by no pause."""
        fallen = self._process
        if isinstance(error, Rests) or (fallen is not None and fallen is self._fallen):
            return
        self._fallen = fallen
        health, now = self.health, asyncio.get_running_loop().time()
        health.failures = health.failures + 1 if now - self._failed_at < FORGIVEN_AFTER else 1
        self._failed_at = now
        pause = 0.0 if health.failures == 1 else min(LONGEST_PAUSE, 2.0 ** (health.failures - 2))
        self._rests_until = now + pause
        health.up, health.reason = False, str(error)
        log.warning("the detectors are down: %s", error)

    async def _end(self, why: str) -> None:
        process, self._process = self._process, None
        if process is not None and process.loop is asyncio.get_running_loop():
            await process.stop(why)
