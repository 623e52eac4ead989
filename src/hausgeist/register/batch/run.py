# SPDX-License-Identifier: EUPL-1.2
"""A run of a student over a file: what is to be done, how far it is, and doing some of it.

Beside the output stands a folder with the plan and the parts that are complete. A run that was broken off,
wherever, goes on behind them; whatever was under way is done anew, so that no row is lost or doubled. The
plan names the input, the student and the output by what is in them: another run does not mix with this one.
"""

import asyncio
import os
import shutil
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from hausgeist.core.answers import Guess, Value
from hausgeist.core.tasks import TaskKind
from hausgeist.errors import BadUpload, SetupError
from hausgeist.register.batch import sheets
from hausgeist.register.batch.answering import Answering
from hausgeist.register.batch.rows import Reading, Row, Source, identity
from hausgeist.register.batch.sheets import Line, Part
from hausgeist.training.process import Predictor

ROWS = 20_000
"""Rows of a part."""
TEXTS = 256
LETTERS = 1_000_000
"""At once to a process, at most; one longer text goes alone."""
AHEAD = 3
"""So many times as many are under way as there are processes."""
PLAN, DONE = "plan.json", "done.json"
COUNTED = ".counted"
"""The ending of what came of a part, beside it."""
STUDENT, RULES = "student", "rules"
UNSURE = "below_threshold"
"""The reason of a row that nobody was sure of."""

Told = Callable[[int, float], Awaitable[None]]
"""Is told rows done in this call, and the share of the file that was read."""


class Plan(msgspec.Struct, frozen=True):
    """A run. ``limit``: so many rows, None: all; ``rows`` of a part.

    ``rules`` are asked first, if there are some. ``chain``: each row says which link of it answered.
    """

    source: Source
    student: Answering
    out: str
    format: str
    limit: int | None = None
    rows: int = ROWS
    rules: Answering | None = None
    chain: bool = False

    @property
    def kind(self) -> TaskKind:
        """Of answers."""
        return self.student.task_kind

    @property
    def columns(self) -> list[str]:
        """Of the output."""
        return sheets.columns_of(self.kind, self.source.keep)


class Totals(msgspec.Struct):
    """What came of rows: how many, how many without an answer by reason."""

    rows: int = 0
    without: dict[str, int] = {}

    def add(self, line: Line) -> None:
        """Count a line."""
        self.rows += 1
        if line.reason:
            self.without[line.reason] = self.without.get(line.reason, 0) + 1


