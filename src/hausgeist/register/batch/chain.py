# SPDX-License-Identifier: EUPL-1.2
"""What a student's run left unsure goes to a teacher: rows without an answer in, their answers out.

Nothing is asked twice: every answer is written down beside the parts before the next is counted, by the hash
of the prompt and the text, so that a run that was broken off goes on behind it and ends with the same bytes.
Texts are read from the input again and are in no file of ours. What a call may still cost is reserved before
it is made: a budget is never exceeded by more than what a call costs more than estimated.
"""

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hausgeist.core.answers import Value
from hausgeist.errors import SetupError
from hausgeist.register.batch import sheets
from hausgeist.register.batch.rows import Reading
from hausgeist.register.batch.run import UNSURE, Run

JOURNAL = "taught.jsonl"
FOLDER = "taught"
AT_ONCE = 4
TEACHER = "teacher"

Told = Callable[[int, int, float], Awaitable[None]]
"""Is told how many texts are answered, of how many, and EUR spent."""


class Taught(msgspec.Struct, frozen=True):
    """What a teacher said of a text. ``value`` None: nothing, for the reason ``code``."""

    key: str
    value: str | None
    score: float | None = None
    micro_eur: int | None = None
    code: str = ""


Ask = Callable[[str], Awaitable[Taught]]
"""Asks about a text; ``key`` is filled in afterwards. Raises where nobody can be asked any more."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a run left unsure: so many rows, with so many different texts that nobody has asked about yet.

    ``letters``: characters of these texts together.
    """

    rows: int
    texts: int
    letters: int


@dataclass(slots=True)
class Sum:
    """What came of a chain: rows by who answered, EUR spent, why it was not asked on; empty: it was."""

    by: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    micro_eur: int = 0
    stopped: str = ""


class Teaching:
    """The teacher's share of a run. ``version`` names all that its answers depend on but the text."""

    def __init__(self, run: Run, version: str, model: str) -> None:
        self._run, self._version, self._model = run, version, model
        self._path = run.folder / JOURNAL
        self._known: dict[str, Taught] = {}
        self.spent = 0
        with suppress(FileNotFoundError):
            for line in self._path.read_bytes().splitlines():
                with suppress(msgspec.DecodeError):  # broken off in the middle of a line
                    self._remember(msgspec.json.decode(line, type=Taught))

    def left(self) -> Left:
        """What is to be asked; reads the parts and the input once."""
        rows, letters, seen = 0, 0, set[str]()
        for _, text in self._unsure():
            rows += 1
            key = self._key(text)
            if key not in self._known and key not in seen:
                seen.add(key)
                letters += len(text)
        return Left(rows, len(seen), letters)

    async def ask(
        self, ask: Ask, left: Left, *, each: float, budget: int | None, told: Told
    ) -> str:
        """Ask about everything that is left; gives why it ended before that, empty: it did not.

        ``each`` is what a text is estimated to cost and ``budget`` what all of them may, in micro-EUR.

        Raises:
            SetupError: nothing can be written any more. What ``ask`` raises is raised; what came is kept.
        """
        flying: dict[str, asyncio.Task[Taught]] = {}
        done, stopped = 0, ""
        todo = self._todo()
        file = self._path.open("ab")
        try:
            file.write(b"\n")  # the line before may be broken off
            while True:
                text = await asyncio.to_thread(next, todo, None) if not stopped else None
                if text is not None and budget is not None:
                    reserved = each * (len(flying) + 1)
                    if self.spent + reserved > budget:
                        text, stopped = None, "budget"
                if text is not None:
                    flying[self._key(text)] = asyncio.create_task(_asked(ask, text))
                if text is None or len(flying) >= AT_ONCE:
                    if not flying:
                        return stopped
                    await asyncio.wait(flying.values(), return_when=asyncio.FIRST_COMPLETED)
                    for key in [one for one, task in flying.items() if task.done()]:
                        made = msgspec.structs.replace(flying.pop(key).result(), key=key)
                        await asyncio.to_thread(_written, file, made)
                        self._remember(made)
                        done += 1
                        await told(done, left.texts, self.spent / 1_000_000)
        except OSError as error:
            raise SetupError(
                problem=f"{self._path} cannot be written: {error.strerror}.",
                advice="Make room and run the same again: what was answered is kept.",
            ) from error
        finally:
            file.close()
            for one in flying.values():
                one.cancel()
            await asyncio.gather(*flying.values(), return_exceptions=True)

    def told(self, text: str) -> Taught | None:
        """What the teacher said of a text; None: it was not asked."""
        return self._known.get(self._key(text))

    @property
    def model(self) -> str:
        """The teacher's name, as it stands in the output."""
        return self._model

    def _todo(self) -> Iterator[str]:
        handed = set[str]()
        for _, text in self._unsure():
            key = self._key(text)
            if key not in self._known and key not in handed:
                handed.add(key)
                yield text

    def _unsure(self) -> Iterator[tuple[int, str]]:
        """Place within its part, and text, of every row without an answer."""
        for part in self._run.parts():
            for place, _, text in unsure(self._run, part):
                yield place, text

    def _key(self, text: str) -> str:
        return hashlib.sha256(
            f"{self._version}\0{text}".encode("utf-8", "surrogatepass")
        ).hexdigest()

    def _remember(self, made: Taught) -> None:
        self._known[made.key] = made
        self.spent += made.micro_eur or 0


