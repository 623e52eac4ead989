# SPDX-License-Identifier: EUPL-1.2
"""What people say together: how far they agree, what suggestions do to them, what they remark.

Nothing here is of one person, except for that person. Figures that show how people differ, and every figure
of time, are of five people at least and of a period that is over: see ``core.periods``.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any, TypeVar, cast

from hausgeist.core import agreement, anchoring
from hausgeist.core.agreement import Agreement, Said
from hausgeist.core.answers import Value
from hausgeist.core.periods import last_period, week_of
from hausgeist.core.remembered import Remembered, Sign
from hausgeist.core.resolution import fits
from hausgeist.core.statistics.interval import Interval, wilson
from hausgeist.core.tasks import Mode, Partition, Task, TaskKind
from hausgeist.store import crowd, decisions, items, tallies, task_answers, task_queue
from hausgeist.store.crowd import Comment, Told
from hausgeist.store.db import Store
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.workbench.queue import Queue
from hausgeist.workbench.room import LETTERS
from hausgeist.workbench.routing import blocked

T = TypeVar("T")

PARTS_MOST = 30
"""Labels that have an agreement of their own; the most frequent ones."""
EXAMPLES = 3
CELLS_MOST = 40
COMMENTS = 50
KEPT_FROM = 500
"""Figures of so many texts take a second or more: they may be a minute old."""
_KEPT_MOST = 100
OWN_LEAST = 5
"""Of one's own figures, a share of less than this many is none."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Two labels that stand against each other, how often, and items on which they do."""

    one: str
    other: str
    count: int
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Together:
    """How far people agree. ``alone``: answers that nobody was shown a suggestion for count, else all do.

    ``assisted``: of answers with a suggestion in sight. ``gold``: of the gold set, in figures alone.
    """

    every: Agreement
    alone: bool
    assisted: Agreement
    gold: Agreement
    parts: tuple[tuple[str, Agreement], ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """Suggestions that were wrong on purpose: how many, what share was caught, of how many people.

    ``blocked``: since when (ms) suggestions are kept back from everybody, None: they are not. ``left``: so
    many answers until they come back.
    """

    tries: int
    caught: Interval | None
    people: int
    blocked: int | None = None
    left: int = 0

    @property
    def enough(self) -> bool:
        """Whether there were enough to say something."""
        return self.tries >= anchoring.TRIES_LEAST


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """Somebody under a letter that is drawn anew for each period. ``answers`` in tens."""

    letter: str
    answers: int
    agrees: Interval | None


@dataclass(frozen=True, slots=True)
class Period:
    """The last period that is over: times in milliseconds, figures of five people at least.

    ``with_ms`` and ``without_ms``: the median of an answer with a suggestion in sight and without.
    """

    since: int
    until: int
    people: tuple[Pseudonym, ...]
    with_ms: int | None
    without_ms: int | None


@dataclass(frozen=True, slots=True)
class Own:
    """A member's own figures, for nobody else."""

    answers: int
    median_ms: int | None
    agrees: Interval | None
    caught: Interval | None
    override: Interval | None


@dataclass(frozen=True, slots=True)
class Stages:
    """Texts of pool and dev: with an answer, and looked at by somebody who decides."""

    answered: int
    reviewed: int


class Crowd:
    """The people of tasks, together. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self, store: Store, queue: Queue, secret: bytes, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._queue = queue
        self._secret = secret
        self._now_ms = now_ms
        self._kept: Remembered[Any] = Remembered(_KEPT_MOST, _of_many)

    async def _figure(self, task: Task, key: Hashable, look: Callable[[Any], T]) -> T:
        """A figure of what people say, remembered while nothing is said; of many answers a minute old."""

        def read(connection: Any) -> T:
            sign = Sign(task, tallies.stamp(connection, task.id, suggested=True))
            made = self._kept.of((task.id, key), sign, self._now_ms(), lambda: look(connection))
            return cast("T", made)

        return await self._store.read(read)

    async def together(self, task: Task) -> Together:
        """How far people agree, in all and by label, and where they do not; of many texts a minute old."""
        return await self._figure(task, "together", lambda connection: _together(connection, task))

    async def meter(self, task: Task) -> anchoring.Meter:
        """What suggestions do to answers; of many a minute old."""

        def look(connection: Any) -> anchoring.Meter:
            found = crowd.told(connection, task.id)
            hidden = [
                one.item
                for one in found
                if one.suggested is None and self._queue.in_control_arm(task, one.item)
            ]
            said = task_queue.suggested(connection, task.id, list(dict.fromkeys(hidden)))
            kept = {one: task_queue.best(by) for one, by in said.items()}
            values = {one: best.value for one, best in kept.items() if best is not None}
            seen = (_seen(task, one, values.get(one.item)) for one in found)
            return anchoring.meter(one for one in seen if one is not None)

        return await self._figure(task, "meter", look)

    async def checks(self, task: Task) -> Checks:
        """Whether people see what is wrong on purpose, and whether suggestions are kept back for now."""

        def look(connection: Any) -> Checks:
            found = crowd.tries(connection, task.id)
            latest = found[-anchoring.TRIES_MOST :]
            since = blocked(connection, task)
            given = 0
            if since is not None:
                given = sum(one.at > since for one in crowd.told(connection, task.id, since=since))
            return Checks(
                tries=len(latest),
                caught=anchoring.caught([was for _, was, _ in latest]),
                people=len({who for _, _, who in latest}),
                blocked=since,
                left=max(0, anchoring.BLOCK - given) if since is not None else 0,
            )

        return await self._store.read(look)

    async def period(self, task: Task) -> Period | None:
        """The figures of the last period that is over; None: there is none of five people yet."""

        def look(connection: Any) -> Period | None:
            found = last_period(crowd.weekly(connection, task.id), self._now_ms())
            if found is None:
                return None
            since, until, who = found
            told = [
                one
                for one in crowd.told(connection, task.id, since=since, until=until)
                if one.actor in who
            ]
            return Period(
                since=since,
                until=until,
                people=self._letters(since, told),
                with_ms=_time(told, shown=True),
                without_ms=_time(told, shown=False),
            )

        week = week_of(self._now_ms())
        return await self._figure(task, ("period", week), look)

    async def own(self, task: Task, member: Member) -> Own:
        """A member's own figures; of many answers a minute old."""

        def look(connection: Any) -> Own:
            mine = [one for one in crowd.told(connection, task.id) if one.actor == member.id]
            tried = [was for _, was, who in crowd.tries(connection, task.id) if who == member.id]
            shared = crowd.shared(connection, task.id, Partition.POOL, Partition.DEV)
            said = _said(connection, task, shared)
            met = _agreeing([{who: one.own for who, one in by.items()} for by in said.values()])
            shown = [one for one in mine if one.suggested is not None and one.planted is None]
            over = sum(one.value != one.suggested for one in shown)
            return Own(
                answers=task_answers.count_of(connection, task.id, member.id),
                median_ms=round(median(one.ms for one in mine)) if mine else None,
                agrees=_share(*met.get(member.id, (0, 0))),
                caught=_share(sum(tried), len(tried)),
                override=_share(over, len(shown)),
            )

        return await self._figure(task, ("own", member.id), look)

    async def comments(self, task: Task, *, offset: int = 0) -> list[Comment]:
        """What people remarked of texts, newest first, without names; not of the gold set."""
        return await self._store.read(
            lambda connection: crowd.comments(connection, task.id, most=COMMENTS, offset=offset)
        )

    async def stages(self, task: Task) -> Stages:
        """How many texts are answered, and how many reviewed."""
        return await self._store.read(
            lambda connection: Stages(
                crowd.answered(connection, task.id), decisions.count(connection, task.id)
            )
        )

    def _letters(self, since: int, told: Sequence[Told]) -> tuple[Pseudonym, ...]:
        """Everybody of a period in the order of letters, which say nothing about who it is."""
        by_item: dict[str, dict[str, Value]] = {}
        for one in told:
            alone = one.mode is Mode.OWN_FIRST and one.first is not None
            by_item.setdefault(one.item, {})[one.actor] = (
                one.first if alone and one.first is not None else one.value
            )
        met = _agreeing(list(by_item.values()))
        many = Counter(one.actor for one in told)

        def drawn(actor: str) -> bytes:
            said = f"{since}:{actor}".encode()
            return hmac.digest(self._secret, b"hausgeist crowd " + said, hashlib.sha256)

        return tuple(
            Pseudonym(
                letter=LETTERS[at] if at < len(LETTERS) else f"{LETTERS[at % 26]}{at // 26}",
                answers=round(many[actor], -1),
                agrees=wilson(*met.get(actor, (0, 0))),
            )
            for at, actor in enumerate(sorted(many, key=drawn))
        )


def _of_many(found: Together | anchoring.Meter | Own | Period | None) -> bool:
    """Whether a figure takes long to work out."""
    if found is None:
        return False
    if isinstance(found, Period):
        return sum(one.answers for one in found.people) >= KEPT_FROM
    if isinstance(found, Together):
        return found.every.items >= KEPT_FROM
    if isinstance(found, Own):
        return found.answers >= KEPT_FROM
    return found.shown_count + found.blind_count >= KEPT_FROM


def _seen(task: Task, one: Told, hidden: Value | None) -> anchoring.Seen | None:
    """An answer for the meter; None: it is of neither arm."""
    if one.planted is not None:
        return None
    suggested = one.suggested if one.suggested is not None else hidden
    if suggested is None:
        return None
    first = None
    if one.mode is Mode.OWN_FIRST:
        first = (one.first if one.first is not None else one.value) == suggested
    return anchoring.Seen(
        shown=one.suggested is not None,
        agrees=one.value == suggested,
        first=first,
        labels=_labels(task, one.value),
    )


def _labels(task: Task, value: Value) -> tuple[str, ...]:
    if task.kind is TaskKind.SINGLE:
        return value.labels or (agreement.NONE,)
    found = {
        *value.labels,
        *(one.label for one in value.spans),
        *(name for name, _ in value.fields),
    }
    return tuple(sorted(found)) or (agreement.NONE,)


def _time(told: Sequence[Told], *, shown: bool) -> int | None:
    """The median of an answer of five people at least, each counted with their own median."""
    by: dict[str, list[int]] = {}
    for one in told:
        if (one.suggested is not None) is shown:
            by.setdefault(one.actor, []).append(one.ms)
    if len(by) < 5:
        return None
    return round(median(median(some) for some in by.values()) / 100) * 100


def _agreeing(said: Sequence[Mapping[str, Value | None]]) -> dict[str, tuple[int, int]]:
    """For everybody: of pairs with another person, how many agree, and how many there are."""
    same: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for by in said:
        for one, other in combinations(by, 2):
            for who in (one, other):
                every[who] += 1
                same[who] += by[one] == by[other]
    return {who: (same[who], many) for who, many in every.items()}


def _share(count: int, of: int) -> Interval | None:
    return wilson(count, of) if of >= OWN_LEAST else None


# -- agreement ------------------------------------------------------------------------------------


def _said(connection: Any, task: Task, ids: Sequence[str]) -> dict[str, dict[str, Answer]]:
    """What people say of some items, by item and member."""
    again = {one: item.again for one, item in items.several(connection, task.id, ids).items()}
    found: dict[str, dict[str, Answer]] = {}
    for one in task_answers.live(connection, task.id, ids=ids):
        fit = one.value is not None and fits(task, one.value)
        if fit and one.origin == "person" and one.schema_version >= again.get(one.item_id, 0):
            found.setdefault(one.item_id, {})[one.actor] = one
    return found


def _together(connection: Any, task: Task) -> Together:
    ids = crowd.shared(connection, task.id, Partition.POOL, Partition.DEV)
    said = _said(connection, task, ids)
    alone, assisted, every = {}, {}, {}
    for item, by in said.items():
        every[item] = _values(by.values())
        alone[item] = _values(one for one in by.values() if not _led(one))
        assisted[item] = {
            who: one.value for who, one in by.items() if _led(one) and one.value is not None
        }
    labels = len(task.labels) + (task.kind is TaskKind.SINGLE)
    by_themselves = any(len(one) > 1 for one in alone.values())
    counted = alone if by_themselves else every
    gold = _said(connection, task, crowd.shared(connection, task.id, Partition.GOLD))
    listed = list(counted.values())
    return Together(
        every=agreement.agreement(task.kind, listed, labels),
        alone=by_themselves,
        assisted=agreement.agreement(task.kind, list(assisted.values()), labels),
        gold=agreement.agreement(task.kind, [_values(by.values()) for by in gold.values()], labels),
        parts=tuple(_parts(task, listed)),
        cells=tuple(_cells(connection, task, counted)),
    )


def _led(one: Answer) -> bool:
    """Whether a suggestion was seen before anything was said."""
    return one.mode is Mode.ASSISTED and one.shown is not None


def _values(said: Any) -> dict[str, Value]:
    return {one.actor: one.own for one in said if one.own is not None}


def _parts(task: Task, said: Sequence[Said]) -> list[tuple[str, Agreement]]:
    """The agreement on each label (or field) that somebody gave, the most frequent first."""
    often: Counter[str] = Counter()
    for one in said:
        if len(one) > 1:
            for value in one.values():
                often.update(key for key in _labels(task, value) if key != agreement.NONE)
    return [
        (key, agreement.by_part(task.kind, said, key)) for key, _ in often.most_common(PARTS_MOST)
    ]


def _cells(connection: Any, task: Task, said: Mapping[str, Said]) -> list[Cell]:
    counts: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], list[str]] = {}
    for item, by in said.items():
        for one, other in combinations(by.values(), 2):
            for pair in set(agreement.confusions(task.kind, one, other)):
                counts[pair] += 1
                seen = where.setdefault(pair, [])
                if len(seen) < EXAMPLES and item not in seen:
                    seen.append(item)
    top = counts.most_common(CELLS_MOST)
    ids = sorted({item for pair, _ in top for item in where[pair]})
    begins = task_queue.beginnings(connection, task.id, ids, 160)
    return [
        Cell(*pair, many, tuple((item, begins.get(item, "")) for item in where[pair]))
        for pair, many in top
    ]
