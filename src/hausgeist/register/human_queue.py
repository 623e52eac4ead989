# SPDX-License-Identifier: EUPL-1.2
"""Texts from service go to people: to be answered, to be learnt from, and drawn to be audited.

People's time is bounded: a caller may put so many texts of a task before them in a day, counted in the
database and so for all replicas together, by a keyed hash that changes every day and says nothing of who it
was. Texts that are more delicate than the task's go under pseudonyms, or not at all.
"""

import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from hausgeist.core.calls import Call
from hausgeist.core.items import Item
from hausgeist.core.labels import DataClass
from hausgeist.core.messages import text_message
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import DetectorDown, VeilDown
from hausgeist.gateway import Gateway
from hausgeist.identity.tokens import new_id
from hausgeist.store import allowances, deployments
from hausgeist.store.db import DatabaseError, Store
from hausgeist.store.deployments import AUDIT, ON_TOP, SOURCE

log = logging.getLogger("hausgeist.register")

DAILY = 200
"""Texts of a task that one caller may put before people in a day; the same again to be learnt from."""
TAUGHT_DAILY = 1_000
"""Texts of a task of one caller for which its owner pays a teacher in a day."""
AUDIT_SHARE = 0.01
AUDIT_WEEKLY = 30
"""So many answers a week are drawn for people at least."""
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS

FULL, DELICATE, NOBODY, BUDGET = "full", "delicate", "nobody", "budget"


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a text. ``why`` it is not with people: full, delicate, nobody; empty: it is.

    ``item_id`` of None although it is: the task has it where answers are not to be seen.
    """

    item_id: str | None
    why: str = ""


@dataclass(slots=True)
class _Week:
    """Answers of a task that this process has seen in a week; ``done``: enough of them are drawn."""

    week: int
    seen: int = 0
    done: bool = False


class HumanQueue:
    """``key`` makes hashes of callers; ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self, store: Store, gateway: Gateway, key: bytes, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._key = key
        self._now_ms = now_ms
        self._weeks: dict[str, _Week] = {}

    async def ask(self, task: Task, call: Call, text: str) -> Put:
        """Put a text before people, on top of the queue, if the caller has not put too many there today."""
        return await self._rationed("people", task, call, text)

    async def learn(self, task: Task, call: Call, text: str) -> None:
        """Put a text that a teacher has answered there as well, for the student to learn from."""
        await self._rationed("learning", task, call, text)

    async def may_be_taught(self, task: Task, call: Call, sort: str = "teachers") -> bool:
        """Whether the task's owner still pays a teacher for this caller today; one text is counted.

        ``sort``: what is paid for, each with a count of its own.
        """
        given = partial(
            allowances.take,
            scope=self._today(sort, task, call),
            wanted=1,
            most=TAUGHT_DAILY,
            until_ms=self._tomorrow(),
            now_ms=self._now_ms(),
        )
        return await self._store.write(given) > 0

    def draws(self, task_id: str, chance: float) -> bool | None:
        """Whether an answer is drawn for the blind audit, for a number from 0 to 1; None: if more are needed.

        One in a hundred is. Where that would be fewer than thirty a week, more are; then the database is
        asked whether these are not drawn already.
        """
        known = self._week(task_id)
        known.seen += 1
        if chance < AUDIT_SHARE:
            return True
        if known.done or chance >= AUDIT_WEEKLY / max(known.seen, 100):
            return False
        return None

    async def audit(self, task: Task, call: Call, text: str, *, needed: bool) -> str | None:
        """Put an answer's text before people who do not see what was said; its item, None: it is not there.

        ``needed``: it is drawn in any case; else only if this week's are not drawn yet, whoever drew them.
        """
        now = self._now_ms()
        scope = f"audit:{task.id}:{now // WEEK_MS}"
        most = 1 << 30 if needed else AUDIT_WEEKLY
        until = (now // WEEK_MS + 1) * WEEK_MS
        given = partial(
            allowances.take, scope=scope, wanted=1, most=most, until_ms=until, now_ms=now
        )
        if not await self._store.write(given):
            self._week(task.id).done = True
            return None
        item_id = (await self._put(task, call, text, AUDIT)).item_id
        if item_id is None:
            await self._store.write(partial(allowances.give_back, scope=scope, many=1))
        return item_id

    def _week(self, task_id: str) -> _Week:
        week = self._now_ms() // WEEK_MS
        known = self._weeks.get(task_id)
        if known is None or known.week != week:
            self._weeks[task_id] = known = _Week(week)
        return known

    async def _rationed(self, sort: str, task: Task, call: Call, text: str) -> Put:
        scope = self._today(sort, task, call)
        given = partial(
            allowances.take,
            scope=scope,
            wanted=1,
            most=DAILY,
            until_ms=self._tomorrow(),
            now_ms=self._now_ms(),
        )
        if not await self._store.write(given):
            return Put(None, FULL)
        put = await self._put(task, call, text, SOURCE)
        if put.why:
            await self._store.write(partial(allowances.give_back, scope=scope, many=1))
        return put

    async def _put(self, task: Task, call: Call, text: str, source: str) -> Put:
        if class_of(task, call) > task.data_class:
            hidden = await self._hidden(call, text)
            if hidden is None:
                return Put(None, DELICATE)
            text = hidden
        item = Item(
            id=new_id(),
            task_id=task.id,
            seq=0,
            text=text,
            text_hash="",
            source=source,
            rank=secrets.randbelow(1 << 30) / (1 << 30),
            worth=ON_TOP if source == SOURCE else 0.0,
            created_at=self._now_ms(),
        )
        try:
            item_id, partition = await self._store.write(
                partial(deployments.to_people, task=task, made=item)
            )
        except DatabaseError as error:
            log.warning("a text could not be put into the queue: %s", type(error).__name__)
            return Put(None, NOBODY)
        return Put(item_id if partition is Partition.POOL else None)

    async def _hidden(self, call: Call, text: str) -> str | None:
        """A text that is more delicate than the task's, with pseudonyms; None where none can be made."""
        veils = self._gateway.veils
        if veils is None:
            return None
        alone = replace(call, messages=(text_message("user", text),), extra=())
        try:
            found = await self._gateway.border.examiner.examine([text])
            veiled = await veils.hide(alone, found, None)
        except (DetectorDown, VeilDown) as error:
            log.warning("a text stays out of the queue: %s", error.code)
            return None
        return veiled.call.messages[0].text

    def _today(self, sort: str, task: Task, call: Call) -> str:
        """A scope of a caller, a task and a day, which tells none of them."""
        said = f"{sort}\n{task.id}\n{call.principal.id}\n{self._now_ms() // DAY_MS}"
        return f"{sort}:{hmac.new(self._key, said.encode(), sha256).hexdigest()[:40]}"

    def _tomorrow(self) -> int:
        return (self._now_ms() // DAY_MS + 1) * DAY_MS


def class_of(task: Task, call: Call) -> DataClass:
    """The class of a text: what the caller says, else the task's; never less than the task's."""
    return task.data_class if call.declared is None else max(call.declared, task.data_class)