class Run:
    """A run with its folder. ``open`` begins or goes on; ``close`` is not needed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.folder = beside(Path(plan.out))

    @property
    def student(self) -> Path:
        """A copy of the student: what answers cannot change under way, and goes with the parts."""
        return self.folder / STUDENT

    @property
    def rules(self) -> Path:
        """A copy of the rules, where there are some."""
        return self.folder / RULES

    def open(self, *, anew: bool = False) -> bool:
        """Begin, or go on with what was broken off; True: it goes on. ``anew``: throw away what is there.

        Raises:
            SetupError: the output is there already, or parts of another run are.
        """
        if anew:
            shutil.rmtree(self.folder, ignore_errors=True)
        kept = plan_in(self.folder)
        if kept is not None and not _same(kept, self.plan) and not self._any_part():
            kept = None  # another run that never finished a part: nothing is lost without it
        if kept is not None:
            if not _same(kept, self.plan):
                raise SetupError(
                    problem=f"{self.folder} holds parts of another run, or the input has changed.",
                    advice="Name another output, or begin anew with --anew.",
                )
            self.plan = kept
            return True
        if Path(self.plan.out).exists() and not anew:
            raise SetupError(
                problem=f"{self.plan.out} is there already.",
                advice="Name another output, or replace it with --anew.",
            )
        self._begin()
        return False

    def _begin(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.student, ignore_errors=True)
            shutil.copytree(self.plan.student.folder, self.student)
            shutil.rmtree(self.rules, ignore_errors=True)
            if self.plan.rules is not None:
                shutil.copytree(self.plan.rules.folder, self.rules)
            written = self.folder / f".{PLAN}"
            written.write_bytes(msgspec.json.encode(self.plan))
            written.replace(self.folder / PLAN)
        except OSError as error:
            raise SetupError(
                problem=f"{self.folder} cannot be written: {error.strerror}.",
                advice="Name another place for the output.",
            ) from error

    def _any_part(self) -> bool:
        """Whether any part is complete, in whatever format."""
        return any(self.folder.glob("part-*")) or (self.folder / DONE).exists()

    def parts(self) -> list[Path]:
        """The parts that are complete, in their order."""
        return sorted(self.folder.glob(f"part-*.{self.plan.format}"))

    def missing(self, count: int | None = None) -> list[tuple[int, int | None]]:
        """Runs of parts that are not there: first and how many. ``count``: of all, None: nobody knows."""
        there = {sheets.number_of(one) for one in self.parts()}
        last = count if count is not None else max(there, default=-1) + 1
        found: list[tuple[int, int | None]] = []
        for number in (one for one in range(last) if one not in there):
            if found and found[-1][0] + (found[-1][1] or 0) == number:
                found[-1] = found[-1][0], (found[-1][1] or 0) + 1
            else:
                found.append((number, 1))
        if count is None:
            found.append((last, None))
        return found

    def totals(self) -> Totals:
        """What came of the rows of all parts that are complete."""
        found = Totals()
        for part in self.parts():
            one = msgspec.json.decode(part.with_suffix(COUNTED).read_bytes(), type=Totals)
            found.rows += one.rows
            for reason, count in one.without.items():
                found.without[reason] = found.without.get(reason, 0) + count
        return found

    @property
    def total(self) -> int | None:
        """How many rows there are, once the end was seen."""
        try:
            found = msgspec.json.decode((self.folder / DONE).read_bytes(), type=dict[str, int])
        except (OSError, msgspec.DecodeError):
            return None
        return found.get("rows")

    def ended(self, rows: int) -> None:
        """Note how many rows the input has."""
        written = self.folder / f".{DONE}"
        written.write_bytes(msgspec.json.encode({"rows": rows}))
        written.replace(self.folder / DONE)

    def put_together(self, parts: Sequence[Path] | None = None) -> None:
        """The output, of all parts or of these; then the folder goes.

        Raises:
            SetupError: it cannot be written.
        """
        try:
            found = self.parts() if parts is None else parts
            sheets.assembled(found, Path(self.plan.out), self.plan.columns, self.plan.format)
        except OSError as error:
            raise SetupError(
                problem=f"{self.plan.out} cannot be written: {error.strerror}.",
                advice="Make room and run the same again: what is done is kept.",
            ) from error
        shutil.rmtree(self.folder, ignore_errors=True)


def beside(out: Path) -> Path:
    """The folder of a run."""
    return out.with_name(f"{out.name}.parts")


def plan_in(folder: Path) -> Plan | None:
    """The plan that a folder holds, None: there is none."""
    try:
        return msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
    except (OSError, msgspec.DecodeError):
        return None


def _same(one: Plan, other: Plan) -> bool:
    """Whether two plans do the same; where a student lies does not matter, nor how a part is cut."""

    def bare(plan: Plan) -> Plan:
        student = msgspec.structs.replace(plan.student, folder="")
        rules = None if plan.rules is None else msgspec.structs.replace(plan.rules, folder="")
        return msgspec.structs.replace(plan, student=student, rules=rules, rows=0)

    return bare(one) == bare(other)


async def classify(run: Run, first: int, count: int | None, *, processes: int, told: Told) -> int:
    """Do parts from one on, ``count`` of them or all to the end; gives how many rows that were.

    Raises:
        BadUpload: the input is not what it was.
        SetupError: something cannot be read or written any more.
        StudentBroken, StudentDown: nobody answers.
    """
    plan = run.plan
    digest, _ = await asyncio.to_thread(identity, Path(plan.source.path))
    if digest != plan.source.digest:
        raise BadUpload(reason=f"{plan.source.path} has changed since the run was begun")
    begin = first * plan.rows
    ends = [
        one for one in (None if count is None else begin + count * plan.rows, plan.limit) if one
    ]
    most = max(0, min(ends) - begin) if ends else None
    reading = Reading(plan.source, begin, most)
    askers = [Predictor(run.folder) for _ in range(processes)]
    writing = _Writing(run, first)
    try:
        async for lines in _answered(run, _batches(reading, plan.rows), askers):
            await asyncio.to_thread(writing.take, lines)
            share = writing.rows / most if most else 0.0
            await told(writing.rows, max(share, reading.share))
        await asyncio.to_thread(writing.close)
    except OSError as error:
        writing.drop()
        raise SetupError(
            problem=f"{run.folder} or the input is out of reach: {error.strerror}.",
            advice="What is done is kept. Mend that and run the same again.",
        ) from error
    except BaseException:
        writing.drop()
        raise
    finally:
        for one in askers:
            await one.close()
    return writing.rows


class _Writing:
    """Lines on their way into parts, in their order."""

    def __init__(self, run: Run, first: int) -> None:
        self._run = run
        self._number = first
        self._part: Part | None = None
        self._counts = Totals()
        self.rows = 0

    def take(self, lines: Sequence[Line]) -> None:
        plan = self._run.plan
        for line in lines:
            if self._part is None:
                self._part = sheets.part_in(
                    self._run.folder, self._number, plan.kind, plan.source.keep, plan.format
                )
            self._part.put(sheets.row_of(line, plan.kind, plan.format))
            self._counts.add(line)
            self.rows += 1
            if self._counts.rows == plan.rows:
                self.close()

    def close(self) -> None:
        """Put the part under way into its place."""
        if self._part is not None:
            plan = self._run.plan
            path = sheets.path_of(self._run.folder, self._number, plan.format)
            path.with_suffix(COUNTED).write_bytes(msgspec.json.encode(self._counts))
            self._part.close()  # last: a part that is there is complete
            self._part, self._counts = None, Totals()
            self._number += 1

    def drop(self) -> None:
        if self._part is not None:
            with suppress(OSError):
                self._part.drop()


def _batches(reading: Reading, rows: int) -> Iterator[list[Row]]:
    """Rows in heaps for one question; none goes over the end of a part."""
    some: list[Row] = []
    letters = 0
    for at, row in enumerate(reading):
        if some and (len(some) >= TEXTS or letters + len(row.text) > LETTERS or at % rows == 0):
            yield some
            some, letters = [], 0
        some.append(row)
        letters += len(row.text)
    if some:
        yield some


async def _answered(
    run: Run, batches: Iterator[list[Row]], askers: Sequence[Predictor]
) -> AsyncIterator[list[Line]]:
    """Each heap with its answers, in their order, while the next ones are under way."""
    under_way: deque[asyncio.Task[list[Line]]] = deque()
    busy = [0] * len(askers)

    async def ask(batch: list[Row], which: int) -> list[Line]:
        try:
            texts = [row.text for row in batch if not row.reason]
            said = iter(await _judged(run, askers[which], texts))
        finally:
            busy[which] -= 1
        return [_line(run.plan, row, None if row.reason else next(said)) for row in batch]

    try:
        while True:
            batch = await asyncio.to_thread(next, batches, None)
            if batch is None:
                break
            which = busy.index(min(busy))
            busy[which] += 1
            under_way.append(asyncio.create_task(ask(batch, which)))
            if len(under_way) >= AHEAD * len(askers):
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


_Judged = tuple[Guess, bool]
"""What was said of a text, and whether a rule said it."""


async def _judged(run: Run, asker: Predictor, texts: list[str]) -> list[_Judged]:
    """Rules first, where there are some; what no rule finds surely enough is the student's."""
    plan = run.plan
    if plan.rules is None or not texts:
        return [(one, False) for one in await asker.predict(run.student, texts)]
    ruled = await asker.predict(run.rules, texts)
    found = [(one, True) for one in ruled]
    least = plan.student.threshold
    left = [at for at, one in enumerate(ruled) if not _finds(one.value) or one.score < least]
    if left:
        more = await asker.predict(run.student, [texts[at] for at in left])
        for at, guess in zip(left, more, strict=True):
            found[at] = guess, False
    return found


def _finds(value: Value) -> bool:
    return bool(value.labels or value.spans or value.fields)


def _line(plan: Plan, row: Row, judged: _Judged | None) -> Line:
    if judged is None:
        return Line(row.number, row.kept, None, None, reason=row.reason)
    guess, ruled = judged
    student = plan.student
    if guess.score < student.threshold:
        by = "unsure" if plan.chain else ""
        return Line(row.number, row.kept, None, guess.score, by, reason=UNSURE)
    if plan.chain:
        who = plan.rules if ruled and plan.rules is not None else student
        by = "rule" if ruled else "student"
        return Line(row.number, row.kept, guess.value, guess.score, by, who.version)
    return Line(
        row.number, row.kept, guess.value, guess.score, guess.by or student.rung, student.version
    )


def cores() -> int:
    """How many processes this one may keep busy."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
