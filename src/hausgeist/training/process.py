# SPDX-License-Identifier: EUPL-1.2
"""Students answer in one limited child process: a folder and texts in, guesses out.

The child is started with the first question and holds the students asked lately. Many questions may be under
way; they take turns, a few hundred texts at a time. When it dies, or does not answer in time, it is started
again: a question is asked anew once, then whoever asked is told that the student is not there.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from hausgeist import errors
from hausgeist.core.answers import Guess, Span, Value
from hausgeist.errors import HausgeistError, StudentBroken, StudentDown
from hausgeist.jobs.frames import Gone
from hausgeist.training.child import Child
from hausgeist.training.frames import Answer, Ask, Reply, Said

MEGABYTES = 6144
"""Of address space; a few hundred of it are used."""
AT_ONCE = 256
"""Texts of one question that are answered before another may go on."""
LETTERS_AT_ONCE = 2_000_000
PATIENCE = 30.0
"""Seconds a question may take, loading the student included, on top of what its texts take."""
LETTERS_A_SECOND = 1_000
"""The slowest it may be: a large base with long texts. Others do fifty thousand and more."""

_HALF = re.compile("[\ud800-\udfff]")

Start = Callable[[], Coroutine[Any, Any, Child]]


class Predictor:
    """Asks students. ``home`` is the folder that all students lie in; folders elsewhere are refused.

    ``close`` ends the child; asked from another event loop, it starts another one.
    """

    def __init__(self, home: Path, start: Start | None = None) -> None:
        self._home = home.absolute()
        self._start = start or self._spawn
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._readings: set[asyncio.Task[None]] = set()
        self._waiting: dict[int, tuple[asyncio.Future[list[Guess]], Child]] = {}
        self._ahead = 0
        self._next = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def pid(self) -> int | None:
        """Of the child, where it runs."""
        return self._child.pid if self._child else None

    async def predict(self, folder: Path, texts: Sequence[str]) -> list[Guess]:
        """What the student in ``folder`` says of each text, in their order.

        Raises:
            StudentBroken: the folder is not what its manifest says, or no student's.
            StudentDown: the child could not be started, or died twice over this.
        """
        place = folder.absolute()  # noqa: ASYNC240  looks at no file
        home = self._home  # may well be written with "..": whoever started the house named it
        if home not in place.parents or ".." in place.relative_to(home).parts:
            raise StudentBroken(file="manifest.json")
        self._settle()
        found: list[Guess] = []
        for some in _turns(texts):
            found += await self._turn(str(place), some)
        return found

    async def close(self) -> None:
        """End the child; a later question starts it again."""
        self._settle()
        child, self._child = self._child, None
        if child is not None:
            child.kill()
        if self._readings:
            await asyncio.wait(self._readings)

    async def _turn(self, folder: str, texts: list[str]) -> list[Guess]:
        for last in (False, True):
            try:
                return await self._ask(folder, texts)
            except Gone:
                if last:
                    raise StudentDown from None
        raise StudentDown

    async def _ask(self, folder: str, texts: list[str]) -> list[Guess]:
        child = await self._running()
        self._next += 1
        number, size = self._next, sum(map(len, texts))
        future: asyncio.Future[list[Guess]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future, child
        self._ahead += size
        seconds = PATIENCE + self._ahead / LETTERS_A_SECOND
        try:
            try:
                child.send(Ask(number, folder, [_whole(text) for text in texts]))
            except Gone:
                self._drop(child)
                raise
            async with asyncio.timeout(seconds):
                found = await future
        except TimeoutError:
            self._drop(child)
            raise Gone("did not answer in time") from None
        finally:
            self._waiting.pop(number, None)
            self._ahead -= size
        if len(found) != len(texts):
            self._drop(child)
            raise Gone("an answer that cannot be")
        return found

    def _settle(self) -> None:
        """Make what is asked now this loop's: what belongs to one that has ended answers nobody."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._child is not None:
                self._child.kill()
            self._child, self._readings, self._waiting = None, set(), {}
            self._ahead, self._starting, self._loop = 0, asyncio.Lock(), loop

    async def _running(self) -> Child:
        async with self._starting:
            if self._child is None or not self._child.running:
                self._child = await self._start()
                reading = asyncio.create_task(self._read(self._child))
                self._readings.add(reading)
                reading.add_done_callback(self._readings.discard)
            return self._child

    async def _spawn(self) -> Child:
        await asyncio.to_thread(self._home.mkdir, parents=True, exist_ok=True)
        return await Child.start("answer", MEGABYTES, str(self._home))

    async def _read(self, child: Child) -> None:
        """Hand answers to who asked, until the child ends; then tell all who wait."""
        try:
            while True:
                self._hand_over(await child.reply())
        except Gone:
            self._drop(child)
            for future, asked in self._waiting.values():
                if asked is child and not future.done():
                    future.set_exception(Gone("ended"))
                    future.exception()  # who asked may be gone as well
        finally:
            await child.stop()

    def _hand_over(self, reply: Reply) -> None:
        if not isinstance(reply, Answer):
            raise Gone("out of order")
        future, _ = self._waiting.get(reply.id, (None, 0))
        if future is None or future.done():
            return  # who asked has left
        if reply.error:
            future.set_exception(_error(reply))
        else:
            future.set_result([_guess(one) for one in reply.said])

    def _drop(self, child: Child) -> None:
        """Ask it no more; its reading ends, and with it whatever waits for it."""
        if self._child is child:
            self._child = None
        child.kill()


def _turns(texts: Sequence[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for text in texts:
        if some and (len(some) >= AT_ONCE or size + len(text) > LETTERS_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield some


def _guess(said: Said) -> Guess:
    spans = tuple(Span(*one) for one in said.spans)
    value = Value(said.labels, spans, said.fields)
    return Guess(value, said.score, said.ranked, said.by, said.far)


def _error(reply: Answer) -> HausgeistError:
    kind = getattr(errors, reply.error, None)
    if not (isinstance(kind, type) and issubclass(kind, HausgeistError)):
        return StudentDown()
    made = kind(**reply.values)  # type: ignore[arg-type]  # values fill a text, whatever they are
    try:
        made.say()
    except (LookupError, ValueError, AttributeError):
        return StudentDown()
    return made


def _whole(text: str) -> str:
    """Half pairs of surrogates cannot travel; each goes on being one character, so that spans fit."""
    if text.isascii():
        return text
    return _HALF.sub("?", text)
