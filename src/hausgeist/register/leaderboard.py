# SPDX-License-Identifier: EUPL-1.2
"""The leaderboard: majority, rules, every student and the teacher side by side, and what it all cost.

Stored facts in, rows out: quality on development texts with its interval, on gold only what an opening has
shown, time, money, energy, size, and where it runs. What was not measured stays unknown. And what it takes
until a student has paid for itself, and whether labelling on is worth it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

from hausgeist.core.learning_curve import Fit, fit
from hausgeist.core.models import ModelCard
from hausgeist.core.statistics.interval import Interval
from hausgeist.core.tasks import Partition, Task
from hausgeist.gateway import Gateway
from hausgeist.register.gate import Gate
from hausgeist.register.judging import changed
from hausgeist.register.known import Known
from hausgeist.register.standings import Comparison, Live, prompt_of
from hausgeist.store import openings, students, tallies
from hausgeist.store.db import Store
from hausgeist.store.evaluations import MAJORITY, RULES, STUDENT, TEACHER
from hausgeist.store.students import Student

NEXT = 200
"""Further examples, of which is said what they bring."""
LITTLE = 0.005
"""Half a point: if the next 200 bring less, there is little left to gain."""
SAME = 0.99
"""Agreement of consecutive students on the same texts, from which on nothing moves any more."""
THRICE = 3
REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Gold:
    """What an opening of the gold set has shown of somebody. ``void``: its answers were changed since."""

    quality: Interval
    opening: str
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One who answers. None is always: unknown.

    ``ms`` a text; ``eur`` and ``wh`` per 1,000 texts; ``own``: counted by the hour of a core of the house;
    ``size`` in bytes; ``zone`` is where it runs: house, eu, world.
    """

    kind: str
    subject: str
    student: Student | None = None
    items: int = 0
    quality: Interval | None = None
    unreadable: int = 0
    gold: Gold | None = None
    ms: float | None = None
    eur: float | None = None
    own: bool = True
    wh: float | None = None
    size: int | None = None
    zone: str = "house"
    model: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """What went in so far: people's answers and milliseconds, the teacher's calls and micro-EUR.

    ``ms`` is of ``timed`` of the answers: see ``store.worth.labour``. ``priced`` is how many of the calls
    have a price; ``wh`` what trainings took.
    """

    answers: int
    ms: int
    calls: int
    priced: int
    micro_eur: int
    wh: float
    timed: int = 0

    @property
    def each_ms(self) -> float | None:
        """Of an answer, on average; None: not known of five people yet."""
        return self.ms / self.timed if self.timed else None

    @property
    def hours(self) -> float | None:
        """Of people's work, about: all answers at the pace of those whose time is known."""
        return None if self.each_ms is None else self.each_ms * self.answers / 3_600_000


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From so many texts on the student has paid for itself. ``texts`` None: never, or not known.

    ``spent`` in EUR so far, ``saved`` in EUR per 1,000 texts; ``with_people``: their hours are in it.
    """

    texts: int | None
    spent: float
    saved: float | None
    with_people: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of when to stop labelling, with its figure. ``holds`` None: nothing is known of it yet."""

    name: str
    holds: bool | None
    figure: float | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """Everybody, the best of students first; ``older`` are students that a later one of the rung replaced."""

    rows: tuple[Row, ...]
    older: tuple[Row, ...]
    paid: Paid
    comparison: Comparison
    items: int

    @property
    def best(self) -> Row | None:
        """The best student that was trained, by development texts."""
        found = [one for one in self.rows if one.kind == STUDENT and one.quality]
        trained = [one for one in found if one.student and one.student.rung != MAJORITY]
        return max(trained or found, key=_points, default=None)

    @property
    def teacher(self) -> Row | None:
        """The teacher, where it was asked."""
        return next((one for one in self.rows if one.kind == TEACHER), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """What the overview says: answers, the best student, the teacher, gold texts still to decide."""

    answers: int
    student: Interval | None
    teacher: Interval | None
    more: int | None
    stop: tuple[Rule, ...]

    @property
    def enough(self) -> bool:
        """Two rules hold: stop, or do it another way."""
        return sum(one.holds is True for one in self.stop) > 1


class Leaderboard:
    """The verbs. ``gateway`` of None: nothing is known of where the teacher runs."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        gateway: Gateway | None,
    ) -> None:
        self._store = store
        self._gate = gate
        self._gateway = gateway
        self._boards: dict[str, tuple[object, Board]] = {}
        self._progress: dict[str, tuple[Board, Progress]] = {}

    async def board(self, task: Task) -> Board:
        """Everybody side by side. Computed again only when something was measured or answered since."""
        figures = self._gate.known
        golds = await self._store.read(partial(_golds, task=task, known=figures))
        sign = await self._store.read(partial(_sign, task=task, known=figures)), golds
        known = self._boards.get(task.id)
        if known is not None and known[0] == sign:
            return known[1]
        made = self._placed(
            await self._store.read(partial(_board, task=task, golds=golds, known=figures))
        )
        if len(self._boards) >= REMEMBERED:
            self._boards.clear()
        self._boards[task.id] = sign, made
        return made

    async def progress(self, task: Task) -> Progress:
        """How far the task is in words that mean something, and which rules say that it is enough."""
        board = await self.board(task)
        known = self._progress.get(task.id)
        if known is not None and known[0] is board:  # a new board whenever something changed
            return known[1]
        met, chain = await self._store.read(
            lambda connection: (
                self._gate.known.live(connection, task),
                _chain(connection, task, board.best),
            )
        )
        state = await self._gate.state(task)
        best, teacher = board.best, board.teacher
        made = Progress(
            answers=board.paid.answers,
            student=best.quality if best else None,
            teacher=teacher.quality if teacher else None,
            more=state.more,
            stop=stopping(best.student if best else None, chain, met),
        )
        if len(self._progress) >= REMEMBERED:
            self._progress.clear()
        self._progress[task.id] = board, made
        return made

    def _placed(self, board: Board) -> Board:
        """Where the teacher's model runs, by its card; without one nothing is said."""
        gateway = self._gateway
        cards: dict[str, ModelCard] = {}
        if gateway is not None:
            cards = {card.id: card for card in gateway.directory.everything()}
        rows = []
        for one in board.rows:
            if one.kind == TEACHER:
                card = cards.get(one.model)
                rows.append(replace(one, zone=card.zone.value if card else ""))
            else:
                rows.append(one)
        return replace(board, rows=tuple(rows))


def break_even(board: Board, student: Row | None, hour_eur: float | None) -> BreakEven | None:
    """From how many texts on a student is cheaper than its teacher, with everything that was spent on it.

    ``texts = spent / (teacher's price - student's price of a text)``. None: the teacher has no price, or
    there is no student. ``hour_eur``: what an hour of people's work costs; None: it is left out.
    """
    teacher = board.teacher
    if student is None or teacher is None or teacher.eur is None or student.eur is None:
        return None
    paid = board.paid
    spent = paid.micro_eur / 1e6
    hours = paid.hours
    if hour_eur is not None and hours is not None:
        spent += hour_eur * hours
    saved = teacher.eur - student.eur
    texts = ceil(1_000 * spent / saved) if saved > 0 else None
    return BreakEven(texts, spent, saved, hour_eur is not None and hours is not None)


def curve_of(student: Student | None) -> Fit | None:
    """The fitted learning curve of a student."""
    if student is None:
        return None
    points = student.facts.get("curve") or []
    return fit([(int(one["examples"]), float(one["quality"])) for one in points])


def stopping(student: Student | None, chain: list[float], met: Live) -> tuple[Rule, ...]:
    """The five rules of when labelling has brought what it can (research on stopping, section 3.6).

    ``chain``: agreement of each student with the one before it on the same texts, the newest first.
    """
    fitted = curve_of(student)
    gain = fitted.gain(NEXT) if fitted else None
    lately = chain[: THRICE - 1]
    steady = None if len(lately) < THRICE - 1 else min(lately)
    differ = met.meter.wins + met.meter.losses
    side = met.meter.wins / differ if differ >= 10 else None
    crossed = met.meter.decided is not None if met.counted else None
    return (
        Rule("curve", None if gain is None else gain < LITTLE, gain),
        Rule("steady", None if steady is None else steady >= SAME, steady),
        Rule("side", None if side is None else side >= 0.5, side),
        Rule("evidence", crossed, met.meter.path[-1] if met.meter.path else None),
        Rule("budget", None),
    )


def _sign(connection: Any, task: Task, known: Known) -> object:
    """Changes whenever a board would come out differently."""
    there = students.of_task(connection, task.id)
    return (
        task,
        tuple(known.labour(connection, task).items()),
        tallies.stamp(connection, task.id, Partition.DEV, suggested=True),
        known.measured(connection, task),
        tuple((one.id, str(one.facts.get("worth")), str(one.facts.get("stop"))) for one in there),
    )


def _board(connection: Any, task: Task, golds: Mapping[str, Gold], known: Known) -> Board:
    comparison = known.standings(connection, task, Partition.DEV)
    there = students.of_task(connection, task.id)
    measured = {one.subject: one for one in comparison.standings}
    rows: list[Row] = []
    older: list[Row] = []
    seen: set[str] = set()
    for student in there:
        found = measured.get(student.subject)
        facts = student.facts
        row = Row(
            kind=STUDENT,
            subject=student.subject,
            student=student,
            items=found.items if found else 0,
            quality=found.quality if found else None,
            gold=golds.get(student.subject),
            ms=found.cost.ms if found else facts.get("ms_per_document"),
            eur=found.cost.eur if found else None,
            wh=facts.get("wh_per_1000"),
            size=student.size,
        )
        (older if student.rung in seen else rows).append(row)
        seen.add(student.rung)
    prompt = prompt_of(connection, task)
    for subject, found in measured.items():
        kind = found.kind
        if kind == STUDENT or (kind == MAJORITY and MAJORITY in seen):
            continue
        rows.append(
            Row(
                kind=kind,
                subject=subject,
                items=found.items,
                quality=found.quality,
                unreadable=found.unreadable,
                gold=golds.get(subject),
                ms=found.cost.ms,
                eur=found.cost.eur,
                own=kind != TEACHER,
                zone="" if kind == TEACHER else "house",
                model=prompt.model if prompt and kind == TEACHER else "",
            )
        )
    if prompt is not None and not any(one.kind == TEACHER for one in rows):
        subject = f"{TEACHER}:{prompt.version}"
        rows.append(
            Row(
                kind=TEACHER,
                subject=subject,
                gold=golds.get(subject),
                own=False,
                zone="",
                model=prompt.model,
            )
        )
    said = known.labour(connection, task)
    energy = sum(float(one.facts.get("energy_wh") or 0.0) for one in there)
    paid = Paid(
        said["answers"],
        said["ms"],
        said["calls"],
        said["priced"],
        said["micro_eur"],
        energy,
        said["timed"],
    )
    return Board(tuple(sorted(rows, key=_place)), tuple(older), paid, comparison, comparison.items)


def _place(row: Row) -> tuple[int, float]:
    """Majority, rules, students from the worst to the best, the teacher: as the ladder goes."""
    majority = row.kind == MAJORITY or (row.student is not None and row.student.rung == MAJORITY)
    ruled = row.kind == RULES or (row.student is not None and row.student.rung == RULES)
    order = 0 if majority else 1 if ruled else 3 if row.kind == TEACHER else 2
    return order, _points(row)


def _points(row: Row) -> float:
    return row.quality.estimate if row.quality else -1.0


def _golds(connection: Any, task: Task, known: Known) -> dict[str, Gold]:
    """What openings have shown of each subject, the newest first. Nothing else of gold is looked at."""
    kept = openings.verdicts_of(connection, task.id)
    found: dict[str, Gold] = {}
    for opening in openings.of_task(connection, task.id):
        verdict = kept.get(opening.id)
        if verdict is None:
            continue
        now = known.gold(connection, task, opening.gold_version)
        void = changed(connection, opening, verdict, now)
        for one in verdict.evidence.get("subjects", ()):
            if one["quality"] is None:  # people judged only where two differ
                continue
            quality = Interval(one["quality"], one["low"], one["high"])
            found.setdefault(str(one["subject"]), Gold(quality, opening.id, void))
    return found


def _chain(connection: Any, task: Task, best: Row | None) -> list[float]:
    """Agreement of each student of the best one's rung with the one before it, the newest first."""
    rung = best.student.rung if best and best.student else ""
    found: list[float] = []
    for one in students.of_task(connection, task.id):
        if one.rung == rung:
            stop: Mapping[str, Any] = one.facts.get("stop") or {}
            if stop.get("kappa") is None:
                break
            found.append(float(stop["kappa"]))
    return found
