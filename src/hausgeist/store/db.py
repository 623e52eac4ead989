# SPDX-License-Identifier: EUPL-1.2
"""One database behind two doors: ``read`` on a small pool of threads, ``write`` through one writer.

The writer is a thread that commits in groups: everything that arrived while the last commit ran goes
into the next one. A *verb* is a plain function ``(connection, items) -> results`` of a file in this
package; items for the same verb are handed over together, so a hundred ledger rows are one statement.
If a group fails it is rolled back and every item is tried alone: one bad write never loses another's.
What cannot wait is written by whoever asks, where nobody else writes: see ``write_soon``.
While the database does not answer, whoever waits is told at once; what nobody waits for is kept and tried
again, so that a restart of the database costs no line of the ledger.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError as DatabaseError
from sqlalchemy.exc import OperationalError

__all__ = ["DatabaseError", "Store", "passing", "ping", "sqlite_url"]

log = logging.getLogger("hausgeist.store")

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  an item

Verb = Callable[[Connection, Sequence[Any]], Sequence[Any]]

LULL = 0.002
"""Seconds the hand-over waits under load, so that a group is worth its commit."""

ALONE = 0.002
"""Seconds between two writes that are not handed over: where they come more often, groups are cheaper."""

UNHURRIED = 0.02
"""Seconds that writes nobody waits for may wait for company."""

FEW = 4
"""With fewer urgent writes than this in a group the others go along: there is no load to spare."""

MANY = 128
"""So many of them go at once: a statement for sixty rows costs little more than one for six."""

AGAIN = 0.5
"""Seconds between attempts to write what was kept while the database did not answer."""

KEPT_MOST = 100_000
"""Writes that are kept for that long; beyond it the oldest are given up."""

SQLITE_PASSING = frozenset({5, 10, 13})
"""SQLITE_BUSY, SQLITE_IOERR, SQLITE_FULL."""


@dataclass(slots=True)
class _Entry:
    verb: Verb
    item: Any
    future: Any  # asyncio.Future, concurrent Future, or None when nobody waits


@dataclass(slots=True)
class _Group:
    entries: list[_Entry]
    done: Callable[[list[tuple[_Entry, Any, BaseException | None]]], None]


@dataclass(slots=True)
class _Hand:
    """What one event loop has collected for the writer."""

    loop: asyncio.AbstractEventLoop
    waiting: list[_Entry] = field(default_factory=list)
    later: list[_Entry] = field(default_factory=list)
    """What nobody waits for: it goes when it is many, or due."""
    due: bool = False
    timer: asyncio.TimerHandle | None = None
    alone_at: float = 0.0
    """When something was last written without being handed over; the loop's clock."""
    in_flight: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def wants(self) -> bool:
        """Whether something should go with the next group."""
        return bool(self.waiting) or self.due or len(self.later) >= MANY