def unsure(run: Run, part: Path) -> Iterator[tuple[int, list[Any], str]]:
    """Rows of a part that the student left: place, cells, and the text out of the input."""
    plan = run.plan
    rows = sheets.cells_of(part, plan.format)
    reading = iter(Reading(plan.source, sheets.number_of(part) * plan.rows, plan.rows))
    for place, (cells, row) in enumerate(zip(rows, reading, strict=False)):
        if cells[-1] == UNSURE:
            yield place, cells, row.text


def ended(run: Run, teaching: Teaching | None, stopped: str) -> tuple[list[Path], Sum]:
    """The parts as they are to be put together, with the teacher's answers in them; and what came of it."""
    total = Sum(stopped=stopped, micro_eur=0 if teaching is None else teaching.spent)
    folder = run.folder / FOLDER
    folder.mkdir(exist_ok=True)
    found = [_part(run, part, folder, teaching, total) for part in run.parts()]
    return found, total


def _part(run: Run, part: Path, folder: Path, teaching: Teaching | None, total: Sum) -> Path:
    """A part with the teacher's answers: itself where there are none."""
    plan = run.plan
    changed: dict[int, list[Any]] = {}
    if teaching is not None:
        for place, cells, text in unsure(run, part):
            if (made := teaching.told(text)) is not None or total.stopped:
                changed[place] = _cells(run, cells, made, teaching.model, total.stopped)
    into = None
    if changed:
        into = sheets.part_in(
            folder, sheets.number_of(part), plan.kind, plan.source.keep, plan.format
        )
    for place, before in enumerate(sheets.cells_of(part, plan.format)):
        cells = changed.get(place, before)
        total.rows += 1
        if cells[-3]:
            total.by[cells[-3]] += 1
        if cells[-1]:
            total.without[cells[-1]] += 1
        if into is not None:
            into.put(cells)
    if into is None:
        return part
    into.close()
    return sheets.path_of(folder, sheets.number_of(part), plan.format)


def _cells(run: Run, cells: list[Any], made: Taught | None, model: str, stopped: str) -> list[Any]:
    """A row with what the teacher said; where it said nothing, with the reason."""
    kept, (said, score, by, version, _) = cells[:-5], cells[-5:]
    if made is None:
        return [*kept, said, score, by, version, stopped]
    if made.value is None:
        return [*kept, said, score, by, version, made.code]
    value = Value.decode(made.value)
    told = sheets.written(run.plan.kind, value, run.plan.format)
    sure = sheets.score_of(made.score, run.plan.format)
    return [*kept, told, sure, TEACHER, model, ""]


async def _asked(ask: Ask, text: str) -> Taught:
    return await ask(text)


def _written(file: Any, made: Taught) -> None:
    line = json.dumps(msgspec.to_builtins(made), ensure_ascii=True)
    file.write(line.encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())
