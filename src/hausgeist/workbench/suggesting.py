# SPDX-License-Identifier: EUPL-1.2
"""One run of suggestions: the items that are left go to the teacher, a few at a time, and what comes is kept.

In: a job that names a prompt. Out: a row per item as soon as it is answered, progress with what it has cost.
It can be killed at any moment and started again: what has a row is not asked about a second time; only the
few calls that were on their way may be. Never looks at the gold set.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.core.people import Principal, Role
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import BudgetExhausted, HausgeistError, TooMany, Unavailable
from hausgeist.jobs.work import Work
from hausgeist.store import suggestions
from hausgeist.store.db import Store
from hausgeist.store.suggestions import Suggestion, Tally
from hausgeist.workbench.reading_answers import Read, probability, read
from hausgeist.workbench.teacher import Prompt

IN_FLIGHT = 4
"""Calls under way at once: as many as may be asked twice when the worker is killed."""
AT_ONCE = 50
"""Items that are read at once; each may have a million characters."""
SHARPER = 2
"""How often an unreadable answer is asked for again."""
WAITS = (1.0, 3.0, 9.0)
"""Seconds before a busy teacher is asked again, where it does not say when."""
WAIT_MOST = 30.0
FAILED_MOST = 10
"""Calls in a row that fail, after which the run ends: the teacher is gone."""
REFUSED_MOST = 25
"""Calls in a row that are refused, after which the run ends: the rules do not let any through."""
RAW_MOST = 20_000
"""Characters of an unreadable answer that are kept."""


@dataclass(slots=True, kw_only=True)
class Run:
    """A run under way. ``again``: also what these states have come to before; ``limit``: items at most."""

    store: Store
    now_ms: Callable[[], int]
    work: Work
    task: Task
    prompt: Prompt
    version: str
    again: tuple[str, ...] = ("failed",)
    limit: int | None = None
    consented: bool = False
    stopped: str = ""
    """Why it ended before its time: budget, failing, refused; empty: it did not."""
    code: str = ""
    _tally: Tally = field(default_factory=lambda: Tally(version="", states={}))
    _row: int = 0
    _row_state: str = ""

    async def go(self) -> Mapping[str, Any]:
        """Ask until nothing is left, or it has to stop; gives what came of it.

        Raises:
            JobCancelled: it is no longer wanted; what was answered is kept.
        """
        job, task_id = self.work.job.id, self.task.id
        self._tally, left = await self.store.read(
            lambda connection: (
                suggestions.asked_by(connection, task_id, self.version, job),
                suggestions.count_left(
                    connection, task_id, self.version, again=self.again, job=job
                ),
            )
        )
        total = self._done() + left
        total = total if self.limit is None else min(self.limit, total)
        await self._progress(total)
        flying: set[asyncio.Task[Suggestion]] = set()
        try:
            async for item_id, text in self._items():
                if self.stopped or self._done() + len(flying) >= total:
                    break
                flying.add(asyncio.create_task(self._one(item_id, text)))
                if len(flying) >= IN_FLIGHT:
                    flying = await self._landed(flying, total)
            while flying:
                flying = await self._landed(flying, total)
        finally:
            for one in flying:
                one.cancel()
            await asyncio.gather(*flying, return_exceptions=True)
        await self._progress(self._done() if self.stopped else total)
        return self._note() | {
            "asked": self._done(),
            "stopped": self.stopped,
            "code": self.code,
            "left": max(0, left - self._done()) if self.limit is None else 0,
        }

    # -- one item ---------------------------------------------------------------------------------

    async def _one(self, item_id: str, text: str) -> Suggestion:
        """Ask about one item, and keep what came."""
        made = await self._said(item_id, text)
        await self.store.write(lambda connection: suggestions.put(connection, [made]))
        return made

    async def _said(self, item_id: str, text: str) -> Suggestion:
        """What the teacher says of an item; asked again, more sharply, where it cannot be read."""
        spent = _Spent()
        unread: str | None = None
        blank = Suggestion(
            id=secrets.token_hex(10),
            task_id=self.task.id,
            item_id=item_id,
            job=self.work.job.id,
            producer="teacher",
            model=self.prompt.model,
            version=self.version,
            state="failed",
        )
        while True:
            spent.tries += 1
            try:
                asked = await self._patiently(self._call(text, unread))
            except HausgeistError as error:
                state = "failed" if _may_pass(error) else "refused"
                return spent.on(replace(blank, state=state, code=error.code, at=self.now_ms()))
            spent.add(asked)
            found = self._read(text, asked)
            if found.value is not None or spent.tries > SHARPER:
                break
            unread = asked.text
        score = probability(found.value, asked.text, asked.logprobs) if found.value else None
        return spent.on(
            replace(
                blank,
                model=asked.model,
                state="unparsed" if found.value is None else "ok",
                value=found.value,
                score=found.stated if score is None else score,
                reason=found.reason,
                code=found.code,
                raw=asked.text[:RAW_MOST].replace("\x00", "") if found.value is None else "",
                lost=found.lost,
                call_id=asked.call_id,
                policy=asked.policy,
                terms=asked.terms,
                at=self.now_ms(),
            )
        )

    def _read(self, text: str, asked: Asked) -> Read:
        found = read(self.task, text, asked.text, cut=asked.cut)
        if found.lost and found.value is not None and not (found.value.spans or found.value.fields):
            return replace(found, value=None, code="nothing_found")
        return found

    def _call(self, text: str, unread: str | None) -> Call:
        """The call; in a worker the house puts in who asks, which is whoever started the job."""
        who = Principal(id=self.work.job.by or "", name="", role=Role.MEMBER)
        return self.prompt.call(
            self.task,
            text,
            call_id=secrets.token_hex(10),
            principal=who,
            unread=unread,
            consented=self.consented,
        )

    async def _patiently(self, call: Call) -> Asked:
        """Ask; a teacher that is busy is given time.

        Raises:
            HausgeistError: it did not help.
        """
        for wait in WAITS:
            try:
                return await self.work.asker.ask(replace(call, id=secrets.token_hex(10)))
            except Unavailable as error:
                told = error.retry_after
            await asyncio.sleep(min(WAIT_MOST, wait if told is None else told))
            if self.stopped:
                break
        return await self.work.asker.ask(replace(call, id=secrets.token_hex(10)))

    # -- the run ----------------------------------------------------------------------------------

    async def _items(self) -> AsyncIterator[tuple[str, str]]:
        """What is left, the pool first, in the order that was drawn once."""
        for partition in (Partition.POOL, Partition.DEV):
            after = (-1.0, "")
            while True:
                found = await self.store.read(partial(self._window, partition, after))
                if not found:
                    break
                for item_id, text, _ in found:
                    yield item_id, text
                after = (found[-1][2], found[-1][0])

    def _window(
        self, partition: Partition, after: tuple[float, str], connection: Any
    ) -> list[tuple[str, str, float]]:
        return suggestions.left(
            connection,
            self.task.id,
            self.version,
            partition,
            again=self.again,
            job=self.work.job.id,
            after=after,
            most=AT_ONCE,
        )

    async def _landed(
        self, flying: set[asyncio.Task[Suggestion]], total: int
    ) -> set[asyncio.Task[Suggestion]]:
        """Wait for the next answers and count them; gives what still flies."""
        done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            self._count(one.result())
        await self._progress(total)
        return flying

    def _count(self, one: Suggestion) -> None:
        held = self._tally
        self._tally = replace(
            held,
            states=held.states | {one.state: held.states.get(one.state, 0) + 1},
            lost=held.lost + one.lost,
            tries=held.tries + one.tries,
            micro_eur=held.micro_eur + (one.micro_eur or 0),
            priced=held.priced + (one.micro_eur is not None),
            tokens=held.tokens + (one.tokens or 0),
            asked=held.asked + (one.tokens is not None),
        )
        self._row = self._row + 1 if one.state == self._row_state else 1
        self._row_state = one.state
        if one.code == BudgetExhausted.code:
            self.stopped, self.code = "budget", one.code
        elif one.state == "failed" and self._row >= FAILED_MOST:
            self.stopped, self.code = "failing", one.code
        elif one.state == "refused" and self._row >= REFUSED_MOST:
            self.stopped, self.code = "refused", one.code

    def _done(self) -> int:
        return sum(self._tally.states.values())

    def _note(self) -> dict[str, Any]:
        """Where it stands: plain numbers, never content."""
        held = self._tally
        return {
            "micro_eur": held.micro_eur,
            "unpriced": held.asked - held.priced,
            "tokens": held.tokens,
            "lost": held.lost,
            "version": self.version,
        } | {state: held.states.get(state, 0) for state in suggestions.STATES}

    async def _progress(self, total: int) -> None:
        await self.work.progress(self._done(), total, **self._note())


@dataclass(slots=True)
class _Spent:
    """What an item has cost, all its tries together. ``micro_eur`` of None: not all of it is known."""

    tries: int = 0
    tokens: int = 0
    micro_eur: int | None = 0
    ms: int = 0
    answered: bool = False

    def add(self, asked: Asked) -> None:
        self.answered = True
        self.tokens += asked.usage.total
        self.ms += asked.ms
        if self.micro_eur is not None:
            self.micro_eur = None if asked.micro_eur is None else self.micro_eur + asked.micro_eur

    def on(self, one: Suggestion) -> Suggestion:
        if not self.answered:
            return replace(one, tries=self.tries)
        return replace(
            one, tries=self.tries, tokens=self.tokens, micro_eur=self.micro_eur, ms=self.ms
        )


def _may_pass(error: HausgeistError) -> bool:
    """Whether the same call may succeed another time, without anything being changed."""
    if isinstance(error, BudgetExhausted) or error.code == BudgetExhausted.code:
        return False
    return error.status >= 500 or isinstance(error, TooMany)