class Store:
    """A SQLite file or a PostgreSQL database, opened for one process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._reader = _engine(url, self.is_sqlite, writing=False)
        self._writer = _engine(url, self.is_sqlite, writing=True)
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="store-read")
        self._queue: SimpleQueue[_Group | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hand: _Hand | None = None
        self._connection: Connection | None = None  # the writer thread's own
        self._alone: Connection | None = None  # the event loop's own, see `write_soon`

    @property
    def name(self) -> str:
        """Where the database is, for people: a file, or a URL without its password."""
        url = make_url(self.url)
        return str(url.database) if self.is_sqlite else url.render_as_string(hide_password=True)

    @property
    def port(self) -> int | None:
        """The port of a database server elsewhere; None where it is a file or a socket of this machine."""
        url = make_url(self.url)
        return (url.port or 5432) if url.host and not url.host.startswith("/") else None

    # -- reading ------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A reading connection, for work in this thread that takes its time."""
        with self._reader.connect() as connection:
            yield connection

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a reading connection, in this thread."""
        with self._reader.connect() as connection:
            return work(connection)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a reading connection, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    # -- writing ------------------------------------------------------------------------------

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in the writer's next group and wait for its commit, in this thread."""
        future: Future[T] = Future()
        self._ensure_thread()
        self._queue.put(_Group([_Entry(_alone, work, future)], _resolve))
        return future.result()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in the writer's next group; returns after its commit."""
        return await self.write_many(_alone, work)  # type: ignore[return-value]

    def write_many(self, verb: Verb, item: object) -> "asyncio.Future[object]":
        """Hand an item to a verb; the future resolves after the commit of its group."""
        hand = self._hand_of_loop()
        future = hand.loop.create_future()
        self._collect(hand, _Entry(verb, item, future))
        return future

    async def write_soon(self, verb: Verb, item: object) -> object:
        """Hand an item to a verb; returns after its commit, as ``write_many`` does, only sooner.

        On a SQLite file that nobody writes at the moment it is done in this thread: waking the writer, and
        being woken by it, takes longer than the commit. That is a few pages in memory: no file is synced
        (see ``_prepare``), no checkpoint is made here, and where somebody else holds the lock nobody waits
        for it: then the item goes with the next group.
        """
        hand = self._hand_of_loop()
        now = hand.loop.time()
        idle = not hand.in_flight and now - hand.alone_at >= ALONE
        if self.is_sqlite and idle and len(hand.later) < FEW:
            hand.alone_at = now
            try:  # what ended before goes along with what begins, as in a group
                own = _Entry(verb, item, None)
                results = self._written_alone([*hand.later, own])
            except Exception:  # noqa: BLE001  locked, or a verb of somebody else's item: a group tells them apart
                self._let_go_alone()
            else:
                hand.later = []
                return next(value for entry, value, _ in results if entry is own)
        return await self.write_many(verb, item)

    def write_later(self, verb: Verb, item: object) -> None:
        """Hand an item to a verb; nobody waits. ``drain`` waits for all of them."""
        hand = self._hand_of_loop()
        hand.later.append(_Entry(verb, item, None))
        if len(hand.later) >= MANY:
            self._hurry(hand)
        elif hand.timer is None:
            hand.timer = hand.loop.call_later(UNHURRIED, self._fall_due, hand)

    async def drain(self) -> None:
        """Wait until everything handed over so far is committed."""
        hand = self._hand_of_loop()
        while hand.in_flight or hand.waiting or hand.later:
            self._fall_due(hand)
            hand.idle.clear()
            await hand.idle.wait()

    def close(self) -> None:
        """Commit what is queued or still waits for company, then close all connections."""
        if self._thread is not None:
            if self._hand is not None:
                left = [*self._hand.waiting, *self._hand.later]
                self._queue.put(_Group(left, lambda _results: None))
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        self._let_go_alone()
        self._readers.shutdown()
        self._reader.dispose()
        self._writer.dispose()

    # -- from the event loop to the writer -------------------------------------------------------

    def _hand_of_loop(self) -> _Hand:
        loop = asyncio.get_running_loop()
        if self._hand is None or self._hand.loop is not loop:
            before, self._hand = self._hand, _Hand(loop)
            if before is not None:  # what another loop has left goes with ours, and only with ours
                self._hand.later, before.later = before.later, []
            self._ensure_thread()
        return self._hand

    def _collect(self, hand: _Hand, entry: _Entry) -> None:
        hand.waiting.append(entry)
        self._hurry(hand)

    def _hurry(self, hand: _Hand) -> None:
        if not hand.in_flight:
            hand.in_flight = True
            hand.loop.call_soon(self._hand_over, hand)

    def _fall_due(self, hand: _Hand) -> None:
        hand.timer = None
        hand.due = True
        self._hurry(hand)

    def _hand_over(self, hand: _Hand) -> None:
        entries, hand.waiting = hand.waiting, []
        if hand.due or len(entries) < FEW or len(hand.later) >= MANY:
            entries += hand.later
            hand.later, hand.due = [], False
            if hand.timer is not None:
                hand.timer.cancel()
                hand.timer = None

        def done(results: list[tuple[_Entry, Any, BaseException | None]]) -> None:
            try:
                hand.loop.call_soon_threadsafe(self._committed, hand, results)
            except RuntimeError:  # the loop is closed, and with it whoever waited
                log.debug("a group was committed after its loop had ended")

        self._queue.put(_Group(entries, done))

    def _committed(
        self, hand: _Hand, results: list[tuple[_Entry, Any, BaseException | None]]
    ) -> None:
        _resolve(results)
        if hand.wants:
            hand.loop.call_later(LULL, self._hand_over, hand)
        else:
            hand.in_flight = False
            hand.idle.set()

    def _written_alone(
        self, entries: list[_Entry]
    ) -> list[tuple[_Entry, Any, BaseException | None]]:
        if self._alone is None:
            self._alone = self._writer.connect()
            driver = self._alone.connection.driver_connection
            assert driver is not None
            for pragma in ("busy_timeout=0", "wal_autocheckpoint=0"):
                driver.execute(f"PRAGMA {pragma}")
        return _together(self._alone, entries)

    def _let_go_alone(self) -> None:
        if self._alone is not None:
            self._alone.invalidate()  # its settings are for nobody else
            self._alone.close()
            self._alone = None

    # -- the writer's thread ----------------------------------------------------------------------

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="store-write", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        kept: list[_Entry] = []
        group: _Group | None = _Group([], _resolve)
        while group is not None:
            try:
                group = self._queue.get(timeout=AGAIN if kept else None)
            except Empty:
                group = _Group([], _resolve)
            before = bool(kept)
            results = self._commit([*kept, *(group.entries if group else ())])
            kept = [entry for entry, _, error in results if not entry.future and passing(error)]
            if kept and not before:
                log.warning("the database does not answer; what is to be written is kept")
            elif before and not kept:
                log.warning("the database answers again")
            _count_lost(results, kept if group is None else kept[:-KEPT_MOST])
            kept = kept[-KEPT_MOST:]
            if group is not None:
                group.done(results)
        self._let_go()

    def _commit(self, entries: list[_Entry]) -> list[tuple[_Entry, Any, BaseException | None]]:
        reused = self._connection is not None
        try:
            return _together(self._kept(), entries) if entries else []
        except Exception as error:  # noqa: BLE001  whatever a verb raises goes to whoever waits for it
            self._let_go()  # it may be broken; the next group connects anew
            if reused and not self.is_sqlite and _before_commit(error):
                return self._commit(entries)  # the server was restarted since the last group
            if len(entries) == 1 or passing(error):
                return [(entry, None, error) for entry in entries]
        return [result for entry in entries for result in self._commit([entry])]

    def _kept(self) -> Connection:
        """The writer's connection, kept for its thread's life: taking one costs as much as a commit."""
        if self._connection is None:
            self._connection = self._writer.connect()
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _together(
    connection: Connection, entries: list[_Entry]
) -> list[tuple[_Entry, Any, BaseException | None]]:
    """Write a group in one transaction; the results in the order of its verbs' first items."""
    by_verb: dict[Verb, list[_Entry]] = {}
    for entry in entries:
        by_verb.setdefault(entry.verb, []).append(entry)
    results: list[tuple[_Entry, Any, BaseException | None]] = []
    with connection.begin():
        for verb, ours in by_verb.items():
            values = verb(connection, [entry.item for entry in ours])
            results.extend((entry, value, None) for entry, value in zip(ours, values, strict=True))
    return results


def ping(connection: Connection) -> None:
    """Ask the database for a sign of life."""
    connection.execute(text("SELECT 1"))


def passing(error: BaseException | None) -> bool:
    """Whether an error may pass by itself: the database is away, busy, its disk full, or two collided."""
    if not isinstance(error, DatabaseError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE_PASSING
    state = getattr(error.orig, "sqlstate", "")  # None: the server could not even say it
    return isinstance(error, OperationalError) and (
        state is None or state[:2] in {"08", "40", "53", "57"}
    )


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def _alone(connection: Connection, items: Sequence[Callable[[Connection], object]]) -> list[object]:
    return [work(connection) for work in items]


def _before_commit(error: Exception) -> bool:
    """Whether the connection broke at a statement, so that certainly nothing was committed."""
    return passing(error) and getattr(error, "statement", None) is not None


def _count_lost(
    results: list[tuple[_Entry, Any, BaseException | None]], given_up: list[_Entry]
) -> None:
    """Say that something was lost; only how much and why, as it may hold content."""
    if given_up:
        log.error("%d writes were given up: the database did not answer in time", len(given_up))
    for entry, _, error in results:
        if error is not None and entry.future is None and not passing(error):
            log.error("a write that nobody waits for failed: %s", type(error).__name__)


def _resolve(results: list[tuple[_Entry, Any, BaseException | None]]) -> None:
    for entry, value, error in results:
        if entry.future is None or entry.future.done():
            continue
        if error is None:
            entry.future.set_result(value)
        else:
            entry.future.set_exception(error)


def _engine(url: str, is_sqlite: bool, *, writing: bool) -> Engine:  # noqa: FBT001
    if not is_sqlite:
        parsed = make_url(url).set(drivername="postgresql+psycopg")
        size = {"pool_size": 1, "max_overflow": 0} if writing else {"pool_size": 4}
        # the writer keeps its connection, and connects anew when that one has broken
        return create_engine(parsed, pool_pre_ping=not writing, hide_parameters=True, **size)
    # AUTOCOMMIT at the driver: SQLAlchemy's begin event opens the transactions we want
    engine = create_engine(
        url,
        pool_size=2 if writing else 4,  # writing: the writer's and the event loop's own
        max_overflow=0 if writing else 4,
        hide_parameters=True,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "cached_statements": 512,  # see `bulk`: a text for each number of rows
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "temp_store=MEMORY",
            "secure_delete=ON",  # what is deleted is overwritten; some builds have it off
            "recursive_triggers=ON",  # else REPLACE goes past what forbids to delete
        ):
            connection.execute(f"PRAGMA {pragma}")

    if writing:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
